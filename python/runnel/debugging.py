"""tf.debugging: what is not among the functions of the C++ library (runnel/ops/debugging.h)."""

from runnel import _runnel
from runnel._dtypes import as_dtype
from runnel._tensor import convert_to_tensor, is_tensor


def assert_same_float_dtype(tensors=None, dtype=None):
    """The one floating dtype of the tensors (and `dtype`), float32 where none is given; ValueError where they differ."""
    found = [convert_to_tensor(t).dtype for t in tensors or () if t is not None] + ([as_dtype(dtype)] if dtype is not None else [])
    for other in found:
        if other != found[0]:
            raise ValueError(f"Expected dtype {found[0]!r}, got {other!r}.")
        if not other.is_floating:
            raise ValueError(f"Expected floating point type, got {other!r}.")
    return found[0] if found else as_dtype("float32")


def assert_proper_iterable(values):
    """TypeError where `values` is one tensor or text, which can be iterated by mistake."""
    if isinstance(values, (str, bytes)) or is_tensor(values) or not hasattr(values, "__iter__"):
        raise TypeError(f"Expected argument 'values' to be a 'proper' iterable. Found: {type(values)}")


_logged = False


def set_log_device_placement(enabled):
    """Remembered only: all operators run on the one device."""
    global _logged
    _logged = bool(enabled)


def get_log_device_placement():
    """What set_log_device_placement() was told."""
    return _logged


def is_numeric_tensor(tensor):
    """True for a tensor of numbers."""
    return hasattr(tensor, "dtype") and getattr(tensor.dtype, "is_numeric", False)


def assert_shapes(shapes, data=None, summarize=None, message=None, name=None):
    """ValueError where shapes do not fit; what is known only when a graph runs is checked there (InvalidArgumentError).

    shapes: pairs of a tensor and its sizes: numbers, names that must mean the same size everywhere, None for any size, or `...` as the
    first for any number of axes. One size also fits a scalar.
    """
    rows = []
    for tensor, sizes in shapes.items() if isinstance(shapes, dict) else shapes:
        tensor = convert_to_tensor(tensor.deref() if hasattr(tensor, "deref") else tensor)
        if not hasattr(sizes, "__iter__"):
            raise ValueError(f"Tensor shape={tensor.shape} dtype={tensor.dtype.name}.  Specified shape must be an iterable.  An iterable has the "
                             f"attribute `__iter__` or `__getitem__`.  Received specified shape: {sizes}")
        rows.append((tensor, list(sizes)))
    _runnel.assert_shapes(rows, message or "", 3 if summarize is None else summarize)


def enable_check_numerics(*args, **kwargs):
    """NotImplementedError."""
    raise NotImplementedError("tf.debugging.enable_check_numerics is not there yet")
