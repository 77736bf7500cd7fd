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

template <class Step>
void update(const Step& step) {
  cpu::Update all{step, kSize};
  cpu::update_all({&all, 1});
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
      update(cpu::Adam<float>{var.data(), m.data(), v.data(), grad.data(), alpha, 1 - beta1, 1 - beta2, epsilon, given ? squares.data() : nullptr});
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
      update(cpu::Momentum<float>{var.data(), accum.data(), grad.data(), 0.1f, 0.9f, nesterov});
      update(cpu::Descent<float>{plain.data(), grad.data(), 0.1f});
      int64_t wrong = 0;
      for (size_t i = 0; i < var.size(); ++i) {
        volatile float kept = accum0[i] * 0.9f, pull = grad[i] * 0.1f;
        volatile float speed = kept - pull, ahead = speed * 0.9f;
        wrong += accum[i] != speed || var[i] != var0[i] + (nesterov ? ahead - pull : speed) || plain[i] != var0[i] - pull;
      }
      CHECK(wrong == 0);
    });
}

TEST_CASE("updates of many weights at once give the bits of one after the other") {
  const std::vector<int64_t> sizes = {3, 0, 40001, 1, 1, 16384, 700, 5};
  for_each_isa([&] {
    std::vector<std::vector<float>> at_once, in_turn;
    std::vector<float> grad = numbers(9);
    for (size_t i = 0; i < sizes.size(); ++i) at_once.push_back(numbers(int(i)));
    in_turn = at_once;
    std::vector<cpu::Update> updates;
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (i % 2) updates.push_back({cpu::Decay<float>{at_once[i].data(), 0.01f, 0.1f}, sizes[i]});
      else updates.push_back({cpu::Descent<float>{at_once[i].data(), grad.data(), 0.1f}, sizes[i]});
    }
    cpu::update_all(updates);
    int64_t wrong = 0;
    for (size_t i = 0; i < sizes.size(); ++i)
      for (size_t k = 0; k < grad.size(); ++k) {
        volatile float share = in_turn[i][k] * 0.01f, pull = i % 2 ? share * 0.1f : grad[k] * 0.1f;
        wrong += at_once[i][k] != (int64_t(k) < sizes[i] ? in_turn[i][k] - pull : in_turn[i][k]);
      }
    CHECK(wrong == 0);
  });
}
