#include "runnel/keras/ops/promotion.h"

#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/keras/ops/numpy_binary.h"
#include "runnel/ops/array.h"

namespace tf = runnel;
using namespace runnel::keras;

// The whole table stands against real Keras in tests/keras/test_ops.py.
TEST_CASE("dtypes are promoted as Keras promotes them, and bare numbers give way") {
  CHECK(ops::result_type({tf::int32, tf::float16}) == tf::float16);
  CHECK(ops::result_type({tf::int64, tf::float32}) == tf::float32);
  CHECK(ops::result_type({tf::uint8, tf::int8}) == tf::int16);
  CHECK(ops::result_type({tf::float16, tf::bfloat16}) == tf::float32);
  CHECK(ops::result_type({tf::bool_, ops::any_int}) == tf::int32);
  CHECK(ops::result_type({tf::int64, ops::any_float}) == tf::float32);
  CHECK(ops::result_type({tf::float16, ops::any_float}) == tf::float16);
  CHECK(ops::result_type({}) == tf::float32);
}

TEST_CASE("operands of keras.ops take their common dtype") {
  tf::Tensor ints = tf::Tensor::from(std::vector<int32_t>{1, 2}), half = tf::cast(ints, tf::float16);
  CHECK(ops::add(ints, 1).dtype() == tf::int32);
  CHECK(ops::add(ints, 1.5).dtype() == tf::float32);
  CHECK(ops::add(half, 1.5).dtype() == tf::float16);
  CHECK(ops::divide(ints, ints).dtype() == tf::float32);
}

TEST_CASE("a text has no dtype to promote") {
  CHECK_THROWS_AS(ops::result_type({tf::string, tf::int32}), tf::ValueError);
}
