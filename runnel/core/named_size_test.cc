#include "runnel/core/named_size.h"

#include <doctest/doctest.h>

namespace tf = runnel;
constexpr int64_t kUnknown = tf::PartialShape::kUnknown;

TEST_CASE("a named size keeps its name and factor") {
  tf::SizeName size = tf::name_of_size(tf::named_size(7, 28));
  CHECK(size.name == 7);
  CHECK(size.factor == 28);
  CHECK(tf::is_named(tf::named_size(1)));
  CHECK_FALSE(tf::is_named(kUnknown));
}

TEST_CASE("products and quotients of named sizes have names where they are whole multiples") {
  int64_t batch = tf::named_size(1), other = tf::named_size(2);
  CHECK(tf::product_of_sizes(batch, 28) == tf::named_size(1, 28));
  CHECK(tf::product_of_sizes(4, 5) == 20);
  CHECK(tf::product_of_sizes(batch, other) == kUnknown);
  CHECK(tf::product_of_sizes(batch, 0) == 0);
  CHECK(tf::quotient_of_sizes(tf::named_size(1, 28), 28) == batch);
  CHECK(tf::quotient_of_sizes(tf::named_size(1, 28), batch) == 28);
  CHECK(tf::quotient_of_sizes(batch, 2) == kUnknown);
  CHECK(tf::quotient_of_sizes(28, batch) == kUnknown);
}

TEST_CASE("shapes with names are surely equal where all names are") {
  int64_t batch = tf::named_size(1), other = tf::named_size(2);
  CHECK(tf::surely_equal({batch, 3}, {batch, 3}));
  CHECK_FALSE(tf::surely_equal({batch, 3}, {other, 3}));
  CHECK_FALSE(tf::surely_equal({kUnknown, 3}, {kUnknown, 3}));
  CHECK(tf::broadcast_shapes(tf::PartialShape{batch, 3}, tf::PartialShape{batch, 1}) == tf::PartialShape{batch, 3});
  CHECK(tf::broadcast_shapes(tf::PartialShape{batch, 3}, tf::PartialShape{other, 3}) == tf::PartialShape{kUnknown, 3});
}
