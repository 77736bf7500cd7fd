// Images read at other places: affine, perspective and elastic transforms, map_coordinates().
#include "runnel/base/error.h"
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/image.h"
#include "runnel/keras/ops/image_batch.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/random.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

void expect_one_of(const char* argument, const std::string& value, std::initializer_list<const char*> known) {
  for (const char* name : known)
    if (value == name) return;
  fail<ValueError>("", cat("Invalid value for argument `", argument, "`. Expected of one (", join(std::vector<std::string>(known.begin(), known.end())),
                           "). Received: ", argument, "=", value));
}

// A coordinate outside of [0, size) brought inside, as TensorFlow's ImageProjectiveTransformV3 does. "constant" leaves it.
Tensor brought_inside(const Tensor& x, const Tensor& size, const std::string& mode) {
  if (mode == "constant") return x;
  Tensor last = size - 1.0, out = x;
  if (mode == "reflect") {
    Tensor phase = tf::mod(x + 0.5, 2.0 * size);
    out = tf::where(phase < size, phase, 2.0 * size - phase) - 0.5;
  } else if (mode == "wrap") {
    Tensor turns = tf::maximum(last, 1.0);
    Tensor below = x + size * (tf::floor(-x / turns) + 1.0), above = x - size * tf::floor(x / turns);
    out = tf::where(x < 0.0, below, tf::where(x > last, above, x));
  }
  return tf::clip_by_value(out, 0.0, last);
}

struct Places {
  Tensor x, y;  // (batch, rows, columns), float32
};

// The pixels (batch, rows, columns, channels) at whole places; `filler` outside.
Tensor read(const Tensor& images, const Places& at, const Tensor& filler) {
  Tensor rows = size_along(images, 1), columns = size_along(images, 2), y = tf::cast(at.y, int32), x = tf::cast(at.x, int32);
  Tensor inside = tf::logical_and(tf::logical_and(y >= 0, y < rows), tf::logical_and(x >= 0, x < columns));
  Tensor image = tf::reshape(tf::range(size_along(images, 0)), {-1, 1, 1}) + tf::zeros_like(y);
  Tensor index = tf::stack({image, tf::clip_by_value(y, 0, rows - 1), tf::clip_by_value(x, 0, columns - 1)}, -1);
  return tf::where(tf::expand_dims(inside, -1), tf::gather_nd(images, index), filler);
}

// Halves go away from zero, as in C.
Tensor rounded(const Tensor& x) { return tf::sign(x) * tf::floor(tf::abs(x) + 0.5); }

Tensor sampled(const Tensor& images, const Places& at, const std::string& interpolation, const std::string& fill_mode, const Operand& fill_value) {
  Places p{brought_inside(at.x, tf::cast(size_along(images, 2), float32), fill_mode), brought_inside(at.y, tf::cast(size_along(images, 1), float32), fill_mode)};
  if (interpolation == "nearest") return read(images, {rounded(p.x), rounded(p.y)}, to_tensor(fill_value, images.dtype()));
  Tensor wide = tf::cast(images, float32), filler = to_tensor(fill_value, float32), left = tf::floor(p.x), top = tf::floor(p.y);
  Tensor right_share = tf::expand_dims(p.x - left, -1), bottom_share = tf::expand_dims(p.y - top, -1);
  auto row = [&](const Tensor& y) {
    return (1.0 - right_share) * read(wide, {left, y}, filler) + right_share * read(wide, {left + 1.0, y}, filler);
  };
  return tf::cast((1.0 - bottom_share) * row(top) + bottom_share * row(top + 1.0), images.dtype());
}

// The places that an image's pixels come from. transforms: (batch or 1, 8).
Places projected(const Tensor& images, const Tensor& transforms) {
  Tensor x = tf::reshape(tf::cast(tf::range(size_along(images, 2)), float32), {1, 1, -1});
  Tensor y = tf::reshape(tf::cast(tf::range(size_along(images, 1)), float32), {1, -1, 1});
  auto entry = [&](int64_t i) { return tf::reshape(at(transforms, 1, i), {-1, 1, 1}); };
  Tensor k = entry(6) * x + entry(7) * y + 1.0, batch = tf::zeros(tf::stack({size_along(images, 0), Tensor::scalar(int32_t(1)), Tensor::scalar(int32_t(1))}));
  return {(entry(0) * x + entry(1) * y + entry(2)) / k + batch, (entry(3) * x + entry(4) * y + entry(5)) / k + batch};
}

// The map (8 numbers) of a plane that takes four points to four others: eight equations.
Tensor homography(const Tensor& start, const Tensor& end) {
  std::vector<Tensor> rows, targets;
  Tensor one = tf::ones_like(at(at(end, 1, 0), -1, 0)), zero = tf::zeros_like(one);
  for (int64_t i = 0; i < 4; ++i) {
    Tensor from = at(start, 1, i), to = at(end, 1, i), sx = at(from, -1, 0), sy = at(from, -1, 1), ex = at(to, -1, 0), ey = at(to, -1, 1);
    rows.push_back(tf::stack({ex, ey, one, zero, zero, zero, -sx * ex, -sx * ey}, -1));
    rows.push_back(tf::stack({zero, zero, zero, ex, ey, one, -sy * ex, -sy * ey}, -1));
    targets.insert(targets.end(), {sx, sy});
  }
  return tf::squeeze(linalg::solve(tf::stack(rows, 1), tf::expand_dims(tf::stack(targets, -1), -1)), -1);
}

// Whole coordinates outside of an axis brought inside, as Keras's map_coordinates() does.
Tensor index_inside(const Tensor& index, const Tensor& size, const std::string& mode) {
  if (mode == "wrap") return tf::mod(index, size);
  if (mode == "mirror" || mode == "reflect") {
    Tensor phase = tf::mod(tf::abs(index), size * 2), under = phase < size;
    return tf::where(under, phase, size * 2 - phase - (mode == "reflect" ? 1 : 0));
  }
  return tf::clip_by_value(index, 0, size - 1);
}

struct Node {
  Tensor index, weight, inside;
};
std::vector<Node> nodes_of(const Tensor& coordinate, const Tensor& size, int64_t order, const std::string& mode) {
  auto node = [&](const Tensor& place, const Tensor& weight) {
    Tensor index = tf::cast(place, int32), inside = tf::logical_and(index >= 0, index < size);
    return Node{index_inside(index, size, mode), weight, mode == "constant" ? inside : tf::ones_like(inside)};
  };
  if (order == 0) return {node(coordinate.dtype().is_integer() ? coordinate : tf::round(coordinate), tf::ones_like(coordinate))};
  Tensor lower = tf::floor(coordinate), upper = coordinate - lower;
  return {node(lower, 1.0 - upper), node(lower + 1.0, upper)};
}

}  // namespace

Tensor affine_transform(const Operand& images, const Operand& transform, const std::string& interpolation, const std::string& fill_mode,
                        const Operand& fill_value, const std::string& data_format) {
  expect_one_of("interpolation", interpolation, {"nearest", "bilinear"});
  expect_one_of("fill_mode", fill_mode, {"constant", "nearest", "wrap", "reflect"});
  Tensor t = to_tensor(transform, float32);
  int rank = rank_of(t, "affine_transform");
  if (rank != 1 && rank != 2)
    fail<ValueError>("", cat("Invalid transform rank: expected rank 1 (single transform) or rank 2 (batch of transforms). Received input with shape: "
                             "transform.shape=", to_text(t.partial_shape())));
  ImageBatch batch(to_tensor(images), data_format);
  Places places = projected(batch.tensor(), rank == 1 ? tf::expand_dims(t, 0) : t);
  return batch.restored(sampled(batch.tensor(), places, interpolation, fill_mode, fill_value));
}

Tensor perspective_transform(const Operand& images, const Operand& start_points, const Operand& end_points, const std::string& interpolation,
                             const Operand& fill_value, const std::string& data_format) {
  expect_one_of("interpolation", interpolation, {"nearest", "bilinear"});
  Tensor start = to_tensor(start_points, float32), end = to_tensor(end_points, float32);
  for (const Tensor& points : {start, end}) {
    PartialShape s = points.partial_shape();
    if ((s.rank() != 2 && s.rank() != 3) || s.dim(-1) != 2 || s.dim(-2) != 4)
      fail<ValueError>("", cat("Invalid start_points shape: expected (4,2) for a single image or (N,4,2) for a batch. Received shape: ", to_text(s)));
  }
  if (rank_of(start, "perspective_transform") == 2) start = tf::expand_dims(start, 0);
  if (rank_of(end, "perspective_transform") == 2) end = tf::expand_dims(end, 0);
  ImageBatch batch(to_tensor(images), data_format);
  return batch.restored(sampled(batch.tensor(), projected(batch.tensor(), homography(start, end)), interpolation, "constant", fill_value));
}

Tensor map_coordinates(const Operand& inputs, const Operand& coordinates, int64_t order, const std::string& fill_mode, const Operand& fill_value) {
  expect_one_of("fill_mode", fill_mode, {"constant", "nearest", "wrap", "mirror", "reflect"});
  Tensor x = to_tensor(inputs), c = to_tensor(coordinates);
  int rank = rank_of(x, "map_coordinates");
  if (c.partial_shape()[0] != rank)
    fail<ValueError>("", cat("First dim of `coordinates` must be the same as the rank of `inputs`. Received inputs with shape: ", to_text(x.partial_shape()),
                             " and coordinate leading dim of ", c.partial_shape()[0]));
  if (rank_of(c, "map_coordinates") < 2)
    fail<ValueError>("", cat("Invalid coordinates rank: expected at least rank 2. Received input with shape: ", to_text(c.partial_shape())));
  if (order > 1) fail<NotImplementedError>("", "map_coordinates currently requires order<=1");
  std::vector<std::vector<Node>> nodes;
  for (int i = 0; i < rank; ++i) nodes.push_back(nodes_of(at(c, 0, i), size_along(x, i), order, fill_mode));
  Tensor sum;
  for (int corner = 0; corner < (order == 0 ? 1 : 1 << rank); ++corner) {
    std::vector<Tensor> index;
    Tensor weight, inside;
    for (int i = 0; i < rank; ++i) {
      const Node& node = nodes[size_t(i)][size_t(corner >> i & 1)];
      index.push_back(node.index);
      weight = weight ? weight * node.weight : node.weight;
      inside = inside ? tf::logical_and(inside, node.inside) : node.inside;
    }
    Tensor values = tf::cast(tf::gather_nd(x, tf::stack(index, -1)), weight.dtype());
    Tensor part = weight * tf::where(inside, values, to_tensor(fill_value, weight.dtype()));
    sum = sum ? sum + part : part;
  }
  return tf::cast(x.dtype().is_integer() ? tf::round(sum) : sum, x.dtype());
}

Tensor elastic_transform(const Operand& images, double alpha, double sigma, const std::string& interpolation, const std::string& fill_mode,
                         double fill_value, const Tensor& seed, const std::string& data_format) {
  expect_one_of("interpolation", interpolation, {"nearest", "bilinear"});
  expect_one_of("fill_mode", fill_mode, {"constant", "nearest", "wrap", "reflect"});
  ImageBatch batch(to_tensor(images), data_format);
  const Tensor& x = batch.tensor();
  Tensor sizes = tf::slice(tf::shape(x), {0}, {3});
  int64_t kernel = (6 * int64_t(sigma)) | 1;
  // Keras draws both displacements with one seed, so they are equal.
  Tensor noise = tf::expand_dims(random::stateless_normal(sizes, seed, 0.0, 1.0, x.dtype()) * sigma, -1);
  Tensor shift = alpha * tf::squeeze(gaussian_blur(noise, {kernel, kernel}, {sigma, sigma}), -1);
  Tensor columns = tf::reshape(tf::cast(tf::range(size_along(x, 2)), x.dtype()), {1, 1, -1}) + shift;
  Tensor rows = tf::reshape(tf::cast(tf::range(size_along(x, 1)), x.dtype()), {1, -1, 1}) + shift;
  std::vector<Tensor> planes = tf::unstack(tf::transpose(x, {0, 3, 1, 2}), {}, 0), all_rows = tf::unstack(rows), all_columns = tf::unstack(columns), out;
  for (size_t b = 0; b < planes.size(); ++b) {
    std::vector<Tensor> channels;
    Tensor where = tf::stack({all_rows[b], all_columns[b]});
    for (const Tensor& plane : tf::unstack(planes[b]))
      channels.push_back(map_coordinates(plane, where, interpolation == "bilinear" ? 1 : 0, fill_mode, fill_value));
    out.push_back(tf::stack(channels, -1));
  }
  return batch.restored(tf::stack(out));
}

}  // namespace runnel::inline v0::keras::ops
