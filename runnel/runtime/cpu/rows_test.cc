#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "runnel/runtime/cpu/isa.h"
#include "runnel/runtime/cpu/reduce.h"

using namespace runnel;
using cpu::Isa;

namespace {

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

std::vector<float> logits(int64_t n) {
  std::vector<float> x(static_cast<size_t>(n));
  for (size_t i = 0; i < x.size(); ++i) x[i] = float(i * 7919 % 1009) / 50 - 10;
  return x;
}

}  // namespace

TEST_CASE("softmax, its logarithm and log-sum-exp agree with the definition") {
  for_each_isa([] {
    for (int64_t cols : {1, 3, 10, 127, 1000, 1537}) {
      const int64_t rows = 3;
      std::vector<float> x = logits(rows * cols), y(x.size()), l(x.size()), s(3);
      std::vector<double> xd(x.begin(), x.end()), yd(x.size());
      cpu::softmax(float32, x.data(), rows, cols, y.data());
      cpu::softmax(float64, xd.data(), rows, cols, yd.data());
      cpu::log_softmax(float32, x.data(), rows, cols, l.data());
      cpu::log_sum_exp(float32, x.data(), rows, cols, s.data());
      for (int64_t r = 0; r < rows; ++r) {
        double total = 0;
        for (int64_t c = 0; c < cols; ++c) total += std::exp(xd[size_t(r * cols + c)]);
        CHECK(s[size_t(r)] == doctest::Approx(std::log(total)).epsilon(1e-6));
        for (int64_t c = 0; c < cols; ++c) {
          size_t i = size_t(r * cols + c);
          double want = std::exp(xd[i]) / total;
          CHECK(y[i] == doctest::Approx(want).epsilon(2e-6));
          CHECK(yd[i] == doctest::Approx(want).epsilon(1e-13));
          CHECK(std::abs(l[i] - std::log(want)) < 3e-6);
        }
      }
    }
    const float inf = std::numeric_limits<float>::infinity();
    float odd[] = {-inf, 1.0f}, y[2];
    cpu::log_softmax(float32, odd, 1, 2, y);  // TensorFlow: [-inf, 0]
    CHECK(y[0] == -inf);
    CHECK(y[1] == 0.0f);
    float low[] = {-inf, -inf};
    cpu::softmax(float32, low, 1, 2, y);
    CHECK(std::isnan(y[0]));
    cpu::log_sum_exp(float32, low, 1, 2, y);
    CHECK(y[0] == -inf);
  });
}

TEST_CASE("cross entropies: loss and gradient") {
  for_each_isa([] {
    float x[] = {1, 2, 3, 4, 1, -2}, labels[] = {0.2f, 0.3f, 0.5f, 0, 1, 0}, loss[2], gradient[6];
    cpu::softmax_cross_entropy(float32, x, labels, 2, 3, loss, gradient);
    CHECK(loss[0] == doctest::Approx(1.1076060).epsilon(1e-6));
    CHECK(loss[1] == doctest::Approx(3.0509456).epsilon(1e-6));
    CHECK(gradient[2] == doctest::Approx(0.6652410 - 0.5).epsilon(1e-5));
    int32_t classes[] = {2, 1};
    CHECK(cpu::sparse_softmax_cross_entropy(float32, x, int32, classes, 2, 3, loss, gradient) == -1);
    CHECK(loss[0] == doctest::Approx(0.4076060).epsilon(1e-6));
    CHECK(gradient[4] == doctest::Approx(0.0473141 - 1).epsilon(1e-5));
    classes[1] = 3;
    CHECK(cpu::sparse_softmax_cross_entropy(float32, x, int32, classes, 2, 3, loss, gradient) == 1);
    CHECK(std::isnan(loss[1]));
  });
}

TEST_CASE("layer normalisation, in place of a chain of operators") {
  for_each_isa([] {
    const int64_t cols = 700;
    std::vector<float> x = logits(2 * cols), gamma(cols, 2.0f), beta(cols, -1.0f), y(x.size());
    float mean[2], variance[2];
    cpu::layer_norm(float32, x.data(), 2, cols, gamma.data(), beta.data(), 1e-3, y.data(), mean, variance);
    for (int r = 0; r < 2; ++r) {
      double m = 0, v = 0;
      for (int64_t c = 0; c < cols; ++c) m += x[size_t(r * cols + c)] / double(cols);
      for (int64_t c = 0; c < cols; ++c) v += std::pow(x[size_t(r * cols + c)] - m, 2) / double(cols);
      CHECK(mean[r] == doctest::Approx(m).epsilon(1e-6));
      CHECK(variance[r] == doctest::Approx(v).epsilon(1e-6));
      for (int64_t c = 0; c < cols; ++c) {
        size_t i = size_t(r * cols + c);
        CHECK(std::abs(y[i] - ((x[i] - m) / std::sqrt(v + 1e-3) * 2 - 1)) < 2e-6);
      }
    }
    half_t h[] = {half_t(1.0f), half_t(2.0f), half_t(3.0f)}, out[3];
    cpu::softmax(float16, h, 1, 3, out);
    CHECK(out[2].bits == half_t(0.66524096f).bits);
  });
}

TEST_CASE("the largest element: the first of equals, and NaN never wins (as in TensorFlow)") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  float x[] = {1, nan, 2, 5, 3, 5};
  int64_t at = -1;
  cpu::arg_extreme(true, float32, x, 1, 6, 1, int64, &at);
  CHECK(at == 3);
  cpu::arg_extreme(false, float32, x, 1, 6, 1, int64, &at);
  CHECK(at == 0);
  float first[] = {nan, 1, 2};
  int32_t at32 = -1;
  cpu::arg_extreme(false, float32, first, 1, 3, 1, int32, &at32);
  CHECK(at32 == 1);
  int32_t columns[2];
  cpu::arg_extreme(true, float32, x, 1, 3, 2, int32, columns);  // rows (1, nan), (2, 5), (3, 5)
  CHECK(columns[0] == 2);
  CHECK(columns[1] == 1);
}

TEST_CASE("cumulative sums, products and log-sum-exps") {
  float x[] = {1, 2, 3}, y[3];
  cpu::run_scan("Cumsum", float32, x, 1, 3, 1, true, true, y);
  CHECK(std::vector<float>(y, y + 3) == std::vector<float>{5, 3, 0});
  cpu::run_scan("Cumprod", float32, x, 1, 3, 1, false, false, y);
  CHECK(std::vector<float>(y, y + 3) == std::vector<float>{1, 2, 6});
  cpu::run_scan("CumulativeLogsumexp", float32, x, 1, 3, 1, true, false, y);
  CHECK(y[0] == -std::numeric_limits<float>::infinity());
  CHECK(y[2] == doctest::Approx(2.3132617).epsilon(1e-6));
  int8_t big[] = {100, 100, 100}, wrapped[3];
  cpu::run_scan("Cumsum", int8, big, 1, 3, 1, false, false, wrapped);
  CHECK(int(wrapped[2]) == 44);
  int32_t block[] = {1, 2, 3, 4}, down[4];
  cpu::run_scan("Cumsum", int32, block, 1, 2, 2, false, false, down);
  CHECK(std::vector<int32_t>(down, down + 4) == std::vector<int32_t>{1, 2, 4, 6});
  CHECK(!cpu::run_scan("CumulativeLogsumexp", int32, block, 1, 4, 1, false, false, down));
}
