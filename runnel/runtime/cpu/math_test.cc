// The accuracy of every function of float, against the C library in double, over all exponents and both signs.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "runnel/runtime/cpu/elementwise.h"
#include "runnel/runtime/cpu/isa.h"
#include "runnel/runtime/flush_denormals.h"

using namespace runnel;
using cpu::Isa;

namespace {

struct Function {
  const char* op;
  double (*exact)(double);
  double ulps;  // the largest error allowed
};

double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
double softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

const Function kFunctions[] = {
    {"Exp", std::exp, 1.0},       {"Expm1", std::expm1, 1.5},     {"Log", std::log, 0.9},     {"Log1p", std::log1p, 1.5},
    {"Tanh", std::tanh, 2.7},     {"Sigmoid", sigmoid, 2.2},      {"Softplus", softplus, 1.8}, {"Erf", std::erf, 1.3},
    {"Erfc", std::erfc, 0.51},    {"Sin", std::sin, 1.6},         {"Cos", std::cos, 1.6},     {"Tan", std::tan, 0.51},
    {"Asin", std::asin, 0.51},    {"Acos", std::acos, 0.51},      {"Atan", std::atan, 0.51},  {"Sinh", std::sinh, 0.51},
    {"Cosh", std::cosh, 0.51},    {"Asinh", std::asinh, 0.51},    {"Acosh", std::acosh, 0.51}, {"Atanh", std::atanh, 0.51},
    {"Sqrt", std::sqrt, 0.51},    {"Rsqrt", [](double x) { return 1 / std::sqrt(x); }, 1.5},
};

std::vector<float> sample() {
  std::vector<float> x;
  for (uint64_t bits = 0; bits < (uint64_t(1) << 32); bits += 100003) {
    uint32_t low = uint32_t(bits);
    float value;
    std::memcpy(&value, &low, 4);
    x.push_back(value);
  }
  const float inf = std::numeric_limits<float>::infinity();
  for (float v : {0.0f, 1.0f, inf, 1e-45f, 1.17549435e-38f, 3.4e38f, 88.7f, 89.0f, 103.9f, 0.5f, 1e-10f, 1e22f, 1048576.5f})
    for (float s : {v, -v}) x.push_back(s);
  x.push_back(std::numeric_limits<float>::quiet_NaN());
  for (int i = -4000; i < 4000; ++i) x.push_back(float(i) * 0.00317f);
  return x;
}

/// Denormals are flushed to zero, of the same sign (runtime/flush_denormals.h).
float flushed(float x) { return std::abs(x) < std::numeric_limits<float>::min() ? std::copysign(0.0f, x) : x; }

/// The distance in units of the last place of the exact result; 0 where both are the same special value.
double ulps_between(float got, double exact) {
  float rounded = flushed(float(exact));
  got = flushed(got);
  if (std::isnan(rounded) || std::isnan(got)) return std::isnan(rounded) && std::isnan(got) ? 0 : 1e9;
  if (std::isinf(rounded) || std::isinf(got)) {
    if (rounded == got) return 0;
    return std::abs(double(got)) > 3.4028e38 && std::abs(exact) > 3.4028e38 ? 0.5 : 1e9;
  }
  if (rounded == 0 && got == 0) return std::signbit(rounded) == std::signbit(got) ? 0 : 1e9;
  if (std::abs(double(got) - exact) < double(std::numeric_limits<float>::min())) return 0;  // a term was flushed
  float a = std::max(std::abs(rounded), std::numeric_limits<float>::min());
  double ulp = double(std::nextafter(a, std::numeric_limits<float>::infinity())) - double(a);
  return std::abs(double(got) - exact) / ulp;
}

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

}  // namespace

TEST_CASE("functions of float are accurate, special values included") {
  const std::vector<float> x = sample();
  std::vector<float> y(x.size());
  for_each_isa([&] {
    for (const Function& function : kFunctions) {
      cpu::run_unary(cpu::unary(function.op, float32), x.data(), y.data(), int64_t(x.size()));
      double worst = 0;
      float at = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        double error = ulps_between(y[i], function.exact(double(flushed(x[i]))));
        if (error > worst) worst = error, at = x[i];
      }
      INFO(std::string(cpu::isa_name()), " ", std::string(function.op), " at ", at);
      CHECK(worst <= function.ulps);
    }
  });
}

TEST_CASE("functions of double agree with the C library") {
  std::vector<double> x, y;
  for (int i = -3000; i <= 3000; ++i) x.push_back(i * 0.01), x.push_back(std::ldexp(1 + i * 1e-4, i / 3));
  for (double v : {0.0, -0.0, 1e308, -1e308, 5e-324, 709.8, -745.2}) x.push_back(v);
  x.push_back(std::numeric_limits<double>::infinity());
  x.push_back(-std::numeric_limits<double>::infinity());
  x.push_back(std::numeric_limits<double>::quiet_NaN());
  y.resize(x.size());
  for_each_isa([&] {
    for (const Function& function : kFunctions) {
      cpu::run_unary(cpu::unary(function.op, float64), x.data(), y.data(), int64_t(x.size()));
      for (size_t i = 0; i < x.size(); ++i) {
        double want = function.exact(x[i]);
        bool same = (std::isnan(want) && std::isnan(y[i])) || want == y[i];
        INFO(std::string(cpu::isa_name()), " ", std::string(function.op), " at ", x[i]);
        if (!same) CHECK(std::abs(y[i] - want) <= 6e-16 * std::abs(want) + 1e-323);
      }
    }
  });
}

TEST_CASE("powers and angles of pairs of floats") {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> values = {0.0f, 1.0f, 2.0f, 3.0f, 0.5f, 0.333f, 7.25f, 1e-3f, 1e10f, 1e30f, 1e-40f, 16777217.0f, 2.5f, 33.0f, inf};
  for (size_t i = 0, n = values.size(); i < n; ++i) values.push_back(-values[i]);
  values.push_back(nan);
  std::vector<float> a, b;
  for (float p : values)
    for (float q : values) a.push_back(p), b.push_back(q);
  std::vector<float> y(a.size());
  for_each_isa([&] {
    for (auto [op, exact] : {std::pair<const char*, double (*)(double, double)>{"Pow", std::pow}, {"Atan2", std::atan2}}) {
      FlushDenormals as_inside_of_operators;
      cpu::run_binary(cpu::binary(op, float32), a.data(), false, b.data(), false, y.data(), int64_t(a.size()));
      for (size_t i = 0; i < a.size(); ++i) {
        INFO(std::string(cpu::isa_name()), " ", std::string(op), "(", a[i], ", ", b[i], ") = ", y[i]);
        CHECK(ulps_between(y[i], exact(flushed(a[i]), flushed(b[i]))) <= 0.51);
      }
    }
  });
}
