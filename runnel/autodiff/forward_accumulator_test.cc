// ForwardAccumulator: products of Jacobians with vectors, alone and nested with tapes.
#include <doctest/doctest.h>

#include "runnel/autodiff/forward_accumulator.h"
#include "runnel/autodiff/gradient_errors.h"
#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

using namespace runnel;

namespace {
Tensor vector(std::vector<double> values) { return Tensor::from(values); }
std::vector<double> list(const Tensor& t) { return {t.data<double>(), t.data<double>() + t.num_elements()}; }
}  // namespace

TEST_CASE("the product of a Jacobian and a vector") {
  Tensor x = vector({1, 2, 3});
  ForwardAccumulator acc(x, vector({1, 0, 2}));
  Tensor y = x * x, z = reduce_sum(y);
  CHECK(list(acc.jvp(y)) == std::vector<double>{2, 0, 12});
  CHECK(acc.jvp(z).item<double>() == 14);
}

TEST_CASE("two primals") {
  Tensor a = Tensor::scalar(2.0), b = Tensor::scalar(3.0);
  ForwardAccumulator acc({Source(a), Source(b)}, {Tensor::scalar(1.0), Tensor::scalar(10.0)});
  CHECK(acc.jvp(a * b).item<double>() == 23);
}

TEST_CASE("a Variable as the primal") {
  Variable w(vector({1, 2}));
  ForwardAccumulator acc(w, vector({1, 1}));
  CHECK(list(acc.jvp(w * w * w)) == std::vector<double>{3, 12});
}

TEST_CASE("what does not depend on the primals has no product") {
  Tensor x = Tensor::scalar(2.0), other = Tensor::scalar(5.0);
  ForwardAccumulator acc(x, Tensor::scalar(1.0));
  Tensor y = other * other;
  CHECK(!acc.jvp(y));
  CHECK(acc.jvp(y, UnconnectedGradients::kZero).item<double>() == 0);
}

TEST_CASE("nested accumulators give higher derivatives") {
  Tensor x = Tensor::scalar(1.1), one = Tensor::scalar(1.0);
  ForwardAccumulator outer(x, one), inner(x, one);
  Tensor first = inner.jvp(pow(x, Tensor::scalar(3.5)));
  CHECK(first.item<double>() == doctest::Approx(3.5 * std::pow(1.1, 2.5)));
  CHECK(outer.jvp(first).item<double>() == doctest::Approx(3.5 * 2.5 * std::pow(1.1, 1.5)));
}

TEST_CASE("a tape inside an accumulator gives the product of a Hessian and a vector") {
  Tensor x = vector({1, 2});
  ForwardAccumulator acc(x, vector({1, 0}));
  GradientTape tape;
  tape.watch(x);
  Tensor gradient = tape.gradient(reduce_sum(x * x * x), x);
  CHECK(list(gradient) == std::vector<double>{3, 12});
  CHECK(list(acc.jvp(gradient)) == std::vector<double>{6, 0});
}

TEST_CASE("an accumulator inside a tape") {
  Tensor x = vector({1, 2});
  GradientTape tape;
  tape.watch(x);
  ForwardAccumulator acc(x, vector({1, 1}));
  Tensor product = acc.jvp(reduce_sum(x * x * x));
  CHECK(product.item<double>() == 15);
  CHECK(list(tape.gradient(product, x)) == std::vector<double>{6, 12});
}

TEST_CASE("products of forgotten tensors are let go") {
  Tensor x = Tensor::scalar(1.0);
  ForwardAccumulator acc(x, Tensor::scalar(1.0));
  Tensor y = x;
  for (int i = 0; i < 1000; ++i) y = y * Tensor::scalar(1.0);
  CHECK(acc.jvp(y).item<double>() == 1);
  CHECK(acc.size() < 300);
}

TEST_CASE("an operator without a gradient in TensorFlow is an error, as on a tape; through others nothing flows") {
  Tensor x = vector({1, 2});
  ForwardAccumulator acc(x, vector({1, 1}));
  CHECK_FALSE(acc.jvp(floor(x)));
  CHECK_THROWS_WITH_AS(truncatemod(x, vector({2, 2})), doctest::Contains("gradient registry has no entry for: TruncateMod"), LookupError);
}

TEST_CASE("what ForwardAccumulator refuses") {
  Tensor x = Tensor::scalar(1.0);
  CHECK_THROWS_WITH_AS(ForwardAccumulator({Source(x), Source(x)}, {x, x}), doctest::Contains("specified as a primal multiple times"), ValueError);
  CHECK_THROWS_WITH_AS(ForwardAccumulator(std::vector<Source>{x}, std::vector<Tensor>{}), doctest::Contains("each primal needs a tangent"), ValueError);
  ForwardAccumulator acc(x, x);
  CHECK_THROWS_WITH_AS(acc.start(), doctest::Contains("Accumulator is already recording."), ValueError);
}
