"""tf.autograph.experimental."""

import functools
import types

from runnel.autograph import context
from runnel.autograph.context import Feature

__all__ = ["Feature", "do_not_convert", "set_loop_options"]

_UNSPECIFIED = object()


def do_not_convert(func=None):
    """Decorates a function that runs as it is written, with what it calls."""
    if func is None:
        return do_not_convert

    def wrapper(*args, **kwargs):
        with context.disabled():
            return func(*args, **kwargs)

    if isinstance(func, (types.FunctionType, types.MethodType)):
        functools.update_wrapper(wrapper, func)
    wrapper.autograph_info__ = None
    return wrapper


def set_loop_options(parallel_iterations=_UNSPECIFIED, swap_memory=_UNSPECIFIED, maximum_iterations=_UNSPECIFIED,
                     shape_invariants=_UNSPECIFIED):
    """Options of the tf.while_loop that the loop around becomes; the first statement in the loop's body.

    shape_invariants are (variable, shape) pairs. Has no effect where the loop runs in Python.
    """
