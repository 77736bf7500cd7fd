// The inner loops of optimizers' updates. The arrays do not overlap, which __restrict__ tells the compiler.
#include "runnel/runtime/cpu/math.h"
#include "runnel/runtime/cpu/update_table.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

template <class T>
void descent(const Descent<T>& step, int64_t begin, int64_t end) {
  T* __restrict__ var = step.var;
  const T* __restrict__ grad = step.grad;
  const T alpha = step.alpha;
  for (int64_t i = begin; i < end; ++i) var[i] -= alpha * grad[i];
}

template <class T, bool kNesterov>
static inline void momentum_loop(const Momentum<T>& step, int64_t begin, int64_t end) {
  T *__restrict__ var = step.var, *__restrict__ accum = step.accum;
  const T* __restrict__ grad = step.grad;
  const T rate = step.rate, keep = step.momentum;
  for (int64_t i = begin; i < end; ++i) {
    const T speed = accum[i] * keep - grad[i] * rate;
    accum[i] = speed;
    var[i] += kNesterov ? speed * keep - grad[i] * rate : speed;
  }
}

template <class T>
void momentum(const Momentum<T>& step, int64_t begin, int64_t end) {
  step.nesterov ? momentum_loop<T, true>(step, begin, end) : momentum_loop<T, false>(step, begin, end);
}

template <class T, bool kSquares>
static inline void adam_loop(const Adam<T>& step, int64_t begin, int64_t end) {
  T *__restrict__ var = step.var, *__restrict__ first = step.m, *__restrict__ second = step.v;
  const T *__restrict__ grad = step.grad, *__restrict__ squares = step.squares;
  const T alpha = step.alpha, take1 = step.take1, take2 = step.take2, epsilon = step.epsilon;
  for (int64_t i = begin; i < end; ++i) {
    const T g = grad[i], m = first[i] + (g - first[i]) * take1, v = second[i] + ((kSquares ? squares[i] : g * g) - second[i]) * take2;
    first[i] = m;
    second[i] = v;
    var[i] -= m * alpha / (math::sqrt(v) + epsilon);
  }
}

template <class T>
void adam(const Adam<T>& step, int64_t begin, int64_t end) {
  step.squares ? adam_loop<T, true>(step, begin, end) : adam_loop<T, false>(step, begin, end);
}

template <class T>
void decay(const Decay<T>& step, int64_t begin, int64_t end) {
  T* __restrict__ var = step.var;
  const T share = step.decay, rate = step.rate;
  for (int64_t i = begin; i < end; ++i) var[i] -= var[i] * share * rate;
}

template <class T>
static constexpr UpdateKernels<T> update_kernels() {
  return {descent<T>, momentum<T>, adam<T>, decay<T>};
}

extern const UpdateTable update_table;
constinit const UpdateTable update_table = {update_kernels<float>(), update_kernels<double>()};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
