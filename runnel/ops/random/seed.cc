#include "runnel/ops/random/seed.h"

#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <tuple>

#include "runnel/op/context.h"
#include "runnel/ops/random.h"
#include "runnel/ops/random/distributions.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kModulus = 2147483647;      // 2^31 - 1: seeds are taken modulo this
constexpr int64_t kDefaultGlobal = 87654321;  // the global seed where only the operator has one

int64_t truncated(int64_t seed) { return ((seed % kModulus) + kModulus) % kModulus; }

// Python's random.Random(seed): the Mersenne twister, seeded with the absolute value's 32-bit digits. The standard's
// seeding by a sequence is another one, so the state is set here.
class PythonRandom {
 public:
  explicit PythonRandom(int64_t seed) {
    uint64_t size = seed < 0 ? 0 - uint64_t(seed) : uint64_t(seed);
    uint32_t digits[2] = {uint32_t(size), uint32_t(size >> 32)};
    seed_by(digits, digits[1] ? 2 : 1);
  }
  /// Evenly from [0, 2^31 - 1]: 32 bits are drawn until they fit.
  int64_t operator()() {
    while (true) {
      uint32_t bits = next();
      if (bits <= uint32_t(kModulus)) return bits;
    }
  }

 private:
  static constexpr int kSize = 624;
  void seed_by(const uint32_t* digits, int count) {
    state_[0] = 19650218u;
    for (uint32_t i = 1; i < kSize; ++i) state_[i] = 1812433253u * (state_[i - 1] ^ state_[i - 1] >> 30) + i;
    int i = 1, j = 0;
    auto wrap = [&] {
      if (++i < kSize) return;
      state_[0] = state_[kSize - 1];
      i = 1;
    };
    for (int k = 0; k < kSize; ++k, j = (j + 1) % count) {
      state_[i] = (state_[i] ^ (state_[i - 1] ^ state_[i - 1] >> 30) * 1664525u) + digits[j] + uint32_t(j);
      wrap();
    }
    for (int k = 0; k < kSize - 1; ++k) {
      state_[i] = (state_[i] ^ (state_[i - 1] ^ state_[i - 1] >> 30) * 1566083941u) - uint32_t(i);
      wrap();
    }
    state_[0] = 0x80000000u;
  }
  void refill() {
    for (int i = 0; i < kSize; ++i) {
      uint32_t y = (state_[i] & 0x80000000u) | (state_[(i + 1) % kSize] & 0x7fffffffu);
      state_[i] = state_[(i + 397) % kSize] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    at_ = 0;
  }
  uint32_t next() {
    if (at_ == kSize) refill();
    uint32_t y = state_[at_++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
  }
  uint32_t state_[kSize];
  int at_ = kSize;
};

using Key = std::tuple<std::string, int, int64_t, int64_t>;

struct Seeds {
  std::mutex mutex;
  std::optional<int64_t> global;
  std::optional<PythonRandom> op_seeds;
  std::map<Key, Philox> generators;
  uint64_t epoch = 0;  // counts set_seed: generators of an earlier one begin anew
};
Seeds& seeds() {
  static Seeds& all = *new Seeds;
  return all;
}

// Under the mutex.
std::optional<int64_t> seed_here(const Seeds& s) {
  Tracer* tracer = thread_context().tracer;
  return tracer ? tracer->seed : s.global;
}

uint64_t any_seed() {
  std::random_device device;
  return uint64_t(device()) << 32 | device();
}

}  // namespace

std::optional<int64_t> current_seed() {
  Seeds& s = seeds();
  std::lock_guard lock(s.mutex);
  return seed_here(s);
}

SeedPair seeds_for(std::optional<int64_t> op_seed) {
  Seeds& s = seeds();
  std::lock_guard lock(s.mutex);
  std::optional<int64_t> global = seed_here(s);
  if (!global && !op_seed) return {};
  Tracer* tracer = thread_context().tracer;
  if (!op_seed) op_seed = tracer ? tracer->seeded_operators++ : (*s.op_seeds)();
  SeedPair pair{global ? truncated(*global) : kDefaultGlobal, truncated(*op_seed)};
  if (pair.seed == 0 && pair.seed2 == 0) pair.seed2 = kModulus;
  return pair;
}

namespace {

Philox begun(const SeedPair& pair) {
  bool any = pair.seed == 0 && pair.seed2 == 0;
  return any ? Philox(any_seed(), any_seed()) : Philox(uint64_t(pair.seed), uint64_t(pair.seed2));
}

struct KeptGenerator {
  Philox generator;
  uint64_t epoch;
};

Philox& generator_of(const OpContext& c, Seeds& s) {
  SeedPair pair{c.int_attr("seed"), c.int_attr("seed2")};
  if (!c.kept()) {
    Key key{c.op().name(), c.output_dtype(0).code(), pair.seed, pair.seed2};
    auto found = s.generators.find(key);
    return (found != s.generators.end() ? found : s.generators.emplace(key, begun(pair)).first)->second;
  }
  auto* kept = static_cast<KeptGenerator*>(c.kept()->get());
  if (kept && kept->epoch == s.epoch) return kept->generator;
  auto anew = std::make_shared<KeptGenerator>(begun(pair), s.epoch);
  *c.kept() = anew;
  return anew->generator;
}

}  // namespace

Philox reserve(const OpContext& c, uint64_t blocks) {
  Seeds& s = seeds();
  std::lock_guard lock(s.mutex);
  Philox& generator = generator_of(c, s);
  Philox now = generator;
  generator.skip(blocks);
  return now;
}

Philox generator_of_rows() {
  Seeds& s = seeds();
  std::lock_guard lock(s.mutex);
  if (!s.global) return Philox(any_seed(), any_seed());
  int64_t seed = truncated(*s.global);
  return Philox(uint64_t(seed), seed == 0 ? kModulus : 0);
}

uint64_t blocks_for_outputs(int64_t n) { return uint64_t(n) * kReservedPerOutput; }

Philox scrambled(uint64_t seed0, uint64_t seed1) {
  Philox mixer({uint32_t(seed0), uint32_t(seed0 >> 32), uint32_t(seed1), uint32_t(seed1 >> 32)}, {0x3ec8f720u, 0x02461e29u});
  Philox::Block mix = mixer();
  return Philox({0, 0, mix[2], mix[3]}, {mix[0], mix[1]});
}

namespace random {
void set_seed(std::optional<int64_t> seed) {
  if (Tracer* tracer = thread_context().tracer) {
    tracer->seed = seed;
    return;
  }
  Seeds& s = seeds();
  std::lock_guard lock(s.mutex);
  s.global = seed;
  s.op_seeds.reset();
  if (seed) s.op_seeds.emplace(*seed);
  s.generators.clear();
  ++s.epoch;
}
}  // namespace random

}  // namespace runnel::inline v0
