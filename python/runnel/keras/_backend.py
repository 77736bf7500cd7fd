"""keras.backend: Keras 2's functions of tensors, by the names that custom losses and layers use, and its settings."""

import runnel as tf
from runnel import _runnel

_settings = {"learning_phase": 0}
epsilon, floatx = _runnel.keras_config.epsilon, _runnel.keras_config.floatx


def clear_session(free_memory=True):
    """Automatic names start again."""
    _runnel.keras_clear_session()


def learning_phase():
    return _settings["learning_phase"]


def set_learning_phase(value):
    _settings["learning_phase"] = value


def get_uid(prefix=""):
    return _runnel.keras_unique_name(prefix)


def int_shape(x):
    return tuple(x.shape)


def ndim(x):
    return x.shape.rank


def get_value(x):
    return x.numpy() if hasattr(x, "numpy") else x


def set_value(x, value):
    x.assign(value)


def batch_get_value(tensors):
    return [get_value(x) for x in tensors]


def batch_set_value(tuples):
    for x, value in tuples:
        x.assign(value)


def variable(value, dtype=None, name=None, constraint=None):
    return tf.Variable(value, dtype=dtype or floatx(), name=name, constraint=constraint)


def constant(value, dtype=None, shape=None, name=None):
    return tf.constant(value, dtype=dtype or floatx(), shape=shape)


def _reduction(function):
    def reduce(x, axis=None, keepdims=False):
        return function(tf.cast(x, floatx()) if x.dtype == tf.bool else x, axis, keepdims)

    return reduce


def var(x, axis=None, keepdims=False):
    return tf.math.reduce_variance(x, axis, keepdims)


def std(x, axis=None, keepdims=False):
    return tf.math.reduce_std(x, axis, keepdims)


def clip(x, min_value, max_value):
    return tf.clip_by_value(x, min_value, max_value)


def dot(x, y):
    return tf.matmul(x, y) if x.shape.rank <= 2 and y.shape.rank == 2 else tf.tensordot(x, y, [[x.shape.rank - 1], [y.shape.rank - 2]])


def flatten(x):
    return tf.reshape(x, [-1])


def batch_flatten(x):
    return tf.reshape(x, [tf.shape(x)[0], -1])


def permute_dimensions(x, pattern):
    return tf.transpose(x, pattern)


def concatenate(tensors, axis=-1):
    return tf.concat(tensors, axis)


def binary_crossentropy(target, output, from_logits=False):
    """Element by element."""
    if from_logits:
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=output)
    output = clip(output, epsilon(), 1.0 - epsilon())
    return -(target * tf.math.log(output) + (1.0 - target) * tf.math.log(1.0 - output))


def in_train_phase(x, alt, training=None):
    chosen = x if (learning_phase() if training is None else training) else alt
    return chosen() if callable(chosen) else chosen


def switch(condition, then_expression, else_expression):
    value = lambda e: e() if callable(e) else e  # noqa: E731
    return tf.where(condition, value(then_expression), value(else_expression))


_TENSORFLOW = {
    "abs": "abs", "sqrt": "sqrt", "square": "square", "exp": "exp", "log": "math.log", "pow": "pow", "round": "round", "sign": "sign", "sin": "sin",
    "cos": "cos", "maximum": "maximum", "minimum": "minimum", "equal": "equal", "not_equal": "not_equal", "greater": "greater",
    "greater_equal": "greater_equal", "less": "less", "less_equal": "less_equal", "cast": "cast", "shape": "shape", "reshape": "reshape",
    "expand_dims": "expand_dims", "squeeze": "squeeze", "stack": "stack", "tile": "tile", "transpose": "transpose", "gather": "gather",
    "zeros": "zeros", "ones": "ones", "zeros_like": "zeros_like", "ones_like": "ones_like", "eye": "eye", "one_hot": "one_hot", "reverse": "reverse",
    "sigmoid": "sigmoid", "tanh": "tanh", "softplus": "nn.softplus", "softsign": "nn.softsign", "relu": "nn.relu", "elu": "nn.elu", "softmax": "nn.softmax",
    "stop_gradient": "stop_gradient", "random_normal": "random.normal", "random_uniform": "random.uniform", "truncated_normal": "random.truncated_normal",
    "l2_normalize": "math.l2_normalize", "cumsum": "cumsum", "logsumexp": "reduce_logsumexp", "is_tensor": "is_tensor", "name_scope": "name_scope",
}


def install(namespace):
    for name, dotted in _TENSORFLOW.items():
        place = tf
        for part in dotted.split("."):
            place = getattr(place, part, None)
        if place is not None:
            namespace.setdefault(name, place)
    for name in ("mean", "sum", "prod", "max", "min", "any", "all"):
        namespace[name] = _reduction(getattr(tf, "reduce_" + name))
    namespace["argmax"] = lambda x, axis=-1: tf.argmax(x, axis)
    namespace["argmin"] = lambda x, axis=-1: tf.argmin(x, axis)
