"""save_model, load_model and Model.save with Keras's arguments; the work is done in C++ (runnel/keras/saving)."""

import contextlib
import json
import os

from runnel import _runnel, errors
from runnel.keras import _file_editor, _layer, _model, _registry
from runnel.keras._auto_config import takes
from runnel.keras._pickling import own_classes


def save_model(model, filepath, overwrite=True, zipped=None, include_optimizer=True, save_format=None, **kwargs):
    """Saves a model as `.keras`, or as `.h5` in the format of Keras 2. ValueError for another ending."""
    if kwargs:
        raise ValueError(f"The following argument(s) are not supported: {list(kwargs)}")
    path = os.fspath(filepath)
    if save_format in ("h5", "keras", "tf") and "." not in os.path.basename(path):
        path += ".keras" if save_format == "keras" else ".h5" if save_format == "h5" else ""
    model._save(path, overwrite, include_optimizer)


class DamagedFileError(errors.DataLossError, ValueError, OSError):
    """A file that is cut short or altered: TensorFlow's error, and what Keras raises for `.keras` and for `.h5` files."""


@contextlib.contextmanager
def _damage_told():
    try:
        yield
    except errors.DataLossError as error:
        raise DamagedFileError(None, None, str(error)) from None


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """A model from a `.keras` or `.h5` file, compiled as it was unless `compile` is false. Runs no code of the file."""
    with _registry.CustomObjectScope(custom_objects), _damage_told():
        return _runnel.keras_load_model(os.fspath(filepath), bool(compile), bool(safe_mode))


def save_weights(model, filepath, overwrite=True, max_shard_size=None, **kwargs):
    """Weights alone: "x.weights.h5", or "x.weights.json" and several files of at most `max_shard_size` gigabytes beside it."""
    model.save_weights(filepath, overwrite, max_shard_size, **kwargs)


def load_weights(model, filepath, skip_mismatch=False, **kwargs):
    """Weights into a model that has such. Layers that do not fit are an error, or left out where `skip_mismatch`."""
    model.load_weights(filepath, skip_mismatch, **kwargs)


def _load_weights_of(cpp):
    def load_weights(self, filepath, skip_mismatch=False, by_name=False, **kwargs):
        """Weights from a file of either kind or from a whole model; `by_name` for Keras 2's files."""
        with _damage_told():
            cpp(self, filepath, skip_mismatch, by_name)

    return load_weights


def model_from_json(json_string, custom_objects=None):
    """A model, not compiled, of the architecture that to_json() gave."""
    return _registry.deserialize_keras_object(json.loads(json_string), custom_objects)


def clone_model(model, input_tensors=None, clone_function=None, call_function=None, recursive=False):
    """A model of the same architecture with weights of its own, not compiled.

    `clone_function(layer)` gives the layer that stands in the clone, but for inputs; with `recursive`, also in models within.
    The clone is built on `input_tensors`, in the structure of the model's inputs, where they are given. ValueError for `call_function`,
    and for the other two where the model is neither Sequential nor functional.
    """
    if call_function is not None:
        raise ValueError(f"clone_model() calls the layers as the model does. Received: call_function={call_function}. Hint: build the graph by hand.")
    only_layers = clone_function and isinstance(model, _model.Sequential)
    with _registry.CustomObjectScope(own_classes(model._flatten_layers()), _class_of_clone(model)):
        return _runnel.keras_clone_model(model, _gives_layers(clone_function) if only_layers else clone_function, bool(recursive), input_tensors)


def _class_of_clone(model):
    """{name: class}. Keras makes the clone of a Sequential, whatever its subclass, a Sequential."""
    return {_registry.get_registered_name(type(model)): _model.Sequential} if isinstance(model, _model.Sequential) else {}


def _gives_layers(clone_function):
    def checked(layer):
        made = clone_function(layer)
        if not isinstance(made, _layer.Layer):
            raise ValueError(f"Only instances of `keras.Layer` can be added to a Sequential model. Received: {made} (of type {type(made)})")
        return made

    return checked


def to_json(self, **kwargs):
    """The architecture as JSON, for keras.models.model_from_json()."""
    return json.dumps(json.loads(self._to_json()), **kwargs)


_GRAPH = {"layers", "input_layers", "output_layers"}


def _functional(cls, config):
    """Model(inputs, outputs) of one's own class, from the configuration of its graph."""
    graph = _runnel.keras_deserialize({"module": "keras", "class_name": "Functional", "config": config, "registered_name": None})
    if cls is _model.Functional:
        return graph
    return cls(inputs=graph._structure("inputs"), outputs=graph._structure("outputs"), name=config.get("name"), trainable=graph.trainable)


def _sequential(cls, config):
    model = cls(name=config.get("name"))
    _runnel.keras_add_layers(model, config)
    return model


def _model_from_config(cls, config, custom_objects=None):
    """A model from its get_config(): a graph, a list of layers, or the arguments of one's own class."""
    with _registry.CustomObjectScope(custom_objects):
        if _GRAPH <= config.keys() and takes(cls.__init__, "outputs"):
            return _functional(cls, config)
        if issubclass(cls, _model.Sequential) and "layers" in config:
            return _sequential(cls, config)
        return cls(**{key: value for key, value in config.items() if key not in _GRAPH})


def install(models, saving):
    _model.Model.save, _model.Model.to_json = save_model, to_json
    _model.Model.from_config = classmethod(_model_from_config)
    for module in (models, saving):
        module.save_model, module.load_model = save_model, load_model
    models.model_from_json = model_from_json
    _model.Model.load_weights = _load_weights_of(_model.Model.load_weights)
    saving.KerasFileEditor = _file_editor.KerasFileEditor
    saving.save_weights, saving.load_weights = save_weights, load_weights
