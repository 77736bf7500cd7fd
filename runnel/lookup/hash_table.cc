// Tables that keep their entries in the order in which they came: static and mutable ones.
#include <algorithm>
#include <atomic>
#include <bit>
#include <vector>

#include "runnel/base/error.h"
#include "runnel/lookup/rows.h"
#include "runnel/lookup/table.h"

namespace runnel::inline v0::lookup {

namespace {

// Finds the row of a key: open addressing, a key lies at its hash or in one of the places that follow it without a gap.
class RowIndex {
 public:
  static constexpr int64_t kNone = -1;

  template <class K>
  static uint64_t hash(const K& key) {  // keys that are multiples of something spread out as well
    uint64_t h = hash_element(key);
    h = (h ^ (h >> 32)) * 0x9e3779b97f4a7c15;
    return h ^ (h >> 32);
  }
  /// Asks the memory for the place of a key that is soon looked up.
  void prefetch(uint64_t hash) const { __builtin_prefetch(&places_[home(hash)]); }

  /// The place of a key among `known`, or the free place where it belongs.
  template <class K>
  size_t place_of(const K& key, uint64_t hash, const K* known) const {
    for (size_t at = home(hash);; at = next(at))
      if (places_[at].row == kFree || (places_[at].tag == uint32_t(hash) && known[places_[at].row] == key)) return at;
  }
  size_t place_of(const Tensor& keys, int64_t i, const Tensor& known) const {
    return with_key_type(keys.dtype(), [&](const auto& type) {
      using K = std::decay_t<decltype(type)>;
      const K& key = keys.data<K>()[i];
      return place_of(key, hash(key), known.data<K>());
    });
  }
  int64_t row(size_t place) const { return places_[place].row == kFree ? kNone : int64_t(places_[place].row); }
  void set(size_t place, int64_t row, const Tensor& known) { places_[place] = {uint32_t(row), uint32_t(hash_of(known, row))}; }

  /// Room for `count` rows, at most half of the places taken; `used` rows of `known` are in it.
  void fit(int64_t count, const Tensor& known, int64_t used) {
    if (size_t(count) * 2 <= places_.size()) return;
    if (count >= int64_t(kFree)) fail<errors::ResourceExhaustedError>("", "a lookup table holds at most 2^32 keys");
    places_.assign(std::bit_ceil(size_t(std::max<int64_t>(count, 8)) * 2), Place());
    shift_ = 64 - std::countr_zero(places_.size());
    for (int64_t row = 0; row < used; ++row) set(place_of(known, row, known), row, known);
  }

  /// Frees a place and moves up what would no longer be found behind the gap.
  void free(size_t gap, const Tensor& known) {
    for (size_t at = next(gap); places_[at].row != kFree; at = next(at)) {
      size_t wanted = home(hash_of(known, places_[at].row));
      if (((at - wanted) & mask()) < ((at - gap) & mask())) continue;
      places_[gap] = places_[at];
      gap = at;
    }
    places_[gap] = Place();
  }
  void clear() { places_.clear(); }

 private:
  static constexpr uint32_t kFree = ~uint32_t(0);
  struct Place {
    uint32_t row = kFree;
    uint32_t tag = 0;  // the low half of the hash: most other keys are told apart without looking at them
  };

  static uint64_t hash_of(const Tensor& keys, int64_t i) {
    return with_key_type(keys.dtype(), [&](const auto& type) { return hash(keys.data<std::decay_t<decltype(type)>>()[i]); });
  }
  size_t home(uint64_t hash) const { return size_t(hash >> shift_); }
  size_t mask() const { return places_.size() - 1; }
  size_t next(size_t at) const { return (at + 1) & mask(); }

  std::vector<Place> places_;
  int shift_ = 0;
};

class MutableTable : public Table {
 public:
  using Table::Table;

 protected:
  int64_t count() const override { return count_; }
  const Tensor& values() const override { return values_; }

  void find_rows(const Tensor& keys, int64_t begin, std::span<int64_t> rows) const override {
    if (!count_) return std::fill(rows.begin(), rows.end(), RowIndex::kNone);
    with_key_type(keys.dtype(), [&](const auto& type) {
      using K = std::decay_t<decltype(type)>;
      const K *wanted = keys.data<K>() + begin, *known = keys_.data<K>();
      constexpr size_t kAhead = 64;
      for (size_t done = 0; done < rows.size(); done += kAhead) {
        uint64_t hashes[kAhead];
        size_t count = std::min(kAhead, rows.size() - done);
        for (size_t i = 0; i < count; ++i) index_.prefetch(hashes[i] = RowIndex::hash(wanted[done + i]));
        for (size_t i = 0; i < count; ++i) rows[done + i] = index_.row(index_.place_of(wanted[done + i], hashes[i], known));
      }
    });
  }

  void insert_rows(const Tensor& keys, const Tensor& values) override {
    reserve(count_ + keys.num_elements());
    for (int64_t i = 0, n = keys.num_elements(); i < n; ++i) put(keys, i, values);
  }

  // The last row moves into the gap.
  void remove_rows(const Tensor& keys) override {
    for (int64_t i = 0, n = keys.num_elements(); i < n && count_; ++i) {
      size_t place = index_.place_of(keys, i, keys_);
      int64_t row = index_.row(place), last = count_ - 1;
      if (row == RowIndex::kNone) continue;
      index_.free(place, keys_);
      if (row != last) {
        size_t moved = index_.place_of(keys_, last, keys_);
        copy_row(keys_, row, keys_, last, 1);
        copy_row(values_, row, values_, last, value_width());
        index_.set(moved, row, keys_);
      }
      --count_;
    }
  }

  std::pair<Tensor, Tensor> exported() const override {
    if (!keys_) return {Tensor(kind().key_dtype, Shape({0})), Tensor(kind().value_dtype, value_shape(0))};
    return {keys_.rows(0, count_).clone(), values_.rows(0, count_).clone()};
  }

  void import_rows(const Tensor& keys, const Tensor& values) override {
    clear();
    insert_rows(keys, values);
  }

  // The row of a key, which is added where it is missing; true where it is new.
  bool add_key(const Tensor& keys, int64_t i, int64_t& row) {
    size_t place = index_.place_of(keys, i, keys_);
    row = index_.row(place);
    if (row != RowIndex::kNone) return false;
    row = count_++;
    copy_row(keys_, row, keys, i, 1);
    index_.set(place, row, keys_);
    return true;
  }
  void put(const Tensor& keys, int64_t i, const Tensor& values) {
    int64_t row;
    add_key(keys, i, row);
    copy_row(values_, row, values, i, value_width());
  }

  void reserve(int64_t rows) {
    int64_t capacity = keys_ ? keys_.num_elements() : 0;
    if (rows > capacity) {
      capacity = std::max({rows, 2 * capacity, int64_t(8)});
      keys_ = grown(keys_, Tensor(kind().key_dtype, Shape({capacity})), 1);
      values_ = grown(values_, Tensor(kind().value_dtype, value_shape(capacity)), value_width());
    }
    index_.fit(rows, keys_, count_);
  }
  void clear() {
    count_ = 0;
    keys_ = values_ = Tensor();
    index_.clear();
  }

  Tensor keys_, values_;  // (capacity,) and (capacity, ...), of which count_ rows are in use
  int64_t count_ = 0;

 private:
  Shape value_shape(int64_t rows) const {
    Dims dims{rows};
    for (int64_t size : kind().value_shape) dims.push_back(size);
    return Shape(dims);
  }
  Tensor grown(const Tensor& old, Tensor larger, int64_t width) const {
    for (int64_t row = 0; row < count_; ++row) copy_row(larger, row, old, row, width);
    return larger;
  }

  RowIndex index_;
};

// Filled once; then nobody changes it.
class StaticTable final : public MutableTable {
 public:
  using MutableTable::MutableTable;
  bool is_initializable() const override { return true; }
  bool is_initialized() const override { return filled_; }

 protected:
  void insert_rows(const Tensor&, const Tensor&) override {
    fail<errors::UnimplementedError>("", "Insert not supported by InitializableLookupTable implementations");
  }
  void remove_rows(const Tensor&) override {
    fail<errors::UnimplementedError>("", "Remove not supported by InitializableLookupTable implementations");
  }

  // Again with as many entries is no error: functions that make a table initialise it at every call.
  void import_rows(const Tensor& keys, const Tensor& values) override {
    if (keys.num_elements() == 0) fail<errors::InvalidArgumentError>("", "keys and values cannot be empty tensors.");
    if (filled_ && keys.num_elements() != count_) fail<errors::FailedPreconditionError>("", "Table was already initialized with different data.");
    if (filled_) return;
    reserve(keys.num_elements());
    for (int64_t i = 0, n = keys.num_elements(); i < n; ++i) put_once(keys, i, values);
    filled_ = true;
  }

 private:
  void put_once(const Tensor& keys, int64_t i, const Tensor& values) {
    int64_t row;
    if (add_key(keys, i, row)) return copy_row(values_, row, values, i, value_width());
    if (same_row(values_, row, values, i, value_width())) return;
    std::string what = cat("HashTable has different value for same key. Key ", row_text(keys, i, 1), " has ", row_text(values_, row, value_width()),
                           " and trying to add value ", row_text(values, i, value_width()));
    clear();
    fail<errors::FailedPreconditionError>("", what);
  }

  std::atomic<bool> filled_ = false;
};

}  // namespace

Ref<Table> make_static_table(TableKind kind, std::string name) { return make_ref<StaticTable>(std::move(kind), std::move(name)); }
Ref<Table> make_mutable_table(TableKind kind, std::string name) { return make_ref<MutableTable>(std::move(kind), std::move(name)); }

}  // namespace runnel::inline v0::lookup
