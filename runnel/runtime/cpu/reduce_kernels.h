// Reductions: one struct an operator, and the two loops (along rows, along columns) that serve them all. Elements become
// "lanes" (float for halves, 64 bits for sums of integers); lanes of a few hundred elements are combined side by side and
// then go into a "state" (double for sums of floats), so that long sums keep their accuracy.
#pragma once

#include <string.h>

#include "runnel/runtime/cpu/elementwise_rows.h"
#include "runnel/runtime/cpu/reduce_table.h"
#include "runnel/runtime/cpu/simd.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

// --- operators: T is the type of the result before it is narrowed to a half --------------------------------------------

template <class T>
struct Accumulator {  // integers: sums and products modulo 2^64 hold modulo any smaller power too
  using Lane = int64_t;
  using State = int64_t;
};
template <>
struct Accumulator<float> {
  using Lane = float;
  using State = double;
};
template <>
struct Accumulator<double> {
  using Lane = double;
  using State = double;
};

// `Loops` is the operator whose loops serve this one: those that differ in their elements or in the end only share their code.
template <class T>
struct Sum : Accumulator<T> {
  using Loops = Sum<typename Accumulator<T>::Lane>;
  using typename Accumulator<T>::Lane;
  using typename Accumulator<T>::State;
  static constexpr bool kMaps = false;  // whether map() does anything
  static Lane map(Lane x) { return x; }
  static State identity() { return State(0); }
  template <class V> static RUNNEL_INLINE V combine(V a, V b) { return a + b; }
  static T finish(State s, int64_t) { return T(s); }
};
template <class T>
struct Mean : Sum<T> {
  using typename Sum<T>::State;
  static constexpr bool kIsReal = requires(State s) { s < s; };
  static T finish(State s, int64_t count) {
    if constexpr (__is_same(State, int64_t)) return count == 0 ? T(0) : T(s / count);
    else if (!kIsReal && count == 0) return T(State(0));  // as TensorFlow; the mean of no real numbers is NaN
    else return T(s / double(count));
  }
};
template <class T>
struct SumSquares : Sum<T> {
  using Loops = SumSquares<typename Accumulator<T>::Lane>;
  using typename Sum<T>::Lane;
  static constexpr bool kMaps = true;
  static Lane map(Lane x) { return times(x, conjugate(x)); }
};
template <class T>
struct SumAbs : Sum<T> {
  using Loops = SumAbs;
  static constexpr bool kMaps = true;
  static T map(T x) { return x < T(0) ? -x : x; }
};
static inline double square_root(double x) { return __builtin_sqrt(x); }
template <class T>
struct EuclideanNorm : SumSquares<T> {
  static T finish(typename Sum<T>::State s, int64_t) { return T(square_root(s)); }
};
template <class T>
struct Prod : Sum<T> {
  using Loops = Prod<typename Accumulator<T>::Lane>;
  using typename Sum<T>::State;
  static State identity() { return State(1); }
  template <class V> static RUNNEL_INLINE V combine(V a, V b) { return a * b; }
};

template <class T>
static constexpr T lowest() {
  if constexpr (kIsFloat<T>) return -T(__builtin_inf());
  else return kIsSigned<T> ? T(uint64_t(1) << (8 * sizeof(T) - 1)) : T(0);
}
template <class T>
static constexpr T highest() {
  if constexpr (kIsFloat<T>) return T(__builtin_inf());
  else return T(~lowest<T>());
}
template <class T>
struct Max {  // NaN wins
  using Loops = Max;
  using Lane = T;
  using State = T;
  static constexpr bool kMaps = false;
  static T map(T x) { return x; }
  static T identity() { return lowest<T>(); }
  template <class V> static RUNNEL_INLINE V combine(V a, V b) { return ((a < b) | (b != b)) ? b : a; }
  static T finish(T s, int64_t) { return s; }
};
template <class T>
struct Min : Max<T> {
  using Loops = Min;
  static T identity() { return highest<T>(); }
  template <class V> static RUNNEL_INLINE V combine(V a, V b) { return ((a > b) | (b != b)) ? b : a; }
};
template <class T>
struct Any : Max<T> {  // of bytes 0 and 1
  using Loops = Any;
  static T identity() { return 0; }
  template <class V> static RUNNEL_INLINE V combine(V a, V b) { return V(a | b); }
};
template <class T>
struct All : Max<T> {
  using Loops = All;
  static T identity() { return 1; }
  template <class V> static RUNNEL_INLINE V combine(V a, V b) { return V(a & b); }
};

// --- the loops -------------------------------------------------------------------------------------------------------

constexpr int64_t kLaneBuffer = 512;  // lanes converted at a time, and columns taken together
constexpr int64_t kFlushRows = 256;   // rows combined in lanes before they go into states

// What works on blocks of lanes is not inlined: one copy serves many types and operators.
template <class Lane, class Source>
__attribute__((noinline)) void to_lanes(const Source* x, int64_t n, Lane* lanes) {
  if constexpr (__is_same(Source, Half) || __is_same(Source, Bfloat16)) widen(x, lanes, n);
  else
    for (int64_t i = 0; i < n; ++i) lanes[i] = Lane(x[i]);
}

template <class Op, class Lane>
__attribute__((noinline)) void map_lanes(const Lane* x, int64_t n, Lane* y) {
  for (int64_t i = 0; i < n; ++i) y[i] = Op::map(x[i]);
}

/// The elements as lanes: in place where they are lanes already, else in `buffer`.
template <class Op, class Source>
static inline const typename Op::Lane* as_lanes(const Source* x, int64_t n, typename Op::Lane* buffer) {
  using Lane = typename Op::Lane;
  if constexpr (__is_same(Source, Lane)) {
    if constexpr (!Op::kMaps) return x;
    map_lanes<Op>(x, n, buffer);
  } else {
    to_lanes(x, n, buffer);
    if constexpr (Op::kMaps) map_lanes<Op>(buffer, n, buffer);
  }
  return buffer;
}

template <class T>
constexpr bool kHasVectors = requires(T x) { x < x; };  // not complex numbers

/// All of n lanes, combined into the state: 256 bytes side by side, whatever the vectors' width, so that every instruction
/// set gives the same sum.
template <class Op>
static inline typename Op::State take_lanes(const typename Op::Lane* x, int64_t n, typename Op::State state) {
  using Lane = typename Op::Lane;
  int64_t i = 0;
  if constexpr (kHasVectors<Lane>) {
    using V = typename Vec<Lane>::type;
    constexpr int kWidth = kLanes<Lane>, kTogether = 256 / int(sizeof(Lane)), kVectors = kTogether / kWidth;
    if (n >= kTogether) {
      V sums[kVectors];
      for (int v = 0; v < kVectors; ++v) sums[v] = load(x + v * kWidth);
      for (i = kTogether; i + kTogether <= n; i += kTogether)
        for (int v = 0; v < kVectors; ++v) sums[v] = Op::combine(sums[v], load(x + i + v * kWidth));
      constexpr int kQuarter = kVectors / 4;
      for (int v = 0; v < kQuarter; ++v)
        sums[v] = Op::combine(Op::combine(sums[v], sums[v + kQuarter]), Op::combine(sums[v + 2 * kQuarter], sums[v + 3 * kQuarter]));
      using State = typename Op::State;
      State parts[4] = {state, Op::identity(), Op::identity(), Op::identity()};  // one would wait for each of its additions
      for (int k = 0; k < kTogether / 4; ++k) parts[k % 4] = Op::combine(parts[k % 4], State(Lane(sums[k / kWidth][k % kWidth])));
      for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; ++k) parts[k] = Op::combine(parts[k], State(x[i + k]));
      state = Op::combine(Op::combine(parts[0], parts[1]), Op::combine(parts[2], parts[3]));
    }
  }
  for (; i < n; ++i) state = Op::combine(state, typename Op::State(x[i]));
  return state;
}

/// Four rows at a time, each in its order: one would wait for each of its additions. Returns how many rows are done.
template <class Op>
static inline int64_t reduce_short_rows(const typename Op::Lane* x, int64_t rows, int64_t stride, int64_t n, typename Op::State* state) {
  using State = typename Op::State;
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4, x += 4 * stride) {
    State a = state[r], b = state[r + 1], c = state[r + 2], d = state[r + 3];
    for (int64_t i = 0; i < n; ++i) {
      a = Op::combine(a, State(x[i]));
      b = Op::combine(b, State(x[i + stride]));
      c = Op::combine(c, State(x[i + 2 * stride]));
      d = Op::combine(d, State(x[i + 3 * stride]));
    }
    state[r] = a, state[r + 1] = b, state[r + 2] = c, state[r + 3] = d;
  }
  return r;
}

template <class Op, class Source>
void reduce_rows(const void* x, int64_t rows, int64_t stride, int64_t n, void* states) {
  using Lane = typename Op::Lane;
  auto* state = static_cast<typename Op::State*>(states);
  Lane buffer[kLaneBuffer];
  int64_t done = 0;
  if constexpr (__is_same(Source, Lane) && !Op::kMaps && kHasVectors<Lane>)
    if (n < 4 * kLanes<Lane>) done = reduce_short_rows<Op>(static_cast<const Lane*>(x), rows, stride, n, state);
  for (int64_t r = done; r < rows; ++r) {
    const Source* row = static_cast<const Source*>(x) + r * stride;
    for (int64_t i = 0; i < n; i += kLaneBuffer) {
      int64_t m = n - i < kLaneBuffer ? n - i : kLaneBuffer;
      state[r] = take_lanes<Op>(as_lanes<Op>(row + i, m, buffer), m, state[r]);
    }
  }
}

/// sums[c] takes in four rows, or one.
template <class Op, class Lane>
__attribute__((noinline)) void add_rows(const Lane* a, const Lane* b, const Lane* c, const Lane* d, int64_t n, Lane* sums) {
  RUNNEL_INDEPENDENT
  for (int64_t i = 0; i < n; ++i)
    sums[i] = Op::combine(sums[i], Op::combine(Op::combine(a[i], b[i]), Op::combine(c[i], d[i])));
}
template <class Op, class Lane>
__attribute__((noinline)) void add_row(const Lane* a, int64_t n, Lane* sums) {
  RUNNEL_INDEPENDENT
  for (int64_t i = 0; i < n; ++i) sums[i] = Op::combine(sums[i], a[i]);
}

/// At most kLaneBuffer columns; column c belongs to state c % groups.
template <class Op, class Source>
static void reduce_strip(const Source* x, int64_t rows, int64_t stride, int64_t cols, int64_t groups,
                         typename Op::State* states) {
  using Lane = typename Op::Lane;
  Lane sums[kLaneBuffer], a[kLaneBuffer], b[kLaneBuffer], c[kLaneBuffer], d[kLaneBuffer];
  for (int64_t start = 0; start < rows; start += kFlushRows) {
    int64_t end = rows - start < kFlushRows ? rows : start + kFlushRows, r = start;
    for (int64_t i = 0; i < cols; ++i) sums[i] = Lane(Op::identity());
    for (; r + 4 <= end; r += 4) {
      const Source* p = x + r * stride;
      add_rows<Op, Lane>(as_lanes<Op>(p, cols, a), as_lanes<Op>(p + stride, cols, b),
                         as_lanes<Op>(p + 2 * stride, cols, c), as_lanes<Op>(p + 3 * stride, cols, d), cols, sums);
    }
    for (; r < end; ++r) add_row<Op, Lane>(as_lanes<Op>(x + r * stride, cols, a), cols, sums);
    for (int64_t i = 0, g = 0; i < cols; ++i, g = g + 1 == groups ? 0 : g + 1)
      states[g] = Op::combine(states[g], typename Op::State(sums[i]));
  }
}

template <class Op, class Source>
void reduce_columns(const void* x, int64_t rows, int64_t stride, int64_t cols, void* states) {
  const Source* p = static_cast<const Source*>(x);
  auto* state = static_cast<typename Op::State*>(states);
  if (stride == cols && cols < 64 && rows * cols >= 256) {  // several short rows make a long one
    int64_t together = 256 / cols, long_rows = rows / together;
    reduce_strip<Op>(p, long_rows, together * cols, together * cols, cols, state);
    int64_t done = long_rows * together;
    return reduce_strip<Op>(p + done * cols, rows - done, stride, cols, cols, state);
  }
  for (int64_t c = 0; c < cols; c += kLaneBuffer) {
    int64_t m = cols - c < kLaneBuffer ? cols - c : kLaneBuffer;
    reduce_strip<Op>(p + c, rows, stride, m, m, state + c);
  }
}

template <class Op>
void init_states(void* states, int64_t n) {
  for (int64_t i = 0; i < n; ++i) static_cast<typename Op::State*>(states)[i] = Op::identity();
}
template <class Op>
void merge_states(const void* others, int64_t n, void* states) {
  auto* s = static_cast<typename Op::State*>(states);
  auto* o = static_cast<const typename Op::State*>(others);
  for (int64_t i = 0; i < n; ++i) s[i] = Op::combine(s[i], o[i]);
}
template <class Op, class T, class Source>
void finish_states(const void* states, int64_t n, int64_t count, void* y) {
  auto* s = static_cast<const typename Op::State*>(states);
  for (int64_t i = 0; i < n; ++i) {
    T value = Op::finish(s[i], count);
    if constexpr (__is_same(Source, Half) || __is_same(Source, Bfloat16)) narrow(&value, static_cast<Source*>(y) + i, 1);
    else static_cast<T*>(y)[i] = value;
  }
}

// --- rows ------------------------------------------------------------------------------------------------------------

template <template <class> class Op, uint32_t Types, int Code>
constexpr void set_reduction(ReduceRow& row) {
  if constexpr ((Types & kCompiled & type_bit(Code)) != 0) {
    constexpr bool kHalf = (type_bit(Code) & kHalves) != 0;
    using Plain = typename TypeOf<kHalf ? kFloat32Code : Code == kBoolCode ? kUint8Code : Code>::type;
    using Source = decltype([] {
      if constexpr (kHalf) return typename HalfOf<Code>::type{};
      else return Plain{};
    }());
    using O = Op<Plain>;
    using L = typename O::Loops;
    row.ops[Code] = {int(sizeof(typename O::State)), init_states<L>,  reduce_rows<L, Source>,
                     reduce_columns<L, Source>,      merge_states<L>, finish_states<O, Plain, Source>};
  }
}

/// The row of a reduction for the given types.
template <template <class> class Op, uint32_t Types>
constexpr ReduceRow reduction_row(const char* name) {
  ReduceRow row{name, {}};
#define RUNNEL_SET(CODE) set_reduction<Op, Types, CODE>(row);
  RUNNEL_EACH_CODE(RUNNEL_SET)
#undef RUNNEL_SET
  return row;
}

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
