"""Pickling and copying of Keras's objects: a class, its config, and the values of its Variables; whole models as `.keras` archives."""

from runnel import _runnel
from runnel.keras import _layer, _registry


def own_classes(objects):
    """{name: class} of those that are not Runnel's: pickle finds them again by their module."""
    return {type(thing).__name__: type(thing) for thing in objects if not type(thing).__module__.startswith("runnel.")}


def _parts_of(model):
    yield from model._flatten_layers()
    for held in (getattr(model, "optimizer", None), model.__dict__.get("loss"), *model.metrics):
        if held is not None:
            yield held


def _model_of(archive, classes):
    with _registry.CustomObjectScope(classes):
        return _runnel.keras_model_of_archive(archive)


def _reduce_model(self):
    return _model_of, (_runnel.keras_archive(self), own_classes(_parts_of(self)))


def _layer_of(cls, config, build_config, values, classes):
    with _registry.CustomObjectScope(classes):
        layer = cls.from_config(config)
        if build_config:
            layer.build_from_config(build_config)
    if values:
        layer.set_weights(values)
    return layer


def _reduce_layer(self):
    return _layer_of, (type(self), self.get_config(), self.get_build_config() if self.built else None, self.get_weights(),
                       own_classes(self._flatten_layers()))


def _object_of(cls, config, values):
    """An optimizer has the count of its steps and its rate again; its slots are built by the first fit()."""
    made = cls.from_config(config)
    for variable, value in zip(made.variables if values else (), values):
        variable.assign(value)
    return made


def _reduce_object(self):
    """Losses, metrics, optimizers, initializers, regularizers, constraints, schedules, callbacks."""
    config = self.get_config() if hasattr(self, "get_config") else _runnel.keras_serialize(self)["config"]
    return _object_of, (type(self), config, [v.numpy() for v in getattr(self, "variables", [])])


def _history_of(cls, history, epoch, attributes):
    made = cls(history, epoch)
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def _reduce_history(self):
    attributes = {key: value for key, value in self.__dict__.items() if key not in ("history", "epoch")}
    return _history_of, (type(self), self.history, self.epoch, {**attributes, "params": self.params})


def install(model, history):
    for kind in ("losses", "metrics", "optimizers", "initializers", "regularizers", "constraints", "schedules", "callbacks", "quantizers"):
        _runnel.keras_class(kind, "").__reduce__ = _reduce_object
    _layer.Layer.__reduce__, model.__reduce__, history.__reduce__ = _reduce_layer, _reduce_model, _reduce_history
