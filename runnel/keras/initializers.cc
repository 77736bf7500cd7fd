#include "runnel/keras/initializers.h"

#include <algorithm>
#include <cmath>

#include "runnel/keras/random.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

struct Fans {
  double in, out;
};

double size_along(const Shape& shape, const std::vector<int64_t>& axes) {
  double size = 1;
  for (int64_t axis : axes) size *= double(shape.dim(int(axis)));
  return size;
}

// Inputs and outputs of one unit; shapes above rank 2 are convolution kernels (..., in, out).
Fans fans_of(const Shape& shape, const Tuple& input_axes, const Tuple& output_axes) {
  if (input_axes.is_set() && output_axes.is_set())
    return {size_along(shape, input_axes.values()), size_along(shape, output_axes.values())};
  if (shape.rank() == 0) return {1, 1};
  if (shape.rank() == 1) return {double(shape[0]), double(shape[0])};
  double field = 1;
  for (int i = 0; i + 2 < shape.rank(); ++i) field *= double(shape[i]);
  return {double(shape.dim(-2)) * field, double(shape.dim(-1)) * field};
}

enum class Mode { kIn, kOut, kAverage };
enum class Distribution { kUniform, kTruncatedNormal, kNormal };

Tensor draw_scaled(const Shape& shape, DType dtype, double scale, Fans fans, Mode mode, Distribution distribution, const Tensor& seed) {
  double fan = mode == Mode::kIn ? fans.in : mode == Mode::kOut ? fans.out : (fans.in + fans.out) / 2;
  scale /= std::max(1.0, fan);
  if (distribution == Distribution::kUniform) {
    double limit = std::sqrt(3 * scale);
    return draw_uniform(shape, -limit, limit, dtype, seed);
  }
  if (distribution == Distribution::kNormal) return draw_normal(shape, 0, std::sqrt(scale), dtype, seed);
  // Cutting off the tails makes the deviation smaller by this factor.
  return draw_truncated_normal(shape, 0, std::sqrt(scale) / 0.87962566103423978, dtype, seed);
}

Mode mode_of(const std::string& mode) {
  if (mode == "fan_in") return Mode::kIn;
  if (mode == "fan_out") return Mode::kOut;
  if (mode == "fan_avg") return Mode::kAverage;
  fail<ValueError>("", cat("Invalid `mode` argument: ", mode, ". Please use one of {'fan_in', 'fan_out', 'fan_avg'}"));
}

Distribution distribution_of(const std::string& name) {
  if (name == "uniform") return Distribution::kUniform;
  if (name == "truncated_normal" || name == "normal") return Distribution::kTruncatedNormal;
  if (name == "untruncated_normal") return Distribution::kNormal;
  fail<ValueError>("", cat("Invalid `distribution` argument: ", name,
                           ".Please use one of {'uniform', 'truncated_normal', 'untruncated_normal'}"));
}

Tensor tensor_of(const Config& value) {
  if (!value.is_list()) return Tensor::scalar(value.is_bool() ? double(value.as_bool()) : value.as_double());
  std::vector<Operand> rows;
  for (const Config& row : value.as_list()) rows.push_back(tensor_of(row));
  return stack(rows);
}

}  // namespace

// A number or a list of them; each is looked at here, so that a mistake shows where the initializer is made.
void from_config(const Config& config, ConstantValue& out) {
  if (config.is_dict()) return from_config(config.at("config").at("value"), out);  // {"class_name": "__numpy__", ...}
  if (config.is_list()) tensor_of(config);
  else config.as_double();
  out.config = config;
}

template <class Options>
void RandomInitializer<Options>::settle() {
  if (!drawn_) drawn_ = this->options_.seed ? *this->options_.seed : make_default_seed();
}
template <class Options>
Tensor RandomInitializer<Options>::seed_pair() {
  settle();
  return stateless_seed(*drawn_);
}

Tensor ZerosBody::call(const Shape& shape, DType dtype) { return zeros(shape, dtype); }
Tensor OnesBody::call(const Shape& shape, DType dtype) { return ones(shape, dtype); }
Tensor ConstantBody::call(const Shape& shape, DType dtype) {
  const Config& value = options_.value.config;
  if (!value.is_list()) return fill(shape, Operand(value.as_double()).tensor(dtype));
  return broadcast_to(cast(tensor_of(value), dtype), shape);
}
Tensor IdentityBody::call(const Shape& shape, DType dtype) {
  if (shape.rank() != 2)
    fail<ValueError>("", cat("Identity matrix initializer can only be used for 2D matrices. Received: shape=", to_text(shape), " of rank ",
                             shape.rank(), "."));
  Tensor matrix = eye(shape[0], shape[1], {}, dtype);
  return options_.gain == 1 ? matrix : matrix * options_.gain;
}

Tensor RandomNormalBody::call(const Shape& shape, DType dtype) {
  return draw_normal(shape, options_.mean, options_.stddev, dtype, seed_pair());
}
Tensor RandomUniformBody::call(const Shape& shape, DType dtype) {
  return draw_uniform(shape, options_.minval, options_.maxval, dtype, seed_pair());
}
Tensor TruncatedNormalBody::call(const Shape& shape, DType dtype) {
  return draw_truncated_normal(shape, options_.mean, options_.stddev, dtype, seed_pair());
}

VarianceScalingBody::VarianceScalingBody(const VarianceScalingOptions& options) : RandomInitializer(options) {
  if (!(options.scale > 0)) fail<ValueError>("", cat("Argument `scale` must be positive float. Received: scale=", options.scale));
  mode_of(options.mode);
  distribution_of(options.distribution);
  if (options.distribution == "normal") options_.distribution = "truncated_normal";
}
Tensor VarianceScalingBody::call(const Shape& shape, DType dtype) {
  return draw_scaled(shape, dtype, options_.scale, fans_of(shape, options_.input_axes, options_.output_axes), mode_of(options_.mode),
                     distribution_of(options_.distribution), seed_pair());
}

Tensor GlorotUniformBody::call(const Shape& shape, DType dtype) {
  return draw_scaled(shape, dtype, 1, fans_of(shape, options_.input_axes, options_.output_axes), Mode::kAverage, Distribution::kUniform, seed_pair());
}
Tensor GlorotNormalBody::call(const Shape& shape, DType dtype) {
  return draw_scaled(shape, dtype, 1, fans_of(shape, options_.input_axes, options_.output_axes), Mode::kAverage, Distribution::kTruncatedNormal, seed_pair());
}
Tensor HeUniformBody::call(const Shape& shape, DType dtype) {
  return draw_scaled(shape, dtype, 2, fans_of(shape, options_.input_axes, options_.output_axes), Mode::kIn, Distribution::kUniform, seed_pair());
}
Tensor HeNormalBody::call(const Shape& shape, DType dtype) {
  return draw_scaled(shape, dtype, 2, fans_of(shape, options_.input_axes, options_.output_axes), Mode::kIn, Distribution::kTruncatedNormal, seed_pair());
}
Tensor LecunUniformBody::call(const Shape& shape, DType dtype) {
  return draw_scaled(shape, dtype, 1, fans_of(shape, options_.input_axes, options_.output_axes), Mode::kIn, Distribution::kUniform, seed_pair());
}
Tensor LecunNormalBody::call(const Shape& shape, DType dtype) {
  return draw_scaled(shape, dtype, 1, fans_of(shape, options_.input_axes, options_.output_axes), Mode::kIn, Distribution::kTruncatedNormal, seed_pair());
}

Tensor InitializerBaseBody::call(const Shape& shape, DType dtype) {
  fail<NotImplementedError>("", "Initializer subclasses must implement the `__call__()` method.");
}

namespace {
struct InitializerFromFunction final : FromFunction<InitializerBody> {
  using FromFunction::FromFunction;
  Tensor call(const Shape& shape, DType dtype) override { return (*function_)({shape, dtype}); }
};
}  // namespace
Ref<KerasObject> InitializerBody::from_function(const Ref<Function>& function) { return make_ref<InitializerFromFunction>(function); }

RUNNEL_KERAS_CLASS(initializers, Initializer, InitializerBaseBody)

namespace {

/// The columns of a matrix (rows, columns), rows >= columns, made orthonormal from left to right, each with a positive share of
/// its own: the Q of the QR decomposition whose R has a positive diagonal. In double, twice over each column, so that the result
/// is exact in float.
std::vector<double> orthonormal_columns(std::vector<double> a, int64_t rows, int64_t columns) {
  auto dot = [&](int64_t p, int64_t q) {
    double sum = 0;
    for (int64_t i = 0; i < rows; ++i) sum += a[size_t(i * columns + p)] * a[size_t(i * columns + q)];
    return sum;
  };
  for (int64_t c = 0; c < columns; ++c) {
    for (int pass = 0; pass < 2; ++pass)
      for (int64_t before = 0; before < c; ++before) {
        double share = dot(before, c);
        for (int64_t i = 0; i < rows; ++i) a[size_t(i * columns + c)] -= share * a[size_t(i * columns + before)];
      }
    double length = std::sqrt(dot(c, c));
    for (int64_t i = 0; i < rows; ++i) a[size_t(i * columns + c)] /= length;
  }
  return a;
}

}  // namespace

Tensor OrthogonalBody::call(const Shape& shape, DType dtype) {
  if (shape.rank() < 2)
    fail<ValueError>("", cat("The tensor to initialize must be at least two-dimensional. Received: shape=", to_text(shape), " of rank ", shape.rank(), "."));
  int64_t columns = shape.dim(-1), rows = shape.num_elements() / std::max<int64_t>(columns, 1);
  int64_t longer = std::max(rows, columns), shorter = std::min(rows, columns);
  Tensor drawn = cast(draw_normal({longer, shorter}, 0, 1, float32, seed_pair()), float64);
  std::vector<double> unit = orthonormal_columns({drawn.data<double>(), drawn.data<double>() + drawn.num_elements()}, longer, shorter);
  Tensor matrix = Tensor::from(unit).reshaped({longer, shorter});
  if (rows < columns) matrix = transpose(matrix);
  return cast(reshape(matrix, shape) * options_.gain, dtype);
}

RUNNEL_KERAS_CLASS(initializers, Zeros, ZerosBody)
RUNNEL_KERAS_CLASS(initializers, Ones, OnesBody)
RUNNEL_KERAS_CLASS(initializers, Constant, ConstantBody)
RUNNEL_KERAS_CLASS(initializers, Identity, IdentityBody)
RUNNEL_KERAS_CLASS(initializers, Orthogonal, OrthogonalBody)
RUNNEL_KERAS_CLASS(initializers, RandomNormal, RandomNormalBody)
RUNNEL_KERAS_CLASS(initializers, RandomUniform, RandomUniformBody)
RUNNEL_KERAS_CLASS(initializers, TruncatedNormal, TruncatedNormalBody)
RUNNEL_KERAS_CLASS(initializers, VarianceScaling, VarianceScalingBody)
RUNNEL_KERAS_CLASS(initializers, GlorotUniform, GlorotUniformBody)
RUNNEL_KERAS_CLASS(initializers, GlorotNormal, GlorotNormalBody)
RUNNEL_KERAS_CLASS(initializers, HeUniform, HeUniformBody)
RUNNEL_KERAS_CLASS(initializers, HeNormal, HeNormalBody)
RUNNEL_KERAS_CLASS(initializers, LecunUniform, LecunUniformBody)
RUNNEL_KERAS_CLASS(initializers, LecunNormal, LecunNormalBody)

}  // namespace runnel::inline v0::keras
