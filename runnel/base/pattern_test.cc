#include <doctest/doctest.h>

#include "runnel/base/pattern.h"

using namespace runnel;

TEST_CASE("patterns are found as regular expressions are") {
  CHECK(pattern_found("bias", "dense_1/bias:0"));
  CHECK(!pattern_found("^bias", "dense_1/bias:0"));
  CHECK(pattern_found("^dense.*kernel$", "dense_1/kernel"));
  CHECK(!pattern_found("kernel$", "dense_1/kernel:0"));
  CHECK(pattern_found("gamma|beta", "norm/beta"));
  CHECK(pattern_found("a*b", "b"));
  CHECK(!pattern_found("gamma|beta", "norm/mean"));
}
