"""keras.backend: Keras 2's functions of tensors, by the names that custom losses and layers use, and its settings."""

import functools

import runnel as tf
from runnel import _runnel
from runnel.keras import _backend_nn, _dtype_policy

_settings = {"learning_phase": 0}
epsilon, floatx = _runnel.keras_config.epsilon, _runnel.keras_config.floatx


def clear_session(free_memory=True):
    """Automatic names start again."""
    _runnel.keras_clear_session()


def learning_phase():
    """1 while training, else 0, as set_learning_phase() left it."""
    return _settings["learning_phase"]


def set_learning_phase(value):
    """Sets what in_train_phase() takes where it is not told: 0 or 1."""
    _settings["learning_phase"] = value


def get_uid(prefix=""):
    """A name that begins with the prefix and was not given before."""
    return _runnel.keras_unique_name(prefix)


def int_shape(x):
    """The static shape as a tuple, None for sizes that are unknown."""
    return tuple(x.shape)


def ndim(x):
    """The number of axes; None where it is unknown."""
    return x.shape.rank


def get_value(x):
    """The value as a NumPy array."""
    return x.numpy() if hasattr(x, "numpy") else x


def set_value(x, value):
    """Assigns a number or an array of the Variable's shape."""
    x.assign(value)


def batch_get_value(tensors):
    """The values of a list of Variables, as NumPy arrays."""
    return [get_value(x) for x in tensors]


def batch_set_value(tuples):
    """Assigns values: tuples are (Variable, value)."""
    for x, value in tuples:
        x.assign(value)


def variable(value, dtype=None, name=None, constraint=None):
    """A tf.Variable of the value; dtype: floatx() unless given."""
    return tf.Variable(value, dtype=dtype or floatx(), name=name, constraint=constraint)


def constant(value, dtype=None, shape=None, name=None):
    """A tensor of the value, repeated to `shape` where that is given; dtype: floatx() unless given."""
    return tf.constant(value, dtype=dtype or floatx(), shape=shape)


def is_float_dtype(dtype):
    """Whether a dtype, in any form, is floating."""
    return _dtype_policy.standardize_dtype(dtype).startswith(("float", "bfloat"))


def is_int_dtype(dtype):
    """Whether a dtype, in any form, holds integers, with or without sign."""
    return _dtype_policy.standardize_dtype(dtype).startswith(("int", "uint"))


def dtype(x):
    """The dtype's name."""
    return x.dtype.base_dtype.name


def count_params(x):
    """How many numbers x holds; its shape must be known."""
    return int(x.shape.num_elements())


def is_sparse(tensor):
    """False: tensors of Runnel's are dense."""
    return False


def to_dense(tensor):
    """The tensor itself: all tensors of Runnel's are dense."""
    return tensor


def eval(x):
    """The value as an array."""
    return get_value(x)


def update(x, new_x):
    """Assigns new_x to the Variable x, and gives x."""
    return x.assign(new_x)


def update_add(x, increment):
    """Adds the increment to the Variable x, and gives x."""
    return x.assign_add(increment)


def update_sub(x, decrement):
    """Subtracts the decrement from the Variable x, and gives x."""
    return x.assign_sub(decrement)


def moving_average_update(x, value, momentum):
    """x * momentum + value * (1 - momentum), written into the Variable x."""
    return x.assign_sub((x - tf.cast(value, x.dtype)) * (1 - tf.cast(momentum, x.dtype)))


def gradients(loss, variables):
    """In a tf.Graph: eager code takes a GradientTape."""
    return tf.gradients(loss, variables)


def cast_to_floatx(x):
    """As a tensor, an array or a Variable's value of the dtype floatx()."""
    return tf.cast(x, floatx()) if tf.is_tensor(x) else _numpy().asarray(x, dtype=floatx())


def _numpy():
    import numpy

    return numpy


# --- making tensors

def arange(start, stop=None, step=1, dtype="int32"):
    """start, start + step, ... below stop; 0 to start where there is no stop."""
    start, stop = (0, start) if stop is None else (start, stop)
    return tf.cast(tf.range(start, stop, step), dtype)


def eye(size, dtype=None, name=None):
    """A Variable (size, size) with ones on its diagonal."""
    return tf.Variable(tf.eye(size, dtype=dtype or floatx()), name=name)


def zeros(shape, dtype=None, name=None):
    """A tensor of zeros; dtype: floatx() unless given."""
    return tf.zeros(shape, dtype or floatx())


def ones(shape, dtype=None, name=None):
    """A tensor of ones; dtype: floatx() unless given."""
    return tf.ones(shape, dtype or floatx())


def zeros_like(x, dtype=None, name=None):
    """Zeros of x's shape and dtype, or of another dtype."""
    return tf.zeros_like(x, dtype)


def ones_like(x, dtype=None, name=None):
    """Ones of x's shape and dtype, or of another dtype."""
    return tf.ones_like(x, dtype)


def _drawn(draw):
    def random(shape, *parameters, dtype, seed):
        return draw(shape, *parameters, dtype=dtype or floatx(), seed=_numpy().random.randint(10**7) if seed is None else seed)

    return random


def random_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Numbers of the normal distribution; without a seed NumPy's generator gives one."""
    return _drawn(tf.random.normal)(shape, mean, stddev, dtype=dtype, seed=seed)


def random_uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Numbers from minval up to maxval, each as likely; without a seed NumPy's generator gives one."""
    return _drawn(tf.random.uniform)(shape, minval, maxval, dtype=dtype, seed=seed)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Numbers of the normal distribution within two standard deviations of the mean."""
    return _drawn(tf.random.truncated_normal)(shape, mean, stddev, dtype=dtype, seed=seed)


def random_bernoulli(shape, p=0.0, dtype=None, seed=None):
    """1 with the probability p, else 0."""
    return tf.cast(random_uniform(shape, dtype=dtype, seed=seed) <= p, dtype or floatx())


def random_normal_variable(shape, mean, scale, dtype=None, name=None, seed=None):
    """A Variable of random_normal() numbers with the standard deviation `scale`."""
    return variable(random_normal(shape, mean, scale, dtype, seed), dtype, name)


def random_uniform_variable(shape, low, high, dtype=None, name=None, seed=None):
    """A Variable of random_uniform() numbers from low to high."""
    return variable(random_uniform(shape, low, high, dtype, seed), dtype, name)


# --- arithmetic

def _reduction(function, what):
    def reduce(x, axis=None, keepdims=False):
        return function(tf.cast(x, floatx()) if x.dtype == tf.bool else x, axis, keepdims)

    reduce.__doc__ = f"The {what} along an axis or several; of all elements where axis is None. Bools count as 0 and 1."
    return reduce


def _of_bools(function, what):
    def reduce(x, axis=None, keepdims=False):
        return function(tf.cast(x, tf.bool), axis, keepdims)

    reduce.__doc__ = f"Whether {what} element is true, that is not zero, along an axis or several; of all where axis is None."
    return reduce


def argmax(x, axis=-1):
    """Where the largest element of an axis is, int64: x's shape without that axis."""
    return tf.argmax(x, axis)


def argmin(x, axis=-1):
    """Where the smallest element of an axis is, int64: x's shape without that axis."""
    return tf.argmin(x, axis)


def cumsum(x, axis=0):
    """The sums of all elements up to each along an axis; x's shape."""
    return tf.cumsum(x, axis)


def cumprod(x, axis=0):
    """The products of all elements up to each along an axis; x's shape."""
    return tf.math.cumprod(x, axis)


def clip(x, min_value, max_value):
    """Between the two; None is no bound."""
    low = -float("inf") if min_value is None else min_value
    high = float("inf") if max_value is None else max_value
    return tf.clip_by_value(x, low, max(low, high) if isinstance(low, (int, float)) and isinstance(high, (int, float)) else high)


def pow(x, a):
    """x to the power a, element by element."""
    return tf.pow(x, a)


def l2_normalize(x, axis=None):
    """x divided by the root of the sum of its squares along an axis; all of x where that is None."""
    return tf.math.l2_normalize(x, axis)


def dot(x, y):
    """The sum over x's last axis and y's last but one; sparse or dense matrices as a matmul."""
    return tf.matmul(x, y) if x.shape.rank <= 2 and y.shape.rank == 2 else tf.tensordot(x, y, [[x.shape.rank - 1], [y.shape.rank - 2]])


def batch_dot(x, y, axes=None):
    """For each of the batch the sum over one axis of either: (batch, x's other axes, y's other axes); at least (batch, 1)."""
    return tf.keras.layers.Dot(_dot_axes(x, y, axes))([tf.convert_to_tensor(x), tf.convert_to_tensor(y)])


def _dot_axes(x, y, axes):
    if axes is None:
        return (len(x.shape) - 1, 1 if len(y.shape) == 2 else len(y.shape) - 2)
    axes = (axes, axes) if isinstance(axes, int) else tuple(axes)
    if any(isinstance(axis, (list, tuple)) for axis in axes):
        raise ValueError(f"Multiple target dimensions are not supported. Expected: None, int, (int, int), Provided: {axes}")
    if 0 in axes:
        raise ValueError("Cannot perform batch_dot over axis 0. If your inputs are not batched, add a dummy batch dimension to your inputs "
                         "using K.expand_dims(x, 0)")
    return axes


def in_top_k(predictions, targets, k):
    """(batch) of bool: whether the target's score is among the k largest of predictions (batch, classes)."""
    return tf.math.in_top_k(targets, predictions, k)


# --- shapes

def flatten(x):
    """All elements along one axis."""
    return tf.reshape(x, [-1])


def batch_flatten(x):
    """(batch, ...) as (batch, all other elements)."""
    return tf.reshape(x, [tf.shape(x)[0], -1])


def shape(x):
    """The shape as a tensor, int32."""
    return tf.shape(x)


def reshape(x, shape):
    """The elements in another shape, in which one size may be -1."""
    return tf.reshape(x, shape)


def expand_dims(x, axis=-1):
    """A new axis of size 1 at that place."""
    return tf.expand_dims(x, axis)


def squeeze(x, axis):
    """Without an axis, whose size is 1."""
    return tf.squeeze(x, [axis])


def stack(x, axis=0):
    """Tensors of one shape along a new axis."""
    return tf.stack(x, axis)


def tile(x, n):
    """x repeated n times along each axis; n is a number, or one for each axis."""
    return tf.tile(x, [n] if isinstance(n, int) else n)


def transpose(x):
    """The axes in the reverse order."""
    return tf.transpose(x)


def permute_dimensions(x, pattern):
    """The axes in the order of the pattern: (1, 0) for a matrix' transpose."""
    return tf.transpose(x, pattern)


def concatenate(tensors, axis=-1):
    """Tensors one after the other along an axis."""
    return tf.concat(tensors, axis)


def gather(reference, indices):
    """The rows of `reference` at the indices: (*indices' shape, *a row's shape)."""
    return tf.gather(reference, indices)


def reverse(x, axes):
    """The elements along these axes in reverse order."""
    return tf.reverse(x, [axes] if isinstance(axes, int) else axes)


def one_hot(indices, num_classes):
    """(..., num_classes): 1 at the index, else 0; float32."""
    return tf.one_hot(indices, num_classes)


def repeat(x, n):
    """(batch, features) as (batch, n, features)."""
    if len(x.shape) != 2:
        raise ValueError(f"Expected input `x` to have rank 2. Received: rank(x)={len(x.shape)}")
    return tf.tile(tf.expand_dims(x, 1), [1, n, 1])


def repeat_elements(x, rep, axis):
    """Each element `rep` times along an axis, side by side."""
    return tf.repeat(x, rep, axis)


# --- functions and branches

def map_fn(fn, elems, name=None, dtype=None):
    """fn of each element along the first axis, stacked; dtype: of the results where it is not that of elems."""
    return tf.map_fn(fn, elems, dtype=dtype)


def foldl(fn, elems, initializer=None, name=None):
    """fn(result so far, element) for the elements along the first axis, from the first on; begins with `initializer`, or the first one."""
    return tf.foldl(fn, elems, initializer)


def foldr(fn, elems, initializer=None, name=None):
    """fn(result so far, element) for the elements along the first axis, from the last back; begins with `initializer`, or the last one."""
    return tf.foldr(fn, elems, initializer)


def stop_gradient(variables):
    """Of a tensor, or of each of a list."""
    return [tf.stop_gradient(v) for v in variables] if isinstance(variables, (list, tuple)) else tf.stop_gradient(variables)


def in_train_phase(x, alt, training=None):
    """x while training, else alt; functions are called. `training` counts before the learning phase."""
    chosen = x if (learning_phase() if training is None else training) else alt
    return chosen() if callable(chosen) else chosen


def in_test_phase(x, alt, training=None):
    """alt while training, else x; functions are called. `training` counts before the learning phase."""
    return in_train_phase(alt, x, training)


def switch(condition, then_expression, else_expression):
    """One of two, by a scalar; or element by element, by a tensor whose axes are the first ones of the others'."""
    condition = tf.cast(condition, tf.bool)
    if condition.shape.rank == 0:
        return tf.cond(condition, *(e if callable(e) else (lambda e=e: e) for e in (then_expression, else_expression)))
    chosen, other = (e() if callable(e) else e for e in (then_expression, else_expression))
    for _ in range(len(chosen.shape) - condition.shape.rank):
        condition = tf.expand_dims(condition, -1)
    return tf.where(condition, chosen, other)


# tf's functions whose arguments are named alike.
_TENSORFLOW = {
    "abs": "abs", "sqrt": "sqrt", "square": "square", "exp": "exp", "log": "math.log", "round": "round", "sign": "sign", "sin": "sin",
    "cos": "cos", "maximum": "maximum", "minimum": "minimum", "equal": "equal", "not_equal": "not_equal", "greater": "greater",
    "greater_equal": "greater_equal", "less": "less", "less_equal": "less_equal", "cast": "cast", "sigmoid": "sigmoid", "tanh": "tanh",
    "logsumexp": "reduce_logsumexp", "is_tensor": "is_tensor", "name_scope": "name_scope",
}


def install(backend):
    """Fills keras.backend."""
    for name, thing in {**globals(), **vars(_backend_nn)}.items():
        if callable(thing) and not name.startswith("_") and name != "install":
            setattr(backend, name, thing)
    for name, dotted in _TENSORFLOW.items():
        setattr(backend, name, functools.reduce(getattr, dotted.split("."), tf))
    backend.any, backend.all = _of_bools(tf.reduce_any, "any"), _of_bools(tf.reduce_all, "every")
    for name in ("mean", "sum", "prod", "max", "min"):
        setattr(backend, name, _reduction(getattr(tf, "reduce_" + name), {"max": "largest element", "min": "smallest element", "prod": "product"}.get(name, name)))
    backend.var, backend.std = _reduction(tf.math.reduce_variance, "variance"), _reduction(tf.math.reduce_std, "standard deviation")
