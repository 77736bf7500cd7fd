"""Reading and writing by index: slices, gather, scatter, where, sort, unique, one_hot."""

import numpy as np

from inputs import SPECIAL, between, const, index, integers, mask, positive, spread
from rows import A, row


def moves(name, fn, cases, dtypes="any", **options):
    row(name, fn, cases, dtypes, exact=True, **options)


# Slices.
moves("Slice", lambda tf, x, b, s: tf.slice(x, b, s), [A((3, 4), b=[1, 0], s=[2, 3]), A((5,), b=[1], s=[-1]), A((3, 4), b=[0, 4], s=[3, 0]), A((2, 3, 4), b=[0, 1, 2], s=[1, -1, 2]), A((), b=np.zeros(0, np.int32), s=np.zeros(0, np.int32)), A((2, 2, 2, 2, 2), b=[1, 0, 0, 1, 0], s=[1, 2, 1, 1, 2])])
moves("Slice:wrong", lambda tf, x, b, s: tf.slice(x, b, s), [A((3,), b=[2], s=[2], fails_=True), A((3,), b=[-1], s=[1], fails_=True), A((3, 2), b=[0], s=[1], fails_=True)], "float32", grad=False)
N = None
INDEXING = [
    ((5,), (2,)), ((5,), (-1,)), ((5,), (slice(1, 4),)), ((5,), (slice(N, N, 2),)), ((5,), (slice(N, N, -1),)), ((5,), (slice(4, 0, -2),)), ((5,), (slice(-3, N),)), ((5,), (slice(3, 1),)),
    ((5,), (slice(N, 99),)), ((5,), (slice(-99, 2),)), ((3, 4), (1,)), ((3, 4), (1, 2)), ((3, 4), (slice(N), 2)), ((3, 4), (Ellipsis, 1)), ((3, 4), (Ellipsis,)), ((3, 4), (N,)), ((3, 4), (slice(N), N)),
    ((3, 4), (N, 1, N)), ((3, 4), (slice(0, 2), slice(1, N, 2))), ((2, 3, 4), (1, Ellipsis, slice(N, N, -2))), ((2, 3, 4), (Ellipsis, N)), ((2, 3, 4), (slice(N), 1, slice(1, 3))), ((2, 3, 4), (Ellipsis, 0, slice(N))),
    ((2, 3, 4), (N, Ellipsis, N, 2)), ((2, 3, 4), (0, 1, 2)), ((), (N,)), ((), (Ellipsis,)), ((0, 3), (slice(N), 1)), ((3, 0), (1,)), ((2, 2, 2, 2, 3), (slice(N, N, -1), 1, Ellipsis, slice(0, 2))), ((3, 4), (slice(2, N, -1), slice(N, N, -3)))]
moves("StridedSlice", lambda tf, x, key: x[key], [A(shape, key=key) for shape, key in INDEXING])
moves("StridedSlice:plain", lambda tf, x, key: x[key], [A((5,), key=k) for k in (0, -2, slice(1, 3), Ellipsis, N)], "single", ops="StridedSlice")
moves("StridedSlice:tensor", lambda tf, x, i: (x[i], x[i:], x[:i, 1:i], x[tf.cast(i, tf.int64)]), [A((3, 4), const(2, "int32"))], "float32 float64 int32", ops="StridedSlice")
moves("StridedSlice:wrong", lambda tf, x, key: x[key], [A((3, 4), key=(3,), fails_=True), A((3, 4), key=(-4,), fails_=True), A((3, 4), key=(0, 0, 0), fails_=True), A((3,), key=(slice(N, N, 0),), fails_=True), A((3,), key=(1.5,), fails_=True),
      A((3,), key=([0, 1],), fails_=True), A((3,), key="a", fails_=True), A((3, 4), key=(Ellipsis, 0, Ellipsis), fails_=True)], "float32", grad=False, ops="StridedSlice")
moves("StridedSlice:raw", lambda tf, x, b, e, s, **m: tf.strided_slice(x, b, e, s, **m), [
    A((3, 4), b=[0, 1], e=[2, 4], s=[1, 2]), A((3, 4), b=[0, 1], e=[2, 4], s=[1, 1], begin_mask=1, end_mask=2), A((3, 4), b=[1, 1], e=[2, 2], s=[1, 1], shrink_axis_mask=2), A((3, 4), b=[0, 0, 0], e=[1, 2, 2], s=[1, 1, 1], new_axis_mask=1),
    A((2, 3, 4), b=[0, 0], e=[1, 2], s=[1, 1], ellipsis_mask=1)], "float32 float64 int32", ops="StridedSlice")
row("StridedSliceGrad", lambda tf, dy: tf.raw_ops.StridedSliceGrad(shape=[4, 5], begin=[3, 1], end=[0, 5], strides=[-1, 2], dy=dy), [A((3, 2))], "float32 float64 int32 complex64", exact=True)
moves("TensorStridedSliceUpdate", lambda tf, x, v: (tf.tensor_strided_slice_update(x, [0, 1], [3, 4], [1, 2], v) if hasattr(tf, "tensor_strided_slice_update") else tf.raw_ops.TensorStridedSliceUpdate(input=x, begin=[0, 1], end=[3, 4], strides=[1, 2], value=v)),
      [A((3, 4), (3, 2))], "number bool")

# Gather.
GATHERS = [A((4, 3), index((2,), 4), axis=0), A((4, 3), index((2, 2), 3), axis=1), A((4,), index((), 4), axis=0), A((2, 3, 4), index((2,), 3), axis=-2), A((4, 3), index((0,), 4), axis=0), A((4, 0), index((2,), 4), axis=0),
           A((2, 3, 4), index((2, 2), 4, "int64"), axis=2), A((9, 17), index((13,), 9), axis=0)]
moves("GatherV2", lambda tf, x, i, **k: tf.gather(x, i, **k), GATHERS)
moves("GatherV2:batch", lambda tf, x, i, **k: tf.gather(x, i, **k), [A((2, 4), index((2, 3), 4), batch_dims=1, axis=1), A((2, 3, 4), index((2, 3), 4), batch_dims=2), A((2, 4, 3), index((2, 2), 4), batch_dims=1), A((2, 3, 4), index((2, 2), 4), batch_dims=1, axis=2)],
      "float32 float64 int32 string")
moves("GatherV2:wrong", lambda tf, x, i, **k: tf.gather(x, i, **k), [A((4, 3), const([0, 4], "int32"), fails_=True), A((4, 3), const([-1], "int32"), fails_=True), A((4, 3), const([0], "int32"), axis=2, fails_=True)], "float32", grad=False)
moves("Gather", lambda tf, x, i: tf.raw_ops.Gather(params=x, indices=i), [A((4, 3), index((2, 2), 4)), A((4,), index((), 4, "int64"))])
moves("embedding_lookup", lambda tf, x, i: tf.nn.embedding_lookup(x, i), [A((5, 3), index((2, 4), 5)), A((5,), index((3,), 5))], "single", ops="GatherV2")
moves("GatherNd", lambda tf, x, i: tf.gather_nd(x, i), [A((3, 4), index((2, 2), 3)), A((3, 4), index((2, 1), 3)), A((3, 4), index((2,), 3)), A((3, 4, 2), index((2, 2, 2), 2, "int64")), A((3, 4), const(np.zeros((2, 0)), "int32")), A((3, 4), const(np.zeros((0, 2)), "int32"))])
moves("GatherNd:batch", lambda tf, x, i: tf.gather_nd(x, i, batch_dims=1), [A((2, 4), index((2, 1), 4)), A((2, 3, 4), index((2, 2, 1), 3))], "float32 float64 int32")
moves("GatherNd:wrong", lambda tf, x, i: tf.gather_nd(x, i), [A((3, 4), const([[0, 4]], "int32"), fails_=True), A((3,), const([[0, 0]], "int32"), fails_=True)], "float32", grad=False)
moves("take_along_axis", lambda tf, x, i, axis: tf.experimental.numpy.take_along_axis(x, i, axis), [A((3, 4), index((3, 2), 4), axis=1)], "single", grad=False, later=True, ops="GatherV2")
moves("boolean_mask", lambda tf, x, m, **k: tf.boolean_mask(x, m, **k), [A((4,), mask(4)), A((3, 4), mask(3)), A((3, 4), mask(3, 4)), A((3, 4), mask(4), axis=1), A((2, 3, 4), mask(2, 3)), A((3,), const([False] * 3, "bool"))], ops="Where GatherV2")

# Scatter.
SCATTERS = [A(const([[1], [3], [0]], "int32"), (3,), shape=[5]), A(const([[0, 1], [2, 0]], "int32"), (2,), shape=[3, 2]), A(const([[1], [1]], "int64"), (2, 3), shape=[3, 3]), A(const([[0]], "int32"), (1, 2, 2), shape=[2, 2, 2]),
            A(const(np.zeros((0, 1)), "int32"), (0,), shape=[3])]
row("ScatterNd", lambda tf, i, u, shape: tf.scatter_nd(i, u, tf.constant(shape, i.dtype)), SCATTERS, "number bool", tol=1)
moves("ScatterNd:wrong", lambda tf, i, u, shape: tf.scatter_nd(i, u, shape), [A(const([[5]], "int32"), (1,), shape=[5], fails_=True), A(const([[1]], "int32"), (2,), shape=[5], fails_=True)], "float32", grad=False)
UPDATES = [A((5,), const([[1], [3], [0]], "int32"), (3,)), A((3, 2), const([[0, 1], [2, 0]], "int32"), (2,)), A((4, 3), const([[1], [3]], "int64"), (2, 3)), A((3,), const(np.zeros((0, 1)), "int32"), (0,))]
TWICE = [A((5,), const([[1], [1], [0]], "int32"), (3,))]
for op, name, types, cases in [("TensorScatterUpdate", "tensor_scatter_nd_update", "any", UPDATES), ("TensorScatterAdd", "tensor_scatter_nd_add", "number", UPDATES + TWICE), ("TensorScatterSub", "tensor_scatter_nd_sub", "number", UPDATES + TWICE),
                               ("TensorScatterMax", "tensor_scatter_nd_max", "real", UPDATES + TWICE), ("TensorScatterMin", "tensor_scatter_nd_min", "real", UPDATES + TWICE)]:
    row(op, lambda tf, x, i, u, f=name: getattr(tf, f)(x, i, u), cases, types, grad=1 if op[-3:] in ("Max", "Min") else True, tf_wrong="float64" if op[-3:] in ("Max", "Min") else "")
row("ScatterNdNonAliasingAdd", lambda tf, x, i, u: tf.raw_ops.ScatterNdNonAliasingAdd(input=x, indices=i, updates=u), UPDATES + TWICE, "number")
row("InplaceUpdate", lambda tf, x, v: tf.raw_ops.InplaceUpdate(x=x + 0, i=[1, 0], v=v), [A((3, 2), (2, 2))], "float32 int32", grad=False)
row("InplaceAdd", lambda tf, x, v: tf.raw_ops.InplaceAdd(x=x + 0, i=[1, 0], v=v), [A((3, 2), (2, 2))], "float32 int32", grad=False)
row("InplaceSub", lambda tf, x, v: tf.raw_ops.InplaceSub(x=x + 0, i=[1, 0], v=v), [A((3, 2), (2, 2))], "float32 int32", grad=False)

# Where, select.
moves("Where", lambda tf, x: tf.where(x), [A(mask(7)), A(mask(3, 4)), A(mask(2, 2, 3)), A(mask(0, 2)), A(mask(45))], "none", grad=False)
moves("Where:number", lambda tf, x: tf.where(x), [A(integers(0, 2)((3, 4))), A(integers(0, 3)((9,)))], "number", grad=False)
WHERES = [A(mask(2, 3), (2, 3), (2, 3)), A(mask(), (3,), (3,)), A(mask(2, 1), (3,), (2, 3)), A(mask(3), (2, 3), ()), A(mask(0, 3), (0, 3), (3,)), A(mask(41), (41,), (41,)), A(mask(), (), ())]
moves("SelectV2", lambda tf, m, x, y: tf.where(m, x, y), WHERES, tf_wrong="")
moves("Select", lambda tf, m, x, y: tf.raw_ops.Select(condition=m, x=x, y=y), [A(mask(2, 3), (2, 3), (2, 3)), A(mask(2), (2, 3), (2, 3)), A(mask(), (2, 3), (2, 3))])
moves("SelectV2:wrong", lambda tf, m, x, y: tf.where(m, x, y), [A(mask(2), (3,), (3,), fails_=True), A(const([1.0, 0.0], "float32"), (2,), (2,), fails_=True)], "float32", grad=False)

# One hot, sort, top_k, arg.
moves("OneHot", lambda tf, i, **k: tf.one_hot(i, **k), [A(index((4,), 5), depth=5), A(index((2, 3), 4), depth=4, axis=0), A(index((2, 3), 6), depth=4, axis=1), A(index((), 3), depth=3), A(const([-1, 0, 2, 9], "int32"), depth=3), A(index((0,), 3), depth=3),
      A(index((3,), 3), depth=3, on_value=5, off_value=-1), A(index((3,), 3, "int64"), depth=2, on_value=True, off_value=False), A(index((3,), 3, "uint8"), depth=3, dtype="float64"), A(index((3,), 3), depth=0),
      A(index((2,), 3), depth=3, on_value="a", off_value="b"), A(index((3,), 3), depth=3, dtype="complex64"), A(index((3,), 3), depth=3, dtype="float16")], "none", grad=False)
moves("TopKV2", lambda tf, x, **k: tf.math.top_k(x, **k), [A((3, 5), k=2), A((5,), k=5), A((2, 3, 4), k=1), A((5,), k=0), A((2, 5), k=3, sorted=True), A((1, 57), k=11)], "real")
moves("TopKV2:ties", lambda tf, x: tf.math.top_k(x, 4), [A(integers(0, 3)((2, 7))), A(const([np.inf, -np.inf, 0.0, -0.0, 1.0]), dtypes_="single")], "single int32", grad=False)
moves("TopKV2:wrong", lambda tf, x: tf.math.top_k(x, 4), [A((3,), fails_=True), A((), fails_=True)], "float32", grad=False)
moves("NthElement", lambda tf, x, n, reverse: tf.raw_ops.NthElement(input=x, n=n, reverse=reverse), [A((3, 5), n=2, reverse=r) for r in (False, True)], "real", grad=1)
moves("ArgMax", lambda tf, x, axis: (tf.argmax(x, axis), tf.argmax(x, axis, output_type=tf.int32)), [A((3, 4), axis=a) for a in (0, 1, -1)] + [A((5,), axis=0), A((2, 3, 4), axis=1), A((0, 3), axis=1)], "real bool complex", grad=False)
moves("ArgMin", lambda tf, x, axis: (tf.argmin(x, axis), tf.argmin(x, axis, output_type=tf.int32)), [A((3, 4), axis=a) for a in (0, 1, -1)] + [A((5,), axis=0), A((2, 3, 4), axis=1), A((0, 3), axis=1)], "real bool complex", grad=False)
moves("ArgMax:ties", lambda tf, x: (tf.argmax(x, 1), tf.argmin(x, 1)), [A(integers(0, 3)((3, 6))), A(const([[1.0, np.nan, 2.0], [np.inf, np.inf, 0.0], [-np.inf, np.nan, np.nan]]), dtypes_="single")], "single int32", grad=False, ops="ArgMax ArgMin")
moves("ArgMax:wrong", lambda tf, x, axis: tf.argmax(x, axis), [A((3,), axis=1, fails_=True), A((0, 3), axis=0, fails_=True)], "float32", grad=False, ops="ArgMax")
moves("sort", lambda tf, x, **k: tf.sort(x, **k), [A((3, 5)), A((3, 5), axis=0), A((5,), direction="DESCENDING"), A((0,)), A((2, 3, 4), axis=1, direction="DESCENDING"), A((1,))], "real", ops="TopKV2")
moves("argsort", lambda tf, x, **k: tf.argsort(x, **k), [A((3, 5)), A((3, 5), axis=0), A((5,), direction="DESCENDING"), A(integers(0, 3)((9,)), stable=True)], "real", grad=False, ops="TopKV2")
moves("LowerBound", lambda tf, s, v, **k: tf.searchsorted(s, v, **k), [A(const([0, 1, 3, 3, 9]), integers(-1, 11)((6,))), A(const([[0, 2], [1, 5]]), integers(-1, 6)((2, 4))), A(const([1, 2]), integers(0, 3)((0,))), A(const([0, 1, 3]), integers(0, 4)((4,)), out_type="int64")],
      "single int32 int64", grad=False)
moves("UpperBound", lambda tf, s, v: tf.searchsorted(s, v, side="right"), [A(const([0, 1, 3, 3, 9]), integers(-1, 11)((6,))), A(const([[0, 2], [1, 5]]), integers(-1, 6)((2, 4)))], "single int32 int64", grad=False)

# Unique and friends.
VALUES = [A(integers(0, 4)((9,))), A(integers(0, 2)((1,))), A(integers(0, 4)((0,)))]
moves("Unique", lambda tf, x: (tf.unique(x), tf.unique(x, out_idx=tf.int64)), VALUES, grad=False)
moves("UniqueV2", lambda tf, x, axis: tf.raw_ops.UniqueV2(x=x, axis=axis), [A(integers(0, 2)((5, 2)), axis=[0]), A(integers(0, 2)((2, 6)), axis=[1]), A(integers(0, 3)((7,)), axis=[])], "float32 int32 int64 bool", grad=False)
moves("UniqueWithCounts", lambda tf, x: tf.unique_with_counts(x), VALUES, grad=False)
moves("UniqueWithCountsV2", lambda tf, x: tf.raw_ops.UniqueWithCountsV2(x=x, axis=[0]), [A(integers(0, 2)((5, 2)))], "float32 int32 int64 bool", grad=False)
moves("ListDiff", lambda tf, x, y: tf.raw_ops.ListDiff(x=x, y=y), [A(integers(0, 6)((9,)), integers(0, 3)((4,))), A(integers(0, 6)((0,)), integers(0, 3)((4,)))], grad=False)
moves("DynamicPartition", lambda tf, x, p: tf.dynamic_partition(x, p, 3), [A((5,), index((5,), 3)), A((4, 2), index((4,), 3)), A((2, 3), index((2, 3), 2)), A((0, 2), index((0,), 3))])
moves("DynamicStitch", lambda tf, x, y: tf.dynamic_stitch([[0, 2], [[1, 3], [4, 5]]], [x, y]), [A((2, 3), (2, 2, 3)), A((2,), (2, 2))])
moves("DynamicStitch:twice", lambda tf, x, y: tf.dynamic_stitch([[0, 2], [1, 0]], [x, y]), [A((2, 3), (2, 3))], "float32 int32", grad=False)
moves("ParallelDynamicStitch", lambda tf, x, y: tf.raw_ops.ParallelDynamicStitch(indices=[[0, 2], [1, 3]], data=[x, y]), [A((2, 3), (2, 3))], "float32 float64 int32")
