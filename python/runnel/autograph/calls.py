"""Calls in converted code: what may be converted is, everything else is called as it is."""

import functools
import inspect
import sys
import types

from runnel.autograph import context, convert, refuse, source
from runnel.autograph.staging import builtins, namespace

# Beside the standard library. Their code stages by itself, or must not be staged.
_KEPT = frozenset({"runnel", "_runnel", "tensorflow", "keras", "tf_keras", "numpy", "pandas", "matplotlib", "PIL", "absl", "ipdb", "mock",
                   "tensorflow_probability"}) | sys.stdlib_module_names - {"__main__"}
_cannot = set()  # code objects by (file, line, name) that were found not to be convertible


def plain_call(f, /, *args, **kwargs):
    """A call in code that was converted with recursive=False."""
    return builtins.overload_of(f)(*args, **kwargs) if builtins.is_builtin(f) else f(*args, **kwargs)


@functools.cache
def recursive_call(features):
    """The converted_call of code with these features."""

    def converted_call(f, /, *args, **kwargs):
        if builtins.is_builtin(f):
            return builtins.overload_of(f)(*args, **kwargs)
        if isinstance(f, functools.partial):
            return converted_call(f.func, *f.args, *args, **{**f.keywords, **kwargs})
        function, first = target_of(f)
        if function is None or context.thread.disabled or is_kept(function):
            return f(*args, **kwargs)
        made = converted(function, features)
        return made(*first, *args, **kwargs)

    return converted_call


def target_of(f):
    """The Python function that a call of f runs, and the arguments before the call's own; (None, ()) where unknown."""
    if isinstance(f, types.FunctionType):
        return f, ()
    function = getattr(f, "__func__", None)  # of a method, or of what stands for one
    if function is not None and hasattr(f, "__self__"):
        return (function, (f.__self__,)) if isinstance(function, types.FunctionType) else (None, ())
    call = None if isinstance(f, type) else getattr(type(f), "__call__", None)
    return (call, (f,)) if isinstance(call, types.FunctionType) else (None, ())


def is_kept(function):
    """Whether the function is never converted when converted code calls it."""
    if hasattr(function, "autograph_info__") or convert.is_converted(function.__code__):
        return True
    module = function.__module__ or ""
    return module.partition(".")[0] in _KEPT or bool(function.__code__.co_flags & _NO_PLAIN_FUNCTION)


_NO_PLAIN_FUNCTION = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def converted(function, features, recursive=True):
    """The converted function, or the function itself where that cannot be."""
    code = function.__code__
    key = code.co_filename, code.co_firstlineno, code.co_name
    if key in _cannot:
        return function
    try:
        made = convert.convert(function, namespace(recursive, features), features)
    except source.SourceError as error:
        context.tell(1, "%s runs as it is: %s", function, error)
    except refuse.UnsupportedLanguageElementError as error:
        context.warn(f"AutoGraph could not transform {function} and will run it as-is.\nCause: {error}\n"
                     "To silence this warning, decorate the function with @tf.autograph.experimental.do_not_convert")
    else:
        context.tell(2, "converted %s", function)
        return made
    _cannot.add(key)
    return function
