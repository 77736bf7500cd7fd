// GradientTape: what it records, what it gives back, and what it refuses.
#include <doctest/doctest.h>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/variable.h"

using namespace runnel;

namespace {
Tensor vector(std::vector<double> values) { return Tensor::from(values); }
std::vector<double> list(const Tensor& t) { return {t.data<double>(), t.data<double>() + t.num_elements()}; }
}  // namespace

TEST_CASE("a tensor used twice gets the sum of both gradients") {
  Tensor x = Tensor::scalar(3.0);
  GradientTape tape;
  tape.watch(x);
  CHECK(tape.gradient(x * x + x, x).item<double>() == 7);
}

TEST_CASE("a source may lie in the middle of the computation") {
  Tensor x = Tensor::scalar(3.0);
  GradientTape tape;
  tape.watch(x);
  Tensor y = x * x, z = y * y;
  std::vector<Tensor> g = tape.gradient(z, std::vector<Source>{x, y});
  CHECK(g[0].item<double>() == 108);
  CHECK(g[1].item<double>() == 18);
}

TEST_CASE("the target may be the source") {
  Tensor x = vector({1, 2});
  GradientTape tape;
  tape.watch(x);
  CHECK(list(tape.gradient(x, x)) == std::vector<double>{1, 1});
}

TEST_CASE("a tape gives its gradients once, a persistent one any number of times") {
  Tensor x = Tensor::scalar(3.0);
  GradientTape once, many({.persistent = true});
  once.watch(x);
  many.watch(x);
  Tensor y = x * x, z = y * y;
  CHECK(once.gradient(z, x).item<double>() == 108);
  CHECK_THROWS_WITH_AS(once.gradient(y, x), doctest::Contains("A non-persistent GradientTape can only be used to compute one set of gradients"), RuntimeError);
  CHECK(many.gradient(z, x).item<double>() == 108);
  CHECK(many.gradient(y, x).item<double>() == 6);
}

TEST_CASE("nested tapes give second and third derivatives") {
  Tensor x = Tensor::scalar(2.0);
  GradientTape outer, middle, inner;
  outer.watch(x), middle.watch(x), inner.watch(x);
  Tensor y = x * x * x * x;
  Tensor first = inner.gradient(y, x), second = middle.gradient(first, x), third = outer.gradient(second, x);
  CHECK(first.item<double>() == 32);
  CHECK(second.item<double>() == 48);
  CHECK(third.item<double>() == 48);
}

TEST_CASE("what is not connected has no gradient, or zeros where they are asked for") {
  Tensor x = vector({1, 2}), y = vector({3, 4});
  GradientTape tape({.persistent = true});
  tape.watch(x), tape.watch(y);
  Tensor z = x * x;
  CHECK(!tape.gradient(z, y));
  CHECK(list(tape.gradient(z, y, {.unconnected_gradients = UnconnectedGradients::kZero})) == std::vector<double>{0, 0});
  CHECK(!tape.gradient(floor(x), x));  // constant between jumps
  CHECK(!tape.gradient(vector({5}), x));
}

TEST_CASE("nothing is recorded before watch, nor while recording is stopped") {
  Tensor x = Tensor::scalar(3.0);
  GradientTape tape({.persistent = true});
  Tensor early = x * x;
  tape.watch(x);
  Tensor y = x * x, hidden;
  {
    auto pause = tape.stop_recording();
    CHECK(!tape.is_recording());
    hidden = y * 2;
  }
  CHECK(tape.is_recording());
  CHECK(!tape.gradient(early, x));
  CHECK(!tape.gradient(hidden, x));
  CHECK(tape.gradient(y * 2, x).item<double>() == 12);
}

TEST_CASE("integers cannot be watched") {
  GradientTape tape;
  CHECK_THROWS_WITH_AS(tape.watch(Tensor::scalar(int32_t(1))), doctest::Contains("The dtype of the watched tensor must be floating"), ValueError);
}

TEST_CASE("the targets' own gradients weigh them") {
  Tensor x = vector({1, 2});
  GradientTape tape;
  tape.watch(x);
  Tensor y = x * x;
  CHECK(list(tape.gradient(y, x, {.output_gradients = {vector({10, 100})}})) == std::vector<double>{20, 400});
}

TEST_CASE("several targets are summed") {
  Tensor x = Tensor::scalar(3.0);
  GradientTape tape;
  tape.watch(x);
  Tensor a = x * x, b = x * 5;
  CHECK(tape.gradient({a, b}, std::vector<Source>{x})[0].item<double>() == 11);
}

TEST_CASE("jacobian and batch_jacobian") {
  Tensor x = vector({1, 2, 3});
  GradientTape tape({.persistent = true});
  tape.watch(x);
  Tensor y = x * x;
  Tensor j = tape.jacobian(y, x);
  CHECK(j.shape() == Shape({3, 3}));
  CHECK(list(j) == std::vector<double>{2, 0, 0, 0, 4, 0, 0, 0, 6});

  Tensor m = vector({1, 2, 3, 4}).reshaped({2, 2});
  GradientTape rows;
  rows.watch(m);
  Tensor b = rows.batch_jacobian(m * m, m);
  CHECK(b.shape() == Shape({2, 2, 2}));
  CHECK(list(b) == std::vector<double>{2, 0, 0, 4, 6, 0, 0, 8});
}

TEST_CASE("trainable Variables are watched when they are read") {
  Variable w(vector({1, 2})), frozen(vector({3, 4}), {.trainable = false});
  GradientTape tape;
  Tensor y = reduce_sum(w.value() * w.value() * frozen.value());
  CHECK(tape.watched_variables().size() == 1);
  std::vector<Tensor> g = tape.gradient(y, std::vector<Variable>{w, frozen});
  CHECK(list(g[0]) == std::vector<double>{6, 16});
  CHECK(!g[1]);

  GradientTape blind({.watch_accessed_variables = false});
  Tensor z = reduce_sum(w.value());
  CHECK(!blind.gradient(z, w));
}

TEST_CASE("assignments after the reading do not change the gradient") {
  Variable w(vector({1, 2}));
  GradientTape tape;
  Tensor y = reduce_sum(w.value() * w.value());
  w.assign(vector({100, 100}));
  CHECK(list(tape.gradient(y, w)) == std::vector<double>{2, 4});
}

TEST_CASE("stop_gradient and custom_gradient") {
  Tensor x = Tensor::scalar(3.0);
  GradientTape tape({.persistent = true});
  tape.watch(x);
  CHECK(tape.gradient(x * stop_gradient(x), x).item<double>() == 3);
  Tensor y = custom_gradient(
      [](std::span<const Tensor> in) {
        return WithGradient{{in[0] * in[0]}, [](std::span<const Tensor> g) { return std::vector<Tensor>{g[0] * 1000}; }};
      },
      std::span(&x, 1))[0];
  CHECK(y.item<double>() == 9);
  CHECK(tape.gradient(y, x).item<double>() == 1000);
}

TEST_CASE("reset forgets") {
  Tensor x = Tensor::scalar(3.0);
  GradientTape tape;
  tape.watch(x);
  Tensor y = x * x;
  tape.reset();
  CHECK(!tape.gradient(y, x));
}
