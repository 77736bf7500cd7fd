// The kernels of pooling: windows over up to three spatial axes of channels-last data.
#pragma once

#include "runnel/ops/nn/window.h"

namespace runnel::inline v0 {

struct PoolGeometry {
  WindowAttrs attrs;
  std::array<WindowAxis, 3> axes;  ///< The last `attrs.spatial` are used.
  int64_t batch = -1, channels = -1;

  PartialShape output() const;  ///< In the operator's data format.
  int64_t in_pixels() const { return axes[0].in * axes[1].in * axes[2].in; }
  int64_t out_pixels() const { return axes[0].out * axes[1].out * axes[2].out; }
};
PoolGeometry pool_geometry(const AttrReader& c, int spatial, const PartialShape& input);

template <int kSpatial>
void max_pool_kernel(OpContext& c);
/// Inputs: the pooling's input, its output, the gradient of its output.
template <int kSpatial>
void max_pool_grad_kernel(OpContext& c);
/// Picks from the gradient of the input what the pooling picked from the input.
template <int kSpatial>
void max_pool_grad_grad_kernel(OpContext& c);
template <int kSpatial>
void avg_pool_kernel(OpContext& c);
template <int kSpatial>
void avg_pool_grad_kernel(OpContext& c);
void max_pool_argmax_kernel(OpContext& c);
void max_pool_grad_argmax_kernel(OpContext& c);
void max_pool_grad_grad_argmax_kernel(OpContext& c);

}  // namespace runnel::inline v0
