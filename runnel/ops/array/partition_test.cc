// Partitions, blocks of space, coordinates.
#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/image.h"

using namespace runnel;

namespace {
std::vector<int> list(const Tensor& t) { return {t.values<int32_t>().begin(), t.values<int32_t>().end()}; }
Tensor numbers(const Shape& shape) { return reshape(range(shape.num_elements()), shape); }
Tensor ints(const std::vector<int>& values) { return Tensor::from(values); }
}  // namespace

TEST_CASE("dynamic_stitch undoes dynamic_partition") {
  Tensor x = numbers({4, 2}), ids = ints({1, 0, 1, 1});
  std::vector<Tensor> parts = dynamic_partition(x, ids, 2), places = dynamic_partition(range(4), ids, 2);
  CHECK(list(parts[0]) == std::vector<int>{2, 3});
  CHECK(parts[1].shape() == Shape({3, 2}));
  CHECK(list(dynamic_stitch(places, parts)) == list(x));
  CHECK(list(dynamic_stitch({ints({0, 2}), ints({0})}, {ints({1, 2}), ints({9})})) == std::vector<int>{9, 0, 2});
  CHECK_THROWS_WITH_AS(dynamic_partition(x, ints({0, 0, 2, 0}), 2), doctest::Contains("partitions[2] = 2 is not in [0, 2)"), errors::InvalidArgumentError);
}

TEST_CASE("blocks move between space, depth and batch, and back") {
  Tensor x = numbers({1, 2, 4, 1}), deep = nn::space_to_depth(x, 2);
  CHECK(deep.shape() == Shape({1, 1, 2, 4}));
  CHECK(list(deep) == std::vector<int>{0, 1, 4, 5, 2, 3, 6, 7});
  CHECK(list(nn::depth_to_space(deep, 2)) == list(x));
  Tensor first = transpose(x, {0, 3, 1, 2});
  CHECK(list(nn::depth_to_space(nn::space_to_depth(first, 2, "NCHW"), 2, "NCHW")) == list(first));
  Tensor batch = space_to_batch(numbers({1, 3, 1}), {2}, reshape(ints({1, 0}), {1, 2}));
  CHECK(list(batch) == std::vector<int>{0, 1, 0, 2});
  CHECK(list(batch_to_space(batch, {2}, reshape(ints({1, 0}), {1, 2}))) == std::vector<int>{0, 1, 2});
  auto [paddings, crops] = required_space_to_batch_paddings({11, 7}, {5, 4});
  CHECK(list(paddings) == std::vector<int>{0, 4, 0, 1});
  CHECK(list(crops) == std::vector<int>{0, 4, 0, 1});
}

TEST_CASE("patches of an image, with and without padding") {
  Tensor x = numbers({1, 3, 3, 1});
  CHECK(list(image::extract_patches(x, {1, 2, 2, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}, "VALID")) ==
        std::vector<int>{0, 1, 3, 4, 1, 2, 4, 5, 3, 4, 6, 7, 4, 5, 7, 8});
  CHECK(list(image::extract_patches(x, {1, 2, 2, 1}, {1, 2, 2, 1}, {1, 1, 1, 1}, "SAME")) ==
        std::vector<int>{0, 1, 3, 4, 2, 0, 5, 0, 6, 7, 0, 0, 8, 0, 0, 0});
}

TEST_CASE("unravel_index, embedding_lookup") {
  CHECK(list(unravel_index(ints({2, 5, 7}), ints({3, 3}))) == std::vector<int>{0, 1, 2, 2, 2, 1});
  CHECK_THROWS_WITH_AS(unravel_index(ints({9}), ints({3, 3})), doctest::Contains("index is out of bound as with dims"), errors::InvalidArgumentError);
  Tensor rows = nn::embedding_lookup(reshape(Tensor::from(std::vector<float>{3, 4, 0.3f, 0.4f}), {2, 2}), ints({0, 1}), 1.f);
  CHECK(rows.data<float>()[0] == doctest::Approx(0.6));
  CHECK(rows.data<float>()[2] == doctest::Approx(0.3));
}
