// Values, dtypes and errors of the mathematical operators; the expected numbers are TensorFlow 2.21's.
#include <doctest/doctest.h>

#include <cmath>

#include "runnel/base/error.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/bitwise.h"
#include "runnel/ops/math.h"

using namespace runnel;

namespace {
template <class T>
Tensor vec(std::vector<T> values) {
  return Tensor::from(values);
}
template <class T>
std::vector<T> list(const Tensor& t) {
  return std::vector<T>(t.data<T>(), t.data<T>() + t.num_elements());
}
}  // namespace

TEST_CASE("integer quotients and remainders round as Python's") {
  Tensor a = vec<int32_t>({7, -7, 7, -7}), b = vec<int32_t>({2, 2, -2, -2});
  CHECK(list<int32_t>(floordiv(a, b)) == std::vector<int32_t>{3, -4, -4, 3});
  CHECK(list<int32_t>(mod(a, b)) == std::vector<int32_t>{1, 1, -1, -1});
  CHECK(list<int32_t>(truncatediv(a, b)) == std::vector<int32_t>{3, -3, -3, 3});
  CHECK(list<int32_t>(truncatemod(a, b)) == std::vector<int32_t>{1, -1, 1, -1});
  CHECK(list<double>(truediv(a, b)) == std::vector<double>{3.5, -3.5, -3.5, 3.5});
  CHECK(truediv(vec<int8_t>({1}), vec<int8_t>({2})).dtype() == float32);
}

TEST_CASE("what arithmetic refuses") {
  Tensor one = vec<int32_t>({1, 2}), zero = vec<int32_t>({1, 0});
  CHECK_THROWS_WITH_AS(floordiv(one, zero), doctest::Contains("Integer division by zero"), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(mod(one, 0), doctest::Contains("Integer division by zero"), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(pow(one, vec<int32_t>({1, -1})), doctest::Contains("Integers to negative integer powers are not allowed"),
                       errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(add(one, vec<int32_t>({1, 2, 3})), doctest::Contains("Incompatible shapes: [2] vs. [3]"), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(add(one, vec<float>({1, 2})), doctest::Contains("cannot compute AddV2 as input #1(zero-based) was expected to be a int32 tensor"),
                       errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(truediv(one, vec<int64_t>({1, 2})), doctest::Contains("must have the same dtype"), TypeError);
  CHECK_THROWS_AS(sqrt(one), errors::InvalidArgumentError);
  CHECK_THROWS_AS(scalar_mul(vec<float>({1, 2}), vec<float>({1, 2})), ValueError);
  CHECK_THROWS_AS(add_n({}), ValueError);
  CHECK_THROWS_WITH_AS(reduce_variance(one), doctest::Contains("Input must be either real or complex"), TypeError);
  CHECK_THROWS_WITH_AS(reduce_sum(one, 1), doctest::Contains("Invalid reduction dimension"), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(reduce_sum(one, {0, -1}), doctest::Contains("duplicate dimension"), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(argmax(one, 1), doctest::Contains("Expected dimension in the range [-1, 1), but got 1"), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(cumsum(one, 1), doctest::Contains("Expected scan axis in the range [-1, 1), but got 1"), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(check_numerics(vec<float>({1, NAN}), "here"), doctest::Contains("here : Tensor had NaN values"), errors::InvalidArgumentError);
}

TEST_CASE("strings are joined and compared") {
  Tensor a = Tensor::from(std::vector<std::string>{"a", "b"}), b = Tensor::from(std::vector<std::string>{"a", "a long text, kept outside"});
  CHECK(list<std::string>(add(a, b)) == std::vector<std::string>{"aa", "ba long text, kept outside"});
  CHECK(list<bool>(equal(a, b)) == std::vector<bool>{true, false});
  CHECK(list<std::string>(add(a, "!")) == std::vector<std::string>{"a!", "b!"});
}

TEST_CASE("rounding goes to the even neighbour") {
  CHECK(list<float>(round(vec<float>({0.5f, 1.5f, 2.5f, -0.5f, -1.5f}))) == std::vector<float>{0, 2, 2, -0.f, -2});
  CHECK(list<int32_t>(round(vec<int32_t>({3}))) == std::vector<int32_t>{3});
}

TEST_CASE("incompatible shapes are not equal where that is allowed") {
  Tensor out = run(get_op("Equal"), {vec<float>({1, 2}), vec<float>({1, 2, 3})}, {{"incompatible_shape_error", false}});
  CHECK(out.rank() == 0);
  CHECK(!out.item<bool>());
}

TEST_CASE("reductions of nothing, of integers and of halves") {
  Tensor none(float32, Shape({0}));
  CHECK(reduce_sum(none).item<float>() == 0);
  CHECK(reduce_prod(none).item<float>() == 1);
  CHECK(std::isinf(reduce_max(none).item<float>()));
  CHECK(std::isnan(reduce_mean(none).item<float>()));
  CHECK(reduce_mean(vec<int32_t>({1, 2, 4})).item<int32_t>() == 2);
  Tensor halves(float16, Shape({4096}));
  for (int i = 0; i < 4096; ++i) halves.mutable_data<half_t>()[i] = half_t(1.f);
  CHECK(float(reduce_sum(halves).item<half_t>()) == 4096.f);  // a sum held in float16 would stop at 2048
}

TEST_CASE("special functions") {
  auto at = [](Tensor (*f)(const Tensor&), double x) { return f(Tensor::scalar(x)).item<double>(); };
  CHECK(at(bessel_i0, 1) == doctest::Approx(1.2660658777520084).epsilon(1e-13));
  CHECK(at(bessel_i1, 40) == doctest::Approx(1.4707396163259352e16).epsilon(1e-13));
  CHECK(at(bessel_k0, 0.1) == doctest::Approx(2.4270690247020164).epsilon(1e-13));
  CHECK(at(bessel_k1, 2) == doctest::Approx(0.13986588181652243).epsilon(1e-13));
  CHECK(at(dawsn, 1) == doctest::Approx(0.5380795069127684).epsilon(1e-13));
  CHECK(at(expint, 1) == doctest::Approx(1.8951178163559366).epsilon(1e-13));
  CHECK(at(fresnel_cos, 3) == doctest::Approx(0.6057207892976857).epsilon(1e-12));
  CHECK(at(fresnel_sin, 1) == doctest::Approx(0.4382591473903548).epsilon(1e-13));
  CHECK(at(spence, 3) == doctest::Approx(-1.4367463668836812).epsilon(1e-13));
  CHECK(at(digamma, 0.5) == doctest::Approx(-1.9635100260214235).epsilon(1e-13));
  CHECK(zeta(2.0, Tensor::scalar(1.0)).item<double>() == doctest::Approx(1.6449340668482264).epsilon(1e-13));
  CHECK(igamma(2.0, Tensor::scalar(3.0)).item<double>() == doctest::Approx(0.8008517265285442).epsilon(1e-13));
  CHECK(betainc(2.0, 3.0, Tensor::scalar(0.4)).item<double>() == doctest::Approx(0.5248).epsilon(1e-13));
}

TEST_CASE("counting") {
  Tensor values = vec<int32_t>({1, 1, 3, 0});
  CHECK(list<int32_t>(bincount(values)) == std::vector<int32_t>{1, 2, 0, 1});
  CHECK(list<int32_t>(bincount(values, {}, 6)) == std::vector<int32_t>{1, 2, 0, 1, 0, 0});
  CHECK(list<float>(bincount(values, vec<float>({1, 2, 3, 4}))) == std::vector<float>{4, 3, 0, 3});
  CHECK(list<int32_t>(histogram_fixed_width(vec<float>({-1, 0, 1.5f, 2, 5, 15}), vec<float>({0, 5}), 5)) == std::vector<int32_t>{2, 1, 1, 0, 2});
  CHECK(list<int32_t>(confusion_matrix(vec<int32_t>({1, 2, 1}), vec<int32_t>({2, 2, 1}))) == std::vector<int32_t>{0, 0, 0, 0, 1, 1, 0, 0, 1});
  CHECK(count_nonzero(vec<float>({0, 1, 2})).item<int64_t>() == 2);
}

TEST_CASE("bits") {
  CHECK(list<int32_t>(bitwise::bitwise_xor(vec<int32_t>({5, 6}), 3)) == std::vector<int32_t>{6, 5});
  CHECK(list<int8_t>(bitwise::invert(vec<int8_t>({0, 5}))) == std::vector<int8_t>{-1, -6});
  CHECK(list<int32_t>(bitwise::right_shift(vec<int32_t>({-8}), 1)) == std::vector<int32_t>{-4});
}
