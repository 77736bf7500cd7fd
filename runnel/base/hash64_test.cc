#include "runnel/base/hash64.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace runnel::testing {

// The values are those of TensorFlow 2.21 (tf.fingerprint, and tf.strings.to_hash_bucket* with 2^62 buckets).
TEST_CASE("hashes of 64 bits are TensorFlow's for texts of all lengths") {
  const std::vector<std::string> texts{"", "abc", "abcde", "abcdefghi", "a word of 20 letters", "forty letters are in this text, exactly.",
                                       "seventy letters or so, which is what a block and a bit of another makes", std::string(200, 'x')};
  const uint64_t farm[] = {0x9ae16a3b2f90404f, 0x24a5b3a074e7f369, 0xc22f4663e54e04d4, 0x332c8ed4dae5ba42,
                           0x50a8d5b29852deec, 0xed52aa8e33eb54bc, 0x864174f985ee1ee5, 0xc1713bf9d998a3bf};
  const uint64_t murmur[] = {105434511174508091, 1046625677629754806, 3327371545735142722, 2154505082538699157,
                             3844709169131074701, 109270466555501563, 3421827618978647681, 1680667619926591871};
  const uint64_t sip[] = {1315545615887763260, 2642977904829792083, 1161504468038787248, 1251895750244892696,
                          1083558271394730246, 2467890582788860508, 2450067175783286046, 3883546680957391208};
  constexpr uint64_t kBuckets = uint64_t(1) << 62;
  for (size_t i = 0; i < texts.size(); ++i) {
    CHECK(fingerprint64(texts[i]) == farm[i]);
    CHECK(hash64(texts[i]) % kBuckets == murmur[i]);
    CHECK(siphash(texts[i], 7, 9) % kBuckets == sip[i]);
  }
}

TEST_CASE("SipHash-2-4 gives the value that its paper prints") {
  std::string bytes;
  for (char c = 0; c < 15; ++c) bytes += c;
  CHECK(siphash(bytes, 0x0706050403020100, 0x0f0e0d0c0b0a0908) == 0xa129ca6149be45e5);
}

}  // namespace runnel::testing
