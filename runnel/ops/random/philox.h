// Philox 4x32-10: a counter-based generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), and the
// distributions that TensorFlow draws from it.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include <bit>

namespace runnel::inline v0 {

class Philox {
 public:
  using Counter = std::array<uint32_t, 4>;
  using Key = std::array<uint32_t, 2>;
  Philox(const Counter& counter, const Key& key) : counter_(counter), key_(key) {}

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

 private:
  Counter counter_;
  Key key_;
};

/// In [0, 1): 23 random bits below a one, less one.
inline float uniform_float(uint32_t x) { return std::bit_cast<float>(0x3f800000u | (x & 0x7fffffu)) - 1.0f; }

/// Two normal numbers from two uniform ones (Box and Muller, 1958).
inline std::array<float, 2> box_muller(uint32_t x0, uint32_t x1) {
  float u = uniform_float(x0);
  if (u < 1.0e-7f) u = 1.0e-7f;
  float angle = float(2.0 * M_PI * double(uniform_float(x1))), radius = std::sqrt(-2.0f * std::log(u));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}

}  // namespace runnel::inline v0
