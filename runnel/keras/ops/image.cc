// Colours, filters, patches, borders.
#include "runnel/keras/ops/image.h"

#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/image_batch.h"
#include "runnel/keras/ops/nn.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

void expect_floats(const Tensor& x) {
  if (!x.dtype().is_floating()) fail<ValueError>("", cat("Invalid images dtype: expected float dtype. Received: images.dtype=", x.dtype().name()));
}

// exp(-((i - centre) / sigma)^2 / 2), with sum 1.
Tensor bell(int64_t size, double sigma, DType dtype) {
  Tensor x = (tf::cast(tf::range(int32_t(size)), dtype) - double(size - 1) / 2.0) / sigma, values = tf::exp(-0.5 * tf::square(x));
  return values / tf::reduce_sum(values);
}

// The same filter (rows, columns) for every channel.
Tensor filtered(const Tensor& x, const Tensor& filter, const std::string& padding) {
  Tensor one = Tensor::scalar(int32_t(1)), kernel = tf::tile(tf::reshape(filter, tf::concat({tf::shape(filter), vector({1, 1})}, 0)),
                                                             tf::stack({one, one, size_along(x, -1), one}));
  return nn::depthwise_conv2d(x, kernel, {1, 1, 1, 1}, padding.c_str());
}

// How much is taken from, or put to, one side: given, or what the other side and the target leave.
struct Margins {
  int64_t before, after;
};
using Maybe = std::optional<int64_t>;
Margins margins(const char* what, Maybe before, Maybe after, Maybe target, int64_t size, int sign) {
  if (int(before.has_value()) + int(after.has_value()) + int(target.has_value()) != 2)
    fail<ValueError>("", cat("Must specify exactly two of ", what, "."));
  if (!before || !after) {
    if (size < 0) fail<ValueError>("", "the images' size must be known");
    int64_t rest = sign * (*target - size);
    if (!before) before = rest - *after;
    else after = rest - *before;
  }
  if (*before < 0 || *after < 0) fail<ValueError>("", cat(what, " must be >= 0. Received: ", *before, " and ", *after));
  return {*before, *after};
}

Tensor patches(const Tensor& images, const Axes& size, const Axes& strides, const Axes& dilation_rate, const std::string& padding,
               const std::string& data_format, int axes) {
  ImageBatch batch(images, data_format, axes + 2);
  Dims window = *size.ints().values();
  while (window.size() < axes) window.push_back(window[0]);
  int64_t channels = batch.tensor().partial_shape().dim(-1), total = channels;
  Dims shape = window;
  for (int64_t n : window) total *= n;
  shape.push_back(channels);
  shape.push_back(total);
  Tensor kernel = tf::reshape(tf::eye(total, total, {}, batch.tensor().dtype()), shape);
  return batch.restored(conv(batch.tensor(), kernel, strides.is_all() ? Axes(window) : strides, padding, "", dilation_rate));
}

}  // namespace

Tensor crop_images(const Operand& images, Maybe top_cropping, Maybe left_cropping, Maybe bottom_cropping, Maybe right_cropping, Maybe target_height,
                   Maybe target_width, const std::string& data_format) {
  ImageBatch batch(to_tensor(images), data_format);
  PartialShape s = batch.tensor().partial_shape();
  Margins rows = margins("top_cropping, bottom_cropping, target_height", top_cropping, bottom_cropping, target_height, s[1], -1);
  Margins columns = margins("left_cropping, right_cropping, target_width", left_cropping, right_cropping, target_width, s[2], -1);
  Tensor cut = without_last(without_first(batch.tensor(), 1, rows.before), 1, rows.after);
  return batch.restored(without_last(without_first(cut, 2, columns.before), 2, columns.after));
}

Tensor pad_images(const Operand& images, Maybe top_padding, Maybe left_padding, Maybe bottom_padding, Maybe right_padding, Maybe target_height,
                  Maybe target_width, const std::string& data_format) {
  ImageBatch batch(to_tensor(images), data_format);
  PartialShape s = batch.tensor().partial_shape();
  Margins rows = margins("top_padding, bottom_padding, target_height", top_padding, bottom_padding, target_height, s[1], 1);
  Margins columns = margins("left_padding, right_padding, target_width", left_padding, right_padding, target_width, s[2], 1);
  return batch.restored(tf::pad(batch.tensor(), {{0, 0}, {rows.before, rows.after}, {columns.before, columns.after}, {0, 0}}));
}

Tensor extract_patches(const Operand& images, const Axes& size, const Axes& strides, const Axes& dilation_rate, const std::string& padding,
                       const std::string& data_format) {
  bool volumes = size.ints().values()->size() == 3;
  return patches(to_tensor(images), size, strides, dilation_rate, padding, data_format, volumes ? 3 : 2);
}
Tensor extract_patches_3d(const Operand& volumes, const Axes& size, const Axes& strides, const Axes& dilation_rate, const std::string& padding,
                          const std::string& data_format) {
  return patches(to_tensor(volumes), size, strides, dilation_rate, padding, data_format, 3);
}

Tensor gaussian_blur(const Operand& images, const std::vector<int64_t>& kernel_size, const std::vector<double>& sigma, const std::string& data_format) {
  ImageBatch batch(to_tensor(images), data_format);
  DType dtype = batch.tensor().dtype();
  Tensor filter = tf::expand_dims(bell(kernel_size.at(1), sigma.at(1), dtype), 1) * tf::expand_dims(bell(kernel_size.at(0), sigma.at(0), dtype), 0);
  return batch.restored(filtered(batch.tensor(), tf::reshape(filter, {kernel_size[0], kernel_size[1]}), "SAME"));
}

Tensor rgb_to_grayscale(const Operand& images, const std::string& data_format) {
  Tensor given = to_tensor(images);
  ImageBatch batch(given, data_format);
  int64_t channels = batch.tensor().partial_shape().dim(-1);
  if (channels == 1) return tf::identity(given);
  if (channels != 3)
    fail<ValueError>("", cat("Invalid channel size: expected 3 (RGB) or 1 (Grayscale). Received input with shape: images.shape=", to_text(given.partial_shape())));
  Tensor x = tf::cast(batch.tensor(), result_type({given, any_float}));
  Tensor weights = to_tensor(Tensor::from(std::vector<float>{0.2989f, 0.5870f, 0.1140f}), x.dtype());
  return batch.restored(tf::cast(tf::tensordot(x, tf::expand_dims(weights, 1), paired_axes({3}, {0})), given.dtype()));
}

// The hue is the angle in the hexagon of colours, in turns.
Tensor rgb_to_hsv(const Operand& images, const std::string& data_format) {
  ImageBatch batch(to_tensor(images), data_format);
  const Tensor& x = batch.tensor();
  expect_floats(x);
  Tensor r = at(x, -1, 0), g = at(x, -1, 1), b = at(x, -1, 2), value = tf::reduce_max(x, -1), range = value - tf::reduce_min(x, -1);
  Tensor saturation = tf::where(value > 0.0, tf::divide_no_nan(range, value), 0.0), sixth = tf::divide_no_nan(tf::ones_like(range), 6.0 * range);
  Tensor hue = tf::where(tf::equal(r, value), sixth * (g - b),
                         tf::where(tf::equal(g, value), sixth * (b - r) + 2.0 / 6.0, sixth * (r - g) + 4.0 / 6.0));
  hue = tf::where(range > 0.0, hue, 0.0);
  return batch.restored(tf::stack({tf::where(hue < 0.0, hue + 1.0, hue), saturation, value}, -1));
}

Tensor hsv_to_rgb(const Operand& images, const std::string& data_format) {
  ImageBatch batch(to_tensor(images), data_format);
  const Tensor& x = batch.tensor();
  expect_floats(x);
  Tensor h = at(x, -1, 0) * 6.0, s = at(x, -1, 1), v = at(x, -1, 2);
  auto share = [&](const Tensor& t) { return (1.0 - s + s * tf::clip_by_value(t, 0.0, 1.0)) * v; };
  return batch.restored(tf::stack({share(tf::abs(h - 3.0) - 1.0), share(2.0 - tf::abs(h - 2.0)), share(2.0 - tf::abs(h - 4.0))}, -1));
}

Tensor sobel_edges(const Operand& images, const std::string& data_format) {
  ImageBatch batch(to_tensor(images), data_format);
  Tensor x = tf::pad(batch.tensor(), {{0, 0}, {1, 1}, {1, 1}, {0, 0}}, "REFLECT");
  Tensor down = to_tensor(Tensor::from(std::vector<float>{-1, -2, -1, 0, 0, 0, 1, 2, 1}).reshaped({3, 3}), x.dtype());
  Tensor edges = tf::stack({filtered(x, down, "VALID"), filtered(x, tf::transpose(down), "VALID")}, -1);
  return data_format == "channels_first" ? tf::transpose(edges, {0, 3, 1, 2, 4}) : edges;
}

Tensor ssim(const Operand& image1, const Operand& image2, double max_val, int64_t filter_size, double filter_sigma, double k1, double k2,
            const std::string& data_format) {
  Tensor first = to_tensor(image1);
  DType compute = result_type({first, any_float});
  ImageBatch a(tf::cast(first, compute), data_format), b(to_tensor(image2, compute), data_format);
  Tensor row = bell(filter_size, filter_sigma, compute), filter = tf::expand_dims(row, 1) * tf::expand_dims(row, 0);
  auto blurred = [&](const Tensor& x) { return filtered(x, filter, "VALID"); };
  const Tensor &x = a.tensor(), &y = b.tensor();
  double c1 = k1 * max_val * k1 * max_val, c2 = k2 * max_val * k2 * max_val;
  Tensor mx = blurred(x), my = blurred(y), vx = blurred(x * x) - mx * mx, vy = blurred(y * y) - my * my, both = blurred(x * y) - mx * my;
  Tensor map = (2.0 * mx * my + c1) * (2.0 * both + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2));
  return tf::cast(a.per_image(tf::reduce_mean(map, {1, 2, 3})), first.dtype());
}

}  // namespace runnel::inline v0::keras::ops
