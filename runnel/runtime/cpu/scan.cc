// Along one dimension: the position of the largest or smallest element, and cumulative sums and products.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "runnel/base/error.h"
#include "runnel/runtime/cpu/reduce.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::cpu {
namespace {

constexpr int64_t kGrain = 32768;  // elements a task

template <class T>
constexpr bool kIsHalf = std::is_same_v<T, half_t> || std::is_same_v<T, bfloat16_t>;
template <class T>
constexpr bool kIsComplex = std::is_same_v<T, complex64_t> || std::is_same_v<T, complex128_t>;
/// What T is computed in: float for halves; integers wrap around.
template <class T>
using Compute = std::conditional_t<kIsHalf<T>, float, std::conditional_t<std::is_integral_v<T>, uint64_t, T>>;

template <class T>
T worst(bool largest) {
  using Limits = std::numeric_limits<T>;
  if constexpr (Limits::has_infinity) return largest ? -Limits::infinity() : Limits::infinity();
  else return largest ? Limits::lowest() : Limits::max();
}

/// Lines are (outer, inner) pairs; `line` gets the offset of the line's first element.
template <class Line>
void each_line(int64_t outer, int64_t count, int64_t inner, Line line) {
  parallel_for(outer * inner, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, count)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) line(i / inner * count * inner + i % inner, i);
  });
}

template <class T, class Index>
void extreme_of_lines(bool largest, const void* x, int64_t outer, int64_t count, int64_t inner, void* y) {
  using C = std::conditional_t<kIsHalf<T>, float, T>;
  each_line(outer, count, inner, [&](int64_t offset, int64_t output) {
    const T* from = static_cast<const T*>(x) + offset;
    C best = worst<C>(largest);
    int64_t at = 0;
    for (int64_t i = 0; i < count; ++i) {
      C value = C(from[i * inner]);
      if (largest ? value > best : value < best) {
        best = value;
        at = i;
      }
    }
    static_cast<Index*>(y)[output] = Index(at);
  });
}

template <class T>
void extreme_of_type(bool largest, const void* x, int64_t outer, int64_t count, int64_t inner, DType out_type, void* y) {
  switch (out_type.code()) {
    case DType::kInt16: return extreme_of_lines<T, int16_t>(largest, x, outer, count, inner, y);
    case DType::kUint16: return extreme_of_lines<T, uint16_t>(largest, x, outer, count, inner, y);
    case DType::kInt32: return extreme_of_lines<T, int32_t>(largest, x, outer, count, inner, y);
    default: return extreme_of_lines<T, int64_t>(largest, x, outer, count, inner, y);
  }
}

enum class Scan { kSum, kProduct, kLogSumExp };

template <class C>
C log_add_exp(C a, C b) {
  C top = std::max(a, b), low = std::min(a, b);
  if (a != a || b != b) return a + b;
  if (top == -std::numeric_limits<C>::infinity() || top == std::numeric_limits<C>::infinity()) return top;
  return top + std::log1p(std::exp(low - top));
}

template <class T>
void scan_lines(Scan scan, const void* x, int64_t outer, int64_t count, int64_t inner, bool exclusive, bool reverse, void* y) {
  using C = Compute<T>;
  each_line(outer, count, inner, [&](int64_t offset, int64_t) {
    int64_t step = reverse ? -inner : inner, start = offset + (reverse ? (count - 1) * inner : 0);
    const T* from = static_cast<const T*>(x) + start;
    T* to = static_cast<T*>(y) + start;
    C total = scan == Scan::kProduct ? C(1) : C(0);
    if constexpr (std::is_floating_point_v<C>)
      if (scan == Scan::kLogSumExp) total = -std::numeric_limits<C>::infinity();
    for (int64_t i = 0; i < count; ++i) {
      C value = C(from[i * step]), before = total;
      if (scan == Scan::kSum) total = total + value;
      else if (scan == Scan::kProduct) total = total * value;
      else if constexpr (std::is_floating_point_v<C>) total = log_add_exp(total, value);
      to[i * step] = T(exclusive ? before : total);
    }
  });
}

}  // namespace

#define RUNNEL_REAL_TYPES(DO)                                                                          \
  DO(kFloat32, float) DO(kFloat64, double) DO(kFloat16, half_t) DO(kBfloat16, bfloat16_t)              \
  DO(kInt8, int8_t) DO(kInt16, int16_t) DO(kInt32, int32_t) DO(kInt64, int64_t) DO(kUint8, uint8_t)    \
  DO(kUint16, uint16_t) DO(kUint32, uint32_t) DO(kUint64, uint64_t)

void arg_extreme(bool largest, DType type, const void* x, int64_t outer, int64_t count, int64_t inner, DType out_type,
                 void* y) {
  switch (type.code()) {
#define RUNNEL_CASE(CODE, T) \
  case DType::CODE: return extreme_of_type<T>(largest, x, outer, count, inner, out_type, y);
    RUNNEL_REAL_TYPES(RUNNEL_CASE)
    case DType::kBool: return extreme_of_type<uint8_t>(largest, x, outer, count, inner, out_type, y);
#undef RUNNEL_CASE
    default: RUNNEL_ASSERT(!"a type with an order");
  }
}

bool run_scan(std::string_view op, DType type, const void* x, int64_t outer, int64_t count, int64_t inner,
              bool exclusive, bool reverse, void* y) {
  Scan scan = op == "Cumprod" ? Scan::kProduct : op == "CumulativeLogsumexp" ? Scan::kLogSumExp : Scan::kSum;
  if (scan == Scan::kLogSumExp && !type.is_floating()) return false;
  switch (type.code()) {
#define RUNNEL_CASE(CODE, T) \
  case DType::CODE: scan_lines<T>(scan, x, outer, count, inner, exclusive, reverse, y); return true;
    RUNNEL_REAL_TYPES(RUNNEL_CASE)
    RUNNEL_CASE(kComplex64, complex64_t)
    RUNNEL_CASE(kComplex128, complex128_t)
#undef RUNNEL_CASE
    default: return false;
  }
}

}  // namespace runnel::inline v0::cpu
