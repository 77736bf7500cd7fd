// SHA-256 (FIPS 180-4): checks of downloads, and one short name for all bits of a model's weights.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace runnel::inline v0 {

class Sha256 {
 public:
  void update(const void* data, size_t size);
  /// The digest of all bytes so far, as 64 lowercase hexadecimal digits. Ends the computation.
  std::string hex();

 private:
  void add_block(const uint8_t* block);

  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> block_{};
  size_t filled_ = 0;
  uint64_t total_ = 0;
};

std::string sha256(std::string_view bytes);

}  // namespace runnel::inline v0
