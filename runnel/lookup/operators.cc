// The cards of lookup tables: how they are made, filled, asked and changed.
#include <algorithm>
#include <cctype>
#include <map>
#include <mutex>

#include "runnel/lookup/table.h"
#include "runnel/op/batching.h"
#include "runnel/op/op_context.h"

namespace runnel::inline v0 {

namespace {

using lookup::Table;
using lookup::TableKind;

Shape shape_attr(const OpContext& c) {
  const PartialShape& shape = c.attr<PartialShape>("value_shape");
  if (!shape.is_fully_known()) c.invalid(cat("value_shape must be known, but is ", shape));
  return shape.known();
}
bool has_attr(const AttrReader& c, const char* name) { return c.op().schema().attr_index(name) >= 0; }

TableKind kind_of(const OpContext& c) {
  return {c.type("key_dtype"), c.type("value_dtype"), Shape(), has_attr(c, "value_shape") ? shape_attr(c) : Shape()};
}

// "DT_INT64": how TensorFlow's errors name the dtypes of attributes.
std::string enum_name(DType dtype) {
  std::string out = "DT_";
  for (const char* c = dtype.short_name(); *c; ++c) out += char(std::toupper(static_cast<unsigned char>(*c)));
  return out;
}

void check_dtypes(const OpContext& c, const TableKind& kind) {
  constexpr DType kKeys[] = {string, int32, int64}, kValues[] = {string, int32, int64, float32, float64, bool_};
  auto among = [](std::span<const DType> list, DType dtype) { return std::find(list.begin(), list.end(), dtype) != list.end(); };
  if (among(kKeys, kind.key_dtype) && among(kValues, kind.value_dtype)) return;
  fail<errors::NotFoundError>("", cat("Could not find device for node: = ", c.op().name(), "[key_dtype=", enum_name(kind.key_dtype), ", value_dtype=",
                                      enum_name(kind.value_dtype), "]"),
                              {.expected = "keys of string, int32 or int64, values of these, float32, float64 or bool"});
}

using Make = Ref<Table> (*)(const OpContext& c, TableKind kind, std::string name);

// Who names a table gets the one that is there; without a name it is new.
Ref<Table> named_table(const OpContext& c, TableKind kind, Make make) {
  std::string name = has_attr(c, "shared_name") ? c.string_attr("shared_name") : std::string();
  if (name.empty()) return make(c, std::move(kind), cat("localhost table"));
  static std::mutex guard;
  static auto& known = *new std::map<std::pair<std::string, std::string>, Ref<Table>>;
  std::lock_guard lock(guard);
  Ref<Table>& table = known[{c.string_attr("container"), name}];
  if (!table) table = make(c, kind, cat("localhost ", name));
  const TableKind& there = table->kind();
  if (there.key_dtype != kind.key_dtype || there.value_dtype != kind.value_dtype)
    c.invalid(cat("Conflicting key/value dtypes ", kind.key_dtype.short_name(), "->", kind.value_dtype.short_name(), " with ", there.key_dtype.short_name(),
                  "-", there.value_dtype.short_name(), " for table ", name));
  return table;
}

template <Make kMake>
void make_kernel(OpContext& c) {
  TableKind kind = kind_of(c);
  check_dtypes(c, kind);
  c.set_output(0, lookup::handle_of(named_table(c, std::move(kind), kMake)));
}

Ref<Table> make_static(const OpContext&, TableKind kind, std::string name) { return lookup::make_static_table(std::move(kind), std::move(name)); }
Ref<Table> make_mutable(const OpContext&, TableKind kind, std::string name) { return lookup::make_mutable_table(std::move(kind), std::move(name)); }
Ref<Table> make_of_vectors(const OpContext& c, TableKind kind, std::string name) {
  if (kind.value_shape.rank() != 1) c.invalid(cat("Default value must be a vector, got shape ", bracketed(kind.value_shape)));
  return make_mutable(c, std::move(kind), std::move(name));
}
Ref<Table> make_dense(const OpContext& c, TableKind kind, std::string name) {
  kind.key_shape = c.input(0).shape();
  return lookup::make_dense_table(std::move(kind), std::move(name),
                                  {c.input(0), c.input(1), c.int_attr("initial_num_buckets"), c.attr<double>("max_load_factor")});
}

// The dtypes that a call has against those that its table wants.
std::string signature_text(std::initializer_list<DType> inputs, std::initializer_list<DType> outputs) {
  auto names = [](std::initializer_list<DType> types) {
    std::string out;
    for (DType t : types) out += (out.empty() ? "" : ", ") + std::string(t.short_name());
    return out;
  };
  return names(inputs) + "->" + names(outputs);
}
Table& checked_table(OpContext& c, bool gives_values) {
  Table& table = lookup::table_of(c.input(0));
  DType key = c.input(1).dtype(), value = c.input(2).dtype(), wanted_key = table.kind().key_dtype, wanted_value = table.kind().value_dtype;
  if (key == wanted_key && value == wanted_value) return table;
  std::string have = gives_values ? signature_text({resource, key, value}, {value}) : signature_text({resource, key, value}, {});
  std::string expected = gives_values ? signature_text({resource, wanted_key, wanted_value}, {wanted_value}) : signature_text({resource, wanted_key, wanted_value}, {});
  c.invalid(cat("Signature mismatch, have: ", have, " expected: ", expected));
}

void find_kernel(OpContext& c) { c.set_output(0, checked_table(c, true).find(c.input(1), c.input(2))); }
void insert_kernel(OpContext& c) { checked_table(c, false).insert(c.input(1), c.input(2)); }
void import_kernel(OpContext& c) { checked_table(c, false).import(c.input(1), c.input(2)); }
void remove_kernel(OpContext& c) { lookup::table_of(c.input(0)).remove(c.input(1)); }
void size_kernel(OpContext& c) { c.set_output(0, Tensor::scalar(lookup::table_of(c.input(0)).size())); }

void export_kernel(OpContext& c) {
  const Table& table = lookup::table_of(c.input(0));
  if (c.type("Tkeys") != table.kind().key_dtype || c.type("Tvalues") != table.kind().value_dtype)
    c.invalid(cat("Trying to read value with wrong dtype. Expected ", table.kind().key_dtype.short_name(), "->", table.kind().value_dtype.short_name(), " got ",
                  c.type("Tkeys").short_name(), "->", c.type("Tvalues").short_name()));
  auto [keys, values] = table.export_all();
  c.set_output(0, std::move(keys));
  c.set_output(1, std::move(values));
}

void initialize_kernel(OpContext& c) {
  Table& table = checked_table(c, false);
  if (!table.is_initializable()) c.invalid(cat("Table ", table.name(), " is not initializable"));
  table.import(c.input(1), c.input(2));
}
void initialize_from_file_kernel(OpContext& c) {
  lookup::initialize_from_text_file(lookup::table_of(c.input(0)),
                                    {c.input(1).item<std::string>(), c.int_attr("key_index"), c.int_attr("value_index"), c.int_attr("vocab_size"),
                                     c.string_attr("delimiter"), c.int_attr("offset")});
}

void scalar_shape(ShapeContext& c) { c.set_output(0, PartialShape()); }
void no_outputs(ShapeContext& c) { c.with_rank(0, 0); }

void find_shape(ShapeContext& c) {
  c.with_rank(0, 0);
  PartialShape keys = c.input(1);
  const Tensor* handle = c.constant(0);
  if (!handle || !keys.has_rank()) return;
  const TableKind& kind = lookup::table_of(*handle).kind();
  int own = kind.key_shape.rank();
  if (keys.rank() < own) c.invalid(cat("Expected keys to have suffix ", bracketed(kind.key_shape), " but saw shape: ", bracketed(keys)));
  c.set_output(0, keys.slice(0, keys.rank() - own).concatenate(kind.value_shape));
}

void export_shape(ShapeContext& c) {
  c.with_rank(0, 0);
  const Tensor* handle = c.constant(0);
  if (!handle) return;
  const Table& table = lookup::table_of(*handle);
  c.set_output(0, PartialShape{-1}.concatenate(table.exported_row(table.kind().key_shape)));
  c.set_output(1, PartialShape{-1}.concatenate(table.exported_row(table.kind().value_shape)));
}

constexpr const char *kNone = "TensorFlow declares none", *kInteger = "what it gives does not follow from floating numbers", *kState = "it changes state and has no output";
#define RUNNEL_DTYPES "key_dtype: type; value_dtype: type"
#define RUNNEL_SHARED "container: string = ''; shared_name: string = ''; use_node_name_sharing: bool = false; " RUNNEL_DTYPES
#define RUNNEL_VALUE_SHAPE "; value_shape: shape = []"
#define RUNNEL_DENSE RUNNEL_VALUE_SHAPE "; initial_num_buckets: int = 131072; max_load_factor: float = 0.8"

constexpr OpDef maker(const char* name, const char* attrs, KernelFn kernel, const char* reason, const char* signature = " -> table_handle: resource") {
  return {.name = name, .signature = signature, .attrs = attrs, .shape = scalar_shape, .no_gradient = reason, .kernel = kernel, .traits = {.stateful = true}};
}
constexpr OpDef changer(const char* name, const char* signature, const char* attrs, KernelFn kernel, const char* reason) {
  return {.name = name, .signature = signature, .attrs = attrs, .shape = no_outputs, .no_gradient = reason, .kernel = kernel, .traits = {.stateful = true}};
}
constexpr const char *kEntries = "table_handle: resource, keys: Tin, values: Tout -> ", *kTypes = "Tin: type; Tout: type",
                     *kKeys = "empty_key: key_dtype, deleted_key: key_dtype -> table_handle: resource";
constexpr const char* kLines =
    "key_index: int >= -2; value_index: int >= -2; vocab_size: int >= -1 = -1; delimiter: string = '\t'; offset: int = 0";

/// HashTableV2: A table that is filled once, by InitializeTableV2 or LookupTableImportV2.
/// AnonymousHashTable: A table that is filled once, known by its handle alone.
/// MutableHashTableV2: A table that grows and shrinks, with scalars as values.
/// AnonymousMutableHashTable: A table that grows and shrinks, with scalars as values, known by its handle alone.
/// MutableHashTableOfTensorsV2: A table that grows and shrinks, with vectors as values.
/// AnonymousMutableHashTableOfTensors: A table that grows and shrinks, with vectors as values, known by its handle alone.
/// MutableDenseHashTableV2: A table of open buckets, whose keys may be vectors.
/// AnonymousMutableDenseHashTable: A table of open buckets, whose keys may be vectors, known by its handle alone.
/// LookupTableFindV2: The values of keys; where a table has none, the default value.
/// LookupTableInsertV2: Gives keys values, new ones or others than before.
/// LookupTableRemoveV2: Takes keys out of a table; those that are not in it do not matter.
/// LookupTableSizeV2: How many keys a table has.
/// LookupTableExportV2: All keys and their values.
/// LookupTableImportV2: Gives a table these entries instead of all others.
/// InitializeTableV2: Fills a table, once.
/// InitializeTableFromTextFileV2: Fills a table from the lines of a file, once.
constexpr OpDef kOps[] = {
    maker("HashTableV2", RUNNEL_SHARED, make_kernel<make_static>, "it has no input"),
    maker("AnonymousHashTable", RUNNEL_DTYPES, make_kernel<make_static>, kNone),
    maker("MutableHashTableV2", RUNNEL_SHARED, make_kernel<make_mutable>, "it has no input"),
    maker("AnonymousMutableHashTable", RUNNEL_DTYPES, make_kernel<make_mutable>, kNone),
    maker("MutableHashTableOfTensorsV2", RUNNEL_SHARED RUNNEL_VALUE_SHAPE, make_kernel<make_of_vectors>, "it has no input"),
    maker("AnonymousMutableHashTableOfTensors", RUNNEL_DTYPES RUNNEL_VALUE_SHAPE, make_kernel<make_of_vectors>, kNone),
    maker("MutableDenseHashTableV2", RUNNEL_SHARED RUNNEL_DENSE, make_kernel<make_dense>, kInteger, kKeys),
    maker("AnonymousMutableDenseHashTable", RUNNEL_DTYPES RUNNEL_DENSE, make_kernel<make_dense>, kNone, kKeys),
    {.name = "LookupTableFindV2", .signature = "table_handle: resource, keys: Tin, default_value: Tout -> values: Tout", .attrs = kTypes, .shape = find_shape,
     .no_gradient = kInteger, .kernel = find_kernel, .traits = {.stateful = true, .reads_only = true}},
    changer("LookupTableInsertV2", kEntries, kTypes, insert_kernel, kNone),
    changer("LookupTableRemoveV2", "table_handle: resource, keys: Tin -> ", "Tin: type", remove_kernel, kNone),
    {.name = "LookupTableSizeV2", .signature = "table_handle: resource -> size: int64", .shape = scalar_shape, .no_gradient = kInteger, .kernel = size_kernel,
     .traits = {.stateful = true, .reads_only = true}},
    {.name = "LookupTableExportV2", .signature = "table_handle: resource -> keys: Tkeys, values: Tvalues", .attrs = "Tkeys: type; Tvalues: type",
     .shape = export_shape, .no_gradient = kNone, .kernel = export_kernel, .traits = {.stateful = true, .reads_only = true}},
    changer("LookupTableImportV2", kEntries, kTypes, import_kernel, kState),
    changer("InitializeTableV2", "table_handle: resource, keys: Tkey, values: Tval -> ", "Tkey: type; Tval: type", initialize_kernel, kState),
    changer("InitializeTableFromTextFileV2", "table_handle: resource, filename: string -> ", kLines, initialize_from_file_kernel, kState),
};

// Keys of all elements at once.
std::vector<Batched> find_batched(const BatchingContext& c) {
  if (c.stacked(0) || c.stacked(2)) return {};
  return stacked(run_all(c.op(), {c.value(0), c.value(1), c.value(2)}, c.attrs()));
}
constexpr BatchingDef kRules[] = {{"LookupTableFindV2", find_batched}};

}  // namespace

RUNNEL_OPS(lookup_tables, kOps)
RUNNEL_BATCHING(lookup_batching, kRules)

}  // namespace runnel::inline v0
