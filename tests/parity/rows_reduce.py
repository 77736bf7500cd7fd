"""Reductions, cumulative sums, matrix products, segment reductions, counting."""

import numpy as np

from inputs import SPECIAL, between, const, index, integers, mask, positive, spread
from rows import A, row

ORDER = "another order of the sum"

def axes(make):
    shapes = [((2, 3), None, False), ((2, 3, 4), 1, False), ((2, 3, 4), [0, 2], False), ((), None, False), ((2, 3), -1, True),
              ((2, 3, 4), [-1, 0], True), ((0, 3), 0, False), ((0, 3), 1, False), ((2, 0), None, False), ((2, 3), [], False),
              ((3, 41), 1, False), ((41, 3), 0, False), ((2, 2, 3, 2, 2), [1, 3], False), ((2, 2, 3, 2, 2), [0, 2, 4], True)]
    return [A(make(shape), axis=axis, keepdims=keep) for shape, axis, keep in shapes]


def reduction(op, name, dtypes, make=spread, **options):
    row(op, lambda tf, x, axis, keepdims: getattr(tf, name)(x, axis=axis, keepdims=keepdims), axes(make), dtypes, **options)


reduction("Sum", "reduce_sum", "number", tol=2, why=ORDER)
reduction("Mean", "reduce_mean", "float complex int32 int64 uint8", tol=2, why=ORDER)
reduction("Prod", "reduce_prod", "number", between(0.5, 1.4), tol=4, why=ORDER, tf_wrong="complex")
reduction("Max", "reduce_max", "real", exact=True)
reduction("Min", "reduce_min", "real", exact=True)
reduction("All", "reduce_all", "bool", grad=False)
reduction("Any", "reduce_any", "bool", grad=False)
for op, name in [("Sum", "reduce_sum"), ("Max", "reduce_max"), ("Min", "reduce_min"), ("Mean", "reduce_mean"), ("Prod", "reduce_prod")]:
    row(f"{op}:special", lambda tf, x, n=name: (getattr(tf, n)(x), getattr(tf, n)(tf.reshape(x[:8], [2, 4]), 0)), [A(SPECIAL)],
        "single", grad=False, ops=op)
row("Max:ties", lambda tf, x: tf.reduce_max(x, 1), [A(integers(0, 3)((4, 6), diff=True))], "single", fd=False, ops="Max")
row("Min:ties", lambda tf, x: tf.reduce_min(x, 0), [A(integers(0, 3)((4, 6), diff=True))], "single", fd=False, ops="Min")
row("Prod:zeros", lambda tf, x: tf.reduce_prod(x, 1), [A(const([[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [1.0, 2.0, 3.0]], diff=True))],
    "single", ops="Prod", tf_wrong="float64")
def sums(tf, x):
    return tf.reduce_sum(x), tf.reduce_sum(x, 0), tf.reduce_sum(x, 1)


# The whole sum nearly cancels: TensorFlow's own float32 and float16 sums are off by more than ours, so it adds in float64.
row("Sum:large", sums, [A((67, 131))], "float", grad=False, tol=8, why=ORDER, ops="Sum",
    oracle=lambda tf, x: [tf.cast(y, x.dtype) for y in sums(tf, tf.cast(x, tf.float64))])
row("EuclideanNorm", lambda tf, x, axis, keepdims: tf.math.reduce_euclidean_norm(x, axis=axis, keepdims=keepdims), axes(positive)[:9],
    "single complex", tol=2, why=ORDER, tf_wrong="complex")
row("reduce_logsumexp", lambda tf, x, axis, keepdims: tf.reduce_logsumexp(x, axis=axis, keepdims=keepdims), axes(spread), "float",
    ops="Max Sum Exp Log", tol=2, why=ORDER)
row("reduce_variance", lambda tf, x, axis, keepdims: tf.math.reduce_variance(x, axis=axis, keepdims=keepdims), axes(spread)[:6],
    "single complex", ops="Mean Square Sub", tol=4, why=ORDER)
row("reduce_std", lambda tf, x, axis, keepdims: tf.math.reduce_std(x, axis=axis, keepdims=keepdims), axes(spread)[:3],
    "single", ops="Mean Square Sqrt", tol=4, why=ORDER)
row("count_nonzero", lambda tf, x, axis: tf.math.count_nonzero(x, axis=axis),
    [A(integers(0, 2)((3, 4)), axis=a) for a in (None, 0, [0, 1])], "float32 float64 int32 bool string", grad=False, ops="NotEqual Cast Sum")
row("moments", lambda tf, x, axes, keepdims: tf.nn.moments(x, axes, keepdims=keepdims),
    [A((4, 3), axes=[0], keepdims=False), A((2, 3, 4), axes=[0, 1], keepdims=True), A((2, 5), axes=[1], keepdims=False)],
    "float", ops="Mean SquaredDifference", tol=4, why=ORDER, grad=1)  # TensorFlow stops the mean's gradient: the first order only
row("weighted_moments", lambda tf, x, w: tf.nn.weighted_moments(x, [0], w), [A(spread((4, 3)), positive((4, 3))), A(spread((4, 3)), positive((4, 1)))],
    "single", ops="Sum Mul", tol=4, why=ORDER)
row("normalize_moments", lambda tf, n, m, v: tf.nn.normalize_moments(n, m, v, None), [A(const(3.0), (4,), positive((4,)))], "single", ops="Mul Square Sub")
row("sufficient_statistics", lambda tf, x: tf.nn.sufficient_statistics(x, [0]), [A((4, 3))], "single", ops="Sum Square")
row("zero_fraction", lambda tf, x: tf.math.zero_fraction(x), [A(integers(0, 2)((3, 4)))], "single int32", grad=False, ops="NotEqual Cast Sum")

# Cumulative.
CUMULATIVE = [A(between(0.4, 1.6)(s), axis=a, exclusive=e, reverse=r) for s, a, e, r in
              [((2, 3), 0, False, False), ((2, 5), 1, True, False), ((2, 3, 4), -2, False, True), ((7,), 0, True, True), ((0, 3), 0, False, False),
               ((3, 0), 0, True, False), ((45,), 0, False, False)]]
row("Cumsum", lambda tf, x, **k: tf.cumsum(x, **k), CUMULATIVE, "number", tol=2, why=ORDER)
row("Cumprod", lambda tf, x, **k: tf.math.cumprod(x, **k), CUMULATIVE, "number", tol=4, why=ORDER, tf_wrong="complex")
row("CumulativeLogsumexp", lambda tf, x, **k: tf.math.cumulative_logsumexp(x, **k), CUMULATIVE[:4] + CUMULATIVE[-1:], "single float16",
    tol=4, why=ORDER)

# Matrix products.
row("MatMul", lambda tf, a, b, **k: tf.matmul(a, b, **k),
    [A((2, 3), (3, 4)), A((3, 2), (3, 4), transpose_a=True), A((2, 3), (4, 3), transpose_b=True),
     A((3, 2), (4, 3), transpose_a=True, transpose_b=True), A((1, 1), (1, 1)), A((0, 3), (3, 2)), A((2, 0), (0, 3)), A((1, 17), (17, 1)),
     A((5, 1), (1, 6)), A((3, 2), (3, 4), adjoint_a=True), A((2, 3), (4, 3), adjoint_b=True), A((7, 19), (19, 9))],
    "float complex int32 int64", tol=4, why=ORDER)
row("MatMul:large", lambda tf, a, b, **k: tf.matmul(a, b, **k),
    [A((17, 70), (70, 33)), A((70, 17), (70, 33), transpose_a=True), A((17, 70), (33, 70), transpose_b=True), A((1, 300), (300, 20)),
     A((20, 300), (300, 1)), A((64, 65), (65, 48))], "float32 float64 bfloat16 float16 complex64", grad=False, tol=12, why=ORDER)
BATCHES = [((2, 3, 4), (2, 4, 5)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (3, 4, 2)), ((0, 3, 4), (0, 4, 5)), ((2, 3, 0), (2, 0, 5))]
row("BatchMatMulV2", lambda tf, a, b: tf.matmul(a, b), [A(*p) for p in BATCHES], "float complex int32", tol=4, why=ORDER)
row("BatchMatMulV2:adj", lambda tf, a, b, x, y: tf.raw_ops.BatchMatMulV2(x=a, y=b, adj_x=x, adj_y=y),
    [A((2, 4, 3), (2, 4, 5), x=True, y=False), A((2, 3, 4), (2, 5, 4), x=False, y=True), A((4, 3), (2, 5, 4), x=True, y=True)],
    "single complex", tol=4, why=ORDER)
row("BatchMatMul", lambda tf, a, b, x, y: tf.raw_ops.BatchMatMul(x=a, y=b, adj_x=x, adj_y=y),
    [A((2, 3, 4), (2, 4, 5), x=False, y=False), A((2, 4, 3), (2, 5, 4), x=True, y=True)], "single complex", tol=4, why=ORDER)
row("BatchMatMulV3", lambda tf, a, b: tf.matmul(a, b, output_type=tf.int32), [A((2, 3), (3, 4)), A((2, 2, 3), (3, 4))], "int8", grad=False)
row("matvec", lambda tf, a, b, **k: tf.linalg.matvec(a, b, **k), [A((3, 4), (4,)), A((4, 3), (4,), transpose_a=True), A((2, 3, 4), (2, 4))],
    "float complex", ops="MatMul BatchMatMulV2", tol=4, why=ORDER)
row("tensordot", lambda tf, a, b, axes: tf.tensordot(a, b, axes),
    [A((2, 3), (3, 4), axes=1), A((2, 3, 4), (4, 3), axes=[[1, 2], [1, 0]]), A((3,), (3,), axes=1), A((2, 3), (4,), axes=0), A((2, 3, 4), (3, 5), axes=[[1], [0]]),
     A((2, 3), (2, 3), axes=2), A((2, 3), (2, 3), axes=[[0, 1], [0, 1]])], "single complex int32", ops="MatMul Reshape Transpose", tol=4, why=ORDER)
EQUATIONS = [("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("bij,bjk->bik", (2, 3, 4), (2, 4, 2)), ("ij->ji", (2, 3)),
             ("ii->i", (3, 3)), ("ii->", (3, 3)), ("i,j->ij", (2,), (3,)), ("ij->", (2, 3)), ("...ij,...jk->...ik", (2, 2, 3), (3, 2)),
             ("abcd,aecd->acbe", (2, 3, 2, 4), (2, 5, 2, 4)), ("i,i->", (4,), (4,)), ("ij,kj,k->i", (2, 3), (4, 3), (4,)),
             ("...ij->...ji", (2, 3, 4)), ("b...,b...->...", (3, 2), (3, 2)), ("aab->b", (2, 2, 3)), ("ij,ij->ij", (2, 3), (2, 3))]
row("Einsum", lambda tf, *xs, equation: tf.einsum(equation, *xs), [A(*e[1:], equation=e[0]) for e in EQUATIONS], "float complex int32",
    tol=6, why=ORDER)
row("Cross", lambda tf, a, b: tf.linalg.cross(a, b), [A((3,), (3,)), A((2, 3), (2, 3)), A((0, 3), (0, 3)), A((2, 2, 3), (2, 2, 3))], "real")

# Segments.
SORTED = [A((5, 2), const([0, 0, 1, 1, 3], "int32")), A((5,), const([0, 1, 1, 1, 2], "int64")), A((4, 2, 2), const([0, 0, 0, 0], "int32")),
          A((3, 0), const([0, 1, 1], "int32")), A((0, 2), const(np.zeros(0), "int32"))]
for op in ("sum", "mean", "prod", "max", "min"):
    types = {"sum": "number", "mean": "real complex", "prod": "number"}.get(op, "real")
    row(f"Segment{op.capitalize()}", lambda tf, x, ids, f=f"segment_{op}": getattr(tf.math, f)(x, ids), SORTED, types,
        tol=2, why=ORDER, grad=op != "prod")
# TensorFlow has no gradient of SegmentProd; that of the unsorted product is the same.
row("SegmentProd:gradient", lambda tf, x, ids: tf.math.segment_prod(x, ids), SORTED[:3], "single", ops="SegmentProd", tol=4, why=ORDER,
    oracle=lambda tf, x, ids: tf.math.unsorted_segment_prod(x, ids, int(ids[-1]) + 1))
UNSORTED = [A((5, 2), const([3, 0, 1, 0, 3], "int32"), n=4), A((5,), const([2, 1, 1, 0, 2], "int64"), n=5), A((2, 3), const([[1, 0, 2], [0, 0, 1]], "int32"), n=3),
            A((4,), const([0, -1, 1, -1], "int32"), n=2), A((0, 2), const(np.zeros(0), "int32"), n=2), A((2, 0), const([0, 1], "int32"), n=2)]
for op in ("sum", "prod", "max", "min"):
    row(f"UnsortedSegment{op.capitalize()}", lambda tf, x, ids, n, f=f"unsorted_segment_{op}": getattr(tf.math, f)(x, ids, n), UNSORTED,
        "number" if op in ("sum", "prod") else "real", tol=2, why=ORDER, tf_wrong="complex" if op == "prod" else "")
for op in ("mean", "sqrt_n"):
    row(f"unsorted_segment_{op}", lambda tf, x, ids, n, f=f"unsorted_segment_{op}": getattr(tf.math, f)(x, ids, n), UNSORTED[:3], "single",
        ops="UnsortedSegmentSum", tol=2, why=ORDER)
row("SegmentSum:unsorted", lambda tf, x, ids: tf.math.segment_sum(x, ids), [A((3,), const([1, 0, 2], "int32"), fails_=True)], "single", grad=False)
row("UnsortedSegmentSum:range", lambda tf, x, ids: tf.math.unsorted_segment_sum(x, ids, 2), [A((3,), const([1, 0, 2], "int32"), fails_=True)], "single",
    grad=False)
for op in ("Sum", "Mean", "SqrtN"):
    name = {"Sum": "segment_sum", "Mean": "segment_mean", "SqrtN": "segment_sqrt_n"}[op]
    row(f"SparseSegment{op}", lambda tf, x, i, s, f=name: getattr(tf.sparse, f)(x, i, s),
        [A((4, 2), const([0, 2, 1, 3], "int32"), const([0, 0, 1, 3], "int32")), A((4,), const([3, 3, 0], "int64"), const([0, 1, 1], "int32"))],
        "single", later=True, tol=2, why=ORDER, grad=1)

# Counting.
row("DenseBincount", lambda tf, x, size, weights, binary: tf.raw_ops.DenseBincount(input=x, size=size, weights=weights, binary_output=binary),
    [A(index((9,), 5), const(5, "int32"), const(np.zeros(0)), binary=False), A(index((9,), 8), const(5, "int32"), const(np.zeros(0)), binary=True),
     A(index((2, 6), 4), const(4, "int32"), const(np.zeros(0)), binary=False), A(index((9,), 5), const(5, "int32"), (9,), binary=False)],
    "float32 float64 int32 int64", grad=False, tol=2, why=ORDER)
row("Bincount", lambda tf, x, size, weights: tf.raw_ops.Bincount(arr=x, size=size, weights=weights),
    [A(index((9,), 5), const(5, "int32"), const(np.zeros(0))), A(index((9,), 7), const(5, "int32"), (9,))], "float32 float64 int32 int64", grad=False, tol=2, why=ORDER)
row("bincount", lambda tf, x, **k: tf.math.bincount(x, **k),
    [A(index((9,), 5)), A(index((9,), 5), minlength=8), A(index((9,), 5), maxlength=3), A(index((2, 6), 4), axis=-1), A(index((0,), 4))],
    "int32", grad=False, ops="DenseBincount")
row("Bucketize", lambda tf, x: tf.raw_ops.Bucketize(input=x, boundaries=[-1.0, 0.0, 1.5]), [A((3, 5)), A(()), A((0,))],
    "float32 float64 int32 int64", grad=False)
row("HistogramFixedWidth", lambda tf, x, n: tf.histogram_fixed_width(x, tf.cast([-2.0, 2.0], x.dtype), nbins=n), [A((20,), n=5), A((3, 4), n=2)],
    "float32 float64 int32 int64", grad=False)
row("histogram_bins", lambda tf, x: tf.histogram_fixed_width_bins(x, tf.cast([-2.0, 2.0], x.dtype), nbins=4), [A((20,)), A((3, 4))],
    "float32 float64", grad=False, ops="ClipByValue Cast")
row("confusion_matrix", lambda tf, x, y, **k: tf.math.confusion_matrix(x, y, **k),
    [A(index((9,), 4), index((9,), 4)), A(index((9,), 4), index((9,), 4), num_classes=6)], "int32", grad=False, ops="ScatterNd")
row("in_top_k", lambda tf, t, p, k: tf.math.in_top_k(t, p, k), [A(index((4,), 6), (4, 6), k=k) for k in (1, 3)], "float32", grad=False, ops="InTopKV2")
row("InTopK", lambda tf, p, t, k: tf.raw_ops.InTopK(predictions=p, targets=t, k=k), [A((4, 6), index((4,), 6), k=k) for k in (1, 3)], "float32", grad=False)
row("InTopKV2", lambda tf, p, t: tf.raw_ops.InTopKV2(predictions=p, targets=t, k=2),
    [A((4, 6), index((4,), 6)), A(const([[1.0, 1.0, 0.0], [np.nan, 1.0, 0.0], [np.inf, 1, 2]]), const([1, 1, 0], "int32"))], "float32", grad=False)
