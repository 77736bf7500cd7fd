// From random bits to numbers, as TensorFlow's kernels for the CPU make them. A distribution turns one block of Philox
// (or, for truncated normals, a stream of its own) into kCount numbers.
#pragma once

#include <bit>
#include <algorithm>
#include <cmath>

#include "runnel/core/half.h"
#include "runnel/ops/random/philox.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

// --- uniform in [0, 1): the bits become the mantissa of a number in [1, 2) ---

inline float unit_float(uint32_t x) { return std::bit_cast<float>((x & 0x7fffffu) | 127u << 23) - 1.0f; }
inline double unit_double(uint32_t x0, uint32_t x1) {
  return std::bit_cast<double>((uint64_t(x0 & 0xfffffu) << 32 | x1) | uint64_t(1023) << 52) - 1.0;
}

template <class T>
struct Uniform {
  static constexpr int kCount = sizeof(T) == 8 ? 2 : 4;
  std::array<T, kCount> operator()(const Philox::Block& b) const {
    std::array<T, kCount> out;
    for (int i = 0; i < kCount; ++i) {
      if constexpr (std::is_same_v<T, double>) out[size_t(i)] = unit_double(b[size_t(2 * i)], b[size_t(2 * i + 1)]);
      else if constexpr (std::is_same_v<T, float>) out[size_t(i)] = unit_float(b[size_t(i)]);
      else if constexpr (std::is_same_v<T, half_t>) out[size_t(i)] = T(float(T::from_bits(uint16_t((b[size_t(i)] & 0x3ffu) | 15u << 10))) - 1.0f);
      else out[size_t(i)] = T(float(T::from_bits(uint16_t((b[size_t(i)] & 0x7fu) | 127u << 7))) - 1.0f);
    }
    return out;
  }
};

// --- integers: all values of the type, or low + bits % range ---

template <class T>
struct FullInt {
  static constexpr int kCount = sizeof(T) == 8 ? 2 : 4;
  std::array<T, kCount> operator()(const Philox::Block& b) const {
    std::array<T, kCount> out;
    for (size_t i = 0; i < kCount; ++i) out[i] = sizeof(T) == 8 ? T(uint64_t(b[2 * i]) | uint64_t(b[(2 * i + 1) % 4]) << 32) : T(b[i]);
    return out;
  }
};
template <class T>
struct UniformInt {
  using Unsigned = std::make_unsigned_t<T>;
  static constexpr int kCount = FullInt<T>::kCount;
  T low;
  Unsigned range;
  UniformInt(T low, T high) : low(low), range(Unsigned(high) - Unsigned(low)) {}
  std::array<T, kCount> operator()(const Philox::Block& b) const {
    auto bits = FullInt<Unsigned>()(b);
    std::array<T, kCount> out;
    for (size_t i = 0; i < kCount; ++i) out[i] = T(Unsigned(low) + bits[i] % range);
    return out;
  }
};

// --- normal, by the method of Box and Muller ---

inline std::array<float, 2> box_muller(uint32_t x0, uint32_t x1) {
  float u1 = std::max(unit_float(x0), 1.0e-7f);
  float angle = float(2.0f * 3.14159265358979323846 * unit_float(x1)), radius = std::sqrt(-2.0f * std::log(u1));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}
inline std::array<double, 2> box_muller(uint32_t x0, uint32_t x1, uint32_t x2, uint32_t x3) {
  double u1 = std::max(unit_double(x0, x1), 1.0e-7);
  double angle = 2 * 3.14159265358979323846 * unit_double(x2, x3), radius = std::sqrt(-2.0 * std::log(u1));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}

template <class T>
struct Normal {
  static constexpr int kCount = sizeof(T) == 8 ? 2 : 4;
  std::array<T, kCount> operator()(const Philox::Block& b) const {
    if constexpr (std::is_same_v<T, double>) {
      return box_muller(b[0], b[1], b[2], b[3]);
    } else {
      auto first = box_muller(b[0], b[1]), second = box_muller(b[2], b[3]);
      return {T(first[0]), T(first[1]), T(second[0]), T(second[1])};
    }
  }
};

/// Normal numbers within two standard deviations: others are drawn again, from a stream that belongs to the group.
template <class T>
struct TruncatedNormal {
  static constexpr int kCount = sizeof(T) == 8 ? 2 : 4;
  std::array<T, kCount> operator()(PhiloxStream& bits) const {
    std::array<T, kCount> out;
    for (size_t n = 0; n < kCount;) {
      auto keep = [&](auto pair) {
        for (auto v : pair)
          if (std::abs(v) < 2 && n < kCount) out[n++] = T(v);
      };
      uint32_t x0 = bits(), x1 = bits();
      if constexpr (std::is_same_v<T, double>) {
        uint32_t x2 = bits(), x3 = bits();
        keep(box_muller(x0, x1, x2, x3));
      } else {
        keep(box_muller(x0, x1));
      }
    }
    return out;
  }
};

/// What TensorFlow sets aside per output, in numbers, for distributions that draw until something fits.
inline constexpr int kReservedPerOutput = 256;

/// out[0..n) from the generator; group i of kCount numbers depends on i alone.
template <class T, class Distribution>
void fill_random(const Philox& generator, const Distribution& distribution, T* out, int64_t n) {
  constexpr int kCount = Distribution::kCount;
  constexpr bool kStreams = std::is_invocable_v<Distribution, PhiloxStream&>;
  int64_t groups = (n + kCount - 1) / kCount;
  parallel_for(groups, 4096, [&](int64_t begin, int64_t end) {
    Philox own = generator;
    if (!kStreams) own.skip(uint64_t(begin));
    for (int64_t g = begin; g < end; ++g) {
      std::array<T, kCount> numbers;
      if constexpr (kStreams) {
        own = generator;
        own.skip(uint64_t(g) * uint64_t(kCount * kReservedPerOutput / 4));
        PhiloxStream bits(own);
        numbers = distribution(bits);
      } else {
        numbers = distribution(own());
      }
      for (int64_t i = g * kCount; i < std::min(n, (g + 1) * kCount); ++i) out[i] = numbers[size_t(i - g * kCount)];
    }
  });
}

}  // namespace runnel::inline v0
