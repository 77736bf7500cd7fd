#include "runnel/graph/vectorize.h"

#include <doctest/doctest.h>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/error.h"
#include "runnel/graph/batch_runner.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/function.h"
#include "runnel/graph/tensor_array.h"
#include "runnel/op/batching.h"
#include "runnel/op/partial_value.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace tf = runnel;
using tf::Tensor;

namespace {

std::vector<float> floats(const Tensor& t) { return {t.values<float>().begin(), t.values<float>().end()}; }
Tensor counting(int64_t rows, int64_t columns) { return tf::reshape(tf::cast(tf::range(rows * columns), tf::float32), {rows, columns}); }

}  // namespace

TEST_CASE("vectorized_map calls the function once, with rows") {
  int calls = 0;
  Tensor y = tf::vectorized_map(
      [&](const Tensor& row) {
        ++calls;
        CHECK(row.partial_shape() == tf::PartialShape({3}));
        return tf::multiply(row, tf::reduce_sum(row));
      },
      counting(2, 3));
  CHECK(calls == 1);
  CHECK(floats(y) == std::vector<float>{0, 3, 6, 36, 48, 60});
}

TEST_CASE("rows may take branches of their own, each branch once for all that take it") {
  auto f = [](const Tensor& row) {
    return tf::cond(tf::greater(tf::gather(row, 0), 1.0), [&] { return tf::negative(row); }, [&] { return tf::add(row, 100.0); });
  };
  CHECK(floats(tf::vectorized_map(f, counting(2, 2))) == std::vector<float>{100, 101, -2, -3});
  CHECK(floats(tf::vectorized_map(f, counting(2, 2), false)) == std::vector<float>{100, 101, -2, -3});
  auto by_index = [](const Tensor& row) {
    auto scaled = [&](float by) { return [=] { return std::vector<Tensor>{tf::multiply(row, by)}; }; };
    return tf::switch_case(tf::cast(tf::gather(row, 0), tf::int32), {scaled(10), scaled(20), scaled(30)})[0];
  };
  CHECK(floats(tf::vectorized_map(by_index, counting(3, 1), false)) == std::vector<float>{0, 20, 60});
}

TEST_CASE("rows whose loops end at different times run together, as long as they go on") {
  auto doubled = [](const Tensor& x) {
    return tf::while_loop([](const std::vector<Tensor>& v) { return tf::less(v[0], 10.0); },
                          [](const std::vector<Tensor>& v) { return std::vector<Tensor>{tf::multiply(v[0], 2.0)}; }, {x})[0];
  };
  Tensor starts = tf::add(tf::reshape(counting(3, 1), {3}), 1.0);
  CHECK(floats(tf::vectorized_map(doubled, starts, false)) == std::vector<float>{16, 16, 12});
  auto joined = [](const Tensor& x) {
    tf::WhileOptions any_length{.shape_invariants = {tf::PartialShape({-1})}};
    return tf::gather(tf::while_loop([](const std::vector<Tensor>& v) { return tf::less(tf::reduce_sum(v[0]), 10.0); },
                                     [](const std::vector<Tensor>& v) { return std::vector<Tensor>{tf::concat({v[0], v[0]}, 0)}; },
                                     {tf::reshape(x, {1})}, any_length)[0], 0);
  };
  Tensor alike = tf::ones({3});
  CHECK(floats(tf::vectorized_map(joined, alike)) == std::vector<float>{1, 1, 1});
  CHECK_THROWS_WITH_AS(tf::vectorized_map(joined, alike, false), doctest::Contains("No pfor vectorization defined for StatelessWhile"), tf::ValueError);
}

TEST_CASE("a jacobian at once is the jacobian row by row, traced with unknown sizes as well") {
  Tensor w = counting(3, 2);
  for (bool at_once : {true, false}) {
    auto jacobian = [&](Tensor x) {
      tf::GradientTape tape;
      tape.watch(x);
      Tensor y = tf::square(tf::matmul(x, w));
      return tape.jacobian(y, tf::Source(x), tf::UnconnectedGradients::kNone, at_once);
    };
    Tensor eager = jacobian(counting(2, 3));
    CHECK(eager.shape() == tf::Shape({2, 2, 2, 3}));
    // d (x w)^2[0, 0] / d x[0] = 2 (x w)[0, 0] w[:, 0], with (x w)[0, 0] = 0*0 + 1*2 + 2*4 = 10
    CHECK(std::vector<float>(eager.data<float>(), eager.data<float>() + 6) == std::vector<float>{0, 40, 80, 0, 0, 0});
    auto traced = tf::function(jacobian, {.input_signature = {{tf::PartialShape({-1, 3}), tf::float32}}});
    CHECK(floats(traced(counting(2, 3))) == floats(eager));
  }
}

TEST_CASE("a jacobian that is to end does not start anew row by row") {
  int calls = 0;
  auto stops = [&](std::span<const Tensor>) -> std::vector<Tensor> {
    ++calls;
    tf::fail<tf::errors::CancelledError>("", "to end");
  };
  auto meets_no_rule = [&](std::span<const Tensor> grads) -> std::vector<Tensor> {
    CHECK_THROWS_AS(tf::TensorArray(tf::float32, {.size = 1}).write(0, grads[0]).concat(), tf::ValueError);
    return stops(grads);
  };
  Tensor x = tf::ones({2});
  tf::GradientTape tape;
  tape.watch(x);
  Tensor y = tf::custom_gradient([&](std::span<const Tensor> in) { return tf::WithGradient{{tf::negative(in[0])}, meets_no_rule}; }, std::span(&x, 1))[0];
  CHECK_THROWS_AS(tape.jacobian(y, tf::Source(x)), tf::errors::CancelledError);
  CHECK(calls == 1);
}

TEST_CASE("copies of a BatchRunner tell of operators without a rule together") {
  tf::BatchRunner runner(Tensor::scalar(int32_t(2)), false), copy = runner;
  std::vector<tf::Batched> inputs{{tf::zeros({2, 3}, tf::int32), true}, {Tensor::scalar(int32_t(3)), false}, {tf::zeros({0}), false}};
  CHECK_THROWS_WITH_AS(copy.call(tf::get_op("DenseBincount"), inputs, {}), doctest::Contains("No pfor vectorization defined for DenseBincount"), tf::ValueError);
  CHECK(runner.met_no_rule());
}

TEST_CASE("an elementwise operator needs no rule: ranks are made equal") {
  Tensor count = Tensor::scalar(int32_t(2));
  const tf::Op& add = tf::get_op("AddV2");
  std::vector<tf::Batched> inputs{{counting(2, 3), true}, {tf::ones({4, 3}), false}};
  std::vector<tf::Batched> out = tf::run_batched(add, inputs, {}, count);
  REQUIRE(out.size() == 1);
  CHECK(out[0].stacked);
  CHECK(out[0].value.shape() == tf::Shape({2, 4, 3}));
}

TEST_CASE("elements of sizes are known though others are not") {
  auto f = tf::function(
      [](Tensor x) {
        Tensor sizes = tf::shape(x), half = tf::floordiv(sizes, 2);
        const Tensor* known = tf::partial_value(half);
        REQUIRE(known);
        CHECK_FALSE(tf::is_complete(*known));
        CHECK(known->data<int32_t>()[0] == tf::kUnknownElement);
        CHECK(known->data<int32_t>()[1] == 3);
        Tensor last = tf::slice(half, {1}, {1});
        CHECK(tf::is_complete(*tf::partial_value(last)));
        Tensor y = tf::reshape(x, tf::concat({tf::slice(sizes, {0}, {1}), last, Tensor::from(std::vector<int32_t>{2})}, 0));
        CHECK(y.partial_shape() == tf::PartialShape({-1, 3, 2}));
        return y;
      },
      {.input_signature = {{tf::PartialShape({-1, 6}), tf::float32}}});
  CHECK(f(counting(4, 6)).shape() == tf::Shape({4, 3, 2}));
}
