"""Functions that take any number of arguments, and the names of what random generators run."""

import enum

from runnel import _runnel


def einsum(equation, *inputs, **kwargs):
    """Sums of products by an equation in Einstein's notation: einsum("ij,jk->ik", a, b). `optimize` and `name` are accepted."""
    unknown = set(kwargs) - {"optimize", "name"}
    if unknown:
        raise TypeError(f"invalid keyword arguments for this function: {', '.join(sorted(unknown))}")
    return _runnel.functions["einsum"](equation, list(inputs))


def meshgrid(*args, indexing="xy", name=None):
    """Coordinate grids of the given vectors; indexing "xy" swaps the first two axes, "ij" does not."""
    return _runnel.functions["meshgrid"](list(args), indexing)


class Algorithm(enum.Enum):
    """How random numbers are made; Runnel has Philox, which AUTO_SELECT means too."""

    PHILOX = 1
    THREEFRY = 2
    AUTO_SELECT = 3
