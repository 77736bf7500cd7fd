"""tf.debugging: checks of values, shapes and dtypes."""

from runnel import _runnel, errors
from runnel._dtypes import as_dtype
from runnel._tensor import convert_to_tensor


def _fail(message, what, *tensors):
    shown = "\n".join(repr(t.numpy()) for t in tensors)
    raise errors.InvalidArgumentError(None, None, f"{message or ''}{' ' if message else ''}Condition {what} did not hold.\n{shown}")


def _compare(symbol, holds):
    def check(x, y, message=None, summarize=None, name=None):
        x = convert_to_tensor(x)
        y = convert_to_tensor(y, dtype_hint=x.dtype)
        if not bool(holds(x.numpy(), y.numpy()).all()):
            _fail(message, f"x {symbol} y", x, y)

    return check


assert_equal = _compare("==", lambda x, y: _all(x == y))
assert_none_equal = _compare("!=", lambda x, y: _all(x != y))
assert_less = _compare("<", lambda x, y: _all(x < y))
assert_less_equal = _compare("<=", lambda x, y: _all(x <= y))
assert_greater = _compare(">", lambda x, y: _all(x > y))
assert_greater_equal = _compare(">=", lambda x, y: _all(x >= y))


def _all(values):
    import numpy

    return numpy.asarray(values)


def _sign(symbol, holds):
    def check(x, message=None, summarize=None, name=None):
        x = convert_to_tensor(x)
        if not bool(_all(holds(x.numpy())).all()):
            _fail(message, f"x {symbol} 0", x)

    return check


assert_positive = _sign(">", lambda x: x > 0)
assert_negative = _sign("<", lambda x: x < 0)
assert_non_positive = _sign("<=", lambda x: x <= 0)
assert_non_negative = _sign(">=", lambda x: x >= 0)


def assert_near(x, y, rtol=None, atol=None, message=None, summarize=None, name=None):
    """|x - y| <= atol + rtol * |y|."""
    import numpy

    x = convert_to_tensor(x)
    y = convert_to_tensor(y, dtype_hint=x.dtype)
    eps = 10 * float(numpy.finfo(x.dtype.as_numpy_dtype).eps)
    a, b = x.numpy(), y.numpy()
    if not (abs(a - b) <= (eps if atol is None else atol) + (eps if rtol is None else rtol) * abs(b)).all():
        _fail(message, "x and y not equal to tolerance", x, y)


def assert_all_finite(x, message, name=None):
    import numpy

    x = convert_to_tensor(x)
    if not numpy.isfinite(x.numpy()).all():
        raise errors.InvalidArgumentError(None, None, f"{message} : Tensor had NaN or Inf values")
    return x


check_numerics = assert_all_finite


def Assert(condition, data, summarize=None, name=None):
    """InvalidArgumentError, which shows the tensors `data`, where the condition does not hold."""
    if _runnel.is_tracing():
        return _runnel.call_raw("Assert", {"condition": convert_to_tensor(condition), "data": [convert_to_tensor(d) for d in data],
                                           "summarize": 3 if summarize is None else summarize})
    if not bool(convert_to_tensor(condition)):
        raise errors.InvalidArgumentError(None, None, f"Expected 'tf.Tensor(False, shape=(), dtype=bool)' to be true. Summarized data: "
                                          + "\n".join(str(getattr(d, "numpy", lambda d=d: d)()) for d in data))


def assert_rank(x, rank, message=None, name=None):
    x = convert_to_tensor(x)
    if x.shape.rank != int(rank):
        raise ValueError(f"{message or ''} Tensor must have rank {int(rank)}. Received rank {x.shape.rank}, shape {x.shape}".strip())


def assert_rank_at_least(x, rank, message=None, name=None):
    x = convert_to_tensor(x)
    if x.shape.rank < int(rank):
        raise ValueError(f"{message or ''} Tensor must have rank at least {int(rank)}. Received rank {x.shape.rank}, shape {x.shape}".strip())


def assert_rank_in(x, ranks, message=None, name=None):
    x = convert_to_tensor(x)
    if x.shape.rank not in [int(r) for r in ranks]:
        raise ValueError(f"{message or ''} Tensor must have rank in {ranks}. Received rank {x.shape.rank}, shape {x.shape}".strip())


def assert_type(tensor, tf_type, message=None, name=None):
    if convert_to_tensor(tensor).dtype != as_dtype(tf_type):
        raise TypeError(f"{message or ''} Tensor must be of type {as_dtype(tf_type)!r}; got {tensor.dtype!r}".strip())


def assert_scalar(tensor, message=None, name=None):
    if convert_to_tensor(tensor).shape.rank != 0:
        raise ValueError(f"{message or ''} Expected scalar shape, saw shape: {tensor.shape}.".strip())
    return tensor


def assert_integer(x, message=None, name=None):
    if not convert_to_tensor(x).dtype.is_integer:
        raise TypeError(f'{message or ""} Expected "x" to be integer type. Found: {x.dtype!r}'.strip())


def is_numeric_tensor(tensor):
    return hasattr(tensor, "dtype") and getattr(tensor.dtype, "is_numeric", False)


def assert_shapes(shapes, data=None, summarize=None, message=None, name=None):
    """shapes: pairs of a tensor and its sizes: ints, or names that must mean the same size everywhere."""
    sizes = {}
    for tensor, wanted in shapes.items() if isinstance(shapes, dict) else shapes:
        actual = list(convert_to_tensor(tensor).shape)
        wanted = list(wanted) if not isinstance(wanted, str) else list(wanted)
        if len(actual) != len(wanted):
            raise ValueError(f"{message or ''} {tensor} must have rank {len(wanted)}. Received rank {len(actual)}".strip())
        for size, name_ in zip(actual, wanted):
            expected = name_ if isinstance(name_, int) or name_ is None else sizes.setdefault(name_, size)
            if expected is not None and expected != size:
                raise ValueError(f"{message or ''} dimension {name_} must have size {expected}. Received size {size}, "
                                 f"shape {tuple(actual)}".strip())


def enable_check_numerics(*args, **kwargs):
    raise NotImplementedError("tf.debugging.enable_check_numerics is not there yet")
