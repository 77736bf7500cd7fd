"""tf.debugging: what is not among the functions of the C++ library (runnel/ops/debugging.h)."""

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
    return _logged


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
