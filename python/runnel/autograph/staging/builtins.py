"""Python's functions for tensors of a graph."""

import builtins
import inspect

import runnel as tf
from runnel.autograph.staging import backend

_UNSET = object()


def overload_of(function):
    """What a call of the built-in function means in converted code."""
    return _OVERLOADS.get(function, function)


def abs_(x):
    return tf.abs(x) if backend.is_staged(x) else builtins.abs(x)


def float_(x=0):
    return _number(x, tf.float32) if backend.is_staged(x) else builtins.float(x)


def int_(x=0, base=_UNSET):
    if not backend.is_staged(x):
        return builtins.int(x) if base is _UNSET else builtins.int(x, base)
    if base not in (10, _UNSET):
        raise NotImplementedError(f"base {base} not supported for int")
    return _number(x, tf.int32)


def _number(x, dtype):
    return tf.strings.to_number(x, dtype) if x.dtype == tf.string else tf.cast(x, dtype)


def len_(x):
    if isinstance(x, getattr(tf, "TensorArray", ())) and backend.tracing():
        return x.size()
    if not backend.is_staged(x):
        return builtins.len(x)
    if x.shape.rank == 0:
        raise ValueError(f"len requires a non-scalar tensor, got one of shape {tf.shape(x)}")
    known = x.shape[0] if x.shape.rank else None
    return tf.shape(x)[0] if known is None else known


def print_(*objects, **options):
    unknown = tuple(set(options) - {"sep", "end", "file", "flush"})
    if unknown:
        raise ValueError(f"invalid keyword arguments: {unknown}")
    if not any(backend.is_staged(leaf) for o in objects for leaf in tf.nest.flatten(o)):
        return builtins.print(*objects, **options)
    return tf.print(*objects, output_stream=options.get("file") or "stdout", sep=options.get("sep", " "), end=options.get("end", "\n"))


def range_(start_or_stop, stop=_UNSET, step=_UNSET):
    given = [v for v in (start_or_stop, stop, step) if v is not _UNSET]
    if not any(map(backend.is_staged, given)):
        return builtins.range(*given)
    if len(given) == 3:
        return tf.range(*given)
    start = start_or_stop if len(given) == 2 else 0
    return tf.range(start, tf.maximum(start, given[-1])) if len(given) == 2 else tf.range(tf.maximum(given[0], 0))


def sorted_(items, /, *, key=None, reverse=False):
    if not backend.is_staged(items):
        return builtins.sorted(items, key=key, reverse=reverse)
    if key is not None:
        items = tf.gather(items, tf.argsort(tf.map_fn(key, items)))
        return tf.reverse(items, [0]) if reverse else items
    if items.shape.rank != 1:
        raise ValueError("sorted only supports rank-1 tensors")
    return tf.sort(items, direction="DESCENDING" if reverse else "ASCENDING")


def enumerate_(iterable, start=0):
    return iterable.enumerate(start) if _are_datasets(iterable) else builtins.enumerate(iterable, start)


def zip_(*iterables, strict=False):
    return tf.data.Dataset.zip(iterables) if _are_datasets(*iterables) else builtins.zip(*iterables, strict=strict)


def map_(function, *iterables):
    return tf.data.Dataset.zip(iterables).map(function) if _are_datasets(*iterables) else builtins.map(function, *iterables)


def filter_(function, iterable):
    return iterable.filter(function) if _are_datasets(iterable) else builtins.filter(function, iterable)


def any_(iterable):
    if not _are_datasets(iterable):
        return builtins.any(iterable)
    return iterable.reduce(tf.constant(False), lambda found, x: tf.logical_or(found, x))


def all_(iterable):
    if not _are_datasets(iterable):
        return builtins.all(iterable)
    return iterable.reduce(tf.constant(True), lambda found, x: tf.logical_and(found, x))


def _are_datasets(*items):
    return builtins.bool(items) and builtins.all(isinstance(item, tf.data.Dataset) for item in items)


_OVERLOADS = {abs: abs_, all: all_, any: any_, enumerate: enumerate_, filter: filter_, float: float_, int: int_, len: len_, map: map_,
              print: print_, range: range_, sorted: sorted_, zip: zip_}


def is_builtin(function):
    """Functions of Python itself and of compiled modules, which have no source."""
    return function in _OVERLOADS if isinstance(function, type) else inspect.isbuiltin(function)
