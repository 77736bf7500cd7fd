// Dilated ("à trous") convolutions under names of their own.
#pragma once

#include <string>

#include "runnel/op/operand.h"

namespace runnel::inline v0::nn {

/// The gradient of a dilated 2D convolution to its input, of shape `output_shape` (batch, height, width, out). value (batch, h, w, in),
/// filters (h, w, out, in); `rate` is the distance of the filter's taps. ValueError for a rate below 1.
/// python: nn.atrous_conv2d_transpose
Tensor atrous_conv2d_transpose(const Tensor& value, const Tensor& filters, const Ints& output_shape, int64_t rate, const std::string& padding);

}  // namespace runnel::inline v0::nn
