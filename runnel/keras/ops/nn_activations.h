// keras.ops.nn: activation functions. Integers become the default floating dtype.
// python module: keras.ops, keras.ops.nn
#pragma once

#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// max(x, 0) + min(0, alpha (e^(x / alpha) - 1)) (arXiv:1704.07483).
/// python: celu
Tensor celu(const Operand& x, double alpha = 1.0);
/// x above 0, alpha (e^x - 1) below (arXiv:1511.07289).
/// python: elu
Tensor elu(const Operand& x, double alpha = 1.0);
/// x times the normal distribution function of x; `approximate` by tanh (arXiv:1606.08415).
/// python: gelu
Tensor gelu(const Operand& x, bool approximate = true);
/// The first half of an axis times the sigmoid of the second (arXiv:1612.08083). ValueError for an odd size.
/// python: glu
Tensor glu(const Operand& x, int64_t axis = -1);
/// x where |x| > threshold, else 0.
/// python: hard_shrink
Tensor hard_shrink(const Operand& x, double threshold = 0.5);
/// relu6(x + 3) / 6.
/// python: hard_sigmoid
Tensor hard_sigmoid(const Operand& x);
/// x * hard_sigmoid(x) (arXiv:1905.02244).
/// python: hard_silu, hard_swish
Tensor hard_silu(const Operand& x);
/// min(max(x, -1), 1).
/// python: hard_tanh
Tensor hard_tanh(const Operand& x);
/// x above 0, negative_slope * x below.
/// python: leaky_relu
Tensor leaky_relu(const Operand& x, double negative_slope = 0.2);
/// log(sigmoid(x)).
/// python: log_sigmoid
Tensor log_sigmoid(const Operand& x);
/// x - log(sum(e^x)) along an axis (None: over all elements).
/// python: log_softmax
Tensor log_softmax(const Operand& x, const std::optional<Axes>& axis = -1);
/// max(x, 0).
/// python: relu
Tensor relu(const Operand& x);
/// min(max(x, 0), 6).
/// python: relu6
Tensor relu6(const Operand& x);
/// Scaled elu() with the constants of self-normalising networks (arXiv:1706.02515).
/// python: selu
Tensor selu(const Operand& x);
/// 1 / (1 + e^-x).
/// python: sigmoid
Tensor sigmoid(const Operand& x);
/// x * sigmoid(x).
/// python: silu, swish
Tensor silu(const Operand& x);
/// x moved towards 0 by `threshold`, 0 within it.
/// python: soft_shrink
Tensor soft_shrink(const Operand& x, double threshold = 0.5);
/// e^x / sum(e^x) along an axis (None: over all elements).
/// python: softmax
Tensor softmax(const Operand& x, const std::optional<Axes>& axis = -1);
/// log(1 + e^x).
/// python: softplus
Tensor softplus(const Operand& x);
/// x / (1 + |x|).
/// python: softsign
Tensor softsign(const Operand& x);
/// 0 below -1, (x + 1)^2 / 4 up to 1, x above.
/// python: sparse_plus
Tensor sparse_plus(const Operand& x);
/// 0 below -1, (x + 1) / 2 up to 1, 1 above.
/// python: sparse_sigmoid
Tensor sparse_sigmoid(const Operand& x);
/// The nearest probability distribution: a softmax with zeros (arXiv:1602.02068).
/// python: sparsemax
Tensor sparsemax(const Operand& x, int64_t axis = -1);
/// (x + sqrt(x^2 + b)) / 2 (arXiv:2112.11687).
/// python: squareplus
Tensor squareplus(const Operand& x, const Operand& b = 4);
/// x - tanh(x).
/// python: tanh_shrink
Tensor tanh_shrink(const Operand& x);
/// x above `threshold`, else default_value.
/// python: threshold
Tensor threshold(const Operand& x, const Operand& threshold, const Operand& default_value);

}  // namespace runnel::inline v0::keras::ops
