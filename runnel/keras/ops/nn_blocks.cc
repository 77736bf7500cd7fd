// unfold() and fold(): images as columns of sliding blocks.
#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/data_format.h"
#include "runnel/keras/ops/nn.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/image.h"
#include "runnel/ops/math.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

struct Pair {
  int64_t rows, columns;
};
Pair pair_of(const std::vector<int64_t>& values) { return {values.at(0), values.at(values.size() > 1 ? 1 : 0)}; }

// The number of blocks along an axis.
int64_t blocks(int64_t size, int64_t kernel, int64_t dilation, int64_t padding, int64_t stride) {
  return (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
}

// For each row of blocks and row of the kernel, the row of the padded image.
Tensor places(int64_t count, int64_t stride, int64_t kernel, int64_t dilation) {
  return tf::expand_dims(tf::range(int32_t(kernel)) * int32_t(dilation), 1) + tf::expand_dims(tf::range(int32_t(count)) * int32_t(stride), 0);
}

}  // namespace

Tensor unfold(const Operand& x, const std::vector<int64_t>& kernel_size, const std::vector<int64_t>& dilation,
              const std::vector<int64_t>& padding, const std::vector<int64_t>& stride) {
  Pair k = pair_of(kernel_size), d = pair_of(dilation), p = pair_of(padding), s = pair_of(stride);
  Tensor t = tf::pad(to_tensor(x), {{0, 0}, {0, 0}, {p.rows, p.rows}, {p.columns, p.columns}});
  int64_t channels = t.partial_shape()[1];
  Tensor patches = image::extract_patches(tf::transpose(t, {0, 2, 3, 1}), {1, k.rows, k.columns, 1}, {1, s.rows, s.columns, 1},
                                          {1, d.rows, d.columns, 1}, "VALID");
  Tensor batch = size_along(t, 0), count = size_along(patches, 1) * size_along(patches, 2);
  auto fixed = [](int64_t n) { return Tensor::scalar(int32_t(n)); };
  patches = tf::reshape(patches, joined_sizes({batch, count, fixed(k.rows), fixed(k.columns), fixed(channels)}));
  return tf::reshape(tf::transpose(patches, {0, 4, 2, 3, 1}), joined_sizes({batch, fixed(channels * k.rows * k.columns), count}));
}

// Every element of a column is added at its place of the padded image: one scatter over all blocks.
Tensor fold(const Operand& x, const std::vector<int64_t>& output_size, const std::vector<int64_t>& kernel_size,
            const std::vector<int64_t>& dilation, const std::vector<int64_t>& padding, const std::vector<int64_t>& stride) {
  Pair o = pair_of(output_size), k = pair_of(kernel_size), d = pair_of(dilation), p = pair_of(padding), s = pair_of(stride);
  int64_t rows = blocks(o.rows, k.rows, d.rows, p.rows, s.rows), columns = blocks(o.columns, k.columns, d.columns, p.columns, s.columns);
  int64_t height = o.rows + 2 * p.rows, width = o.columns + 2 * p.columns;
  Tensor t = to_tensor(x), batch = size_along(t, 0);
  int64_t channels = t.partial_shape()[1] / (k.rows * k.columns);
  auto fixed = [](int64_t n) { return Tensor::scalar(int32_t(n)); };
  Tensor planes = tf::reshape(t, joined_sizes({batch * int32_t(channels), fixed(k.rows * k.columns * rows * columns)}));
  Tensor row = tf::reshape(places(rows, s.rows, k.rows, d.rows), {k.rows, 1, rows, 1});
  Tensor column = tf::reshape(places(columns, s.columns, k.columns, d.columns), {1, k.columns, 1, columns});
  Tensor index = tf::reshape(row * int32_t(width) + column, {-1});
  Tensor summed = tf::transpose(tf::unsorted_segment_sum(tf::transpose(planes), index, int32_t(height * width)));
  Tensor image = tf::reshape(summed, joined_sizes({batch, fixed(channels), fixed(height), fixed(width)}));
  Tensor cut = without_last(without_first(image, 2, p.rows), 2, p.rows);
  return without_last(without_first(cut, 3, p.columns), 3, p.columns);
}

}  // namespace runnel::inline v0::keras::ops
