// keras.ops.numpy: reductions that leave NaN out.
// python module: keras.ops, keras.ops.numpy
#pragma once

#include <string>

#include "runnel/op/operand.h"

namespace runnel::inline v0::keras::ops {

/// argmax(); -1 where all elements are NaN.
/// python: nanargmax
Tensor nanargmax(const Operand& x, std::optional<int64_t> axis = {}, bool keepdims = false);
/// argmin(); -1 where all elements are NaN.
/// python: nanargmin
Tensor nanargmin(const Operand& x, std::optional<int64_t> axis = {}, bool keepdims = false);
/// cumprod(), NaN counting as 1 (and infinities as the largest numbers).
/// python: nancumprod
Tensor nancumprod(const Operand& x, std::optional<int64_t> axis = {}, DType dtype = {});
/// cumsum(), NaN counting as 0 (and infinities as the largest numbers).
/// python: nancumsum
Tensor nancumsum(const Operand& x, std::optional<int64_t> axis = {}, DType dtype = {});
/// The largest number; NaN where there is none.
/// python: nanmax
Tensor nanmax(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// The mean of the numbers.
/// python: nanmean
Tensor nanmean(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// The median of the numbers.
/// python: nanmedian
Tensor nanmedian(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// The smallest number; NaN where there is none.
/// python: nanmin
Tensor nanmin(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// percentile() of the numbers.
/// python: nanpercentile
Tensor nanpercentile(const Operand& x, const Operand& q, const Axes& axis = {}, const std::string& method = "linear", bool keepdims = false);
/// The product of the numbers.
/// python: nanprod
Tensor nanprod(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// quantile() of the numbers; NaN where there is none.
/// python: nanquantile
Tensor nanquantile(const Operand& x, const Operand& q, const Axes& axis = {}, const std::string& method = "linear", bool keepdims = false);
/// The standard deviation of the numbers.
/// python: nanstd
Tensor nanstd(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// The sum of the numbers.
/// python: nansum
Tensor nansum(const Operand& x, const Axes& axis = {}, bool keepdims = false);
/// The variance of the numbers.
/// python: nanvar
Tensor nanvar(const Operand& x, const Axes& axis = {}, bool keepdims = false);

}  // namespace runnel::inline v0::keras::ops
