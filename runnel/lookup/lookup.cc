#include "runnel/lookup/lookup.h"

#include "runnel/base/error.h"
#include "runnel/lookup/table.h"
#include "runnel/op/context.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/strings.h"

namespace runnel::inline v0::lookup {

namespace {

std::string quoted(DType dtype) { return cat("<dtype: '", dtype.name(), "'>"); }

// Tables are made at once, also while a function is traced, which then refers to them.
Tensor make_now(const char* op, std::span<const Tensor> inputs, const Attrs& attrs) {
  Scoped no_trace(thread_context().tracer, static_cast<Tracer*>(nullptr));
  return run(get_op(op), inputs, attrs);
}

void check_key_dtype(DType wanted, const Tensor& keys) {
  if (keys.dtype() != wanted) fail<TypeError>("", cat("Dtype of argument `keys` must be ", quoted(wanted), ", received: ", quoted(keys.dtype())));
}

Tensor default_tensor(const Operand& value, DType dtype) {
  Tensor out = value.tensor(dtype);
  if (out.dtype() != dtype) fail<TypeError>("", "the default value has another dtype", {.got = quoted(out.dtype()), .expected = quoted(dtype)});
  return out;
}

Tensor find(const Tensor& handle, const Tensor& keys, const Tensor& default_value) {
  static const Op& op = get_op("LookupTableFindV2");
  return run(op, {handle, keys, default_value});
}

}  // namespace

TableInitializer::TableInitializer(DType key_dtype, DType value_dtype, std::function<void(const Tensor&)> fill)
    : key_dtype_(key_dtype), value_dtype_(value_dtype), fill_(std::move(fill)) {}

void TableInitializer::initialize(const Tensor& table_handle) const {
  const TableKind& kind = table_of(table_handle).kind();
  auto check = [](const char* what, DType expected, DType got) {
    if (expected != got) fail<TypeError>("", cat("Invalid ", what, " dtype for table, expected ", quoted(expected), " but got ", quoted(got), "."));
  };
  check("key", kind.key_dtype, key_dtype_);
  check("value", kind.value_dtype, value_dtype_);
  fill_(table_handle);
}

KeyValueTensorInitializer::KeyValueTensorInitializer(const Tensor& keys, const Tensor& values)
    : TableInitializer(keys.dtype(), values.dtype(), [keys, values](const Tensor& handle) { run(get_op("LookupTableImportV2"), {handle, keys, values}); }) {}

namespace {
void check_column(bool is_key, int64_t index, DType dtype) {
  std::string what = is_key ? "key" : "value";
  if (index < TextFileIndex::kWholeLine) fail<ValueError>("", cat("`", what, "_index` should be >= -2, received: ", index, is_key ? "." : ""));
  if (index == TextFileIndex::kLineNumber && dtype != int64)
    fail<ValueError>("", cat("`", what, "_dtype` must be int64 ", is_key ? "if `key_index` is " : "for `value_index` ", index, ", received: ", quoted(dtype)));
  if (index == TextFileIndex::kWholeLine && !dtype.is_integer() && dtype != string)
    fail<ValueError>("", cat("`", what, "_dtype` should be either integer or string for `", what, "_index` ", index, ", received: ", quoted(dtype)));
}

std::function<void(const Tensor&)> filling_from(const TextFileOptions& o) {
  return [o](const Tensor& handle) {
    run(get_op("InitializeTableFromTextFileV2"), {handle, Tensor::scalar(o.filename)},
        {{"key_index", o.key_index}, {"value_index", o.value_index}, {"vocab_size", o.vocab_size.value_or(-1)}, {"delimiter", o.delimiter},
         {"offset", o.value_index_offset}});
  };
}
}  // namespace

TextFileInitializer::TextFileInitializer(const TextFileOptions& o) : TableInitializer(o.key_dtype, o.value_dtype, filling_from(o)) {
  if (o.filename.empty()) fail<ValueError>("", "`filename` argument required for tf.lookup.TextFileInitializer");
  check_column(true, o.key_index, o.key_dtype);
  check_column(false, o.value_index, o.value_dtype);
  if (o.vocab_size && *o.vocab_size <= 0) fail<ValueError>("", cat("`vocab_size` should be > 0, received: ", *o.vocab_size));
}

DType LookupTable::key_dtype() const { return table_of(handle_).kind().key_dtype; }
DType LookupTable::value_dtype() const { return table_of(handle_).kind().value_dtype; }

Tensor LookupTable::lookup(const Tensor& keys) const {
  check_key_dtype(key_dtype(), keys);
  return find(handle_, keys, default_value_);
}

Tensor LookupTable::size() const {
  static const Op& op = get_op("LookupTableSizeV2");
  return run(op, {handle_});
}

LookupTable::Entries LookupTable::export_() const {
  std::vector<Tensor> out = run_all(get_op("LookupTableExportV2"), {handle_}, {{"Tkeys", key_dtype()}, {"Tvalues", value_dtype()}});
  return {out[0], out[1]};
}

void LookupTable::insert_entries(const Tensor& keys, const Tensor& values) const {
  static const Op& op = get_op("LookupTableInsertV2");
  run(op, {handle_, keys, values});
}

void LookupTable::remove_keys(const Tensor& keys, const char* sentence) const {
  if (keys.dtype() != key_dtype())
    fail<TypeError>("", *sentence ? cat(sentence, quoted(key_dtype()), ", got ", quoted(keys.dtype()), ".")
                                  : cat("Dtype of argument `keys` must be ", quoted(key_dtype()), ", received: ", quoted(keys.dtype())));
  run(get_op("LookupTableRemoveV2"), {handle_, keys});
}

namespace {
Tensor scalar_default(const Operand& value, DType dtype) {
  Tensor out = default_tensor(value, dtype);
  if (PartialShape shape = out.partial_shape(); shape.has_rank() && shape.rank() != 0)
    fail<ValueError>("", cat("Shapes ", shape, " and () are not compatible"), {.got = "a default value that is no scalar"});
  return out;
}
}  // namespace

StaticHashTable::StaticHashTable(const TableInitializer& initializer, const Operand& default_value)
    : LookupTable(Tensor(), scalar_default(default_value, initializer.value_dtype())) {
  handle_ = make_now("HashTableV2", {}, {{"key_dtype", initializer.key_dtype()}, {"value_dtype", initializer.value_dtype()}});
  initializer.initialize(handle_);
}

namespace {
DType vocabulary_dtype(const std::optional<TableInitializer>& words, DType lookup) {
  if (!words) return string;
  DType key = words->key_dtype();
  if (!lookup) lookup = key;
  if (key != int64 && key != string) fail<TypeError>("", cat("Invalid `key_dtype`, expected one of (tf.int64, tf.string), but got ", quoted(key), "."));
  if (key.is_integer() != lookup.is_integer())
    fail<TypeError>("", cat("Invalid `key_dtype`, expected ", lookup.is_integer() ? "integer" : "non-integer", " but got ", quoted(key), "."));
  if (words->value_dtype() != int64)
    fail<TypeError>("", cat("Invalid `value_dtype`, expected ", quoted(int64), " but got ", quoted(words->value_dtype()), "."));
  if (!lookup.is_integer() && lookup != string) fail<TypeError>("", cat("Invalid `key_dtype`, expected integer or string, got ", quoted(lookup)));
  return lookup;
}
}  // namespace

StaticVocabularyTable::StaticVocabularyTable(const std::optional<TableInitializer>& initializer, int64_t num_oov_buckets, DType lookup_key_dtype)
    : num_oov_buckets_(num_oov_buckets) {
  if (num_oov_buckets <= 0) fail<ValueError>("", "`num_oov_buckets` must be > 0; use StaticHashTable.");
  key_dtype_ = vocabulary_dtype(initializer, lookup_key_dtype);
  if (initializer) words_.emplace(*initializer, -1);
}

Tensor StaticVocabularyTable::size() const {
  return words_ ? add(words_->size(), num_oov_buckets_) : Tensor::scalar(num_oov_buckets_);
}

Tensor StaticVocabularyTable::lookup(const Tensor& keys) const {
  check_key_dtype(key_dtype_, keys);
  Tensor known = words_ && words_->key_dtype() == int64 ? cast(keys, int64) : keys;
  Tensor texts = known.dtype() == string ? known : as_string(known);
  Tensor buckets = strings::to_hash_bucket_fast(texts, num_oov_buckets_);
  if (!words_) return buckets;
  Tensor ids = words_->lookup(known);
  return where(not_equal(ids, words_->default_value()), ids, add(buckets, words_->size()));
}

namespace experimental {

MutableHashTable::MutableHashTable(DType key_dtype, DType value_dtype, const Operand& default_value) : LookupTable(Tensor(), default_tensor(default_value, value_dtype)) {
  Attrs attrs{{"key_dtype", key_dtype}, {"value_dtype", value_dtype}};
  bool scalar = default_value_.rank() == 0;
  if (!scalar) attrs.set("value_shape", PartialShape(default_value_.shape()));
  handle_ = make_now(scalar ? "MutableHashTableV2" : "MutableHashTableOfTensorsV2", {}, attrs);
}

Tensor MutableHashTable::lookup(const Tensor& keys, const Tensor& dynamic_default_values) const { return find(handle_, keys, dynamic_default_values); }

void MutableHashTable::insert(const Operand& keys, const Operand& values) const { insert_entries(keys.tensor(key_dtype()), values.tensor(value_dtype())); }
void MutableHashTable::remove(const Tensor& keys) const { remove_keys(keys, ""); }

DenseHashTable::DenseHashTable(const DenseHashTableOptions& o) : LookupTable(Tensor(), default_tensor(o.default_value, o.value_dtype)) {
  Tensor keys[] = {o.empty_key.tensor(o.key_dtype), o.deleted_key.tensor(o.key_dtype)};
  handle_ = make_now("MutableDenseHashTableV2", keys,
                     {{"value_dtype", o.value_dtype}, {"value_shape", PartialShape(default_value_.shape())}, {"initial_num_buckets", o.initial_num_buckets}});
}

void DenseHashTable::insert_or_assign(const Operand& keys, const Operand& values) const {
  insert_entries(keys.tensor(key_dtype()), values.tensor(value_dtype()));
}
void DenseHashTable::erase(const Tensor& keys) const { remove_keys(keys, "Signature mismatch. Keys must be dtype "); }

}  // namespace experimental

}  // namespace runnel::inline v0::lookup
