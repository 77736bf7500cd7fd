// tf.lookup: tables and what they are filled with.
#include "runnel/lookup/lookup.h"

#include "python/bind.h"
#include "python/call.h"
#include "python/casters.h"
#include "runnel/base/error.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace runnel::python {

namespace {

using namespace lookup;
using lookup::experimental::DenseHashTable;
using lookup::experimental::MutableHashTable;

DType dtype_or_none(nb::handle dtype) { return dtype.is_none() ? DType() : to_dtype(dtype.ptr()); }
Tensor tensor(nb::handle value, DType dtype) { return to_tensor(value.ptr(), dtype); }
// A tensor keeps its dtype, so that a wrong one is told by its name; anything else becomes one of the table's.
Tensor keys_of(nb::handle keys, DType dtype) { return is_tensor(keys.ptr()) ? tensor_of(keys.ptr()) : tensor(keys, dtype); }
nb::object wrapped(Tensor t) { return nb::steal(wrap(std::move(t))); }

template <class T>
nb::object found(const T& table, nb::handle keys) {
  Tensor k = keys_of(keys, table.key_dtype());
  return wrapped(without_gil(work_of(k), [&] { return table.lookup(k); }));
}
template <class T>
nb::object exported(const T& table, nb::handle) {
  LookupTable::Entries entries = table.export_();
  return nb::make_tuple(wrapped(entries.keys), wrapped(entries.values));
}

// Copies refer to the same entries, as copies of TensorFlow's tables do.
template <class T>
void def_copies(nb::class_<T>& c) {
  c.def("__copy__", [](const T& table) { return T(table); });
  c.def("__deepcopy__", [](const T& table, nb::handle) { return T(table); }, "memo"_a);
  c.def("__reduce_ex__", [](const T&, nb::handle) -> nb::object {
    fail<errors::InvalidArgumentError>("", "a lookup table is a resource of this process and cannot be pickled", {.hint = "keep what export() gives."});
  }, "protocol"_a);
}

// What every table has.
template <class T>
void def_table(nb::class_<T>& c) {
  c.def("__getitem__", found<T>, "keys"_a);
  c.def("size", [](const T& table, nb::handle) { return wrapped(table.size()); }, "name"_a = nb::none(), "How many keys there are: an int64 scalar.");
  c.def_prop_ro("key_dtype", [](const T& table) { return table.key_dtype(); }, "The dtype of the keys.");
  c.def_prop_ro("value_dtype", [](const T& table) { return table.value_dtype(); }, "The dtype of the values.");
  c.def_prop_ro("resource_handle", [](const T& table) { return wrapped(table.resource_handle()); }, "The resource tensor that operators take.");
  def_copies(c);
}

template <class T>
void def_entries(nb::class_<T>& c) {
  def_table(c);
  c.def("export", exported<T>, "name"_a = nb::none(), "All keys and their values: two tensors.");
  c.def_prop_ro("name", [](const T&) { return nb::none(); }, "None: tables are made eagerly.");
}

constexpr const char* kLookup = "The values of keys; where there is none, the default value. Keys of another dtype are a TypeError.";
constexpr const char* kInsert = "Gives keys values, new ones or others than before.";
constexpr const char* kRemove = "Takes keys out; those that are not there do not matter.";

template <class T>
void insert(const T& table, nb::handle keys, nb::handle values, nb::handle) {
  Tensor k = tensor(keys, table.key_dtype()), v = tensor(values, table.value_dtype());
  without_gil(work_of(k), [&] { return table.insert(k, v), 0; });
}
template <class T>
void remove(const T& table, nb::handle keys, nb::handle) {
  table.remove(keys_of(keys, table.key_dtype()));
}

std::string path_of(nb::handle filename) {
  if (is_tensor(filename.ptr())) return tensor_of(filename.ptr()).item<std::string>();
  Owned path(checked(PyOS_FSPath(filename.ptr())));
  return to_string(path.get());
}

void bind_initializers(nb::module_& m) {
  nb::class_<TableInitializer>(m, "TableInitializerBase", nb::is_weak_referenceable(), nb::dynamic_attr(), "What a static table is filled with.")
      .def_prop_ro("key_dtype", &TableInitializer::key_dtype, "The dtype of the keys.")
      .def_prop_ro("value_dtype", &TableInitializer::value_dtype, "The dtype of the values.")
      .def("initialize", [](const TableInitializer& self, nb::handle table) { self.initialize(to_tensor(nb::object(table.attr("resource_handle")).ptr())); },
           "table"_a, "Fills a table. TypeError where its dtypes are others, FailedPreconditionError where it holds other data.");
  nb::class_<KeyValueTensorInitializer, TableInitializer>(m, "KeyValueTensorInitializer", "Entry i is keys[i] and values[i].")
      .def("__init__", [](KeyValueTensorInitializer* self, nb::handle keys, nb::handle values, nb::handle key_dtype, nb::handle value_dtype, nb::handle) {
        new (self) KeyValueTensorInitializer(tensor(keys, dtype_or_none(key_dtype)), tensor(values, dtype_or_none(value_dtype)));
      }, "keys"_a, "values"_a, "key_dtype"_a = nb::none(), "value_dtype"_a = nb::none(), "name"_a = nb::none());
  nb::class_<TextFileInitializer, TableInitializer>(m, "TextFileInitializer", "An entry for each line of a text file: columns, whole lines or their numbers (TextFileIndex).")
      .def("__init__", [](TextFileInitializer* self, nb::handle filename, DType key_dtype, int64_t key_index, DType value_dtype, int64_t value_index,
                          std::optional<int64_t> vocab_size, const std::string& delimiter, nb::handle, int64_t value_index_offset) {
        new (self) TextFileInitializer({path_of(filename), key_dtype, key_index, value_dtype, value_index, vocab_size, delimiter, value_index_offset});
      }, "filename"_a, "key_dtype"_a, "key_index"_a, "value_dtype"_a, "value_index"_a, "vocab_size"_a.none() = nb::none(), "delimiter"_a = "\t",
           "name"_a = nb::none(), "value_index_offset"_a = 0);
  nb::class_<TextFileIndex> index(m, "TextFileIndex", "Indices of a line that are no column.");
  index.attr("WHOLE_LINE") = TextFileIndex::kWholeLine;
  index.attr("LINE_NUMBER") = TextFileIndex::kLineNumber;
}

void bind_static(nb::module_& m) {
  nb::class_<StaticHashTable> table(m, "StaticHashTable", nb::is_weak_referenceable(), nb::dynamic_attr(), "A table that is filled once.");
  table.def("__init__", [](StaticHashTable* self, const TableInitializer& initializer, nb::handle default_value, nb::handle, bool) {
    new (self) StaticHashTable(initializer, tensor(default_value, initializer.value_dtype()));
  }, "initializer"_a, "default_value"_a, "name"_a = nb::none(), "experimental_is_anonymous"_a = false);
  table.def("lookup", [](const StaticHashTable& self, nb::handle keys, nb::handle) { return found(self, keys); }, "keys"_a, "name"_a = nb::none(), kLookup);
  table.def_prop_ro("default_value", [](const StaticHashTable& self) { return wrapped(self.default_value()); }, "What keys have that are not in the table.");
  def_entries(table);

  nb::class_<StaticVocabularyTable> words(m, "StaticVocabularyTable", nb::is_weak_referenceable(), nb::dynamic_attr(),
                                          "Ids for words; behind them buckets that all other words are spread over.");
  words.def("__init__", [](nb::pointer_and_handle<StaticVocabularyTable> self, nb::handle initializer, int64_t num_oov_buckets, nb::handle lookup_key_dtype, nb::handle name, bool) {
    std::optional<TableInitializer> init;
    if (!initializer.is_none()) init = nb::cast<const TableInitializer&>(initializer);
    new (self.p) StaticVocabularyTable(init, num_oov_buckets, dtype_or_none(lookup_key_dtype));
    self.h.attr("name") = name.is_none() && !init ? nb::object(nb::str("hash_bucket")) : nb::borrow(name);
  }, "initializer"_a.none(), "num_oov_buckets"_a, "lookup_key_dtype"_a = nb::none(), "name"_a = nb::none(), "experimental_is_anonymous"_a = false);
  words.def("lookup", [](const StaticVocabularyTable& self, nb::handle keys, nb::handle) { return found(self, keys); }, "keys"_a, "name"_a = nb::none(),
            "The ids of words: their own, or a bucket. Keys of another dtype are a TypeError.");
  def_table(words);
}

void bind_mutable(nb::module_& m) {
  nb::class_<MutableHashTable> table(m, "MutableHashTable", nb::is_weak_referenceable(), nb::dynamic_attr(),
                                     "A table that grows and shrinks, with scalars or vectors as values.");
  table.def("__init__", [](MutableHashTable* self, DType key_dtype, DType value_dtype, nb::handle default_value, nb::handle, bool, bool) {
    new (self) MutableHashTable(key_dtype, value_dtype, tensor(default_value, value_dtype));
  }, "key_dtype"_a, "value_dtype"_a, "default_value"_a, "name"_a = "MutableHashTable", "checkpoint"_a = true, "experimental_is_anonymous"_a = false);
  table.def("lookup", [](const MutableHashTable& self, nb::handle keys, nb::handle defaults, nb::handle) {
    Tensor k = tensor(keys, self.key_dtype());
    if (defaults.is_none()) return wrapped(without_gil(work_of(k), [&] { return self.lookup(k); }));
    return wrapped(self.lookup(k, tensor(defaults, self.value_dtype())));
  }, "keys"_a, "dynamic_default_values"_a = nb::none(), "name"_a = nb::none(), "The values of keys; where there is none, the default value, or that of `dynamic_default_values`, one for each key.");
  table.def("insert", insert<MutableHashTable>, "keys"_a, "values"_a, "name"_a = nb::none(), kInsert);
  table.def("remove", remove<MutableHashTable>, "keys"_a, "name"_a = nb::none(), kRemove);
  def_entries(table);
}

void bind_dense(nb::module_& m) {
  nb::class_<DenseHashTable> table(m, "DenseHashTable", nb::is_weak_referenceable(), nb::dynamic_attr(),
                                   "A table of open buckets: more memory, and less time, than MutableHashTable. Keys and values may be vectors.");
  table.def("__init__", [](DenseHashTable* self, DType key_dtype, DType value_dtype, nb::handle default_value, nb::handle empty_key, nb::handle deleted_key,
                           std::optional<int64_t> buckets, nb::handle, bool, bool) {
    new (self) DenseHashTable({key_dtype, value_dtype, tensor(default_value, value_dtype), tensor(empty_key, key_dtype), tensor(deleted_key, key_dtype),
                               buckets.value_or(1 << 17)});
  }, "key_dtype"_a, "value_dtype"_a, "default_value"_a, "empty_key"_a, "deleted_key"_a, "initial_num_buckets"_a.none() = nb::none(),
            "name"_a = "MutableDenseHashTable", "checkpoint"_a = true, "experimental_is_anonymous"_a = false);
  table.def("lookup", [](const DenseHashTable& self, nb::handle keys, nb::handle) {
    Tensor k = tensor(keys, self.key_dtype());
    return wrapped(without_gil(work_of(k), [&] { return self.lookup(k); }));
  }, "keys"_a, "name"_a = nb::none(), kLookup);
  for (const char* name : {"insert", "insert_or_assign"}) table.def(name, insert<DenseHashTable>, "keys"_a, "values"_a, "name"_a = nb::none(), kInsert);
  for (const char* name : {"remove", "erase"}) table.def(name, remove<DenseHashTable>, "keys"_a, "name"_a = nb::none(), kRemove);
  def_entries(table);
}

}  // namespace

void bind_lookup(nb::module_& m) {
  nb::module_ tables = m.def_submodule("lookup");
  bind_initializers(tables);
  bind_static(tables);
  bind_mutable(tables);
  bind_dense(tables);
}

}  // namespace runnel::python
