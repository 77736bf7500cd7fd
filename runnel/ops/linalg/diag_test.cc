// Diagonals; the examples of TensorFlow's documentation of MatrixDiagV3.
#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"

using namespace runnel;

namespace {
std::vector<int> list(const Tensor& t) { return {t.values<int32_t>().begin(), t.values<int32_t>().end()}; }
Tensor ints(const Shape& shape, const std::vector<int>& values) { return reshape(Tensor::from(values), shape); }
}  // namespace

TEST_CASE("diag, diag_part and set_diag of one diagonal") {
  Tensor d = ints({3}, {1, 2, 3});
  CHECK(list(linalg::diag(d)) == std::vector<int>{1, 0, 0, 0, 2, 0, 0, 0, 3});
  CHECK(linalg::diag(d, {1}).shape() == Shape({4, 4}));
  CHECK(list(linalg::diag_part(linalg::diag(d, {-1}), {-1})) == list(d));
  CHECK(list(linalg::set_diag(ints({2, 2}, {7, 7, 7, 7}), ints({2}, {1, 2}))) == std::vector<int>{1, 7, 7, 2});
  CHECK(list(linalg::diag(ints({2}, {1, 2}), {1}, -1, -1, 9)) == std::vector<int>{9, 1, 9, 9, 9, 2, 9, 9, 9});
}

TEST_CASE("bands align their shorter diagonals") {
  Tensor band = ints({3, 3}, {0, 8, 9, 1, 2, 3, 4, 5, 0});
  std::vector<int> matrix{1, 8, 0, 4, 2, 9, 0, 5, 3};
  CHECK(list(linalg::diag(band, {-1, 1})) == matrix);
  CHECK(list(linalg::diag_part(ints({3, 3}, matrix), {-1, 1})) == list(band));
  CHECK(list(linalg::diag_part(ints({3, 3}, matrix), {-1, 1}, 0, "LEFT_RIGHT")) == std::vector<int>{8, 9, 0, 1, 2, 3, 0, 4, 5});
  CHECK_THROWS_WITH_AS(linalg::diag(band, {1, 0}), doctest::Contains("lower_diag_index must not be larger than upper_diag_index: 1 > 0"),
                       errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(linalg::diag_part(band, {5}), doctest::Contains("lower_diag_index is out of bound: 5. It must be between -3 and 3"),
                       errors::InvalidArgumentError);
}

TEST_CASE("tensor_diag doubles the rank, tensor_diag_part halves it; trace") {
  Tensor x = ints({2, 2}, {1, 2, 3, 4}), wide = linalg::tensor_diag(x);
  CHECK(wide.shape() == Shape({2, 2, 2, 2}));
  CHECK(list(linalg::tensor_diag_part(wide)) == list(x));
  CHECK(list(linalg::trace(ints({2, 3}, {1, 2, 3, 4, 5, 6}))) == std::vector<int>{6});
  CHECK_THROWS_WITH_AS(linalg::tensor_diag_part(zeros({2, 3})), doctest::Contains("dimensions 0 and 1 do not match."), errors::InvalidArgumentError);
}
