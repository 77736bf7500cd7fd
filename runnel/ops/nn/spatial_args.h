// From the arguments of the public functions to the attributes of windowed operators.
#pragma once

#include <functional>

#include "runnel/core/attr.h"
#include "runnel/op/operand.h"

namespace runnel::inline v0::nn {

/// One entry for every axis of the input: from one number, one for each spatial axis, or one for every axis.
/// None is ones. ValueError for another length.
std::vector<int64_t> axis_entries(const Axes& value, int spatial, bool channels_first, const char* name);

struct PaddingAttrs {
  std::string padding;                    ///< "SAME", "VALID", "EXPLICIT"
  std::vector<int64_t> explicit_paddings; ///< Two for every axis, for "EXPLICIT".
};
/// From text or a list of pairs.
PaddingAttrs padding_attrs(const Operand& padding);

/// strides, padding, data_format, dilations; explicit_paddings where there are some.
Attrs window_call(const Axes& strides, const Operand& padding, const std::string& data_format, const Axes* dilations, int spatial);

/// f(x), where x has more axes than a batch, the spatial ones and channels: those before the last ones are one batch.
Tensor with_one_batch_axis(const Tensor& x, int spatial, const std::function<Tensor(const Tensor&)>& f);

/// "NHWC" for two axes and channels last, and so on; `given` where it is not empty.
std::string format_or_default(const std::string& given, int spatial);

}  // namespace runnel::inline v0::nn
