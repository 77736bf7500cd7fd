// Overheads of compiled functions: a call, a node, an iteration; and what independent branches gain from a second thread.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include "runnel/runnel.h"

namespace tf = runnel;
using tf::Tensor;

namespace {

/// The best mean of several rounds, in microseconds a call.
double microseconds(const std::function<void()>& body, int calls) {
  double best = 1e30;
  for (int round = 0; round < 10; ++round) {
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i) body();
    best = std::min(best, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / calls);
  }
  return best;
}

Tensor doubled(Tensor x, int times) {
  for (int i = 0; i < times; ++i) x = tf::add(x, x);
  return x;
}

Tensor count_to(const Tensor& n) {
  auto more = [&](const std::vector<Tensor>& v) { return tf::less(v[0], n); };
  auto step = [](const std::vector<Tensor>& v) { return std::vector<Tensor>{tf::add(v[0], 1)}; };
  return tf::while_loop(more, step, {Tensor::scalar(int32_t(0))})[0];
}

Tensor two_chains(const Tensor& a, const Tensor& b) {
  Tensor x = a, y = b;
  for (int i = 0; i < 4; ++i) {
    x = tf::matmul(x, a);
    y = tf::matmul(y, b);
  }
  return tf::add(x, y);
}

void measure_overheads() {
  Tensor x = Tensor::scalar(1.f), n = Tensor::scalar(int32_t(1000));
  auto same = tf::function([](Tensor t) { return t; });
  auto add = tf::function([](Tensor a, Tensor b) { return tf::add(a, b); });
  auto chain = tf::function([](Tensor t) { return doubled(t, 100); });
  auto loop = tf::function([](Tensor t) { return count_to(t); });
  std::printf("a call that computes nothing   %8.3f us\n", microseconds([&] { same(x); }, 20000));
  std::printf("a call of one addition         %8.3f us   eagerly %8.3f us\n", microseconds([&] { add(x, x); }, 20000),
              microseconds([&] { tf::add(x, x); }, 20000));
  std::printf("a node of a chain of 100       %8.3f us   eagerly %8.3f us\n", microseconds([&] { chain(x); }, 500) / 100,
              microseconds([&] { doubled(x, 100); }, 500) / 100);
  std::printf("an iteration of a loop         %8.3f us   eagerly %8.3f us\n", microseconds([&] { loop(n); }, 20) / 1000,
              microseconds([&] { count_to(n); }, 20) / 1000);
}

void measure_branches() {
  tf::random::set_seed(1);
  Tensor a = tf::random::normal({512, 512}), b = tf::random::normal({512, 512});
  auto f = tf::function([](Tensor x, Tensor y) { return two_chains(x, y); });
  for (int threads : {1, 2}) {
    tf::set_num_threads(threads);
    std::printf("two chains of four 512x512 products on %d threads   %8.1f us\n", threads, microseconds([&] { f(a, b); }, 5));
  }
}

}  // namespace

int main() {
  measure_overheads();
  measure_branches();
}
