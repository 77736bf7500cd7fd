#include "runnel/base/letters.h"

#include <doctest/doctest.h>

namespace runnel::testing {

// What ICU gives in TensorFlow 2.21.
TEST_CASE("letters of all alphabets change their case") {
  CHECK(utf8_upper("straße éàx ǆ ﬁ ıi ς σ") == "STRASSE ÉÀX Ǆ FI II Σ Σ");
  CHECK(utf8_lower("ÀÉ İI ΣΑΣ Σ") == "àé i̇i σας σ");
  CHECK(utf8_lower("Ǆ ẞ") == "ǆ ß");
  CHECK(ascii_upper("straße é") == "STRAßE é");
  CHECK(ascii_lower("ÀBC") == "Àbc");
}

TEST_CASE("characters are counted by the bytes that begin them") {
  CHECK(utf8_length("wörld") == 5);
  CHECK(utf8_length("日本") == 2);
  CHECK(utf8_length("\xff\xfe") == 2);
  CHECK(utf8_offset("wörld", 2) == 3);
  CHECK(utf8_offset("wörld", 9) == 6);
}

}  // namespace runnel::testing
