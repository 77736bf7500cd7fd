// Tables of open buckets, with two keys that mean "never used" and "removed". Hashes, probing and growth are TensorFlow's.
#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/lookup/rows.h"
#include "runnel/lookup/table.h"

namespace runnel::inline v0::lookup {

namespace {

constexpr int64_t kMostBuckets = int64_t(1) << 40;

[[noreturn]] void invalid(const std::string& what) { fail<errors::InvalidArgumentError>("", what); }

void check_rank(const char* what, const Shape& shape) {
  if (shape.rank() > 1) invalid(cat(what, " must be a scalar or a vector, got shape ", bracketed(shape)));
}

void check_options(const TableKind& kind, const DenseOptions& options) {
  if (!(options.max_load_factor > 0 && options.max_load_factor < 1))
    invalid(cat("max_load_factor must be between 0 and 1, got: ", float(options.max_load_factor)));
  check_rank("Empty value", kind.value_shape);
  check_rank("Empty key", options.empty_key.shape());
  const Shape &empty = options.empty_key.shape(), &deleted = options.deleted_key.shape();
  if (!(empty == deleted)) invalid(cat("Empty and deleted keys must have same shape, got shapes: ", bracketed(empty), " and ", bracketed(deleted)));
  if (same_row(options.empty_key, 0, options.deleted_key, 0, empty.num_elements())) invalid("Empty and deleted keys cannot be equal");
}

class DenseTable final : public Table {
 public:
  DenseTable(TableKind kind, std::string name, const DenseOptions& options)
      : Table(std::move(kind), std::move(name)), empty_(options.empty_key), deleted_(options.deleted_key), max_load_(float(options.max_load_factor)) {
    check_options(this->kind(), options);
    allocate(options.initial_num_buckets);
  }

  Shape exported_row(const Shape& shape) const override { return {shape.num_elements()}; }

 protected:
  int64_t count() const override { return entries_; }
  const Tensor& values() const override { return values_; }

  void find_rows(const Tensor& keys, int64_t begin, std::span<int64_t> rows) const override {
    with_key_type(keys.dtype(), [&](const auto& type) {
      const auto* wanted = keys.data<std::decay_t<decltype(type)>>() + begin * key_width();
      for (size_t i = 0; i < rows.size(); ++i) rows[i] = bucket_of(wanted + int64_t(i) * key_width()).holding;
    });
  }

  void insert_rows(const Tensor& keys, const Tensor& values) override {
    grow_for(entries_ + num_keys(keys));
    for (int64_t i = 0, n = num_keys(keys); i < n; ++i) put(keys, i, values);
  }

  void remove_rows(const Tensor& keys) override {
    for (int64_t i = 0, n = num_keys(keys); i < n; ++i) {
      int64_t bucket = bucket_of(keys, i).holding;
      if (bucket < 0) continue;
      copy_row(keys_, bucket, deleted_, 0, key_width());
      --entries_;
    }
  }

  std::pair<Tensor, Tensor> exported() const override { return {keys_.clone(), values_.clone()}; }

  void check_usable(const Tensor& keys) const override {
    int64_t batch = keys.rank() ? keys.dim(0) : 1, width = key_width();
    if (keys.num_elements() != batch * width) {
      Dims expected{batch};
      for (int64_t size : kind().key_shape) expected.push_back(size);
      invalid(cat("Expected key shape ", bracketed(Shape(expected)), " got ", bracketed(keys.shape())));
    }
    for (const auto& [key, name] : {std::pair(&empty_, "empty_key"), std::pair(&deleted_, "deleted_key")})
      if (holds_row(keys, *key)) invalid(cat("Using the ", name, " as a table key is not allowed"));
  }

  // What has been exported: the buckets as they lie.
  void check_imported(const Tensor& keys, const Tensor& values) const override {
    check_key_dtype(keys);
    Shape wanted_keys{keys.rank() ? keys.dim(0) : 0, key_width()}, wanted_values{wanted_keys[0], value_width()};
    if (!(keys.shape() == wanted_keys)) invalid(cat("Expected key shape ", bracketed(wanted_keys), " got ", bracketed(keys.shape())));
    if (values.dtype() != kind().value_dtype || !(values.shape() == wanted_values))
      invalid(cat("Expected shape ", bracketed(wanted_values), " for value, got ", bracketed(values.shape())));
  }
  void import_rows(const Tensor& keys, const Tensor& values) override {
    check_buckets(keys.dim(0));
    keys_ = keys.clone();
    values_ = values.clone();
    buckets_ = keys.dim(0);
    entries_ = 0;
    for (int64_t bucket = 0; bucket < buckets_; ++bucket) entries_ += !holds(bucket, empty_) && !holds(bucket, deleted_);
  }

 private:
  struct Place {
    int64_t holding = -1;  // the bucket that holds the key, or -1
    int64_t free = -1;     // else the first one that could
  };

  // Looks at (hash + 0, 1, 3, 6, ...): as the number of buckets is a power of 2, these are all.
  template <class K>
  Place bucket_of(const K* key) const {
    int64_t width = key_width(), mask = buckets_ - 1, bucket = int64_t(hash_key(key, width) & uint64_t(mask));
    const K *known = keys_.data<K>(), *empty = empty_.data<K>(), *deleted = deleted_.data<K>();
    Place place;
    for (int64_t probes = 1; probes <= buckets_; ++probes) {
      const K* here = known + bucket * width;
      if (std::equal(key, key + width, here)) return {bucket, -1};
      bool is_empty = std::equal(empty, empty + width, here);
      if (place.free < 0 && (is_empty || std::equal(deleted, deleted + width, here))) place.free = bucket;
      if (is_empty) break;
      bucket = (bucket + probes) & mask;
    }
    return place;
  }
  Place bucket_of(const Tensor& keys, int64_t i) const {
    return with_key_type(keys.dtype(), [&](const auto& type) { return bucket_of(keys.data<std::decay_t<decltype(type)>>() + i * key_width()); });
  }

  void put(const Tensor& keys, int64_t i, const Tensor& values) {
    Place place = bucket_of(keys, i);
    if (place.holding < 0) {
      place.holding = place.free;
      copy_row(keys_, place.free, keys, i, key_width());
      ++entries_;
    }
    copy_row(values_, place.holding, values, i, value_width());
  }

  static bool holds_row(const Tensor& keys, const Tensor& row) {
    int64_t width = row.num_elements();
    return with_key_type(keys.dtype(), [&](const auto& type) {
      using K = std::decay_t<decltype(type)>;
      const K *wanted = row.data<K>(), *end = keys.data<K>() + keys.num_elements();
      for (const K* at = keys.data<K>(); at < end; at += width)
        if (std::equal(wanted, wanted + width, at)) return true;
      return false;
    });
  }
  bool holds(int64_t bucket, const Tensor& key) const { return same_row(keys_, bucket, key, 0, key_width()); }

  static void check_buckets(int64_t count) {
    if (count < 4 || (count & (count - 1))) invalid(cat("Number of buckets must be at least 4 and a power of 2, got: ", count));
  }

  void allocate(int64_t count) {
    check_buckets(count);
    buckets_ = count;
    entries_ = 0;
    keys_ = Tensor(kind().key_dtype, Shape({count, key_width()}));
    values_ = Tensor(kind().value_dtype, Shape({count, value_width()}));
    for (int64_t bucket = 0; bucket < count; ++bucket) copy_row(keys_, bucket, empty_, 0, key_width());
    if (values_.dtype().is_plain()) std::fill_n(static_cast<char*>(values_.mutable_raw()), values_.nbytes(), 0);
  }

  void grow_for(int64_t entries) {
    int64_t wanted = buckets_;
    while (float(entries) > float(wanted) * max_load_) {
      if (wanted >= kMostBuckets) fail<errors::ResourceExhaustedError>("", cat("a table of ", entries, " keys would need more than ", kMostBuckets, " buckets"));
      wanted *= 2;
    }
    if (wanted == buckets_) return;
    Tensor keys = keys_, values = values_;
    int64_t old = buckets_;
    allocate(wanted);
    for (int64_t bucket = 0; bucket < old; ++bucket)
      if (!same_row(keys, bucket, empty_, 0, key_width()) && !same_row(keys, bucket, deleted_, 0, key_width())) put(keys, bucket, values);
  }

  Tensor empty_, deleted_;
  float max_load_;
  Tensor keys_, values_;  // (buckets, key_width) and (buckets, value_width)
  int64_t buckets_ = 0, entries_ = 0;
};

}  // namespace

Ref<Table> make_dense_table(TableKind kind, std::string name, const DenseOptions& options) {
  return make_ref<DenseTable>(std::move(kind), std::move(name), options);
}

}  // namespace runnel::inline v0::lookup
