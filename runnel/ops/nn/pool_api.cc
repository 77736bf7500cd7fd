// The public poolings: one dimension is pooled as two.
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/nn/spatial_args.h"
#include "runnel/ops/nn/window.h"

namespace runnel::inline v0::nn {

namespace {

Tensor pool_with(const Op& op, const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding,
                 const std::string& data_format, int spatial) {
  Attrs attrs = window_call(strides, padding, data_format, nullptr, spatial);
  attrs.set("ksize", axis_entries(ksize, spatial, is_channels_first(data_format), "ksize"));
  return run(op, {input}, attrs);
}

// Largest of each group of `k` channels: the groups, which lie side by side in memory, are pooled as columns of their own.
Tensor max_pool_channels(const Tensor& input, int64_t k, const std::vector<int64_t>& ksize, const std::vector<int64_t>& strides, const std::string& data_format) {
  static const Op& op = get_op("MaxPool");
  if (data_format != "NHWC" || ksize[1] != 1 || ksize[2] != 1)
    fail<errors::UnimplementedError>("MaxPool", "MaxPooling supports exactly one of pooling across depth or pooling across width/height.");
  if (strides[3] != k) fail<errors::UnimplementedError>("MaxPool", "Depthwise max pooling requires the depth window to equal the depth stride.");
  const PartialShape known = input.partial_shape();
  if (known.has_rank() && known[3] > 0 && known[3] % k != 0)
    fail<errors::UnimplementedError>("MaxPool", "Depthwise max pooling requires the depth window to evenly divide the input depth.", {.got = cat(known[3], " channels, window ", k)});
  const std::vector<int64_t> window{1, k, 1, 1};
  const Tensor pooled = run(op, {reshape(input, {-1, k, 1, 1})}, {{"ksize", window}, {"strides", window}, {"padding", "VALID"}, {"data_format", "NHWC"}});
  const Tensor sizes = shape(input);
  return reshape(pooled, concat({slice(sizes, {0}, {3}), floordiv(slice(sizes, {3}, {1}), k)}, 0));
}

Axes entries_2d(const Axes& value, bool first, const char* name) {
  std::vector<int64_t> all = axis_entries(value, 1, first, name);
  all.insert(all.begin() + (first ? 2 : 1), 1);
  return all;
}

using Pool2D = Tensor (*)(const Tensor&, const Axes&, const Axes&, const Operand&, const std::string&);

Tensor pool_1d(Pool2D pool, const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding, const std::string& data_format) {
  bool first = is_channels_first(data_format);
  int axis = first ? 2 : 1;
  if (padding_attrs(padding).padding == "EXPLICIT") fail<ValueError>("", "an explicit padding needs two spatial axes");
  return squeeze(pool(expand_dims(input, axis), entries_2d(ksize, first, "ksize"), entries_2d(strides, first, "strides"), padding,
                      first ? "NCHW" : "NHWC"),
                 axis);
}

// The number of spatial axes: from the data format, else from the input's rank.
int spatial_axes(const Tensor& input, const std::string& data_format, const char* where) {
  PartialShape s = input.partial_shape();
  int spatial = (s.has_rank() ? s.rank() : int(data_format.size())) - 2;
  if (spatial < 1 || spatial > 3)
    fail<ValueError>("", cat("Input tensor must be of rank 3, 4 or 5 but was ", spatial + 2, "."), {.hint = where});
  return spatial;
}

}  // namespace

#define RUNNEL_POOL(FUNCTION, OP, SPATIAL)                                                                              \
  Tensor FUNCTION(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding, const std::string& data_format) { \
    static const Op& op = get_op(OP);                                                                                   \
    return pool_with(op, input, ksize, strides, padding, format_or_default(data_format, SPATIAL), SPATIAL);                  \
  }
RUNNEL_POOL(max_pool3d, "MaxPool3D", 3)
RUNNEL_POOL(avg_pool2d, "AvgPool", 2)
RUNNEL_POOL(avg_pool3d, "AvgPool3D", 3)
#undef RUNNEL_POOL

Tensor max_pool2d(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding, const std::string& data_format) {
  static const Op& op = get_op("MaxPool");
  const std::string format = format_or_default(data_format, 2);
  const std::vector<int64_t> window = axis_entries(ksize, 2, is_channels_first(format), "ksize");
  if (const int64_t k = window[is_channels_first(format) ? 1 : 3]; k > 1)
    return max_pool_channels(input, k, window, axis_entries(strides, 2, is_channels_first(format), "strides"), format);
  return pool_with(op, input, ksize, strides, padding, format, 2);
}

Tensor max_pool1d(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding, const std::string& data_format) {
  return pool_1d(max_pool2d, input, ksize, strides, padding, data_format);
}
Tensor avg_pool1d(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding, const std::string& data_format) {
  return pool_1d(avg_pool2d, input, ksize, strides, padding, data_format);
}

Tensor max_pool(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding, const std::string& data_format) {
  int spatial = spatial_axes(input, data_format, "max_pool");
  auto f = spatial == 1 ? max_pool1d : spatial == 2 ? max_pool2d : max_pool3d;
  return f(input, ksize, strides, padding, format_or_default(data_format, spatial));
}
Tensor avg_pool(const Tensor& input, const Axes& ksize, const Axes& strides, const Operand& padding, const std::string& data_format) {
  int spatial = spatial_axes(input, data_format, "avg_pool");
  auto f = spatial == 1 ? avg_pool1d : spatial == 2 ? avg_pool2d : avg_pool3d;
  return f(input, ksize, strides, padding, format_or_default(data_format, spatial));
}

MaxPoolWithArgmax max_pool_with_argmax(const Tensor& input, const Axes& ksize, const Axes& strides, const std::string& padding,
                                       const std::string& data_format, DType output_dtype, bool include_batch_in_index) {
  static const Op& op = get_op("MaxPoolWithArgmax");
  if (data_format != "NHWC")
    fail<ValueError>("", cat("`data_format` values other than 'NHWC' are not supported. Received: data_format=", data_format));
  std::vector<Tensor> out = run_all(op, {input},
                                    {{"ksize", axis_entries(ksize, 2, false, "ksize")},
                                     {"strides", axis_entries(strides, 2, false, "strides")},
                                     {"padding", padding},
                                     {"Targmax", output_dtype},
                                     {"include_batch_in_index", include_batch_in_index}});
  return {out[0], out[1]};
}

namespace {

std::vector<int64_t> per_axis(const Axes& given, size_t axes) {
  if (given.is_all()) return std::vector<int64_t>(axes, 1);
  std::optional<Dims> values = given.ints().values();
  if (!values || size_t(values->size()) != axes) fail<ValueError>("pool", cat("strides and dilations must have one entry for each of the ", axes, " axes of the window"));
  for (int64_t value : *values)
    if (value < 1) fail<ValueError>("pool", "strides and dilations must be positive", {.got = cat(value)});
  return {values->begin(), values->end()};
}

// Every dilations[i]-th element of axis i goes into a batch of its own, where the window has no holes.
Tensor dilated_pool(const Tensor& input, const std::vector<int64_t>& window, const std::string& type, const std::vector<int64_t>& dilations) {
  const PartialShape sizes = input.partial_shape();
  if (!sizes.has_rank() || sizes.rank() != int(window.size()) + 2)
    fail<ValueError>("pool", "the input must have a batch, a channel and the axes of the window", {.got = to_text(sizes), .expected = cat("rank ", window.size() + 2)});
  std::vector<int64_t> pads;
  for (size_t i = 0; i < window.size(); ++i) {
    int64_t size = sizes[int(i) + 1];
    if (size < 0) fail<ValueError>("pool", "dilations need known sizes", {.got = to_text(sizes)});
    int64_t extra = (dilations[i] - size % dilations[i]) % dilations[i];
    pads.insert(pads.end(), {0, extra});
  }
  Tensor pairs(int64, Shape({int64_t(window.size()), 2}));
  std::copy(pads.begin(), pads.end(), pairs.mutable_data<int64_t>());
  return batch_to_space(pool(space_to_batch(input, dilations, pairs), window, type), dilations, pairs);
}

}  // namespace

Tensor pool(const Tensor& input, const Axes& window_shape, const std::string& pooling_type, const Axes& strides, const Operand& padding,
            const std::string& data_format, const Axes& dilations) {
  if (pooling_type != "MAX" && pooling_type != "AVG")
    fail<ValueError>("", cat("Value passed for parameter 'pooling_type' must be 'AVG' or 'MAX'. Received: ", pooling_type));
  std::optional<Dims> window = window_shape.ints().values();
  if (!window) fail<ValueError>("pool", "window_shape must be known integers");
  std::vector<int64_t> sizes(window->begin(), window->end()), steps = per_axis(strides, sizes.size()), holes = per_axis(dilations, sizes.size());
  auto is_one = [](int64_t x) { return x == 1; };
  auto f = pooling_type == "MAX" ? max_pool : avg_pool;
  if (std::all_of(holes.begin(), holes.end(), is_one)) return f(input, sizes, steps, padding, data_format);
  if (!std::all_of(steps.begin(), steps.end(), is_one)) fail<ValueError>("", "strides > 1 not supported in conjunction with dilation_rate > 1");
  if (padding_attrs(padding).padding == "SAME") fail<ValueError>("", "pooling with 'SAME' padding is not implemented for `dilation_rate` > 1");
  if (!is_channels_first(data_format)) return dilated_pool(input, sizes, pooling_type, holes);
  int rank = int(sizes.size()) + 2;
  std::vector<int64_t> to_last{0}, to_first{0, rank - 1};
  for (int i = 2; i < rank; ++i) to_last.push_back(i), to_first.push_back(i - 1);
  to_last.push_back(1);
  return transpose(dilated_pool(transpose(input, to_last), sizes, pooling_type, holes), to_first);
}

}  // namespace runnel::inline v0::nn
