// keras.ops.numpy: new tensors. dtype: the default floating one where nothing else is said.
// python module: keras.ops, keras.ops.numpy
#pragma once

#include "runnel/op/results.h"
#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// start, start + step, ... up to but not including stop. With one argument: from 0 up to it.
/// python: arange
Tensor arange(const Operand& start, const std::optional<Operand>& stop = {}, const std::optional<Operand>& step = {}, DType dtype = {});
/// The values as a tensor.
/// python: array
Tensor array(const Operand& x, DType dtype = {});
/// The triangular window of so many points.
/// python: bartlett
Tensor bartlett(const Operand& x);
/// Blackman's window.
/// python: blackman
Tensor blackman(const Operand& x);
/// Zeros, as a tensor whose values do not matter.
/// python: empty
Tensor empty(const Ints& shape, DType dtype = {});
/// Zeros of x's shape.
/// python: empty_like
Tensor empty_like(const Operand& x, DType dtype = {});
/// Ones on the k-th diagonal of an (N, M) matrix.
/// python: eye
Tensor eye(const Operand& N, const std::optional<Operand>& M = {}, int64_t k = 0, DType dtype = {});
/// A tensor of one value, which is broadcast.
/// python: full
Tensor full(const Ints& shape, const Operand& fill_value, DType dtype = {});
/// The same, of x's shape and dtype.
/// python: full_like
Tensor full_like(const Operand& x, const Operand& fill_value, DType dtype = {});
/// Numbers whose logarithms are evenly spaced, from start to stop.
/// python: geomspace
Tensor geomspace(const Operand& start, const Operand& stop, int64_t num = 50, bool endpoint = true, DType dtype = {}, int64_t axis = 0);
/// Hamming's window.
/// python: hamming
Tensor hamming(const Operand& x);
/// Hann's window.
/// python: hanning
Tensor hanning(const Operand& x);
/// The (n, n) identity matrix.
/// python: identity
Tensor identity(const Operand& n, DType dtype = {});
/// Kaiser's window, of shape parameter beta.
/// python: kaiser
Tensor kaiser(const Operand& x, const Operand& beta);
/// `num` evenly spaced numbers from start to stop (without it where not `endpoint`), along a new axis; retstep: and the step.
/// python: linspace
Results linspace(const Operand& start, const Operand& stop, int64_t num = 50, bool endpoint = true, bool retstep = false, DType dtype = {},
                 int64_t axis = 0);
/// base to the powers of linspace().
/// python: logspace
Tensor logspace(const Operand& start, const Operand& stop, int64_t num = 50, bool endpoint = true, const Operand& base = 10, DType dtype = {},
                int64_t axis = 0);
/// Coordinate grids of vectors; indexing "xy" swaps the first two axes, "ij" does not.
/// python: meshgrid(*x)
std::vector<Tensor> meshgrid(const std::vector<Tensor>& x, const std::string& indexing = "xy");
/// Ones.
/// python: ones
Tensor ones(const Ints& shape, DType dtype = {});
/// Ones of x's shape and dtype.
/// python: ones_like
Tensor ones_like(const Operand& x, DType dtype = {});
/// Ones on and below the k-th diagonal of an (N, M) matrix.
/// python: tri
Tensor tri(const Operand& N, const std::optional<Operand>& M = {}, int64_t k = 0, DType dtype = {});
/// The powers of a vector's elements as columns: x^(N-1), ..., x, 1, or the other way where `increasing`.
/// python: vander
Tensor vander(const Operand& x, std::optional<int64_t> N = {}, bool increasing = false);
/// Zeros.
/// python: zeros
Tensor zeros(const Ints& shape, DType dtype = {});
/// Zeros of x's shape and dtype.
/// python: zeros_like
Tensor zeros_like(const Operand& x, DType dtype = {});

}  // namespace runnel::inline v0::keras::ops
