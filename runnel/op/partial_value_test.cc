#include "runnel/op/partial_value.h"

#include <doctest/doctest.h>

namespace tf = runnel;

namespace {

std::vector<tf::Tensor> inferred(const char* op, const std::vector<tf::Tensor>& inputs, tf::DType dtype, const tf::Attrs& attrs = {}) {
  const tf::PartialShape shape({1});
  return tf::infer_values(tf::get_op(op), inputs, attrs, {&dtype, 1}, {&shape, 1}, true);
}
tf::Tensor number(int64_t x) { return tf::Tensor::from(std::vector<int64_t>{x}); }

}  // namespace

TEST_CASE("a large negative number is no named size") {
  const int64_t large = (int64_t(1) << 32) - 5;
  CHECK(inferred("Cast", {number(-large)}, tf::int32, {{"DstT", tf::int32}}).empty());
  CHECK(inferred("Mul", {number(-large), number(2)}, tf::int64).empty());
  CHECK(inferred("Neg", {number(large)}, tf::int64).empty());
  std::vector<tf::Tensor> six = inferred("Mul", {number(3), number(2)}, tf::int64);
  REQUIRE(six.size() == 1);
  CHECK(six[0].values<int64_t>()[0] == 6);
}
