// The distributions: uniform by mantissa bits, normal by Box and Muller (1958). Numbers come in groups, one group from
// one Philox block, so any group can be drawn by itself and the bits do not depend on the threads.
#include "runnel/ops/random/fill.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "runnel/op/types.h"
#include "runnel/ops/array/ints.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

using FullInts = TypeList<int32_t, int64_t, uint32_t, uint64_t>;

constexpr int64_t kGrain = 2048;  // groups per task

/// Numbers of T from one block of four 32-bit words.
template <class T>
constexpr int64_t kGroup = sizeof(T) == 8 ? 2 : 4;
template <class T>
using Group = std::array<T, size_t(kGroup<T>)>;

uint64_t join(uint32_t low, uint32_t high) { return low | uint64_t(high) << 32; }

// Random bits below the leading one of a number in [1, 2), less one.
float unit_float(uint32_t x) { return std::bit_cast<float>(0x3f800000u | (x & 0x7fffffu)) - 1.0f; }
double unit_double(uint32_t x0, uint32_t x1) { return std::bit_cast<double>(0x3ffull << 52 | join(x1, x0 & 0xfffffu)) - 1.0; }

std::array<float, 2> box_muller(uint32_t x0, uint32_t x1) {
  const float u = std::max(unit_float(x0), 1.0e-7f);
  const float angle = float(2.0 * M_PI * double(unit_float(x1))), radius = std::sqrt(-2.0f * std::log(u));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}
std::array<double, 2> box_muller_double(const Philox::Counter& x) {
  const double u = std::max(unit_double(x[0], x[1]), 1.0e-7);
  const double angle = 2 * M_PI * unit_double(x[2], x[3]), radius = std::sqrt(-2.0 * std::log(u));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}

template <class T>
Group<T> draw_uniform(Philox& philox) {
  const Philox::Counter x = philox();
  if constexpr (std::is_same_v<T, double>) return {unit_double(x[0], x[1]), unit_double(x[2], x[3])};
  Group<T> out;
  for (size_t i = 0; i < out.size(); ++i) {
    if constexpr (std::is_same_v<T, half_t>) out[i] = half_t::from_bits(uint16_t(0x3c00u | (x[i] & 0x3ffu))) - half_t(1);
    if constexpr (std::is_same_v<T, bfloat16_t>) out[i] = bfloat16_t::from_bits(uint16_t(0x3f80u | (x[i] & 0x7fu))) - bfloat16_t(1);
    if constexpr (std::is_same_v<T, float>) out[i] = unit_float(x[i]);
  }
  return out;
}

template <class T>
Group<T> draw_normal(Philox& philox) {
  const Philox::Counter x = philox();
  if constexpr (std::is_same_v<T, double>) {
    return box_muller_double(x);
  } else {
    const auto a = box_muller(x[0], x[1]), b = box_muller(x[2], x[3]);
    return {T(a[0]), T(a[1]), T(b[0]), T(b[1])};
  }
}

// Normal numbers beyond two standard deviations are thrown away, whole blocks more are drawn until the group is full.
template <class T>
Group<T> draw_truncated(Philox& philox) {
  using Wide = std::conditional_t<kIsHalf<T>, float, T>;
  Group<T> kept;
  for (size_t count = 0;;)
    for (Wide x : draw_normal<Wide>(philox)) {
      if (!(std::abs(x) < Wide(2))) continue;
      kept[count++] = T(x);
      if (count == kept.size()) return kept;
    }
}

template <class T>
Group<T> draw_bits(Philox& philox) {
  const Philox::Counter x = philox();
  if constexpr (sizeof(T) == 8) return {T(join(x[0], x[1])), T(join(x[2], x[3]))};
  else return {T(x[0]), T(x[1]), T(x[2]), T(x[3])};
}

/// Group i begins `skip * i` blocks after the start.
template <class T, class Draw>
void fill_groups(Philox start, Tensor& out, int64_t skip, Draw draw) {
  T* y = out.mutable_data<T>();
  const int64_t n = out.num_elements(), groups = (n + kGroup<T> - 1) / kGroup<T>;
  parallel_for(groups, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t g = begin; g < end; ++g) {
      Philox philox = start;
      philox.skip(uint64_t(g * skip));
      const Group<T> numbers = draw(philox);
      const int64_t first = g * kGroup<T>, count = std::min(kGroup<T>, n - first);
      for (int64_t i = 0; i < count; ++i) y[first + i] = numbers[size_t(i)];
    }
  });
}

}  // namespace

void fill_random(Philox start, Distribution distribution, Tensor& out) {
  if (distribution == Distribution::kFullInt)
    return dispatch<FullInts>(out.dtype(), "random", [&]<class T>() { fill_groups<T>(start, out, 1, draw_bits<T>); });
  dispatch<Floating>(out.dtype(), "random", [&]<class T>() {
    if (distribution == Distribution::kUniform) fill_groups<T>(start, out, 1, draw_uniform<T>);
    if (distribution == Distribution::kNormal) fill_groups<T>(start, out, 1, draw_normal<T>);
    if (distribution == Distribution::kTruncatedNormal)
      fill_groups<T>(start, out, kGroup<T> * kReservedPerNumber / 4, draw_truncated<T>);
  });
}

void fill_random_int(Philox start, const char* where, const Tensor& low, const Tensor& high, Tensor& out) {
  if (out.num_elements() == 0) return;
  dispatch<FullInts>(out.dtype(), where, [&]<class T>() {
    using U = std::make_unsigned_t<T>;
    const T first = low.item<T>(), last = high.item<T>();
    if (!(first < last)) fail<errors::InvalidArgumentError>(where, cat("Need minval < maxval, got ", first, " >= ", last));
    const U range = U(last) - U(first);
    fill_groups<T>(start, out, 1, [&](Philox& philox) {
      Group<T> numbers = draw_bits<T>(philox);
      for (T& x : numbers) x = T(U(first) + U(x) % range);
      return numbers;
    });
  });
}

Philox philox_of_seed(const Tensor& seed) {
  const Dims values = read_ints(seed);
  const Philox::Counter mix = Philox(uint64_t(values[0]), uint64_t(values[1]), 0x02461e293ec8f720)();
  return Philox(0, join(mix[2], mix[3]), join(mix[0], mix[1]));
}

}  // namespace runnel::inline v0
