// numpy.random.RandomState: the Mersenne Twister with NumPy's seeding and its way to shuffle, which older code of
// Keras's world relies on (tensors get their random numbers from Philox, ops/random).
#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace runnel::inline v0 {

class NumpyRandomState {
 public:
  explicit NumpyRandomState(uint32_t seed) : engine_(seed) {}

  /// What rng.shuffle() does to a one-dimensional array.
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (uint32_t i = uint32_t(items.size()); i-- > 1;) std::swap(items[i], items[up_to(i)]);
  }

 private:
  // Uniform in [0, max]: draws under the smallest mask of ones that covers max until one fits.
  uint32_t up_to(uint32_t max) {
    uint32_t mask = max;
    for (int shift = 1; shift < 32; shift *= 2) mask |= mask >> shift;
    for (;;) {
      if (const uint32_t value = uint32_t(engine_()) & mask; value <= max) return value;
    }
  }

  std::mt19937 engine_;
};

}  // namespace runnel::inline v0
