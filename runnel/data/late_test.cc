#include "runnel/data/late.h"

#include <doctest/doctest.h>

#include "runnel/base/error.h"
#include "runnel/graph/function.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

using namespace runnel;
using data::Dataset;

namespace {
Tensor number(int64_t n) { return Tensor::scalar(n); }
// ((0 * 2 + first) * 2 + second) * 2 ...
Tensor digits(const Dataset& d) {
  return d.reduce(number(0), [](const Nest& state, const Nest& x) { return Nest(add(multiply(state.tensor(), 2), x.tensor())); }).tensor();
}
}  // namespace

TEST_CASE("a function of data sets is traced once for each element_spec") {
  auto sum = function([](Dataset d, Tensor k) { return multiply(digits(d), k); });
  CHECK(sum(Dataset::range(4), number(1)).item<int64_t>() == 11);
  CHECK(sum(Dataset::range(5), number(2)).item<int64_t>() == 52);
  CHECK(sum.tracing_count() == 1);
  CHECK(sum(Dataset::range(4).batch(2), number(1)).values<int64_t>()[1] == 5);
  CHECK(sum.tracing_count() == 2);
}

TEST_CASE("data sets of a function use its tensors") {
  auto f = function([](Tensor x) {
    Tensor k = reduce_max(x);
    Dataset d = Dataset::from_tensor_slices(x)
                    .map([k](Tensor t) { return multiply(t, k); })
                    .flat_map([k](const Nest& e) { return Dataset::from_tensors(add(e.tensor(), k)).repeat(2); })
                    .scan(k, [k](const Nest& state, const Nest& e) { return std::pair(Nest(add(state.tensor(), k)), Nest(add(state.tensor(), e.tensor()))); })
                    .prefetch(1);
    return digits(d);
  });
  // [1, 3] -> 3, 9 -> 6, 6, 12, 12 -> 9, 12, 21, 24
  CHECK(f(Tensor::from(std::vector<int64_t>{1, 3})).item<int64_t>() == ((9 * 2 + 12) * 2 + 21) * 2 + 24);
  CHECK(f(Tensor::from(std::vector<int64_t>{1, 0})).item<int64_t>() == ((3 * 2 + 4) * 2 + 4) * 2 + 5);
}

TEST_CASE("windows are data sets in a function, too") {
  Dataset pairs = Dataset::range(6, {.start = 1}).window(2, {.drop_remainder = true});
  CHECK(data::nested_spec(pairs.element_spec().tensor()).tensor().dtype() == int64);
  auto f = function([&](Tensor k) {
    Nest spec = Dataset::range(6).element_spec();
    return digits(pairs.map([spec, k](Tensor window) { return multiply(digits(Dataset::from_variant(window, spec)), k); }));
  });
  CHECK(f(number(10)).item<int64_t>() == 10 * (4 * 2 + 10));
}

TEST_CASE("a data set that depends on a function's tensor has no elements outside of it") {
  Dataset kept;
  function([&](Tensor x) {
    kept = Dataset::from_tensor_slices(x);
    return x;
  })(zeros({3}));
  CHECK_THROWS_WITH_AS(kept.iterator(), doctest::Contains("walk through it in that function, or return it"), errors::InvalidArgumentError);
}
