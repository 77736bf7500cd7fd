// Philox 4x32-10: a counter-based generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
#pragma once

#include <array>
#include <cstdint>

namespace runnel::inline v0 {

class Philox {
 public:
  using Counter = std::array<uint32_t, 4>;
  using Key = std::array<uint32_t, 2>;
  Philox() = default;
  Philox(const Counter& counter, const Key& key) : counter_(counter), key_(key) {}
  /// From 64-bit halves: the counter's low and high half, the key.
  Philox(uint64_t low, uint64_t high, uint64_t key)
      : counter_{uint32_t(low), uint32_t(low >> 32), uint32_t(high), uint32_t(high >> 32)}, key_{uint32_t(key), uint32_t(key >> 32)} {}

  /// As if `count` blocks of four had been drawn.
  void skip(uint64_t count) {
    uint64_t low = counter_[0] | uint64_t(counter_[1]) << 32, sum = low + count;
    counter_[0] = uint32_t(sum);
    counter_[1] = uint32_t(sum >> 32);
    if (sum < low && ++counter_[2] == 0) ++counter_[3];
  }
  Counter operator()() {
    Counter c = counter_;
    Key k = key_;
    for (int round = 0; round < 10; ++round) {
      uint64_t a = uint64_t(0xD2511F53u) * c[0], b = uint64_t(0xCD9E8D57u) * c[2];
      c = {uint32_t(b >> 32) ^ c[1] ^ k[0], uint32_t(b), uint32_t(a >> 32) ^ c[3] ^ k[1], uint32_t(a)};
      k[0] += 0x9E3779B9u;
      k[1] += 0xBB67AE85u;
    }
    skip(1);
    return c;
  }
  uint64_t key() const { return key_[0] | uint64_t(key_[1]) << 32; }
  uint64_t low() const { return counter_[0] | uint64_t(counter_[1]) << 32; }
  uint64_t high() const { return counter_[2] | uint64_t(counter_[3]) << 32; }

 private:
  Counter counter_{};
  Key key_{};
};

}  // namespace runnel::inline v0
