#include "runnel/keras/layers/preprocessing.h"

#include <algorithm>

#include "runnel/keras/layers/call_arguments.h"
#include "runnel/keras/layers/quantiles.h"
#include "runnel/keras/layers/spatial.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

Numbers::Numbers(const Tensor& values) : values_(values.dtype() == float64 ? values : cast(values, float64)) {}

namespace {

template <class T>
std::vector<T> copied(std::span<const T> values) {
  return {values.begin(), values.end()};
}

Config nested(const std::vector<double>& values, std::span<const int64_t> sizes, size_t& at) {
  if (sizes.empty()) return values[at++];
  Config out = Config::list();
  for (int64_t i = 0; i < sizes[0]; ++i) out.push_back(nested(values, sizes.subspan(1), at));
  return out;
}

void flatten(const Config& config, size_t depth, Dims& sizes, std::vector<double>& out) {
  if (!config.is_list()) return out.push_back(config.as_double());
  if (sizes.size() == depth) sizes.push_back(int64_t(config.as_list().size()));
  if (sizes[int(depth)] != int64_t(config.as_list().size())) fail<ValueError>("", "the numbers must form an array: rows differ in length");
  for (const Config& item : config.as_list()) flatten(item, depth + 1, sizes, out);
}

}  // namespace

Config to_config(const Numbers& numbers) {
  if (!numbers.is_set()) return nullptr;
  size_t at = 0;
  return nested(copied(numbers.tensor().values<double>()), numbers.tensor().shape().dims(), at);
}

void from_config(const Config& config, Numbers& out) {
  if (config.is_null()) return void(out = Numbers());
  if (config.is_dict()) return from_config(config.at("config").at("value"), out);  // {"class_name": "__numpy__", ...}
  Dims sizes;
  std::vector<double> values;
  flatten(config, 0, sizes, values);
  out = Numbers(Tensor::from(values).reshaped(Shape(sizes)));
}

void from_config(const Config& config, KeptAxes& out) {
  out.values.clear();
  if (config.is_int()) out.values.push_back(config.as_int());
  else if (!config.is_null()) from_config(config, out.values);
}

RescalingBody::RescalingBody(const RescalingOptions& options) : LayerWith(options) {
  if (!options.scale.is_set()) fail<TypeError>("", "Rescaling.__init__() missing 1 required positional argument: 'scale'");
}

Tensor RescalingBody::call(const Tensor& input, const CallArgs& args) {
  DType dtype = compute_dtype();
  return cast(input, dtype) * cast(options_.scale.tensor(), dtype) + cast(options_.offset.tensor(), dtype);
}

NormalizationBody::NormalizationBody(const NormalizationOptions& options) : LayerWith(options) {
  const Numbers &mean = options.mean, &variance = options.variance;
  auto text = [](const Numbers& n) { return n.is_set() ? to_config(n).to_json() : std::string("None"); };
  if (mean.is_set() != variance.is_set())
    fail<ValueError>("", cat("When setting values directly, both `mean` and `variance` must be set. Received: mean=", text(mean), " and variance=", text(variance)));
  if (mean.is_set() && mean.tensor().shape() != variance.tensor().shape())
    fail<ValueError>("", cat("When setting values directly, `mean` and `variance` must have the same shape. Received: mean shape ",
                             to_text(mean.tensor().shape()), " and variance shape ", to_text(variance.tensor().shape())));
  if (mean.is_set() && mean.tensor().shape().rank() > int(options.axis.values.size()))
    fail<ValueError>("", cat("The rank of `mean` must be less than or equal to the number of axes (", options.axis.values.size(), "). Received: mean shape ",
                             to_text(mean.tensor().shape()), " for axis ", tuple_text(options.axis.values)));
}

void NormalizationBody::build(const PartialShape& in) {
  int rank = in.rank();
  for (int64_t axis : options_.axis.values) {
    if (axis < -rank || axis >= rank)
      fail<ValueError>("", cat("All `axis` values must be in the range [-ndim, ndim). Received inputs with ndim=", rank, ", while axis=", tuple_text(options_.axis.values)));
    kept_.push_back(axis < 0 ? axis + rank : axis);
  }
  std::sort(kept_.begin(), kept_.end());
  Dims sizes;
  for (int i = 0; i < rank; ++i) {
    bool kept = std::find(kept_.begin(), kept_.end(), i) != kept_.end();
    broadcast_shape_.push_back(kept ? in[i] : 1);
    if (!kept) reduced_.push_back(i);
    if (kept && in[i] < 0)
      fail<ValueError>("", cat("All `axis` values to be kept must have a known shape. Received axis=", tuple_text(options_.axis.values), ", inputs.shape=", to_text(in),
                               ", with unknown axis at index ", i));
    if (kept) sizes.push_back(in[i]);
  }
  if (options_.mean.is_set()) return;
  adapted_mean_ = add_weight({.name = "mean", .shape = Shape(sizes), .initializer = "zeros", .trainable = false});
  adapted_variance_ = add_weight({.name = "variance", .shape = Shape(sizes), .initializer = "ones", .trainable = false});
  count_ = add_weight({.name = "count", .shape = {}, .initializer = "zeros", .trainable = false, .dtype = int64});  // older files have it
}

// Given values belong to the last of the kept axes.
Tensor NormalizationBody::broadcast(const Numbers& given, const Variable& adapted) const {
  if (!given.is_set()) return reshape(cast(adapted.value(), compute_dtype()), broadcast_shape_);
  Shape shape = given.tensor().shape();
  Dims expanded(broadcast_shape_.size(), 1);
  for (int i = 1; i <= shape.rank(); ++i) expanded[int(kept_[kept_.size() - size_t(i)])] = shape.dim(-i);
  return broadcast_to(cast(reshape(given.tensor(), expanded), compute_dtype()), broadcast_shape_);
}

Tensor NormalizationBody::call(const Tensor& input, const CallArgs& args) {
  Tensor x = cast(input, compute_dtype()), deviation = maximum(sqrt(variance()), 1e-7);
  return options_.invert ? mean() + x * deviation : (x - mean()) / deviation;
}

void NormalizationBody::check_batch(const PartialShape& shape) {
  ensure_built({shape});
  if (options_.mean.is_set()) fail<ValueError>("", cat("Layer \"", name(), "\" was given its mean and variance: there is nothing to adapt."));
  for (int64_t axis : kept_)
    if (shape[int(axis)] != broadcast_shape_[int(axis)])
      fail<ValueError>("", cat("The layer was built with input_shape=", to_text(build_shapes()[0]), ", but adapt() is being called with data with an incompatible shape, "
                               "data.shape=", to_text(shape)));
}

void NormalizationBody::adapt(const Tensor& data) {
  bool more = true;
  adapt([&] { return std::exchange(more, false) ? data : Tensor(); });
}

// Means and variances of batches are combined, each weighted by its number of elements.
void NormalizationBody::adapt(const std::function<Tensor()>& next_batch) {
  Tensor mean, variance;
  double total = 0;
  for (Tensor given = next_batch(); given; given = next_batch()) {
    check_batch(given.partial_shape());
    Tensor batch = cast(given, compute_dtype());
    nn::Moments now = nn::moments(batch, reduced_);
    double count = 1;
    for (int64_t axis : reduced_) count *= double(given.shape()[int(axis)]);
    total += count;
    double share = count / total;
    Tensor combined = mean ? mean * (1 - share) + now.mean * share : now.mean;
    Tensor inside = now.variance + square(now.mean - combined);
    variance = mean ? (variance + square(mean - combined)) * (1 - share) + inside * share : now.variance;
    mean = combined;
  }
  if (!mean) fail<ValueError>("", "adapt() received an empty iterable (no batches). Expected at least one batch.");
  adapted_mean_.assign(cast(mean, adapted_mean_.dtype()));
  adapted_variance_.assign(cast(variance, adapted_variance_.dtype()));
}

namespace {

// Indices (batch, ...) as rows of `depth`: for each one, or summed over the second axis.
Tensor encoded(const Tensor& given, const std::string& mode, int64_t depth, DType dtype, const Tensor& weights = {}) {
  Tensor indices = given.dtype() == int32 || given.dtype() == int64 ? given : cast(given, int64);
  PartialShape shape = indices.partial_shape();
  if (shape.rank() == 0) indices = expand_dims(indices, -1);
  if (mode == "one_hot") return one_hot(shape.rank() > 1 && shape.dim(-1) == 1 ? squeeze(indices, -1) : indices, depth, {}, {}, -1, dtype);
  Tensor rows = one_hot(indices, depth, {}, {}, -1, dtype);
  if (weights) rows = rows * expand_dims(cast(weights, dtype), -1);
  int64_t axis = shape.rank() > 1 ? 1 : 0;
  return mode == "count" ? reduce_sum(rows, axis) : reduce_max(rows, axis);
}

}  // namespace

CategoryEncodingBody::CategoryEncodingBody(const CategoryEncodingOptions& options) : LayerWith(options) {
  std::string& mode = options_.output_mode;
  if (mode == "binary") mode = "multi_hot";
  if (mode != "one_hot" && mode != "multi_hot" && mode != "count") fail<ValueError>("", cat("Unknown arg for output_mode: ", mode));
  if (!options.num_tokens)
    fail<ValueError>("", "num_tokens must be set to use this layer. If the number of tokens is not known beforehand, use the IntegerLookup layer instead.");
  if (*options.num_tokens < 1) fail<ValueError>("", cat("`num_tokens` must be >= 1. Received: num_tokens=", int64_t(*options.num_tokens), "."));
  supports_masking_ = false;
}

Tensor CategoryEncodingBody::call(const Tensor& input, const CallArgs& args) {
  Tensor weights = tensor_arg(args, "count_weights");
  if (weights && options_.output_mode != "count")
    fail<ValueError>("", "`count_weights` is not used when `output_mode` is not `'count'`.", {.got = cat("output_mode=", options_.output_mode)});
  return encoded(input, options_.output_mode, *options_.num_tokens, compute_dtype(), weights);
}

DiscretizationBody::DiscretizationBody(const DiscretizationOptions& options) : LayerWith(options) {
  const std::string& mode = options.output_mode;
  if (mode != "int" && mode != "one_hot" && mode != "multi_hot" && mode != "count")
    fail<ValueError>("", cat("Unknown value for argument `output_mode` of layer Discretization: ", mode), {.expected = "'int', 'one_hot', 'multi_hot' or 'count'"});
  if (options.num_bins && *options.num_bins < 0)
    fail<ValueError>("", cat("`num_bins` must be greater than or equal to 0. Received: `num_bins=", int64_t(*options.num_bins), "`"));
  if (!options.num_bins && !options.bin_boundaries) fail<ValueError>("", "You need to set either `num_bins` or `bin_boundaries`.");
  supports_masking_ = false;
}



Tensor DiscretizationBody::call(const Tensor& input, const CallArgs& args) {
  if (!options_.bin_boundaries)
    fail<ValueError>("", "You need to either pass the `bin_boundaries` argument at construction time or call `adapt(dataset)` before you can start using the "
                         "`Discretization` layer.");
  DType dtype = input.dtype().is_floating() ? input.dtype() : float32;
  Tensor boundaries = cast(Tensor::from(*options_.bin_boundaries), dtype);
  Tensor bins = reshape(searchsorted(boundaries, reshape(cast(input, dtype), {-1}), "right"), shape(input));
  bins = ensure_shape(bins, input.partial_shape());
  if (options_.output_mode == "int") return bins;
  return encoded(bins, options_.output_mode, int64_t(options_.bin_boundaries->size()) + 1, compute_dtype());
}

void DiscretizationBody::adapt(const Tensor& data) {
  bool more = true;
  adapt([&] { return std::exchange(more, false) ? data : Tensor(); });
}

void DiscretizationBody::adapt(const std::function<Tensor()>& next_batch) {
  if (!options_.num_bins)
    fail<ValueError>("", "Cannot adapt a Discretization layer that has been initialized with `bin_boundaries`, use `num_bins` instead.");
  Quantiles quantiles(options_.epsilon);
  for (Tensor batch = next_batch(); batch; batch = next_batch()) quantiles.add(copied(cast(batch, float32).values<float>()));
  options_.bin_boundaries = quantiles.boundaries(*options_.num_bins);
}

RUNNEL_KERAS_CLASS(layers, Rescaling, RescalingBody)
RUNNEL_KERAS_CLASS(layers, Normalization, NormalizationBody)
RUNNEL_KERAS_CLASS(layers, CategoryEncoding, CategoryEncodingBody)
RUNNEL_KERAS_CLASS(layers, Discretization, DiscretizationBody)

}  // namespace runnel::inline v0::keras
