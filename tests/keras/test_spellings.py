"""Code as users wrote it for Keras 2.4 to 2.15, for Keras 3, and from textbooks: every cell of tests/keras/spellings runs and holds.

A file there is a notebook: "# %% title" begins a cell, which runs alone; "(needs keras.x)" leaves it out where there is no x yet. The cells
of keras3.py also run in real Keras:
    RUNNEL_TF=tensorflow .venv-peers/bin/python tests/keras/test_spellings.py
"""

import importlib
import operator
import os
import re
import traceback
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent / "spellings"
tf = importlib.import_module(os.environ.get("RUNNEL_TF", "runnel"))
keras = importlib.import_module("keras") if tf.__name__ == "tensorflow" else tf.keras
X = np.random.RandomState(0).rand(32, 4).astype("float32")
Y = X.sum(1, keepdims=True) ** 2


def cells(path):
    """(title, code) of each cell; the code has empty lines before it, so that errors show the file's line numbers."""
    text = path.read_text()
    starts = [(m.start(), m.end(), m[1]) for m in re.finditer(r"^# %% (.*)\n", text, re.MULTILINE)]
    ends = [start for start, _, _ in starts[1:]] + [len(text)]
    return [(title, "\n" * text.count("\n", 0, begin) + text[begin:end]) for (_, begin, title), end in zip(starts, ends)]


def mlp():
    keras.utils.set_random_seed(3)
    return keras.Sequential([keras.layers.Dense(5, activation="tanh", input_shape=(4,)), keras.layers.Dense(1)])


def compiled():
    model = mlp()
    model.compile(optimizer="sgd", loss="mse")
    return model


def run(path, code):
    names = {"tf": tf, "keras": keras, "K": keras.backend, "np": np, "X": X, "Y": Y, "mlp": mlp, "compiled": compiled, "__name__": "notebook"}
    exec(compile(code, path, "exec"), names)


def missing(title):
    """What the cell needs and Keras lacks, or None."""
    needed = re.search(r"\(needs keras\.(.*)\)", title)
    if not needed:
        return None
    try:
        operator.attrgetter(needed[1])(keras)
    except AttributeError:
        return needed[1]
    return None


def pytest_generate_tests(metafunc):
    rows = [(path, title, code) for path in sorted(FOLDER.glob("*.py")) for title, code in cells(path)]
    metafunc.parametrize("path, title, code", rows, ids=[f"{path.stem}: {title}" for path, title, _ in rows])


def test_cell(path, title, code):
    if missing(title):
        pytest.skip(f"there is no keras.{missing(title)} yet")
    run(path, code)


def run_in_keras():
    for title, code in cells(FOLDER / "keras3.py"):
        try:
            run(FOLDER / "keras3.py", code)
        except Exception:
            print(title)
            traceback.print_exc(limit=-1)


if __name__ == "__main__":
    run_in_keras()
