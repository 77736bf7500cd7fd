#include "runnel/keras/training_data.h"

#include <algorithm>
#include <numeric>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/random/fill.h"
#include "runnel/ops/random/seed.h"

namespace runnel::inline v0::keras {

int64_t samples_of(const Nest& x, const char* what) {
  std::vector<Tensor> all = x.flatten();
  if (all.empty()) fail<ValueError>("", cat("`", what, "` must not be empty"));
  for (const Tensor& t : all)
    if (t.rank() == 0 || t.dim(0) != all[0].dim(0))
      fail<ValueError>("", cat("Data cardinality is ambiguous. Make sure all arrays contain the same number of samples."),
                       {.got = cat("'", what, "' shapes: ", shapes_text(x))});
  return all[0].dim(0);
}

namespace {

void check_same_samples(const Batch& data) {
  int64_t n = samples_of(data.x, "x");
  if (data.y && samples_of(data.y, "y") != n)
    fail<ValueError>("", "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples.",
                     {.got = cat("'x' sizes: ", n, ", 'y' sizes: ", samples_of(data.y, "y"))});
  for (const Tensor& w : data.sample_weight.flatten())
    if (w.rank() == 0 || w.dim(0) != n)
      fail<ValueError>("", "`sample_weight` has another number of samples than `x`", {.got = to_text(w.shape()), .expected = to_text(n)});
}

constexpr int64_t kSmallBatch = 1 << 15;  // bytes; to call an operator takes longer than to copy them

Tensor take_rows(const Tensor& t, std::span<const int64_t> indices) {
  int64_t row_bytes = t.dim(0) == 0 ? 0 : t.nbytes() / t.dim(0);
  if (!t.dtype().is_plain() || row_bytes * int64_t(indices.size()) > kSmallBatch) return gather(t, Tensor::from(indices), 0, 0);
  Dims dims = t.shape().dims();
  dims[0] = int64_t(indices.size());
  Tensor out(t.dtype(), Shape(dims));
  char* to = static_cast<char*>(out.mutable_raw());
  for (int64_t row : indices) to = std::copy_n(static_cast<const char*>(t.raw()) + row * row_bytes, row_bytes, to);
  return out;
}
/// The rows of x at these indices.
Nest take_rows(const Nest& x, std::span<const int64_t> indices) {
  return x.map([&](const Tensor& t) { return take_rows(t, indices); });
}
Nest row_range(const Nest& x, int64_t begin, int64_t end) {
  return x.map([&](const Tensor& t) { return t.rows(begin, end); });
}

class ArrayBatches final : public BatchSource {
 public:
  ArrayBatches(const Batch& data, const ArraysOptions& options)
      : data_(data), options_(options), rows_(samples_of(data.x, "x")) {
    check_same_samples(data);
    int64_t& size = options_.batch_size;
    if (size < 0) fail<ValueError>("fit", "`batch_size` must be positive", {.got = to_text(size)});
    if (size == 0) size = options.steps > 0 ? (rows_ + options.steps - 1) / options.steps : 32;
    if (options.shuffle) order_.resize(size_t(rows_));
  }
  void begin() override {
    at_ = 0;
    std::iota(order_.begin(), order_.end(), int64_t(0));
    if (options_.shuffle) runnel::shuffle(generator_of_rows(), rows_, [&](int64_t a, int64_t b) { std::swap(order_[size_t(a)], order_[size_t(b)]); });
  }
  bool next(Batch& batch) override {
    if (at_ >= rows_) return false;
    int64_t end = std::min(rows_, at_ + options_.batch_size);
    if (!options_.shuffle) {
      batch = keras::row_range(data_, at_, end);
    } else {
      std::span<const int64_t> rows(order_.data() + at_, size_t(end - at_));
      batch = {take_rows(data_.x, rows), take_rows(data_.y, rows), take_rows(data_.sample_weight, rows)};
    }
    at_ = end;
    return true;
  }
  int64_t steps() const override { return (rows_ + options_.batch_size - 1) / options_.batch_size; }

 private:
  Batch data_;
  ArraysOptions options_;
  int64_t rows_, at_ = 0;
  std::vector<int64_t> order_;
};

class OneBatch final : public BatchSource {
 public:
  explicit OneBatch(const Batch& batch) : batch_(batch) {}
  void begin() override { given_ = false; }
  bool next(Batch& batch) override {
    if (given_) return false;
    batch = batch_;
    return given_ = true;
  }
  int64_t steps() const override { return 1; }

 private:
  Batch batch_;
  bool given_ = false;
};

class DatasetBatches final : public BatchSource {
 public:
  explicit DatasetBatches(const data::Dataset& dataset) : dataset_(dataset) {}
  void begin() override {
    iterator_ = dataset_.iterator();
    given_ = 0;
  }
  void skip() override {
    begin();
    if (steps() > 0) begin();
  }
  // Keras begins a walk when one has given all that a data set is known to hold, and another at the next epoch: shuffled data are seen in
  // their first, third, fifth order.
  void end() override {
    if (steps() > 0 && given_ >= steps()) begin();
  }
  bool next(Batch& batch) override {
    Nest element;
    if (!iterator_->next(element)) return false;
    ++given_;
    batch = {};
    if (!element.is_tuple()) {
      batch.x = element;
      return true;
    }
    const Nest::List& parts = element.list();
    if (parts.size() > 3) fail<ValueError>("", "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`", {.got = shapes_text(element)});
    if (!parts.empty()) batch.x = parts[0];
    if (parts.size() > 1) batch.y = parts[1];
    if (parts.size() > 2) batch.sample_weight = parts[2];
    return true;
  }
  int64_t steps() const override { return std::max<int64_t>(dataset_.cardinality(), -1); }
  bool endless() const override { return dataset_.cardinality() == data::kInfiniteCardinality; }

 private:
  data::Dataset dataset_;
  Ref<data::IteratorBody> iterator_;
  int64_t given_ = 0;  // in this walk
};

}  // namespace

Batch row_range(const Batch& batch, int64_t begin, int64_t end) {
  return {row_range(batch.x, begin, end), row_range(batch.y, begin, end), row_range(batch.sample_weight, begin, end)};
}

Ref<BatchSource> batches_of(const Batch& arrays, const ArraysOptions& options) { return make_ref<ArrayBatches>(arrays, options); }
Ref<BatchSource> batches_of(const data::Dataset& dataset) { return make_ref<DatasetBatches>(dataset); }

Ref<BatchSource> batches_of_one(const Batch& batch) { return make_ref<OneBatch>(batch); }

namespace {

Tensor class_weights(const Tensor& y, const std::vector<std::pair<int64_t, double>>& weights) {
  Tensor classes = y.rank() > 1 && y.dim(-1) > 1 ? argmax(y, -1) : y;
  Tensor labels = cast(classes.dtype().is_floating() ? round(classes) : classes, int64), out(float32, {labels.dim(0)});
  for (int64_t i = 0; i < labels.dim(0); ++i) {
    double weight = 1;
    for (const auto& [label, w] : weights)
      if (label == labels.data<int64_t>()[i]) weight = w;
    out.mutable_data<float>()[i] = float(weight);
  }
  return out;
}

}  // namespace

void weigh_classes(Batch& batch, const std::vector<std::pair<int64_t, double>>& weights) {
  if (weights.empty()) return;
  if (!batch.y.is_tensor())
    fail<ValueError>("", "`class_weight` is only supported for Models with a single output.", {.got = batch.y ? shapes_text(batch.y) : "no `y`"});
  Tensor by_class = class_weights(batch.y.tensor(), weights);
  auto times = [&](const Tensor& w) {
    Dims beside(std::max(w.rank(), 1), 1);  // (batch, 1, ...): a sample's weight is that of all its steps
    beside[0] = by_class.dim(0);
    return multiply(cast(w, float32), by_class.reshaped(Shape(beside)));
  };
  batch.sample_weight = batch.sample_weight ? batch.sample_weight.map(times) : Nest(by_class);
}

}  // namespace runnel::inline v0::keras
