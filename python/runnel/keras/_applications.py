"""keras.applications: one module an architecture, made from the table of C++ (runnel/keras/applications/all.cc)."""

import inspect

from runnel import _runnel

_MODES = {"caffe": 0, "tf": 1, "torch": 2}


def _signature(defaults):
    names = list(defaults)
    names.insert(names.index("weights") + 1, "input_tensor")
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature([inspect.Parameter(name, kind, default=defaults.get(name)) for name in names])


def _architecture(name, defaults):
    signature = _signature({key: None if value == "" else value for key, value in defaults.items()})

    def make(*args, **kwargs):
        given = dict(signature.bind(*args, **kwargs).arguments)
        tensor = given.pop("input_tensor", None)
        if given.get("name", "") is None:
            del given["name"]
        if given.get("weights") is not None:
            given["weights"] = str(given["weights"])
        return _runnel.keras_application(name, given, tensor)

    make.__name__ = make.__qualname__ = name
    make.__signature__ = signature
    make.__doc__ = f"The architecture {name} as a functional model."
    return make


def _preprocessing(mode):
    def preprocess_input(x, data_format=None):
        """Images (..., rows, columns, channels) with values from 0 to 255, as the trained weights expect them."""
        return _preprocessed(x, data_format, mode)

    return preprocess_input


def _preprocessed(x, data_format, mode):
    import numpy as np
    from runnel import keras

    y = _runnel.keras_preprocess_input(x, mode, data_format or keras.config.image_data_format())
    return y.numpy() if isinstance(x, np.ndarray) else y


def preprocess_input(x, data_format=None, mode="caffe"):
    """keras.applications.imagenet_utils.preprocess_input: as Caffe, TensorFlow or Torch did."""
    if mode not in _MODES:
        raise ValueError(f"Expected mode to be one of `caffe`, `tf` or `torch`. Received: mode={mode}")
    return _preprocessed(x, data_format, _MODES[mode])


def decode_predictions(preds, top=5):
    """The best classes of each row (samples, 1000): lists of (id, name, score)."""
    return _runnel.keras_decode_predictions(preds, top)


def install(module):
    root, utils = module("applications"), module("applications.imagenet_utils")
    utils.preprocess_input, utils.decode_predictions = preprocess_input, decode_predictions
    prepare = {}  # by architecture: one that has two modules has the same function in both
    for name, home, mode, defaults in _runnel.keras_applications():
        function, place = getattr(root, name, None) or _architecture(name, defaults), module(f"applications.{home}")
        setattr(place, name, function)
        setattr(root, name, function)
        prepare.setdefault(name, getattr(place, "preprocess_input", None) or _preprocessing(mode))
        place.preprocess_input, place.decode_predictions = prepare[name], decode_predictions
