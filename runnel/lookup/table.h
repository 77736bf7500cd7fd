// Table: what the handle of a lookup table points to.
#pragma once

#include <algorithm>
#include <shared_mutex>
#include <span>

#include "runnel/core/tensor.h"

namespace runnel::inline v0::lookup {

/// What a table holds, as TensorFlow's operators name it: a key is a scalar, or a vector in dense tables; a value a scalar or a vector.
struct TableKind {
  DType key_dtype, value_dtype;
  Shape key_shape, value_shape;
};

/// Any number of threads look up at once; who changes the table is alone with it.
class Table : public Resource {
 public:
  Table(TableKind kind, std::string name) : kind_(std::move(kind)), name_(std::move(name)) {}
  const TableKind& kind() const { return kind_; }
  const std::string& name() const { return name_; }  ///< For errors.

  int64_t size() const;
  /// The values of `keys`; where there is none, `default_value`: one for all, or one for each key.
  Tensor find(const Tensor& keys, const Tensor& default_value) const;
  void insert(const Tensor& keys, const Tensor& values);
  void remove(const Tensor& keys);
  std::pair<Tensor, Tensor> export_all() const;
  /// These entries instead of all others. A static table is filled so, once: FailedPreconditionError where keys contradict each other,
  /// or where it holds another number of entries.
  void import(const Tensor& keys, const Tensor& values);
  /// The shape of a row of what export_all() gives, of keys or values that have this shape.
  virtual Shape exported_row(const Shape& shape) const { return shape; }
  /// True for static tables.
  virtual bool is_initializable() const { return false; }
  virtual bool is_initialized() const { return true; }

 protected:
  virtual int64_t count() const = 0;  // these run under the mutex, with arguments that fit
  virtual void find_rows(const Tensor& keys, int64_t begin, std::span<int64_t> rows) const = 0;  // of keys from `begin` on; -1 for none
  virtual const Tensor& values() const = 0;  // the row of a value is what find_rows() tells
  virtual void insert_rows(const Tensor& keys, const Tensor& values) = 0;
  virtual void remove_rows(const Tensor& keys) = 0;
  virtual std::pair<Tensor, Tensor> exported() const = 0;
  virtual void import_rows(const Tensor& keys, const Tensor& values) = 0;
  virtual void check_usable(const Tensor& keys) const {}  // keys that are never in this kind of table are an error
  virtual void check_imported(const Tensor& keys, const Tensor& values) const { check_entries(keys, values); }

  int64_t key_width() const { return kind_.key_shape.num_elements(); }
  int64_t value_width() const { return kind_.value_shape.num_elements(); }
  int64_t num_keys(const Tensor& keys) const { return keys.num_elements() / std::max<int64_t>(key_width(), 1); }
  void check_entries(const Tensor& keys, const Tensor& values) const;
  void check_key_dtype(const Tensor& keys) const;
  void check_keys(const Tensor& keys) const;
  Shape shape_of_values(const Tensor& keys) const;

 private:
  TableKind kind_;
  std::string name_;
  mutable std::shared_mutex mutex_;
};

/// A table that is filled once, by initialize().
Ref<Table> make_static_table(TableKind kind, std::string name);
/// A table that grows and shrinks.
Ref<Table> make_mutable_table(TableKind kind, std::string name);

struct DenseOptions {
  Tensor empty_key, deleted_key;
  int64_t initial_num_buckets = 1 << 17;
  double max_load_factor = 0.8;
};
/// A table of open buckets, laid out as TensorFlow's: exports are equal.
Ref<Table> make_dense_table(TableKind kind, std::string name, const DenseOptions& options);

/// A scalar resource tensor that owns the table.
Tensor handle_of(Ref<Table> table);
/// The table behind a handle. InvalidArgumentError for another kind of resource.
Table& table_of(const Tensor& handle);

/// Fills a table from the lines of a file. Indices: a column, or TextFileIndex's.
struct TextFile {
  std::string filename;
  int64_t key_index, value_index;
  int64_t vocab_size = -1;  ///< Lines that are read; -1 for all.
  std::string delimiter = "\t";
  int64_t offset = 0;  ///< Added to line numbers (and, as in TensorFlow, to columns of int32).
};
void initialize_from_text_file(Table& table, const TextFile& file);

}  // namespace runnel::inline v0::lookup
