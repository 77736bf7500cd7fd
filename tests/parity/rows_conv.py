"""Convolutions of one to three dimensions with their gradients, and pooling."""

import numpy as np

from inputs import between, const, index, integers, positive, spread
from rows import A, row

ORDER = "another order of the sum"
CPU_HAS_NHWC = "TensorFlow's CPU kernels know NHWC only: the expected result is the transposed one"


def first(tf, x):
    """Channels to the front: (batch, ..., channels) -> (batch, channels, ...)."""
    n = len(x.shape)
    return tf.transpose(x, [0, n - 1, *range(1, n - 1)])


def last(tf, x):
    n = len(x.shape)
    return tf.transpose(x, [0, *range(2, n), 1])


CONV2D = [
    A((1, 5, 5, 2), (3, 3, 2, 3), strides=1, padding="VALID"), A((2, 5, 6, 2), (3, 3, 2, 3), strides=1, padding="SAME"), A((1, 6, 7, 1), (3, 2, 1, 2), strides=2, padding="SAME"), A((1, 7, 6, 2), (2, 3, 2, 1), strides=[2, 3], padding="VALID"),
    A((1, 3, 3, 4), (1, 1, 4, 3), strides=1, padding="VALID"), A((1, 7, 7, 1), (3, 3, 1, 2), strides=1, padding="VALID", dilations=2), A((1, 8, 7, 2), (3, 3, 2, 2), strides=1, padding="SAME", dilations=[1, 2]),
    A((1, 4, 4, 2), (3, 3, 2, 2), strides=1, padding=[[0, 0], [1, 2], [0, 1], [0, 0]]), A((0, 4, 4, 2), (3, 3, 2, 2), strides=1, padding="SAME"), A((1, 4, 4, 4), (3, 3, 2, 4), strides=1, padding="SAME"),
    A((1, 2, 2, 1), (2, 2, 1, 1), strides=1, padding="VALID"), A((1, 9, 9, 3), (5, 5, 3, 8), strides=2, padding="SAME")]
row("Conv2D", lambda tf, x, w, **k: tf.nn.conv2d(x, w, **k), CONV2D, "float int32", tol=6, why=ORDER, ops="Conv2D Conv2DBackpropInput Conv2DBackpropFilter")
row("Conv2D:large", lambda tf, x, w, **k: tf.nn.conv2d(x, w, **k), [A((2, 9, 9, 17), (3, 3, 17, 19), strides=1, padding="SAME"), A((1, 12, 5, 16), (3, 3, 16, 32), strides=2, padding="VALID")], "float32", grad=1, tol=12, why=ORDER)
row("Conv2D:nchw", lambda tf, x, w, **k: last(tf, tf.nn.conv2d(first(tf, x), w, data_format="NCHW", **k)), CONV2D[:7] + CONV2D[9:10], "single", tol=6, why=CPU_HAS_NHWC, ops="Conv2D",
    oracle=lambda tf, x, w, **k: tf.nn.conv2d(x, w, **k))
row("Conv2D:wrong", lambda tf, x, w, **k: tf.nn.conv2d(x, w, **k), [A((1, 4, 4, 3), (2, 2, 2, 2), strides=1, padding="SAME", fails_=True), A((4, 4, 3), (2, 2, 3, 2), strides=1, padding="NONE", fails_=True), 
      A((4, 4), (2, 2, 3, 2), strides=1, padding="SAME", fails_=True), A((1, 4, 4, 1), (2, 2, 1), strides=1, padding="SAME", fails_=True), A((1, 4, 4, 1), (2, 2, 1, 1), strides=0, padding="SAME", fails_=True)], "float32", grad=False, ops="Conv2D")
row("conv1d", lambda tf, x, w, **k: tf.nn.conv1d(x, w, **k), [A((2, 6, 2), (3, 2, 3), stride=1, padding="SAME"), A((1, 7, 2), (2, 2, 2), stride=2, padding="VALID"), A((1, 8, 1), (3, 1, 2), stride=1, padding="VALID", dilations=2)], "float", tol=6, why=ORDER,
    ops="Conv2D ExpandDims Squeeze")
row("Conv3D", lambda tf, x, w, **k: tf.nn.conv3d(x, w, **k), [A((1, 3, 4, 3, 2), (2, 2, 2, 2, 2), strides=[1, 1, 1, 1, 1], padding="SAME"), A((1, 4, 4, 3, 1), (2, 2, 2, 1, 2), strides=[1, 2, 1, 1, 1], padding="VALID"), A((2, 2, 2, 2, 2), (1, 1, 1, 2, 3), strides=[1, 1, 1, 1, 1], padding="SAME")],
    "float", tol=6, why=ORDER, ops="Conv3D Conv3DBackpropInputV2 Conv3DBackpropFilterV2")
row("Conv3D:ncdhw", lambda tf, x, w, s, padding: last(tf, tf.nn.conv3d(first(tf, x), w, s, padding, data_format="NCDHW")), [A((1, 3, 4, 3, 2), (2, 2, 2, 2, 2), s=[1] * 5, padding="SAME")], "single", tol=6, why=CPU_HAS_NHWC, ops="Conv3D",
    oracle=lambda tf, x, w, s, padding: tf.nn.conv3d(x, w, s, padding))
row("Conv3D:dilated", lambda tf, x, w: tf.nn.conv3d(x, w, [1] * 5, "VALID", dilations=[1, 2, 1, 2, 1]), [A((1, 4, 3, 4, 1), (2, 2, 2, 1, 2))], "single", tol=6, ops="Conv3D",
    why="TensorFlow's CPU kernel has no dilation: the expected result goes through SpaceToBatchND", oracle=lambda tf, x, w: tf.nn.convolution(x, w, padding="VALID", dilations=[2, 1, 2]))
row("window_too_large", lambda tf, x, w: (tf.nn.conv2d(x, w, 1, "VALID"), tf.nn.max_pool2d(x, 3, 1, "VALID"), tf.nn.avg_pool2d(x, 3, 1, "VALID")), [A((1, 2, 2, 1), (3, 3, 1, 1))], "float32", grad=False, ops="Conv2D MaxPool AvgPool")
row("convolution", lambda tf, x, w, **k: tf.nn.convolution(x, w, **k), [A((2, 6, 2), (3, 2, 3), padding="SAME"), A((1, 5, 5, 2), (3, 3, 2, 3), strides=2, padding="VALID"), A((1, 6, 6, 1), (3, 3, 1, 2), padding="SAME", dilations=2), A((1, 3, 3, 3, 1), (2, 2, 2, 1, 1), padding="VALID")],
    "single", tol=6, why=ORDER, ops="Conv2D Conv3D SpaceToBatchND BatchToSpaceND")
row("Conv", lambda tf, x, w: tf.raw_ops.Conv(input=x, filter=w, strides=[1, 2, 1, 1], padding="SAME"), [A((1, 5, 5, 2), (3, 3, 2, 3))], "single", tol=6, why=ORDER, grad=False)
row("Conv:batches", lambda tf, x, w, **k: tf.raw_ops.Conv(input=x, filter=w, **k), [A((2, 3, 5, 4, 2), (3, 3, 2, 3), strides=[1, 1, 2, 1], padding="SAME", batch_dims=2), A((1, 4, 4, 3, 2), (2, 2, 2, 2, 2), strides=[1, 1, 1, 1, 1], padding="VALID"),
    A((1, 5, 5, 2), (2, 2, 2, 3), strides=[1, 1, 1, 1], padding="EXPLICIT", explicit_paddings=[0, 0, 1, 0, 0, 1, 0, 0], dilations=[1, 2, 1, 1])], "single", tol=6, why=ORDER, grad=False)

# Transposed, and the gradients as operators.
row("conv2d_transpose", lambda tf, x, w, **k: tf.nn.conv2d_transpose(x, w, **k), [A((1, 3, 3, 2), (3, 3, 1, 2), output_shape=[1, 6, 6, 1], strides=2, padding="SAME"), A((1, 3, 2, 2), (2, 3, 3, 2), output_shape=[1, 4, 4, 3], strides=1, padding="VALID"),
    A((2, 2, 2, 1), (3, 3, 2, 1), output_shape=[2, 5, 6, 2], strides=[2, 3], padding="VALID")], "float", tol=6, why=ORDER, ops="Conv2DBackpropInput")
row("conv1d_transpose", lambda tf, x, w, **k: tf.nn.conv1d_transpose(x, w, **k), [A((1, 4, 2), (3, 1, 2), output_shape=[1, 8, 1], strides=2, padding="SAME")], "single", tol=6, why=ORDER, ops="Conv2DBackpropInput")
row("conv3d_transpose", lambda tf, x, w, **k: tf.nn.conv3d_transpose(x, w, **k), [A((1, 2, 2, 2, 2), (2, 2, 2, 1, 2), output_shape=[1, 4, 4, 4, 1], strides=2, padding="SAME")], "single", tol=6, why=ORDER, ops="Conv3DBackpropInputV2")
row("conv_transpose", lambda tf, x, w, **k: tf.nn.conv_transpose(x, w, **k), [A((1, 3, 3, 2), (3, 3, 1, 2), output_shape=[1, 6, 6, 1], strides=2, padding="SAME")], "single", tol=6, why=ORDER, ops="Conv2DBackpropInput")
row("Conv2DBackpropInput", lambda tf, w, dy, sizes, s, p: tf.raw_ops.Conv2DBackpropInput(input_sizes=sizes, filter=w, out_backprop=dy, strides=[1, s, s, 1], padding=p), [A((3, 3, 2, 3), (1, 5, 5, 3), sizes=[1, 5, 5, 2], s=1, p="SAME"),
    A((3, 2, 1, 2), (1, 3, 4, 2), sizes=[1, 6, 7, 1], s=2, p="SAME"), A((2, 2, 2, 1), (1, 2, 2, 1), sizes=[1, 5, 4, 2], s=2, p="VALID")], "float", tol=6, why=ORDER)
row("Conv2DBackpropFilter", lambda tf, x, dy, sizes, s, p: tf.raw_ops.Conv2DBackpropFilter(input=x, filter_sizes=sizes, out_backprop=dy, strides=[1, s, s, 1], padding=p), [A((1, 5, 5, 2), (1, 5, 5, 3), sizes=[3, 3, 2, 3], s=1, p="SAME"),
    A((1, 6, 7, 1), (1, 3, 4, 2), sizes=[3, 2, 1, 2], s=2, p="SAME"), A((1, 5, 4, 2), (1, 2, 2, 1), sizes=[2, 2, 2, 1], s=2, p="VALID")], "float", tol=6, why=ORDER)
row("Conv3DBackpropInputV2", lambda tf, w, dy: tf.raw_ops.Conv3DBackpropInputV2(input_sizes=[1, 3, 4, 3, 2], filter=w, out_backprop=dy, strides=[1] * 5, padding="SAME"), [A((2, 2, 2, 2, 2), (1, 3, 4, 3, 2))], "float", tol=6, why=ORDER)
row("Conv3DBackpropFilterV2", lambda tf, x, dy: tf.raw_ops.Conv3DBackpropFilterV2(input=x, filter_sizes=[2, 2, 2, 2, 2], out_backprop=dy, strides=[1] * 5, padding="SAME"), [A((1, 3, 4, 3, 2), (1, 3, 4, 3, 2))], "float", tol=6, why=ORDER)

# Depthwise and separable.
DEPTHWISE = [A((1, 5, 5, 2), (3, 3, 2, 1), strides=[1, 1, 1, 1], padding="SAME"), A((2, 4, 5, 2), (2, 3, 2, 2), strides=[1, 1, 1, 1], padding="VALID"), A((1, 6, 6, 3), (3, 3, 3, 2), strides=[1, 2, 2, 1], padding="SAME"), A((1, 4, 4, 17), (3, 3, 17, 1), strides=[1, 1, 1, 1], padding="SAME")]
row("DepthwiseConv2dNative", lambda tf, x, w, **k: tf.nn.depthwise_conv2d(x, w, **k), DEPTHWISE, "float", tol=6, why=ORDER, ops="DepthwiseConv2dNative DepthwiseConv2dNativeBackpropInput DepthwiseConv2dNativeBackpropFilter")
row("DepthwiseConv2dNative:dilated", lambda tf, x, w: tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME", dilations=[2, 2]), [A((1, 6, 6, 2), (3, 3, 2, 1))], "single", tol=6, why=ORDER, ops="DepthwiseConv2dNative")
row("DepthwiseConv2dNative:nchw", lambda tf, x, w, **k: last(tf, tf.nn.depthwise_conv2d(first(tf, x), w, data_format="NCHW", **k)), [A((1, 5, 5, 2), (3, 3, 2, 1), strides=[1, 1, 1, 1], padding="SAME"), A((2, 4, 5, 2), (2, 3, 2, 2), strides=[1, 1, 1, 1], padding="VALID")], "single", tol=6,
    why=CPU_HAS_NHWC, ops="DepthwiseConv2dNative", oracle=lambda tf, x, w, **k: tf.nn.depthwise_conv2d(x, w, **k))
row("DepthwiseConv2dNativeBackpropInput", lambda tf, w, dy: tf.raw_ops.DepthwiseConv2dNativeBackpropInput(input_sizes=[1, 5, 5, 2], filter=w, out_backprop=dy, strides=[1, 1, 1, 1], padding="SAME"), [A((3, 3, 2, 2), (1, 5, 5, 4))], "float", tol=6, why=ORDER)
row("DepthwiseConv2dNativeBackpropFilter", lambda tf, x, dy: tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(input=x, filter_sizes=[3, 3, 2, 2], out_backprop=dy, strides=[1, 2, 2, 1], padding="SAME"), [A((1, 5, 5, 2), (1, 3, 3, 4))], "float", tol=6, why=ORDER)
row("separable_conv2d", lambda tf, x, d, p: tf.nn.separable_conv2d(x, d, p, [1, 1, 1, 1], "SAME"), [A((1, 5, 5, 2), (3, 3, 2, 2), (1, 1, 4, 3))], "single", tol=6, why=ORDER, ops="DepthwiseConv2dNative Conv2D")
row("Dilation2D", lambda tf, x, w: tf.raw_ops.Dilation2D(input=x, filter=w, strides=[1, 1, 1, 1], rates=[1, 2, 1, 1], padding="SAME"), [A((1, 5, 5, 2), (2, 2, 2))], "real", grad=1, ops="Dilation2D Dilation2DBackpropInput Dilation2DBackpropFilter", later=True)

# Pooling.
POOL = [A((1, 4, 4, 2), k=2, s=2, p="VALID"), A((2, 5, 6, 1), k=[2, 3], s=[1, 2], p="SAME"), A((1, 5, 5, 3), k=3, s=1, p="SAME"), A((1, 5, 4, 2), k=3, s=2, p="VALID"), A((0, 4, 4, 2), k=2, s=2, p="VALID"), A((1, 7, 5, 17), k=2, s=1, p="SAME")]
row("MaxPool", lambda tf, x, k, s, p: tf.nn.max_pool2d(x, k, s, p), POOL, "real", exact=True, ops="MaxPool MaxPoolGrad MaxPoolGradGrad", tol=1)
row("AvgPool", lambda tf, x, k, s, p: tf.nn.avg_pool2d(x, k, s, p), POOL, "float", ops="AvgPool AvgPoolGrad", tol=3, why=ORDER)
for op, name in (("MaxPool", "max_pool2d"), ("AvgPool", "avg_pool2d")):
    row(f"{op}:nchw", lambda tf, x, k, s, p, f=name: last(tf, getattr(tf.nn, f)(first(tf, x), k, s, p, data_format="NCHW")), POOL[:4], "single", ops=op, why=CPU_HAS_NHWC, tol=3, oracle=lambda tf, x, k, s, p, f=name: getattr(tf.nn, f)(x, k, s, p))
    row(f"{op}:wrong", lambda tf, x, k, f=name: getattr(tf.nn, f)(x, k, 1, "VALID"), [A((2, 2), k=1, fails_=True), A((1, 2, 2, 1), k=0, fails_=True)], "float32", grad=False, ops=op)
    short = "max_pool" if op == "MaxPool" else "avg_pool"
    row(f"{short}1d", lambda tf, x, k, s, p, f=f"{short}1d": getattr(tf.nn, f)(x, k, s, p), [A((2, 6, 2), k=2, s=2, p="VALID"), A((1, 5, 1), k=3, s=2, p="SAME")], "single", ops=op, tol=3, why=ORDER)
    row(f"{op}3D", lambda tf, x, k, s, p, f=f"{short}3d": getattr(tf.nn, f)(x, k, s, p), [A((1, 4, 4, 2, 2), k=2, s=2, p="VALID"), A((1, 3, 4, 3, 1), k=[2, 2, 3], s=[1, 2, 1], p="SAME")], "float", ops=f"{op}3D {op}3DGrad", tol=3, why=ORDER)
    row(f"{short}", lambda tf, x, k, s, p, f=short: getattr(tf.nn, f)(x, k, s, p), [A((2, 6, 2), k=2, s=2, p="VALID"), A((1, 4, 4, 2), k=2, s=2, p="SAME"), A((1, 4, 4, 2, 2), k=2, s=2, p="VALID")], "single", ops=op, tol=3, why=ORDER)
    row(f"{short}3d:ncdhw", lambda tf, x, f=f"{short}3d": last(tf, getattr(tf.nn, f)(first(tf, x), 2, 2, "VALID", data_format="NCDHW")), [A((1, 4, 4, 2, 2))], "single", ops=f"{op}3D", tol=3, why=CPU_HAS_NHWC, oracle=lambda tf, x, f=f"{short}3d": getattr(tf.nn, f)(x, 2, 2, "VALID"))
row("MaxPool:channels", lambda tf, x, k: tf.nn.max_pool(x, (1, 1, 1, k), (1, 1, 1, k), "VALID"), [A((2, 3, 2, 6), k=3), A((1, 2, 2, 4), k=4), A((0, 2, 2, 4), k=2)], "float32 float64", grad=1, ops="MaxPool", exact=True)
row("MaxPool:explicit", lambda tf, x: tf.nn.max_pool2d(x, 2, 2, [[0, 0], [1, 0], [0, 1], [0, 0]]), [A((1, 5, 5, 2))], "single", ops="MaxPool", exact=True)
row("MaxPoolV2", lambda tf, x: tf.raw_ops.MaxPoolV2(input=x, ksize=[1, 2, 2, 1], strides=[1, 2, 1, 1], padding="SAME"), [A((1, 4, 4, 2))], "float32 float64", exact=True)
row("MaxPoolWithArgmax", lambda tf, x, **k: tf.nn.max_pool_with_argmax(x, 2, 2, "SAME", **k), [A((2, 5, 4, 2)), A((2, 5, 4, 2), include_batch_in_index=True), A((1, 4, 4, 1), output_dtype="int32")], "float32 float64", grad=1, exact=True)
row("pool", lambda tf, x, **k: tf.nn.pool(x, **k), [A((1, 5, 5, 2), window_shape=[2, 2], pooling_type="MAX"), A((1, 5, 5, 2), window_shape=[2, 2], pooling_type="AVG", padding="SAME", strides=[2, 2]), A((1, 7, 2), window_shape=[2], pooling_type="MAX", dilations=[2]),
    A((1, 7, 6, 2), window_shape=[3, 2], pooling_type="AVG", dilations=[2, 1]), A((2, 6, 5, 1), window_shape=[2, 3], pooling_type="MAX", dilations=[2, 3], padding="SAME", fails_=True)], "single",
    ops="MaxPool AvgPool", tol=3, why=ORDER)
