// ExtractImagePatches, ExtractVolumePatches: every window of an image as one vector.
#include <algorithm>

#include "runnel/core/named_size.h"
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/image.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn/window.h"

namespace runnel::inline v0 {

namespace {

bool is_volume(const AttrReader& c) { return c.op().name() == std::string_view("ExtractVolumePatches"); }

// The windows along each spatial axis of an input (batch, space..., channels).
std::vector<WindowAxis> windows_of(const AttrReader& c, const PartialShape& in) {
  int spatial = is_volume(c) ? 3 : 2;
  WindowAttrs attrs = window_attrs(c, spatial);
  const auto &sizes = c.ints_attr("ksizes"), &rates = is_volume(c) ? sizes : c.ints_attr("rates");
  if (int(sizes.size()) != spatial + 2 || int(rates.size()) != spatial + 2)
    fail<errors::InvalidArgumentError>(c.op().name(), cat("ksizes and rates must have ", spatial + 2, " entries"), {.got = cat(to_text(sizes), " and ", to_text(rates))});
  std::vector<WindowAxis> out;
  for (int i = 0; i < spatial; ++i) {
    int64_t size = sizes[size_t(i + 1)], rate = is_volume(c) ? 1 : rates[size_t(i + 1)];
    if (size < 1 || rate < 1) fail<errors::InvalidArgumentError>(c.op().name(), "ksizes and rates must be positive", {.got = cat(size, " and ", rate)});
    attrs.dilation[size_t(i)] = rate;
    out.push_back(window_axis(c, attrs, i, in[i + 1], size));
  }
  return out;
}

void patches_shape(ShapeContext& c) {
  PartialShape s = c.with_rank(0, is_volume(c) ? 5 : 4);
  int64_t places = 1;
  std::vector<WindowAxis> windows = windows_of(c, s);
  for (int i = 0; i < int(windows.size()); ++i) {
    s.set_dim(i + 1, windows[size_t(i)].out);
    places *= windows[size_t(i)].window;
  }
  s.set_dim(-1, product_of_sizes(s.dim(-1), places));
  c.set_output(0, s);
}

// For each place in a window: the box of pixels that windows have there, and the box of the output where they go.
void patches_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  std::vector<WindowAxis> windows = windows_of(c, x.shape());
  Dims from = dense_strides(x.shape()), walk = from, to = dense_strides(y.shape());
  int64_t places = 1, channels = x.dim(-1);
  for (int i = 0; i < int(windows.size()); ++i) {
    walk[i + 1] = from[i + 1] * windows[size_t(i)].stride;
    places *= windows[size_t(i)].window;
  }
  fill_elements(y.dtype(), y.num_elements(), zeros(Shape(), y.dtype()).raw(), y.mutable_raw());
  for (int64_t place = 0; place < places; ++place) {
    Dims dims = y.shape().dims();
    dims.back() = channels;
    int64_t rest = place, x_start = 0, y_start = place * channels;
    for (int i = int(windows.size()) - 1; i >= 0; --i) {
      const WindowAxis& w = windows[size_t(i)];
      int64_t offset = rest % w.window * w.dilation - w.pad_before;
      rest /= w.window;
      int64_t first = offset < 0 ? (-offset + w.stride - 1) / w.stride : 0, pixel = offset + first * w.stride;
      int64_t inside = pixel >= w.in ? 0 : (w.in - pixel + w.stride - 1) / w.stride;
      dims[i + 1] = std::max<int64_t>(0, std::min(inside, w.out - first));
      x_start += pixel * from[i + 1];
      y_start += first * to[i + 1];
    }
    copy_box(x.dtype(), dims, advance(x.dtype(), x.raw(), x_start), walk, advance(y.dtype(), y.mutable_raw(), y_start), to);
  }
}

// Patches of the pixels' numbers tell where each value came from; number 0 is the padding.
std::vector<Tensor> patches_gradient(const GradientContext& c) {
  const Tensor& x = c.input(0);
  int rank = x.partial_shape().rank();
  Tensor sizes = shape(x), batch = slice(sizes, {0}, {1}), space = slice(sizes, {1}, {rank - 2}), channels = slice(sizes, {rank - 1}, {1});
  Tensor pixels = reduce_prod(space);
  Tensor numbers = reshape(range(1, add(pixels, 1)), concat({Tensor::from(std::vector<int32_t>{1}), space, Tensor::from(std::vector<int32_t>{1})}, 0));
  Tensor sources = subtract(reshape(run(c.op(), {numbers}, c.attrs()), {-1}), 1);
  Tensor rows = reshape(c.grad(), concat({batch, Tensor::from(std::vector<int32_t>{-1}), channels}, 0));
  Tensor summed = unsorted_segment_sum(transpose(rows, {1, 0, 2}), sources, pixels);
  return {reshape(transpose(summed, {1, 0, 2}), sizes)};
}

/// ExtractImagePatches: The patches that a window with these sizes, strides and rates sees, one a place, in the last axis.
constexpr OpDef kOps[] = {
    {.name = "ExtractImagePatches", .signature = "images: T -> patches: T",
     .attrs = "ksizes: list(int); strides: list(int); rates: list(int); T: plain; padding: {'SAME', 'VALID'}", .shape = patches_shape,
     .gradient = patches_gradient, .kernel = patches_kernel},
    {.name = "ExtractVolumePatches", .signature = "input: T -> patches: T",
     .attrs = "ksizes: list(int); strides: list(int); T: real; padding: {'SAME', 'VALID'}", .shape = patches_shape,
     .gradient = patches_gradient, .kernel = patches_kernel},
};

}  // namespace
RUNNEL_OPS(image_patches, kOps)

Tensor image::extract_patches(const Tensor& images, const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides,
                              const std::vector<int64_t>& rates, const std::string& padding) {
  static const Op& op = get_op("ExtractImagePatches");
  return run(op, {images}, {{"ksizes", sizes}, {"strides", strides}, {"rates", rates}, {"padding", padding}});
}
Tensor extract_volume_patches(const Tensor& input, const std::vector<int64_t>& ksizes, const std::vector<int64_t>& strides, const std::string& padding) {
  static const Op& op = get_op("ExtractVolumePatches");
  return run(op, {input}, {{"ksizes", ksizes}, {"strides", strides}, {"padding", padding}});
}

}  // namespace runnel::inline v0
