"""Small things of tf.*: scopes, Module, print, function."""

import contextlib
import functools
import itertools
import pprint
import re
import sys

from runnel import _runnel, nest
from runnel._graph import name_scope
from runnel._tensor import Tensor, convert_to_tensor


@contextlib.contextmanager
def device(device_name):
    """Accepts the CPU, the one device of this build."""
    if device_name is not None and not callable(device_name) and "CPU" not in str(device_name).upper():
        from runnel import errors

        raise errors.InvalidArgumentError(None, None, f"Could not satisfy device specification '{device_name}'. This build knows CPU:0.")
    yield


def no_gradient(op_type):
    """Accepted: operators say themselves whether they have gradients."""
    return None


_STREAMS = ("stdout", "stderr", "log(info)", "log(warning)", "log(error)")


def print(*inputs, **kwargs):
    """Prints tensors and anything else, in a graph whenever it runs.

    output_stream: sys.stderr (the default), sys.stdout, or "file://<path>"; summarize: how many elements are shown at either end of each
    axis, 3 by default, all where it is -1; sep=" ", end="\\n". ValueError for another stream or argument.
    """
    stream, summarize = kwargs.pop("output_stream", None), kwargs.pop("summarize", None)
    sep, end = kwargs.pop("sep", " "), kwargs.pop("end", "\n")
    kwargs.pop("name", None)
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    mark, tensors = _free_mark(sep.join(item for item in inputs if isinstance(item, str))), []
    text = sep.join(item if isinstance(item, str) else _template(item, tensors, mark) for item in inputs)
    one_text = text == mark and tensors[0].dtype == "string" and tensors[0].shape.rank == 0
    line = tensors[0] if one_text else _runnel.call_raw(
        "StringFormat", {"inputs": tensors, "template": text, "placeholder": mark, "summarize": 3 if summarize is None else summarize})
    _runnel.call_raw("PrintV2", {"input": line, "output_stream": _stream_name(stream), "end": end})


def _free_mark(text):
    """What can stand for a tensor because `text` does not hold it."""
    return next(mark for mark in (f"\x1a{n}\x1b" for n in itertools.count()) if mark not in text)


def _stream_name(stream):
    if stream is None or stream is sys.stderr or stream is sys.__stderr__:
        return "stderr"
    if stream is sys.stdout or stream is sys.__stdout__:
        return "stdout"
    if isinstance(stream, str) and (stream in _STREAMS or stream.startswith("file://")):
        return stream
    raise ValueError(f"Unsupported output stream, logging level, or file. {stream}. Supported streams are sys.stdout, sys.stderr, "
                     f"{', '.join(_STREAMS)}. File needs to be in the form of 'file://<filepath>'.")


def _template(item, tensors, mark):
    """The text of anything, in which `mark` stands for each tensor; adds the tensors in the order of the text."""
    found = []

    def leaf(value):
        if not isinstance(value, (Tensor, _runnel.ResourceVariable)):
            return value
        found.append(convert_to_tensor(value))
        return _Place(len(found) - 1)

    def put(place):
        tensors.append(found[ord(place[1]) - _FIRST_PLACE])
        return mark

    return re.sub("\x1a([\ue000-\uf8ff])", put, pprint.pformat(nest.map_structure(leaf, item)))


_FIRST_PLACE = 0xE000


class _Place:
    """Where a tensor stands among texts: two columns wide, as TensorFlow's `{}`; no repr() of a text holds its first character."""

    def __init__(self, index):
        self.index = index

    def __repr__(self):
        return "\x1a" + chr(_FIRST_PLACE + self.index)


def _default_name(cls):
    return _runnel.module_name(cls.__name__).lower()  # C++ lowers ASCII only


class Module:
    """The base of things that own Variables, found among the attributes."""

    def __init__(self, name=None):
        name = name or _default_name(type(self))
        if not name.isidentifier():
            raise ValueError(f"'{name}' is not a valid module name. Module names must be valid Python identifiers (e.g. a valid class name).")
        self._name = name
        with name_scope(name) as scope:
            self._scope_name = scope

    @property
    def name(self):
        """The name; by default of the class, my_class of MyClass."""
        return getattr(self, "_name", _default_name(type(self)))

    name_scope = property(lambda self: name_scope(getattr(self, "_scope_name", self.name + "/")), doc="A context in which names begin with the module's.")

    def _walk(self, seen):
        """What is reached through the attributes: the own ones by name, then those of the modules among them."""
        below = []
        for key, value in sorted(vars(self).items()):
            for leaf in nest.flatten(value):
                if id(leaf) in seen:
                    continue
                seen.add(id(leaf))
                yield leaf
                if isinstance(leaf, Module):
                    below.append(leaf)
        for module in below:
            yield from module._walk(seen)

    def _found(self, wanted):
        return tuple(leaf for leaf in self._walk({id(self)}) if isinstance(leaf, wanted))

    @property
    def variables(self):
        """All Variables, the own ones before those of the modules below."""
        return self._found(_runnel.ResourceVariable)

    @property
    def trainable_variables(self):
        """Those of the Variables that are trainable."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self):
        """Those of the Variables that are not trainable."""
        return tuple(v for v in self.variables if not v.trainable)

    @property
    def submodules(self):
        """All modules below."""
        return self._found(Module)

    @classmethod
    def with_name_scope(cls, method):
        """Makes a method run in the name scope of its module."""
        @functools.wraps(method)
        def call(self, *args, **kwargs):
            with self.name_scope:
                return method(self, *args, **kwargs)

        return call
