"""Run with real Keras: opens the files that Runnel saved, predicts, trains on, and saves models for Runnel to open.

    .venv-peers/bin/python tests/keras/open_saved.py FOLDER
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import saved_models

ENDINGS = ("keras", "h5", "weights.h5", "weights.json")


def opened(path, name, ending):
    if ending.startswith("weights"):
        model = saved_models.MODELS[name](keras)[0]
        model.load_weights(path)
        return model
    return keras.models.load_model(path)


def answer(path, name, ending):
    x, y = saved_models.data_of(name, keras)
    model = opened(path, name, ending)
    out = {"outputs": [o.tolist() for o in saved_models.outputs(model, x)]}
    if ending == "keras":  # of an .h5 file, real Keras 3.15 builds the optimizer without Variables, and cannot train on
        out["losses"] = saved_models.train(model, x, y)
    return out


def save(folder, name):
    """A trained model in each format, what it predicts, and how its training goes on."""
    model, x, y = saved_models.MODELS[name](keras)
    saved_models.train(model, x, y)
    for ending in ENDINGS:
        if (name, ending) not in saved_models.KERAS_CANNOT_SAVE:
            saved_models.save(model, folder / f"keras_{name}.{ending}")
    np.savez(folder / f"keras_{name}.npz", *saved_models.outputs(model, x), losses=saved_models.train(model, x, y))


def main():
    folder, answers = Path(sys.argv[1]), {}
    for name in json.loads((folder / "names.json").read_text()):
        for ending in ENDINGS:
            path = folder / f"ours_{name}.{ending}"
            try:
                answers[path.name] = answer(path, name, ending)
            except Exception as error:  # the test shows it
                answers[path.name] = {"error": f"{type(error).__name__}: {error}"[:2000]}
        save(folder, name)
    (folder / "answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
