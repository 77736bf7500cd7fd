// Eight threads trace, call and differentiate functions at once. ./test --slow runs it under the thread sanitizer.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/function.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/variable.h"

namespace tf = runnel;
using tf::Tensor;

namespace {

constexpr int kThreads = 8, kCalls = 40;

// work(thread, call) on all threads; how many gave false.
template <class F>
int failures_of(F&& work) {
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCalls; ++i) failures += !work(t, i);
    });
  for (std::thread& thread : threads) thread.join();
  return failures;
}

float sum_of(const Tensor& t) { return tf::reduce_sum(t).item<float>(); }

}  // namespace

TEST_CASE("eight threads call one function, which is traced for sizes as they come") {
  auto f = tf::function([](Tensor x) { return tf::add(tf::multiply(x, 2.f), tf::cast(tf::size(x), tf::float32)); });
  auto call = [&](int t, int i) {
    int n = 1 + (t + i) % 5;
    return sum_of(f(tf::ones({n}))) == float(n * (2 + n));
  };
  CHECK(failures_of(call) == 0);
  CHECK(f.tracing_count() == 5);
}

TEST_CASE("eight threads differentiate one function twice, through a loop and a branch") {
  auto f = tf::function([](Tensor x) {
    auto step = [&](const std::vector<Tensor>& v) {
      Tensor next = tf::cond(tf::less(tf::reduce_sum(v[1]), 1e6f), [&] { return tf::multiply(v[1], x); }, [&] { return v[1]; });
      return std::vector<Tensor>{tf::add(v[0], 1), next};
    };
    return tf::while_loop([](const std::vector<Tensor>& v) { return tf::less(v[0], 2); }, step, {Tensor::scalar(int32_t(0)), x})[1];
  });
  auto call = [&](int t, int) {
    Tensor x = tf::fill({3}, float(1 + t));
    tf::GradientTape outer;
    outer.watch(x);
    tf::GradientTape tape;
    tape.watch(x);
    Tensor first = tape.gradient(f(x), x);  // of x^3
    float k = float(1 + t);
    return sum_of(first) == 9 * k * k && sum_of(outer.gradient(first, x)) == 18 * k;
  };
  CHECK(failures_of(call) == 0);
  CHECK(f.tracing_count() == 1);
}

TEST_CASE("eight threads run one program whose branches run in parallel, and read one Variable") {
  tf::Variable v(tf::ones({64, 64}));
  auto f = tf::function([&](Tensor x) {
    Tensor a = tf::matmul(tf::matmul(x, v), v), b = tf::matmul(tf::matmul(v, x), x);
    return tf::add(tf::reduce_sum(a), tf::reduce_sum(b));
  });
  float expected = f(tf::ones({64, 64})).item<float>();
  CHECK(failures_of([&](int, int) { return f(tf::ones({64, 64})).item<float>() == expected; }) == 0);
}

TEST_CASE("eight threads count on one Variable, each alone in the end") {
  tf::Variable v(Tensor::scalar(0.f));
  auto f = tf::function([&](Tensor x) {
    v.assign_add(x);
    return tf::multiply(x, 2.f);
  });
  CHECK(failures_of([&](int, int) { return f(Tensor::scalar(1.f)).item<float>() == 2; }) == 0);
  CHECK(v.value().item<float>() == float(kThreads * kCalls));
}

TEST_CASE("what a function explains can be asked while others call it") {
  auto f = tf::function([](Tensor x) { return tf::exp(tf::multiply(x, 2.f)); });
  auto call = [&](int t, int i) {
    if (t == 0) return i == 0 || f.explain().find("fused: Mul+Exp") != std::string::npos || f.tracing_count() == 0;
    return sum_of(f(tf::zeros({1 + i % 3}))) == float(1 + i % 3);
  };
  f(tf::zeros({2}));
  CHECK(failures_of(call) == 0);
}
