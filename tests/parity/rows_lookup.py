"""Lookup tables, by the raw operators; what users do with tf.lookup stands in tests/lookup."""

import itertools
import os
import tempfile

from inputs import const
from rows import A, row

_NUMBERS, _FOLDER = itertools.count(), tempfile.TemporaryDirectory()  # until the process ends: functions read files when they run
KEYS = const([b"a", b"b", b"runnel"], "string")


def table(name, fn, cases, dtypes="int64 int32 float32 float64 bool string", **options):
    row(name, fn, cases, dtypes, grad=False, exact=True, **options)


def new_name():
    """Without a name, TensorFlow gives the table of the last call that looked alike."""
    return f"parity_{next(_NUMBERS)}"


def named(op):
    return {} if op.startswith("Anonymous") else {"shared_name": new_name()}


def filled(tf, keys, values):
    handle = tf.raw_ops.HashTableV2(key_dtype=keys.dtype, value_dtype=values.dtype, shared_name=new_name())
    tf.raw_ops.InitializeTableV2(table_handle=handle, keys=keys, values=values)
    return handle


def found(tf, handle, keys, like):
    default = tf.constant("?") if like.dtype == tf.string else tf.cast(7, like.dtype)
    return tf.raw_ops.LookupTableFindV2(table_handle=handle, keys=keys, default_value=default), tf.raw_ops.LookupTableSizeV2(table_handle=handle)


def exported(tf, handle, key_dtype, value_dtype):
    """In an order of the keys: that of a table is nobody's promise."""
    keys, values = tf.raw_ops.LookupTableExportV2(table_handle=handle, Tkeys=key_dtype, Tvalues=value_dtype)
    keys = tf.reshape(keys, [-1])  # a graph does not know its rank
    order = tf.argsort(tf.strings.to_hash_bucket_fast(keys, 2**62) if key_dtype == tf.string else keys)
    return tf.gather(keys, order), tf.gather(values, order)


WANTED = [A(KEYS, (3,), const([[b"b", b"?"], [b"runnel", b"a"]], "string")), A(KEYS, (3,), const(b"a", "string")), A(KEYS, (3,), const([], "string"))]
RAW = "HashTableV2 InitializeTableV2 LookupTableFindV2 LookupTableSizeV2"
table("HashTableV2", lambda tf, k, v, q: found(tf, filled(tf, k, v), q, v), WANTED, ops=RAW)
table("AnonymousHashTable", lambda tf, k, v, q: (lambda h: (tf.raw_ops.LookupTableImportV2(table_handle=h, keys=k, values=v), found(tf, h, q, v))[1])(tf.raw_ops.AnonymousHashTable(key_dtype=k.dtype, value_dtype=v.dtype)),
      WANTED, ops="AnonymousHashTable LookupTableImportV2 LookupTableFindV2")
table("LookupTableExportV2", lambda tf, k, v: exported(tf, filled(tf, k, v), k.dtype, v.dtype), [A(KEYS, (3,)), A(const([b"z"], "string"), (1,))])


def changed(tf, handle, keys, values, query):
    """Inserted, inserted again with other values, some taken out."""
    raw = tf.raw_ops
    raw.LookupTableInsertV2(table_handle=handle, keys=keys, values=values)
    raw.LookupTableInsertV2(table_handle=handle, keys=keys[:2], values=values[1:3])
    before = found(tf, handle, query, values) if values.shape.rank == 1 else ()
    raw.LookupTableRemoveV2(table_handle=handle, keys=keys[1:2])
    return before, exported(tf, handle, keys.dtype, values.dtype), raw.LookupTableSizeV2(table_handle=handle)


CHANGES = "LookupTableInsertV2 LookupTableRemoveV2 LookupTableExportV2 LookupTableFindV2 LookupTableSizeV2"
NUMBERS = [A(const([7, -3, 2**40], "int64"), (3,), const([[7, 0], [-3, 5]], "int64")), A(const([1, 2, 3, 4], "int64"), (4,), const(2, "int64"))]
for op in ("MutableHashTableV2", "AnonymousMutableHashTable"):
    table(op, lambda tf, k, v, q, op=op: changed(tf, getattr(tf.raw_ops, op)(key_dtype=k.dtype, value_dtype=v.dtype, **named(op)), k, v, q), NUMBERS, "int64 int32 float32 float64 string", ops=f"{op} {CHANGES}")
VECTORS = [A(const([7, -3, 2**40], "int64"), (3, 2), const([7], "int64"), size=2), A(const([1, 2, 3, 4], "int64"), (4, 5), const([2], "int64"), size=5)]
for op in ("MutableHashTableOfTensorsV2", "AnonymousMutableHashTableOfTensors"):
    table(op, lambda tf, k, v, q, size, op=op: changed(tf, getattr(tf.raw_ops, op)(key_dtype=k.dtype, value_dtype=v.dtype, value_shape=[size], **named(op)), k, v, q), VECTORS, "int64 int32 float32 float64 string", ops=f"{op} {CHANGES}")


def dense(tf, op, keys, values, width=None, shape=()):
    """The buckets as they are after growing and erasing: their order is the same in both."""
    raw, empty = tf.raw_ops, tf.constant(-1, keys.dtype) if width is None else tf.fill([width], tf.constant(-1, keys.dtype))
    handle = getattr(raw, op)(empty_key=empty, deleted_key=empty - 1, value_dtype=values.dtype, value_shape=shape, initial_num_buckets=4, **named(op))
    raw.LookupTableInsertV2(table_handle=handle, keys=keys, values=values)
    raw.LookupTableRemoveV2(table_handle=handle, keys=keys[1:2])
    raw.LookupTableInsertV2(table_handle=handle, keys=keys[:1] + 50, values=values[:1])
    keys, values = raw.LookupTableExportV2(table_handle=handle, Tkeys=keys.dtype, Tvalues=values.dtype)
    return keys, values, raw.LookupTableSizeV2(table_handle=handle)


for op in ("MutableDenseHashTableV2", "AnonymousMutableDenseHashTable"):
    table(op, lambda tf, k, v, op=op, **o: dense(tf, op, k, v, **o), [A(const([3, 7, 11, 2, 40, 19, 35], "int64"), (7,)), A(const([[1, 2], [2, 1], [5, 9]], "int64"), (3, 2), width=2, shape=(2,)), A(const([8], "int64"), (1,))],
          "int64 int32 float32 float64", ops=f"{op} {CHANGES}")


def from_lines(tf, lines, key_index, value_index, dtype, **options):
    path = os.path.join(_FOLDER.name, new_name())
    with open(path, "wb") as file:
        file.write(lines)
    handle = tf.raw_ops.HashTableV2(key_dtype=tf.string, value_dtype=dtype, shared_name=new_name())
    tf.raw_ops.InitializeTableFromTextFileV2(table_handle=handle, filename=path, key_index=key_index, value_index=value_index, **options)
    return exported(tf, handle, tf.string, dtype)


row("InitializeTableFromTextFileV2", lambda tf, lines, key, value, t, **o: from_lines(tf, lines, key, value, getattr(tf, t), **o),
    [A(lines=b"one\ntwo\r\nthree", key=-2, value=-1, t="int64"), A(lines=b"a\t1.5\nb\t2\n", key=0, value=1, t="float32"), A(lines=b"a b\nc d\n", key=1, value=0, t="string", delimiter=" "),
     A(lines=b"a 1\nb 2\nc 3\n", key=0, value=1, t="int32", delimiter=" ", offset=10, vocab_size=2), A(lines=b"a\n\nb", key=-2, value=-1, t="int64", fails_=True), A(lines=b"a 1\nb\n", key=0, value=1, t="int64", delimiter=" ", fails_=True)],
    "none", grad=False, exact=True)
table("LookupTable:wrong", lambda tf, k, v, call: call(tf, k, v, filled(tf, k, v)), [A(KEYS, (3,), call=call, fails_=True) for call in (
    lambda tf, k, v, h: tf.raw_ops.LookupTableFindV2(table_handle=h, keys=[1], default_value=v[0]), lambda tf, k, v, h: tf.raw_ops.LookupTableFindV2(table_handle=h, keys=k, default_value=v[:2]),
    lambda tf, k, v, h: tf.raw_ops.LookupTableInsertV2(table_handle=h, keys=k, values=v), lambda tf, k, v, h: tf.raw_ops.LookupTableRemoveV2(table_handle=h, keys=k),
    lambda tf, k, v, h: tf.raw_ops.InitializeTableV2(table_handle=h, keys=k[:2], values=v[:2]), lambda tf, k, v, h: filled(tf, k, v[:2]), lambda tf, k, v, h: filled(tf, tf.concat([k, k], 0), tf.concat([v, v[::-1]], 0)))],
    "int64", ops=RAW)
