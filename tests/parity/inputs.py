"""Inputs of the parity rows. Both sides (real TensorFlow and Runnel) make the same numbers from the row's name.

Only Philox's raw bits are used, because NumPy promises those across versions, while its distributions may change.
"""

import zlib

import numpy as np

WORDS = ["", "a", "runnel", "b", "ab", "stream", "Zed", "\u00e9t\u00e9"]
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")


class Source:
    """A stream of uniform doubles that depends on a text only."""

    def __init__(self, text):
        self._bits = np.random.Philox(key=zlib.crc32(text.encode()))

    def uniform(self, count):
        return (self._bits.random_raw(count) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def permutation(self, count):
        return np.argsort(self.uniform(count), kind="stable")


class Arg:
    """How to make one argument: `make(source, dtype)` gives a NumPy array. `dtype` fixes the type, None takes the case's."""

    def __init__(self, make, dtype=None, diff=True):
        self._make, self.dtype, self.diff = make, dtype, diff

    def array(self, source, case_dtype):
        dtype = self.dtype or case_dtype
        return as_dtype(self._make(source, dtype), dtype), dtype

    def fixed(self, dtype):
        return Arg(self._make, dtype, self.diff)


def as_dtype(array, dtype):
    """bfloat16 has no NumPy type: it travels as float32 whose values bfloat16 can hold."""
    array = np.asarray(array)
    if dtype == "string":
        return array.astype(object)
    if dtype == "bfloat16":
        return to_bfloat16(array.astype(np.float32))
    return array.astype(dtype)


def to_bfloat16(array):
    array = np.array(array, np.float32)
    bits = array.view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) & np.uint32(0xFFFF0000)
    out = np.where(np.isfinite(array), rounded.view(np.float32), array)
    return out.astype(np.float32).reshape(array.shape)


def distinct(source, shape, low, high):
    """Distinct values, spread evenly with a little jitter, so that max, sort and friends have no ties."""
    count = int(np.prod(shape))
    steps = source.permutation(count) + 0.3 + 0.4 * source.uniform(count)
    values = low + (high - low) * steps / max(count, 1)
    if low < 0 < high:
        values += np.where(values < 0, -0.03, 0.03)  # away from the kinks at nought
    return values.reshape(shape)


def words(numbers):
    flat = numbers.reshape(-1).astype(int) % len(WORDS)
    return np.array([WORDS[i].encode() for i in flat] + [None], object)[:-1].reshape(numbers.shape)


def between(low, high):
    """A family of inputs with values inside (low, high); integers take the same signs, bools and strings any value."""

    def factory(shape):
        def make(source, dtype):
            if dtype.startswith("complex"):
                return distinct(source, shape, low, high) + 1j * distinct(source, shape, low, high)
            values = distinct(source, shape, low, high)
            if dtype == "bool":
                return values > (low + high) / 2
            if dtype == "string":
                return words(values * 1000)
            if dtype in SIGNED or dtype in UNSIGNED:
                values = np.rint(values * 4)
                if low >= 0:
                    values = np.maximum(values, 1)
                return np.abs(values) if dtype in UNSIGNED else values
            return values

        return Arg(make)

    return factory


spread = between(-2.5, 2.5)
positive = between(0.1, 3.0)
unit = between(-0.95, 0.95)
probability = between(0.05, 0.95)


def integers(low, high):
    """Whole numbers low <= x < high in the case's dtype: equal values are likely. No gradient is checked through them."""

    def factory(shape, dtype=None, diff=False):
        def make(source, kind):
            count = int(np.prod(shape))
            values = (low + np.floor(source.uniform(count) * (high - low))).reshape(shape)
            return words(values) if kind == "string" else values

        return Arg(make, dtype, diff)

    return factory


def index(shape, high, dtype="int32"):
    return integers(0, high)(shape, dtype)


def const(value, dtype=None, diff=False):
    """Exactly this value; `dtype` None means the case's."""
    return Arg(lambda source, _: np.asarray(value), dtype, diff)


def mask(*shape):
    return between(-1, 1)(shape).fixed("bool")


def matrix(make):
    """An argument computed by `make(source)`, e.g. a well-conditioned matrix."""
    return Arg(lambda source, dtype: make(source, dtype))


def _special_values(source, dtype):
    if dtype.startswith("complex"):
        return np.array([0, 1, -1, 1j, -1j, 1 + 1e-3j, -2 - 0.5j, 1e-4 - 3j])
    if dtype in SIGNED:
        info = np.iinfo(dtype)
        return np.array([0, 1, -1, 7, info.max, info.min + 1], dtype)
    if dtype in UNSIGNED:
        return np.array([0, 1, 2, 7, np.iinfo(dtype).max], dtype)
    return np.array([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 100.0, -100.0, np.inf, -np.inf, np.nan, 1e-3, -1e-3])


# Zeros of both signs, infinities, NaN, halves, the ends of the integers.
SPECIAL = Arg(_special_values, diff=False)
