"""The operators that gradients are made of, called by themselves through raw_ops."""

from inputs import between, const, integers, positive, probability, spread, unit
from rows import A, row

SHAPES = [(2, 3), (), (0, 3), (37,)]


def grad_op(op, first, second, dtypes="float", make=spread, **options):
    """A row of an elementwise op of two equally shaped arguments, named as the raw op names them."""
    row(op, lambda tf, a, b, **attrs: getattr(tf.raw_ops, op)(**{first: a, second: b}, **attrs), [A(make(s), spread(s)) for s in SHAPES], dtypes, **options)


grad_op("ReciprocalGrad", "y", "dy", "float complex", tf_wrong="complex")
grad_op("InvGrad", "y", "dy", "float complex", tf_wrong="complex")
grad_op("SqrtGrad", "y", "dy", "float complex", positive, tf_wrong="complex")
grad_op("RsqrtGrad", "y", "dy", "float complex", positive, tf_wrong="complex")
grad_op("SigmoidGrad", "y", "dy", "float complex", probability, tf_wrong="complex")
grad_op("TanhGrad", "y", "dy", "float complex", unit, tf_wrong="complex")
grad_op("SoftplusGrad", "features", "gradients", "float")
grad_op("SoftsignGrad", "features", "gradients", "float", grad=False)
grad_op("ReluGrad", "features", "gradients", "float")
grad_op("Relu6Grad", "features", "gradients", "float", between(-2, 8))
grad_op("LeakyReluGrad", "features", "gradients", "float")
grad_op("EluGrad", "outputs", "gradients", "float", between(-0.9, 2))
grad_op("SeluGrad", "outputs", "gradients", "float", between(-1.5, 2))
row("LeakyReluGrad:alpha", lambda tf, x, dy: tf.raw_ops.LeakyReluGrad(features=x, gradients=dy, alpha=0.45), [A((2, 3), (2, 3))], "float")

ORDER = "another order of the sum"
POOL = dict(ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
ODD = dict(ksize=[1, 3, 2, 1], strides=[1, 2, 1, 1], padding="SAME")


def pooled(tf, x, **k):
    return tf.raw_ops.MaxPool(input=x, **k)


def shape_of_pool(k):
    return (1, 2, 2, 2) if k is POOL else (1, 2, 4, 2)


CASES = [A((1, 4, 4, 2), spread(shape_of_pool(k)), k=k) for k in (POOL, ODD)]
row("MaxPoolGrad", lambda tf, x, dy, k: tf.raw_ops.MaxPoolGrad(orig_input=x, orig_output=pooled(tf, x, **k), grad=dy, **k), CASES, "real", wrt=[1], tol=2, why=ORDER)
row("MaxPoolGradV2", lambda tf, x, dy, k: tf.raw_ops.MaxPoolGradV2(orig_input=x, orig_output=pooled(tf, x, **k), grad=dy, **k), CASES, "single", wrt=[1], tol=2, why=ORDER, grad=1)
GRADGRAD = [A((1, 4, 4, 2), (1, 4, 4, 2), k=k) for k in (POOL, ODD)]
row("MaxPoolGradGrad", lambda tf, x, g, k: tf.raw_ops.MaxPoolGradGrad(orig_input=x, orig_output=pooled(tf, x, **k), grad=g, **k), GRADGRAD, "real", wrt=[1], tol=2, why=ORDER)
row("MaxPoolGradGradV2", lambda tf, x, g, k: tf.raw_ops.MaxPoolGradGradV2(orig_input=x, orig_output=pooled(tf, x, **k), grad=g, **k), GRADGRAD, "single", wrt=[1], grad=1)
row("MaxPoolGradWithArgmax", lambda tf, x, dy: tf.raw_ops.MaxPoolGradWithArgmax(input=x, grad=dy, argmax=tf.nn.max_pool_with_argmax(x, 2, 2, "SAME")[1], ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME"),
    [A((2, 3, 4, 2), (2, 2, 2, 2))], "single", wrt=[1], grad=False)
row("AvgPoolGrad", lambda tf, dy, k: tf.raw_ops.AvgPoolGrad(orig_input_shape=[1, 4, 4, 2], grad=dy, **k), [A(spread(shape_of_pool(k)), k=k) for k in (POOL, ODD)], "float", tol=2, why=ORDER)
POOL3 = dict(ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding="SAME")
row("MaxPool3DGrad", lambda tf, x, dy: tf.raw_ops.MaxPool3DGrad(orig_input=x, orig_output=tf.raw_ops.MaxPool3D(input=x, **POOL3), grad=dy, **POOL3), [A((1, 3, 4, 2, 2), (1, 2, 2, 1, 2))], "float32 bfloat16", wrt=[1])
row("MaxPool3DGradGrad", lambda tf, x, g: tf.raw_ops.MaxPool3DGradGrad(orig_input=x, orig_output=tf.raw_ops.MaxPool3D(input=x, **POOL3), grad=g, **POOL3), [A((1, 4, 4, 2, 2), (1, 4, 4, 2, 2))], "float32", wrt=[1])
row("AvgPool3DGrad", lambda tf, dy: tf.raw_ops.AvgPool3DGrad(orig_input_shape=[1, 3, 4, 2, 2], grad=dy, **POOL3), [A((1, 2, 2, 1, 2))], "float32 float64", tol=2, why=ORDER)
row("LRNGrad", lambda tf, x, dy: tf.raw_ops.LRNGrad(input_grads=dy, input_image=x, output_image=tf.raw_ops.LRN(input=x)), [A((1, 2, 2, 5), (1, 2, 2, 5))], "float32", tol=8, why="a power", grad=False)

NORM = [A((2, 3, 2, 3), (2, 3, 2, 3), positive((3,)), (3,), positive((3,)), train=t) for t in (True, False)]


def norm_grad(tf, op, dy, x, g, m, v, train):
    """The gradient takes the saved statistics; in training they are recomputed here, so that both sides agree on them."""
    raw = tf.raw_ops
    if train:
        y = raw.FusedBatchNormV3(x=x, scale=g, offset=tf.zeros_like(g), mean=tf.zeros([0]), variance=tf.zeros([0]), epsilon=1e-3, is_training=True)
        m, v, extra = y[3], y[4], y[5]
    else:
        extra = tf.zeros([0])
    more = {"reserve_space_3": extra} if op.endswith("V3") else {}
    return getattr(raw, op)(y_backprop=dy, x=x, scale=g, reserve_space_1=m, reserve_space_2=v, epsilon=1e-3, is_training=train, **more)[:3]


for version in ("", "V2", "V3"):
    row(f"FusedBatchNormGrad{version}", lambda tf, *a, train, op=f"FusedBatchNormGrad{version}": norm_grad(tf, op, *a, train=train), NORM if version else NORM[:1], "float32",
        wrt=[0, 1, 2] if version == "V3" else None, grad=1 if version == "V3" else False, fd=False, tol=30, why=ORDER)

# Gradients that TensorFlow has under another operator only, or inside a call.
row("SoftsignGrad:gradient", lambda tf, x, dy: tf.raw_ops.SoftsignGrad(features=x, gradients=dy), [A((2, 3), (2, 3))], "single", ops="SoftsignGrad",
    oracle=lambda tf, x, dy: dy / tf.square(1 + tf.abs(x)))
WITH_ARGMAX = dict(ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
row("MaxPoolGradWithArgmax:gradient", lambda tf, x, dy: tf.raw_ops.MaxPoolGradWithArgmax(input=x, grad=dy, argmax=tf.nn.max_pool_with_argmax(x, 2, 2, "SAME")[1], **WITH_ARGMAX),
    [A((2, 3, 4, 2), (2, 2, 2, 2))], "single", wrt=[1], ops="MaxPoolGradWithArgmax",
    oracle=lambda tf, x, dy: tf.raw_ops.MaxPoolGrad(orig_input=x, orig_output=tf.nn.max_pool2d(x, 2, 2, "SAME"), grad=dy, **WITH_ARGMAX))
for version in ("", "V2"):
    row(f"FusedBatchNorm{version}:gradient", lambda tf, x, g, b, op=f"FusedBatchNorm{version}": getattr(tf.raw_ops, op)(x=x, scale=g, offset=b, mean=tf.zeros([0]), variance=tf.zeros([0]), epsilon=1e-3, is_training=True)[0],
        [A((2, 3, 2, 3), positive((3,)), (3,))], "float32", fd=False, tol=30, why=ORDER, ops=f"FusedBatchNorm{version} FusedBatchNormGrad{version}")


def slope(tf, x, call):
    """The gradient of a call on a Variable, computed inside the row."""
    v = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = call(tf, v)
    return tf.convert_to_tensor(tape.gradient(y, v))


for op, call in [("ReadVariableOp", lambda tf, v: v.read_value() ** 2), ("ResourceGather", lambda tf, v: tf.gather(v, [1, 1, 3]) ** 2), ("ResourceGatherNd", lambda tf, v: tf.gather_nd(v, [[1, 1], [3, 0], [1, 1]]) ** 2)]:
    row(f"{op}:gradient", slope, [A((4, 3), call=call)], "single", grad=False)


def forbidden(tf, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.raw_ops.PreventGradient(input=x, message="no")
    try:
        return tape.gradient(y, x)
    except Exception as error:  # noqa: BLE001 - TensorFlow raises LookupError
        return "Gradient explicitly disabled. Reason:" in str(error)


row("PreventGradient:gradient", forbidden, [A((2, 3))], "single", grad=False)
row("BatchMatMulV3:gradient", lambda tf, a, b: tf.raw_ops.BatchMatMulV3(x=a, y=b, Tout=a.dtype), [A((2, 3, 4), (2, 4, 5)), A((2, 3, 4), (4, 5))], "single", ops="BatchMatMulV3", tol=4, why=ORDER,
    oracle=lambda tf, a, b: tf.matmul(a, b))
