// Lookup tables, as in tf.lookup: keys to values, kept beside the graph as Variables are, and used by reference inside functions.
//
//   tf::lookup::StaticHashTable table(tf::lookup::KeyValueTensorInitializer(words, ids), -1);
//   tf::Tensor found = table.lookup(batch);
//
// Keys are strings, int32 or int64; values these, float32, float64 or bool. Any number of threads may look up at once.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "runnel/op/operand.h"

namespace runnel::inline v0::lookup {

/// What a static table is filled with. One initializer may fill several tables.
class TableInitializer {
 public:
  DType key_dtype() const { return key_dtype_; }
  DType value_dtype() const { return value_dtype_; }
  /// Fills the table behind a handle. TypeError where its dtypes are others; FailedPreconditionError where it holds other data,
  /// or keys come with different values.
  void initialize(const Tensor& table_handle) const;

 protected:
  TableInitializer(DType key_dtype, DType value_dtype, std::function<void(const Tensor& handle)> fill);

 private:
  DType key_dtype_, value_dtype_;
  std::function<void(const Tensor&)> fill_;
};

/// Entry i is keys[i] and values[i]. Equal keys must come with equal values.
class KeyValueTensorInitializer : public TableInitializer {
 public:
  KeyValueTensorInitializer(const Tensor& keys, const Tensor& values);
};

/// Indices of a line that are no column.
struct TextFileIndex {
  static constexpr int64_t kWholeLine = -2;
  static constexpr int64_t kLineNumber = -1;  ///< From 0 on, an int64.
};

struct TextFileOptions {
  std::string filename{};
  DType key_dtype{};
  int64_t key_index = 0;  ///< A column, or one of TextFileIndex.
  DType value_dtype{};
  int64_t value_index = 0;
  std::optional<int64_t> vocab_size{};  ///< How many lines are read; default: all.
  std::string delimiter = "\t";         ///< Between columns; one character.
  int64_t value_index_offset = 0;       ///< Added to line numbers.
};

/// An entry for each line of a text file. ValueError where the indices do not fit the dtypes; when a table is filled,
/// InvalidArgumentError for lines that are empty, lack a column or hold no number where one is wanted.
class TextFileInitializer : public TableInitializer {
 public:
  explicit TextFileInitializer(const TextFileOptions& options);
};

/// What all tables have. A cheap handle: copies refer to the same entries.
class LookupTable {
 public:
  DType key_dtype() const;
  DType value_dtype() const;
  /// The values of `keys` (...), shaped (...) + the shape of a value; the default value where there is none.
  /// TypeError where the keys have another dtype.
  Tensor lookup(const Tensor& keys) const;
  Tensor operator[](const Tensor& keys) const { return lookup(keys); }
  /// How many keys there are: an int64 scalar.
  Tensor size() const;
  struct Entries {
    Tensor keys, values;
  };
  /// All keys and values: of dense tables the buckets as they are, of others in the order in which keys came, as long as none is removed.
  Entries export_() const;
  const Tensor& default_value() const { return default_value_; }
  /// The resource tensor that operators take.
  const Tensor& resource_handle() const { return handle_; }

 protected:
  LookupTable(Tensor handle, Tensor default_value) : handle_(std::move(handle)), default_value_(std::move(default_value)) {}
  void insert_entries(const Tensor& keys, const Tensor& values) const;
  void remove_keys(const Tensor& keys, const char* sentence) const;

  Tensor handle_, default_value_;
};

/// A table that is filled once.
class StaticHashTable : public LookupTable {
 public:
  /// ValueError where the default value is no scalar.
  StaticHashTable(const TableInitializer& initializer, const Operand& default_value);
};

/// Ids for words: those of the initializer (int64), and behind them `num_oov_buckets` that all other words are spread over by
/// FarmHash's Fingerprint64. Integers are spread by their decimal text.
class StaticVocabularyTable {
 public:
  /// Without an initializer all words go to buckets. ValueError where there is no bucket; TypeError where the initializer's keys are
  /// neither string nor int64, its values no int64, or `lookup_key_dtype` (default: the keys') does not go with them.
  StaticVocabularyTable(const std::optional<TableInitializer>& initializer, int64_t num_oov_buckets, DType lookup_key_dtype = DType());
  Tensor lookup(const Tensor& keys) const;
  Tensor operator[](const Tensor& keys) const { return lookup(keys); }
  /// Words and buckets.
  Tensor size() const;
  DType key_dtype() const { return key_dtype_; }
  DType value_dtype() const { return int64; }
  /// Of the table of words; no tensor without one.
  Tensor resource_handle() const { return words_ ? words_->resource_handle() : Tensor(); }

 private:
  std::optional<StaticHashTable> words_;
  int64_t num_oov_buckets_;
  DType key_dtype_;
};

namespace experimental {

/// A table that grows and shrinks. Values are scalars or vectors, as the default value is.
class MutableHashTable : public LookupTable {
 public:
  MutableHashTable(DType key_dtype, DType value_dtype, const Operand& default_value);
  using LookupTable::lookup;
  /// With a default value for each key.
  Tensor lookup(const Tensor& keys, const Tensor& dynamic_default_values) const;
  /// Gives keys values, new ones or others than before. InvalidArgumentError where the shapes do not go together.
  void insert(const Operand& keys, const Operand& values) const;
  /// Takes keys out; those that are not there do not matter.
  void remove(const Tensor& keys) const;
};

struct DenseHashTableOptions {
  DType key_dtype{};
  DType value_dtype{};
  Operand default_value = 0;
  Operand empty_key = 0;    ///< Two keys that are never used, scalars or vectors as all keys are.
  Operand deleted_key = 0;
  int64_t initial_num_buckets = 1 << 17;  ///< A power of 2, at least 4; it grows.
};

/// A table of open buckets: more memory, and less time, than MutableHashTable. Keys are scalars or vectors, values too.
class DenseHashTable : public LookupTable {
 public:
  explicit DenseHashTable(const DenseHashTableOptions& options);
  /// InvalidArgumentError for the empty or the deleted key, here and in lookups.
  void insert(const Operand& keys, const Operand& values) const { insert_or_assign(keys, values); }
  void insert_or_assign(const Operand& keys, const Operand& values) const;
  void remove(const Tensor& keys) const { erase(keys); }
  void erase(const Tensor& keys) const;
};

}  // namespace experimental

}  // namespace runnel::inline v0::lookup
