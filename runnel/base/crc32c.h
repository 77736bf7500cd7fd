// CRC-32C (Castagnoli; RFC 3720, B.4): the checksum of TensorFlow's files.
#pragma once

#include <cstdint>
#include <string_view>

namespace runnel::inline v0 {

/// crc32c("123456789") is 0xe3069283. `before`: the checksum of what comes in front.
uint32_t crc32c(std::string_view bytes, uint32_t before = 0);
/// How files hold it, so that a checksum of bytes with checksums in them stays good.
constexpr uint32_t masked_crc(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8u; }
inline uint32_t masked_crc32c(std::string_view bytes) { return masked_crc(crc32c(bytes)); }

}  // namespace runnel::inline v0
