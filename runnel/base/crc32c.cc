#include "runnel/base/crc32c.h"

#include <array>
#include <cstring>

namespace runnel::inline v0 {
namespace {

// kTables[n][b]: the checksum of byte b with n zero bytes behind it, so that eight bytes take eight lookups and no chain.
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables t{};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    t[0][b] = crc;
  }
  for (size_t n = 1; n < 8; ++n)
    for (size_t b = 0; b < 256; ++b) t[n][b] = t[n - 1][b] >> 8 ^ t[0][t[n - 1][b] & 255];
  return t;
}
constexpr Tables kTables = make_tables();

uint32_t next_eight(uint32_t crc, const unsigned char* p) {
  uint32_t out = 0;
  for (size_t i = 0; i < 8; ++i) out ^= kTables[7 - i][i < 4 ? (p[i] ^ (crc >> (8 * i) & 255)) : p[i]];
  return out;
}

uint32_t by_table(uint32_t crc, const unsigned char* p, size_t size) {
  for (; size >= 8; p += 8, size -= 8) crc = next_eight(crc, p);
  for (; size > 0; ++p, --size) crc = crc >> 8 ^ kTables[0][(crc ^ *p) & 255];
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t by_instruction(uint32_t crc, const unsigned char* p, size_t size) {
  for (; size >= 8; p += 8, size -= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    crc = uint32_t(__builtin_ia32_crc32di(crc, word));
  }
  for (; size > 0; ++p, --size) crc = __builtin_ia32_crc32qi(crc, *p);
  return crc;
}
#endif

}  // namespace

uint32_t crc32c(std::string_view bytes, uint32_t before) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return ~by_instruction(~before, data, bytes.size());
#endif
  return ~by_table(~before, data, bytes.size());
}

}  // namespace runnel::inline v0
