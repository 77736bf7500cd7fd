// Derivatives of every kind through loops, in functions and around them: a loop within a loop over a TensorArray.
#include <doctest/doctest.h>

#include <cmath>

#include "runnel/autodiff/forward_accumulator.h"
#include "runnel/autodiff/gradient_tape.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/function.h"
#include "runnel/graph/tensor_array.h"
#include "runnel/graph/vectorize.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace tf = runnel;
using tf::Tensor;
using Variables = std::vector<Tensor>;

namespace {

std::vector<double> list(const Tensor& t) { return {t.values<double>().begin(), t.values<double>().end()}; }
Tensor point() { return Tensor::from(std::vector<double>{0.5, 2.0}); }

// x to the power of 1 + 2 * 3, elementwise, by two loops and a list.
Tensor seventh_power(const Tensor& x) {
  auto outer = [&](const Variables& v) {
    Variables inner = tf::while_loop([&](const Variables& w) { return tf::less(w[0], 2); },
                                     [&](const Variables& w) { return Variables{tf::add(w[0], 1), tf::multiply(w[1], x)}; },
                                     {Tensor::scalar(int32_t(0)), v[1]});
    tf::TensorArray powers = tf::TensorArray(tf::float64, {.size = 3}).with_flow(v[2]);
    return Variables{tf::add(v[0], 1), inner[1], powers.write(v[0], inner[1]).flow()};
  };
  tf::TensorArray powers(tf::float64, {.size = 3});
  Variables last = tf::while_loop([](const Variables& v) { return tf::less(v[0], 3); }, outer, {Tensor::scalar(int32_t(0)), x, powers.flow()});
  return powers.with_flow(last[2]).read(2);
}
std::vector<double> expected(double factor, double power) {
  return {factor * std::pow(0.5, power), factor * std::pow(2.0, power)};
}
std::vector<double> diagonal(const Tensor& t) {
  std::vector<double> all = list(t);
  CHECK(all[1] == 0);
  CHECK(all[2] == 0);
  return {all[0], all[3]};
}

}  // namespace

TEST_CASE("jacobians through loops, all rows at once, row by row, and inside of a function") {
  auto power = tf::function(seventh_power);
  for (bool at_once : {true, false}) {
    auto jacobian = [&](Tensor x) {
      tf::GradientTape tape;
      tape.watch(x);
      return tape.jacobian(power(x), tf::Source(x), tf::UnconnectedGradients::kNone, at_once);
    };
    CHECK(diagonal(jacobian(point())) == expected(7, 6));
    CHECK(diagonal(tf::function(jacobian)(point())) == expected(7, 6));
  }
}

TEST_CASE("gradients of rows whose loops keep a history are computed at once") {
  auto gradient = [](const Tensor& x) {
    tf::GradientTape tape;
    tape.watch(x);
    return tape.gradient(seventh_power(x), x);
  };
  Tensor rows = tf::vectorized_map(gradient, tf::stack({point(), point()}), false);
  CHECK(list(tf::gather(rows, 1)) == expected(7, 6));
}

TEST_CASE("the product of a Hessian and a vector, through loops in a function, in each order") {
  Tensor direction = Tensor::from(std::vector<double>{1.0, -1.0});
  auto product = [&](Tensor x) {
    tf::ForwardAccumulator acc(x, direction);
    tf::GradientTape tape;
    tape.watch(x);
    return acc.jvp(tape.gradient(seventh_power(x), x));
  };
  auto reversed = [&](Tensor x) {
    tf::GradientTape tape;
    tape.watch(x);
    tf::ForwardAccumulator acc(x, direction);
    return tape.gradient(acc.jvp(seventh_power(x)), x);
  };
  std::vector<double> want = expected(42, 5);
  want[1] = -want[1];
  CHECK(list(tf::function(product)(point())) == want);
  CHECK(list(tf::function(reversed)(point())) == want);
}

TEST_CASE("a constant of a function counts where it is differentiated twice, and in a branch") {
  auto second = tf::function([](Tensor sign) {
    Tensor x = tf::identity(point());
    tf::GradientTape outer;
    outer.watch(x);
    tf::GradientTape inner;
    inner.watch(x);
    Tensor y = tf::cond(tf::greater(tf::reduce_sum(sign), 0.0), [&] { return tf::multiply(tf::multiply(x, x), x); }, [&] { return x; });
    return outer.gradient(inner.gradient(y, x), x);
  });
  CHECK(list(second(point())) == expected(6, 1));
}
