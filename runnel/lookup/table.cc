#include "runnel/lookup/table.h"

#include <mutex>

#include "runnel/base/error.h"
#include "runnel/lookup/rows.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0::lookup {

namespace {
[[noreturn]] void invalid(const std::string& what) { fail<errors::InvalidArgumentError>("", what); }

// Keys that are looked up at once, and those that are worth a thread.
constexpr int64_t kBlock = 512, kPiece = 8192;

// The sizes that are left when the key's own ones are taken off.
Dims dims_of_keys(const Tensor& keys, int key_rank) {
  Dims out;
  for (int axis = 0; axis + key_rank < keys.rank(); ++axis) out.push_back(keys.dim(axis));
  return out;
}
}  // namespace

Shape Table::shape_of_values(const Tensor& keys) const {
  Dims dims = dims_of_keys(keys, kind_.key_shape.rank());
  for (int64_t size : kind_.value_shape) dims.push_back(size);
  return Shape(dims);
}

void Table::check_key_dtype(const Tensor& keys) const {
  if (keys.dtype() != kind_.key_dtype) invalid(cat("Key must be type ", kind_.key_dtype.short_name(), " but got ", keys.dtype().short_name()));
}

void Table::check_keys(const Tensor& keys) const {
  check_key_dtype(keys);
  int rank = kind_.key_shape.rank();
  bool fits = keys.rank() >= rank;
  for (int axis = 1; fits && axis <= rank; ++axis) fits = keys.dim(-axis) == kind_.key_shape.dim(-axis);
  if (!fits) invalid(cat("Input key shape ", bracketed(keys.shape()), " must end with the table's key shape ", bracketed(kind_.key_shape)));
}

void Table::check_entries(const Tensor& keys, const Tensor& values) const {
  check_keys(keys);
  if (values.dtype() != kind_.value_dtype)
    invalid(cat("Value must be type ", kind_.value_dtype.short_name(), " but got ", values.dtype().short_name()));
  if (Shape expected = shape_of_values(keys); values.shape() != expected)
    invalid(cat("Expected shape ", bracketed(expected), " for value, got ", bracketed(values.shape())));
}

int64_t Table::size() const {
  std::shared_lock lock(mutex_);
  return count();
}

Tensor Table::find(const Tensor& keys, const Tensor& default_value) const {
  check_keys(keys);
  Shape shape = shape_of_values(keys);
  bool one_default = default_value.shape() == kind_.value_shape;
  if (!one_default && default_value.shape() != shape)
    invalid(cat("Expected shape ", bracketed(kind_.value_shape), " or ", bracketed(shape), " for default value, got ", bracketed(default_value.shape())));
  check_usable(keys);
  Tensor out(kind_.value_dtype, shape);
  std::shared_lock lock(mutex_);
  if (!is_initialized()) fail<errors::FailedPreconditionError>("", "Table not initialized.");
  FoundRows from{values(), default_value, one_default, value_width()};
  parallel_for(num_keys(keys), kPiece, [&](int64_t begin, int64_t end) {
    int64_t rows[kBlock];
    for (int64_t at = begin; at < end; at += kBlock) {
      std::span<int64_t> block(rows, size_t(std::min(kBlock, end - at)));
      find_rows(keys, at, block);
      from.copy_to(out, at, block);
    }
  });
  return out;
}

void Table::insert(const Tensor& keys, const Tensor& values) {
  check_entries(keys, values);
  check_usable(keys);
  std::unique_lock lock(mutex_);
  insert_rows(keys, values);
}

void Table::remove(const Tensor& keys) {
  check_keys(keys);
  check_usable(keys);
  std::unique_lock lock(mutex_);
  remove_rows(keys);
}

std::pair<Tensor, Tensor> Table::export_all() const {
  std::shared_lock lock(mutex_);
  if (!is_initialized()) fail<errors::AbortedError>("", "HashTable is not initialized.");
  return exported();
}

void Table::import(const Tensor& keys, const Tensor& values) {
  check_imported(keys, values);
  std::unique_lock lock(mutex_);
  import_rows(keys, values);
}

Tensor handle_of(Ref<Table> table) {
  Tensor handle(resource, {});
  *handle.mutable_data<ResourceRef>() = std::move(table);
  return handle;
}

Table& table_of(const Tensor& handle) {
  auto* table = dynamic_cast<Table*>(handle.data<ResourceRef>()->get());
  if (!table) invalid("Trying to access a handle's resource using the wrong type. It is no lookup table.");
  return *table;
}

}  // namespace runnel::inline v0::lookup
