// Windows that slide over the spatial axes: what convolution and pooling share.
#pragma once

#include <array>

#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

/// One spatial axis of a sliding window. Sizes of -1 are not known yet.
struct WindowAxis {
  int64_t in = 1;
  int64_t window = 1;
  int64_t out = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad_before = 0;
};

enum class Padding { kValid, kSame, kExplicit };

/// The attributes of a windowed operator, checked.
struct WindowAttrs {
  bool channels_first = false;
  int spatial = 2;  ///< Number of spatial axes.
  Padding padding = Padding::kValid;
  std::array<int64_t, 3> stride{1, 1, 1}, dilation{1, 1, 1}, window{1, 1, 1}, before{0, 0, 0}, after{0, 0, 0};

  int channel_axis() const { return channels_first ? 1 : spatial + 1; }
  int spatial_axis(int i) const { return channels_first ? 2 + i : 1 + i; }
};

bool is_channels_first(std::string_view data_format);
/// Reads strides, padding, explicit_paddings, data_format, and dilations and ksize where the operator has them.
WindowAttrs window_attrs(const AttrReader& c, int spatial);
/// Axis i for `in` elements and a window of `window`; either may be unknown. InvalidArgumentError where the output would
/// have a negative size.
WindowAxis window_axis(const AttrReader& c, const WindowAttrs& attrs, int i, int64_t in, int64_t window);

/// (n, c, spatial...) as (n, spatial..., c), and back. The data is copied.
Tensor to_channels_last(const Tensor& x);
void to_channels_first(const Tensor& x, Tensor& out);

/// The NHWC shape of an NCHW shape.
Shape channels_last_shape(const Shape& s);

}  // namespace runnel::inline v0
