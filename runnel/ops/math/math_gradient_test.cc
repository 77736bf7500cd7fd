// Gradients of the mathematical operators, first and second order, against differences; one row a function.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "runnel/autodiff/gradient_check.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/op/op.h"

using namespace runnel;

namespace {

// Numbers spread over [low, high], in no order.
Tensor spread(const Shape& shape, double low, double high, double seed = 0) {
  Tensor t(float64, shape);
  for (int64_t i = 0; i < t.num_elements(); ++i)
    t.mutable_data<double>()[i] = low + (high - low) * std::fmod(0.7548776662466927 * double(i + 1) + 0.31 * (seed + 1), 1.0);
  return t;
}
Tensor spread_complex(const Shape& shape, double low, double high) { return complex(spread(shape, low, high), spread(shape, low, high, 3)); }

struct Unary {
  const char* name;
  Tensor (*f)(const Tensor&);
  double low, high;
  bool complex = false;
};
const Unary kUnary[] = {
    {"abs", abs, 0.3, 2}, {"abs", abs, -2, -0.3}, {"negative", negative, -2, 2, true}, {"sign", sign, 0.2, 2},
    {"square", square, -2, 2, true}, {"sqrt", sqrt, 0.5, 3, true}, {"rsqrt", rsqrt, 0.5, 3, true}, {"reciprocal", reciprocal, 0.5, 3, true},
    {"exp", exp, -2, 2, true}, {"expm1", expm1, -2, 2, true}, {"log", log, 0.4, 3, true}, {"log1p", log1p, -0.4, 3, true},
    {"sigmoid", sigmoid, -3, 3, true}, {"sin", sin, -3, 3, true}, {"cos", cos, -3, 3, true}, {"tan", tan, -1, 1, true},
    {"asin", asin, -0.7, 0.7, true}, {"acos", acos, -0.7, 0.7, true}, {"atan", atan, -0.8, 0.8, true}, {"sinh", sinh, -2, 2, true},
    {"cosh", cosh, -2, 2, true}, {"tanh", tanh, -1.2, 1.2, true}, {"asinh", asinh, -0.8, 0.8, true}, {"acosh", acosh, 1.3, 4, true},
    {"atanh", atanh, -0.7, 0.7, true}, {"conj", conj, -2, 2, true}, {"erf", erf, -2, 2}, {"erfc", erfc, -2, 2},
    {"erfinv", erfinv, -0.8, 0.8}, {"erfcinv", erfcinv, 0.2, 1.8}, {"ndtri", ndtri, 0.1, 0.9}, {"lgamma", lgamma, 0.3, 6},
    {"digamma", digamma, 0.4, 6}, {"bessel_i0", bessel_i0, 0.2, 4}, {"bessel_i0e", bessel_i0e, 0.2, 4}, {"bessel_i1", bessel_i1, 0.2, 4},
    {"bessel_i1e", bessel_i1e, 0.2, 4}, {"bessel_k0", bessel_k0, 0.4, 4}, {"bessel_k0e", bessel_k0e, 0.4, 4}, {"bessel_k1", bessel_k1, 0.5, 4},
    {"bessel_k1e", bessel_k1e, 0.5, 4}, {"bessel_j0", bessel_j0, 0.2, 9}, {"bessel_j1", bessel_j1, 0.2, 9}, {"bessel_y0", bessel_y0, 0.5, 9},
    {"bessel_y1", bessel_y1, 0.5, 9}, {"dawsn", dawsn, -3, 3}, {"expint", expint, 0.3, 4}, {"fresnel_cos", fresnel_cos, -3, 3},
    {"fresnel_sin", fresnel_sin, -3, 3}, {"spence", spence, 0.2, 4}, {"reciprocal_no_nan", reciprocal_no_nan, 0.5, 2}, {"lbeta", lbeta, 0.4, 3},
};

struct Binary {
  const char* name;
  Tensor (*f)(const Operand&, const Operand&);
  double low, high, other_low, other_high;
  bool complex = false;
};
const Binary kBinary[] = {
    {"add", add, -2, 2, -2, 2, true}, {"subtract", subtract, -2, 2, -2, 2, true}, {"multiply", multiply, -2, 2, -2, 2, true},
    {"divide", divide, -2, 2, 0.5, 2, true}, {"divide_no_nan", divide_no_nan, -2, 2, 0.5, 2, true},
    {"multiply_no_nan", multiply_no_nan, 0.5, 2, 0.5, 2}, {"maximum", maximum, -2, 2, -1.9, 2.1}, {"minimum", minimum, -2, 2, -1.9, 2.1},
    {"pow", pow, 0.5, 2, -2, 2, true}, {"squared_difference", squared_difference, -2, 2, -2, 2, true}, {"xlogy", xlogy, 0.5, 2, 0.5, 2, true},
    {"xlog1py", xlog1py, 0.5, 2, 0.5, 2, true}, {"xdivy", xdivy, 0.5, 2, 0.5, 2, true}, {"atan2", atan2, 0.3, 2, 0.3, 2},
};

}  // namespace

TEST_CASE("unary functions have the gradients that differences show") {
  for (const Unary& row : kUnary) {
    CAPTURE(std::string(row.name));
    auto f = [&](const std::vector<Tensor>& x) { return row.f(x[0]); };
    CHECK(check_gradient(f, {spread({2, 3}, row.low, row.high)}, {.tolerance = 3e-6}) == "");
    if (row.complex) CHECK(check_gradient(f, {spread_complex({2, 2}, row.low, row.high)}, {.tolerance = 3e-6}) == "");
  }
}

TEST_CASE("binary functions have the gradients that differences show, broadcasting too") {
  for (const Binary& row : kBinary) {
    CAPTURE(std::string(row.name));
    auto f = [&](const std::vector<Tensor>& x) { return row.f(x[0], x[1]); };
    for (auto [a, b] : {std::pair(Shape({2, 3}), Shape({2, 3})), {Shape({2, 3}), Shape({3})}, {Shape(), Shape({2})}, {Shape({2, 1}), Shape({1, 3})}})
      CHECK(check_gradient(f, {spread(a, row.low, row.high), spread(b, row.other_low, row.other_high, 1)}, {.tolerance = 3e-6}) == "");
    if (row.complex)
      CHECK(check_gradient(f, {spread_complex({2}, row.low, row.high), spread_complex({2, 2}, row.other_low, row.other_high)}, {.tolerance = 3e-6}) == "");
  }
}

TEST_CASE("special functions of several operands have the gradients that differences show") {
  Tensor a = spread({4}, 0.5, 4), b = spread({4}, 0.5, 4, 1), x = spread({4}, 0.1, 0.9, 2);
  CHECK(check_gradient([&](const auto& in) { return betainc(a, b, in[0]); }, {x}, {.tolerance = 3e-6, .second_order = false}) == "");
  CHECK(check_gradient([&](const auto& in) { return igamma(a, in[0]); }, {b}) == "");
  CHECK(check_gradient([&](const auto& in) { return igamma(in[0], in[1]); }, {a, b}, {.second_order = false}) == "");
  CHECK(check_gradient([&](const auto& in) { return igammac(in[0], in[1]); }, {a, b}, {.second_order = false}) == "");
  CHECK(check_gradient([&](const auto& in) { return zeta(add(a, 1), in[0]); }, {b}) == "");
  CHECK(check_gradient([&](const auto& in) { return polygamma(Tensor::scalar(2.0), in[0]); }, {b}, {.tolerance = 1e-5}) == "");
}

TEST_CASE("complex numbers and their parts") {
  Tensor z = spread_complex({2, 3}, 0.3, 2);
  for (Tensor (*f)(const Tensor&) : {real, imag, angle, abs})
    CHECK(check_gradient([&](const auto& in) { return f(in[0]); }, {z}) == "");
  CHECK(check_gradient([&](const auto& in) { return complex(in[0], in[1]); }, {spread({2, 3}, -1, 1), spread({3}, -1, 1)}) == "");
}

TEST_CASE("reductions over every choice of axes") {
  Tensor (*functions[])(const Tensor&, const Axes&, bool) = {reduce_sum, reduce_mean, reduce_prod, reduce_max, reduce_min,
                                                             reduce_euclidean_norm, reduce_logsumexp, reduce_variance, reduce_std};
  int number = 0;
  for (auto* f : functions) {
    CAPTURE(number++);
    for (Axes axes : {Axes(), Axes(0), Axes(-1), Axes({0, 2})})
      for (bool keep : {false, true})
        CHECK(check_gradient([&](const auto& in) { return f(in[0], axes, keep); }, {spread({2, 3, 2}, 0.4, 2)}, {.tolerance = 1e-5}) == "");
  }
}

TEST_CASE("products with zeros, and maxima with ties") {
  Tensor x = Tensor::from(std::vector<double>{2, 0, 3, 0, 0, 5}).reshaped({2, 3});
  CHECK(check_gradient([](const auto& in) { return reduce_prod(in[0], 1); }, {x}, {.second_order = false}) == "");
}

TEST_CASE("cumulative functions") {
  Tensor (*functions[])(const Tensor&, const Operand&, bool, bool) = {cumsum, cumprod, cumulative_logsumexp};
  int number = 0;
  for (auto* f : functions) {
    CAPTURE(number++);
    for (int axis : {0, 1})
      for (bool reverse : {false, true})
        CHECK(check_gradient([&](const auto& in) { return f(in[0], axis, false, reverse); }, {spread({3, 2}, 0.4, 2)}, {.tolerance = 1e-5}) == "");
  }
  CHECK(check_gradient([&](const auto& in) { return cumsum(in[0], 0, true); }, {spread({4}, 0.4, 2)}) == "");
  CHECK(check_gradient([&](const auto& in) { return cumprod(in[0], 0, true, true); }, {spread({4}, 0.4, 2)}) == "");
}

TEST_CASE("segments") {
  Tensor ids = Tensor::from(std::vector<int32_t>{0, 0, 1, 3}), any = Tensor::from(std::vector<int32_t>{2, -1, 0, 2});
  for (auto* f : {segment_sum, segment_mean, segment_prod, segment_max, segment_min})
    CHECK(check_gradient([&](const auto& in) { return f(in[0], ids); }, {spread({4, 2}, 0.4, 2)}, {.tolerance = 1e-5}) == "");
  for (auto* f : {unsorted_segment_sum, unsorted_segment_mean, unsorted_segment_sqrt_n, unsorted_segment_prod})
    CHECK(check_gradient([&](const auto& in) { return f(in[0], any, 3); }, {spread({4, 2}, 0.4, 2)}, {.tolerance = 1e-5}) == "");
  for (auto* f : {unsorted_segment_max, unsorted_segment_min})  // segment 1 is empty: its extreme is huge, so it is cut off
    CHECK(check_gradient([&](const auto& in) { return clip_by_value(f(in[0], any, 3), -9, 9); }, {spread({4, 2}, 0.4, 2)}, {.tolerance = 1e-5}) == "");
}

TEST_CASE("sums, clipping and norms") {
  Tensor a = spread({2, 3}, -2, 2), b = spread({2, 3}, -2, 2, 1);
  CHECK(check_gradient([](const auto& in) { return add_n({in[0], in[1], in[0]}); }, {a, b}) == "");
  CHECK(check_gradient([](const auto& in) { return clip_by_value(in[0], -1.05, 1.05); }, {a}) == "");
  CHECK(check_gradient([](const auto& in) { return clip_by_norm(in[0], 0.5, 1); }, {a}, {.tolerance = 1e-5}) == "");
  CHECK(check_gradient([](const auto& in) { return nn::l2_normalize(in[0], 1); }, {a}, {.tolerance = 1e-5}) == "");
  CHECK(check_gradient([](const auto& in) { return clip_by_global_norm({in[0], in[1]}, 1.0).list_clipped[0]; }, {a, b}, {.tolerance = 1e-5}) == "");
  CHECK(check_gradient([](const auto& in) { return polyval({in[0], in[1], in[0]}, in[1]); }, {a, b}, {.tolerance = 1e-5}) == "");
  CHECK(check_gradient([](const auto& in) { return in[0] * 2 - 3 / (in[1] * in[1] + 1); }, {a, b}) == "");
}
