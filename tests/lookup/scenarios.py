"""What users do with lookup tables, as functions that give plain data; `tf` is set by whoever runs them."""

import copy
import itertools
import os
import pickle
import re
import tempfile

tf = None
SCENARIOS = {}


def scenario(function):
    SCENARIOS[function.__name__] = function
    return function


def sentence(error):
    """The message without the names of nodes, devices and folders."""
    text = re.sub(r"\{\{.*?\}\} ?", "", str(error).strip()).split("\n")[0]
    text = re.sub(r"/\S*/vocabulary.txt", "FILE", text)
    text = re.sub(r"(localhost table|using the wrong type).*?( is not|$)", r"\1\2", text)
    return re.sub(r" ?\[Op:.*", "", text).strip()


def outcome(function):
    try:
        return plain(function())
    except Exception as error:
        return {"error": type(error).__name__, "sentence": sentence(error)}


def plain(value):
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    value = value.numpy() if hasattr(value, "numpy") else value
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, (list, bytes)):
        return plain(value) if isinstance(value, list) else value.decode(errors="replace")
    return value if value is None or isinstance(value, (str, bool, int, float)) else type(value).__name__


def outcomes():
    return {name: outcome(function) for name, function in SCENARIOS.items()}


def static(keys=("a", "b", "c"), values=(10, 20, 30), default=-1, key_dtype=None, value_dtype="int64"):
    initializer = tf.lookup.KeyValueTensorInitializer(list(keys), list(values), key_dtype, value_dtype)
    return tf.lookup.StaticHashTable(initializer, default)


def mutable(key_dtype="string", value_dtype="int64", default=-1, **options):
    return tf.lookup.experimental.MutableHashTable(key_dtype=tf.as_dtype(key_dtype), value_dtype=tf.as_dtype(value_dtype), default_value=default, **options)


def dense(key_dtype="int64", value_dtype="int64", default=-1, empty_key=-1, deleted_key=-2, initial_num_buckets=8, **options):
    return tf.lookup.experimental.DenseHashTable(key_dtype=tf.as_dtype(key_dtype), value_dtype=tf.as_dtype(value_dtype), default_value=default, empty_key=empty_key,
                                                 deleted_key=deleted_key, initial_num_buckets=initial_num_buckets, **options)


def exported(table):
    """Pairs in the order of their keys: the order of a table is nobody's promise."""
    keys, values = plain(table.export())
    return sorted(zip(keys, values))


class TextFile:
    """A file with these lines, while the block runs."""

    def __init__(self, text):
        self.text = text

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "vocabulary.txt")
        with open(self.path, "wb") as file:
            file.write(self.text.encode())
        return self.path

    def __exit__(self, *_):
        self.folder.cleanup()


def from_text(text, key="string", key_index=-2, value="int64", value_index=-1, default=-1, **options):
    with TextFile(text) as path:
        initializer = tf.lookup.TextFileInitializer(path, tf.as_dtype(key), key_index, tf.as_dtype(value), value_index, **options)
        return exported(tf.lookup.StaticHashTable(initializer, default))


# Static tables


@scenario
def static_lookup():
    t = static()
    return [t.lookup(tf.constant(["a", "z", "c"])), t[tf.constant([["b"], ["q"]])], t.lookup(tf.constant("a")), t.lookup(tf.constant([], tf.string)), t.size(), exported(t)]


@scenario
def static_attributes():
    t = static()
    return [t.key_dtype.name, t.value_dtype.name, t.name, t.default_value, t.resource_handle.dtype.name, t.size().dtype.name, t.lookup(tf.constant(["a"])).dtype.name]


@scenario
def static_of_numbers():
    t = static([3, 1, 2], ["three", "one", "two"], "?", "int64", "string")
    return [t.lookup(tf.constant([1, 2, 9], tf.int64)), exported(t)]


@scenario
def static_int32_keys():
    return [static([3, 1], [30, 10], -1, "int32", "int32").lookup(tf.constant([[1, 3, 7]])), exported(static([1], ["x"], "", "int32", "string"))]


@scenario
def static_floating_and_bool_values():
    return [static(["a"], [1.5], 0.25, None, "float32").lookup(tf.constant(["a", "b"])), static(["a"], [1.5], 0.25, None, "float64").lookup(tf.constant(["a", "b"])),
            static(["a"], [True], False, None, "bool").lookup(tf.constant(["a", "b"]))]


@scenario
def static_equal_duplicates():
    t = static(["a", "a"], [1, 1])
    return [t.size(), exported(t)]


@scenario
def static_different_duplicates():
    return static(["a", "b", "a"], [1, 2, 3])


@scenario
def static_different_duplicates_of_numbers():
    return static([7, 7], [1, 2], -1, "int64")


@scenario
def static_different_duplicates_of_text():
    return static([7, 7], ["x", "y"], "", "int64", "string")


@scenario
def static_keys_of_wrong_dtype():
    return static().lookup(tf.constant([1, 2]))


@scenario
def static_sizes_differ():
    return static(["a", "b"], [1])


@scenario
def static_keys_of_rank_two():
    return static([["a", "b"]], [[1, 2]])


@scenario
def static_scalar_keys():
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer("a", tf.constant(1, tf.int64)), -1)


@scenario
def static_no_kernel():
    return static([1.5], [1], -1, "float32")


@scenario
def static_no_kernel_for_values():
    return static(["a"], [1], 0, None, "uint8")


@scenario
def static_default_of_wrong_dtype():
    return static(["a"], [1], "x")


@scenario
def static_default_is_a_vector():
    return static(["a"], [1], [1, 2])


@scenario
def static_empty():
    t = static([], [], -1, "string")
    return [t.size(), t.lookup(tf.constant(["a"]))]


@scenario
def static_many_keys():
    keys = tf.strings.as_string(tf.range(2000))
    t = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, tf.range(2000, dtype=tf.int64)), -1)
    found = t.lookup(keys)
    return [t.size(), tf.reduce_sum(found), tf.reduce_all(found == tf.range(2000, dtype=tf.int64)), t.lookup(tf.constant(["2000", "-1", "1999"]))]


@scenario
def initializer_attributes():
    i = tf.lookup.KeyValueTensorInitializer([1, 2], ["a", "b"])
    j = tf.lookup.KeyValueTensorInitializer(tf.constant(["a"]), [1.0], value_dtype=tf.float64)
    return [i.key_dtype.name, i.value_dtype.name, j.key_dtype.name, j.value_dtype.name]


@scenario
def initializer_used_twice():
    i = tf.lookup.KeyValueTensorInitializer(["a"], tf.constant([1], tf.int64))
    a, b = tf.lookup.StaticHashTable(i, -1), tf.lookup.StaticHashTable(i, -2)
    return [a.lookup(tf.constant(["a", "b"])), b.lookup(tf.constant(["a", "b"]))]


@scenario
def initializer_for_a_table_of_other_dtypes():
    return tf.lookup.KeyValueTensorInitializer([1, 2], ["a", "b"]).initialize(static())


@scenario
def initializing_again_with_other_data():
    t = static()
    tf.lookup.KeyValueTensorInitializer(["x"], tf.constant([1], tf.int64)).initialize(t)
    return t.size()


@scenario
def initializing_again_with_as_many():
    t = static()
    tf.lookup.KeyValueTensorInitializer(["x", "y", "z"], tf.constant([1, 2, 3], tf.int64)).initialize(t)
    return exported(t)


def raw_table():
    return tf.raw_ops.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64)


@scenario
def raw_not_initialized():
    return tf.raw_ops.LookupTableFindV2(table_handle=raw_table(), keys=["a"], default_value=tf.constant(1, tf.int64))


@scenario
def raw_export_of_not_initialized():
    return tf.raw_ops.LookupTableExportV2(table_handle=raw_table(), Tkeys=tf.string, Tvalues=tf.int64)


@scenario
def raw_size_of_not_initialized():
    return tf.raw_ops.LookupTableSizeV2(table_handle=raw_table())


@scenario
def raw_initialize():
    t = raw_table()
    tf.raw_ops.InitializeTableV2(table_handle=t, keys=["a", "b"], values=tf.constant([1, 2], tf.int64))
    return tf.raw_ops.LookupTableFindV2(table_handle=t, keys=["b", "c"], default_value=tf.constant(-1, tf.int64))


@scenario
def raw_initialize_with_other_dtypes():
    return tf.raw_ops.InitializeTableV2(table_handle=raw_table(), keys=["a"], values=[1.0])


@scenario
def raw_find_with_other_dtypes():
    t = static()
    return tf.raw_ops.LookupTableFindV2(table_handle=t.resource_handle, keys=[1], default_value=tf.constant(1, tf.int64))


@scenario
def raw_find_with_a_default_of_other_shape():
    t = static()
    return tf.raw_ops.LookupTableFindV2(table_handle=t.resource_handle, keys=["a"], default_value=tf.constant([1, 2], tf.int64))


@scenario
def raw_insert_into_a_static_table():
    return tf.raw_ops.LookupTableInsertV2(table_handle=static().resource_handle, keys=["q"], values=tf.constant([1], tf.int64))


@scenario
def raw_remove_from_a_static_table():
    return tf.raw_ops.LookupTableRemoveV2(table_handle=static().resource_handle, keys=["a"])


@scenario
def raw_initialize_a_mutable_table():
    return tf.raw_ops.InitializeTableV2(table_handle=mutable().resource_handle, keys=["q"], values=tf.constant([1], tf.int64))


@scenario
def raw_shared_name():
    a, b = (tf.raw_ops.MutableHashTableV2(key_dtype=tf.string, value_dtype=tf.int64, shared_name="runnel_shared") for _ in range(2))
    tf.raw_ops.LookupTableInsertV2(table_handle=a, keys=["k"], values=tf.constant([7], tf.int64))
    return tf.raw_ops.LookupTableSizeV2(table_handle=b)


@scenario
def raw_shared_name_with_other_dtypes():
    tf.raw_ops.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64, shared_name="runnel_shared_2")
    return tf.raw_ops.HashTableV2(key_dtype=tf.string, value_dtype=tf.string, shared_name="runnel_shared_2")


@scenario
def raw_anonymous():
    raw = tf.raw_ops
    handles = [raw.AnonymousHashTable(key_dtype=tf.string, value_dtype=tf.int64), raw.AnonymousMutableHashTable(key_dtype=tf.string, value_dtype=tf.int64),
               raw.AnonymousMutableHashTableOfTensors(key_dtype=tf.string, value_dtype=tf.int64, value_shape=[2]),
               raw.AnonymousMutableDenseHashTable(empty_key=tf.constant([0, 0], tf.int64), deleted_key=tf.constant([1, 1], tf.int64), value_dtype=tf.int64, initial_num_buckets=4)]
    return [raw.LookupTableSizeV2(table_handle=h) for h in handles]


@scenario
def raw_not_a_table():
    return tf.raw_ops.LookupTableSizeV2(table_handle=tf.Variable(1.0).handle)


def accepted(make):
    keys, values = ("string", "int64", "int32", "float32"), ("string", "int64", "int32", "float32", "float64", "bool", "uint8", "int8", "int16", "float16", "complex64")
    return [f"{k} {v}" for k, v in itertools.product(keys, values) if "error" not in (outcome(lambda: make(tf.as_dtype(k), tf.as_dtype(v)) and None) or {})]


@scenario
def dtypes_of_static_tables():
    return accepted(lambda k, v: [tf.raw_ops.HashTableV2(key_dtype=k, value_dtype=v)])


@scenario
def dtypes_of_mutable_tables():
    return accepted(lambda k, v: [tf.raw_ops.MutableHashTableV2(key_dtype=k, value_dtype=v)])


@scenario
def dtypes_of_mutable_tables_of_vectors():
    return accepted(lambda k, v: [tf.raw_ops.MutableHashTableOfTensorsV2(key_dtype=k, value_dtype=v, value_shape=[2])])


@scenario
def dtypes_of_dense_tables():
    def zero(k, x):
        return tf.constant(str(x) if k == tf.string else x, k)

    return accepted(lambda k, v: [tf.raw_ops.MutableDenseHashTableV2(empty_key=zero(k, 0), deleted_key=zero(k, 1), value_dtype=v, initial_num_buckets=4)])


# Text files

WORDS = "emerson\nlake\npalmer\n"
COLUMNS = "emerson 10 1.5\nlake 20 2.5\npalmer 30 3.5\n"


@scenario
def text_lines_to_numbers():
    return from_text(WORDS)


@scenario
def text_numbers_to_lines():
    return from_text(WORDS, "int64", -1, "string", -2, "UNKNOWN")


@scenario
def text_columns():
    return [from_text(COLUMNS, "string", 0, "int64", 1, delimiter=" "), from_text(COLUMNS, "string", 0, "float32", 2, 0.0, delimiter=" "),
            from_text(COLUMNS, "string", 0, "float64", 2, 0.0, delimiter=" "), from_text(COLUMNS, "int64", 1, "string", 0, "", delimiter=" "), from_text("a\t7\nb\t8", "string", 0, "int32", 1)]


@scenario
def text_vocab_size():
    return [from_text(WORDS, vocab_size=3), from_text(WORDS, vocab_size=2)]


@scenario
def text_vocab_size_too_large():
    return from_text(WORDS, vocab_size=5)


@scenario
def text_offset():
    return from_text(WORDS, value_index_offset=100)


@scenario
def text_offset_of_values():
    return [from_text("a 1\nb 2\n", "string", 0, "int64", 1, delimiter=" ", value_index_offset=5), from_text("a 1\nb 2\n", "string", 0, "int32", 1, delimiter=" ", value_index_offset=5)]


@scenario
def text_windows_lines():
    return [from_text("a\r\nb\r\n"), from_text("a\nb")]


@scenario
def text_empty_line():
    return from_text("a\n\nb\n")


@scenario
def text_too_few_columns():
    return from_text("a 1\nb\n", "string", 0, "int64", 1, delimiter=" ")


@scenario
def text_not_a_number():
    return from_text("a 1\nb x\n", "string", 0, "int64", 1, delimiter=" ")


@scenario
def text_not_an_int32():
    return from_text("a 1\nb 99999999999\n", "string", 0, "int32", 1, delimiter=" ")


@scenario
def text_not_a_float():
    return from_text("a 1\nb x\n", "string", 0, "float32", 1, 0.0, delimiter=" ")


@scenario
def text_duplicates():
    return from_text("a\nb\na\n")


@scenario
def text_whole_lines_as_numbers():
    return from_text("5\n7\n", "int64", -2, "int64", -1)


@scenario
def text_empty_file():
    return from_text("")


@scenario
def text_missing_file():
    i = tf.lookup.TextFileInitializer("/no/such/file.txt", tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER)
    return tf.lookup.StaticHashTable(i, -1)


@scenario
def text_wide_delimiter():
    return from_text(COLUMNS, "string", 0, "int64", 1, delimiter="  ")


def wrong_initializers():
    index, init = tf.lookup.TextFileIndex, tf.lookup.TextFileInitializer
    return [lambda: init("", tf.string, 0, tf.int64, 1), lambda: init("f", tf.string, -3, tf.int64, 1), lambda: init("f", tf.string, index.LINE_NUMBER, tf.int64, 1),
            lambda: init("f", tf.float32, index.WHOLE_LINE, tf.int64, 1), lambda: init("f", tf.string, 0, tf.int64, -3), lambda: init("f", tf.string, 0, tf.string, index.LINE_NUMBER),
            lambda: init("f", tf.string, 0, tf.float32, index.WHOLE_LINE), lambda: init("f", tf.string, 0, tf.int64, 1, vocab_size=0)]


@scenario
def text_wrong_arguments():
    return [outcome(f) for f in wrong_initializers()]


# Vocabularies


def vocabulary(buckets=5, keys=("emerson", "lake"), key_dtype=None, **options):
    initializer = tf.lookup.KeyValueTensorInitializer(list(keys), tf.constant(range(len(keys)), tf.int64), key_dtype)
    return tf.lookup.StaticVocabularyTable(initializer, buckets, **options)


STRANGE = ["", "x", "palmer", "king", "crimson", "a rather long word that has more than sixty-four bytes, as the hash treats them apart from shorter ones"] + [f"word {i}" * (i + 1) for i in range(40)]


@scenario
def vocabulary_lookup():
    t = vocabulary(1000)
    return [t.lookup(tf.constant(STRANGE)), t[tf.constant(["emerson", "lake"])], t.size()]


@scenario
def vocabulary_attributes():
    t = vocabulary()
    return [t.key_dtype.name, t.value_dtype.name, t.name, t.resource_handle.dtype.name]


@scenario
def vocabulary_of_numbers():
    t = vocabulary(7, [10, 20], "int64")
    return [t.lookup(tf.constant([10, 20, 30, -5, 123456789012], tf.int64)), vocabulary(7, [10, 20], "int64", lookup_key_dtype=tf.int32).lookup(tf.constant([10, 21, -3]))]


@scenario
def vocabulary_without_words():
    t = tf.lookup.StaticVocabularyTable(None, 10)
    return [t.lookup(tf.constant(STRANGE)), t.size(), t.name, t.resource_handle is None]


@scenario
def vocabulary_from_text():
    with TextFile(WORDS) as path:
        init = tf.lookup.TextFileInitializer(path, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER, vocab_size=3)
        t = tf.lookup.StaticVocabularyTable(init, 4)
    return [t.lookup(tf.constant([["palmer", "nobody"], ["emerson", "moon"]])), t.size()]


@scenario
def vocabulary_wrong_arguments():
    values = tf.constant([1], tf.int64)
    init = tf.lookup.KeyValueTensorInitializer
    calls = [lambda: vocabulary(0), lambda: tf.lookup.StaticVocabularyTable(init(tf.constant([1]), values), 1), lambda: tf.lookup.StaticVocabularyTable(init(["a"], tf.constant([1])), 1),
             lambda: tf.lookup.StaticVocabularyTable(init(["a"], values), 1, lookup_key_dtype=tf.int64), lambda: vocabulary().lookup(tf.constant([1]))]
    return [outcome(f) for f in calls]


# Mutable tables


@scenario
def mutable_insert_and_lookup():
    t = mutable()
    t.insert(["a", "b"], [1, 2])
    t.insert(tf.constant(["b", "c"]), tf.constant([20, 30], tf.int64))
    return [t.lookup(["a", "b", "c", "d"]), t[tf.constant([["a"], ["z"]])], t.size(), exported(t), t.lookup("a")]


@scenario
def mutable_attributes():
    t = mutable(name="mine")
    return [t.key_dtype.name, t.value_dtype.name, t.name, t.resource_handle.dtype.name, t.size()]


@scenario
def mutable_remove():
    t = mutable("int64", "string", "?")
    t.insert([1, 2, 3, 4], ["a", "b", "c", "d"])
    t.remove(tf.constant([2, 9, 4, 2], tf.int64))
    first = [t.size(), exported(t), t.lookup([1, 2, 3, 4])]
    t.insert([2], ["again"])
    return first + [exported(t)]


@scenario
def mutable_of_vectors():
    t = mutable("string", "float32", [0.5, -0.5])
    t.insert(["a", "b"], [[1, 2], [3, 4]])
    return [t.lookup([["a", "x"], ["b", "a"]]), t.size(), exported(t), mutable_vector_of_text()]


def mutable_vector_of_text():
    t = mutable("int64", "string", ["", "-"])
    t.insert([1], [["x", "y"]])
    return t.lookup([1, 2])


@scenario
def mutable_of_matrices():
    return mutable("string", "float32", [[1.0]])


@scenario
def mutable_dynamic_defaults():
    t = mutable()
    t.insert(["a"], [1])
    return t.lookup(["a", "b", "c"], dynamic_default_values=tf.constant([7, 8, 9], tf.int64))


@scenario
def mutable_dynamic_defaults_of_vectors():
    t = mutable("string", "int64", [0, 0])
    t.insert(["a"], [[1, 2]])
    return t.lookup(["b", "a"], dynamic_default_values=tf.constant([[5, 6], [7, 8]], tf.int64))


@scenario
def mutable_dynamic_defaults_of_wrong_shape():
    return mutable().lookup(["a", "b", "c"], dynamic_default_values=tf.constant([7, 8], tf.int64))


@scenario
def mutable_insert_duplicates():
    t = mutable()
    t.insert(["a", "a"], [1, 2])
    return exported(t)


@scenario
def mutable_insert_scalars():
    t = mutable()
    t.insert("a", 5)
    return exported(t)


@scenario
def mutable_wrong_calls():
    t, v = mutable(), mutable("string", "float32", [0.5, -0.5])
    calls = [lambda: t.lookup([1]), lambda: t.insert([1], [1]), lambda: t.insert(["a"], ["b"]), lambda: t.insert(["a", "b"], [1]), lambda: t.remove(tf.constant([1])), lambda: v.insert(["a"], [1.0]),
             lambda: v.insert(["a"], [[1.0, 2.0, 3.0]]), lambda: t.insert(["a"], [[1]]), lambda: mutable("float32", "int64"), lambda: mutable("string", "uint8", 0), lambda: mutable("string", "int64", "x")]
    return [outcome(f) for f in calls]


@scenario
def mutable_import():
    t = mutable()
    t.insert(["a"], [1])
    tf.raw_ops.LookupTableImportV2(table_handle=t.resource_handle, keys=["x", "y"], values=tf.constant([5, 6], tf.int64))
    return exported(t)


@scenario
def mutable_many_changes():
    t = mutable("int64", "int64", 0)
    for i in range(50):
        t.insert(tf.range(i, i + 20, dtype=tf.int64) * 7, tf.range(20, dtype=tf.int64) + i)
        t.remove(tf.range(i, i + 9, 2, dtype=tf.int64) * 7)
    return exported(t)


# Dense tables


@scenario
def dense_insert_and_lookup():
    t = dense()
    t.insert([1, 2, 3], [10, 20, 30])
    t.insert_or_assign([3, 4], [33, 40])
    return [t.lookup([1, 2, 3, 4, 5]), t[tf.constant([3, 9], tf.int64)], t.size()]


@scenario
def dense_export_as_buckets():
    t = dense()
    t.insert([1, 9, 17], [10, 20, 30])
    t.erase(tf.constant([9], tf.int64))
    keys, values = t.export()
    return [keys, values, keys.shape.as_list(), values.shape.as_list()]


@scenario
def dense_grows():
    t = dense(initial_num_buckets=4)
    t.insert(list(range(1, 40)), list(range(39)))
    return [t.size(), t.lookup([1, 39, 40]), t.export()]


@scenario
def dense_of_text():
    t = dense("string", "int64", empty_key="", deleted_key="gone")
    t.insert(["a", "b", "a longer word"], [1, 2, 3])
    t.remove(tf.constant(["b"]))
    return [t.lookup(["a", "b", "a longer word"]), t.size(), t.export()]


@scenario
def dense_of_vectors():
    t = dense("int64", "float32", [0.0, 0.5], empty_key=[-1, -1], deleted_key=[-2, -2])
    t.insert([[1, 2], [3, 4]], [[1.0, 2.0], [3.0, 4.0]])
    return [t.lookup([[1, 2], [2, 1], [3, 4]]), t.size(), t.export()]


@scenario
def dense_values_of_other_types():
    pairs = [("int32", 5), ("float64", 0.5), ("bool", True)]
    tables = [dense("int64", v, x) for v, x in pairs]
    for t, (_, x) in zip(tables, pairs):
        t.insert([1], [x])
    return [[t.lookup([1, 2]), t.value_dtype.name] for t in tables]


@scenario
def dense_remove_and_insert_again():
    t = dense()
    t.insert([1, 2], [1, 2])
    t.remove(tf.constant([1, 7], tf.int64))
    sizes = [t.size()]
    t.insert([1], [5])
    return sizes + [t.size(), t.lookup([1, 2]), t.export()]


@scenario
def dense_wrong_calls():
    t = dense()
    calls = [lambda: t.insert([-1], [1]), lambda: t.insert([-2], [1]), lambda: t.lookup([-1]), lambda: t.lookup([-2]), lambda: t.remove(tf.constant([-1], tf.int64)), lambda: t.remove(tf.constant([-2], tf.int64)),
             lambda: dense(deleted_key=-1), lambda: dense(initial_num_buckets=5), lambda: dense(initial_num_buckets=2), lambda: dense(empty_key=[[1]], deleted_key=[[2]]),
             lambda: dense(empty_key=[1, 2], deleted_key=3), lambda: t.remove(tf.constant([1])), lambda: t.lookup(["a"]), lambda: t.insert([1, 2], [1]), lambda: dense("int64", "uint8", 0),
             lambda: dense("int64", "int64", [[1]]), lambda: t.lookup(3), lambda: t.lookup([[1, 2]])]
    return [outcome(f) for f in calls]


@scenario
def dense_max_load_factor():
    make, empty, deleted = tf.raw_ops.MutableDenseHashTableV2, tf.constant(0, tf.int64), tf.constant(1, tf.int64)
    return [outcome(lambda: [make(empty_key=empty, deleted_key=deleted, value_dtype=tf.int64, max_load_factor=f)] and None) for f in (0.5, 0.0, 1.5)]


# In functions


@scenario
def function_keeps_the_order():
    t = mutable()

    @tf.function
    def step(x):
        before = t.lookup(["a"])
        t.insert(["a"], [x])
        middle = t.lookup(["a"])
        t.insert(["a", "b"], [x * 10, x])
        size = t.size()
        t.remove(tf.constant(["b"]))
        return before, middle, t.lookup(["a"]), size, t.size()

    return [step(tf.constant(1, tf.int64)), step(tf.constant(2, tf.int64)), exported(t)]


@scenario
def function_keeps_inserts_nobody_reads():
    t, d = mutable(), dense()

    @tf.function
    def step(x):
        t.insert(["k"], [x])
        d.insert_or_assign([5], [x])
        t.lookup(["k"])
        return x + 1

    return [step(tf.constant(3, tf.int64)), exported(t), d.lookup([5])]


@scenario
def function_sees_later_changes():
    t = mutable()
    f = tf.function(lambda k: t.lookup(k))
    before = f(tf.constant(["a"]))
    t.insert(["a"], [9])
    return [before, f(tf.constant(["a"])), f.experimental_get_tracing_count()]


@scenario
def function_operations():
    t, s, d = mutable(), static(), dense()

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def f(k):
        t.insert(k, s.lookup(k))
        d.insert([1], [2])
        d.erase(tf.constant([1], tf.int64))
        return t.lookup(k), t.export(), t.size()

    f = f.get_concrete_function()
    return [[op.type for op in f.graph.get_operations() if "Table" in op.type], len([x for x in f.captured_inputs if x.dtype == tf.resource])]


@scenario
def function_shapes():
    t, v = static(), mutable("string", "float32", [0.5, -0.5])

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.string)])
    def f(k):
        return t.lookup(k), v.lookup(k), t.size()

    return [[None if s.shape.rank is None else s.shape.as_list(), s.dtype.name] for s in f.get_concrete_function().structured_outputs]


@scenario
def function_in_a_loop():
    t = mutable("int64", "int64", 0)

    @tf.function
    def count(n):
        i = tf.constant(0, tf.int64)
        while i < n:
            t.insert([i % 3], t.lookup([i % 3]) + 1)
            i += 1
        return t.size()

    return [count(tf.constant(10, tf.int64)), exported(t)]


@scenario
def function_in_a_branch():
    t = mutable()

    @tf.function
    def f(x):
        if x > 0:
            t.insert(["positive"], [x])
        else:
            t.insert(["other"], [x])
        return t.size()

    return [f(tf.constant(3, tf.int64)), f(tf.constant(-3, tf.int64)), exported(t)]


@scenario
def function_branch_with_lookup():
    t = static()
    f = tf.function(lambda k, p: tf.cond(p, lambda: t.lookup(k), lambda: tf.zeros_like(t.lookup(k)) + t.size()))
    return [f(tf.constant(["a"]), tf.constant(True)), f(tf.constant(["a"]), tf.constant(False))]


@scenario
def function_wrong_dtype():
    t = static()
    return tf.function(lambda k: t.lookup(k))(tf.constant([1]))


@scenario
def function_error_at_run():
    t = dense()
    return tf.function(lambda k: t.lookup(k))(tf.constant([-1], tf.int64))


@scenario
def function_takes_a_table():
    @tf.function
    def f(table, k):
        return table.lookup(k)

    a, b = static(), static(values=(1, 2, 3))
    return [f(a, tf.constant(["a"])), f(b, tf.constant(["a"])), f(a, tf.constant(["c"])), f.experimental_get_tracing_count()]


@scenario
def function_makes_a_table_once():
    made = []

    @tf.function
    def f(k):
        if not made:
            made.append(static())
        return made[0].lookup(k)

    return [f(tf.constant(["a", "q"])), f(tf.constant(["c", "b"]))]


@scenario
def function_compiled():
    t = static()
    f = tf.function(lambda k: (t.lookup(k) + t.lookup(k)) * 2)
    return f(tf.constant(["a", "b", "?"]))


@scenario
def gradient_through_values():
    t = mutable("string", "float32", 0.5)
    t.insert(["a"], [2.0])
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * t.lookup(["a", "b"])
    return tape.gradient(y, x)


# In data sets, modules, copies


@scenario
def dataset_map():
    t = static()
    words = tf.data.Dataset.from_tensor_slices(["a", "c", "?"])
    return [x.numpy() for x in words.map(t.lookup)] + [x.numpy() for x in words.batch(2).map(lambda k: t[k], num_parallel_calls=2)]


@scenario
def dataset_map_with_inserts():
    t = mutable("int64", "int64", 0)

    def note(x):
        t.insert([x % 2], t.lookup([x % 2]) + x)
        return x

    return [[int(x) for x in tf.data.Dataset.range(6).map(note)], exported(t)]


@scenario
def module_with_tables():
    class Words(tf.Module):
        def __init__(self):
            super().__init__()
            self.table = static()
            self.scale = tf.Variable([2], dtype=tf.int64)

        @tf.function
        def __call__(self, k):
            return self.table.lookup(k) * self.scale

    m = Words()
    return [m(tf.constant(["a", "b"])), len(m.variables), len(m.submodules)]


@scenario
def vectorized_lookup():
    t = static()
    return tf.vectorized_map(lambda k: t.lookup(k), tf.constant([["a", "b"], ["c", "?"]]))


@scenario
def map_fn_lookup():
    t = static()
    return tf.map_fn(lambda k: t.lookup(k), tf.constant([["a", "b"], ["c", "?"]]), fn_output_signature=tf.int64)


@scenario
def copies():
    calls = {"deepcopy": copy.deepcopy, "copy": copy.copy, "pickle": pickle.dumps}
    found = {name: outcome(lambda: [call(static())] and "copied") for name, call in calls.items()}
    return {name: x if isinstance(x, str) else x["error"] for name, x in found.items()}


@scenario
def copies_share_their_entries():
    t = mutable()
    c, d = copy.copy(t), copy.deepcopy(t)
    t.insert(["a"], [1])
    return [c.size(), d.size()]


@scenario
def anonymous_tables():
    init = tf.lookup.KeyValueTensorInitializer(["a"], tf.constant([1], tf.int64))
    t, m, d = tf.lookup.StaticHashTable(init, -1, experimental_is_anonymous=True), mutable(experimental_is_anonymous=True), dense(experimental_is_anonymous=True)
    m.insert(["x"], [4])
    d.insert([3], [4])
    v = tf.lookup.StaticVocabularyTable(init, 3, experimental_is_anonymous=True)
    return [t.lookup(tf.constant(["a"])), m.lookup(["x"]), d.lookup([3]), v.lookup(tf.constant(["a"]))]
