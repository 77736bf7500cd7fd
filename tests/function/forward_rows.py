"""Functions for ForwardAccumulator; `tf` is set by whoever runs them."""

tf = None
X = [[0.5, -1.2, 2.0], [1.5, 0.3, -0.7]]
V = [[1.0, 0.0, -2.0], [0.5, 1.0, 3.0]]
FUNCTIONS = {
    "power": lambda x: x ** 3.0,
    "exp": lambda x: tf.exp(x) * tf.sin(x),
    "matmul": lambda x: tf.matmul(x, x, transpose_b=True),
    "softmax": lambda x: tf.nn.softmax(x),
    "norm": lambda x: tf.norm(x, axis=1),
    "reduce": lambda x: tf.reduce_max(x, axis=0) + tf.reduce_logsumexp(x),
    "gather": lambda x: tf.gather(x, [2, 0, 0], axis=1) * 2.0,
    "shapes": lambda x: tf.concat([tf.transpose(x), tf.reshape(x, [3, 2])], 0)[1:],
    "where": lambda x: tf.where(x > 0.0, x * x, tf.abs(x)),
    "layers": lambda x: tf.nn.relu(tf.matmul(x, tf.ones([3, 4])) + [0.0, 1.0, -1.0, 0.5]),
    "division": lambda x: x / (1.0 + x * x),
    "tuple": lambda x: (tf.tanh(x), tf.reduce_sum(x)),
}


def jvp(name):
    x = tf.constant(X)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(V)) as acc:
        y = FUNCTIONS[name](x)
    return acc.jvp(y)


def hessian_vector(name):
    """Forward over backward."""
    x = tf.constant(X)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(V)) as acc:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = FUNCTIONS[name](x)
        gradient = tape.gradient(y, x)
    return acc.jvp(gradient, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def second_order(name):
    """Forward over forward."""
    x = tf.constant(X)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(V)) as outer:
        with tf.autodiff.ForwardAccumulator(x, tf.constant(V)) as inner:
            y = FUNCTIONS[name](x)
        product = inner.jvp(y)
    return outer.jvp(product, unconnected_gradients=tf.UnconnectedGradients.ZERO)


KINDS = {"jvp": jvp, "hessian_vector": hessian_vector, "second_order": second_order}


def outcomes():
    return {kind: {name: plain(run(name)) for name in FUNCTIONS} for kind, run in KINDS.items()}


def plain(value):
    return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value.numpy().tolist()
