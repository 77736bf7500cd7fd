"""tf.debugging: what is not among the functions of the C++ library (runnel/ops/debugging.h)."""

from runnel._tensor import convert_to_tensor


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
