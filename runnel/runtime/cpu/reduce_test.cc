#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "runnel/runtime/cpu/isa.h"
#include "runnel/runtime/cpu/reduce.h"
#include "runnel/runtime/cpu/transpose.h"
#include "runnel/runtime/thread_pool.h"

using namespace runnel;
using cpu::Isa;

namespace {

constexpr Isa kIsas[] = {Isa::portable, Isa::avx2, Isa::avx512};

/// Runs body under every instruction set that this machine has.
template <class Body>
void for_each_isa(Body body) {
  Isa before = cpu::isa();
  for (Isa isa : kIsas) {
    if (!cpu::isa_available(isa)) continue;
    cpu::set_isa(isa);
    body();
  }
  cpu::set_isa(before);
}

std::vector<double> numbers(int64_t n) {
  std::vector<double> x(static_cast<size_t>(n));
  uint32_t seed = 1;
  for (double& v : x) v = double(int32_t(seed = seed * 1664525u + 1013904223u)) * 0x1p-31;
  return x;
}

/// Sums in double over the given axes, by the definition.
std::vector<double> plain_sum(const std::vector<double>& x, const std::vector<int64_t>& dims, const std::vector<int>& axes) {
  int64_t n = 1, kept = 1;
  for (size_t i = 0; i < dims.size(); ++i) {
    n *= dims[i];
    bool reduced = false;
    for (int a : axes) reduced |= a == int(i);
    if (!reduced) kept *= dims[i];
  }
  std::vector<double> y(static_cast<size_t>(kept));
  for (int64_t i = 0; i < n; ++i) {
    int64_t rest = i, index = 0, scale = 1;
    for (int d = int(dims.size()) - 1; d >= 0; --d) {
      int64_t at = rest % dims[size_t(d)];
      rest /= dims[size_t(d)];
      bool reduced = false;
      for (int a : axes) reduced |= a == d;
      if (reduced) continue;
      index += at * scale;
      scale *= dims[size_t(d)];
    }
    y[size_t(index)] += x[size_t(i)];
  }
  return y;
}

}  // namespace

TEST_CASE("sums over any axes agree with the definition") {
  const std::vector<int64_t> shapes[] = {{5}, {3, 7}, {70, 3}, {2, 3, 4}, {17, 5, 33}, {2, 3, 4, 5}, {1000, 130}, {1, 9, 1, 600}};
  for_each_isa([&] {
    for (const auto& dims : shapes) {
      int64_t n = 1;
      for (int64_t d : dims) n *= d;
      std::vector<double> x = numbers(n);
      std::vector<float> xf(x.begin(), x.end());
      std::vector<double> exact(xf.begin(), xf.end());
      for (int mask = 0; mask < (1 << dims.size()); ++mask) {
        std::vector<int> axes;
        for (int i = 0; i < int(dims.size()); ++i)
          if (mask >> i & 1) axes.push_back(i);
        std::vector<double> want = plain_sum(exact, dims, axes);
        std::vector<float> got(want.size());
        std::vector<double> got_double(want.size());
        cpu::run_reduction(cpu::reduction("Sum", float32), xf.data(), dims, axes, got.data());
        cpu::run_reduction(cpu::reduction("Sum", float64), exact.data(), dims, axes, got_double.data());
        for (size_t i = 0; i < want.size(); ++i) {
          CHECK(std::abs(got[i] - want[i]) < 1e-6 * (1 + std::abs(want[i])) * std::sqrt(double(n) / double(want.size())));
          CHECK(got_double[i] == doctest::Approx(want[i]).epsilon(1e-12));
        }
      }
    }
  });
}

TEST_CASE("sums have the same bits at any number of threads") {
  std::vector<double> x = numbers(700000);
  std::vector<float> xf(x.begin(), x.end());
  int64_t dims[] = {1000, 700};
  for (std::vector<int> axes : {std::vector<int>{0}, {1}, {0, 1}}) {
    std::vector<float> first(1000), second(1000);
    set_num_threads(1);
    cpu::run_reduction(cpu::reduction("Sum", float32), xf.data(), dims, axes, first.data());
    set_num_threads(3);
    cpu::run_reduction(cpu::reduction("Sum", float32), xf.data(), dims, axes, second.data());
    set_num_threads(0);
    CHECK(std::memcmp(first.data(), second.data(), first.size() * 4) == 0);
  }
}

TEST_CASE("NaN wins in Max and Min; empty reductions give the identity") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  for_each_isa([&] {
    for (int64_t n : {3, 40, 300, 2000}) {
      for (int64_t at : {int64_t(0), n / 2, n - 1}) {
        std::vector<float> x(size_t(n), 1.0f);
        x[size_t(at)] = nan;
        int axes[] = {0};
        float y = 0;
        for (const char* op : {"Max", "Min"}) {
          cpu::run_reduction(cpu::reduction(op, float32), x.data(), {&n, 1}, axes, &y);
          CHECK(std::isnan(y));
        }
        x[size_t(at)] = -5;
        cpu::run_reduction(cpu::reduction("Min", float32), x.data(), {&n, 1}, axes, &y);
        CHECK(y == -5);
        int64_t columns[] = {n, 1};
        cpu::run_reduction(cpu::reduction("Min", float32), x.data(), columns, axes, &y);
        CHECK(y == -5);
      }
    }
    int64_t none[] = {0};
    int axes[] = {0};
    float y = 0;
    const std::pair<const char*, float> identities[] = {{"Sum", 0.0f}, {"Prod", 1.0f}, {"Max", -inf}, {"Min", inf}};
    for (auto [op, identity] : identities) {
      cpu::run_reduction(cpu::reduction(op, float32), nullptr, none, axes, &y);
      CHECK(y == identity);
    }
    cpu::run_reduction(cpu::reduction("Mean", float32), nullptr, none, axes, &y);
    CHECK(std::isnan(y));
    int8_t low = 0;
    cpu::run_reduction(cpu::reduction("Max", int8), nullptr, none, axes, &low);
    CHECK(low == -128);
  });
}

TEST_CASE("integers wrap in sums and not in means; halves accumulate in float; bools") {
  int axes[] = {0};
  int64_t n = 300;
  std::vector<int8_t> ones(300, 1);
  int8_t y = 0;
  cpu::run_reduction(cpu::reduction("Sum", int8), ones.data(), {&n, 1}, axes, &y);
  CHECK(int(y) == 44);
  cpu::run_reduction(cpu::reduction("Mean", int8), ones.data(), {&n, 1}, axes, &y);
  CHECK(int(y) == 1);
  int64_t many = 5000;
  std::vector<half_t> h(5000, half_t(1.0f));
  half_t total;
  cpu::run_reduction(cpu::reduction("Sum", float16), h.data(), {&many, 1}, axes, &total);
  CHECK(float(total) == 5000.0f);
  bool flags[300] = {}, any = true, all = true;
  cpu::run_reduction(cpu::reduction("Any", bool_), flags, {&n, 1}, axes, &any);
  CHECK(!any);
  flags[299] = true;
  cpu::run_reduction(cpu::reduction("Any", bool_), flags, {&n, 1}, axes, &any);
  cpu::run_reduction(cpu::reduction("All", bool_), flags, {&n, 1}, axes, &all);
  CHECK(any);
  CHECK(!all);
  complex64_t z[] = {{1, 2}, {3, -5}}, sum, product;
  int64_t two = 2;
  cpu::run_reduction(cpu::reduction("Sum", complex64), z, {&two, 1}, axes, &sum);
  cpu::run_reduction(cpu::reduction("Prod", complex64), z, {&two, 1}, axes, &product);
  CHECK(sum == complex64_t(4, -3));
  CHECK(product == complex64_t(13, 1));
}
