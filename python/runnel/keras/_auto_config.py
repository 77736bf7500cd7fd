"""get_config() of layers and models that do not define it: the arguments of __init__(), where these are plain values (Keras 3)."""

import functools
import inspect

_PLAIN = (str, int, float, bool, type(None))
_BASE = ("name", "trainable", "dtype")


def _is_plain(value):
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    return isinstance(value, _PLAIN)


def _arguments(init, self, args, kwargs):
    signature = inspect.signature(init)
    bound = signature.bind(self, *args, **kwargs)
    usual = {p.name: p.default for p in signature.parameters.values() if _is_plain(p.default) and p.name not in _BASE}
    given = usual | dict(bound.arguments)
    given.pop(next(iter(signature.parameters)))
    for parameter in signature.parameters.values():
        if parameter.kind == parameter.VAR_KEYWORD:
            given.update(given.pop(parameter.name, {}))
    return given


class _Call:
    """The arguments of a call: a dict would be taken for one that holds layers."""

    def __init__(self, arguments):
        self.arguments = arguments


def _remembers(init):
    """The outermost __init__() notes what it was called with; None where that cannot be written into a file."""

    @functools.wraps(init)
    def wrapper(self, *args, **kwargs):
        if "_init_arguments" not in self.__dict__:
            plain = _is_plain(args) and _is_plain(kwargs)
            self.__dict__["_init_arguments"] = _Call(_arguments(init, self, args, kwargs) if plain else None)
        return init(self, *args, **kwargs)

    return wrapper


def takes(init, name):
    """Whether an __init__() has that argument; those of Runnel's classes count as having it."""
    if not hasattr(init, "__code__"):
        return True
    parameters = inspect.signature(init).parameters
    return name in parameters or any(p.kind == p.VAR_KEYWORD for p in parameters.values())


def _get_config(self):
    """The name, the dtype, and the arguments of __init__(). NotImplementedError where these are no plain values."""
    from runnel.keras._layer import Layer

    base = Layer.get_config(self)
    if not _is_auto(type(self).get_config):
        return base  # called by a get_config() of one's own
    given = self._init_arguments.arguments
    if given is None:
        raise NotImplementedError(
            f"Object {type(self).__name__} was created by passing non-serializable argument values in `__init__()`, and therefore the object "
            "must override `get_config()` in order to be serializable. Please implement `get_config()`.")
    return {**{key: base[key] for key in _BASE if key in base and takes(type(self).__init__, key)}, **given}


_get_config._is_auto = True


def _is_auto(function):
    return getattr(function, "_is_auto", False)


def _extends(cls, names):
    """True where the class is derived from one of these classes of Runnel's, with none between."""
    first = next(base for base in cls.__mro__[1:] if base.__module__.startswith("runnel.keras."))
    return first.__name__ in names


def adapt(cls):
    """Called for each subclass of Layer."""
    own = cls.__dict__
    if "__init__" not in own or not _extends(cls, ("Layer", "Model")):
        return
    if hasattr(cls.get_config, "__code__") and not _is_auto(cls.get_config):
        return
    cls.__init__ = _remembers(own["__init__"])
    cls.get_config = _get_config
