#!/usr/bin/env python3
"""Models' files and configurations with bytes flipped or values replaced: `.keras`, `.weights.h5`, whole-model `.h5`, JSON."""

import io
import json
import os
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
import runnel as tf  # noqa: E402
import sandbox  # noqa: E402

L = tf.keras.layers
MOST_PARAMETERS = 1e7  # a config that was made to ask for more is a right one


def sequential():
    model = tf.keras.Sequential([
        L.Input((8, 8, 3)), L.Conv2D(4, 3, activation="relu"), L.BatchNormalization(), L.MaxPooling2D(), L.Flatten(), L.Dropout(0.1), L.Dense(2)
    ])
    model.compile(optimizer=tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.9)), loss="mse", metrics=["mae"])
    return model


def functional():
    a, b = L.Input((5,), name="a"), L.Input((4, 3), name="b")
    shared = L.Dense(3, kernel_regularizer="l2")
    x = L.Concatenate()([shared(a), L.LSTM(3)(b), L.GRU(2, activation="tanh")(b)])
    model = tf.keras.Model([a, b], [L.Dense(1, name="out")(x), L.LayerNormalization()(x) * 2.0])
    model.compile(optimizer="rmsprop", loss=["mse", "mae"])
    return model


def sizes(model):
    inputs = model.inputs if isinstance(model.inputs, (list, tuple)) else [model.inputs]
    return [tuple(t.shape)[1:] for t in inputs]


def originals():
    """(kind, bytes or text) of each model in each format."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for number, model in enumerate((sequential(), functional())):
            outputs = model.predict([np.ones((2, *s), "float32") for s in sizes(model)] if number else np.ones((2, 8, 8, 3), "float32"), verbose=0)
            targets = [np.zeros_like(o) for o in outputs] if number else np.zeros_like(outputs)
            model.fit([np.ones((2, *s), "float32") for s in sizes(model)] if number else np.ones((2, 8, 8, 3), "float32"), targets, verbose=0)
            for suffix in (".keras", ".h5", ".weights.h5"):
                path = os.path.join(folder, f"model{suffix}")
                model.save_weights(path) if suffix == ".weights.h5" else model.save(path)
                found.append((suffix, number, Path(path).read_bytes()))
            found.append((".json", number, model.to_json().encode()))
    return found


def mutated_bytes(data, rng):
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(max(1, len(data) - 8))
        what = rng.randrange(5)
        if what == 0:
            data[at] = rng.randrange(256)
        elif what == 1:
            data[at] ^= 1 << rng.randrange(8)
        elif what == 2:
            data[at : at + 8] = rng.choice([b"\0", b"\xff"]) * 8
        elif what == 3:
            other = rng.randrange(max(1, len(data) - 8))
            data[at : at + 8] = data[other : other + 8]
        elif rng.random() < 0.2:
            del data[at:]
    return bytes(data)


def mutated_json(text, rng):
    value = json.loads(text)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        value = sandbox.changed(value, rng)
    return json.dumps(value).encode()


def mutated_archive(data, rng):
    """An archive with one member changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        chosen = rng.choice(old.namelist())
        for name in old.namelist():
            member = old.read(name)
            if name == chosen:
                member = mutated_json(member, rng) if name.endswith(".json") else mutated_bytes(member, rng)
            new.writestr(name, member)
    return out.getvalue()


ORIGINALS = originals()
MODELS = [sequential(), functional()]
FOLDER = tempfile.TemporaryDirectory()


def use(model):
    if model.count_params() > MOST_PARAMETERS:
        return
    inputs = [np.ones((1, *(n or 3 for n in s)), "float32") for s in sizes(model)]
    if sum(i.size for i in inputs) < 1e6:
        model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    model.to_json()


def attempt(rng, note):
    warnings.simplefilter("ignore")
    kind, number, data = rng.choice(ORIGINALS)
    note(f"{kind} of model {number}")
    if kind == ".json":
        text = mutated_json(data, rng) if rng.random() < 0.9 else mutated_bytes(data, rng)
        note(f"{kind} of model {number}: {text.decode(errors='replace')[:3000]}")
        use(tf.keras.models.model_from_json(text.decode(errors="replace")))
        return
    path = os.path.join(FOLDER.name, f"changed{os.getpid()}{kind}")
    Path(path).write_bytes(mutated_archive(data, rng) if kind == ".keras" and rng.random() < 0.7 else mutated_bytes(data, rng))
    if kind == ".weights.h5":
        MODELS[number].load_weights(path)
    else:
        use(tf.keras.models.load_model(path))


if __name__ == "__main__":
    sandbox.main(attempt)
