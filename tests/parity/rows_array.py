"""Creation, shape, layout: everything that moves data without computing."""

import numpy as np

from inputs import between, const, index, integers, mask, positive, spread, unit
from rows import A, row


def moves(name, fn, cases, dtypes="any", **options):
    """A row whose results must be equal bit for bit."""
    row(name, fn, cases, dtypes, exact=True, **options)


# Creation. The types are attributes here, so the rows take no dtype.
TYPES = ["float32", "float64", "float16", "bfloat16", "int32", "int64", "int8", "int16", "uint8", "uint16", "uint32", "uint64", "complex64",
         "complex128", "bool"]


def creates(name, fn, cases, **options):
    row(name, fn, cases, "none", exact=True, grad=False, **options)


creates("zeros", lambda tf, s, t: tf.zeros(s, getattr(tf, t)), [A(s=(2, 3), t=t) for t in TYPES + ["string"]] + [A(s=s, t="float32") for s in ([], [0, 3], 4)], ops="Fill")
creates("ones", lambda tf, s, t: tf.ones(s, getattr(tf, t)), [A(s=(2, 3), t=t) for t in TYPES] + [A(s=s, t="float32") for s in ([], [0, 3], 4)], ops="Fill")
creates("fill", lambda tf, s, v: tf.fill(s, v), [A(s=[2, 3], v=v) for v in (9, 2.5, True, "ab", 1 + 2j, [7])] + [A(s=[], v=3), A(s=[0, 2], v=1.0)], ops="Fill")
moves("Fill", lambda tf, v: tf.raw_ops.Fill(dims=[2, 3], value=v), [A(())])
creates("eye", lambda tf, **k: tf.eye(**k), [A(num_rows=3), A(num_rows=2, num_columns=4), A(num_rows=3, batch_shape=[2]), A(num_rows=0)], ops="MatrixDiagV3")
creates("range", lambda tf, a: tf.range(*a), [A(a=a) for a in ((5,), (2, 9, 3), (5, 0, -2), (0.0, 1.0, 0.25), (3, 3), (0,), (1.5, 4))], ops="Range")
creates("range:dtype", lambda tf, a, t: tf.range(*a, dtype=getattr(tf, t)), [A(a=(1, 7, 2), t=t) for t in ("int64", "float32", "float64", "int32")], ops="Range")
moves("Range", lambda tf, a, b, c: tf.raw_ops.Range(start=a, limit=b, delta=c), [A(const(1), const(8), const(2)), A(const(9), const(1), const(-3)), A(const(1), const(1), const(1))],
      "float32 float64 int32 int64 int8 int16 uint8 bfloat16 float16", grad=False)
row("LinSpace", lambda tf, a, b, n: tf.linspace(a, b, n), [A((), (), n=n) for n in (1, 2, 5, 9)], "float32 float64 bfloat16", grad=False)
row("linspace:axis", lambda tf, a, b: (tf.linspace(a, b, 4, axis=0), tf.linspace(a, b, 3, axis=-1)), [A((2,), (2,)), A((2, 3), (2, 3))], "single", ops="LinSpace Range", tol=2, why="several formulas")
moves("ZerosLike", lambda tf, x: tf.zeros_like(x), [A((2, 3)), A(()), A((0, 2))], fd=False, grad=1)
moves("OnesLike", lambda tf, x: tf.ones_like(x), [A((2, 3)), A(()), A((0, 2))], " ".join(TYPES), fd=False, grad=1)
creates("like:dtype", lambda tf: (tf.zeros_like([1, 2], dtype=tf.float64), tf.ones_like([[1.5]], dtype=tf.int8)), [A()], ops="ZerosLike OnesLike")
creates("constant", lambda tf, v, **k: tf.constant(v, **k), [
    A(v=1), A(v=1.5), A(v=True), A(v="a"), A(v=b"\xff"), A(v=1j), A(v=[1, 2]), A(v=[1, 2.5]), A(v=[[1], [2]]), A(v=[]), A(v=[[], []]), A(v=2**40), A(v=[True, False]),
    A(v=["a", "bc"]), A(v=-1.5, shape=[2, 2]), A(v=[1, 2, 3, 4], shape=[2, 2]), A(v=(1, (2)), dtype="int64"), A(v=[1, 2], dtype="float16"), A(v=3, dtype="uint8"),
    A(v=np.arange(4.0)), A(v=np.float32(3)), A(v=np.array([1, 2], np.int16)), A(v=[np.float64(1), 2]), A(v=np.array(["x", "y"])), A(v=[[1, 2], (3, 4)]), A(v=np.zeros((0, 2)))], ops="Fill")
creates("constant:wrong", lambda tf, v, **k: tf.constant(v, **k), [
    A(v=[[1], [2, 3]], fails_=True), A(v=[1, "a"], fails_=True), A(v=1.5, dtype="int32", fails_=True), 
    A(v="a", dtype="float32", fails_=True), A(v=[1, 2, 3], shape=[2, 2], fails_=True), A(v=None, fails_=True), A(v=np.datetime64("2020-01-01"), fails_=True), A(v=2**70, fails_=True), A(v=[1, [2]], fails_=True)], ops="Fill")
creates("Empty", lambda tf, t: tf.raw_ops.Empty(shape=[2, 3], dtype=getattr(tf, t), init=True), [A(t=t) for t in ("float32", "int32", "bool")])

# Shape.
moves("Shape", lambda tf, x: (tf.shape(x), tf.shape(x, out_type=tf.int64)), [A((2, 3)), A(()), A((0, 2, 1))], grad=False)
moves("ShapeN", lambda tf, x, y: tf.shape_n([x, y]), [A((2, 3), ()), A((0,), (1, 4))], "float32 int32 string", grad=False)
moves("Size", lambda tf, x: (tf.size(x), tf.size(x, out_type=tf.int64)), [A((2, 3)), A(()), A((0, 2))], grad=False)
moves("Rank", lambda tf, x: tf.rank(x), [A((2, 3)), A(()), A((0, 2, 1))], grad=False)
moves("Reshape", lambda tf, x, s: tf.reshape(x, s), [A((2, 6), s=[3, 4]), A((2, 6), s=[-1]), A((2, 6), s=[2, -1, 3]), A((), s=[1, 1]), A((1,), s=[]), A((0, 3), s=[3, 0]), A((0, 3), s=[-1, 3]),
      A((2, 3), s=[1, 6, 1])])
moves("Reshape:wrong", lambda tf, x, s: tf.reshape(x, s), [A((2, 6), s=[5, 2], fails_=True), A((2, 6), s=[-1, -1], fails_=True), A((2, 6), s=[5, -1], fails_=True), A((2,), s=[-2], fails_=True)], "float32", grad=False)
moves("Squeeze", lambda tf, x, axis: tf.squeeze(x, axis), [A((1, 2, 1), axis=None), A((1, 2, 1), axis=[0]), A((1, 2, 1), axis=-1), A((1, 1), axis=None), A((), axis=None), A((2, 1, 1), axis=[1, -1])])
moves("Squeeze:wrong", lambda tf, x, axis: tf.squeeze(x, axis), [A((1, 2), axis=[1], fails_=True), A((1, 2), axis=[2], fails_=True)], "float32", grad=False)
moves("ExpandDims", lambda tf, x, axis: tf.expand_dims(x, axis), [A((2, 3), axis=a) for a in (0, 1, 2, -1, -3)] + [A((), axis=0), A((0,), axis=-1)])
moves("ExpandDims:wrong", lambda tf, x: tf.expand_dims(x, 3), [A((2,), fails_=True)], "float32", grad=False)
moves("EnsureShape", lambda tf, x: tf.ensure_shape(x, [None, 3]), [A((2, 3)), A((0, 3))])
moves("EnsureShape:wrong", lambda tf, x: tf.ensure_shape(x, [None, 4]), [A((2, 3), fails_=True), A((4,), fails_=True)], "float32", grad=False)
moves("BroadcastTo", lambda tf, x, s: tf.broadcast_to(x, s), [A((3,), s=[2, 3]), A((2, 1), s=[2, 4]), A((), s=[2, 2]), A((1, 3), s=[2, 0, 3]), A((2, 3), s=[2, 3]), A((2, 1, 3), s=[2, 2, 4, 3]), A((0, 1), s=[0, 3])],
      tol=1)
moves("BroadcastTo:wrong", lambda tf, x, s: tf.broadcast_to(x, s), [A((3,), s=[2, 4], fails_=True), A((2, 3), s=[3], fails_=True)], "float32", grad=False)
creates("BroadcastArgs", lambda tf, a, b: (tf.broadcast_dynamic_shape(tf.constant(a, tf.int32), tf.constant(b, tf.int32)),), [A(a=[2, 3], b=[3]), A(a=[], b=[2]), A(a=[4, 1], b=[1, 5]), A(a=[1], b=[0])])
creates("broadcast_static_shape", lambda tf: tf.broadcast_static_shape(tf.TensorShape([2, 1]), tf.TensorShape([3])), [A()], ops="BroadcastArgs")
creates("BroadcastGradientArgs", lambda tf, a, b: tf.raw_ops.BroadcastGradientArgs(s0=tf.constant(a, tf.int32), s1=tf.constant(b, tf.int32)), [A(a=[2, 3], b=[3]), A(a=[2, 1, 3], b=[4, 1]), A(a=[], b=[2]), A(a=[1], b=[1])])
moves("Transpose", lambda tf, x, perm: tf.transpose(x, perm), [A((2, 3), perm=None), A((2, 3, 4), perm=[2, 0, 1]), A((2, 3, 4, 2), perm=[0, 3, 1, 2]), A((), perm=[]), A((5,), perm=[0]), A((0, 3), perm=[1, 0]),
      A((2, 3, 2, 1, 2), perm=[4, 1, 0, 3, 2]), A((17, 9), perm=[1, 0]), A((2, 3, 4), perm=[-1, 0, 1])])
moves("Transpose:wrong", lambda tf, x, perm: tf.transpose(x, perm), [A((2, 3), perm=[0], fails_=True), A((2, 3), perm=[0, 0], fails_=True), A((2, 3), perm=[0, 2], fails_=True)], "float32", grad=False)
moves("ConjugateTranspose", lambda tf, x: tf.transpose(x, [1, 0], conjugate=True), [A((2, 3))], "complex float32")
moves("matrix_transpose", lambda tf, x: (tf.linalg.matrix_transpose(x), tf.linalg.adjoint(x)), [A((2, 3)), A((2, 3, 4))], "float complex", ops="Transpose ConjugateTranspose")
creates("InvertPermutation", lambda tf, p: tf.math.invert_permutation(tf.constant(p, tf.int32)), [A(p=[2, 0, 1]), A(p=[0]), A(p=[])])

# Joining and cutting.
moves("ConcatV2", lambda tf, *xs, axis: tf.concat(list(xs), axis), [A((2, 3), (1, 3), axis=0), A((2, 3), (2, 0), (2, 2), axis=1), A((2, 3), (2, 3), axis=-2), A((2, 3), axis=0), A((2, 1, 2), (2, 3, 2), (2, 1, 2), axis=1),
      A((0,), (0,), axis=0), A((3,), (4,), (5,), (1,), axis=0)])
moves("ConcatV2:wrong", lambda tf, *xs, axis: tf.concat(list(xs), axis), [A((2, 3), (3, 2), axis=0, fails_=True), A((2, 3), (3,), axis=0, fails_=True), A((2,), (2,), axis=1, fails_=True), A((), (), axis=0, fails_=True)],
      "float32", grad=False)
moves("Concat", lambda tf, x, y: tf.raw_ops.Concat(concat_dim=1, values=[x, y]), [A((2, 3), (2, 1))], "float32 int32 string")
creates("ConcatOffset", lambda tf: tf.raw_ops.ConcatOffset(concat_dim=1, shape=[tf.constant([2, 2, 7]), tf.constant([2, 3, 7]), tf.constant([2, 9, 7])]), [A()])
moves("Pack", lambda tf, *xs, axis: tf.stack(list(xs), axis), [A((2, 3), (2, 3), axis=0), A((2, 3), (2, 3), (2, 3), axis=1), A((2,), (2,), axis=-1), A((), (), (), axis=0), A((0, 2), (0, 2), axis=1)])
moves("Pack:wrong", lambda tf, *xs, axis: tf.stack(list(xs), axis), [A((2,), (3,), axis=0, fails_=True), A((2,), (2,), axis=3, fails_=True)], "float32", grad=False)
moves("Unpack", lambda tf, x, axis: tf.unstack(x, axis=axis), [A((2, 3), axis=0), A((2, 3, 2), axis=1), A((3, 2), axis=-1), A((4,), axis=0)])
moves("Split", lambda tf, x, n, axis: tf.split(x, n, axis), [A((4, 2), n=2, axis=0), A((2, 6), n=3, axis=1), A((2, 6), n=6, axis=-1), A((2, 3, 4), n=2, axis=2), A((0, 4), n=2, axis=1)])
moves("Split:wrong", lambda tf, x, n, axis: tf.split(x, n, axis), [A((4, 2), n=3, axis=0, fails_=True), A((4,), n=2, axis=1, fails_=True), A((4,), n=[1, 2], axis=0, fails_=True)], "float32", grad=False)
moves("SplitV", lambda tf, x, n, axis: tf.split(x, n, axis), [A((6, 2), n=[1, 2, 3], axis=0), A((2, 5), n=[2, -1], axis=1), A((4,), n=[0, 4], axis=0), A((2, 3), n=[3], axis=-1)])
moves("Pad", lambda tf, x, p: tf.pad(x, p), [A((2, 3), p=[[1, 2], [0, 1]]), A((3,), p=[[0, 0]]), A((0, 2), p=[[1, 1], [0, 0]]), A((2, 1, 2), p=[[0, 0], [1, 0], [2, 3]]), A((), p=np.zeros((0, 2), np.int32))],
      "number bool")
moves("PadV2", lambda tf, x, p: tf.pad(x, p, constant_values=tf.cast(7, x.dtype)), [A((2, 3), p=[[1, 2], [0, 1]]), A((2,), p=[[0, 3]]), A((2, 1, 2, 2), p=[[0, 0], [1, 0], [2, 3], [1, 1]])], "number")
for mode in ("REFLECT", "SYMMETRIC"):
    moves(f"MirrorPad:{mode.lower()}", lambda tf, x, p, mode=mode: tf.pad(x, p, mode), [A((3, 4), p=[[1, 2], [2, 0]]), A((4,), p=[[3, 2]]), A((2, 2, 3), p=[[0, 1], [1, 1], [2, 2]])], "number bool")
    row(f"MirrorPadGrad:{mode.lower()}", lambda tf, x, mode=mode: tf.raw_ops.MirrorPadGrad(input=x, paddings=[[1, 1], [0, 2]], mode=mode), [A((5, 5))], "number", tol=2, why="order of the sum")
moves("Pad:wrong", lambda tf, x, p: tf.pad(x, p), [A((2, 3), p=[[1, 1]], fails_=True), A((2,), p=[[-1, 0]], fails_=True)], "float32", grad=False)
moves("MirrorPad:wrong", lambda tf, x: tf.pad(x, [[3, 0]], "REFLECT"), [A((3,), fails_=True)], "float32", grad=False)
moves("Tile", lambda tf, x, n: tf.tile(x, n), [A((2, 3), n=[2, 1]), A((2,), n=[3]), A((2, 3), n=[0, 1]), A((), n=np.zeros(0, np.int32)), A((1, 2, 3), n=[2, 2, 2]), A((2, 1, 2, 1, 1), n=[1, 2, 1, 3, 1])])
moves("Tile:wrong", lambda tf, x, n: tf.tile(x, n), [A((2, 3), n=[2], fails_=True), A((2,), n=[-1], fails_=True)], "float32", grad=False)
moves("repeat", lambda tf, x, r, axis: tf.repeat(x, r, axis), [A((2, 3), r=2, axis=0), A((2, 3), r=[1, 0, 2], axis=1), A((4,), r=[2, 1, 0, 3], axis=0), A((2, 2), r=2, axis=None)], "number bool string", ops="Tile GatherV2")
moves("ReverseV2", lambda tf, x, axis: tf.reverse(x, axis), [A((2, 3), axis=[0]), A((2, 3), axis=[-1, 0]), A((2, 3, 2), axis=[1]), A((2, 3), axis=[]), A((0, 2), axis=[0]), A((33,), axis=[0])])
moves("Reverse", lambda tf, x: tf.raw_ops.Reverse(tensor=x, dims=[True, False]), [A((2, 3))], "float32 int32 complex64 bool")
moves("ReverseV2:wrong", lambda tf, x, axis: tf.reverse(x, axis), [A((2, 3), axis=[2], fails_=True), A((2, 3), axis=[0, 0], fails_=True)], "float32", grad=False)
moves("ReverseSequence", lambda tf, x, n, **k: tf.reverse_sequence(x, n, **k), [A((3, 4), const([1, 4, 0], "int32"), seq_axis=1, batch_axis=0), A((4, 2, 3), const([3, 2], "int64"), seq_axis=0, batch_axis=1)])
moves("Roll", lambda tf, x, shift, axis: tf.roll(x, shift, axis), [A((5,), shift=2, axis=0), A((2, 4), shift=[1, -3], axis=[0, 1]), A((2, 3), shift=7, axis=-1), A((2, 3), shift=[1, 1], axis=[1, 1]), A((0, 2), shift=1, axis=1)])
moves("SpaceToDepth", lambda tf, x, b: tf.nn.space_to_depth(x, b), [A((2, 4, 6, 1), b=2), A((1, 3, 3, 2), b=3)], "float32 float64 float16 int32 int64 uint8")
moves("DepthToSpace", lambda tf, x, b: tf.nn.depth_to_space(x, b), [A((2, 2, 3, 4), b=2), A((1, 1, 2, 9), b=3)], "float32 float64 float16 int32 int64 uint8")
moves("SpaceToBatchND", lambda tf, x, b, p: tf.space_to_batch_nd(x, b, p), [A((2, 4, 4, 1), b=[2, 2], p=[[0, 0], [0, 0]]), A((1, 3, 5, 2), b=[2, 3], p=[[1, 0], [0, 1]]), A((2, 4), b=[2], p=[[0, 0]])],
      "float32 float64 int32 complex64 bool")
moves("BatchToSpaceND", lambda tf, x, b, p: tf.batch_to_space(x, b, p), [A((8, 2, 2, 1), b=[2, 2], p=[[0, 0], [0, 0]]), A((6, 2, 2, 2), b=[2, 3], p=[[1, 0], [0, 1]]), A((4, 2), b=[2], p=[[0, 1]])],
      "float32 float64 int32 complex64 bool")
moves("SpaceToBatch", lambda tf, x: tf.raw_ops.SpaceToBatch(input=x, paddings=[[0, 0], [1, 1]], block_size=2), [A((1, 4, 2, 1))], "float32 int32")
moves("BatchToSpace", lambda tf, x: tf.raw_ops.BatchToSpace(input=x, crops=[[0, 0], [1, 1]], block_size=2), [A((4, 2, 2, 1))], "float32 int32")
row("ExtractImagePatches", lambda tf, x, k, s, r, p: tf.image.extract_patches(x, [1, k, k, 1], [1, s, s, 1], [1, r, r, 1], p),
    [A((1, 5, 5, 2), k=3, s=1, r=1, p="VALID"), A((2, 6, 5, 1), k=2, s=2, r=1, p="SAME"), A((1, 7, 7, 1), k=2, s=1, r=2, p="VALID")], "float32 float64 float16 int32 uint8", tol=2, why="order of the sum")
row("ExtractVolumePatches", lambda tf, x, p: tf.raw_ops.ExtractVolumePatches(input=x, ksizes=[1, 2, 2, 2, 1], strides=[1, 1, 2, 1, 1], padding=p), [A((1, 3, 4, 3, 1), p=p) for p in ("VALID", "SAME")],
    "float32 float64 int32", tol=2, why="order of the sum", grad=1)
moves("IdentityN", lambda tf, x, y: tf.raw_ops.IdentityN(input=[x, y]), [A((2, 3), ())])
moves("DeepCopy", lambda tf, x: tf.raw_ops.DeepCopy(x=x), [A((2, 3))], "float32 int32", grad=False)
moves("meshgrid", lambda tf, x, y, **k: tf.meshgrid(x, y, **k), [A((2,), (3,)), A((2,), (3,), indexing="ij"), A((1,), (0,))], "number", ops="Mul Reshape")

# Diagonals.
row("Diag", lambda tf, x: tf.linalg.tensor_diag(x), [A((3,)), A((2, 2)), A((0,))], "number", exact=True)
row("DiagPart", lambda tf, x: tf.linalg.tensor_diag_part(x), [A((3, 3)), A((2, 3, 2, 3))], "number", exact=True)
moves("MatrixDiagV3", lambda tf, x, **k: tf.linalg.diag(x, **k), [A((3,)), A((2, 3)), A((2, 3), k=1), A((2, 3), k=(-1, 0)), A((3, 3), k=(-1, 1), num_rows=3), A((3,), k=-2, num_cols=4), A((2, 2, 2), k=(0, 1), align="LEFT_RIGHT")],
      "number bool")
moves("MatrixDiagV3:pad", lambda tf, x: tf.linalg.diag(x, k=1, padding_value=tf.cast(9, x.dtype)), [A((2,))], "float32 int32")
moves("MatrixDiagPartV3", lambda tf, x, **k: tf.linalg.diag_part(x, **k), [A((3, 3)), A((2, 3, 4)), A((3, 4), k=1), A((3, 4), k=(-1, 1)), A((3, 4), k=(-2, 0), align="LEFT_LEFT"), A((2, 4, 3), k=-1)], "number bool")
moves("MatrixSetDiagV3", lambda tf, x, d, **k: tf.linalg.set_diag(x, d, **k), [A((3, 3), (3,)), A((2, 3, 4), (2, 3)), A((3, 4), (3,), k=1), A((3, 4), (2, 3), k=(0, 1))], "number bool")
moves("MatrixDiag", lambda tf, x: tf.raw_ops.MatrixDiag(diagonal=x), [A((2, 3))], "number bool")
moves("MatrixDiagPart", lambda tf, x: tf.raw_ops.MatrixDiagPart(input=x), [A((2, 3, 4))], "number bool")
moves("MatrixSetDiag", lambda tf, x, d: tf.raw_ops.MatrixSetDiag(input=x, diagonal=d), [A((2, 3, 4), (2, 3))], "number bool")
moves("MatrixDiagV2", lambda tf, x: tf.raw_ops.MatrixDiagV2(diagonal=x, k=[-1, 0], num_rows=3, num_cols=4, padding_value=tf.cast(0, x.dtype)), [A((2, 3))], "float32 int32")
moves("MatrixDiagPartV2", lambda tf, x: tf.raw_ops.MatrixDiagPartV2(input=x, k=[-1, 1], padding_value=tf.cast(0, x.dtype)), [A((3, 4))], "float32 int32")
moves("MatrixSetDiagV2", lambda tf, x, d: tf.raw_ops.MatrixSetDiagV2(input=x, diagonal=d, k=1), [A((3, 4), (3,))], "float32 int32")
moves("MatrixBandPart", lambda tf, x, lower, upper: tf.linalg.band_part(x, lower, upper), [A((3, 4), lower=a, upper=b) for a, b in ((0, 0), (-1, 0), (0, -1), (1, 1))] + [A((2, 4, 3), lower=1, upper=-1), A((0, 3), lower=0, upper=0)],
      "number bool")
row("trace", lambda tf, x: tf.linalg.trace(x), [A((3, 3)), A((2, 3, 4))], "number", ops="MatrixDiagPartV3 Sum", tol=2, why="order of the sum")

# Layout codes.
creates("DataFormatDimMap", lambda tf: tf.raw_ops.DataFormatDimMap(x=[0, 1, 2, 3, -1, -4], src_format="NHWC", dst_format="NCHW"), [A()])
creates("DataFormatVecPermute", lambda tf: (tf.raw_ops.DataFormatVecPermute(x=[1, 5, 6, 3], src_format="NHWC", dst_format="NCHW"), tf.raw_ops.DataFormatVecPermute(x=[[1, 2], [3, 4], [5, 6], [7, 8]], src_format="NCHW", dst_format="NHWC")), [A()])
creates("UnravelIndex", lambda tf: (tf.unravel_index(tf.constant([2, 5, 7]), [3, 3]), tf.unravel_index(tf.constant(4, tf.int64), tf.constant([2, 3], tf.int64))), [A()])
creates("sequence_mask", lambda tf, **k: tf.sequence_mask(**k), [A(lengths=[1, 3, 2], maxlen=5), A(lengths=[1, 3, 2]), A(lengths=[[1, 3], [2, 0]], dtype="float32")], ops="Range ExpandDims Cast Less")
