"""tf.autograph: Python's control flow on tensors becomes control flow of graphs.

Functions that tf.function traces are rewritten (convert.py) so that `if`, `while`, `for`, `and`, `not`, ... and calls go
through staging functions (staging/), which look at their operands when they run: tensors of a graph become tf.cond and
tf.while_loop, everything else does what Python does.

    jumps.py         break, continue and return become flags
    liveness.py, assigned.py, blocks.py     which variables go in and out of a block
    control_flow.py  branches and loops become functions of those variables
    expressions.py   calls, and/or/not, comparisons, conditional expressions, assert
    calls.py         what is converted when it is called, and what is not
    tracebacks.py    errors show the user's lines
"""

import functools

from runnel.autograph import experimental
from runnel.autograph.context import feature_names, set_verbosity, trace

__all__ = ["experimental", "set_verbosity", "to_code", "to_graph", "trace"]


class ConversionError(Exception):
    """A function that to_graph or to_code cannot convert."""


def tf_convert(f, optional_features=None):
    """f, converted when it is called; what it calls is converted as well. For functions that take functions.

    Python runs as it is where the source cannot be read, inside do_not_convert, and outside of graphs: there it gives
    what Python gives.
    """
    if hasattr(f, "autograph_info__"):
        return f
    from runnel.autograph import calls, tracebacks

    features = feature_names(optional_features)
    call = calls.recursive_call(features)

    def wrapper(*args, **kwargs):
        try:
            return call(f, *args, **kwargs)
        except Exception as error:
            raise tracebacks.in_user_code(error)

    functools.update_wrapper(wrapper, f, [a for a in functools.WRAPPER_ASSIGNMENTS if hasattr(f, a)], ())
    wrapper.autograph_info__ = None
    return wrapper


def to_graph(entity, recursive=True, experimental_optional_features=None):
    """The converted function; calls of it build graphs where they meet symbolic tensors. Methods take `self` first.

    Raises ConversionError where the entity has no source, or uses what cannot be converted.
    """
    from runnel.autograph import convert, staging

    function = _function(entity)
    features = feature_names(experimental_optional_features)
    made = _or_error(entity, lambda: convert.convert(function, staging.namespace(recursive, features), features))
    made.autograph_info__ = None
    return made


def to_code(entity, recursive=True, experimental_optional_features=None):
    """The source of the converted function."""
    import ast

    from runnel.autograph import convert

    function = _function(entity)
    features = feature_names(experimental_optional_features)
    return ast.unparse(_or_error(entity, lambda: convert.syntax_tree(function, features))) + "\n"


def _function(entity):
    function = getattr(entity, "__func__", entity)
    if not hasattr(function, "__code__"):
        raise ConversionError(f"converting {entity}: ValueError: Cannot apply autograph to a function that doesn't expose a __code__ "
                              "object. If this is a @tf.function, try passing f.python_function instead.")
    return function


def _or_error(entity, make):
    from runnel.autograph import refuse, source

    try:
        return make()
    except (source.SourceError, refuse.UnsupportedLanguageElementError) as error:
        raise ConversionError(f"converting {entity}: {type(error).__name__}: {error}") from error
