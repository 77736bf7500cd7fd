#include "runnel/keras/layers/pooling.h"

#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

template <Pool Kind, int Rank>
PoolingBody<Kind, Rank>::PoolingBody(const PoolingOptions& options) : LayerWith(options) {
  supports_masking_ = false;
  options_.pool_size = options.pool_size.expand(Rank, "pool_size");
  options_.strides = options.strides.is_set() ? Tuple(options.strides.expand(Rank, "strides")) : options_.pool_size;
  options_.padding = checked_padding(options.padding);
  options_.data_format = checked_data_format(options.data_format);
}

// A window that is larger than the input would leave nothing.
static void check_windows_fit(const PartialShape& input, const PoolingOptions& o) {
  if (o.padding != "valid") return;
  for (int i = 0; i < int(o.pool_size.values().size()); ++i) {
    const int64_t size = input[first_spatial_axis(o.data_format) + i];
    if (size >= 0 && size < o.pool_size.values()[size_t(i)])
      fail<ValueError>("", "Computed output size would be zero or negative",
                       {.got = cat("inputs.shape=", to_text(input), ", pool_size=", to_text(o.pool_size.values()), ", padding=valid"),
                        .hint = "a smaller pool_size, or padding=\"same\""});
  }
}

template <Pool Kind, int Rank>
Tensor PoolingBody<Kind, Rank>::call(const Tensor& input, const CallArgs& args) {
  check_rank(*this, input.partial_shape(), Rank + 2);
  check_windows_fit(input.partial_shape(), options_);
  auto pool = Kind == Pool::kMax ? nn::max_pool : nn::avg_pool;
  return pool(input, options_.pool_size.values(), options_.strides.values(), operator_padding(options_.padding),
              operator_format(Rank, options_.data_format));
}

template <Pool Kind, int Rank>
GlobalPoolingBody<Kind, Rank>::GlobalPoolingBody(const GlobalPoolingOptions& options) : LayerWith(options) {
  supports_masking_ = Kind == Pool::kAverage && Rank == 1;
  options_.data_format = checked_data_format(options.data_format);
}

template <Pool Kind, int Rank>
Tensor GlobalPoolingBody<Kind, Rank>::masked_mean(const Tensor& input, const Tensor& mask) const {
  int axis = first_spatial_axis(options_.data_format);
  Tensor counts = expand_dims(cast(mask, bool_), channels_first(options_.data_format) ? 1 : 2);
  Tensor kept = where(counts, input, zeros_like(input));  // not a product: 0 * NaN would spread, forwards and in the gradient
  return reduce_sum(kept, axis, options_.keepdims) / reduce_sum(cast(counts, input.dtype()), axis, options_.keepdims);
}

template <Pool Kind, int Rank>
Tensor GlobalPoolingBody<Kind, Rank>::call(const Tensor& input, const CallArgs& args) {
  check_rank(*this, input.partial_shape(), Rank + 2);
  std::vector<int64_t> axes = spatial_axes(Rank, options_.data_format);
  if (Kind == Pool::kMax) return reduce_max(input, axes, options_.keepdims);
  if (Rank == 1 && args.mask) return masked_mean(input, args.mask);
  return reduce_mean(input, axes, options_.keepdims);
}

template <Pool Kind, int Rank>
AdaptivePoolingBody<Kind, Rank>::AdaptivePoolingBody(const AdaptivePoolingOptions& options) : LayerWith(options) {
  supports_masking_ = false;
  options_.output_size = options.output_size.expand(Rank, "output_size");
  for (int64_t n : options_.output_size.values())
    if (n <= 0) fail<ValueError>("", cat("The `output_size` argument must be a tuple of ", Rank, " integers, that satisfy `value > 0`"), {.got = join(options_.output_size.values())});
  options_.data_format = checked_data_format(options.data_format);
}

namespace {

/// The windows of an axis with `in` elements that give `out` results: the k-th takes [k * in / out, (k + 1) * in / out), rounded
/// outwards. Their widths are one number, or that and the next one.
struct AdaptiveWindows {
  int64_t in, out;
  int64_t begin(int64_t k) const { return k * in / out; }
  int64_t width(int64_t k) const { return ((k + 1) * in + out - 1) / out - begin(k); }
};

// The elements of all windows of one width, (windows, width).
Tensor elements_of(const AdaptiveWindows& windows, int64_t width, int64_t count) {
  Tensor elements(int64, {count, width});
  int64_t* next = elements.mutable_data<int64_t>();
  for (int64_t k = 0; k < windows.out; ++k)
    for (int64_t i = 0; windows.width(k) == width && i < width; ++i) *next++ = windows.begin(k) + i;
  return elements;
}

template <Pool Kind>
Tensor pool_adaptively(const Tensor& x, int axis, const AdaptiveWindows& windows) {
  int64_t narrow = (windows.in + windows.out - 1) / windows.out, count[2] = {0, 0};
  Tensor order(int64, {windows.out});  // where the results of the windows stand: first those of the narrow ones
  for (int64_t k = 0; k < windows.out; ++k) ++count[windows.width(k) != narrow];
  for (int64_t k = 0, next[2] = {0, count[0]}; k < windows.out; ++k) order.mutable_data<int64_t>()[k] = next[windows.width(k) != narrow]++;
  std::vector<Tensor> pooled;
  for (int wide : {0, 1}) {
    if (count[wide] == 0) continue;
    Tensor taken = gather(x, elements_of(windows, narrow + wide, count[wide]), axis);
    pooled.push_back(Kind == Pool::kMax ? reduce_max(taken, axis + 1) : reduce_mean(taken, axis + 1));
  }
  return pooled.size() == 1 ? pooled[0] : gather(concat(pooled, axis), order, axis);
}

}  // namespace

// One axis after the other: the mean of means over equal windows, and the greatest of the greatest, are those of the box.
template <Pool Kind, int Rank>
Tensor AdaptivePoolingBody<Kind, Rank>::call(const Tensor& input, const CallArgs& args) {
  check_rank(*this, input.partial_shape(), Rank + 2);
  Tensor x = input;
  for (int i = 0; i < Rank; ++i) {
    int axis = first_spatial_axis(options_.data_format) + i;
    int64_t in = x.partial_shape()[axis];
    if (in < 0) fail<ValueError>("", cat("Layer \"", name(), "\" needs known spatial sizes. Full shape received: ", to_text(x.partial_shape())));
    x = pool_adaptively<Kind>(x, axis, {in, options_.output_size.values()[size_t(i)]});
  }
  return x;
}

#define RUNNEL_INSTANTIATE(KIND, RANK)             \
  template class PoolingBody<Pool::KIND, RANK>;       \
  template class GlobalPoolingBody<Pool::KIND, RANK>; \
  template class AdaptivePoolingBody<Pool::KIND, RANK>;
RUNNEL_INSTANTIATE(kMax, 1)
RUNNEL_INSTANTIATE(kMax, 2)
RUNNEL_INSTANTIATE(kMax, 3)
RUNNEL_INSTANTIATE(kAverage, 1)
RUNNEL_INSTANTIATE(kAverage, 2)
RUNNEL_INSTANTIATE(kAverage, 3)
#undef RUNNEL_INSTANTIATE

RUNNEL_KERAS_CLASS(layers, MaxPooling1D, MaxPooling1DBody)
RUNNEL_KERAS_CLASS(layers, MaxPooling2D, MaxPooling2DBody)
RUNNEL_KERAS_CLASS(layers, MaxPooling3D, MaxPooling3DBody)
RUNNEL_KERAS_CLASS(layers, AveragePooling1D, AveragePooling1DBody)
RUNNEL_KERAS_CLASS(layers, AveragePooling2D, AveragePooling2DBody)
RUNNEL_KERAS_CLASS(layers, AveragePooling3D, AveragePooling3DBody)
RUNNEL_KERAS_CLASS(layers, GlobalMaxPooling1D, GlobalMaxPooling1DBody)
RUNNEL_KERAS_CLASS(layers, GlobalMaxPooling2D, GlobalMaxPooling2DBody)
RUNNEL_KERAS_CLASS(layers, GlobalMaxPooling3D, GlobalMaxPooling3DBody)
RUNNEL_KERAS_CLASS(layers, GlobalAveragePooling1D, GlobalAveragePooling1DBody)
RUNNEL_KERAS_CLASS(layers, GlobalAveragePooling2D, GlobalAveragePooling2DBody)
RUNNEL_KERAS_CLASS(layers, GlobalAveragePooling3D, GlobalAveragePooling3DBody)
RUNNEL_KERAS_CLASS(layers, AdaptiveMaxPooling1D, AdaptiveMaxPooling1DBody)
RUNNEL_KERAS_CLASS(layers, AdaptiveMaxPooling2D, AdaptiveMaxPooling2DBody)
RUNNEL_KERAS_CLASS(layers, AdaptiveMaxPooling3D, AdaptiveMaxPooling3DBody)
RUNNEL_KERAS_CLASS(layers, AdaptiveAveragePooling1D, AdaptiveAveragePooling1DBody)
RUNNEL_KERAS_CLASS(layers, AdaptiveAveragePooling2D, AdaptiveAveragePooling2DBody)
RUNNEL_KERAS_CLASS(layers, AdaptiveAveragePooling3D, AdaptiveAveragePooling3DBody)

}  // namespace runnel::inline v0::keras
