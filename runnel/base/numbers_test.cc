#include "runnel/base/numbers.h"

#include <doctest/doctest.h>

#include <cmath>

namespace runnel::testing {

namespace {
template <class T>
bool reads(const char* text, T expected) {
  T value;
  return parse_number(text, value) && value == expected;
}
template <class T>
bool refuses(const char* text) {
  T value;
  return !parse_number(text, value);
}
}  // namespace

TEST_CASE("numbers are read between spaces, as TensorFlow reads them") {
  CHECK(reads<int32_t>(" 7 ", 7));
  CHECK(reads<int64_t>("+5", 5));
  CHECK(reads<uint64_t>("18446744073709551615", UINT64_MAX));
  CHECK(reads<double>("-1e5", -100000));
  CHECK(reads<float>("0x10", 16));
  CHECK(reads<float>("1.", 1));
  CHECK(reads<float>("1e40", INFINITY));
  CHECK(reads<float>("-1e400", -INFINITY));
  CHECK(reads<double>("1e-400", 0));
  CHECK(reads<double>("infinity", INFINITY));
  double nan;
  CHECK((parse_number("nan", nan) && std::isnan(nan)));
}

TEST_CASE("what is no number, or does not fit, is refused") {
  for (const char* text : {"", " ", "-", "--3", "+-3", "1_0", "1 2", "x"}) {
    CHECK(refuses<int64_t>(text));
    CHECK(refuses<double>(text));
  }
  CHECK(refuses<int32_t>("99999999999"));
  CHECK(refuses<int32_t>("1e5"));
  CHECK(refuses<int32_t>("1."));
  CHECK(refuses<uint32_t>("-0"));
}

}  // namespace runnel::testing
