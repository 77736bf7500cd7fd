"""Calls of keras.ops, one a line, as Python writes them. Arrays come from the makers below and are the same whoever evaluates a line:
make_expected_ops.py with real Keras, test_ops.py with ours, in eager mode, inside tf.function and on Keras tensors.

A line that begins with "~" has no gradient to compare; one with "!" is not called on Keras tensors or inside functions (its sizes
depend on values, or its arguments must be known); one with "?" is called inside functions with its sizes known.
"""

import re
import sys
import zlib
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "ops_calls"


def lines(name):
    text = (FOLDER / f"{name}.txt").read_text().splitlines()
    return [line.strip() for line in text if line.strip() and not line.startswith("#")]


FAMILIES = sorted(path.stem for path in FOLDER.glob("*.txt"))


PROMOTED = ["bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "bfloat16", "float16", "float32", "float64", "complex64",
            "complex128", "int", "float"]


class Makers:
    """Evaluates a line. `replace(i, array)` may give something else in the place of the line's i-th array."""

    KINDS = {"f": "float32", "p": "float32", "n": "float32", "o": "float32", "d": "float64", "h": "float16", "g": "bfloat16", "i": "int32", "l": "int64",
             "s": "int8", "u": "uint8", "w": "uint16", "v": "uint32", "k": "int16", "b": "bool", "c": "complex64"}

    def __init__(self, line, replace=lambda i, array: array, cast=None):
        self.code = line.lstrip("~!?")
        self.source = np.random.RandomState(zlib.crc32(self.code.encode()))
        self.replace, self.cast, self.arrays = replace, cast, []

    def give(self, array):
        self.arrays.append(array)
        return self.replace(len(self.arrays) - 1, array)

    def draw(self, kind, shape):
        source = self.source
        if kind in "fdhg":
            array = source.uniform(-2, 2, shape)
        elif kind == "p":  # positive
            array = source.uniform(0.1, 3, shape)
        elif kind == "o":  # in the open interval (-1, 1)
            array = source.uniform(-0.9, 0.9, shape)
        elif kind == "n":  # with NaN and infinities
            array = source.choice([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5, -2.5], shape)
        elif kind == "b":
            array = source.randint(0, 2, shape)
        elif kind == "c":
            array = source.uniform(-2, 2, shape) + 1j * source.uniform(-2, 2, shape)
        else:
            array = source.randint(0 if kind in "uwv" else -5, 7, shape)
        if self.KINDS[kind] == "bfloat16":
            return array.astype("float32"), "bfloat16"
        return array.astype(self.KINDS[kind]), None

    def maker(self, kind):
        def make(*shape):
            array, dtype = self.draw(kind, shape)
            return self.give(self.cast(array, dtype) if dtype and self.cast else array)

        return make

    def names(self):
        names = {kind: self.maker(kind) for kind in self.KINDS}
        names["r"] = lambda high, *shape: self.give(self.source.randint(0, high, shape).astype("int32"))  # indices
        names["a"] = lambda values, dtype="float32": self.give(np.asarray(values, dtype))  # these values
        names["spd"] = self.positive_definite
        return names

    def positive_definite(self, *shape):
        x = self.source.uniform(-1, 1, shape)
        return self.give((x @ np.swapaxes(x, -1, -2) + np.diag(np.arange(1, shape[-1] + 1))).astype("float32"))

    def evaluate(self, ops):
        keras = sys.modules[ops.__name__.rpartition(".")[0]]
        words = set(re.findall(r"[a-z]\w*", self.code))
        names = {**{word: getattr(ops, word) for word in words if hasattr(ops, word)}, **self.names(), "random": keras.random, "np": np, "inf": np.inf, "nan": np.nan}
        return eval(self.code, names)


def flatten(result):
    if isinstance(result, (list, tuple)):
        return [leaf for item in result for leaf in flatten(item)]
    return [result]


def weights(shape):
    """What results are multiplied with before they are summed and differentiated."""
    return np.sin(1.0 + np.arange(int(np.prod(shape)))).reshape(shape)


def marks(line):
    return line[: len(line) - len(line.lstrip("~!?"))]


def has_gradient(line):
    return "~" not in marks(line)


def is_static(line):
    return "!" in marks(line)


def needs_sizes(line):
    return "?" in marks(line)
