// Philox 4x32-10, the counter-based generator of Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (2011),
// with TensorFlow's layout of seeds: the first is the key, the second the upper half of the counter.
#pragma once

#include <array>
#include <cstdint>

namespace runnel::inline v0 {

class Philox {
 public:
  using Block = std::array<uint32_t, 4>;

  Philox() = default;
  Philox(uint64_t seed, uint64_t seed2) : counter_{0, 0, uint32_t(seed2), uint32_t(seed2 >> 32)}, key_{uint32_t(seed), uint32_t(seed >> 32)} {}
  Philox(const Block& counter, std::array<uint32_t, 2> key) : counter_(counter), key_(key) {}

  /// The next four numbers.
  Block operator()() {
    Block c = counter_;
    std::array<uint32_t, 2> k = key_;
    for (int round = 0; round < 10; ++round) {
      uint64_t a = uint64_t(0xD2511F53u) * c[0], b = uint64_t(0xCD9E8D57u) * c[2];
      c = {uint32_t(b >> 32) ^ c[1] ^ k[0], uint32_t(b), uint32_t(a >> 32) ^ c[3] ^ k[1], uint32_t(a)};
      k = {k[0] + 0x9E3779B9u, k[1] + 0xBB67AE85u};
    }
    skip(1);
    return c;
  }
  /// Passes over `blocks` blocks of four numbers.
  void skip(uint64_t blocks) {
    uint64_t low = uint64_t(counter_[0]) | uint64_t(counter_[1]) << 32, high = uint64_t(counter_[2]) | uint64_t(counter_[3]) << 32;
    low += blocks;
    high += low < blocks;
    counter_ = {uint32_t(low), uint32_t(low >> 32), uint32_t(high), uint32_t(high >> 32)};
  }
  const Block& counter() const { return counter_; }
  const std::array<uint32_t, 2>& key() const { return key_; }

 private:
  Block counter_{};
  std::array<uint32_t, 2> key_{};
};

/// The same numbers one at a time.
class PhiloxStream {
 public:
  explicit PhiloxStream(const Philox& source) : source_(source) {}
  uint32_t operator()() {
    if (used_ == 4) {
      block_ = source_();
      used_ = 0;
    }
    return block_[size_t(used_++)];
  }

 private:
  Philox source_;
  Philox::Block block_{};
  int used_ = 4;
};

}  // namespace runnel::inline v0
