// tf.math: arithmetic, functions of elements, comparisons, reductions, segments, counting.
//
// How Python sees a declaration: the `python:` line lists its names (tf.*); parameters keep their names and defaults;
// `name=None` is added. Operand parameters of one call take each other's dtype.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runnel/op/operand.h"

namespace runnel::inline v0 {

// --- arithmetic ----------------------------------------------------------------------------------------------------

/// x + y, element by element, broadcasting; strings are joined.
/// python: add, math.add
Tensor add(const Operand& x, const Operand& y);
/// x - y.
/// python: subtract, math.subtract
Tensor subtract(const Operand& x, const Operand& y);
/// x * y.
/// python: multiply, math.multiply
Tensor multiply(const Operand& x, const Operand& y);
/// x / y as Python divides: integers give float32 (8 and 16 bits) or float64.
/// python: divide, math.divide
Tensor divide(const Operand& x, const Operand& y);
/// The same as divide.
/// python: truediv, math.truediv
Tensor truediv(const Operand& x, const Operand& y);
/// x / y for floating and complex dtypes.
/// python: realdiv
Tensor realdiv(const Operand& x, const Operand& y);
/// The quotient rounded towards minus infinity. InvalidArgumentError for an integer divided by zero.
/// python: math.floordiv
Tensor floordiv(const Operand& x, const Operand& y);
/// The remainder of floordiv: it has the sign of y.
/// python: math.mod, math.floormod
Tensor mod(const Operand& x, const Operand& y);
/// The quotient rounded towards zero.
/// python: truncatediv
Tensor truncatediv(const Operand& x, const Operand& y);
/// The remainder of truncatediv: it has the sign of x.
/// python: truncatemod
Tensor truncatemod(const Operand& x, const Operand& y);
/// x / y, and 0 where y is 0.
/// python: math.divide_no_nan
Tensor divide_no_nan(const Operand& x, const Operand& y);
/// x * y, and 0 where y is 0, even if x is infinite or NaN.
/// python: math.multiply_no_nan
Tensor multiply_no_nan(const Operand& x, const Operand& y);
/// The larger of x and y; NaN where one is NaN.
/// python: maximum, math.maximum
Tensor maximum(const Operand& x, const Operand& y);
/// The smaller of x and y; NaN where one is NaN.
/// python: minimum, math.minimum
Tensor minimum(const Operand& x, const Operand& y);
/// x to the power y. InvalidArgumentError for integers with a negative power.
/// python: pow, math.pow
Tensor pow(const Operand& x, const Operand& y);
/// (x - y)^2; |x - y|^2 for complex numbers.
/// python: math.squared_difference
Tensor squared_difference(const Operand& x, const Operand& y);
/// The floating number that follows x1 towards x2.
/// python: math.nextafter
Tensor nextafter(const Operand& x1, const Operand& x2);
/// x * log(y), and 0 where x is 0.
/// python: math.xlogy
Tensor xlogy(const Operand& x, const Operand& y);
/// x * log(1 + y), and 0 where x is 0.
/// python: math.xlog1py
Tensor xlog1py(const Operand& x, const Operand& y);
/// x / y, and 0 where x is 0.
/// python: math.xdivy
Tensor xdivy(const Operand& x, const Operand& y);
/// scalar * x; the scalar has no dimensions.
/// python: scalar_mul, math.scalar_mul
Tensor scalar_mul(const Operand& scalar, const Tensor& x);
/// The sum of tensors of one shape.
/// python: add_n, math.add_n
Tensor add_n(const Operands& inputs);
/// The sum of tensors of one shape; `shape` and `tensor_dtype` are checked.
/// python: math.accumulate_n
Tensor accumulate_n(const Operands& inputs, const std::optional<PartialShape>& shape = {}, DType tensor_dtype = {});
/// coeffs[0] x^(n-1) + coeffs[1] x^(n-2) + ... by Horner's rule.
/// python: math.polyval
Tensor polyval(const std::vector<Tensor>& coeffs, const Operand& x);

// --- functions of one operand --------------------------------------------------------------------------------------

/// -x.
/// python: negative, math.negative
Tensor negative(const Tensor& x);
/// |x|; a complex tensor gives a real one.
/// python: abs, math.abs
Tensor abs(const Tensor& x);
/// -1, 0 or 1; x / |x| for complex numbers. NaN stays NaN.
/// python: sign, math.sign
Tensor sign(const Tensor& x);
/// The nearest integer; halves go to the even one.
/// python: round, math.round
Tensor round(const Tensor& x);
/// The nearest integer; halves go to the even one. Floating dtypes only.
/// python: math.rint
Tensor rint(const Tensor& x);
/// The largest integer not above x.
/// python: floor, math.floor
Tensor floor(const Tensor& x);
/// The smallest integer not below x.
/// python: math.ceil
Tensor ceil(const Tensor& x);
/// x^2.
/// python: square, math.square
Tensor square(const Tensor& x);
/// The square root; NaN for negative numbers.
/// python: sqrt, math.sqrt
Tensor sqrt(const Tensor& x);
/// 1 / sqrt(x).
/// python: math.rsqrt
Tensor rsqrt(const Tensor& x);
/// 1 / x.
/// python: math.reciprocal
Tensor reciprocal(const Tensor& x);
/// 1 / x, and 0 where x is 0.
/// python: math.reciprocal_no_nan
Tensor reciprocal_no_nan(const Tensor& x);
/// e^x.
/// python: exp, math.exp
Tensor exp(const Tensor& x);
/// e^x - 1, exact near 0.
/// python: math.expm1
Tensor expm1(const Tensor& x);
/// The natural logarithm.
/// python: math.log
Tensor log(const Tensor& x);
/// log(1 + x), exact near 0.
/// python: math.log1p
Tensor log1p(const Tensor& x);
/// 1 / (1 + e^-x).
/// python: sigmoid, math.sigmoid, nn.sigmoid
Tensor sigmoid(const Tensor& x);
/// log(sigmoid(x)), without overflow.
/// python: math.log_sigmoid
Tensor log_sigmoid(const Tensor& x);
/// The sine; x in radians.
/// python: sin, math.sin
Tensor sin(const Tensor& x);
/// The cosine.
/// python: cos, math.cos
Tensor cos(const Tensor& x);
/// The tangent.
/// python: tan, math.tan
Tensor tan(const Tensor& x);
/// The inverse sine, in [-pi/2, pi/2].
/// python: asin, math.asin
Tensor asin(const Tensor& x);
/// The inverse cosine, in [0, pi].
/// python: acos, math.acos
Tensor acos(const Tensor& x);
/// The inverse tangent, in [-pi/2, pi/2].
/// python: atan, math.atan
Tensor atan(const Tensor& x);
/// The hyperbolic sine.
/// python: sinh, math.sinh
Tensor sinh(const Tensor& x);
/// The hyperbolic cosine.
/// python: cosh, math.cosh
Tensor cosh(const Tensor& x);
/// The hyperbolic tangent.
/// python: tanh, math.tanh, nn.tanh
Tensor tanh(const Tensor& x);
/// The inverse hyperbolic sine.
/// python: asinh, math.asinh
Tensor asinh(const Tensor& x);
/// The inverse hyperbolic cosine; NaN below 1.
/// python: acosh, math.acosh
Tensor acosh(const Tensor& x);
/// The inverse hyperbolic tangent; NaN outside [-1, 1].
/// python: atanh, math.atanh
Tensor atanh(const Tensor& x);
/// The angle of the point (x, y), in [-pi, pi].
/// python: atan2, math.atan2
Tensor atan2(const Operand& y, const Operand& x);
/// True where x is NaN.
/// python: math.is_nan
Tensor is_nan(const Tensor& x);
/// True where x is infinite.
/// python: math.is_inf
Tensor is_inf(const Tensor& x);
/// True where x is neither infinite nor NaN.
/// python: math.is_finite
Tensor is_finite(const Tensor& x);

// --- complex numbers -----------------------------------------------------------------------------------------------

/// The complex number real + i imag, from float32 or float64 parts.
/// python: complex, dtypes.complex
Tensor complex(const Operand& real, const Operand& imag);
/// The real part; a real tensor comes back as it is.
/// python: math.real
Tensor real(const Tensor& input);
/// The imaginary part; zeros for a real tensor.
/// python: math.imag
Tensor imag(const Tensor& input);
/// The angle in the complex plane, in (-pi, pi].
/// python: math.angle
Tensor angle(const Tensor& input);
/// The complex conjugate; a real tensor comes back as it is.
/// python: math.conj
Tensor conj(const Tensor& x);
/// |x| of complex numbers: what abs() calls.
Tensor complex_abs(const Tensor& x);

// --- comparison and logic ------------------------------------------------------------------------------------------

/// x == y, element by element, broadcasting.
/// python: equal, math.equal
Tensor equal(const Operand& x, const Operand& y);
/// x != y.
/// python: not_equal, math.not_equal
Tensor not_equal(const Operand& x, const Operand& y);
/// x < y.
/// python: less, math.less
Tensor less(const Operand& x, const Operand& y);
/// x <= y.
/// python: less_equal, math.less_equal
Tensor less_equal(const Operand& x, const Operand& y);
/// x > y.
/// python: greater, math.greater
Tensor greater(const Operand& x, const Operand& y);
/// x >= y.
/// python: greater_equal, math.greater_equal
Tensor greater_equal(const Operand& x, const Operand& y);
/// |x - y| < tolerance, for tensors of one shape.
Tensor approximate_equal(const Operand& x, const Operand& y, double tolerance = 1e-5);
/// x and y, of bool.
/// python: logical_and, math.logical_and
Tensor logical_and(const Operand& x, const Operand& y);
/// x or y.
/// python: logical_or, math.logical_or
Tensor logical_or(const Operand& x, const Operand& y);
/// not x.
/// python: logical_not, math.logical_not
Tensor logical_not(const Tensor& x);
/// x or y, but not both.
/// python: math.logical_xor
Tensor logical_xor(const Operand& x, const Operand& y);
/// True where the last element is larger than every one before, in the order of the memory.
/// python: math.is_strictly_increasing, debugging.is_strictly_increasing
Tensor is_strictly_increasing(const Tensor& x);
/// True where no element is smaller than the one before.
/// python: math.is_non_decreasing, debugging.is_non_decreasing
Tensor is_non_decreasing(const Tensor& x);
/// `tensor`, or InvalidArgumentError with `message` where an element is infinite or NaN.
/// python: debugging.check_numerics
Tensor check_numerics(const Tensor& tensor, const std::string& message);

// --- special functions ---------------------------------------------------------------------------------------------

/// The error function.
/// python: math.erf
Tensor erf(const Tensor& x);
/// 1 - erf(x), exact where erf is near 1.
/// python: math.erfc
Tensor erfc(const Tensor& x);
/// The inverse of erf, on (-1, 1).
/// python: math.erfinv
Tensor erfinv(const Tensor& x);
/// The inverse of erfc, on (0, 2).
/// python: math.erfcinv
Tensor erfcinv(const Tensor& x);
/// The quantile of the normal distribution, on (0, 1).
/// python: math.ndtri
Tensor ndtri(const Tensor& x);
/// log |Gamma(x)|.
/// python: math.lgamma
Tensor lgamma(const Tensor& x);
/// The derivative of lgamma.
/// python: math.digamma
Tensor digamma(const Tensor& x);
/// The derivative of order a of digamma.
/// python: math.polygamma
Tensor polygamma(const Operand& a, const Operand& x);
/// Hurwitz: the sum of (q + n)^-x over n >= 0.
/// python: math.zeta
Tensor zeta(const Operand& x, const Operand& q);
/// The lower regularised incomplete gamma function P(a, x).
/// python: math.igamma
Tensor igamma(const Operand& a, const Operand& x);
/// The upper one: 1 - igamma(a, x).
/// python: math.igammac
Tensor igammac(const Operand& a, const Operand& x);
/// The regularised incomplete beta function I_x(a, b).
/// python: math.betainc
Tensor betainc(const Operand& a, const Operand& b, const Operand& x);
/// log |Beta(x)| along the last axis: sum(lgamma(x)) - lgamma(sum(x)).
/// python: math.lbeta
Tensor lbeta(const Tensor& x);
/// The modified Bessel function of the first kind, order 0.
/// python: math.bessel_i0, math.special.bessel_i0
Tensor bessel_i0(const Tensor& x);
/// The modified Bessel function of the first kind, order 0, times e^-|x|.
/// python: math.bessel_i0e, math.special.bessel_i0e
Tensor bessel_i0e(const Tensor& x);
/// The modified Bessel function of the first kind, order 1.
/// python: math.bessel_i1, math.special.bessel_i1
Tensor bessel_i1(const Tensor& x);
/// The modified Bessel function of the first kind, order 1, times e^-|x|.
/// python: math.bessel_i1e, math.special.bessel_i1e
Tensor bessel_i1e(const Tensor& x);
/// The modified Bessel function of the second kind, order 0.
/// python: math.special.bessel_k0
Tensor bessel_k0(const Tensor& x);
/// The modified Bessel function of the second kind, order 0, times e^x.
/// python: math.special.bessel_k0e
Tensor bessel_k0e(const Tensor& x);
/// The modified Bessel function of the second kind, order 1.
/// python: math.special.bessel_k1
Tensor bessel_k1(const Tensor& x);
/// The modified Bessel function of the second kind, order 1, times e^x.
/// python: math.special.bessel_k1e
Tensor bessel_k1e(const Tensor& x);
/// The Bessel function of the first kind, order 0.
/// python: math.special.bessel_j0
Tensor bessel_j0(const Tensor& x);
/// The Bessel function of the first kind, order 1.
/// python: math.special.bessel_j1
Tensor bessel_j1(const Tensor& x);
/// The Bessel function of the second kind, order 0.
/// python: math.special.bessel_y0
Tensor bessel_y0(const Tensor& x);
/// The Bessel function of the second kind, order 1.
/// python: math.special.bessel_y1
Tensor bessel_y1(const Tensor& x);
/// Dawson's integral: e^(-x^2) times the integral of e^(t^2) from 0 to x.
/// python: math.special.dawsn
Tensor dawsn(const Tensor& x);
/// The exponential integral Ei(x).
/// python: math.special.expint
Tensor expint(const Tensor& x);
/// The integral of cos(pi t^2 / 2) from 0 to x.
/// python: math.special.fresnel_cos
Tensor fresnel_cos(const Tensor& x);
/// The integral of sin(pi t^2 / 2) from 0 to x.
/// python: math.special.fresnel_sin
Tensor fresnel_sin(const Tensor& x);
/// Spence's integral: that of -log(t) / (t - 1) from 1 to x.
/// python: math.special.spence
Tensor spence(const Tensor& x);

// --- reductions ----------------------------------------------------------------------------------------------------

/// Sum over `axis` (all axes by default).
/// python: reduce_sum, math.reduce_sum
Tensor reduce_sum(const Tensor& input_tensor, const Axes& axis = {}, bool keepdims = false);
/// Mean; integers are divided as integers.
/// python: reduce_mean, math.reduce_mean
Tensor reduce_mean(const Tensor& input_tensor, const Axes& axis = {}, bool keepdims = false);
/// Product.
/// python: reduce_prod, math.reduce_prod
Tensor reduce_prod(const Tensor& input_tensor, const Axes& axis = {}, bool keepdims = false);
/// Maximum; the lowest value for an empty slice.
/// python: reduce_max, math.reduce_max
Tensor reduce_max(const Tensor& input_tensor, const Axes& axis = {}, bool keepdims = false);
/// Minimum; the highest value for an empty slice.
/// python: reduce_min, math.reduce_min
Tensor reduce_min(const Tensor& input_tensor, const Axes& axis = {}, bool keepdims = false);
/// True where any element is true.
/// python: reduce_any, math.reduce_any
Tensor reduce_any(const Tensor& input_tensor, const Axes& axis = {}, bool keepdims = false);
/// True where all elements are true.
/// python: reduce_all, math.reduce_all
Tensor reduce_all(const Tensor& input_tensor, const Axes& axis = {}, bool keepdims = false);
/// log(sum(exp(x))), without overflow.
/// python: reduce_logsumexp, math.reduce_logsumexp
Tensor reduce_logsumexp(const Tensor& input_tensor, const Axes& axis = {}, bool keepdims = false);
/// sqrt(sum(x^2)).
/// python: math.reduce_euclidean_norm
Tensor reduce_euclidean_norm(const Tensor& input_tensor, const Axes& axis = {}, bool keepdims = false);
/// The population variance.
/// python: math.reduce_variance
Tensor reduce_variance(const Tensor& input_tensor, const Axes& axis = {}, bool keepdims = false);
/// The population standard deviation.
/// python: math.reduce_std
Tensor reduce_std(const Tensor& input_tensor, const Axes& axis = {}, bool keepdims = false);
/// How many elements are not zero (for strings: not empty).
/// python: math.count_nonzero
Tensor count_nonzero(const Tensor& input, const Axes& axis = {}, bool keepdims = false, DType dtype = int64);
/// The position of the largest element along `axis` (default 0); the first of equals.
/// python: argmax, math.argmax
Tensor argmax(const Tensor& input, const std::optional<Operand>& axis = {}, DType output_type = int64);
/// The position of the smallest element along `axis` (default 0); the first of equals.
/// python: argmin, math.argmin
Tensor argmin(const Tensor& input, const std::optional<Operand>& axis = {}, DType output_type = int64);

// --- cumulative ----------------------------------------------------------------------------------------------------

/// Running sums along `axis`: [a, a + b, a + b + c]. exclusive: [0, a, a + b]. reverse: from the end.
/// python: cumsum, math.cumsum
Tensor cumsum(const Tensor& x, const Operand& axis = 0, bool exclusive = false, bool reverse = false);
/// Running products.
/// python: math.cumprod
Tensor cumprod(const Tensor& x, const Operand& axis = 0, bool exclusive = false, bool reverse = false);
/// Running log(sum(exp(x))).
/// python: math.cumulative_logsumexp
Tensor cumulative_logsumexp(const Tensor& x, const Operand& axis = 0, bool exclusive = false, bool reverse = false);

// --- segments ------------------------------------------------------------------------------------------------------

/// The sum of the rows of each segment. segment_ids: a sorted vector, one id a row; InvalidArgumentError otherwise.
/// python: math.segment_sum
Tensor segment_sum(const Tensor& data, const Tensor& segment_ids);
/// The mean of the rows of each segment; 0 for an empty one.
/// python: math.segment_mean
Tensor segment_mean(const Tensor& data, const Tensor& segment_ids);
/// The product of the rows of each segment; 1 for an empty one.
/// python: math.segment_prod
Tensor segment_prod(const Tensor& data, const Tensor& segment_ids);
/// The maximum of each segment; 0 for an empty one.
/// python: math.segment_max
Tensor segment_max(const Tensor& data, const Tensor& segment_ids);
/// The minimum of each segment; 0 for an empty one.
/// python: math.segment_min
Tensor segment_min(const Tensor& data, const Tensor& segment_ids);
/// The sum of the slices with each id, in any order; negative ids are left out. segment_ids.shape is a prefix of data.shape.
/// python: math.unsorted_segment_sum
Tensor unsorted_segment_sum(const Tensor& data, const Tensor& segment_ids, const Operand& num_segments);
/// The product of the slices with each id.
/// python: math.unsorted_segment_prod
Tensor unsorted_segment_prod(const Tensor& data, const Tensor& segment_ids, const Operand& num_segments);
/// The maximum of the slices with each id; the lowest value where there is none.
/// python: math.unsorted_segment_max
Tensor unsorted_segment_max(const Tensor& data, const Tensor& segment_ids, const Operand& num_segments);
/// The minimum of the slices with each id; the highest value where there is none.
/// python: math.unsorted_segment_min
Tensor unsorted_segment_min(const Tensor& data, const Tensor& segment_ids, const Operand& num_segments);
/// The mean of the slices with each id; 0 where there is none.
/// python: math.unsorted_segment_mean
Tensor unsorted_segment_mean(const Tensor& data, const Tensor& segment_ids, const Operand& num_segments);
/// The sum of the slices with each id, divided by the square root of their number.
/// python: math.unsorted_segment_sqrt_n
Tensor unsorted_segment_sqrt_n(const Tensor& data, const Tensor& segment_ids, const Operand& num_segments);

// --- counting ------------------------------------------------------------------------------------------------------

/// How often each value 0, 1, 2, ... occurs in `arr`, or the sum of its weights; by row with axis=-1.
/// python: math.bincount
Tensor bincount(const Tensor& arr, const std::optional<Operand>& weights = {}, const std::optional<Operand>& minlength = {},
                const std::optional<Operand>& maxlength = {}, DType dtype = int32, std::optional<int64_t> axis = {}, bool binary_output = false);
/// Counts of the values in `nbins` equal bins of [value_range[0], value_range[1]]; what lies outside goes to the first or last bin.
/// python: histogram_fixed_width
Tensor histogram_fixed_width(const Tensor& values, const Operand& value_range, const Operand& nbins = 100, DType dtype = int32);
/// The bin of each value.
/// python: histogram_fixed_width_bins
Tensor histogram_fixed_width_bins(const Tensor& values, const Operand& value_range, const Operand& nbins = 100, DType dtype = int32);
/// Entry (i, j) counts the elements of label i that were predicted as j; or sums their weights.
/// python: math.confusion_matrix
Tensor confusion_matrix(const Tensor& labels, const Tensor& predictions, const std::optional<Operand>& num_classes = {},
                        const std::optional<Operand>& weights = {}, DType dtype = int32);

// --- clipping ------------------------------------------------------------------------------------------------------

/// min(max(t, clip_value_min), clip_value_max).
/// python: clip_by_value
Tensor clip_by_value(const Tensor& t, const Operand& clip_value_min, const Operand& clip_value_max);
/// t scaled down to the L2 norm `clip_norm` (along `axes`) where it is longer.
/// python: clip_by_norm
Tensor clip_by_norm(const Tensor& t, const Operand& clip_norm, const Axes& axes = {});
/// Tensors of which some may be missing (empty; Python's None), as gradients are.
using MaybeTensors = std::vector<Tensor>;
/// The L2 norm of all tensors together: sqrt(sum of squares). Missing ones are left out.
/// python: linalg.global_norm
Tensor global_norm(const MaybeTensors& t_list);

struct ClippedByGlobalNorm {
  MaybeTensors list_clipped;
  Tensor global_norm;
};
/// All tensors scaled by clip_norm / global_norm where that is below 1. `use_norm` is the global norm, where it is known already.
/// python: clip_by_global_norm
ClippedByGlobalNorm clip_by_global_norm(const MaybeTensors& t_list, const Operand& clip_norm, const std::optional<Operand>& use_norm = {});

// --- operators -----------------------------------------------------------------------------------------------------

/// x + y and so on, with numbers on either side:  1 - y * y. Division is Python's (truediv), % is floormod.
inline Tensor operator+(const Operand& x, const Operand& y) { return add(x, y); }
inline Tensor operator-(const Operand& x, const Operand& y) { return subtract(x, y); }
inline Tensor operator*(const Operand& x, const Operand& y) { return multiply(x, y); }
inline Tensor operator/(const Operand& x, const Operand& y) { return truediv(x, y); }
inline Tensor operator%(const Operand& x, const Operand& y) { return mod(x, y); }
inline Tensor operator-(const Tensor& x) { return negative(x); }
inline Tensor operator<(const Operand& x, const Operand& y) { return less(x, y); }
inline Tensor operator<=(const Operand& x, const Operand& y) { return less_equal(x, y); }
inline Tensor operator>(const Operand& x, const Operand& y) { return greater(x, y); }
inline Tensor operator>=(const Operand& x, const Operand& y) { return greater_equal(x, y); }

namespace nn {

/// x / sqrt(max(sum(x^2, axis), epsilon)).
/// python: nn.l2_normalize, math.l2_normalize, linalg.l2_normalize
Tensor l2_normalize(const Tensor& x, const Axes& axis = {}, double epsilon = 1e-12);
/// True where the target's prediction is among the k largest of its row. predictions: (batch, classes), targets: (batch).
/// python: nn.in_top_k, math.in_top_k
Tensor in_top_k(const Tensor& targets, const Tensor& predictions, const Operand& k);
/// The share of the elements that are zero, as float32.
/// python: nn.zero_fraction, math.zero_fraction
Tensor zero_fraction(const Tensor& value);

}  // namespace nn

}  // namespace runnel::inline v0
