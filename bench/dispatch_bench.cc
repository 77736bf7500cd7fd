// What a call costs beside its arithmetic: the dispatcher, the tape, Variables and the allocator (Google Benchmark).
//   dispatch_bench [--benchmark_filter=Add]      on a busy machine under `chrt -f 10`
#include <benchmark/benchmark.h>

#include "runnel/core/allocator.h"
#include "runnel/runnel.h"

namespace tf = runnel;

namespace {

const tf::Tensor kOne = tf::Tensor::scalar(1.0f), kTwo = tf::Tensor::scalar(2.0f);

tf::Tensor square_matrix() { return tf::reshape(tf::Tensor::from(std::vector<float>{1, 2, 3, 4}), {2, 2}); }

void add_scalars(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(tf::add(kOne, kTwo));
}
BENCHMARK(add_scalars);

void add_vectors(benchmark::State& state) {
  tf::Tensor x = tf::ones({state.range(0)});
  for (auto _ : state) benchmark::DoNotOptimize(tf::add(x, x));
  state.SetBytesProcessed(state.iterations() * state.range(0) * 12);
}
BENCHMARK(add_vectors)->Range(8, 1 << 20);

void add_broadcast(benchmark::State& state) {
  tf::Tensor matrix = tf::ones({32, 10}), row = tf::ones({10});
  for (auto _ : state) benchmark::DoNotOptimize(tf::add(matrix, row));
}
BENCHMARK(add_broadcast);

void matmul_2x2(benchmark::State& state) {
  tf::Tensor x = square_matrix();
  for (auto _ : state) benchmark::DoNotOptimize(tf::matmul(x, x));
}
BENCHMARK(matmul_2x2);

// The tape records each call; a fresh tape now and then keeps its memory small.
void matmul_2x2_on_a_tape(benchmark::State& state) {
  tf::Tensor x = square_matrix();
  while (state.KeepRunningBatch(64)) {
    tf::GradientTape tape;
    tape.watch(x);
    for (int i = 0; i < 64; ++i) benchmark::DoNotOptimize(tf::matmul(x, x));
  }
}
BENCHMARK(matmul_2x2_on_a_tape);

void gradient_of_a_matmul(benchmark::State& state) {
  tf::Variable w(square_matrix());
  tf::Tensor x = square_matrix();
  for (auto _ : state) {
    tf::GradientTape tape;
    tf::Tensor loss = tf::reduce_sum(tf::square(tf::matmul(x, w.value())));
    benchmark::DoNotOptimize(tape.gradient(loss, w));
  }
}
BENCHMARK(gradient_of_a_matmul);

void read_variable(benchmark::State& state) {
  tf::Variable w(square_matrix());
  for (auto _ : state) benchmark::DoNotOptimize(w.value());
}
BENCHMARK(read_variable);

void assign_variable(benchmark::State& state) {
  tf::Tensor x = square_matrix();
  tf::Variable w(x);
  for (auto _ : state) w.assign(x);
}
BENCHMARK(assign_variable);

void allocate(benchmark::State& state) {
  const size_t bytes = size_t(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(tf::allocate_buffer(bytes));
}
BENCHMARK(allocate)->Arg(4)->Arg(4096)->Arg(1 << 24);

}  // namespace

BENCHMARK_MAIN();
