// keras.ops.numpy: reductions, cumulative sums and products, statistics. axis: none means all axes.
// python module: keras.ops, keras.ops.numpy
#pragma once

#include <string>

#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// The place of the largest element, int32; without `axis` of the flattened tensor.
/// python: argmax
Tensor argmax(const Operand& x, std::optional<int64_t> axis = {}, bool keepdims = false);
/// The place of the smallest element, int32.
/// python: argmin
Tensor argmin(const Operand& x, std::optional<int64_t> axis = {}, bool keepdims = false);
/// The mean, weighted where weights are given: of x's shape, or one for each place along `axis`.
/// python: average
Tensor average(const Operand& x, const Axes& axis = {}, const std::optional<Operand>& weights = {});
/// How many elements are not zero, int32.
/// python: count_nonzero
Tensor count_nonzero(const Operand& x, const Axes& axis = {});
/// Running products; without `axis` of the flattened tensor.
/// python: cumprod
Tensor cumprod(const Operand& x, std::optional<int64_t> axis = {}, DType dtype = {});
/// Running sums; without `axis` of the flattened tensor.
/// python: cumsum
Tensor cumsum(const Operand& x, std::optional<int64_t> axis = {}, DType dtype = {});
/// The largest element, and `initial` where that is larger. InvalidArgumentError for an empty tensor without `initial`.
/// python: max
Tensor max(const Operand& x, const Axes& axis = {}, bool keepdims = false, const std::optional<Operand>& initial = {});
/// The largest element.
/// python: amax
Tensor amax(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// The mean. Integers give a floating number; half types are computed in float32.
/// python: mean
Tensor mean(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// The middle element, or the mean of the middle two.
/// python: median
Tensor median(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// The smallest element, and `initial` where that is smaller.
/// python: min
Tensor min(const Operand& x, const Axes& axis = {}, bool keepdims = false, const std::optional<Operand>& initial = {});
/// The smallest element.
/// python: amin
Tensor amin(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// quantile(x, q / 100).
/// python: percentile
Tensor percentile(const Operand& x, const Operand& q, const Axes& axis = {}, const std::string& method = "linear", bool keepdims = false);
/// The product; small integers are widened to 32 bits.
/// python: prod
Tensor prod(const Operand& x, const Axes& axis = {}, bool keepdims = false, DType dtype = {});
/// The largest less the smallest element.
/// python: ptp
Tensor ptp(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// The value below which the share q of the elements lies; a vector q gives results along a new first axis. `method`: "linear",
/// "lower", "higher", "midpoint" or "nearest", for a place between two elements. NaN where an element is NaN.
/// python: quantile
Tensor quantile(const Operand& x, const Operand& q, const Axes& axis = {}, const std::string& method = "linear", bool keepdims = false);
/// The population standard deviation.
/// python: std
Tensor std_(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// The sum; small integers are widened to 32 bits.
/// python: sum
Tensor sum(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// The integral along `axis` by the trapezoidal rule, at the places x or every dx.
/// python: trapezoid
Tensor trapezoid(const Operand& y, const std::optional<Operand>& x = {}, const Operand& dx = 1.0, int64_t axis = -1);
/// The population variance.
/// python: var
Tensor var(const Operand& x, const Axes& axis = {}, bool keepdims = false);

}  // namespace runnel::inline v0::keras::ops
