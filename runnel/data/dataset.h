// Input pipelines: tf.data.
//
//   auto batches = data::Dataset::from_tensor_slices(Nest::tuple({x, y}))
//                      .shuffle(1000, {.seed = 42})
//                      .batch(32)
//                      .map([](Tensor x, Tensor y) { return std::pair(cast(x, float32) / 255.f, y); })
//                      .prefetch(1);
//   for (const Nest& batch : batches) train(batch[0].tensor(), batch[1].tensor());
#pragma once

#include <functional>
#include <optional>
#include <tuple>
#include <vector>

#include "runnel/base/filled.h"
#include "runnel/core/nest.h"

namespace runnel::inline v0 {
struct FlatArguments;  // graph/traces.h
}

namespace runnel::inline v0::data {

constexpr int64_t kInfiniteCardinality = -1, kUnknownCardinality = -2;
/// In place of a number: chosen by the machine (Python's tf.data.AUTOTUNE).
constexpr int64_t kAutotune = -1;

/// A walk through a data set. One for each loop; not to be used from two threads at once.
class IteratorBody : public RefCounted {
 public:
  /// The next element; false at the end, and at every call after it.
  virtual bool next(Nest& element) = 0;
};

class Dataset;
struct LateTensor;  // data/late.h
using LateTensors = std::vector<Ref<LateTensor>>;

/// What one subclasses for a data set of one's own.
class DatasetBody : public RefCounted {
 public:
  DatasetBody();
  ~DatasetBody() override;
  virtual Ref<IteratorBody> iterator() const = 0;
  /// The number of elements, kInfiniteCardinality or kUnknownCardinality.
  virtual int64_t cardinality() const { return kUnknownCardinality; }
  /// The structure of the elements, with a symbolic tensor (dtype and partial shape) in each place.
  virtual Nest element_spec() const = 0;
  /// The tensors of a graph on which the elements depend: a run gives their values.
  const LateTensors& late() const { return late_; }

 protected:
  /// The elements depend on what the other data set's depend on.
  void depend_on(const Dataset& other);
  LateTensors late_;
};

/// For range-for.
class Iterator {
 public:
  Iterator() = default;
  explicit Iterator(Ref<IteratorBody> body) : body_(std::move(body)) { ++*this; }
  const Nest& operator*() const { return element_; }
  Iterator& operator++() {
    if (!body_->next(element_)) body_ = nullptr;
    return *this;
  }
  bool operator==(const Iterator& other) const { return body_ == other.body_; }

 private:
  Ref<IteratorBody> body_;
  Nest element_;
};

/// A function of one element, or of its components: (Tensor), (Tensor, Tensor), (Nest), ... returning a Nest, a tensor,
/// or a pair or tuple of them.
class ElementFunction {
 public:
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, ElementFunction>)
  ElementFunction(F&& f) : call_(adapt(std::forward<F>(f))) {}
  Nest operator()(const Nest& element) const { return call_(element); }

 private:
  template <class T>
  static Nest to_nest(const T& value) {
    if constexpr (std::constructible_from<Nest, const T&>) return Nest(value);
    else return std::apply([](const auto&... items) { return Nest::tuple({to_nest(items)...}); }, value);
  }
  template <class F>
  static std::function<Nest(const Nest&)> adapt(F f) {
    if constexpr (std::invocable<F&, const Nest&>) return [f](const Nest& e) mutable { return to_nest(f(e)); };
    else if constexpr (std::invocable<F&, Tensor>) return [f](const Nest& e) mutable { return to_nest(f(e.tensor())); };
    else if constexpr (std::invocable<F&, Tensor, Tensor>)
      return [f](const Nest& e) mutable { return to_nest(f(e[0].tensor(), e[1].tensor())); };
    else if constexpr (std::invocable<F&, Tensor, Tensor, Tensor>)
      return [f](const Nest& e) mutable { return to_nest(f(e[0].tensor(), e[1].tensor(), e[2].tensor())); };
    else return [f](const Nest& e) mutable { return to_nest(f(e[0], e[1])); };
  }
  std::function<Nest(const Nest&)> call_;
};

struct ShuffleOptions {
  std::optional<int64_t> seed{};           ///< With tf.random.set_seed, TensorFlow's rules: the order is TensorFlow's.
  bool reshuffle_each_iteration = true;
};
struct BatchOptions {
  bool drop_remainder = false;
};
struct PaddedBatchOptions {
  std::vector<PartialShape> padded_shapes{};  ///< By component; default and unknown sizes: the longest of the batch.
  std::vector<Tensor> padding_values{};       ///< By component; default: zeros (empty strings).
  bool drop_remainder = false;
};
struct MapOptions {
  int64_t num_parallel_calls = 1;  ///< Elements computed at the same time, or kAutotune. The order stays.
  std::optional<Nest> output_spec{};  ///< Default: found by calling the function on symbolic tensors.
};
struct InterleaveOptions {
  int64_t cycle_length = kAutotune, block_length = 1;
};
struct WindowOptions {
  int64_t shift = 0;  ///< Default: the size.
  int64_t stride = 1;
  bool drop_remainder = false;
};
struct RangeOptions {
  int64_t start = 0, step = 1;
  DType output_type = int64;
};

class Dataset final {
 public:
  Dataset() = default;
  explicit Dataset(Ref<DatasetBody> body) : body_(std::move(body)) {}

  /// One element.
  static Dataset from_tensors(const Nest& tensors);
  /// One element per row of the first dimension. InvalidArgumentError where the first dimensions differ.
  static Dataset from_tensor_slices(const Nest& tensors);
  /// The integers from options.start up to `stop`, without it.
  static Dataset range(int64_t stop, const RangeOptions& options = {});
  /// `generator` is called once a walk, and the function that it returns once an element; that one returns false at the end.
  static Dataset from_generator(std::function<std::function<bool(Nest&)>()> generator, const Nest& output_spec);
  /// Tuples of elements, as long as the shortest.
  static Dataset zip(const std::vector<Dataset>& datasets);

  Dataset map(const ElementFunction& f, const MapOptions& options = {}) const;
  Dataset filter(std::function<bool(const Nest&)> predicate) const;
  Dataset flat_map(std::function<Dataset(const Nest&)> f) const;
  /// Takes block_length elements in turn from cycle_length data sets at a time.
  Dataset interleave(std::function<Dataset(const Nest&)> f, const InterleaveOptions& options = {}) const;
  /// Elements (state, element) -> (state, output).
  Dataset scan(const Nest& initial_state, std::function<std::pair<Nest, Nest>(const Nest&, const Nest&)> f) const;
  Dataset take_while(std::function<bool(const Nest&)> predicate) const;
  Dataset enumerate(int64_t start = 0) const;

  /// Joins elements along a new first dimension; InvalidArgumentError where their shapes differ.
  Dataset batch(int64_t batch_size, const BatchOptions& options = {}) const;
  Dataset padded_batch(int64_t batch_size, const PaddedBatchOptions& options = {}) const;
  Dataset unbatch() const;
  /// Elements are data sets (see from_variant) of `size` successive elements.
  Dataset window(int64_t size, const WindowOptions& options = {}) const;

  /// Draws from a buffer of `buffer_size` elements.
  Dataset shuffle(int64_t buffer_size, const ShuffleOptions& options = {}) const;
  Dataset repeat(int64_t count = -1) const;
  Dataset take(int64_t count) const;
  Dataset skip(int64_t count) const;
  Dataset concatenate(const Dataset& other) const;
  /// Every num_shards-th element, beginning with the one of this index.
  Dataset shard(int64_t num_shards, int64_t index) const;
  /// Kept in memory after the first whole walk.
  Dataset cache() const;
  /// Computed by a thread of its own, up to `buffer_size` elements ahead.
  Dataset prefetch(int64_t buffer_size) const;

  /// f(... f(f(initial_state, element 0), element 1) ...). In a trace it becomes a loop, which takes elements while the graph runs.
  Nest reduce(const Nest& initial_state, const std::function<Nest(const Nest& state, const Nest& element)>& f) const;
  int64_t cardinality() const { return body()->cardinality(); }
  Nest element_spec() const { return body()->element_spec(); }
  Ref<IteratorBody> iterator() const { return body()->iterator(); }
  Iterator begin() const { return Iterator(iterator()); }
  Iterator end() const { return {}; }

  /// A data set as a scalar variant tensor, so that it can be an element, and back.
  Tensor to_variant() const;
  static Dataset from_variant(const Tensor& tensor);
  /// The same of a tensor that may be symbolic, in a function: its elements are of this spec.
  static Dataset from_variant(const Tensor& tensor, const Nest& element_spec);

  explicit operator bool() const { return bool(body_); }
  /// ValueError for a default-constructed data set.
  const Ref<DatasetBody>& body() const { return filled(body_, "Dataset"), body_; }

 private:
  Ref<DatasetBody> body_;
};

/// A leaf of an element_spec.
Tensor spec(DType dtype, const PartialShape& shape);
/// One that stands for data sets; nested_spec() gives the spec of their elements, nothing for other leaves.
Tensor dataset_spec(const Nest& element_spec);
Nest nested_spec(const Tensor& leaf);

// A data set as an argument of a function(): traced once for each element_spec.
void flatten_argument(const Dataset& dataset, FlatArguments& out);
Dataset replaced(const Dataset& dataset, const Tensor*& from);

}  // namespace runnel::inline v0::data
