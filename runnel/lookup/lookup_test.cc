#include "runnel/lookup/lookup.h"

#include <doctest/doctest.h>

#include <thread>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/data/dataset.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/function.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::testing {

namespace {

using lookup::KeyValueTensorInitializer;
using lookup::StaticHashTable;
using lookup::experimental::DenseHashTable;
using lookup::experimental::MutableHashTable;

Tensor words(std::vector<std::string> values) { return Tensor::from(values); }
Tensor ids(std::vector<int64_t> values) { return Tensor::from(values); }
std::vector<int64_t> list(const Tensor& t) { return {t.values<int64_t>().begin(), t.values<int64_t>().end()}; }
using List = std::vector<int64_t>;

StaticHashTable abc() { return StaticHashTable(KeyValueTensorInitializer(words({"a", "b", "c"}), ids({10, 20, 30})), -1); }

}  // namespace

TEST_CASE("a static table gives values and, where there is none, the default") {
  StaticHashTable table = abc();
  CHECK(list(table.lookup(words({"c", "?", "a"}))) == List{30, -1, 10});
  CHECK(table[reshape(words({"a", "b"}), {2, 1})].shape() == Shape{2, 1});
  CHECK(table.size().item<int64_t>() == 3);
  auto [keys, values] = table.export_();
  CHECK(list(values) == List{10, 20, 30});
  CHECK_THROWS_WITH_AS(table.lookup(ids({1})), "Dtype of argument `keys` must be <dtype: 'string'>, received: <dtype: 'int64'>", TypeError);
}

TEST_CASE("a mutable table grows, changes and shrinks by thousands of keys") {
  MutableHashTable table(int64, int64, -1);
  std::vector<int64_t> keys(5000);
  for (size_t i = 0; i < keys.size(); ++i) keys[i] = int64_t(i) << 20;  // equal low bits
  table.insert(ids(keys), ids(keys));
  for (int64_t i = 0; i < 5000; i += 3) table.remove(ids({i << 20}));
  CHECK(table.size().item<int64_t>() == 3333);
  std::vector<int64_t> found = list(table.lookup(ids(keys)));
  for (int64_t i = 0; i < 5000; ++i) REQUIRE(found[size_t(i)] == (i % 3 ? i << 20 : -1));
}

TEST_CASE("values of mutable tables may be vectors of text") {
  MutableHashTable table(string, string, words({"", "-"}));
  table.insert(words({"x"}), reshape(words({"p", "q"}), {1, 2}));
  Tensor found = table.lookup(words({"x", "y"}));
  CHECK(found.shape() == Shape{2, 2});
  CHECK(found.data<std::string>()[1] == "q");
  CHECK(found.data<std::string>()[3] == "-");
}

TEST_CASE("a dense table finds keys behind those that were removed") {
  DenseHashTable table({.key_dtype = int64, .value_dtype = int64, .default_value = -1, .empty_key = -1, .deleted_key = -2, .initial_num_buckets = 8});
  table.insert(ids({1, 9, 17}), ids({10, 20, 30}));  // one bucket for three
  table.erase(ids({9}));
  table.insert(ids({17}), ids({31}));  // not put into the gap a second time
  CHECK(table.size().item<int64_t>() == 2);
  CHECK(list(table.lookup(ids({1, 9, 17}))) == List{10, -1, 31});
  CHECK_THROWS_WITH_AS(table.lookup(ids({-1})), "Using the empty_key as a table key is not allowed", errors::InvalidArgumentError);
}

TEST_CASE("a dense table whose buckets were all used once still finds that a key is missing") {
  DenseHashTable table({.key_dtype = int64, .value_dtype = int64, .default_value = 0, .empty_key = -1, .deleted_key = -2, .initial_num_buckets = 4});
  for (int64_t k = 0; k < 4; ++k) {
    table.insert(ids({k}), ids({k}));
    table.erase(ids({k}));
  }
  CHECK(list(table.lookup(ids({7}))) == List{0});
  table.insert(ids({7}), ids({5}));
  CHECK(list(table.lookup(ids({7}))) == List{5});
}

TEST_CASE("in a function, lookups and changes keep their order, and no insert is left out") {
  MutableHashTable table(string, int64, -1);
  auto step = function([&](Tensor x) {
    Tensor before = table.lookup(words({"a"}));
    table.insert(words({"a"}), reshape(x, {1}));
    Tensor after = table.lookup(words({"a"}));
    table.insert(words({"a"}), reshape(x * 10, {1}));
    return std::pair(before, after);
  });
  auto [before, after] = step(Tensor::scalar(int64_t(3)));
  CHECK(list(before) == List{-1});
  CHECK(list(after) == List{3});
  CHECK(list(table.lookup(words({"a"}))) == List{30});
}

TEST_CASE("loops and branches of functions change tables") {
  MutableHashTable table(int64, int64, 0);
  auto count = function([&](Tensor n) {
    Tensor zero = Tensor::scalar(int64_t(0));
    auto body = [&](const std::vector<Tensor>& v) {
      Tensor key = reshape(mod(v[0], 3), {1});
      table.insert(key, table.lookup(key) + 1);
      return std::vector<Tensor>{v[0] + 1};
    };
    return while_loop([&](const std::vector<Tensor>& v) { return less(v[0], n); }, body, std::vector<Tensor>{zero})[0];
  });
  count(Tensor::scalar(int64_t(10)));
  CHECK(list(table.lookup(ids({0, 1, 2}))) == List{4, 3, 3});
}

TEST_CASE("threads look up while others insert") {
  MutableHashTable table(int64, int64, -1);
  StaticHashTable fixed = abc();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < 200; ++i) table.insert(ids({t * 1000 + i}), ids({i}));
    });
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < 200; ++i) {
        int64_t found = list(table.lookup(ids({t * 1000 + i})))[0];
        wrong += found != -1 && found != i;
        wrong += list(fixed.lookup(words({"b"}))) != List{20};
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(table.size().item<int64_t>() == 800);
}

TEST_CASE("a table is filled from the lines of a file, and errors name it and the line") {
  std::string path = join_path(environment("TMPDIR").empty() ? "/tmp" : environment("TMPDIR"), "runnel_lookup_test.txt");
  write_file(path, "emerson 10\nlake 20\r\npalmer x\n");
  lookup::TextFileOptions options{.filename = path, .key_dtype = string, .key_index = 0, .value_dtype = int64, .value_index = 1, .vocab_size = 2, .delimiter = " "};
  StaticHashTable table(lookup::TextFileInitializer(options), -1);
  CHECK(list(table.lookup(words({"lake", "palmer"}))) == List{20, -1});
  options.vocab_size = {};
  CHECK_THROWS_WITH_AS(StaticHashTable(lookup::TextFileInitializer(options), -1),
                       doctest::Contains("Field x in line 2 is not a valid int64"), errors::InvalidArgumentError);
  options.value_index = 2;
  CHECK_THROWS_WITH_AS(StaticHashTable(lookup::TextFileInitializer(options), -1), doctest::Contains((path + " line 0").c_str()), errors::InvalidArgumentError);
}

TEST_CASE("words that are in no vocabulary go to buckets behind it") {
  lookup::StaticVocabularyTable table(KeyValueTensorInitializer(words({"emerson", "lake"}), ids({0, 1})), 1000);
  CHECK(list(table.lookup(words({"lake", "palmer", "king", "crimson"}))) == List{1, 259, 640, 596});  // TensorFlow's
  CHECK(table.size().item<int64_t>() == 1002);
}

TEST_CASE("data sets map their elements by tables") {
  StaticHashTable table = abc();
  data::Dataset found = data::Dataset::from_tensor_slices(words({"a", "?", "c"})).map([&](const Nest& x) { return Nest(table.lookup(x.tensor())); });
  List values;
  for (const Nest& element : found) values.push_back(element.tensor().item<int64_t>());
  CHECK(values == List{10, -1, 30});
}

TEST_CASE("filling a table again with other data is an error, as are two values for a key") {
  StaticHashTable table = abc();
  CHECK_THROWS_WITH_AS(KeyValueTensorInitializer(words({"x"}), ids({1})).initialize(table.resource_handle()),
                       "Table was already initialized with different data.", errors::FailedPreconditionError);
  CHECK_THROWS_WITH_AS(StaticHashTable(KeyValueTensorInitializer(words({"a", "a"}), ids({1, 2})), -1),
                       "HashTable has different value for same key. Key a has 1 and trying to add value 2", errors::FailedPreconditionError);
}

}  // namespace runnel::testing
