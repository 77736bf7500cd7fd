// The sizes of a convolution, from its attributes and the shapes of input and filter.
#pragma once

#include "runnel/ops/nn/window.h"

namespace runnel::inline v0 {

struct ConvGeometry {
  WindowAttrs attrs;
  std::array<WindowAxis, 3> axes;  ///< The last `attrs.spatial` are used.
  int64_t batch = -1, in_channels = -1, out_channels = -1, groups = 1;
  PartialShape output() const;  ///< In the operator's data format.
};

/// input: rank spatial + 2; filter: (spatial..., in / groups, out), or (spatial..., in, multiplier) for depthwise.
/// Either may have unknown sizes. InvalidArgumentError where they do not fit.
ConvGeometry conv_geometry(const AttrReader& c, int spatial, bool depthwise, const PartialShape& input, const PartialShape& filter);

// Kernels (conv.cpu.cc).
template <int kSpatial, bool kDepthwise>
void conv_kernel(OpContext& c);
template <int kSpatial, bool kDepthwise>
void conv_input_kernel(OpContext& c);
template <int kSpatial, bool kDepthwise>
void conv_filter_kernel(OpContext& c);

}  // namespace runnel::inline v0
