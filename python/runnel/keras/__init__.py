"""tf.keras over the C++ implementation. The classes and their arguments come from the C++ tables."""

import json
import sys
import types

from runnel import _runnel
from runnel._tensor import convert_to_tensor


def _json(value):
    """What json cannot write: objects with a config, shapes and dtypes."""
    if isinstance(value, _Configured):
        return value._serialized()
    if hasattr(value, "as_list"):
        return value.as_list()
    return getattr(value, "name", str(value))


def _dump(value):
    return json.dumps(value, default=_json)


def _argument_names(kind, name):
    return list(json.loads(_runnel.keras_default_config(kind, name)))


class _Configured:
    """An object that is its class's name and arguments (initializers, losses, optimizers, ...)."""

    _kind = _names = None

    def __init__(self, *args, **kwargs):
        self._config = _arguments(type(self), args, kwargs)

    def get_config(self):
        defaults = json.loads(_runnel.keras_default_config(self._kind, type(self).__name__))
        return {**defaults, **json.loads(_dump(self._config))}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def _serialized(self):
        return {"class_name": type(self).__name__, "config": json.loads(_dump(self._config)), "registered_name": None}


def _arguments(cls, args, kwargs):
    if len(args) > len(cls._names):
        raise TypeError(f"{cls.__name__}() takes at most {len(cls._names)} arguments ({len(args)} given)")
    config = dict(zip(cls._names, args))
    for key, value in kwargs.items():
        if key in config:
            raise TypeError(f"{cls.__name__}() got multiple values for argument '{key}'")
        config[key] = value
    return {key: value for key, value in config.items() if value is not None}


class Layer:
    """A layer: a handle of the C++ one. (Layers of one's own in Python are not there yet; in C++ they are.)"""

    _kind, _names = "layers", None

    def __init__(self, *args, **kwargs):
        if type(self).__name__ not in _runnel.keras_classes("layers"):
            raise NotImplementedError("subclassing Layer from Python is not there yet; write the layer in C++, or use raw tf operations")
        self._handle = _runnel.keras_layer(type(self).__name__, _dump(_arguments(type(self), args, kwargs)))

    @classmethod
    def _of(cls, handle):
        self = object.__new__(cls)
        self._handle = handle
        return self

    def __call__(self, inputs, training=None):
        return self._handle.call(inputs if _runnel.is_symbolic(inputs) or isinstance(inputs, (list, tuple, dict)) else convert_to_tensor(inputs), training)

    name = property(lambda self: self._handle.name)
    built = property(lambda self: self._handle.built)
    weights = variables = property(lambda self: self._handle.weights())
    trainable_weights = trainable_variables = property(lambda self: self._handle.trainable_weights())
    non_trainable_weights = non_trainable_variables = property(lambda self: self._handle.non_trainable_weights())
    losses = property(lambda self: self._handle.losses())

    @property
    def trainable(self):
        return self._handle.trainable

    @trainable.setter
    def trainable(self, value):
        self._handle.trainable = value

    def get_weights(self):
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights):
        self._handle.set_weights(list(weights))

    def count_params(self):
        return self._handle.count_params()

    def get_config(self):
        return json.loads(self._handle.config())


class History:
    """What fit() returns: `history` maps each log to its values, epoch by epoch."""

    def __init__(self, history):
        self.history = history
        self.epoch = list(range(len(next(iter(history.values()), []))))


def _verbose(value):
    return 1 if value == "auto" else int(value)


class Model(Layer):
    """Model(inputs, outputs): a functional model."""

    def __init__(self, inputs, outputs, name=None):
        self._handle = _runnel.keras_functional(inputs, outputs, name or "")

    layers = property(lambda self: [Layer._of(handle) for handle in self._handle.layers()])

    def get_layer(self, name):
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"No such layer: {name}. Existing layers are: {[layer.name for layer in self.layers]}.")

    def compile(self, optimizer="rmsprop", loss=None, metrics=None):
        self._handle.compile(_dump(optimizer), _dump(loss), [_dump(m) for m in metrics or []])

    def fit(self, x=None, y=None, batch_size=None, epochs=1, verbose="auto", validation_split=0.0, validation_data=None, shuffle=True,
            class_weight=None, sample_weight=None, initial_epoch=0, validation_batch_size=None, validation_freq=1):
        options = dict(batch_size=batch_size, epochs=epochs, verbose=_verbose(verbose), validation_split=float(validation_split),
                       validation_data=validation_data, shuffle=bool(shuffle), class_weight=class_weight, sample_weight=sample_weight,
                       initial_epoch=initial_epoch, validation_batch_size=validation_batch_size, validation_freq=validation_freq)
        return History(self._handle.fit(x, y, {key: value for key, value in options.items() if value is not None}))

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto"):
        values = self._handle.evaluate(x, y, batch_size or 32, _verbose(verbose))
        return values[0] if len(values) == 1 else values

    def predict(self, x, batch_size=None, verbose="auto"):
        out = self._handle.predict(x, batch_size or 32, _verbose(verbose))
        return out.numpy() if hasattr(out, "numpy") else out

    def summary(self):
        print(self._handle.summary(), end="")

    def save_weights(self, filepath):
        self._handle.save_weights(str(filepath))

    def load_weights(self, filepath):
        self._handle.load_weights(str(filepath))


class Sequential(Model):
    """A model whose layers follow each other."""

    def __init__(self, layers=None, name=None):
        self._handle = _runnel.keras_sequential([layer._handle for layer in layers or []], name or "")

    def add(self, layer):
        self._handle.add(layer._handle)


def Input(shape=None, dtype="float32", name=None):
    """A Keras tensor to begin a functional model with; `shape` is without the batch axis."""
    return _runnel.keras_input(list(shape), dtype, name or "")


def _module(name):
    module = types.ModuleType(f"runnel.keras.{name}", f"tf.keras.{name}")
    sys.modules[module.__name__] = module
    globals()[name.partition(".")[0]] = globals().get(name.partition(".")[0], module)
    return module


def _install():
    for kind in ("layers", "losses", "metrics", "optimizers", "initializers", "regularizers", "constraints"):
        module, base = _module(kind), Layer if kind == "layers" else _Configured
        for name in _runnel.keras_classes(kind):
            setattr(module, name, type(name, (base,), {"__module__": module.__name__, "_kind": kind, "_names": _argument_names(kind, name)}))
    layers.Layer, layers.Input = Layer, Input  # noqa: F821
    models_module, utils_module, datasets_module = _module("models"), _module("utils"), _module("datasets")
    models_module.Model, models_module.Sequential = Model, Sequential
    utils_module.set_random_seed = _runnel.keras_set_random_seed
    utils_module.clear_session = _runnel.keras_clear_session
    for name, load in (("fashion_mnist", _fashion_mnist), ("california_housing", _california_housing)):
        module = types.ModuleType(f"runnel.keras.datasets.{name}")
        module.load_data = load
        sys.modules[module.__name__] = module
        setattr(datasets_module, name, module)


def _arrays(data):
    return tuple(tuple(t.numpy() for t in split) for split in data)


def _fashion_mnist():
    """((x_train, y_train), (x_test, y_test)): 60,000 and 10,000 images (28, 28) of uint8, and their classes."""
    return _arrays(_runnel.keras_fashion_mnist())


def _california_housing(test_split=0.2, seed=113):
    """((x_train, y_train), (x_test, y_test)) of the 1990 census."""
    return _arrays(_runnel.keras_california_housing(test_split, seed))


_install()
