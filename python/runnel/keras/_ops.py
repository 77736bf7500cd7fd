"""keras.ops. The functions are C++'s (runnel/keras/ops); here are those that take or give Python's own things: functions, indices, shapes."""

import runnel as tf
from runnel import _runnel, nest
from runnel._parts import Parts
from runnel.keras import _random


def shape(x):
    """A tuple; sizes that are not known yet are scalar tensors."""
    x = x if hasattr(x, "shape") else tf.convert_to_tensor(x)
    static = tuple(x.shape)
    if None not in static or _runnel.is_keras_tensor(x):
        return static
    dynamic = tf.shape(x)
    return tuple(dynamic[i] if size is None else size for i, size in enumerate(static))


def dtype(x):
    """The name of x's dtype."""
    found = getattr(x, "dtype", None)
    return getattr(tf.convert_to_tensor(x).dtype if found is None else found, "name", found)


def result_type(*dtypes):
    """The name of the dtype that a computation of these dtypes has; `int` and `float` stand for bare numbers."""
    return _runnel.keras_result_type(list(dtypes))


def is_tensor(x):
    """True for a tensor of this library."""
    return tf.is_tensor(x)


def convert_to_numpy(x):
    """The values as a NumPy array."""
    return tf.convert_to_tensor(x).numpy()


def get_item(x, key):
    """x[key]."""
    return x[key]


def rearrange(tensor, pattern, **axes_lengths):
    """Axes split, moved and joined as a pattern says: rearrange(x, "b (h h1) w c -> b h w (c h1)", h1=2)."""
    return _runnel.functions["keras.ops._rearrange"](tensor, pattern, list(axes_lengths), list(axes_lengths.values()))


def map(f, xs):
    """f of each row of xs, stacked."""
    return tf.map_fn(f, xs, fn_output_signature=_row_signature(f, xs))


def _row_signature(f, xs):
    row = nest.map_structure(lambda x: tf.convert_to_tensor(x)[0], xs)
    return nest.map_structure(lambda y: tf.convert_to_tensor(y).dtype, f(row))


def vectorized_map(function, elements):
    """function of each row of the elements, stacked."""
    return map(function, elements)


def switch(index, branches, *operands):
    """branches[index](*operands), the index brought into range."""
    index = tf.clip_by_value(tf.cast(index, "int32"), 0, len(branches) - 1)
    return tf.switch_case(index, [lambda branch=branch: branch(*operands) for branch in branches])


def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """body(*loop_vars) again and again while cond(*loop_vars) holds."""
    many = isinstance(loop_vars, (tuple, list))
    start = tuple(loop_vars) if many else (loop_vars,)

    def step(*args):
        result = body(*args)
        return tuple(result) if many else (result,)

    result = tf.while_loop(cond, step, start, maximum_iterations=maximum_iterations)
    return tuple(result) if many else result[0]


def fori_loop(lower, upper, body_fun, init_val):
    """body_fun(upper - 1, ... body_fun(lower, init_val))."""
    value = Parts(init_val)
    result = _runnel.keras_fori_loop(lower, upper, lambda i, flat: Parts(body_fun(i, value.build(flat))).tensors, value.tensors)
    return value.build(result)


def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """(carry, row of xs) -> (carry, output), row after row: the last carry, and the outputs stacked."""
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise ValueError(f"`unroll` must be an positive integer or boolean. Received: unroll={unroll}")
    carried, rows, made = Parts(init), Parts(xs), {}

    def step(carry, row):
        next_carry, output = f(carried.build(carry), rows.build(row) if rows.tensors else None)
        made["output"] = Parts(output)
        return Parts(next_carry).tensors, made["output"].tensors

    carry, outputs = _runnel.keras_scan(step, carried.tensors, rows.tensors, None if length is None else int(length), reverse)
    return carried.build(carry), made["output"].build(outputs)


def associative_scan(f, elems, reverse=False, axis=0):
    """All prefixes combined by an associative function of two slices."""
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")
    parts = Parts(elems)
    result = _runnel.keras_associative_scan(lambda a, b: Parts(f(parts.build(a), parts.build(b))).tensors, parts.tensors, reverse, axis)
    return parts.build(result)


def jvp(fun, primals, tangents, has_aux=False):
    """fun(*primals) and its derivative in the direction of the tangents."""
    flat = [tf.convert_to_tensor(p) for p in nest.flatten(primals)]
    directions = [tf.cast(t, p.dtype) for t, p in zip(nest.flatten(tangents), flat)]
    with tf.autodiff.ForwardAccumulator(flat, directions) as accumulator:
        result = fun(*nest.pack_sequence_as(primals, flat))
        result, aux = result if has_aux else (result, None)
        derivative = nest.map_structure(accumulator.jvp, result)
    return (result, derivative, aux) if has_aux else (result, derivative)


def vectorize(pyfunc, *, excluded=None, signature=None):
    """pyfunc of scalars as a function of tensors that broadcast. `excluded`: positions and names that are passed on as they are."""
    if signature is not None:
        raise NotImplementedError("vectorize() with a signature")
    left_out = set(excluded or ())

    def vectorized(*args, **kwargs):
        places = [i for i in range(len(args)) if i not in left_out]
        names = [name for name in kwargs if name not in left_out]
        tensors = [tf.convert_to_tensor(args[i]) for i in places] + [tf.convert_to_tensor(kwargs[name]) for name in names]
        sizes = tf.shape(tensors[0])
        for t in tensors[1:]:
            sizes = tf.broadcast_dynamic_shape(sizes, tf.shape(t))
        rows = tuple(tf.reshape(tf.broadcast_to(t, sizes), [-1]) for t in tensors)

        def of_row(row):
            new_args, new_kwargs = list(args), dict(kwargs)
            for place, value in zip(places, row):
                new_args[place] = value
            new_kwargs.update(zip(names, row[len(places):]))
            return pyfunc(*new_args, **new_kwargs)

        return nest.map_structure(lambda y: tf.reshape(y, tf.concat([sizes, tf.shape(y)[1:]], 0)), map(of_row, rows))

    return vectorized


def elastic_transform(images, alpha=20.0, sigma=5.0, interpolation="bilinear", fill_mode="reflect", fill_value=0.0, seed=None, data_format=None):
    """Images whose pixels are moved by smooth noise."""
    function = _runnel.functions["keras.ops.image._elastic_transform"]
    return function(images, alpha, sigma, interpolation, fill_mode, fill_value, _random.seed_pair(seed), data_format)


_OWN = (shape, dtype, is_tensor, convert_to_numpy, get_item, rearrange, map, vectorized_map, switch, while_loop, fori_loop, scan, associative_scan, vectorize)


def install(module):
    """keras.ops and its submodules: the compiled functions under each of their names, then those above."""
    for dotted, function in _runnel.functions.items():
        home, _, name = dotted.rpartition(".")
        if home.startswith("keras.") and not name.startswith("_"):
            setattr(module(home.removeprefix("keras.")), name, function)
    ops = module("ops")
    for function in _OWN:
        setattr(ops, function.__name__, function)
    ops.cond, ops.custom_gradient = tf.cond, tf.custom_gradient
    ops.jvp = module("ops.linalg").jvp = jvp
    for name in ("get_item", "vectorize"):
        setattr(module("ops.numpy"), name, getattr(ops, name))
    module("ops.image").elastic_transform = elastic_transform
    module("backend").result_type = result_type
