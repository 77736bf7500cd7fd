// Elements per nanosecond of elementwise kernels, reductions and row kernels, per instruction set, on one thread and data
// that stays in the L2 cache. Run it under `chrt -f 10` on a busy machine.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "runnel/runtime/cpu/elementwise.h"
#include "runnel/runtime/cpu/isa.h"
#include "runnel/runtime/cpu/reduce.h"
#include "runnel/runtime/cpu/transpose.h"
#include "runnel/runtime/thread_pool.h"

using namespace runnel;

namespace {

constexpr int64_t kCount = 65536;

/// The best of several short repeats, in elements per nanosecond.
double speed(const std::function<void()>& body) {
  double best = 1e30;
  for (int i = 0; i < 30; ++i) {
    auto start = std::chrono::steady_clock::now();
    body();
    best = std::min(best, std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count());
  }
  return double(kCount) / best;
}

void print_row(const char* name, const std::function<void()>& body) {
  std::printf("%-22s", name);
  for (cpu::Isa isa : {cpu::Isa::portable, cpu::Isa::avx2, cpu::Isa::avx512}) {
    if (!cpu::isa_available(isa)) continue;
    cpu::set_isa(isa);
    std::printf(" %9.2f", speed(body));
  }
  std::printf("\n");
}

}  // namespace

int main() {
  set_num_threads(1);
  std::vector<float> x(kCount), b(kCount), y(kCount);
  for (int64_t i = 0; i < kCount; ++i) x[size_t(i)] = float(i % 1000) * 0.0019f + 0.05f, b[size_t(i)] = 1.5f;
  std::vector<double> xd(x.begin(), x.end()), yd(kCount);
  std::vector<half_t> xh(x.begin(), x.end()), yh(kCount);
  std::printf("%-22s %9s %9s %9s   (elements/ns)\n", "kernel", "portable", "avx2", "avx512");
  for (const char* op : {"Exp", "Expm1", "Log", "Log1p", "Tanh", "Sigmoid", "Softplus", "Erf", "Erfc", "Gelu", "GeluTanh", "Sin", "Cos",
                         "Tan", "Asin", "Atan", "Sinh", "Asinh", "Atanh", "Sqrt", "Rsqrt", "Relu", "Elu", "Floor", "IsNan"})
    print_row(op, [&] { cpu::run_unary(cpu::unary(op, float32), x.data(), y.data(), kCount); });
  for (const char* op : {"AddV2", "Mul", "RealDiv", "Maximum", "Pow", "Atan2", "FloorMod", "SquaredDifference", "TanhGrad", "Less"})
    print_row(op, [&] { cpu::run_binary(cpu::binary(op, float32), x.data(), false, b.data(), false, y.data(), kCount); });
  for (const char* op : {"Exp", "Log", "Tanh", "Sin"})
    print_row((std::string(op) + " float64").c_str(), [&] { cpu::run_unary(cpu::unary(op, float64), xd.data(), yd.data(), kCount); });
  print_row("Exp float16", [&] { cpu::run_unary(cpu::unary("Exp", float16), xh.data(), yh.data(), kCount); });
  print_row("float16 to float32", [&] { cpu::run_unary(cpu::cast(float16, float32), xh.data(), y.data(), kCount); });
  const int64_t square[] = {256, 256}, bias[] = {256}, narrow[] = {8192, 8}, column[] = {8192, 1};
  const int first[] = {0}, last[] = {1}, swapped[] = {1, 0};
  print_row("AddV2 + (256)", [&] {
    cpu::broadcast_binary(cpu::binary("AddV2", float32), x.data(), square, b.data(), bias, y.data(), square);
  });
  print_row("AddV2 (8192,8)+(8192,1)", [&] {
    cpu::broadcast_binary(cpu::binary("AddV2", float32), x.data(), narrow, b.data(), column, y.data(), narrow);
  });
  print_row("Sum rows", [&] { cpu::run_reduction(cpu::reduction("Sum", float32), x.data(), square, last, y.data()); });
  print_row("Sum columns", [&] { cpu::run_reduction(cpu::reduction("Sum", float32), x.data(), square, first, y.data()); });
  print_row("Max rows", [&] { cpu::run_reduction(cpu::reduction("Max", float32), x.data(), square, last, y.data()); });
  print_row("Sum columns (8192,8)", [&] { cpu::run_reduction(cpu::reduction("Sum", float32), x.data(), narrow, first, y.data()); });
  print_row("Softmax (256,256)", [&] { cpu::softmax(float32, x.data(), 256, 256, y.data()); });
  print_row("Softmax (8192,8)", [&] { cpu::softmax(float32, x.data(), 8192, 8, y.data()); });
  print_row("LayerNorm (256,256)", [&] {
    cpu::layer_norm(float32, x.data(), 256, 256, b.data(), b.data(), 1e-3, y.data(), nullptr, nullptr);
  });
  print_row("Transpose (256,256)", [&] { cpu::transpose(x.data(), square, swapped, 4, y.data()); });
}
