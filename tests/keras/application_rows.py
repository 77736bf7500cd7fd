"""keras.applications, in Keras and in Runnel: names, weights and numbers of each architecture. expected_applications.json holds Keras's:
    .venv-peers/bin/python tests/keras/application_rows.py        (only the rows that are not there yet)
Weights and images are made from numbers, so that no file has to be stored.
"""

import hashlib
import json
import os

import numpy as np

EXPECTED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "expected_applications.json")
SMALL = {"weights": None, "input_shape": (64, 64, 3), "classes": 5}
NO_TOP = {"weights": None, "include_top": False}

# name: (class, arguments, size of the image to compute; 0: the structure alone)
ROWS = {
    "ResNet50": ("ResNet50", SMALL, 64),
    "ResNet50V2, no top": ("ResNet50V2", {**NO_TOP, "pooling": "max"}, 40),
    "MobileNetV2": ("MobileNetV2", {**SMALL, "alpha": 0.5}, 64),
    "MobileNetV2, no top": ("MobileNetV2", {**NO_TOP, "alpha": 1.4, "input_shape": (96, 96, 3), "pooling": "avg"}, 96),
    "VGG16, no top": ("VGG16", {**NO_TOP, "pooling": "avg"}, 32),
    "Xception": ("Xception", {"weights": None, "input_shape": (71, 71, 3), "classes": 4, "classifier_activation": None}, 71),
    "ResNet101": ("ResNet101", SMALL, 0),
    "ResNet152": ("ResNet152", {**NO_TOP}, 0),
    "ResNet101V2": ("ResNet101V2", SMALL, 0),
    "ResNet152V2": ("ResNet152V2", {**NO_TOP, "pooling": "avg"}, 0),
    "VGG19": ("VGG19", {"weights": None, "input_shape": (32, 32, 3), "classes": 3}, 0),
}


def digest(lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def weight(index, shape):
    """Numbers that keep signals about as large as they are: kernels by their fan-in, variances and scales near 1."""
    generator = np.random.default_rng(index)
    if len(shape) == 1:
        return (generator.uniform(0.5, 1.5, shape)).astype("float32")
    return (generator.standard_normal(shape) / np.sqrt(np.prod(shape[:-1]))).astype("float32")


def evaluate(keras, name):
    cls, arguments, size = ROWS[name]
    model = getattr(keras.applications, cls)(**arguments)
    paths = [w.path.split("/", 1)[1] if w.path.startswith(model.name + "/") else w.path for w in model.weights]
    out = {"name": model.name, "layers": len(model.layers), "params": model.count_params(), "output_shape": list(model.output_shape),
           "types": digest(type(layer).__name__ for layer in model.layers), "weights": digest(f"{p} {tuple(w.shape)}" for p, w in zip(paths, model.weights)),
           "names": digest(layer.name for layer in model.layers if any(c.isupper() or c == "_" for c in layer.name))}
    if size:
        model.set_weights([weight(i, tuple(w.shape)) for i, w in enumerate(model.weights)])
        image = np.random.default_rng(7).uniform(-1, 1, (1, size, size, 3)).astype("float32")
        out["output"] = [float(v) for v in np.asarray(model(image)).ravel()[:32]]
    return out


if __name__ == "__main__":
    import keras

    stored = json.load(open(EXPECTED)) if os.path.exists(EXPECTED) else {}
    for name in ROWS:
        if name not in stored:
            keras.backend.clear_session()
            stored[name] = evaluate(keras, name)
            print(name, flush=True)
    with open(EXPECTED, "w") as file:
        json.dump(stored, file, indent=1)
