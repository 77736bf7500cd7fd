#!/usr/bin/env python3
"""Calls of tests/parity/rows_*.py with an argument made extreme: values, shapes, dtypes, attributes; run and differentiated."""

import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "parity")]
import runnel as tf  # noqa: E402
import sandbox  # noqa: E402
from evaluate import make_tensor  # noqa: E402
import rows  # noqa: E402

ROWS = list(rows.load())


def changed_array(array, dtype, rng):
    """Another shape, or other numbers: integers are often sizes, axes and indices."""
    kind = rng.random()
    if kind < 0.4 and array.size and array.dtype.kind in "iuf":
        out = array.copy()
        limits = np.iinfo(out.dtype) if out.dtype.kind in "iu" else None
        value = rng.choice(sandbox.EXTREMES)
        out.flat[rng.randrange(out.size)] = min(max(value, limits.min), limits.max) if limits else rng.choice([float(value), np.nan, np.inf])
        return out
    if kind < 0.6:
        return array[..., None] if rng.random() < 0.5 or array.ndim == 0 else array[0] if len(array) else array
    if kind < 0.75 and array.ndim:
        return array[:0]
    if kind < 0.9 and array.ndim:
        axis = rng.randrange(array.ndim)
        return np.concatenate([array, array], axis)
    return np.swapaxes(array, 0, -1) if array.ndim else array.reshape(1)


def attempt(rng, note):
    row = rng.choice(ROWS)
    number, dtype = rng.choice(list(row.runs()))
    arrays, _ = row.inputs(number, dtype)
    attrs = dict(row.cases[number].attrs)
    for _ in range(rng.choice([1, 1, 2])):
        if arrays and (not attrs or rng.random() < 0.6):
            at = rng.randrange(len(arrays))
            arrays[at] = (changed_array(arrays[at][0], dtype, rng), arrays[at][1])
        elif attrs:
            key = rng.choice(list(attrs))
            attrs[key] = sandbox.changed(attrs[key], rng)
    note(f"{row.name} case {number} {dtype} of {[(a.tolist() if a.size < 6 else a.shape, d) for a, d in arrays]} with {attrs}")
    tensors = [make_tensor(tf, array, name) for array, name in arrays]
    floating = [t for t in tensors if t.dtype.is_floating or t.dtype.is_complex]
    with tf.GradientTape() as tape:
        tape.watch(floating)
        result = row.fn(tf, *tensors, **attrs)
    tape.gradient(result, floating)


if __name__ == "__main__":
    sandbox.main(attempt)
