// set_seed and what follows from it.
#include "runnel/ops/random/seed.h"

#include <map>
#include <mutex>
#include <random>
#include <tuple>

#include "runnel/ops/random.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kMaxInt32 = 2147483647, kDefaultGlobalSeed = 87654321;

// Python's random.Random(seed), whose state begins from an array of the seed's 32-bit digits.
class PythonRandom {
 public:
  explicit PythonRandom(int64_t seed) {
    const uint64_t size = seed < 0 ? 0 - uint64_t(seed) : uint64_t(seed);
    const uint32_t digits[2] = {uint32_t(size), uint32_t(size >> 32)};
    seed_with(digits, digits[1] ? 2 : 1);
  }
  /// randint(0, 2**31 - 1): 32 bits at a time until they are below 2**31.
  int64_t randint31() {
    for (;;)
      if (uint32_t bits = next(); bits <= uint32_t(kMaxInt32)) return bits;
  }

 private:
  static constexpr uint32_t kSize = 624, kHalf = 397;

  // Matsumoto and Nishimura's initialisation by an array.
  void seed_with(const uint32_t* digits, uint32_t count) {
    state_[0] = 19650218;
    for (uint32_t i = 1; i < kSize; ++i) state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
    uint32_t i = 1;
    auto step = [&](uint32_t factor, uint32_t add) {
      state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * factor)) + add;
      if (++i == kSize) state_[0] = state_[kSize - 1], i = 1;
    };
    for (uint32_t k = 0; k < kSize; ++k) step(1664525, digits[k % count] + k % count);
    for (uint32_t k = 0; k + 1 < kSize; ++k) step(1566083941, 0u - i);
    state_[0] = 0x80000000u;
  }
  void twist() {
    for (uint32_t k = 0; k < kSize; ++k) {
      const uint32_t y = (state_[k] & 0x80000000u) | (state_[(k + 1) % kSize] & 0x7fffffffu);
      state_[k] = state_[(k + kHalf) % kSize] ^ (y >> 1) ^ (y & 1u ? 0x9908b0dfu : 0u);
    }
    place_ = 0;
  }
  uint32_t next() {
    if (place_ == kSize) twist();
    uint32_t y = state_[place_++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
  }

  uint32_t state_[kSize];
  uint32_t place_ = kSize;
};

struct GlobalRandom {
  std::mutex mutex;
  std::optional<int64_t> seed;
  PythonRandom python{0};
  std::map<std::tuple<std::string, int64_t, int64_t>, Philox> kernels;
};
GlobalRandom& global() {
  static GlobalRandom state;
  return state;
}

// Python's %, which is never negative here.
int64_t truncated(int64_t seed) { return ((seed % kMaxInt32) + kMaxInt32) % kMaxInt32; }

Philox undetermined() {
  static thread_local std::random_device device;
  auto word = [] { return uint64_t(device()) << 32 | device(); };
  return Philox(0, word(), word());
}

}  // namespace

SeedPair get_seed(std::optional<int64_t> op_seed) {
  GlobalRandom& g = global();
  std::lock_guard lock(g.mutex);
  if (!g.seed && !op_seed) return {};
  SeedPair out{g.seed ? truncated(*g.seed) : kDefaultGlobalSeed, truncated(op_seed ? *op_seed : g.python.randint31())};
  if (out.seed == 0 && out.seed2 == 0) out.seed2 = kMaxInt32;
  return out;
}

Philox reserve_blocks(const std::string& kernel, SeedPair seeds, uint64_t blocks) {
  if (seeds.seed == 0 && seeds.seed2 == 0) return undetermined();
  GlobalRandom& g = global();
  std::lock_guard lock(g.mutex);
  auto place = g.kernels.try_emplace({kernel, seeds.seed, seeds.seed2}, Philox(0, uint64_t(seeds.seed2), uint64_t(seeds.seed))).first;
  Philox before = place->second;
  place->second.skip(blocks);
  return before;
}

void random::set_seed(int64_t seed) {
  GlobalRandom& g = global();
  std::lock_guard lock(g.mutex);
  g.seed = seed;
  g.python = PythonRandom(seed);
  g.kernels.clear();
}

}  // namespace runnel::inline v0
