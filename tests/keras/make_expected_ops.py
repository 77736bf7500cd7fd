"""Writes expected_ops.npz: what real Keras over TensorFlow computes for every line of ops_calls/, and the gradients; and
expected_promotion.json: the dtype of every pair of dtypes, and of some lists of three.

    KERAS_BACKEND=tensorflow .venv-peers/bin/python tests/keras/make_expected_ops.py
"""

import json
import os
import pathlib

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import ops_rows  # noqa: E402


def numbers(x):
    """An array that npz can hold, and its dtype's name."""
    if isinstance(x, (bool, int, float, str)):
        return np.asarray(x), type(x).__name__
    if isinstance(x, np.ndarray):
        return x, x.dtype.name
    x = tf.convert_to_tensor(x)
    return (tf.cast(x, "float32") if x.dtype == tf.bfloat16 else x).numpy(), x.dtype.name


def differentiate(line):
    inputs, makers = [], None

    def replace(i, array):
        tensor = tf.convert_to_tensor(array)
        if tensor.dtype == tf.float32:
            inputs.append(tensor)
            tape.watch(tensor)
        return tensor

    with tf.GradientTape() as tape:
        makers = ops_rows.Makers(line, replace)
        results = [r for r in ops_rows.flatten(makers.evaluate(keras.ops)) if tf.is_tensor(r) and r.dtype == tf.float32]
        total = sum(tf.reduce_sum(r * ops_rows.weights(r.shape).astype("float32")) for r in results) if results else None
    if total is None:
        return []
    return [tf.convert_to_tensor(g) if g is not None else None for g in tape.gradient(total, inputs)]


class Store:
    """Arrays in one flat array for each type."""

    def __init__(self):
        self.flat = {}

    def add(self, x):
        """What finds the array again: [dtype, shape]."""
        array, dtype = numbers(x)
        self.flat.setdefault(array.dtype.name, []).append(array.ravel())
        return [dtype, array.dtype.name, list(array.shape)]

    def save(self, path, rows):
        flat = {name: np.concatenate(parts) for name, parts in self.flat.items()}
        np.savez_compressed(path, rows=np.array(json.dumps(rows)), **flat)


def promotions():
    kinds = {"int": int, "float": float}
    rows = [[name] for name in ops_rows.PROMOTED] + [[a, b] for a in ops_rows.PROMOTED for b in ops_rows.PROMOTED]
    rows += [["uint8", "int8", "float"], ["bool", "int", "float16"], ["bfloat16", "float16", "int64"], ["int32", "uint32", "float"]]
    found = {}
    for row in rows:
        try:
            found[" ".join(row)] = keras.backend.result_type(*(kinds.get(name, name) for name in row))
        except ValueError:
            found[" ".join(row)] = None  # refused
    (pathlib.Path(__file__).parent / "expected_promotion.json").write_text(json.dumps(found, indent=0) + "\n")


def main():
    promotions()
    store, rows = Store(), {}
    for family in ops_rows.FAMILIES:
        for line in ops_rows.lines(family):
            try:
                results = ops_rows.flatten(ops_rows.Makers(line, cast=lambda a, d: tf.cast(a, d)).evaluate(keras.ops))
                gradients = differentiate(line) if ops_rows.has_gradient(line) else []
                rows[line] = {"results": [store.add(r) for r in results], "gradients": [g if g is None else store.add(g) for g in gradients]}
            except Exception as error:
                print(f"{family}: {line}: {type(error).__name__}: {str(error).splitlines()[0][:150]}")
    store.save(pathlib.Path(__file__).parent / "expected_ops.npz", rows)
    print(len(rows), "rows")


if __name__ == "__main__":
    main()
