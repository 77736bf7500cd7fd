"""Activations, softmax and cross entropy, normalisation, dropout, bias."""

import numpy as np

from inputs import SPECIAL, between, const, index, integers, mask, matrix, positive, probability, spread, unit
from rows import A, row

ORDER = "another order of the sum"
SHAPES = [(2, 3), (), (0, 3), (37,), (2, 1, 5)]


def activation(op, fn, dtypes="float", make=spread, special=True, **options):
    row(op, fn, [A(make(s)) for s in SHAPES] + ([A(SPECIAL, grad_=False)] if special else []), dtypes, **options)


activation("Relu", lambda tf, x: tf.nn.relu(x), "real", exact=True)
activation("Relu6", lambda tf, x: tf.nn.relu6(x * 3), "real", exact=True)
activation("LeakyRelu", lambda tf, x: tf.nn.leaky_relu(x), "float")
activation("LeakyRelu:alpha", lambda tf, x: tf.nn.leaky_relu(x, alpha=0.37), "float")
activation("Elu", lambda tf, x: tf.nn.elu(x), "float")
activation("Selu", lambda tf, x: tf.nn.selu(x), "float")
activation("Softplus", lambda tf, x: tf.math.softplus(x), "float")
activation("Softsign", lambda tf, x: tf.nn.softsign(x), "float")
activation("gelu", lambda tf, x: tf.nn.gelu(x), "float", ops="Erf Mul AddV2", special=False, tol=4, why="a sum that cancels")
activation("gelu:approximate", lambda tf, x: tf.nn.gelu(x, approximate=True), "float", ops="Tanh Pow Mul AddV2", special=False, tol=6, why="a sum that cancels")
activation("silu", lambda tf, x: (tf.nn.silu(x), tf.nn.swish(x)), "float", ops="Sigmoid Mul", special=False, tol=2, why="a product")
activation("silu:beta", lambda tf, x: tf.nn.silu(x, beta=1.5), "single", ops="Sigmoid Mul", special=False, tol=2, why="a product")
activation("crelu", lambda tf, x: tf.nn.crelu(tf.reshape(x, [-1])), "single", ops="Relu ConcatV2 Neg", special=False)
activation("nn_tanh", lambda tf, x: (tf.nn.tanh(x), tf.nn.sigmoid(x)), "single", ops="Tanh Sigmoid", special=False)

# Softmax and cross entropy.
ROWS = [A((2, 3)), A((5,)), A((2, 3, 4)), A((0, 3)), A((3, 37)), A((2, 1)), A(between(-40, 40)((3, 5)))]
row("Softmax", lambda tf, x: tf.nn.softmax(x), ROWS, "float", tol=2, why=ORDER)
row("Softmax:axis", lambda tf, x, axis: tf.nn.softmax(x, axis=axis), [A((2, 3, 4), axis=a) for a in (0, 1, -2)], "float", tol=2, why=ORDER, ops="Softmax")
row("LogSoftmax", lambda tf, x: tf.nn.log_softmax(x), ROWS, "float", tol=2, why=ORDER)
row("LogSoftmax:axis", lambda tf, x, axis: tf.nn.log_softmax(x, axis=axis), [A((2, 3, 4), axis=a) for a in (0, 1)], "float", tol=2, why=ORDER, ops="LogSoftmax")
row("Softmax:special", lambda tf, x: (tf.nn.softmax(x), tf.nn.log_softmax(x)), [A(const([[np.inf, 0.0, 1.0], [np.nan, 0.0, 1.0], [-np.inf, 0.0, 1.0], [1e4, 0.0, -1e4]]))], "single", grad=False, ops="Softmax LogSoftmax")


def shares(shape):
    """Labels that sum to one: the derivative by the logits takes that for granted, so the labels stand still in one row."""
    def make(source, dtype):
        values = 0.1 + source.uniform(int(np.prod(shape))).reshape(shape)
        return values / values.sum(-1, keepdims=True)
    return matrix(make)


CROSS = [A(shares(s), s) for s in ((2, 3), (4, 7), (2, 2, 3), (5,))]
row("SoftmaxCrossEntropyWithLogits", lambda tf, y, x: tf.nn.softmax_cross_entropy_with_logits(y, x), CROSS, "float", tol=4, why=ORDER, fd=False, grad=1)  # TensorFlow's second gradient leaves the labels out; see the rows below
row("SoftmaxCrossEntropyWithLogits:logits", lambda tf, y, x: tf.nn.softmax_cross_entropy_with_logits(y, x), CROSS, "single", tol=4, why=ORDER, wrt=[1])
row("SoftmaxCrossEntropyWithLogits:labels", lambda tf, y, x: tf.nn.softmax_cross_entropy_with_logits(y, x), CROSS, "single", tol=4, why=ORDER, wrt=[0])
row("softmax_cross_entropy:axis", lambda tf, y, x: tf.nn.softmax_cross_entropy_with_logits(y, x, axis=1), [A(probability((2, 3, 4)), (2, 3, 4))], "single", fd=False, grad=1, tol=4, why=ORDER, ops="SoftmaxCrossEntropyWithLogits Transpose")
row("SoftmaxCrossEntropyWithLogits:raw", lambda tf, x, y: tf.raw_ops.SoftmaxCrossEntropyWithLogits(features=x, labels=y), [A((3, 4), probability((3, 4))), A((3, 4), probability((1, 4))), A((0, 4), probability((0, 4)))], "float",
    tol=4, why=ORDER, grad=False)
row("SparseSoftmaxCrossEntropyWithLogits", lambda tf, x, y: tf.nn.sparse_softmax_cross_entropy_with_logits(y, x), [A((2, 3), index((2,), 3)), A((5, 7), index((5,), 7, "int64")), A((2, 2, 3), index((2, 2), 3)), A((4,), index((), 4)), A((0, 3), index((0,), 3))],
    "float", tol=4, why=ORDER)
row("SparseSoftmaxCrossEntropyWithLogits:raw", lambda tf, x, y: tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(features=x, labels=y), [A((3, 4), index((3,), 4))], "float", tol=4, why=ORDER, grad=False)
row("sparse_softmax:wrong", lambda tf, x, y: tf.nn.sparse_softmax_cross_entropy_with_logits(y, x), [A((2, 3), const([0, 3], "int32"), fails_=True), A((2, 3), const([-1, 0], "int32"), fails_=True), A((2, 3), const([0], "int32"), fails_=True)], "float32", grad=False,
    ops="SparseSoftmaxCrossEntropyWithLogits")
row("sigmoid_cross_entropy_with_logits", lambda tf, y, x: tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x), [A(probability(s), s) for s in SHAPES], "float", ops="SelectV2 Log1p Exp Mul", tol=2, why="a sum that cancels")
row("weighted_cross_entropy_with_logits", lambda tf, y, x: tf.nn.weighted_cross_entropy_with_logits(labels=y, logits=x, pos_weight=1.7), [A(probability((2, 3)), (2, 3))], "single", ops="Log1p Exp Relu", tol=2, why="a sum that cancels")
row("log_poisson_loss", lambda tf, y, x: (tf.nn.log_poisson_loss(y, x), tf.nn.log_poisson_loss(y, x, compute_full_loss=True)), [A(positive((2, 3)), (2, 3))], "single", ops="Exp Mul Log", tol=4, why="a sum that cancels")
row("L2Loss", lambda tf, x: tf.nn.l2_loss(x), [A(s) for s in SHAPES], "float", tol=2, why=ORDER)
row("l2_normalize", lambda tf, x, axis: tf.math.l2_normalize(x, axis), [A((3, 4), axis=1), A((3, 4), axis=[0, 1]), A((5,), axis=0)], "single", ops="Sum Square Maximum Rsqrt Mul", tol=2, why=ORDER)

# Bias and normalisation.
row("BiasAdd", lambda tf, x, b: tf.nn.bias_add(x, b), [A((2, 3), (3,)), A((2, 4, 5, 3), (3,)), A((0, 3), (3,)), A((2, 2, 2), (2,)), A((5, 41), (41,))], "number", exact=True, tol=4, why=ORDER)
row("BiasAdd:nchw", lambda tf, x, b: tf.nn.bias_add(x, b, data_format="NCHW"), [A((2, 3, 4, 5), (3,)), A((2, 3), (3,)), A((2, 3, 4), (3,)), A((1, 2, 2, 2, 2), (2,))], "float", exact=True, tol=4, why=ORDER, ops="BiasAdd")
row("BiasAdd:wrong", lambda tf, x, b: tf.nn.bias_add(x, b), [A((2, 3), (4,), fails_=True), A((3,), (3,), fails_=True), A((2, 3), (1, 3), fails_=True)], "float32", grad=False)
row("BiasAddV1", lambda tf, x, b: tf.raw_ops.BiasAddV1(value=x, bias=b), [A((2, 3), (3,))], "float32 float64", exact=True)
row("BiasAddGrad", lambda tf, x: tf.raw_ops.BiasAddGrad(out_backprop=x), [A((2, 3)), A((2, 4, 5, 3)), A((0, 3))], "number", tol=2, why=ORDER)
row("BiasAddGrad:nchw", lambda tf, x: tf.raw_ops.BiasAddGrad(out_backprop=x, data_format="NCHW"), [A((2, 3, 4, 5))], "float", tol=2, why=ORDER, ops="BiasAddGrad")
row("batch_normalization", lambda tf, x, m, v, b, g: tf.nn.batch_normalization(x, m, v, b, g, 1e-3), [A((4, 3), (3,), positive((3,)), (3,), (3,))], "single", ops="Rsqrt Mul Sub AddV2", tol=4, why="a sum that cancels")
row("batch_normalization:plain", lambda tf, x, m, v: tf.nn.batch_normalization(x, m, v, None, None, 1e-3), [A((4, 3), (3,), positive((3,)))], "single", ops="Rsqrt Mul Sub", tol=4, why="a sum that cancels")


def nchw(tf, x):
    return tf.transpose(x, [0, 3, 1, 2])


def nhwc(tf, x):
    return tf.transpose(x, [0, 2, 3, 1])


def fused(tf, x, g, b, m, v, train, fmt="NHWC", factor=1.0):
    empty = tf.zeros([0], g.dtype)
    return tf.raw_ops.FusedBatchNormV3(x=x, scale=g, offset=b, mean=empty if train else m, variance=empty if train else v, epsilon=1e-3, is_training=train, data_format=fmt, exponential_avg_factor=factor)[:5]


NORM = [A((2, 3, 2, 3), positive((3,)), (3,), (3,), positive((3,)), train=True), A((2, 3, 2, 3), positive((3,)), (3,), (3,), positive((3,)), train=False), A((5, 1, 1, 17), positive((17,)), (17,), (17,), positive((17,)), train=True)]
# Checked through y only: the tape of TensorFlow knows no gradient through the batch's statistics.
row("FusedBatchNormV3", lambda tf, *a, **k: fused(tf, *a, **k)[:3], NORM, "float32", grad=False, tol=8, why=ORDER)
row("FusedBatchNormV3:grad", lambda tf, *a, **k: fused(tf, *a, **k)[0], NORM, "float32", wrt=[0, 1, 2], tol=20, why=ORDER, ops="FusedBatchNormV3 FusedBatchNormGradV3")
row("FusedBatchNormV3:nchw", lambda tf, x, *a, **k: fused(tf, nchw(tf, x), *a, fmt="NCHW", **k)[:3], NORM[:2], "float32", grad=False, tol=8, why=ORDER, ops="FusedBatchNormV3",
    oracle=lambda tf, x, *a, **k: (nchw(tf, fused(tf, x, *a, **k)[0]), *fused(tf, x, *a, **k)[1:3]))
row("FusedBatchNormV3:average", lambda tf, x, g, b, m, v: tf.raw_ops.FusedBatchNormV3(x=x, scale=g, offset=b, mean=m, variance=v, epsilon=1e-3, is_training=True, exponential_avg_factor=0.3)[:3],
    [A((2, 3, 2, 3), positive((3,)), (3,), (3,), positive((3,)))], "float32", grad=False, tol=8, why=ORDER, ops="FusedBatchNormV3")
for version in ("", "V2"):
    row(f"FusedBatchNorm{version}", lambda tf, x, g, b, o=f"FusedBatchNorm{version}": getattr(tf.raw_ops, o)(x=x, scale=g, offset=b, mean=tf.zeros([0]), variance=tf.zeros([0]), epsilon=1e-3, is_training=True)[:3],
        [A((2, 3, 2, 3), positive((3,)), (3,))], "float32", grad=False, tol=8, why=ORDER)
row("LRN", lambda tf, x, **k: tf.nn.local_response_normalization(x, **k), [A((1, 2, 2, 5)), A((1, 2, 2, 7), depth_radius=2, bias=1.5, alpha=0.7, beta=0.6)], "float32 float16 bfloat16", tol=6, why="a power", grad=1)

# Dropout draws from the generator: the numbers are TensorFlow's.
def seeded(call):
    def run(tf, x, **k):
        tf.random.set_seed(42)
        return call(tf, x, **k)
    return run


row("dropout", seeded(lambda tf, x, rate, **k: tf.nn.dropout(x, rate, seed=7, **k)), [A((3, 8), rate=0.5), A((3, 8), rate=0.2), A((3, 8), rate=0), A((3, 8), rate=0.4, noise_shape=[3, 1]), A((0, 2), rate=0.3)], "float",
    ops="RandomUniform GreaterEqual Mul SelectV2", tol=1)
row("stateless_dropout", lambda tf, x: tf.nn.experimental.stateless_dropout(x, rate=0.4, seed=[1, 2]), [A((3, 8)), A((5,))], "single", ops="StatelessRandomUniformV2 Mul")
row("dropout:wrong", lambda tf, x, rate: tf.nn.dropout(x, rate), [A((3,), rate=1.5, fails_=True), A((3,), rate=-0.1, fails_=True)], "float32", grad=False, ops="RandomUniform")
row("moments:layer_norm", lambda tf, x: tf.nn.moments(x, [-1], keepdims=True), [A((2, 3, 4))], "single", ops="Mean SquaredDifference", grad=1, tol=4, why=ORDER)
