#include "runnel/base/md5.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace runnel::inline v0 {
namespace {

using State = std::array<uint32_t, 4>;

constexpr int kShift[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

// floor(2^32 |sin(i + 1)|), as the RFC defines its table.
const std::array<uint32_t, 64>& sines() {
  static const std::array<uint32_t, 64> table = [] {
    std::array<uint32_t, 64> out;
    for (int i = 0; i < 64; ++i) out[size_t(i)] = uint32_t(std::floor(std::fabs(std::sin(i + 1.0)) * 4294967296.0));
    return out;
  }();
  return table;
}

// Round i's function of b, c, d, and the word that it takes.
struct Step {
  uint32_t f;
  int word;
};
Step step(int i, uint32_t b, uint32_t c, uint32_t d) {
  switch (i / 16) {
    case 0: return {(b & c) | (~b & d), i};
    case 1: return {(d & b) | (~d & c), (5 * i + 1) % 16};
    case 2: return {b ^ c ^ d, (3 * i + 5) % 16};
    default: return {c ^ (b | ~d), 7 * i % 16};
  }
}

void add_block(State& state, const char* block) {
  uint32_t w[16];
  for (int i = 0; i < 16; ++i) {
    auto byte = [&](int k) { return uint32_t(uint8_t(block[4 * i + k])) << (8 * k); };
    w[i] = byte(0) | byte(1) | byte(2) | byte(3);
  }
  auto [a, b, c, d] = state;
  for (int i = 0; i < 64; ++i) {
    auto [f, word] = step(i, b, c, d);
    const uint32_t turned = std::rotl(a + f + sines()[size_t(i)] + w[word], kShift[i / 16][i % 4]);
    a = d, d = c, c = b, b += turned;
  }
  const State added{a, b, c, d};
  for (size_t i = 0; i < 4; ++i) state[i] += added[i];
}

}  // namespace

std::string md5(std::string_view bytes) {
  State state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  size_t whole = bytes.size() / 64 * 64;
  for (size_t at = 0; at < whole; at += 64) add_block(state, bytes.data() + at);
  std::string tail(bytes.substr(whole));
  tail.push_back('\x80');
  while (tail.size() % 64 != 56) tail.push_back('\0');
  for (int i = 0; i < 8; ++i) tail.push_back(char(uint64_t(bytes.size()) * 8 >> (8 * i)));
  for (size_t at = 0; at < tail.size(); at += 64) add_block(state, tail.data() + at);
  std::string out;
  for (uint32_t word : state)
    for (int i = 0; i < 4; ++i)
      for (int shift : {4, 0}) out.push_back("0123456789abcdef"[word >> (8 * i + shift) & 15]);
  return out;
}

}  // namespace runnel::inline v0
