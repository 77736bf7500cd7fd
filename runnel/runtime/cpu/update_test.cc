#include "runnel/runtime/cpu/update.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "runnel/runtime/cpu/isa.h"

using namespace runnel;
using cpu::Isa;

namespace {

constexpr int64_t kSize = 40001;  // several tasks, and a rest that fills no vector

std::vector<float> numbers(int seed) {
  std::vector<float> x(static_cast<size_t>(kSize));
  for (size_t i = 0; i < x.size(); ++i) x[i] = float((i + size_t(seed)) * 7919 % 2003) / 1000 - 1;
  return x;
}

template <class Body>
void for_each_isa(Body body) {
  Isa before = cpu::isa();
  for (Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    if (!cpu::isa_available(isa)) continue;
    cpu::set_isa(isa);
    body();
  }
  cpu::set_isa(before);
}

}  // namespace

TEST_CASE("Adam's loop gives the bits of its formula on every instruction set") {
  const float beta1 = 0.9f, beta2 = 0.999f, alpha = 0.01f, epsilon = 1e-7f;
  for (bool given : {false, true})
    for_each_isa([&] {
      std::vector<float> var = numbers(1), m = numbers(2), v = numbers(3), grad = numbers(4), squares = numbers(5);
      for (float& x : v) x = std::abs(x);
      for (float& x : squares) x = std::abs(x);
      std::vector<float> var0 = var, m0 = m, v0 = v;
      cpu::update(cpu::Adam<float>{var.data(), m.data(), v.data(), grad.data(), alpha, 1 - beta1, 1 - beta2, epsilon, given ? squares.data() : nullptr}, kSize);
      int64_t wrong = 0;
      for (size_t i = 0; i < var.size(); ++i) {
        volatile float square = given ? squares[i] : grad[i] * grad[i];
        volatile float first = (grad[i] - m0[i]) * (1 - beta1), second = (square - v0[i]) * (1 - beta2);
        volatile float new_m = m0[i] + first, new_v = v0[i] + second;
        wrong += m[i] != new_m || v[i] != new_v || var[i] != var0[i] - new_m * alpha / (std::sqrt(new_v) + epsilon);
      }
      CHECK(wrong == 0);
    });
}

TEST_CASE("momentum and descent give the bits of their formulas on every instruction set") {
  for (bool nesterov : {false, true})
    for_each_isa([&] {
      std::vector<float> var = numbers(1), accum = numbers(2), grad = numbers(3), plain = var;
      std::vector<float> var0 = var, accum0 = accum;
      cpu::update(cpu::Momentum<float>{var.data(), accum.data(), grad.data(), 0.1f, 0.9f, nesterov}, kSize);
      cpu::update(cpu::Descent<float>{plain.data(), grad.data(), 0.1f}, kSize);
      int64_t wrong = 0;
      for (size_t i = 0; i < var.size(); ++i) {
        volatile float kept = accum0[i] * 0.9f, pull = grad[i] * 0.1f;
        volatile float speed = kept - pull, ahead = speed * 0.9f;
        wrong += accum[i] != speed || var[i] != var0[i] + (nesterov ? ahead - pull : speed) || plain[i] != var0[i] - pull;
      }
      CHECK(wrong == 0);
    });
}
