#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "runnel/runtime/cpu/elementwise.h"
#include "runnel/runtime/cpu/isa.h"
#include "runnel/runtime/thread_pool.h"

using namespace runnel;
using cpu::Isa;

namespace {

template <class Body>
void for_each_isa(Body body) {
  Isa before = cpu::isa();
  for (Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    if (!cpu::isa_available(isa)) continue;
    cpu::set_isa(isa);
    body();
  }
  cpu::set_isa(before);
}

template <class T>
std::vector<T> apply(const char* op, std::vector<T> a, std::vector<T> b, uint32_t fault = 0) {
  std::vector<T> y(a.size());
  CHECK(cpu::run_binary(cpu::binary(op, dtype_of<T>()), a.data(), false, b.data(), false, y.data(), int64_t(a.size())) == fault);
  return y;
}

/// Element of an operand that belongs to element i of the result.
int64_t operand_index(int64_t i, const std::vector<int64_t>& y_dims, const std::vector<int64_t>& dims) {
  int64_t index = 0, scale = 1;
  for (int k = int(y_dims.size()) - 1, d = int(dims.size()) - 1; d >= 0; --k, --d) {
    int64_t at = i % y_dims[size_t(k)];
    i /= y_dims[size_t(k)];
    if (dims[size_t(d)] != 1) index += at * scale;
    scale *= dims[size_t(d)];
  }
  return index;
}

int64_t count(const std::vector<int64_t>& dims) {
  int64_t n = 1;
  for (int64_t d : dims) n *= d;
  return n;
}

template <class T>
std::vector<T> ramp(int64_t n) {
  std::vector<T> x(static_cast<size_t>(n));
  for (size_t i = 0; i < x.size(); ++i) x[i] = T(int(i * 37 % 101));
  return x;
}

template <class T>
void check_broadcast(const std::vector<int64_t>& a_dims, const std::vector<int64_t>& b_dims, const std::vector<int64_t>& y_dims) {
  std::vector<T> a = ramp<T>(count(a_dims)), b = ramp<T>(count(b_dims)), y(size_t(count(y_dims)));
  for (const char* op : {"Sub", "FloorDiv"}) {
    for (T& v : b) v = v == T(0) ? T(7) : v;
    cpu::BinaryKernel kernel = cpu::binary(op, dtype_of<T>());
    REQUIRE(kernel);
    CHECK(cpu::broadcast_binary(kernel, a.data(), a_dims, b.data(), b_dims, y.data(), y_dims) == 0);
    bool equal = true;
    for (int64_t i = 0; i < count(y_dims); ++i) {
      T p = a[size_t(operand_index(i, y_dims, a_dims))], q = b[size_t(operand_index(i, y_dims, b_dims))];
      T want = op[0] == 'S' ? T(p - q) : T(std::floor(double(p) / double(q)));
      equal &= float(y[size_t(i)]) == float(want);
    }
    INFO(std::string(op), " ", a_dims.size(), " ", b_dims.size());
    CHECK(equal);
  }
}

}  // namespace

TEST_CASE("binary kernels broadcast every way") {
  using V = std::vector<int64_t>;
  const V cases[][3] = {{{}, {}, {}},
                        {{5}, {5}, {5}},
                        {{1}, {1000}, {1000}},
                        {{3, 1}, {4}, {3, 4}},
                        {{100, 7}, {7}, {100, 7}},
                        {{100, 1}, {100, 7}, {100, 7}},
                        {{2, 3, 1, 5}, {4, 1}, {2, 3, 4, 5}},
                        {{300, 1, 3}, {1, 200, 1}, {300, 200, 3}},
                        {{1, 70, 1, 80}, {9, 1, 6, 1}, {9, 70, 6, 80}},
                        {{20000}, {3, 1}, {3, 20000}},
                        {{4, 1, 1}, {1, 1, 9000}, {4, 1, 9000}},
                        {{0, 3}, {1}, {0, 3}}};
  for_each_isa([&] {
    for (const auto& c : cases) {
      check_broadcast<float>(c[0], c[1], c[2]);
      check_broadcast<double>(c[1], c[0], c[2]);
      check_broadcast<int32_t>(c[0], c[1], c[2]);
      check_broadcast<int16_t>(c[1], c[0], c[2]);
      check_broadcast<half_t>(c[0], c[1], c[2]);
    }
  });
}

TEST_CASE("selection, clipping and broadcast_to") {
  for_each_isa([] {
    bool c[] = {true, false};
    double a[] = {1}, b[] = {10, 20, 30}, y[6];
    int64_t c_dims[] = {2, 1}, a_dims[] = {1}, b_dims[] = {3}, y_dims[] = {2, 3};
    cpu::TernaryKernel select = cpu::ternary("SelectV2", float64);
    CHECK(select.first == bool_);
    cpu::broadcast_ternary(select, c, c_dims, a, a_dims, b, b_dims, y, y_dims);
    CHECK(std::vector<double>(y, y + 6) == std::vector<double>{1, 1, 1, 10, 20, 30});
    float x[] = {-1, 0.25f, 9, std::numeric_limits<float>::quiet_NaN()}, low = 0, high = 0.5f, z[4];
    int64_t four[] = {4};
    cpu::broadcast_ternary(cpu::ternary("ClipByValue", float32), x, four, &low, {}, &high, {}, z, four);
    CHECK(z[0] == 0.0f);
    CHECK(z[1] == 0.25f);
    CHECK(z[2] == 0.5f);
    CHECK(std::isnan(z[3]));
    int16_t v[] = {1, 2}, w[6];
    cpu::broadcast_to(v, c_dims, w, y_dims, 2);
    CHECK(std::vector<int16_t>(w, w + 6) == std::vector<int16_t>{1, 1, 1, 2, 2, 2});
  });
}

TEST_CASE("integers divide, shift and wrap as TensorFlow's") {
  using V = std::vector<int32_t>;
  for_each_isa([] {
    V a = {7, -7, 7, -7}, b = {2, 2, -2, -2};
    CHECK(apply<int32_t>("Div", a, b) == V{3, -3, -3, 3});
    CHECK(apply<int32_t>("FloorDiv", a, b) == V{3, -4, -4, 3});
    CHECK(apply<int32_t>("FloorMod", a, b) == V{1, 1, -1, -1});
    CHECK(apply<int32_t>("TruncateMod", a, b) == V{1, -1, 1, -1});
    CHECK(apply<int32_t>("FloorDiv", {INT32_MIN}, {-1}) == V{INT32_MIN});
    CHECK(apply<int32_t>("FloorMod", {INT32_MIN}, {-1}) == V{0});
    CHECK(apply<int32_t>("AddV2", {INT32_MAX}, {1}) == V{INT32_MIN});
    CHECK(apply<int32_t>("Pow", {2, 3, -2}, {7, 40, 3}) == V{128, 689956897, -8});
    CHECK(apply<int32_t>("LeftShift", {1, 1}, {3, 100}) == V{8, INT32_MIN});
    apply<int32_t>("Div", {1, 2}, {1, 0}, cpu::kDivisionByZero);
    apply<int32_t>("Pow", {1}, {-1}, cpu::kNegativePower);
  });
  CHECK(apply<int8_t>("Mul", {100}, {3}) == std::vector<int8_t>{44});
  CHECK(apply<uint16_t>("Mul", {65535}, {65535}) == std::vector<uint16_t>{1});
  CHECK(apply<uint8_t>("FloorMod", {250}, {7}) == std::vector<uint8_t>{5});
}

TEST_CASE("floats: remainders, NaN and equal numbers") {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for_each_isa([=] {
    std::vector<float> y = apply<float>("FloorMod", {5.5f, -5.5f, 5.5f, -5.5f, 1, -1}, {2, 2, -2, -2, inf, inf});
    CHECK(y == std::vector<float>{1.5f, 0.5f, -0.5f, -1.5f, 1, inf});
    y = apply<float>("Maximum", {nan, 1, 0.0f, -0.0f}, {1, nan, -0.0f, 0.0f});
    CHECK(std::isnan(y[0]));
    CHECK(std::isnan(y[1]));
    CHECK(!std::signbit(y[2]));  // of equals the first
    CHECK(std::signbit(y[3]));
    y = apply<float>("MulNoNan", {nan, 1, inf}, {0, nan, 0});
    CHECK(y[0] == 0.0f);
    CHECK(std::isnan(y[1]));
    CHECK(apply<float>("Xlogy", {0, 0, 2}, {0, nan, 1}) == std::vector<float>{0, 0, 0});
  });
}

TEST_CASE("conversions truncate, wrap and round") {
  auto convert = [](auto from, auto to_example) {
    decltype(to_example) to;
    cpu::run_unary(cpu::cast(dtype_of<decltype(from)>(), dtype_of<decltype(to_example)>()), &from, &to, 1);
    return to;
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for_each_isa([&] {
    CHECK(convert(-1.9f, int32_t()) == -1);
    CHECK(convert(nan, int32_t()) == INT32_MIN);
    CHECK(convert(1e20f, int64_t()) == INT64_MIN);
    CHECK(convert(300.0f, uint8_t()) == 44);
    CHECK(convert(-1.9f, uint8_t()) == 255);
    CHECK(convert(-1.0f, uint32_t()) == 4294967295u);
    CHECK(convert(1.5e19, uint64_t()) == uint64_t(15000000000000000000u));
    CHECK(convert(nan, bool()) == true);
    CHECK(convert(int32_t(70000), half_t()).bits == 0x7c00);
    CHECK(convert(half_t(2.75f), int8_t()) == 2);
    CHECK(convert(complex64_t(1.7f, 2), int32_t()) == 1);
    CHECK(float(convert(half_t(2.5f), bfloat16_t())) == 2.5f);
    CHECK(convert(int64_t(-3), complex128_t()) == complex128_t(-3, 0));
  });
  for (DType from : {float32, float64, float16, bfloat16, int8, int16, int32, int64, uint8, uint16, uint32, uint64, bool_, complex64, complex128})
    for (DType to : {float32, float64, float16, bfloat16, int8, int16, int32, int64, uint8, uint16, uint32, uint64, bool_, complex64, complex128})
      CHECK(cpu::cast(from, to));
}

TEST_CASE("halves round once, alike under every instruction set") {
  std::vector<half_t> x(65536), y(65536);
  for (int i = 0; i < 65536; ++i) x[size_t(i)] = half_t::from_bits(uint16_t(i));
  for_each_isa([&] {
    cpu::run_unary(cpu::unary("Sqrt", float16), x.data(), y.data(), 65536);
    int wrong = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      half_t want(std::sqrt(float(x[i])));
      wrong += !(want.bits == y[i].bits || (float(want) != float(want) && float(y[i]) != float(y[i])));
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE("results do not depend on the number of threads, nor on where a vector ends") {
  std::vector<float> x(100001), once(x.size()), again(x.size());
  for (size_t i = 0; i < x.size(); ++i) x[i] = float(i) * 1e-3f - 50;
  cpu::UnaryKernel tanh = cpu::unary("Tanh", float32);
  set_num_threads(1);
  cpu::run_unary(tanh, x.data(), once.data(), int64_t(x.size()));
  set_num_threads(3);
  cpu::run_unary(tanh, x.data(), again.data(), int64_t(x.size()));
  set_num_threads(0);
  CHECK(std::memcmp(once.data(), again.data(), x.size() * 4) == 0);
  for (int64_t n : {1, 2, 3, 5, 17, 31, 33}) {
    cpu::run_unary(tanh, x.data() + 49000, again.data(), n);
    CHECK(std::memcmp(once.data() + 49000, again.data(), size_t(n) * 4) == 0);
  }
}

TEST_CASE("results larger than the caches have the bits of small ones") {
  const int64_t n = (int64_t(8) << 20) + 37, piece = 1 << 16;
  std::vector<float> a = ramp<float>(n), b(a.rbegin(), a.rend()), y(a.size()), expected(a.size());
  auto add = cpu::binary("AddV2", float32);
  auto neg = cpu::unary("Neg", float32);
  for (int64_t at = 0; at < n; at += piece)
    cpu::run_binary(add, a.data() + at, false, b.data() + at, false, expected.data() + at, std::min(piece, n - at));
  cpu::run_binary(add, a.data(), false, b.data(), false, y.data(), n);
  CHECK(std::memcmp(y.data(), expected.data(), y.size() * sizeof(float)) == 0);
  for (int64_t at = 0; at < n; at += piece) cpu::run_unary(neg, a.data() + at, expected.data() + at, std::min(piece, n - at));
  cpu::run_unary(neg, a.data(), y.data(), n);
  CHECK(std::memcmp(y.data(), expected.data(), y.size() * sizeof(float)) == 0);
}
