// Random graphs: values and gradients are, bit for bit, what eager code gives.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/function.h"
#include "runnel/graph/map.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

namespace tf = runnel;
using tf::Tensor;

namespace {

constexpr int kGraphs = 300;

using Values = std::vector<Tensor>;
using Step = Tensor (*)(const Tensor& a, const Tensor& b);

Tensor loop(const Tensor& a, const Tensor& b) {
  auto more = [](const Values& v) { return tf::less(v[0], 3); };
  auto step = [&](const Values& v) { return Values{tf::add(v[0], 1), tf::tanh(tf::add(tf::multiply(v[1], b), a))}; };
  return tf::while_loop(more, step, {Tensor::scalar(int32_t(0)), a})[1];
}
Tensor choice(const Tensor& a, const Tensor& b) {
  return tf::cond(tf::greater(tf::reduce_sum(a), tf::reduce_sum(b)), [&] { return tf::multiply(a, b); }, [&] { return tf::subtract(tf::tanh(b), a); });
}
Tensor rows(const Tensor& a, const Tensor& b) {
  return tf::map_fn(tf::RowFunction([&](const Values& r) { return Values{tf::sin(tf::multiply(r[0], r[1]))}; }), {a, b})[0];
}
Tensor nested(const Tensor& a, const Tensor& b) {
  static const auto f = tf::function([](Tensor x, Tensor y) { return tf::multiply(tf::tanh(x), tf::square(y)); });
  return tf::tanh(f(a, b));
}

// All take and give square matrices. Some are there for the passes to find.
constexpr Step kSteps[] = {
    [](const Tensor& a, const Tensor& b) { return tf::add(a, b); },
    [](const Tensor& a, const Tensor& b) { return tf::subtract(a, b); },
    [](const Tensor& a, const Tensor& b) { return tf::tanh(tf::multiply(a, b)); },
    [](const Tensor& a, const Tensor& b) { return tf::maximum(a, b); },
    [](const Tensor& a, const Tensor& b) { return tf::minimum(a, tf::negative(b)); },
    [](const Tensor& a, const Tensor& b) { return tf::divide(a, tf::add(tf::abs(b), 2.0)); },
    [](const Tensor& a, const Tensor& b) { return tf::tanh(tf::matmul(a, b)); },
    [](const Tensor& a, const Tensor& b) { return tf::tanh(tf::matmul(tf::transpose(a), b)); },
    [](const Tensor& a, const Tensor& b) { return tf::tanh(tf::matmul(a, tf::transpose(b))); },
    [](const Tensor& a, const Tensor& b) { return tf::sigmoid(a); },
    [](const Tensor& a, const Tensor& b) { return tf::nn::relu(tf::subtract(a, b)); },
    [](const Tensor& a, const Tensor& b) { return tf::nn::softmax(a); },
    [](const Tensor& a, const Tensor& b) { return tf::exp(tf::negative(tf::abs(a))); },
    [](const Tensor& a, const Tensor& b) { return tf::multiply(a, 1.0); },
    [](const Tensor& a, const Tensor& b) { return tf::subtract(tf::divide(a, 1.0), 0.0); },
    [](const Tensor& a, const Tensor& b) { return tf::negative(tf::negative(a)); },
    [](const Tensor& a, const Tensor& b) { return tf::add(a, tf::reduce_sum(b, 1, true)); },
    [](const Tensor& a, const Tensor& b) { return tf::multiply(tf::reduce_mean(a, 0, true), tf::tanh(b)); },
    [](const Tensor& a, const Tensor& b) { return tf::reshape(tf::reshape(tf::add(a, b), {-1}), a.shape()); },
    [](const Tensor& a, const Tensor& b) { return tf::where(tf::greater(a, b), tf::sin(a), tf::cos(b)); },
    [](const Tensor& a, const Tensor& b) { return tf::add(tf::stop_gradient(a), tf::identity(b)); },
    [](const Tensor& a, const Tensor& b) { return tf::split(tf::concat({a, b}, 0), 2, 0)[1]; },
    [](const Tensor& a, const Tensor& b) { return tf::cast(tf::cast(tf::tanh(a), tf::float64), a.dtype()); },
    [](const Tensor& a, const Tensor& b) { return tf::add(a, tf::multiply(Tensor::scalar(2.0).is(a) ? b : a, tf::reduce_max(b))); },
    loop, choice, rows, nested,
};

struct Recipe {
  struct Line {
    size_t step, a, b;
  };
  std::vector<Line> lines;
  int64_t size;
  tf::DType dtype;

  explicit Recipe(std::mt19937& random) {
    size = 1 + int64_t(random() % 9);
    dtype = random() % 2 ? tf::float32 : tf::float64;
    size_t count = 1 + random() % 12;
    for (size_t i = 0; i < count; ++i) lines.push_back({random() % std::size(kSteps), random() % (i + 2), random() % (i + 2)});
  }
  Tensor run(const Tensor& x, const Tensor& y) const {
    Values values{x, y};
    for (const Line& l : lines) values.push_back(kSteps[l.step](values[l.a], values[l.b]));
    return values.back();
  }
  // Functions, branches and loops add gradients of their arguments up before the rest is added: the sums differ in rounding.
  bool has_functions() const {
    return std::any_of(lines.begin(), lines.end(), [](const Line& l) { return l.step >= std::size(kSteps) - 4; });
  }
  // The value, and the gradients with respect to both arguments.
  Values derive(const Tensor& x, const Tensor& y) const {
    tf::GradientTape tape;
    tape.watch(x);
    tape.watch(y);
    Tensor out = run(x, y);
    Values grads = tape.gradient(std::vector<Tensor>{out}, std::vector<tf::Source>{x, y}, {.unconnected_gradients = tf::UnconnectedGradients::kZero});
    return {out, grads[0], grads[1]};
  }
};

Tensor random_matrix(std::mt19937& random, int64_t n, tf::DType dtype) {
  Tensor t(tf::float64, {n, n});
  for (int64_t i = 0; i < n * n; ++i) t.mutable_data<double>()[i] = double(random() % 2000) / 500.0 - 2.0;
  return tf::cast(t, dtype);
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && std::memcmp(a.raw(), b.raw(), size_t(a.nbytes())) == 0;
}

bool nearly_same(const Tensor& a, const Tensor& b) {
  Tensor x = tf::cast(a, tf::float64), y = tf::cast(b, tf::float64);
  double bound = a.dtype() == tf::float32 ? 1e-4 : 1e-12;
  for (int64_t i = 0; i < x.num_elements(); ++i) {
    double u = x.data<double>()[i], v = y.data<double>()[i];
    if (!(std::abs(u - v) <= bound * (1 + std::abs(v)))) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("random graphs give the bits of eager code, values and gradients") {
  for (uint32_t seed = 1; seed <= kGraphs; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Recipe recipe(random);
    Tensor x = random_matrix(random, recipe.size, recipe.dtype), y = random_matrix(random, recipe.size, recipe.dtype);
    Values eager = recipe.derive(x, y);
    auto compiled = tf::function([&](Tensor a, Tensor b) { return recipe.derive(a, b); });
    Values got = compiled(x, y);
    REQUIRE(got.size() == eager.size());
    for (size_t i = 0; i < got.size(); ++i) {
      CAPTURE(i);
      if (i > 0 && recipe.has_functions()) REQUIRE(nearly_same(got[i], eager[i]));
      else REQUIRE(same_bits(got[i], eager[i]));
    }
    Values again = compiled(x, y);  // nothing of the first run was kept or overwritten
    for (size_t i = 0; i < got.size(); ++i) REQUIRE(same_bits(got[i], again[i]));
  }
}

TEST_CASE("random graphs give the same with sizes that are unknown while tracing") {
  for (uint32_t seed = 1; seed <= kGraphs / 3; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed + 10000);
    Recipe recipe(random);
    bool needs_shape = std::any_of(recipe.lines.begin(), recipe.lines.end(), [](const Recipe::Line& l) { return l.step == 18; });
    if (needs_shape) continue;  // reads a.shape() in C++
    tf::FunctionOptions options{.input_signature = {{tf::PartialShape({-1, -1}), recipe.dtype}, {tf::PartialShape({-1, -1}), recipe.dtype}}};
    auto compiled = tf::function([&](Tensor a, Tensor b) { return recipe.run(a, b); }, options);
    for (int64_t n : {recipe.size, recipe.size + 1}) {
      Tensor x = random_matrix(random, n, recipe.dtype), y = random_matrix(random, n, recipe.dtype);
      REQUIRE(same_bits(compiled(x, y), recipe.run(x, y)));
    }
    CHECK(compiled.tracing_count() == 1);
  }
}
