#include <doctest/doctest.h>

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/data/dataset.h"
#include "runnel/data/walk.h"
#include "runnel/graph/function.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/random.h"

using namespace runnel;
using data::Dataset;

namespace {

template <class T = int64_t>
std::vector<T> flat(const Dataset& dataset) {
  std::vector<T> out;
  for (const Nest& element : dataset)
    for (T x : element.tensor().values<T>()) out.push_back(x);
  return out;
}
using Numbers = std::vector<int64_t>;

}  // namespace

TEST_CASE("slices, batches and the remainder") {
  Tensor x = Tensor::from(std::vector<float>{0, 1, 2, 3, 4, 5}).reshaped(Shape({3, 2}));
  Tensor y = Tensor::from(std::vector<int32_t>{7, 8, 9});
  Dataset batches = Dataset::from_tensor_slices(Nest::tuple({x, y})).batch(2);
  CHECK(batches.cardinality() == 2);
  CHECK(shapes_text(batches.element_spec()) == "((None, 2), (None,))");
  auto walk = batches.iterator();
  Nest element;
  REQUIRE(walk->next(element));
  CHECK(element.is_tuple());
  CHECK(shapes_text(element) == "((2, 2), (2,))");
  REQUIRE(walk->next(element));
  CHECK(element[1].tensor().item<int32_t>() == 9);
  CHECK_FALSE(walk->next(element));
  CHECK_FALSE(walk->next(element));
  CHECK(Dataset::from_tensor_slices(y).batch(2, {.drop_remainder = true}).cardinality() == 1);
}

// The orders that TensorFlow 2.21 gives for these seeds.
TEST_CASE("shuffle gives TensorFlow's order") {
  random::set_seed(7);
  Dataset global = Dataset::range(10).shuffle(10);
  CHECK(flat(global) == Numbers{8, 9, 2, 3, 1, 5, 4, 6, 7, 0});
  CHECK(flat(global) == Numbers{6, 1, 7, 9, 2, 8, 3, 0, 4, 5});
  random::set_seed(7);
  CHECK(flat(Dataset::range(10).shuffle(10, {.seed = 3})) == Numbers{9, 7, 3, 8, 6, 2, 0, 5, 4, 1});
}

TEST_CASE("an iteration may keep its order, and repeat begins new ones") {
  random::set_seed(7);
  Dataset fixed = Dataset::range(10).shuffle(3, {.seed = 42, .reshuffle_each_iteration = false});
  CHECK(flat(fixed) == flat(fixed));
  Dataset repeated = Dataset::range(10).shuffle(4, {.seed = 42}).repeat(2);
  Numbers all = flat(repeated);
  CHECK(repeated.cardinality() == 20);
  CHECK(Numbers(all.begin(), all.begin() + 10) != Numbers(all.begin() + 10, all.end()));
  std::sort(all.begin(), all.end());
  for (int64_t i = 0; i < 20; ++i) CHECK(all[size_t(i)] == i / 2);
}

TEST_CASE("map keeps the order in parallel, and gives its spec") {
  auto square = [](Tensor x) { return x * x; };
  Dataset numbers = Dataset::range(100);
  CHECK(flat(numbers.map(square, {.num_parallel_calls = 7})) == flat(numbers.map(square)));
  Dataset pairs = numbers.map([](Tensor x) { return std::pair(x, cast(x, float32) / 2.f); });
  CHECK(pairs.element_spec()[1].tensor().dtype() == float32);
  CHECK(flat<float>(pairs.map([](Tensor, Tensor half) { return half; }).take(3)) == std::vector<float>{0, 0.5, 1});
}

TEST_CASE("an error in map comes at its element, after the good ones") {
  Dataset failing = Dataset::range(6).map(
      [](Tensor x) {
        if (x.item<int64_t>() == 4) fail<errors::DataLossError>("map", "the fourth is bad");
        return x;
      },
      {.num_parallel_calls = 3, .output_spec = data::spec(int64, Shape())});
  for (const Dataset& dataset : {failing, failing.prefetch(2)}) {
    auto walk = dataset.iterator();
    Nest element;
    for (int i = 0; i < 4; ++i) REQUIRE(walk->next(element));
    CHECK_THROWS_AS(walk->next(element), errors::DataLossError);
  }
}

TEST_CASE("selections and their cardinalities") {
  Dataset ten = Dataset::range(10);
  CHECK(flat(ten.skip(7)) == Numbers{7, 8, 9});
  CHECK(ten.skip(7).cardinality() == 3);
  CHECK(flat(ten.take(2).concatenate(ten.skip(9))) == Numbers{0, 1, 9});
  CHECK(flat(ten.shard(4, 1)) == Numbers{1, 5, 9});
  CHECK(ten.shard(4, 1).cardinality() == 3);
  CHECK(flat(ten.filter([](const Nest& e) { return e.tensor().item<int64_t>() % 3 == 0; })) == Numbers{0, 3, 6, 9});
  CHECK(flat(ten.take_while([](const Nest& e) { return e.tensor().item<int64_t>() < 2; })) == Numbers{0, 1});
  CHECK(ten.repeat().cardinality() == data::kInfiniteCardinality);
  CHECK(flat(ten.repeat().skip(18).take(4)) == Numbers{8, 9, 0, 1});
  CHECK(flat(Dataset::range(0).repeat()).empty());
  CHECK(flat(Dataset::range(2, {.start = 10, .step = -3})) == Numbers{10, 7, 4});
  CHECK(Dataset::zip({ten, ten.take(4)}).cardinality() == 4);
  CHECK(flat(ten.enumerate(5).map([](Tensor i, Tensor x) { return i + x; }).take(2)) == Numbers{5, 7});
}

TEST_CASE("interleave takes blocks in turn, as TensorFlow does") {
  auto repeated = [](const Nest& e) { return Dataset::from_tensors(e).repeat(3); };
  CHECK(flat(Dataset::range(3).interleave(repeated, {.cycle_length = 2, .block_length = 2})) == Numbers{0, 0, 1, 1, 0, 1, 2, 2, 2});
  CHECK(flat(Dataset::range(3).flat_map(repeated)) == Numbers{0, 0, 0, 1, 1, 1, 2, 2, 2});
}

TEST_CASE("windows are data sets") {
  auto joined = [](const Nest& window) { return Dataset::from_variant(window.tensor()).batch(3); };
  Dataset seven = Dataset::range(7);
  CHECK(flat(seven.window(3, {.shift = 2}).flat_map(joined)) == Numbers{0, 1, 2, 2, 3, 4, 4, 5, 6, 6});
  CHECK(flat(seven.window(3, {.shift = 1, .stride = 2, .drop_remainder = true}).flat_map(joined)) == Numbers{0, 2, 4, 1, 3, 5, 2, 4, 6});
  CHECK(seven.window(3, {.shift = 1, .stride = 2, .drop_remainder = true}).cardinality() == 3);
}

TEST_CASE("padded batches grow to the longest, or to the given shape") {
  Dataset ragged = Dataset::range(3, {.start = 1}).map([](Tensor x) { return fill({x.item<int64_t>()}, x); },
                                                       {.output_spec = data::spec(int64, PartialShape({-1}))});
  CHECK(flat(ragged.padded_batch(2)) == Numbers{1, 0, 2, 2});
  CHECK(flat(ragged.padded_batch(2, {.padded_shapes = {PartialShape({3})}, .padding_values = {Tensor::scalar(int64_t(-1))}})) ==
        Numbers{1, -1, -1, 2, 2, -1});
  CHECK_THROWS_WITH_AS(flat(ragged.padded_batch(2, {.padded_shapes = {PartialShape({1})}})),
                       doctest::Contains("Attempted to pad to a smaller size than the input element."), errors::DataLossError);
  CHECK_THROWS_WITH_AS(flat(ragged.batch(2)),
                       doctest::Contains("Cannot batch tensors with different shapes in component 0. First element had shape [1] and element 1 had shape [2]."),
                       errors::InvalidArgumentError);
}

TEST_CASE("cache computes once") {
  int calls = 0;
  Dataset counted = Dataset::range(5).map([&calls](Tensor x) { return ++calls, x; }, {.output_spec = data::spec(int64, Shape())}).cache();
  Numbers first = flat(counted), second = flat(counted);
  CHECK(first == second);
  CHECK(calls == 5);
}

TEST_CASE("a generator begins anew with each walk, and its elements are checked") {
  auto letters = [] {
    return [i = 0](Nest& element) mutable {
      element = Tensor::scalar(int64_t(i));
      return i++ < 3;
    };
  };
  Dataset good = Dataset::from_generator(letters, data::spec(int64, Shape()));
  CHECK(flat(good) == Numbers{0, 1, 2});
  CHECK(flat(good.repeat(2)) == Numbers{0, 1, 2, 0, 1, 2});
  CHECK_THROWS_AS(flat(Dataset::from_generator(letters, data::spec(float32, Shape()))), TypeError);
  CHECK_THROWS_AS(flat(Dataset::from_generator(letters, data::spec(int64, Shape({2})))), TypeError);
}

TEST_CASE("prefetch may be dropped in the middle") {
  auto walk = Dataset::range(1000000).prefetch(4).iterator();
  Nest element;
  REQUIRE(walk->next(element));
  CHECK(element.tensor().item<int64_t>() == 0);
}

TEST_CASE("a walk that is ended while it computes an element still gives that one") {
  auto walk = make_ref<data::OpenWalk>(Dataset::range(3).map([seven = std::make_shared<int64_t>(7)](const Nest& x) {
    data::OpenWalk::end_all();
    return Nest(x.tensor() + *seven);
  }).iterator());
  Nest element;
  REQUIRE(walk->next(element));
  CHECK(element.tensor().item<int64_t>() == 7);
  CHECK_FALSE(walk->next(element));
}

TEST_CASE("reduce and scan carry a state") {
  auto add = [](const Nest& state, const Nest& x) { return Nest(state.tensor() + x.tensor()); };
  CHECK(Dataset::range(5).reduce(Tensor::scalar(int64_t(0)), add).tensor().item<int64_t>() == 10);
  Dataset sums = Dataset::range(4).scan(Tensor::scalar(int64_t(0)), [&](const Nest& state, const Nest& x) {
    Nest sum = add(state, x);
    return std::pair(sum, sum);
  });
  CHECK(flat(sums) == Numbers{0, 1, 3, 6});
}

TEST_CASE("the state of reduce may grow in a graph") {
  auto append = [](const Nest& state, const Nest& x) { return Nest(concat({state.tensor(), reshape(x.tensor(), {1})}, 0)); };
  auto f = function([&](Tensor start) { return Dataset::range(3).reduce(start, append).tensor(); });
  Tensor out = f(Tensor::from(std::vector<int64_t>{7}));
  CHECK(out.shape() == Shape({4}));
  CHECK(out.values<int64_t>().back() == 2);
}

TEST_CASE("wrong arguments are refused") {
  Dataset ten = Dataset::range(10);
  CHECK_THROWS_WITH_AS(ten.batch(0), doctest::Contains("Batch size must be greater than zero."), errors::InvalidArgumentError);
  CHECK_THROWS_WITH_AS(ten.shuffle(0), doctest::Contains("buffer_size must be greater than zero."), errors::InvalidArgumentError);
  CHECK_THROWS_AS(ten.shard(2, 2), errors::InvalidArgumentError);
  CHECK_THROWS_AS(Dataset::from_tensor_slices(Tensor::scalar(1.f)), ValueError);
  CHECK_THROWS_AS(Dataset::from_tensor_slices({Tensor::from(std::vector<float>{1, 2}), Tensor::from(std::vector<float>{1})}), ValueError);
  CHECK_THROWS_AS(Dataset::from_variant(Tensor::scalar(1.f)), errors::InvalidArgumentError);
  CHECK_THROWS_AS(ten.concatenate(Dataset::from_tensors(Tensor::scalar(1.f))), TypeError);
}
