#include "runnel/keras/random.h"

#include <bit>
#include <mutex>
#include <random>

#include "runnel/base/files.h"
#include "runnel/keras/layer.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/random.h"
#include "runnel/ops/variable_notes.h"

namespace runnel::inline v0::keras {

namespace {

// Fills the Mersenne Twister's state from a list of words: the reference's init_by_array, which Python's random.seed uses.
class KeyedState {
 public:
  using result_type = uint32_t;
  explicit KeyedState(std::vector<uint32_t> key) : key_(std::move(key)) {}

  template <class Iterator>
  void generate(Iterator begin, Iterator end) const {
    const uint32_t n = uint32_t(end - begin);
    begin[0] = 19650218u;
    for (uint32_t i = 1; i < n; ++i) begin[i] = 1812433253u * mixed(begin[i - 1]) + i;
    uint32_t i = 1, j = 0;
    auto advance = [&] {
      if (++i < n) return;
      begin[0] = begin[n - 1];
      i = 1;
    };
    for (uint32_t k = std::max(n, uint32_t(key_.size())); k > 0; --k) {
      begin[i] = (begin[i] ^ (mixed(begin[i - 1]) * 1664525u)) + key_[j] + j;
      j = (j + 1) % uint32_t(key_.size());
      advance();
    }
    for (uint32_t k = n - 1; k > 0; --k) {
      begin[i] = (begin[i] ^ (mixed(begin[i - 1]) * 1566083941u)) - i;
      advance();
    }
    begin[0] = 0x80000000u;
  }

 private:
  static uint32_t mixed(uint32_t word) { return word ^ (word >> 30); }
  std::vector<uint32_t> key_;
};

std::mt19937 python_engine(uint64_t seed) {
  std::vector<uint32_t> key{uint32_t(seed)};
  if (seed >> 32) key.push_back(uint32_t(seed >> 32));
  KeyedState state(std::move(key));
  return std::mt19937(state);
}

std::mt19937 surprising_engine() {
  std::random_device device;
  return python_engine((uint64_t(device()) << 32) | device());
}

std::mutex mutex;
std::mt19937& engine() {
  static auto& shared = *new std::mt19937(surprising_engine());
  return shared;
}

// TensorFlow's stateless operators take int32 seeds; Keras folds its int64 ones by this modulus.
constexpr int64_t kSeedModulus = 2147483646;

}  // namespace

void set_random_seed(int64_t seed) {
  random::set_seed(seed);
  std::lock_guard lock(mutex);
  engine() = python_engine(seed < 0 ? 0 - uint64_t(seed) : uint64_t(seed));
}

int64_t make_default_seed() {
  std::lock_guard lock(mutex);
  constexpr uint32_t kCount = 1000000000;  // of 30 bits: draws of 30 bits until one is below
  for (;;)
    if (uint32_t draw = uint32_t(engine()()) >> 2; draw < kCount) return 1 + int64_t(draw);
}

struct PythonRandom::Engine : std::mt19937 {};

PythonRandom::PythonRandom(uint64_t seed) : engine_(new Engine{python_engine(seed)}) {}
PythonRandom::~PythonRandom() = default;

double PythonRandom::random() {
  const double high = double((*engine_)() >> 5), low = double((*engine_)() >> 6);  // 53 bits
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

int64_t PythonRandom::below(int64_t n) {
  const int bits = std::bit_width(uint64_t(n));
  for (;;)
    if (int64_t draw = int64_t((*engine_)() >> (32 - bits)); draw < n) return draw;
}

SeedGenerator::SeedGenerator(std::optional<int64_t> seed)
    : state_(Tensor::from(std::vector<int64_t>{seed ? *seed : make_default_seed(), 0}),
             VariableOptions{.trainable = false, .name = join_path(join_path(current_layer_path(), unique_name("seed_generator")), "seed_generator_state")}) {
  notes_of(state_).is_weight = true;
}

Tensor SeedGenerator::next() const {
  Tensor now = state_.value();
  state_.assign_add(Tensor::from(std::vector<int64_t>{0, 1}));
  return cast(mod(now, kSeedModulus), int32);
}

Tensor stateless_seed(int64_t seed) {
  int64_t folded = ((seed % kSeedModulus) + kSeedModulus) % kSeedModulus;
  return Tensor::from(std::vector<int32_t>{int32_t(folded), 0});
}

Tensor draw_uniform(const Ints& shape, double minval, double maxval, DType dtype, const Tensor& seed) {
  return random::stateless_uniform(shape, seed, minval, maxval, dtype);
}
Tensor draw_normal(const Ints& shape, double mean, double stddev, DType dtype, const Tensor& seed) {
  return random::stateless_normal(shape, seed, mean, stddev, dtype);
}
Tensor draw_truncated_normal(const Ints& shape, double mean, double stddev, DType dtype, const Tensor& seed) {
  return random::stateless_truncated_normal(shape, seed, mean, stddev, dtype);
}

}  // namespace runnel::inline v0::keras
