#include "runnel/core/nest_structure.h"

#include <doctest/doctest.h>

#include "runnel/base/error.h"

namespace runnel::testing {

namespace {

Tensor number(int x) { return Tensor::scalar(int32_t(x)); }
int value(const Tensor& t) { return t.item<int32_t>(); }
// {"b": 1, "a": (2, [3])}
Nest example() {
  return Nest(Nest::Dict{{"b", number(1)}, {"a", Nest::tuple({number(2), Nest(Nest::List{number(3)})})}});
}

}  // namespace

TEST_CASE("dicts are flattened by their sorted keys and packed in their own order") {
  std::vector<Tensor> flat = nest::flatten(example());
  REQUIRE(flat.size() == 3);
  CHECK(value(flat[0]) == 2);
  CHECK(value(flat[2]) == 1);
  Nest again = nest::pack_sequence_as(example(), {number(20), number(30), number(10)});
  CHECK(again.dict()[0].first == "b");
  CHECK(value(again["b"].tensor()) == 10);
  CHECK(again["a"].is_tuple());
  CHECK(value(again["a"][1][0].tensor()) == 30);
}

TEST_CASE("map_structure takes the leaves of the same place") {
  auto sum = [](const std::vector<Tensor>& leaves) { return number(value(leaves[0]) + value(leaves[1])); };
  Nest doubled = nest::map_structure(sum, {example(), example()});
  CHECK(value(doubled["b"].tensor()) == 2);
  CHECK(value(doubled["a"][1][0].tensor()) == 6);
}

TEST_CASE("structures that differ are told") {
  Nest pair = Nest::tuple({number(1), number(2)}), list(Nest::List{number(1), number(2)});
  CHECK_THROWS_WITH_AS(nest::assert_same_structure(pair, list), doctest::Contains("don't have the same type: tuple and list"), TypeError);
  nest::assert_same_structure(pair, list, /*check_types=*/false);
  CHECK_THROWS_WITH_AS(nest::assert_same_structure(pair, Nest::tuple({number(1)})), doctest::Contains("same number of elements: 2 and 1"), ValueError);
  CHECK_THROWS_WITH_AS(nest::assert_same_structure(pair, Nest(number(1))), doctest::Contains("is a sequence, while the other is not"), ValueError);
  CHECK_THROWS_WITH_AS(nest::assert_same_structure(Nest(Nest::Dict{{"a", number(1)}}), Nest(Nest::Dict{{"b", number(1)}})),
                       doctest::Contains("don't have the same set of keys: 'a' and 'b'"), ValueError);
  CHECK_THROWS_WITH_AS(nest::pack_sequence_as(pair, {number(1)}), doctest::Contains("Structure had 2 atoms, but flat_sequence had 1 items"), ValueError);
  CHECK_THROWS_AS(nest::map_structure([](const std::vector<Tensor>& x) { return x[0]; }, {}), ValueError);
}

}  // namespace runnel::testing
