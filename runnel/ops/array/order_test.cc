// Sorting, searching, uniqueness. Expected values: NumPy's and TensorFlow's.
#include <doctest/doctest.h>

#include <cmath>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/random.h"

using namespace runnel;

namespace {
template <class T>
std::vector<T> list(const Tensor& t) {
  return {t.values<T>().begin(), t.values<T>().end()};
}
using Ints32 = std::vector<int32_t>;
using Floats = std::vector<float>;
Tensor floats(const Floats& values) { return Tensor::from(values); }
}  // namespace

TEST_CASE("top_k gives the largest first, and of equal ones the first") {
  auto [values, places] = nn::top_k(floats({1, 5, 3, 5, 2}), 3);
  CHECK(list<float>(values) == Floats{5, 5, 3});
  CHECK(list<int32_t>(places) == Ints32{1, 3, 2});
  CHECK(list<int32_t>(nn::top_k(floats({1, 5, 3, 5, 2}), 1).indices) == Ints32{1});
  CHECK_THROWS_WITH_AS(nn::top_k(floats({1}), 2), doctest::Contains("input must have at least k columns. Had 1, needed 2"), errors::InvalidArgumentError);
}

TEST_CASE("sort and argsort work along any axis; NaN comes last; the ends of the integers do not overflow") {
  Tensor x = reshape(floats({3, 1, 2, 0, 5, 4}), {2, 3});
  CHECK(list<float>(sort(x)) == Floats{1, 2, 3, 0, 4, 5});
  CHECK(list<float>(sort(x, 0, "DESCENDING")) == Floats{3, 5, 4, 0, 1, 2});
  CHECK(list<int32_t>(argsort(x, 0)) == Ints32{1, 0, 0, 0, 1, 1});
  Tensor odd = sort(floats({NAN, 2, -INFINITY}));
  CHECK(odd.data<float>()[0] == -INFINITY);
  CHECK(std::isnan(odd.data<float>()[2]));
  CHECK(list<int8_t>(sort(Tensor::from(std::vector<int8_t>{127, -128, 0}))) == std::vector<int8_t>{-128, 0, 127});
  CHECK(list<uint8_t>(sort(Tensor::from(std::vector<uint8_t>{0, 255, 7}))) == std::vector<uint8_t>{0, 7, 255});
}

TEST_CASE("a long vector sorts as std::sort does, many winners or few") {
  Tensor x = random::stateless_normal({5000}, Tensor::from(std::vector<int32_t>{1, 2}));
  Floats expected = list<float>(x);
  std::sort(expected.begin(), expected.end());
  CHECK(list<float>(sort(x)) == expected);
  std::reverse(expected.begin(), expected.end());
  for (int k : {2, 300, 4000}) CHECK(list<float>(nn::top_k(x, k).values) == Floats(expected.begin(), expected.begin() + k));
}

TEST_CASE("searchsorted") {
  Tensor sorted = Tensor::from(Ints32{1, 3, 3, 7});
  CHECK(list<int32_t>(searchsorted(sorted, Tensor::from(Ints32{0, 3, 9}))) == Ints32{0, 1, 4});
  CHECK(list<int32_t>(searchsorted(sorted, Tensor::from(Ints32{0, 3, 9}), "right")) == Ints32{0, 3, 4});
  CHECK_THROWS_AS(searchsorted(sorted, sorted, "up"), ValueError);
}

TEST_CASE("unique keeps the order of the first appearance, for numbers and for text") {
  auto [y, idx, count] = unique_with_counts(Tensor::from(Ints32{1, 1, 2, 4, 4, 4, 7, 8, 8}));
  CHECK(list<int32_t>(y) == Ints32{1, 2, 4, 7, 8});
  CHECK(list<int32_t>(idx) == Ints32{0, 0, 1, 2, 2, 2, 3, 4, 4});
  CHECK(list<int32_t>(count) == Ints32{2, 1, 3, 1, 2});
  CHECK(list<std::string>(unique(Tensor::from(std::vector<std::string>{"b", "a", "b"})).y) == std::vector<std::string>{"b", "a"});
  CHECK(unique(floats({0.f, -0.f})).y.num_elements() == 1);
  CHECK(list<int32_t>(setdiff1d(Tensor::from(Ints32{1, 2, 3, 4}), Tensor::from(Ints32{4, 2})).out) == Ints32{1, 3});
  CHECK_THROWS_WITH_AS(unique(zeros({2, 2})), doctest::Contains("unique expects a 1D vector."), errors::InvalidArgumentError);
}
