#include "runnel/keras/layers/resizing.h"

#include <algorithm>

#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

std::vector<std::vector<int64_t>> Pairs::expand(int rank, const char* what) const {
  std::vector<std::vector<int64_t>> out = nested_;
  if (rank == 1 && flat_.size() == 2) out = {flat_};
  else if (flat_.size() == 1) out.assign(size_t(rank), {flat_[0], flat_[0]});
  else
    for (int64_t n : flat_) out.push_back({n, n});
  auto is_pair = [](const std::vector<int64_t>& p) { return p.size() == 2 && p[0] >= 0 && p[1] >= 0; };
  if (int(out.size()) != rank || !std::all_of(out.begin(), out.end(), is_pair))
    fail<ValueError>("", cat("`", what, "` should be an int, a tuple of ", rank, " ints, or a tuple of ", rank, " tuples of 2 ints. Received: ", what, "=",
                             to_config(*this).to_json()));
  return out;
}

Config to_config(const Pairs& pairs) {
  Config out = Config::list();
  for (int64_t n : pairs.flat_) out.push_back(n);
  for (const auto& pair : pairs.nested_) {
    Config item = Config::list();
    for (int64_t n : pair) item.push_back(n);
    out.push_back(item);
  }
  return out;
}

void from_config(const Config& config, Pairs& out) {
  out = Pairs();
  if (config.is_int()) out.flat_ = {config.as_int()};
  else
    for (const Config& item : config.as_list()) {
      if (item.is_int()) out.flat_.push_back(item.as_int());
      else from_config(item, out.nested_.emplace_back());
    }
}

namespace {

// As Keras saves them: of one axis the pair itself.
Pairs saved(const std::vector<std::vector<int64_t>>& pairs) {
  if (pairs.size() > 1) return pairs;
  return {pairs[0][0], pairs[0][1]};
}

}  // namespace

template <int Rank>
ZeroPaddingBody<Rank>::ZeroPaddingBody(const ZeroPaddingOptions& options) : LayerWith(options) {
  supports_masking_ = false;
  options_.padding = saved(options.padding.expand(Rank, "padding"));
  options_.data_format = checked_data_format(options.data_format);
}

template <int Rank>
Tensor ZeroPaddingBody<Rank>::call(const Tensor& input, const CallArgs& args) {
  check_rank(*this, input.partial_shape(), Rank + 2);
  std::vector<std::vector<int64_t>> pairs = options_.padding.expand(Rank, "padding");
  std::vector<int64_t> all(2 * (Rank + 2), 0);
  int first = first_spatial_axis(options_.data_format);
  for (int i = 0; i < Rank; ++i) std::copy_n(pairs[size_t(i)].begin(), 2, all.begin() + 2 * (first + i));
  return pad(input, Tensor::from(all).reshaped(Shape({Rank + 2, 2})));
}

template <int Rank>
CroppingBody<Rank>::CroppingBody(const CroppingOptions<Rank>& options) : LayerWith<CroppingOptions<Rank>>(options) {
  this->supports_masking_ = false;
  this->options_.cropping = saved(options.cropping.expand(Rank, "cropping"));
  this->options_.data_format = checked_data_format(options.data_format);
}

template <int Rank>
Tensor CroppingBody<Rank>::call(const Tensor& input, const CallArgs& args) {
  PartialShape shape = input.partial_shape();
  check_rank(*this, shape, Rank + 2);
  std::vector<std::vector<int64_t>> pairs = this->options_.cropping.expand(Rank, "cropping");
  int first = first_spatial_axis(this->options_.data_format);
  Dims begin(Rank + 2, 0), end(Rank + 2, 0);
  int64_t whole = (int64_t(1) << (Rank + 2)) - 1;  // axes that are taken to their end
  for (int i = 0; i < Rank; ++i) {
    int64_t before = pairs[size_t(i)][0], after = pairs[size_t(i)][1], size = shape.has_rank() ? shape[first + i] : -1;
    if (size >= 0 && (before >= size || after >= size - before))
      fail<ValueError>("", cat("Values in `cropping` must be smaller than the corresponding spatial dimension of the input. Received: input_shape=",
                               to_text(shape), ", cropping=", to_config(this->options_.cropping).to_json()));
    begin[first + i] = before;
    end[first + i] = -after;
    if (after > 0) whole &= ~(int64_t(1) << (first + i));
  }
  for (int i = 0; shape.has_rank() && i < Rank; ++i)
    if (shape[first + i] >= 0) shape.set_dim(first + i, shape[first + i] - begin[first + i] + end[first + i]);
  Tensor y = strided_slice(input, begin, end, Ints(), 0, whole);
  return shape.has_rank() ? ensure_shape(y, shape) : y;
}

template <int Rank>
UpSamplingBody<Rank>::UpSamplingBody(const UpSamplingOptions<Rank>& options) : LayerWith<UpSamplingOptions<Rank>>(options) {
  this->supports_masking_ = false;
  this->options_.size = options.size.expand(Rank, "size");
  this->options_.data_format = checked_data_format(options.data_format);
  if (options.interpolation != "nearest" && options.interpolation != "bilinear")
    fail<ValueError>("", cat("`interpolation` argument should be one of {'bilinear', 'nearest'}. Received: interpolation=", options.interpolation, "."));
}

namespace {

// Values between neighbours: output i lies at (i + 0.5) / times - 0.5 of the input, held inside it.
Tensor interpolated(const Tensor& x, int64_t times, int axis) {
  int64_t n = x.partial_shape()[axis];
  Tensor low(int32, {n * times}), high(int32, {n * times}), share(float32, {n * times});
  for (int64_t i = 0; i < n * times; ++i) {
    float at = std::max(0.f, (float(i) + 0.5f) / float(times) - 0.5f);
    int64_t below = std::min(int64_t(at), n - 1);
    low.mutable_data<int32_t>()[i] = int32_t(below);
    high.mutable_data<int32_t>()[i] = int32_t(std::min(below + 1, n - 1));
    share.mutable_data<float>()[i] = at - float(below);
  }
  std::vector<int64_t> along(size_t(x.partial_shape().rank()), 1);
  along[size_t(axis)] = n * times;
  Tensor weight = cast(reshape(share, along), x.dtype());
  Tensor a = gather(x, low, axis), b = gather(x, high, axis);
  return a + (b - a) * weight;
}

}  // namespace

template <int Rank>
Tensor UpSamplingBody<Rank>::call(const Tensor& input, const CallArgs& args) {
  PartialShape shape = input.partial_shape();
  check_rank(*this, shape, Rank + 2);
  Tensor y = input;
  int first = first_spatial_axis(this->options_.data_format);
  bool between = this->options_.interpolation == "bilinear";
  for (int i = 0; i < Rank; ++i) {
    int64_t times = this->options_.size.values()[size_t(i)];
    if (between && y.partial_shape()[first + i] < 0)
      fail<ValueError>("", cat("Layer \"", this->name(), "\" needs known spatial sizes to interpolate. Full shape received: ", to_text(input.partial_shape())));
    y = between ? interpolated(y, times, first + i) : repeat(y, times, first + i);
    if (shape.has_rank() && shape[first + i] >= 0) shape.set_dim(first + i, shape[first + i] * times);
  }
  return shape.has_rank() ? ensure_shape(y, shape) : y;
}

#define RUNNEL_INSTANTIATE(RANK)        \
  template class ZeroPaddingBody<RANK>; \
  template class CroppingBody<RANK>;    \
  template class UpSamplingBody<RANK>;
RUNNEL_INSTANTIATE(1)
RUNNEL_INSTANTIATE(2)
RUNNEL_INSTANTIATE(3)
#undef RUNNEL_INSTANTIATE

RUNNEL_KERAS_CLASS(layers, ZeroPadding1D, ZeroPadding1DBody)
RUNNEL_KERAS_CLASS(layers, ZeroPadding2D, ZeroPadding2DBody)
RUNNEL_KERAS_CLASS(layers, ZeroPadding3D, ZeroPadding3DBody)
RUNNEL_KERAS_CLASS(layers, Cropping1D, Cropping1DBody)
RUNNEL_KERAS_CLASS(layers, Cropping2D, Cropping2DBody)
RUNNEL_KERAS_CLASS(layers, Cropping3D, Cropping3DBody)
RUNNEL_KERAS_CLASS(layers, UpSampling1D, UpSampling1DBody)
RUNNEL_KERAS_CLASS(layers, UpSampling2D, UpSampling2DBody)
RUNNEL_KERAS_CLASS(layers, UpSampling3D, UpSampling3DBody)

}  // namespace runnel::inline v0::keras
