// LeakyRelu and its gradient. y may be an input.
#include "runnel/runtime/cpu/elementwise_rows.h"
#include "runnel/runtime/cpu/leaky_table.h"

namespace runnel::inline v0::cpu::RUNNEL_ISA {

template <class T>
void leaky(const T* x, int64_t n, T alpha, T* y) {
  RUNNEL_INDEPENDENT
  for (int64_t i = 0; i < n; ++i) y[i] = x[i] > 0 ? x[i] : x[i] * alpha;
}

template <class T>
void leaky_grad(const T* dy, const T* x, int64_t n, T alpha, T* dx) {
  RUNNEL_INDEPENDENT
  for (int64_t i = 0; i < n; ++i) dx[i] = x[i] > 0 ? dy[i] : dy[i] * alpha;
}

extern const LeakyTable leaky_table;
constinit const LeakyTable leaky_table = {{leaky<float>, leaky_grad<float>}, {leaky<double>, leaky_grad<double>}};

}  // namespace runnel::inline v0::cpu::RUNNEL_ISA
