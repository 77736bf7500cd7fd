#include "runnel/ops/indexing.h"

#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"

using namespace runnel;

namespace {
std::vector<int> list(const Tensor& t) { return {t.values<int32_t>().begin(), t.values<int32_t>().end()}; }
Tensor numbers(const Shape& shape) { return reshape(range(shape.num_elements()), shape); }
}  // namespace

TEST_CASE("an index picks places, ranges, and every stride") {
  Tensor x = numbers({3, 4});
  CHECK(list(x[1]) == std::vector<int>{4, 5, 6, 7});
  CHECK(list(x[{-1, 2}]) == std::vector<int>{10});
  CHECK(list(x[{all, 1}]) == std::vector<int>{1, 5, 9});
  CHECK(list(x[Slice{1, 3}]) == std::vector<int>{4, 5, 6, 7, 8, 9, 10, 11});
  CHECK(list(x[{0, Slice{.step = -1}}]) == std::vector<int>{3, 2, 1, 0});
  CHECK(list(x[{Slice{.begin = 2, .end = 0, .step = -1}, Slice{.begin = -1}}]) == std::vector<int>{11, 7});
  CHECK(x[{Slice{3, 1}, all}].shape() == Shape({0, 4}));
  CHECK(list(x[{}]) == list(x));
}

TEST_CASE("an ellipsis stands for whole axes, newaxis for a new one") {
  Tensor x = numbers({2, 3, 4});
  CHECK(list(x[{ellipsis, 0}]) == std::vector<int>{0, 4, 8, 12, 16, 20});
  CHECK(x[{1, ellipsis, newaxis}].shape() == Shape({3, 4, 1}));
  CHECK(x[{newaxis, all, 1}].shape() == Shape({1, 2, 4}));
  CHECK(x[ellipsis].shape() == x.shape());
}

TEST_CASE("scalars and masks are tensors in an index") {
  Tensor x = numbers({3, 4}), two = Tensor::scalar(int64_t(2));
  CHECK(list(x[two]) == std::vector<int>{8, 9, 10, 11});
  CHECK(list(x[{0, Slice{.end = two}}]) == std::vector<int>{0, 1});
  Tensor mask(bool_, {3});
  std::copy_n(std::array{true, false, true}.begin(), 3, mask.mutable_data<bool>());
  CHECK(list(x[mask]) == std::vector<int>{0, 1, 2, 3, 8, 9, 10, 11});
}

TEST_CASE("a slice can be replaced, and a Variable's assigned") {
  Tensor x = numbers({2, 3});
  CHECK(list(slice_update(x, {all, 1}, 9)) == std::vector<int>{0, 9, 2, 3, 9, 5});
  CHECK(list(x) == std::vector<int>{0, 1, 2, 3, 4, 5});
  Variable v(x);
  v[{1, Slice{.begin = 1}}].assign(7);
  CHECK(list(v.value()) == std::vector<int>{0, 1, 2, 3, 7, 7});
  CHECK(list(v[0]) == std::vector<int>{0, 1, 2});
  CHECK_THROWS_WITH_AS(v[0].assign(range(2)), doctest::Contains("Cannot broadcast input shape [2] into final shape [3]"), errors::InvalidArgumentError);
}

TEST_CASE("wrong indices say what is wrong") {
  Tensor x = numbers({3, 4});
  CHECK_THROWS_WITH_AS(x[3], doctest::Contains("slice index 3 of dimension 0 out of bounds."), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS((x[{0, 0, 0}]), doctest::Contains("Index out of range using input dim 2; input has only 2 dims"), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(x[Slice{.step = 0}], doctest::Contains("strides[0] must be non-zero"), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS((x[{ellipsis, 0, ellipsis}]), doctest::Contains("Multiple ellipses in slice spec not allowed"), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(x[range(2)], doctest::Contains("scalar tf.int32/tf.int64 tensors are valid indices"), TypeError);
  CHECK_THROWS_AS(x[Tensor::scalar(1.5f)], TypeError);
}
