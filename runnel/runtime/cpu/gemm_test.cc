#include "runnel/runtime/cpu/gemm.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "runnel/runtime/cpu/isa.h"
#include "runnel/runtime/thread_pool.h"

namespace tf = runnel;
namespace cpu = runnel::cpu;
using cpu::Activation;
using cpu::Gemm;

namespace {

// Small integers with a sign, from a fixed sequence: their products are exact in float.
int64_t next_small() {
  static uint64_t state = 1;
  state = state * 6364136223846793005u + 1442695040888963407u;
  return int64_t(state >> 33) % 9 - 4;
}

template <class T>
std::vector<T> random_values(int64_t count) {
  std::vector<T> out(static_cast<size_t>(count));
  for (T& x : out) {
    if constexpr (requires { x.real(); }) {
      x = T(float(next_small()), float(next_small()));
    } else {
      x = T(int(next_small()));
    }
  }
  return out;
}

template <class T>
T at(const T* p, int64_t i, int64_t j, int64_t ld, bool transposed) {
  return transposed ? p[j * ld + i] : p[i * ld + j];
}

// Runs each instruction set of this machine.
template <class F>
void for_each_isa(F body) {
  cpu::Isa before = cpu::isa();
  for (cpu::Isa set : {cpu::Isa::portable, cpu::Isa::avx2, cpu::Isa::avx512}) {
    if (!cpu::isa_available(set)) continue;
    cpu::set_isa(set);
    CAPTURE(cpu::isa_name());
    body();
  }
  cpu::set_isa(before);
}

struct Options {
  bool ta = false, tb = false, accumulate = false, bias = false, relu = false;
  int64_t pad = 0;
};

template <class T>
void check_product(int64_t m, int64_t n, int64_t k, Options o) {
  CAPTURE(m);
  CAPTURE(n);
  CAPTURE(k);
  CAPTURE(o.ta);
  CAPTURE(o.tb);
  CAPTURE(o.accumulate);
  int64_t lda = (o.ta ? m : k) + o.pad, ldb = (o.tb ? k : n) + o.pad, ldc = n + o.pad;
  auto a = random_values<T>((o.ta ? k : m) * lda), b = random_values<T>((o.tb ? n : k) * ldb);
  auto c = random_values<T>(m * ldc), bias = random_values<T>(n);
  auto want = c;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      T& x = want[size_t(i * ldc + j)];
      if (!o.accumulate) x = T(0);
      for (int64_t p = 0; p < k; ++p) x += at(a.data(), i, p, lda, o.ta) * at(b.data(), p, j, ldb, o.tb);
      if (o.bias) x += bias[size_t(j)];
      if constexpr (!requires { x.real(); }) {
        if (o.relu && x < T(0)) x = T(0);
      }
    }
  }
  cpu::gemm(Gemm<T>{.m = m, .n = n, .k = k, .a = a.data(), .b = b.data(), .c = c.data(), .transpose_a = o.ta,
                    .transpose_b = o.tb, .accumulate = o.accumulate, .lda = lda, .ldb = ldb, .ldc = ldc,
                    .epilogue = {o.bias ? bias.data() : nullptr, o.relu ? Activation::relu : Activation::none}});
  CHECK((c.empty() || std::memcmp(c.data(), want.data(), c.size() * sizeof(T)) == 0));  // the padding of the rows as well
}

constexpr Options kOptions[] = {{},
                                {.ta = true},
                                {.tb = true},
                                {.ta = true, .tb = true},
                                {.accumulate = true, .bias = true, .relu = true, .pad = 3},
                                {.ta = true, .accumulate = true, .pad = 1},
                                {.tb = true, .bias = true, .pad = 5},
                                {.ta = true, .tb = true, .bias = true, .relu = true, .pad = 2}};

template <class T>
void check_sizes() {
  constexpr int64_t kSizes[][3] = {{1, 1, 1},   {1, 1, 100}, {1, 37, 19},  {1, 300, 70}, {37, 1, 19},  {2, 2, 2},
                                   {3, 5, 7},   {4, 8, 16},  {5, 33, 70},  {8, 8, 8},    {13, 17, 31}, {14, 32, 64},
                                   {15, 33, 1}, {16, 16, 16}, {29, 65, 40}, {40, 3, 90},  {40, 7, 5},   {64, 64, 64},
                                   {97, 95, 93}, {100, 130, 350}, {28, 32, 64}, {32, 10, 300}, {300, 13, 140}, {64, 1300, 10}};
  for (auto& [m, n, k] : kSizes) {
    for (const Options& o : kOptions) check_product<T>(m, n, k, o);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("gemm equals the sum of products for all sizes and layouts", T, float, double) {
  for_each_isa([] { check_sizes<T>(); });
}

TEST_CASE_TEMPLATE("gemm of any small size", T, float, double) {
  for_each_isa([] {
    auto size = [] { return (next_small() + 4) * 8 + next_small() + 3; };  // -1 to 71
    for (int i = 0; i < 300; ++i)
      check_product<T>(std::max<int64_t>(0, size()), std::max<int64_t>(0, size()), std::max<int64_t>(0, size()), kOptions[i % 8]);
  });
}

TEST_CASE("gemm of a tall matrix, and of long sums") {
  for_each_isa([] {
    for (const Options& o : kOptions) {
      check_product<float>(4100, 70, 9, o);
      check_product<float>(10, 9, 4100, o);
    }
  });
}

TEST_CASE_TEMPLATE("gemm of other types", T, int8_t, int32_t, int64_t, uint8_t, std::complex<float>, std::complex<double>) {
  for (const Options& o : kOptions) {
    check_product<T>(1, 1, 1, o);
    check_product<T>(5, 9, 7, o);
    check_product<T>(40, 33, 65, o);
  }
}

TEST_CASE("gemm conjugates complex matrices") {
  std::complex<float> a(1, 2), b(3, 4), c;
  cpu::gemm(Gemm<std::complex<float>>{.m = 1, .n = 1, .k = 1, .a = &a, .b = &b, .c = &c, .conjugate_a = true});
  CHECK(c == std::conj(a) * b);
  cpu::gemm(Gemm<std::complex<float>>{.m = 1, .n = 1, .k = 1, .a = &a, .b = &b, .c = &c, .conjugate_b = true});
  CHECK(c == a * std::conj(b));
}

TEST_CASE_TEMPLATE("gemm of halves sums in float and rounds once", T, tf::half_t, tf::bfloat16_t) {
  for_each_isa([] {
    // 1 + 512 * 2^-12 would stay 1 if each step were rounded
    std::vector<T> a(513, T(0x1p-6f)), b(513, T(0x1p-6f));
    a[0] = b[0] = T(1);
    T c;
    cpu::gemm(Gemm<T>{.m = 1, .n = 1, .k = 513, .a = a.data(), .b = b.data(), .c = &c});
    CHECK(float(c) == 1.125f);
  });
  for (const Options& o : kOptions) {
    check_product<T>(5, 9, 7, o);
    if (!o.bias) check_product<T>(17, 33, 3, o);
  }
}

TEST_CASE("gemm with empty dimensions") {
  for_each_isa([] {
    std::vector<float> c(6, 7.f), bias{1, -2, 3};
    cpu::gemm(Gemm<float>{.m = 0, .n = 3, .k = 2, .c = c.data()});
    cpu::gemm(Gemm<float>{.m = 2, .n = 0, .k = 2, .c = c.data()});
    CHECK(c == std::vector<float>(6, 7.f));
    cpu::gemm(Gemm<float>{.m = 2, .n = 3, .k = 0, .c = c.data(), .accumulate = true});
    CHECK(c == std::vector<float>(6, 7.f));
    cpu::gemm(Gemm<float>{.m = 2, .n = 3, .k = 0, .c = c.data(), .epilogue = {bias.data(), Activation::relu}});
    CHECK(c == std::vector<float>{1, 0, 3, 1, 0, 3});
  });
}

TEST_CASE("gemm keeps NaN and infinities where they belong") {
  for_each_isa([] {
    for (int64_t m : {1, 20, 200}) {
      int64_t n = 40, k = 50;
      std::vector<float> a(size_t(m * k), 1.f), b(size_t(k * n), 1.f), c(size_t(m * n));
      b[3] = NAN;       // column 3
      b[4] = INFINITY;  // column 4
      cpu::gemm(Gemm<float>{.m = m, .n = n, .k = k, .a = a.data(), .b = b.data(), .c = c.data(),
                            .epilogue = {nullptr, Activation::relu}});
      for (int64_t i = 0; i < m; ++i) {
        for (int64_t j = 0; j < n; ++j) {
          float x = c[size_t(i * n + j)];
          CHECK((j == 3 ? std::isnan(x) : j == 4 ? std::isinf(x) : x == 50.f));
        }
      }
    }
  });
}

TEST_CASE("a batch of products, with one matrix for all") {
  for_each_isa([] {
    constexpr int64_t kBatch = 5, m = 6, n = 35, k = 9;
    auto a = random_values<float>(kBatch * m * k), b = random_values<float>(k * n);
    std::vector<float> c(kBatch * m * n), one(m * n);
    cpu::gemm(Gemm<float>{.m = m, .n = n, .k = k, .a = a.data(), .b = b.data(), .c = c.data(), .batch = kBatch,
                          .stride_a = m * k, .stride_b = 0, .stride_c = m * n});
    for (int64_t i = 0; i < kBatch; ++i) {
      cpu::gemm(Gemm<float>{.m = m, .n = n, .k = k, .a = a.data() + i * m * k, .b = b.data(), .c = one.data()});
      CHECK(std::memcmp(one.data(), c.data() + i * m * n, one.size() * sizeof(float)) == 0);
    }
  });
}

TEST_CASE_TEMPLATE("the bits do not depend on the number of threads", T, float, double) {
  for_each_isa([] {
    constexpr int64_t kSizes[][3] = {{1, 2000, 700}, {300, 310, 700}, {2000, 1, 900}, {9, 3000, 500}, {1000, 5, 400}, {30, 50, 9000}, {5000, 64, 60}};
    for (auto& [m, n, k] : kSizes) {
      for (bool tb : {false, true}) {
        std::vector<T> a(size_t(m * k)), b(size_t(k * n)), one(size_t(m * n)), many(size_t(m * n));
        for (size_t i = 0; i < a.size(); ++i) a[i] = T(std::sin(double(i)));
        for (size_t i = 0; i < b.size(); ++i) b[i] = T(std::cos(double(i)));
        Gemm<T> g{.m = m, .n = n, .k = k, .a = a.data(), .b = b.data(), .c = one.data(), .transpose_b = tb};
        tf::set_num_threads(1);
        cpu::gemm(g);
        g.c = many.data();
        tf::set_num_threads(3);
        cpu::gemm(g);
        CHECK(std::memcmp(one.data(), many.data(), one.size() * sizeof(T)) == 0);
      }
    }
    tf::set_num_threads(0);
  });
}
