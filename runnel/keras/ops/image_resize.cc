// resize() and scale_and_translate(): each axis is multiplied with a matrix of weights (input size, output size).
#include <cmath>
#include <limits>
#include <numbers>

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/image.h"
#include "runnel/keras/ops/image_batch.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

using Kernel = Tensor (*)(const Tensor& distance);

Tensor triangle(const Tensor& x) { return tf::maximum(1.0 - x, 0.0); }
// Keys' cubic with a = -1/2.
Tensor cubic(const Tensor& x) {
  Tensor inner = ((1.5 * x - 2.5) * x) * x + 1.0, outer = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0;
  return tf::where(x >= 2.0, 0.0, tf::where(x >= 1.0, outer, inner));
}
template <int radius>
Tensor lanczos(const Tensor& x) {
  Tensor product = double(radius) * tf::sin(std::numbers::pi * x) * tf::sin(std::numbers::pi / radius * x);
  Tensor squares = tf::square(std::numbers::pi * tf::where(tf::equal(x, 0.0), 1.0, x));
  return tf::where(x > double(radius), 0.0, tf::where(x > 1e-3, product / squares, 1.0));
}

Kernel kernel_of(const std::string& method) {
  if (method == "linear" || method == "bilinear" || method == "trilinear") return triangle;
  if (method == "cubic" || method == "bicubic" || method == "tricubic") return cubic;
  if (method == "lanczos3") return lanczos<3>;
  if (method == "lanczos5") return lanczos<5>;
  fail<ValueError>("", cat("Invalid value for argument `method`. Expected of one {linear, bilinear, trilinear, cubic, bicubic, tricubic, lanczos3, "
                           "lanczos5}. Received: method=", method));
}

// Columns that sum to one; places outside of the input count nothing.
Tensor weights_of(Kernel kernel, const Tensor& size, const Tensor& places, const Tensor& spread) {
  Tensor inputs = tf::expand_dims(tf::cast(tf::range(size), places.dtype()), 1);
  Tensor weights = kernel(tf::abs(tf::expand_dims(places, 0) - inputs) / spread), sums = tf::reduce_sum(weights, 0, true);
  Tensor counts = tf::abs(sums) > 1000.0 * double(std::numeric_limits<float>::epsilon());
  weights = tf::where(counts, weights / tf::where(tf::equal(sums, 0.0), 1.0, sums), 0.0);
  Tensor inside = tf::logical_and(places >= -0.5, places <= tf::cast(size, places.dtype()) - 0.5);
  return tf::where(tf::expand_dims(inside, 0), weights, 0.0);
}

// Shares of input pixels that the stretch of an output pixel covers.
Tensor area_weights(const Tensor& size, int64_t count) {
  Tensor scale = tf::cast(size, float32) / float(count), begin = tf::expand_dims(tf::cast(tf::range(int32_t(count)), float32) * scale, 0);
  Tensor pixel = tf::expand_dims(tf::cast(tf::range(size), float32), 1);
  return tf::maximum(tf::minimum(begin + scale, pixel + 1.0) - tf::maximum(begin, pixel), 0.0) / scale;
}

// An axis of x multiplied with weights (size, count).
Tensor along(const Tensor& x, int axis, const Tensor& weights) {
  int rank = rank_of(x, "resize");
  Tensor product = tf::tensordot(x, weights, paired_axes({axis}, {0}));
  Dims order;
  for (int i = 0; i < rank; ++i) order.push_back(i < axis ? i : i == axis ? rank - 1 : i - 1);
  return tf::transpose(product, order);
}

// TensorFlow takes the cubic's weights from a table with 1024 steps a pixel.
Tensor in_steps(const Tensor& places) {
  Tensor whole = tf::floor(places);
  return whole + tf::round((places - whole) * 1024.0) / 1024.0;
}

Tensor resized(const Tensor& x, int axis, int64_t count, const std::string& method, bool antialias) {
  Tensor size = size_along(x, axis), ratio = tf::cast(size, float32) / float(count);
  Tensor places = (tf::cast(tf::range(int32_t(count)), float32) + 0.5) * ratio;
  if (method == "nearest") return tf::gather(x, tf::minimum(tf::cast(tf::floor(places), int32), size - 1), int64_t(axis));
  if (method == "bicubic" && !antialias) places = in_steps(places - 0.5) + 0.5;
  if (method == "area") return along(x, axis, area_weights(size, count));
  Tensor spread = antialias ? tf::maximum(ratio, 1.0) : Tensor::scalar(1.f);
  return along(x, axis, weights_of(kernel_of(method), size, places - 0.5, spread));
}

// floor((a - b) / 2), as the centre of what is cut or added.
Tensor half_difference(const Tensor& a, const Tensor& b) { return tf::floordiv(a - b, 2); }

struct Sizes {
  Tensor height, width;
};
// The size of an image with the target's ratio: width * target_height / target_width, and the other way round.
Sizes matching(const Tensor& height, const Tensor& width, const std::vector<int64_t>& size) {
  auto scaled = [](const Tensor& n, int64_t a, int64_t b) { return tf::cast(tf::cast(n * int32_t(a), float32) / float(b), int32); };
  return {scaled(width, size[0], size[1]), scaled(height, size[1], size[0])};
}

Tensor cropped(const Tensor& x, const std::vector<int64_t>& size) {
  Tensor height = size_along(x, 1), width = size_along(x, 2), zero = Tensor::scalar(int32_t(0)), all = Tensor::scalar(int32_t(-1));
  Sizes wanted = matching(height, width, size);
  Tensor rows = tf::maximum(tf::minimum(height, wanted.height), 1), columns = tf::maximum(tf::minimum(width, wanted.width), 1);
  return tf::slice(x, tf::stack({zero, half_difference(height, rows), half_difference(width, columns), zero}), tf::stack({all, rows, columns, all}));
}

Tensor padded(const Tensor& x, const std::vector<int64_t>& size, double fill_value) {
  Tensor height = size_along(x, 1), width = size_along(x, 2);
  Sizes wanted = matching(height, width, size);
  Tensor rows = half_difference(tf::maximum(height, wanted.height), height), columns = half_difference(tf::maximum(width, wanted.width), width);
  Tensor widths = tf::stack({vector({0, 0}), tf::stack({rows, rows}), tf::stack({columns, columns}), vector({0, 0})});
  return tf::pad(x, widths, "CONSTANT", to_tensor(fill_value, x.dtype()));
}

}  // namespace

Tensor resize(const Operand& images, const std::vector<int64_t>& size, const std::string& interpolation, bool antialias, bool crop_to_aspect_ratio,
              bool pad_to_aspect_ratio, const std::string& fill_mode, double fill_value, const std::string& data_format) {
  if (interpolation != "nearest" && interpolation != "area" && interpolation != "bilinear" && interpolation != "bicubic" &&
      !interpolation.starts_with("lanczos"))
    fail<ValueError>("", cat("Invalid value for argument `interpolation`. Expected of one ('bilinear', 'nearest', 'lanczos3', 'lanczos5', 'bicubic', "
                             "'area'). Received: interpolation=", interpolation));
  if (fill_mode != "constant")
    fail<ValueError>("", cat("Invalid value for argument `fill_mode`. Only `'constant'` is supported. Received: fill_mode=", fill_mode));
  if (pad_to_aspect_ratio && crop_to_aspect_ratio)
    fail<ValueError>("", "Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`.");
  if (size.size() != 2) fail<ValueError>("", cat("Argument `size` must be a tuple of two elements (height, width). Received: size=(", join(size), ")"));
  ImageBatch batch(to_tensor(images), data_format);
  Tensor x = crop_to_aspect_ratio ? cropped(batch.tensor(), size) : pad_to_aspect_ratio ? padded(batch.tensor(), size, fill_value) : batch.tensor();
  DType dtype = x.dtype();
  if (interpolation != "nearest") x = tf::cast(x, float32);
  x = resized(resized(x, 1, size[0], interpolation, antialias), 2, size[1], interpolation, antialias);
  if (x.dtype() != dtype) x = dtype.is_integer() ? tf::saturate_cast(tf::round(x), dtype) : tf::cast(x, dtype);
  return batch.restored(x);
}

Tensor scale_and_translate(const Operand& images, const std::vector<int64_t>& output_shape, const Operand& scale, const Operand& translation,
                           const std::vector<int64_t>& spatial_dims, const std::string& method, bool antialias) {
  Tensor given = to_tensor(images), x = given.dtype().is_floating() ? given : tf::cast(given, float32);
  auto [factor, shift] = promoted(to_tensor(scale), to_tensor(translation));
  Kernel kernel = kernel_of(method);
  for (size_t i = 0; i < spatial_dims.size(); ++i) {
    int axis = axis_of(spatial_dims[i], rank_of(x, "scale_and_translate"));
    Tensor inverse = 1.0 / at(factor, 0, int64_t(i)), moved = at(shift, 0, int64_t(i));
    Tensor places = (tf::cast(tf::range(int32_t(output_shape[size_t(axis)])), inverse.dtype()) + 0.5) * inverse - moved * inverse - 0.5;
    Tensor spread = antialias ? tf::maximum(inverse, 1.0) : tf::ones_like(inverse);
    x = along(x, axis, tf::cast(weights_of(kernel, size_along(x, axis), places, spread), x.dtype()));
  }
  if (given.dtype().is_floating()) return x;
  Tensor low = tf::cast(tf::reduce_min(given), float32), high = tf::cast(tf::reduce_max(given), float32);
  return tf::cast(tf::clip_by_value(tf::round(x), low, high), given.dtype());
}

}  // namespace runnel::inline v0::keras::ops
