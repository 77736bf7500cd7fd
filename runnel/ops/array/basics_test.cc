#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"

using namespace runnel;

namespace {
template <class T>
std::vector<T> list(const Tensor& t) {
  return {t.values<T>().begin(), t.values<T>().end()};
}
Tensor count_to(int64_t n) { return range(n, {}, 1, float32); }
}  // namespace

TEST_CASE("range, fill, cast") {
  CHECK(list<int>(range(3)) == std::vector<int>{0, 1, 2});
  CHECK(list<int>(range(6, 0, -2)) == std::vector<int>{6, 4, 2});
  CHECK(list<float>(range(0.5, 2)) == std::vector<float>{0.5f, 1.5f});
  CHECK(list<float>(fill({2, 2}, 7.0f)) == std::vector<float>{7, 7, 7, 7});
  CHECK(list<int>(cast(Tensor::from(std::vector<float>{-1.9f, 2.9f}), int32)) == std::vector<int>{-1, 2});
  CHECK_THROWS_AS(range(1, 5, 0), errors::InvalidArgumentError);
}

TEST_CASE("reshape, squeeze, expand_dims") {
  Tensor x = reshape(count_to(6), {2, -1});
  CHECK(x.shape() == Shape({2, 3}));
  CHECK(expand_dims(x, -2).shape() == Shape({2, 1, 3}));
  CHECK(squeeze(expand_dims(x, 0)).shape() == Shape({2, 3}));
  CHECK_THROWS_WITH_AS(reshape(x, {4, 2}), doctest::Contains("Input to reshape is a tensor with 6 values, but the requested shape has 8"),
                       errors::InvalidArgumentError);
  CHECK_THROWS_AS(squeeze(x, 0), errors::InvalidArgumentError);
}

TEST_CASE("transpose moves every element") {
  for (Shape s : {Shape({5, 7}), Shape({40, 33}), Shape({3, 1, 35})}) {
    Tensor x = reshape(count_to(s.num_elements()), s), y = transpose(x);
    CHECK(list<float>(transpose(y)) == list<float>(x));
    int64_t n = s.dim(-1), m = s.num_elements() / n;
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) REQUIRE(y.data<float>()[j * m + i] == x.data<float>()[i * n + j]);
  }
  Tensor z = transpose(reshape(count_to(24), {2, 3, 4}), {1, 0, 2});
  CHECK(z.shape() == Shape({3, 2, 4}));
  CHECK(z.data<float>()[4] == 12.0f);
  CHECK(list<int>(invert_permutation(Tensor::from(std::vector<int>{2, 0, 1}))) == std::vector<int>{1, 2, 0});
}

TEST_CASE("stack, unstack, broadcast_to, one_hot") {
  Tensor a = count_to(3), s = stack({a, a}, 1);
  CHECK(list<float>(s) == std::vector<float>{0, 0, 1, 1, 2, 2});
  CHECK(list<float>(unstack(s, {}, 1)[1]) == std::vector<float>{0, 1, 2});
  CHECK(list<float>(broadcast_to(expand_dims(a, 1), {3, 2})) == list<float>(s));
  CHECK(list<float>(one_hot(Tensor::from(std::vector<int>{1, -1, 2}), 3)) == std::vector<float>{0, 1, 0, 0, 0, 0, 0, 0, 1});
  CHECK(list<int>(one_hot(Tensor::from(std::vector<int>{1, 0}), 2, 5, -1, 0)) == std::vector<int>{-1, 5, 5, -1});
}
