// What jit_compile=True may change: each rule's results stay within the bound that relax_arithmetic.cc states, beside eager code.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "runnel/base/text.h"
#include "runnel/graph/function.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/random.h"

namespace tf = runnel;
using tf::Tensor;

namespace {

Tensor row(double value, const Tensor& like) { return tf::fill({64}, tf::cast(Tensor::scalar(value), like.dtype())); }

struct Rule {
  const char* name;
  std::function<Tensor(Tensor x, Tensor y)> f;  // x of all signs, y positive
  double eps;                                   // how many, relative to `scale`
  std::function<Tensor(Tensor x, Tensor y)> scale = nullptr;  // default: the result
};

const Rule kRules[] = {
    {"x / c", [](Tensor x, Tensor y) { return tf::divide(x, 3.f); }, 1},
    {"x / y of rows", [](Tensor x, Tensor y) { return tf::divide(x, tf::reduce_sum(y, -1, true)); }, 1.5},
    {"x / sqrt(v)", [](Tensor x, Tensor y) { return tf::divide(x, tf::sqrt(y)); }, 2},
    {"(x * c) * d", [](Tensor x, Tensor y) { return tf::multiply(tf::multiply(x, 0.3f), 0.7f); }, 1.5},
    {"(x + b) + c", [](Tensor x, Tensor y) { return tf::add(tf::add(x, row(0.3, x)), row(0.7, x)); }, 2,
     [](Tensor x, Tensor y) { return tf::add(tf::abs(x), 1.f); }},
    {"x ** 2", [](Tensor x, Tensor y) { return tf::pow(x, 2.f); }, 2},
    {"x ** 3", [](Tensor x, Tensor y) { return tf::pow(x, 3.f); }, 2},
    {"y ** 0.5", [](Tensor x, Tensor y) { return tf::pow(y, 0.5f); }, 2},
    {"y ** -0.5", [](Tensor x, Tensor y) { return tf::pow(y, -0.5f); }, 2},
    {"y ** -1", [](Tensor x, Tensor y) { return tf::pow(y, -1.f); }, 2},
    {"x + zeros", [](Tensor x, Tensor y) { return tf::add(x, tf::zeros_like(y)); }, 0},
};

double largest_error(const Tensor& got, const Tensor& expected, const Tensor& scale) {
  Tensor error = tf::divide(tf::abs(tf::subtract(tf::cast(got, tf::float64), tf::cast(expected, tf::float64))), tf::cast(tf::abs(scale), tf::float64));
  return tf::reduce_max(error).item<double>();
}

}  // namespace

TEST_CASE("relaxed rules stay within the bounds that they state") {
  tf::random::set_seed(7);
  for (tf::DType dtype : {tf::float32, tf::float64}) {
    Tensor x = tf::multiply(tf::random::normal({100, 64}, 0, 1, dtype), tf::exp(tf::random::normal({100, 64}, 0, 3, dtype)));
    Tensor y = tf::add(tf::exp(tf::random::normal({100, 64}, 0, 3, dtype)), 1e-3);
    double eps = dtype == tf::float32 ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
    for (const Rule& rule : kRules) {
      CAPTURE(rule.name);
      auto f = [&](Tensor a, Tensor b) { return rule.f(a, b); };
      auto relaxed = tf::function(f, {.jit_compile = true});
      Tensor expected = rule.f(x, y);
      CHECK(largest_error(relaxed(x, y), expected, rule.scale ? rule.scale(x, y) : expected) <= rule.eps * eps);
      CHECK(relaxed.explain().find("relax_arithmetic 1") != std::string::npos);
      CHECK(largest_error(tf::function(f)(x, y), expected, expected) == 0);
    }
  }
}

TEST_CASE("a convolution takes in the scale of batch normalisation within the bound of its sums") {
  tf::random::set_seed(7);
  Tensor image = tf::random::normal({2, 12, 12, 4}), filter = tf::random::normal({3, 3, 4, 8}), scale = tf::random::normal({8});
  auto conv = [](Tensor x, Tensor w) { return tf::nn::conv2d(x, w, 1, "SAME"); };
  auto f = [&](Tensor x, Tensor w) { return tf::multiply(conv(x, w), scale); };
  auto relaxed = tf::function(f, {.jit_compile = true});
  Tensor magnitudes = tf::multiply(conv(tf::abs(image), tf::abs(filter)), tf::abs(scale));
  CHECK(largest_error(relaxed(image, filter), f(image, filter), magnitudes) <= 36 * double(std::numeric_limits<float>::epsilon()));
  CHECK(relaxed.explain().find("relax_arithmetic 1") != std::string::npos);
}
