"""keras.ops: NumPy's and Keras's names for tf's functions."""

import runnel as tf
from runnel import _runnel
from runnel.keras import activations

# Names that are another function of tf with the same arguments in the same order.
_SAME = {
    "abs": "abs", "absolute": "abs", "add": "add", "subtract": "subtract", "multiply": "multiply", "divide": "divide", "true_divide": "divide",
    "power": "pow", "mod": "math.floormod", "negative": "negative", "sign": "sign", "square": "square", "sqrt": "sqrt", "rsqrt": "math.rsqrt",
    "exp": "exp", "expm1": "math.expm1", "log": "math.log", "log1p": "math.log1p", "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin",
    "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "erf": "math.erf", "maximum": "maximum",
    "minimum": "minimum", "equal": "equal", "not_equal": "not_equal", "greater": "greater", "greater_equal": "greater_equal", "less": "less",
    "less_equal": "less_equal", "logical_and": "logical_and", "logical_or": "logical_or", "logical_not": "logical_not", "isnan": "math.is_nan",
    "isinf": "math.is_inf", "isfinite": "math.is_finite", "matmul": "matmul", "einsum": "einsum", "tensordot": "tensordot", "transpose": "transpose",
    "reshape": "reshape", "expand_dims": "expand_dims", "squeeze": "squeeze", "stack": "stack", "tile": "tile", "roll": "roll", "where": "where",
    "cast": "cast", "zeros_like": "zeros_like", "ones_like": "ones_like", "linspace": "linspace", "floor": "floor", "ceil": "math.ceil",
    "stop_gradient": "stop_gradient", "cond": "cond", "while_loop": "while_loop", "unstack": "unstack", "meshgrid": "meshgrid", "sort": "sort",
    "argsort": "argsort", "reciprocal": "math.reciprocal", "broadcast_to": "broadcast_to", "floor_divide": "math.floordiv", "norm": "norm",
    "cumsum": "cumsum", "size": "size", "top_k": "math.top_k", "custom_gradient": "custom_gradient", "vectorized_map": "vectorized_map",
}
_REDUCTIONS = {"mean": "mean", "sum": "sum", "prod": "prod", "max": "max", "amax": "max", "min": "min", "amin": "min", "any": "any", "all": "all",
               "var": "variance", "std": "std", "logsumexp": "logsumexp"}
_ACTIVATIONS = ("relu", "relu6", "sigmoid", "softmax", "log_softmax", "softplus", "softsign", "elu", "selu", "gelu", "silu", "swish", "leaky_relu",
                "hard_sigmoid", "hard_silu", "log_sigmoid")


def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    return tf.cast(x, dtype) if dtype is not None and hasattr(x, "dtype") else tf.convert_to_tensor(x, dtype)


def convert_to_numpy(x):
    return tf.convert_to_tensor(x).numpy()


def shape(x):
    """A tuple; sizes that are not known yet are tensors."""
    static, dynamic = tuple(x.shape), None
    if all(size is not None for size in static):
        return static
    dynamic = tf.shape(x)
    return tuple(dynamic[i] if size is None else size for i, size in enumerate(static))


def ndim(x):
    return len(x.shape)


def zeros(shape, dtype=None):
    return tf.zeros(shape, dtype or "float32")


def ones(shape, dtype=None):
    return tf.ones(shape, dtype or "float32")


def full(shape, fill_value, dtype=None):
    return tf.fill(shape, tf.cast(fill_value, dtype or "float32"))


def eye(N, M=None, k=0, dtype=None):
    if k:
        raise NotImplementedError("eye() with k other than 0")
    return tf.eye(N, M, dtype=dtype or "float32")


def arange(start, stop=None, step=1, dtype=None):
    return tf.range(0 if stop is None else start, start if stop is None else stop, step, dtype=dtype)


def concatenate(xs, axis=0):
    return tf.concat(xs, axis)


def split(x, indices_or_sections, axis=0):
    if isinstance(indices_or_sections, int):
        return tf.split(x, indices_or_sections, axis)
    edges = [0, *indices_or_sections, x.shape[axis]]
    return tf.split(x, [b - a for a, b in zip(edges, edges[1:])], axis)


def take(x, indices, axis=None):
    return tf.gather(tf.reshape(x, [-1]) if axis is None else x, indices, axis=axis or 0)


def flip(x, axis=None):
    return tf.reverse(x, list(range(len(x.shape))) if axis is None else [axis])


def repeat(x, repeats, axis=None):
    return tf.repeat(x, repeats, axis)


def clip(x, x_min, x_max):
    return tf.clip_by_value(x, x_min, x_max)


def argmax(x, axis=None, keepdims=False):
    index = tf.argmax(tf.reshape(x, [-1]) if axis is None else x, axis or 0, output_type="int32")
    return tf.expand_dims(index, axis) if keepdims else index


def argmin(x, axis=None, keepdims=False):
    index = tf.argmin(tf.reshape(x, [-1]) if axis is None else x, axis or 0, output_type="int32")
    return tf.expand_dims(index, axis) if keepdims else index


def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    return tf.one_hot(x, num_classes, axis=axis, dtype=dtype or "float32")


def dot(x1, x2):
    return tf.matmul(x1, x2) if len(x1.shape) == 2 and len(x2.shape) == 2 else tf.tensordot(x1, x2, [[-1], [max(len(x2.shape) - 2, 0)]])


def _reduction(name):
    function = getattr(tf, "reduce_" + name, None) or getattr(tf.math, "reduce_" + name)
    return lambda x, axis=None, keepdims=False, **kwargs: function(x, axis, keepdims)


def install_compiled(module):
    """The functions of runnel/keras/ops, under each of their names."""
    for dotted, function in _runnel.functions.items():
        home, _, name = dotted.rpartition(".")
        if home.startswith("keras."):
            setattr(module(home.removeprefix("keras.")), name, function)


def install(namespace):
    for name, dotted in _SAME.items():
        place = tf
        for part in dotted.split("."):
            place = getattr(place, part, None)
        if place is not None:
            namespace[name] = place
    for name, reduction in _REDUCTIONS.items():
        namespace[name] = _reduction(reduction)
    for name in _ACTIVATIONS:
        namespace[name] = getattr(activations, name)
    own = (convert_to_tensor, convert_to_numpy, shape, ndim, zeros, ones, full, eye, arange, concatenate, split, take, flip, repeat, clip, argmax, argmin,
           one_hot, dot)
    for function in own:
        namespace[function.__name__] = function
