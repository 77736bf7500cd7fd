#include "runnel/ops/constant.h"

#include <doctest/doctest.h>

#include <sstream>

#include "runnel/base/error.h"
#include "runnel/ops/variable.h"

namespace runnel {

TEST_CASE("constant: braces are rows") {
  Tensor x = constant({{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}});
  CHECK(x.dtype() == float32);
  CHECK(x.shape() == Shape({2, 3}));
  CHECK(x.data<float>()[5] == 6);
  CHECK(constant({{1.f, 2.f}}).shape() == Shape({1, 2}));
  CHECK(constant({{{1}, {2}}}).shape() == Shape({1, 2, 1}));
  CHECK(constant(7).shape() == Shape());
}

TEST_CASE("constant: dtypes as in Python") {
  CHECK(constant({1, 2}).dtype() == int32);
  CHECK(constant({1, int64_t(1) << 40}).dtype() == int64);
  CHECK(constant({1, int64_t(1) << 40}).data<int64_t>()[1] == int64_t(1) << 40);
  CHECK(constant({1, 2.5}).data<float>()[0] == 1);
  CHECK(constant({1.5}, float64).dtype() == float64);
  CHECK(constant({1, 2}, float32).data<float>()[1] == 2);
  CHECK(constant({true, false}).dtype() == bool_);
  CHECK(constant({"a", "b"}).data<std::string>()[1] == "b");
  CHECK(constant({std::complex<double>(1, 2), 3}).data<std::complex<double>>()[1] == 3.);
  CHECK(constant({}).shape() == Shape({0}));
  CHECK(constant({NestedValues({}), NestedValues({})}).dtype() == float32);
}

TEST_CASE("constant: what does not fit") {
  CHECK_THROWS_AS(constant({{1, 2}, {3}}), ValueError);
  CHECK_THROWS_AS(constant({{1, 2}, 3}), ValueError);
  CHECK_THROWS_AS(constant({"a", 1}), TypeError);
  CHECK_THROWS_AS(constant({1.5}, int32), TypeError);
  CHECK_THROWS_AS(constant({"a"}, float32), TypeError);
}

TEST_CASE("constant: vectors, and streams") {
  CHECK(constant(std::vector<float>{1, 2, 3, 4}, {2, 2}).shape() == Shape({2, 2}));
  CHECK(constant(std::vector<int64_t>{1, 2}).dtype() == int64);
  std::ostringstream out;
  out << constant({1, 2}) << ' ' << Shape({2, 3}) << ' ' << float32;
  CHECK(out.str() == to_text(constant({1, 2})) + " (2, 3) float32");
}

}  // namespace runnel
