"""Runs one case of a row against a module (`runnel` or `tensorflow`) and gives plain NumPy results."""

import re

import numpy as np

from inputs import as_dtype

FLOATING = ("float32", "float64", "float16", "bfloat16", "complex64", "complex128")


class Failed:
    """What a call raised: the class's name and the first sentence."""

    def __init__(self, kind, text):
        self.kind, self.text = kind, text

    @classmethod
    def of(cls, error):
        text = re.sub(r"\{\{.*?\}\} ?| \[Op:\w+\].*", "", str(error).strip().split("\n")[0])
        return cls(type(error).__name__, text.split(". ")[0][:240])

    def __repr__(self):
        return f"{self.kind}: {self.text}"


def make_tensor(tf, array, dtype):
    if dtype == "bfloat16":
        return tf.cast(tf.constant(array, dtype=tf.float32), tf.bfloat16)
    if dtype == "string":
        return tf.constant(array.tolist(), dtype=tf.string, shape=array.shape)
    return tf.constant(array, dtype=getattr(tf, dtype))


def flatten(nest):
    """Leaves of lists, tuples and dicts, in TensorFlow's order."""
    if isinstance(nest, (list, tuple)) and not hasattr(nest, "rank"):
        return [leaf for item in nest for leaf in flatten(item)]
    if isinstance(nest, dict):
        return [leaf for key in sorted(nest) for leaf in flatten(nest[key])]
    return [nest]


def to_array(tf, leaf):
    """(array, dtype name) of a leaf; None stays None; what is no tensor becomes text."""
    if leaf is None:
        return None
    if isinstance(leaf, (str, bool, int, float)):
        return np.array(str(leaf).encode(), object), "string"
    if not hasattr(leaf, "dtype"):
        return np.array(repr(leaf).replace("runnel", "tf").encode(), object), "string"
    if isinstance(leaf, np.ndarray) or np.isscalar(leaf):
        return np.asarray(leaf), np.asarray(leaf).dtype.name
    name = leaf.dtype.name
    if hasattr(leaf, "indices") and hasattr(leaf, "values"):
        leaf = tf.convert_to_tensor(leaf)
    if name == "bfloat16":
        return np.asarray(tf.cast(leaf, tf.float32).numpy()), name
    if name == "string":
        return np.array(leaf.numpy(), object), name
    return np.asarray(leaf.numpy()), name


def tensors_of(tf, row, number, dtype):
    arrays, source = row.inputs(number, dtype)
    return [make_tensor(tf, array, name) for array, name in arrays], source


def forward(tf, row, number, dtype):
    """The outputs as a list of (array, dtype name), or Failed."""
    try:
        tensors, _ = tensors_of(tf, row, number, dtype)
        result = row.function(tf)(tf, *tensors, **row.cases[number].attrs)
        return [to_array(tf, leaf) for leaf in flatten(result)]
    except Exception as error:  # noqa: BLE001 - whatever it raises is the result
        return Failed.of(error)


def differentiable(row, number, dtype):
    """Positions of the arguments with a gradient."""
    case = row.cases[number]
    if not (row.grad and case.grad) or case.fails:
        return []
    chosen = range(len(case.args)) if row.wrt is None else row.wrt
    return [i for i in chosen if case.args[i].diff and (case.args[i].dtype or dtype) in FLOATING]


def directions(source, shapes, dtype):
    """Numbers of size about one, away from zero, in the given shapes: cotangents and directions."""

    def draw(shape):
        count = int(np.prod(shape))
        values = source.uniform(count)
        return (np.where(values < 0.5, -1.2, 0.2) + values).reshape(shape)

    out = []
    for shape, name in zip(shapes, dtype):
        values = draw(shape)
        if name.startswith("complex"):
            values = values + 1j * draw(shape)
        out.append(as_dtype(values, name))
    return out


class Derivatives:
    """First and second derivatives of a case by the module's tape, with fixed cotangents."""

    def __init__(self, tf, row, number, dtype):
        self.tf, self.row, self.number, self.dtype = tf, row, number, dtype
        self.wrt = differentiable(row, number, dtype)
        arrays, self.source = row.inputs(number, dtype)
        self.arrays = [array for array, _ in arrays]
        self.names = [name for _, name in arrays]
        self.cotangents = None
        self.weights = None

    def call(self, tensors):
        result = self.row.function(self.tf)(self.tf, *tensors, **self.row.cases[self.number].attrs)
        return [leaf for leaf in flatten(result) if hasattr(leaf, "dtype") and leaf.dtype.name in FLOATING]

    def tensors(self, arrays):
        return [make_tensor(self.tf, array, name) for array, name in zip(arrays, self.names)]

    def draw(self, outs):
        """Cotangents of the outputs and weights of the gradients, drawn once per case."""
        if self.cotangents is None:
            self.cotangents = directions(self.source, [tuple(o.shape) for o in outs], [o.dtype.name for o in outs])
            self.weights = directions(
                self.source, [self.arrays[i].shape for i in self.wrt], [self.names[i] for i in self.wrt])
            self.steps = directions(
                self.source, [self.arrays[i].shape for i in self.wrt], [self.names[i] for i in self.wrt])

    def gradients(self, arrays=None, order=1):
        """[first] or [first, second]: for each argument an array or None."""
        tf = self.tf
        tensors = self.tensors(self.arrays if arrays is None else arrays)
        sources = [tensors[i] for i in self.wrt]
        with tf.GradientTape() as outer:
            outer.watch(sources)
            with tf.GradientTape() as inner:
                inner.watch(sources)
                outs = self.call(tensors)
                self.draw(outs)
            seeds = [make_tensor(tf, c, o.dtype.name) for c, o in zip(self.cotangents, outs)]
            first = inner.gradient(outs, sources, output_gradients=seeds)
            first = [None if g is None else tf.convert_to_tensor(g) for g in first]
        result = [[None if g is None else to_array(tf, g)[0] for g in first]]
        if order == 2:
            result.append(self._second(outer, first, sources))
        return result

    def _second(self, outer, first, sources):
        tf = self.tf
        present = [i for i, g in enumerate(first) if g is not None]
        if not present:
            return [None] * len(sources)
        weights = [make_tensor(tf, self.weights[i], first[i].dtype.name) for i in present]
        second = outer.gradient([first[i] for i in present], sources, output_gradients=weights)
        return [None if g is None else to_array(tf, tf.convert_to_tensor(g))[0] for g in second]

    # Finite differences: L = Re<c, f(x)> and M = Re<w, grad L(x)>, along one random direction that moves every argument.

    def _along(self, value):
        """Derivative along self.steps by the five-point rule."""
        step = 2e-4

        def moved(k):
            arrays = list(self.arrays)
            for v, i in zip(self.steps, self.wrt):
                arrays[i] = arrays[i] + k * step * v
            return value(arrays)

        return (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * step)

    def _loss(self, arrays):
        outs = self.call(self.tensors(arrays))
        return sum(dot(c, o.numpy()) for c, o in zip(self.cotangents, outs))

    def _slope(self, arrays):
        first = self.gradients(arrays)[0]
        return sum(dot(w, g) for w, g in zip(self.weights, first) if g is not None)

    def mismatch(self, order):
        """None when tape and differences agree, else a sentence."""
        derivatives = self.gradients(order=order)
        analytic = sum(dot(g, v) for g, v in zip(derivatives[-1], self.steps) if g is not None)
        numeric = self._along(self._loss if order == 1 else self._slope)
        size = sum(np.abs(g * v).sum() for g, v in zip(derivatives[-1], self.steps) if g is not None)
        if abs(analytic - numeric) <= 2e-7 * (1 + size + abs(numeric)):
            return None
        return f"order {order}: the tape gives {analytic!r}, differences give {numeric!r}"


def dot(a, b):
    """Re<a, b>, without what is infinite (the maximum of nothing)."""
    usable = np.isfinite(b) & (np.abs(b) < 1e100)
    return float(np.sum(np.real(np.conj(a) * np.where(usable, b, 0))))
