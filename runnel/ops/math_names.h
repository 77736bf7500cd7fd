// namespace math: TensorFlow's second names, tf::math::log for tf::log.
#pragma once

#include "runnel/ops/array.h"
#include "runnel/ops/debugging.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::math {

using v0::abs, v0::acos, v0::acosh, v0::add, v0::add_n, v0::angle, v0::argmax, v0::argmin, v0::asin, v0::asinh, v0::atan, v0::atan2,
    v0::atanh, v0::bessel_i0, v0::bessel_i0e, v0::bessel_i1, v0::bessel_i1e, v0::betainc, v0::bincount, v0::ceil, v0::confusion_matrix,
    v0::conj, v0::cos, v0::cosh, v0::count_nonzero, v0::cumprod, v0::cumsum, v0::cumulative_logsumexp, v0::digamma, v0::divide,
    v0::divide_no_nan, v0::equal, v0::erf, v0::erfc, v0::erfcinv, v0::erfinv, v0::exp, v0::expm1, v0::floor, v0::floordiv, v0::greater,
    v0::greater_equal, v0::igamma, v0::igammac, v0::imag, v0::invert_permutation, v0::is_finite, v0::is_inf, v0::is_nan,
    v0::is_non_decreasing, v0::is_strictly_increasing, v0::lbeta, v0::less, v0::less_equal, v0::lgamma, v0::log, v0::log1p,
    v0::log_sigmoid, v0::logical_and, v0::logical_not, v0::logical_or, v0::logical_xor, v0::maximum, v0::minimum, v0::mod, v0::multiply,
    v0::multiply_no_nan, v0::ndtri, v0::negative, v0::nextafter, v0::not_equal, v0::polygamma, v0::polyval, v0::pow, v0::real,
    v0::reciprocal, v0::reciprocal_no_nan, v0::reduce_all, v0::reduce_any, v0::reduce_euclidean_norm, v0::reduce_logsumexp,
    v0::reduce_max, v0::reduce_mean, v0::reduce_min, v0::reduce_prod, v0::reduce_std, v0::reduce_sum, v0::reduce_variance, v0::rint,
    v0::round, v0::rsqrt, v0::scalar_mul, v0::segment_max, v0::segment_mean, v0::segment_min, v0::segment_prod, v0::segment_sum,
    v0::sigmoid, v0::sign, v0::sin, v0::sinh, v0::sqrt, v0::square, v0::squared_difference, v0::subtract, v0::tan, v0::tanh, v0::truediv,
    v0::unsorted_segment_max, v0::unsorted_segment_mean, v0::unsorted_segment_min, v0::unsorted_segment_prod, v0::unsorted_segment_sqrt_n,
    v0::unsorted_segment_sum, v0::xdivy, v0::xlog1py, v0::xlogy, v0::zeta;
using v0::nn::in_top_k, v0::nn::l2_normalize, v0::nn::log_softmax, v0::nn::softmax, v0::nn::softplus, v0::nn::softsign, v0::nn::top_k,
    v0::nn::zero_fraction;

/// The same as mod.
inline Tensor floormod(const Operand& x, const Operand& y) { return mod(x, y); }

}  // namespace runnel::inline v0::math
