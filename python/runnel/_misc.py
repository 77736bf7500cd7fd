"""Small things of tf.*: scopes, Module, print, function."""

import builtins
import contextlib
import functools
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
    return None


def print(*inputs, output_stream=None, summarize=3, sep=" ", end="\n", name=None):
    """Prints tensors and anything else, on the standard error by default."""
    if any(_is_symbolic(leaf) for item in inputs for leaf in nest.flatten(item)) or _runnel.is_tracing():
        return _print_in_graph(inputs, output_stream, summarize, sep, end)
    text = sep.join(_shown(item, summarize) for item in inputs) + end
    if isinstance(output_stream, str) and output_stream.startswith("file://"):
        with open(output_stream[7:], "a") as file:
            file.write(text)
    else:
        stream = {None: sys.stderr, "stdout": sys.stdout, "stderr": sys.stderr}.get(output_stream, output_stream)
        if stream is not None and hasattr(stream, "write"):
            stream.write(text)
            stream.flush()


def _is_symbolic(leaf):
    return isinstance(leaf, Tensor) and _runnel.is_symbolic(leaf)


def _print_in_graph(inputs, output_stream, summarize, sep, end):
    """A node that prints whenever the graph runs."""
    flat = nest.flatten(list(inputs))
    places = [i for i, leaf in enumerate(flat) if isinstance(leaf, (Tensor, _runnel.ResourceVariable))]

    structure = nest.map_structure(lambda leaf: None if isinstance(leaf, Tensor) else leaf, list(inputs))

    def run(values):
        leaves = nest.flatten(structure)
        for place, value in zip(places, values):
            leaves[place] = value
        print(*nest.pack_sequence_as(structure, leaves), output_stream=output_stream, summarize=summarize, sep=sep, end=end)
        return []

    _runnel.host_call([convert_to_tensor(flat[i]) for i in places], run, [], None, "PrintV2", True)


def _shown(item, summarize):
    if nest.is_nested(item):
        made = nest.map_structure(lambda leaf: _Text(_shown(leaf, summarize), leaf), item)
        return str(made)
    if not isinstance(item, (Tensor, _runnel.ResourceVariable)):
        return str(item)
    value = item.numpy()
    if getattr(value, "ndim", 0) == 0:
        return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else _number(value)
    return _rows(value, summarize)


class _Text:
    def __init__(self, text, leaf):
        self._text = repr(leaf) if isinstance(leaf, str) else text

    def __repr__(self):
        return self._text


def _number(value):
    if hasattr(value, "dtype") and value.dtype.kind == "b":
        return "1" if value else "0"
    if hasattr(value, "dtype") and value.dtype.kind == "f":
        return "nan" if value != value else f"{float(value):.9g}" if value.dtype.itemsize == 4 and False else _shortest(value)
    return str(value)


def _shortest(value):
    text = str(value)
    return text.removesuffix(".0")


def _rows(value, summarize):
    if value.ndim == 0:
        item = value[()] if hasattr(value, "shape") else value
        return f'"{item.decode()}"' if isinstance(item, bytes) else _number(item)
    shown = list(value)
    cut = summarize is not None and summarize >= 0 and len(shown) > 2 * summarize
    texts = [f'"{r.decode()}"' if isinstance(r, bytes) else _rows(r, summarize) if hasattr(r, "ndim") and r.ndim else _number(r)
             for r in ([*shown[:summarize], *shown[len(shown) - summarize:]] if cut else shown)]
    if cut:
        texts.insert(summarize, "...")
    return "[" + (" " if value.ndim == 1 else "\n" * (value.ndim - 1) + " " * 1).join(texts) + "]"


class Module:
    """The base of things that own Variables, found among the attributes."""

    def __init__(self, name=None):
        self._name = name or _snake_case(type(self).__name__)

    @property
    def name(self):
        return getattr(self, "_name", _snake_case(type(self).__name__))

    name_scope = property(lambda self: name_scope(self.name))

    def _found(self, wanted, seen):
        for key, value in sorted(vars(self).items()):
            for item in nest.flatten(value):
                if id(item) in seen:
                    continue
                if isinstance(item, wanted):
                    seen.add(id(item))
                    yield item
                if isinstance(item, Module):
                    seen.add(id(item))
                    yield from item._found(wanted, seen)

    @property
    def variables(self):
        return tuple(self._found(_runnel.ResourceVariable, {id(self)}))

    @property
    def trainable_variables(self):
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self):
        return tuple(v for v in self.variables if not v.trainable)

    @property
    def submodules(self):
        return tuple(self._found(Module, {id(self)}))

    @classmethod
    def with_name_scope(cls, method):
        @functools.wraps(method)
        def call(self, *args, **kwargs):
            with self.name_scope:
                return method(self, *args, **kwargs)

        return call


def _snake_case(name):
    out = builtins.str()
    for i, c in enumerate(name):
        out += "_" + c.lower() if c.isupper() and i and not name[i - 1].isupper() else c.lower()
    return out
