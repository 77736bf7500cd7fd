#include "runnel/base/hash64.h"

#include <bit>
#include <cstring>
#include <utility>

namespace runnel::inline v0 {

namespace {

// FarmHash's primes, between 2^63 and 2^64.
constexpr uint64_t kP0 = 0xc3a5c85c97cb3127, kP1 = 0xb492b66fbe98f273, kP2 = 0x9ae16a3b2f90404f;

template <class T>
T load(const char* at) {
  T x;
  std::memcpy(&x, at, sizeof x);
  return x;
}
uint64_t word(const char* at) { return load<uint64_t>(at); }

uint64_t shift_mix(uint64_t x) { return x ^ (x >> 47); }

uint64_t mix_two(uint64_t u, uint64_t v, uint64_t factor) {
  uint64_t a = shift_mix((u ^ v) * factor);
  return shift_mix((v ^ a) * factor) * factor;
}

uint64_t farm_short(const char* s, size_t n) {
  uint64_t factor = kP2 + n * 2;
  if (n >= 8) {
    uint64_t a = word(s) + kP2, b = word(s + n - 8);
    return mix_two(std::rotr(b, 37) * factor + a, (std::rotr(a, 25) + b) * factor, factor);
  }
  if (n >= 4) return mix_two(n + (uint64_t(load<uint32_t>(s)) << 3), load<uint32_t>(s + n - 4), factor);
  if (n == 0) return kP2;
  uint32_t first = uint8_t(s[0]), middle = uint8_t(s[n >> 1]), last = uint8_t(s[n - 1]);
  return shift_mix((first + (middle << 8)) * kP2 ^ (uint32_t(n) + (last << 2)) * kP0) * kP2;
}

// The first 16 bytes with the last 16: the beginning of what follows for longer texts.
struct Ends {
  Ends(const char* s, size_t n, uint64_t first_factor) : factor(kP2 + n * 2) {
    a = word(s) * first_factor;
    uint64_t b = word(s + 8), c = word(s + n - 8) * factor, d = word(s + n - 16) * kP2;
    u = std::rotr(a + b, 43) + std::rotr(c, 30) + d;
    v = a + std::rotr(b + kP2, 18) + c;
  }
  uint64_t factor, a, u, v;
};

uint64_t farm_to_32(const char* s, size_t n) {
  Ends e(s, n, kP1);
  return mix_two(e.u, e.v, e.factor);
}

uint64_t farm_to_64(const char* s, size_t n) {
  Ends ends(s, n, kP2);
  uint64_t factor = ends.factor, z = mix_two(ends.u, ends.v, factor);
  uint64_t e = word(s + 16) * factor, f = word(s + 24);
  uint64_t g = (ends.u + word(s + n - 32)) * factor, h = (z + word(s + n - 24)) * factor;
  return mix_two(std::rotr(e + f, 43) + std::rotr(g, 30) + h, e + std::rotr(f + ends.a, 18) + g, factor);
}

using Pair = std::pair<uint64_t, uint64_t>;

Pair weak_32(const char* s, uint64_t a, uint64_t b) {
  uint64_t w = word(s), x = word(s + 8), y = word(s + 16), z = word(s + 24);
  a += w;
  b = std::rotr(b + a + z, 21);
  uint64_t c = a;
  a += x + y;
  return {a + z, b + std::rotr(a, 44) + c};
}

// The state while blocks of 64 bytes go by. The last block, which may overlap the one before, weighs some parts by 9.
struct FarmState {
  uint64_t x, y, z;
  Pair v{0, 0}, w{0, 0};

  void take(const char* s, uint64_t factor, uint64_t weight) {
    x = std::rotr(x + y + v.first + word(s + 8), 37) * factor;
    y = std::rotr(y + v.second + word(s + 48), 42) * factor;
    x ^= w.second * weight;
    y += v.first * weight + word(s + 40);
    z = std::rotr(z + w.first, 33) * factor;
    v = weak_32(s, v.second * factor, x + w.first);
    w = weak_32(s + 32, z + w.second, y + word(s + 16));
    std::swap(z, x);
  }
};

uint64_t farm_long(const char* s, size_t n) {
  constexpr uint64_t kSeed = 81;
  FarmState state;
  state.x = kSeed * kP2 + word(s);
  state.y = kSeed * kP1 + 113;
  state.z = shift_mix(state.y * kP2 + 113) * kP2;
  const char *end = s + (n - 1) / 64 * 64, *last = s + n - 64;
  for (; s != end; s += 64) state.take(s, kP1, 1);
  uint64_t factor = kP1 + ((state.z & 0xff) << 1);
  state.w.first += (n - 1) & 63;
  state.v.first += state.w.first;
  state.w.first += state.v.first;
  state.take(last, factor, 9);
  return mix_two(mix_two(state.v.first, state.w.first, factor) + shift_mix(state.y) * kP0 + state.z,
                 mix_two(state.v.second, state.w.second, factor) + state.x, factor);
}

// Up to seven bytes, the first one lowest.
uint64_t tail_word(const char* s, size_t n) {
  uint64_t x = 0;
  if (n) std::memcpy(&x, s, n);
  return x;
}

struct SipState {
  uint64_t a, b, c, d;
  void round() {
    a += b, c += d;
    b = std::rotl(b, 13) ^ a, d = std::rotl(d, 16) ^ c;
    a = std::rotl(a, 32);
    c += b, a += d;
    b = std::rotl(b, 17) ^ c, d = std::rotl(d, 21) ^ a;
    c = std::rotl(c, 32);
  }
  void take(uint64_t x) {
    d ^= x;
    round(), round();
    a ^= x;
  }
};

}  // namespace

uint64_t fingerprint64(std::string_view bytes) {
  const char* s = bytes.data();
  size_t n = bytes.size();
  return n <= 16 ? farm_short(s, n) : n <= 32 ? farm_to_32(s, n) : n <= 64 ? farm_to_64(s, n) : farm_long(s, n);
}

uint64_t hash64(std::string_view bytes, uint64_t seed) {
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995;
  constexpr int kShift = 47;
  uint64_t h = seed ^ (bytes.size() * kFactor);
  size_t whole = bytes.size() / 8 * 8;
  for (size_t i = 0; i < whole; i += 8) {
    uint64_t k = word(bytes.data() + i) * kFactor;
    k = (k ^ (k >> kShift)) * kFactor;
    h = (h ^ k) * kFactor;
  }
  if (size_t rest = bytes.size() - whole) h = (h ^ tail_word(bytes.data() + whole, rest)) * kFactor;
  h = (h ^ (h >> kShift)) * kFactor;
  return h ^ (h >> kShift);
}

uint64_t siphash(std::string_view bytes, uint64_t key0, uint64_t key1) {
  SipState state{key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d, key0 ^ 0x6c7967656e657261, key1 ^ 0x7465646279746573};
  size_t whole = bytes.size() / 8 * 8;
  for (size_t i = 0; i < whole; i += 8) state.take(word(bytes.data() + i));
  state.take(tail_word(bytes.data() + whole, bytes.size() - whole) | uint64_t(bytes.size()) << 56);
  state.c ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.a ^ state.b ^ state.c ^ state.d;
}

}  // namespace runnel::inline v0
