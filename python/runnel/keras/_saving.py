"""save_model, load_model and Model.save with Keras's arguments; the work is done in C++ (runnel/keras/saving)."""

import json
import os

from runnel import _runnel
from runnel.keras import _model, _registry
from runnel.keras._auto_config import takes


def save_model(model, filepath, overwrite=True, zipped=None, include_optimizer=True, save_format=None, **kwargs):
    """Saves a model as `.keras`, or as `.h5` in the format of Keras 2. ValueError for another ending."""
    if kwargs:
        raise ValueError(f"The following argument(s) are not supported: {list(kwargs)}")
    path = os.fspath(filepath)
    if save_format in ("h5", "keras", "tf") and "." not in os.path.basename(path):
        path += ".keras" if save_format == "keras" else ".h5" if save_format == "h5" else ""
    model._save(path, overwrite, include_optimizer)


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """A model from a `.keras` or `.h5` file, compiled as it was unless `compile` is false. Runs no code of the file."""
    with _registry.CustomObjectScope(custom_objects):
        return _runnel.keras_load_model(os.fspath(filepath), bool(compile), bool(safe_mode))


def model_from_json(json_string, custom_objects=None):
    return _registry.deserialize_keras_object(json.loads(json_string), custom_objects)


def clone_model(model, **kwargs):
    """A model of the same architecture with weights of its own, not compiled."""
    config = _registry.serialize_keras_object(model)
    return _registry.deserialize_keras_object({key: value for key, value in config.items() if key != "compile_config"})


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
    for layer in config["layers"]:
        model.add(_registry.deserialize_keras_object(layer))
    if not model.built and config.get("build_input_shape"):
        model.build(config["build_input_shape"])
    model.trainable = config.get("trainable", True)
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
    saving.save_weights = lambda model, filepath, overwrite=True: model.save_weights(filepath, overwrite)
    saving.load_weights = lambda model, filepath, skip_mismatch=False, **kwargs: model.load_weights(filepath, skip_mismatch, **kwargs)
