#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "runnel/runtime/cpu/fused_loop.h"
#include "runnel/runtime/cpu/isa.h"

using namespace runnel;
using cpu::FusedLoop;

namespace {

std::vector<float> ramp(int64_t n, float step) {
  std::vector<float> x(static_cast<size_t>(n));
  for (size_t i = 0; i < x.size(); ++i) x[i] = float(int64_t(i) * 37 % 101 - 50) * step;
  return x;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) { return std::bit_cast<uint32_t>(x) == std::bit_cast<uint32_t>(y); });
}

using Dims64 = std::vector<int64_t>;
int64_t count(const Dims64& dims) {
  int64_t n = 1;
  for (int64_t d : dims) n *= d;
  return n;
}

// y = tanh(x * scale + bias) and z = where(y < x * scale, y, bias * y): two outputs, one of them read by later steps.
void check_chain(const Dims64& dims, const Dims64& scale_dims, const Dims64& bias_dims) {
  auto mul = cpu::binary("Mul", float32), add = cpu::binary("AddV2", float32), less = cpu::binary("Less", float32);
  auto tanh = cpu::unary("Tanh", float32);
  auto select = cpu::ternary("SelectV2", float32);
  int64_t n = count(dims);
  std::vector<float> x = ramp(n, 0.1f), scale = ramp(count(scale_dims), 0.3f), bias = ramp(count(bias_dims), 0.07f);

  size_t size = static_cast<size_t>(n);
  std::vector<float> scaled(size), sum(size), y(size), other(size), z(size);
  std::vector<char> is_less(size);
  cpu::broadcast_binary(mul, x.data(), dims, scale.data(), scale_dims, scaled.data(), dims);
  cpu::broadcast_binary(add, scaled.data(), dims, bias.data(), bias_dims, sum.data(), dims);
  cpu::run_unary(tanh, sum.data(), y.data(), n);
  cpu::run_binary(less, y.data(), false, scaled.data(), false, is_less.data(), n);
  cpu::broadcast_binary(mul, bias.data(), bias_dims, y.data(), dims, other.data(), dims);
  cpu::broadcast_ternary(select, is_less.data(), dims, y.data(), dims, other.data(), dims, z.data(), dims);

  FusedLoop loop;
  int vx = loop.input(float32), vscale = loop.input(float32), vbias = loop.input(float32);
  int vscaled = loop.binary(mul, vx, vscale);
  int vy = loop.unary(tanh, loop.binary(add, vscaled, vbias));
  int vz = loop.ternary(select, loop.binary(less, vy, vscaled), vy, loop.binary(mul, vbias, vy));
  loop.output(vy);
  loop.output(vz);
  loop.finish();
  std::vector<float> fused_y(size), fused_z(size);
  FusedLoop::Input inputs[] = {{x.data(), dims}, {scale.data(), scale_dims}, {bias.data(), bias_dims}};
  void* outputs[] = {fused_y.data(), fused_z.data()};
  CHECK(loop.run(inputs, dims, outputs) == 0);
  CHECK(same_bits(fused_y, y));
  CHECK(same_bits(fused_z, z));
}

}  // namespace

TEST_CASE("a fused chain has the bits of its steps, for every way of broadcasting") {
  check_chain({7}, {7}, {7});
  check_chain({100000}, {}, {1});
  check_chain({300, 10}, {10}, {300, 1});
  check_chain({5, 3000}, {3000}, {5, 1});
  check_chain({3, 1, 5, 7}, {5, 1}, {3, 1, 1, 7});
  check_chain({2, 70, 65}, {70, 1}, {2, 1, 1});
  check_chain({0, 4}, {4}, {1});
}

TEST_CASE("a fused chain of numbers alone fills its output") {
  FusedLoop loop;
  int a = loop.input(float32), b = loop.input(float32);
  loop.output(loop.binary(cpu::binary("AddV2", float32), loop.unary(cpu::unary("Neg", float32), a), b));
  loop.finish();
  float two = 2, five = 5;
  int64_t dims[] = {3000};
  std::vector<float> y(3000);
  FusedLoop::Input inputs[] = {{&two, {}}, {&five, {}}};
  void* outputs[] = {y.data()};
  CHECK(loop.run(inputs, dims, outputs) == 0);
  CHECK(same_bits(y, std::vector<float>(3000, 3.f)));
}

TEST_CASE("a fused chain reports the faults of its steps") {
  FusedLoop loop;
  int a = loop.input(int32), b = loop.input(int32);
  loop.output(loop.binary(cpu::binary("FloorDiv", int32), a, loop.binary(cpu::binary("Sub", int32), b, b)));
  loop.finish();
  std::vector<int32_t> x(10, 4), y(10);
  int64_t dims[] = {10};
  FusedLoop::Input inputs[] = {{x.data(), dims}, {x.data(), dims}};
  void* outputs[] = {y.data()};
  CHECK(loop.run(inputs, dims, outputs) == cpu::kDivisionByZero);
}

TEST_CASE("values of different widths do not overwrite each other") {
  // y = cast(x > 0, float64) * cast(x, float64)
  FusedLoop loop;
  int x = loop.input(float32), zero = loop.input(float32);
  int positive = loop.unary(cpu::cast(bool_, float64), loop.binary(cpu::binary("Greater", float32), x, zero));
  loop.output(loop.binary(cpu::binary("Mul", float64), positive, loop.unary(cpu::cast(float32, float64), x)));
  loop.finish();
  std::vector<float> in = ramp(5000, 1);
  std::vector<double> y(in.size());
  float nought = 0;
  int64_t dims[] = {5000};
  FusedLoop::Input inputs[] = {{in.data(), dims}, {&nought, {}}};
  void* outputs[] = {y.data()};
  REQUIRE(loop.run(inputs, dims, outputs) == 0);
  for (size_t i = 0; i < in.size(); ++i) REQUIRE(y[i] == (in[i] > 0 ? double(in[i]) : 0.0));
}

TEST_CASE("results larger than the caches have the bits of small ones, in place too") {
  const int64_t n = (int64_t(8) << 20) + 37, piece = 1 << 16;
  auto mul = cpu::binary("Mul", float32), add = cpu::binary("AddV2", float32);
  FusedLoop loop;
  int vx = loop.input(float32), vscale = loop.input(float32);
  int scaled = loop.binary(mul, vx, vscale);
  loop.output(loop.binary(add, scaled, vx));
  loop.output(scaled);
  loop.finish();
  std::vector<float> x = ramp(n, 0.1f), sum(x.size()), product(x.size()), expected(x.size()), rest(x.size());
  const float scale = 0.3f;
  auto run = [&](int64_t begin, int64_t end, float* y, float* z) {
    const int64_t dims[] = {end - begin};
    FusedLoop::Input inputs[] = {{x.data() + begin, dims}, {&scale, {}}};
    void* outputs[] = {y + begin, z + begin};
    loop.run(inputs, dims, outputs);
  };
  for (int64_t at = 0; at < n; at += piece) run(at, std::min(n, at + piece), expected.data(), rest.data());
  run(0, n, sum.data(), product.data());
  CHECK(same_bits(sum, expected));
  CHECK(same_bits(product, rest));
  run(0, n, sum.data(), x.data());
  CHECK(same_bits(x, rest));
}
