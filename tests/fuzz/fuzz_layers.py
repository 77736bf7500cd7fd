#!/usr/bin/env python3
"""Layers of tests/keras/layer_rows.py with an argument or the input's shape made extreme: made, called and differentiated."""

import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "keras")]
import layer_rows  # noqa: E402
import runnel as tf  # noqa: E402
import sandbox  # noqa: E402


def changed_shape(shape, rng):
    """A shape, or several, with one size changed, added or left out."""
    if isinstance(shape[0], int):
        sizes = list(shape)
        at = rng.randrange(len(sizes))
        sizes[at : at + 1] = rng.choice([[0], [1], [sizes[at] + 1], [], [sizes[at], 2]])
        return tuple(sizes)
    at = rng.randrange(len(shape))
    return type(shape)([changed_shape(s, rng) if i == at else s for i, s in enumerate(shape)])


def attempt(rng, note):
    name, shape, training, ints, arguments = rng.choice(layer_rows.ROWS)
    made = {key: eval(value, {"L": tf.keras.layers}) if isinstance(value, layer_rows.code) else value for key, value in arguments.items()}
    for _ in range(rng.choice([0, 1, 1, 2])):
        if made:
            key = rng.choice(list(made))
            made[key] = sandbox.changed(made[key], rng)
    if rng.random() < 0.5:
        shape = changed_shape(shape, rng)
    note(f"{name}({made}) of {shape}")
    layer = getattr(tf.keras.layers, name)(**made)
    spread = isinstance(shape, tuple) and isinstance(shape[0], tuple)
    numbers = np.random.default_rng(0)
    inputs = [tf.constant(layer_rows.values(s, numbers, ints)) for s in (shape if spread or isinstance(shape, list) else [shape])]
    with tf.GradientTape() as tape:
        tape.watch([t for t in inputs if t.dtype.is_floating])
        output = layer(*(inputs if spread else [inputs if isinstance(shape, list) else inputs[0]]), **({"training": True} if training else {}))
    tape.gradient(output, inputs + list(layer.trainable_weights))
    type(layer).from_config(layer.get_config())


if __name__ == "__main__":
    sandbox.main(attempt)
