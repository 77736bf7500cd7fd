#include "runnel/graph/map.h"

#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/graph/function.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;
using tf::Tensor;

namespace {
Tensor to_floats(const Tensor& row) { return tf::cast(row, tf::float32); }
}  // namespace

// What is expected is what TensorFlow 2.21 gives.

TEST_CASE("map_fn gives the dtypes of its rows, or those of fn_output_signature") {
  Tensor x = tf::range(6);
  auto map = [&](const tf::TensorSpec& spec) { return tf::map_fn(to_floats, x, spec); };
  CHECK(map({.dtype = tf::float32}).dtype() == tf::float32);
  CHECK(map({.shape = {}, .dtype = tf::float32}).shape() == tf::Shape({6}));
  CHECK_THROWS_WITH_AS(tf::map_fn(to_floats, x), doctest::Contains("TensorArray dtype is int32 but Op is trying to write dtype float32"),
                       tf::errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(tf::function([](Tensor x) { return tf::map_fn(to_floats, x); })(x),
                       doctest::Contains("TensorArray dtype is int32 but Op is trying to write dtype float32"), tf::errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(map({.shape = {2}, .dtype = tf::float32}), doctest::Contains("Incompatible shape for value (()), expected ((2,))"), tf::ValueError);
  tf::RowFunction twice = [](const std::vector<Tensor>& row) { return std::vector{row[0], row[0]}; };
  CHECK_THROWS_WITH_AS(tf::map_fn(twice, {x}), doctest::Contains("The two structures don't have the same nested structure"), tf::ValueError);
  CHECK(tf::map_fn(twice, {x}, {{.dtype = tf::int32}, {.dtype = tf::int32}}).size() == 2);
  CHECK(tf::map_rows(twice, {x}).size() == 2);
}

TEST_CASE("map_fn without rows: eager code forgets the shape of a row, unless the signature tells it") {
  Tensor none = tf::zeros({0, 3});
  auto first_two = [](const Tensor& row) { return tf::slice(row, {0}, {2}); };
  CHECK(tf::map_fn(first_two, none).shape() == tf::Shape({0}));
  CHECK(tf::map_fn(first_two, none, tf::TensorSpec{.shape = {2}}).shape() == tf::Shape({0, 2}));
  CHECK(tf::map_fn(first_two, none, tf::TensorSpec{.dtype = tf::int64}).dtype() == tf::int64);
  CHECK(tf::function([&](Tensor x) { return tf::map_fn(first_two, x); })(none).shape() == tf::Shape({0, 2}));
}
