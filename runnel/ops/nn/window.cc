#include "runnel/ops/nn/window.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

[[noreturn]] void invalid(const AttrReader& c, std::string_view what, const Details& details = {}) {
  fail<errors::InvalidArgumentError>(c.op().name(), what, details);
}

bool has_attr(const AttrReader& c, std::string_view name) { return c.op().schema().attr_index(name) >= 0; }

Padding padding_of(const AttrReader& c) {
  const std::string& text = c.string_attr("padding");
  return text == "SAME" ? Padding::kSame : text == "VALID" ? Padding::kValid : Padding::kExplicit;
}

constexpr int64_t kMost = std::numeric_limits<int32_t>::max();  // of a size, so that products of two fit

// The entries of a list attribute at the spatial axes; those of batch and channels must be 1.
std::array<int64_t, 3> spatial_entries(const AttrReader& c, const WindowAttrs& w, const char* name, const char* words) {
  std::array<int64_t, 3> out{1, 1, 1};
  const std::vector<int64_t>& all = c.ints_attr(name);
  if (all.empty() && std::string_view(name) == "dilations") return out;
  if (int(all.size()) != w.spatial + 2)
    invalid(c, cat("Sliding window ", name, " field must specify ", w.spatial + 2, " dimensions"), {.got = to_text(all)});
  if (all[0] != 1 || all[size_t(w.channel_axis())] != 1)
    fail<errors::UnimplementedError>(
        c.op().name(), cat("Current implementation does not yet support ", words, " in the batch and depth dimensions."),
        {.got = to_text(all)});
  for (int i = 0; i < w.spatial; ++i) out[size_t(i)] = all[size_t(w.spatial_axis(i))];
  for (int64_t n : out)
    if (n > kMost) invalid(c, cat("Sliding window ", name, " field must fit into int32"), {.got = to_text(all)});
  return out;
}

void read_explicit(const AttrReader& c, WindowAttrs& w) {
  const std::vector<int64_t>& pads = c.ints_attr("explicit_paddings");
  if (int(pads.size()) != 2 * (w.spatial + 2))
    invalid(c, cat("explicit_paddings attribute must contain ", 2 * (w.spatial + 2), " values, but got: ", pads.size()));
  for (int64_t p : pads)
    if (p < 0 || p > kMost) invalid(c, "All elements of explicit_paddings must be nonnegative", {.got = to_text(pads), .expected = "int32"});
  for (int axis : {0, w.channel_axis()})
    if (pads[size_t(2 * axis)] != 0 || pads[size_t(2 * axis + 1)] != 0)
      invalid(c, "Nonzero explicit padding in the batch or depth dimensions is not supported", {.got = to_text(pads)});
  for (int i = 0; i < w.spatial; ++i) {
    w.before[size_t(i)] = pads[size_t(2 * w.spatial_axis(i))];
    w.after[size_t(i)] = pads[size_t(2 * w.spatial_axis(i) + 1)];
  }
}

}  // namespace

bool is_channels_first(std::string_view data_format) { return data_format.size() >= 2 && data_format[1] == 'C'; }

WindowAttrs window_attrs(const AttrReader& c, int spatial) {
  WindowAttrs w;
  w.spatial = spatial;
  w.channels_first = has_attr(c, "data_format") && is_channels_first(c.string_attr("data_format"));
  w.padding = padding_of(c);
  w.stride = spatial_entries(c, w, "strides", "strides");
  if (has_attr(c, "ksize")) w.window = spatial_entries(c, w, "ksize", "pooling");
  if (has_attr(c, "dilations")) w.dilation = spatial_entries(c, w, "dilations", "dilations");
  for (int i = 0; i < spatial; ++i) {
    if (w.stride[size_t(i)] <= 0)
      invalid(c, has_attr(c, "ksize") ? cat("Stride must be > 0, but got ", w.stride[size_t(i)])
                                      : std::string("Row and column strides should be larger than 0."));
    if (w.dilation[size_t(i)] <= 0) invalid(c, "Dilated rates should be larger than 0.");
    if (w.window[size_t(i)] <= 0) invalid(c, cat("Sliding window ksize must be positive. The specified or inferred ksize is: ", join(c.ints_attr("ksize"), ",")));
  }
  if (w.padding == Padding::kExplicit) read_explicit(c, w);
  return w;
}

WindowAxis window_axis(const AttrReader& c, const WindowAttrs& w, int i, int64_t in, int64_t window) {
  WindowAxis a{in, window, -1, w.stride[size_t(i)], w.dilation[size_t(i)], w.before[size_t(i)]};
  int64_t effective = window < 0 ? -1 : (window - 1) * a.dilation + 1;
  if (w.padding == Padding::kSame) {
    if (in < 0) return a;
    a.out = (in + a.stride - 1) / a.stride;
    if (effective >= 0) a.pad_before = std::max<int64_t>(0, (a.out - 1) * a.stride + effective - in) / 2;
    return a;
  }
  if (in < 0 || effective < 0) return a;
  int64_t room = in + w.before[size_t(i)] + w.after[size_t(i)] - effective + a.stride;
  if (room < 0)
    invalid(c, cat("Computed output size would be negative: ", in + w.before[size_t(i)] + w.after[size_t(i)] - effective + 1,
                   " [input_size: ", in, ", effective_filter_size: ", effective, ", stride: ", a.stride, "]"));
  a.out = room / a.stride;
  return a;
}

namespace {

// (rows, columns) to (columns, rows), in blocks that stay in the cache.
template <class T>
void transpose_matrix(const T* x, T* y, int64_t rows, int64_t columns) {
  constexpr int64_t kBlock = 16;
  for (int64_t r = 0; r < rows; r += kBlock)
    for (int64_t q = 0; q < columns; q += kBlock)
      for (int64_t i = r; i < std::min(rows, r + kBlock); ++i)
        for (int64_t j = q; j < std::min(columns, q + kBlock); ++j) y[j * rows + i] = x[i * columns + j];
}

template <class T>
void transpose_each(const void* x, void* y, int64_t batch, int64_t rows, int64_t columns) {
  int64_t size = rows * columns;
  parallel_for(batch, std::max<int64_t>(1, 65536 / std::max<int64_t>(1, size)), [=](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b)
      transpose_matrix(static_cast<const T*>(x) + b * size, static_cast<T*>(y) + b * size, rows, columns);
  });
}

void transpose_any(const Tensor& x, Tensor& y, int64_t rows, int64_t columns) {
  int64_t batch = x.dim(0);
  switch (x.dtype().size()) {
    case 1: return transpose_each<uint8_t>(x.raw(), y.mutable_raw(), batch, rows, columns);
    case 2: return transpose_each<uint16_t>(x.raw(), y.mutable_raw(), batch, rows, columns);
    case 4: return transpose_each<uint32_t>(x.raw(), y.mutable_raw(), batch, rows, columns);
    default: return transpose_each<uint64_t>(x.raw(), y.mutable_raw(), batch, rows, columns);
  }
}

int64_t inner_size(const Shape& s, int begin, int end) {
  int64_t n = 1;
  for (int i = begin; i < end; ++i) n *= s[i];
  return n;
}

}  // namespace

Shape channels_last_shape(const Shape& s) {
  Dims dims;
  dims.push_back(s[0]);
  for (int i = 2; i < s.rank(); ++i) dims.push_back(s[i]);
  dims.push_back(s[1]);
  return Shape(dims);
}

Tensor to_channels_last(const Tensor& x) {
  Tensor y(x.dtype(), channels_last_shape(x.shape()));
  transpose_any(x, y, x.dim(1), inner_size(x.shape(), 2, x.rank()));
  return y;
}

void to_channels_first(const Tensor& x, Tensor& out) {
  transpose_any(x, out, inner_size(x.shape(), 1, x.rank() - 1), x.dim(-1));
}

}  // namespace runnel::inline v0
