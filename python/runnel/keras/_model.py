"""Model's methods with Keras's arguments; the work is done in C++ (python/keras/training.cc)."""

import json

from runnel import _runnel
from runnel._function import functions_run_eagerly
from runnel.keras._layer import Callback, Layer

Model, Sequential = _runnel.keras_class("models", ""), _runnel.keras_class("models", "Sequential")
Functional = _runnel.keras_class("models", "Functional")


class History(Callback):
    """What fit() returns: `history` maps each log to its values, epoch by epoch."""

    def __init__(self, history=None, epoch=None):
        super().__init__()
        self.history, self.epoch = history or {}, epoch or []


def _looks_like_metrics(value):
    return isinstance(value, (list, tuple)) and any(isinstance(v, str) or callable(v) for v in value)


def compile(self, optimizer="rmsprop", loss=None, loss_weights=None, metrics=None, weighted_metrics=None, run_eagerly=False,
            steps_per_execution=1, jit_compile="auto", auto_scale_loss=True, **kwargs):
    """Says how the model is trained. (The third positional argument of Keras 2 is `metrics`.)"""
    if _looks_like_metrics(loss_weights):
        loss_weights, metrics = metrics, loss_weights
    self._compile(optimizer, loss, loss_weights, metrics, weighted_metrics, bool(run_eagerly) or functions_run_eagerly())
    self.__dict__.update(loss=loss, loss_weights=loss_weights, run_eagerly=bool(run_eagerly), steps_per_execution=steps_per_execution,
                         jit_compile=jit_compile, _compile_metrics=metrics, _compile_weighted_metrics=weighted_metrics)


def fit(self, x=None, y=None, batch_size=None, epochs=1, verbose="auto", callbacks=None, validation_split=0.0, validation_data=None,
        shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0, steps_per_epoch=None, validation_steps=None,
        validation_batch_size=None, validation_freq=1, max_queue_size=10, workers=1, use_multiprocessing=False):
    """Trains on arrays, a tf.data.Dataset, a generator or a PyDataset; gives a History."""
    given = dict(batch_size=batch_size, epochs=epochs, verbose=verbose, callbacks=callbacks, validation_split=float(validation_split),
                 validation_data=validation_data, shuffle=shuffle, class_weight=class_weight, sample_weight=sample_weight,
                 initial_epoch=initial_epoch, steps_per_epoch=steps_per_epoch, validation_steps=validation_steps,
                 validation_batch_size=validation_batch_size, validation_freq=validation_freq)
    history = History(*self._fit(x, y, given))
    history.model, history.params = self, {"verbose": verbose, "epochs": epochs, "steps": steps_per_epoch}
    self.__dict__["history"] = history
    return history


def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, steps=None, callbacks=None, return_dict=False, **kwargs):
    """The loss and the metrics over the data: a number, a list, or a dict."""
    logs = self._evaluate(x, y, dict(batch_size=batch_size, verbose=verbose, sample_weight=sample_weight, steps=steps, callbacks=callbacks))
    return _values(logs, return_dict)


def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None, **kwargs):
    """The outputs for all samples, as NumPy arrays."""
    return self._predict(x, dict(batch_size=batch_size, verbose=verbose, steps=steps, callbacks=callbacks))


def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, reset_metrics=False, return_dict=False):
    if reset_metrics:
        self.reset_metrics()
    return _values(self._train_on_batch(x, y, sample_weight, class_weight), return_dict)


def test_on_batch(self, x, y=None, sample_weight=None, reset_metrics=False, return_dict=False):
    if reset_metrics:
        self.reset_metrics()
    return _values(self._test_on_batch(x, y, sample_weight), return_dict)


def _values(logs, return_dict):
    if return_dict:
        return logs
    values = list(logs.values())
    return values[0] if len(values) == 1 else values


def fit_generator(self, generator, steps_per_epoch=None, epochs=1, verbose=1, callbacks=None, validation_data=None, validation_steps=None, **kwargs):
    """Keras 2's name of fit() for generators."""
    known = {key: kwargs[key] for key in ("class_weight", "shuffle", "initial_epoch", "validation_freq") if key in kwargs}
    return self.fit(generator, steps_per_epoch=steps_per_epoch, epochs=epochs, verbose=verbose, callbacks=callbacks,
                    validation_data=validation_data, validation_steps=validation_steps, **known)


def evaluate_generator(self, generator, steps=None, callbacks=None, verbose=0, **kwargs):
    return self.evaluate(generator, steps=steps, callbacks=callbacks, verbose=verbose)


def predict_generator(self, generator, steps=None, callbacks=None, verbose=0, **kwargs):
    return self.predict(generator, steps=steps, callbacks=callbacks, verbose=verbose)


class _CompiledLoss:
    """Keras 2's model.compiled_loss(y, y_pred, sample_weight, regularization_losses)."""

    def __init__(self, model):
        self._model = model

    def __call__(self, y_true, y_pred, sample_weight=None, regularization_losses=None):
        loss = self._model._compiled_loss(y_true, y_pred, sample_weight)
        for penalty in regularization_losses or []:
            loss = loss + penalty
        for metric in self._model.metrics[:1]:
            metric.update_state(loss)
        return loss


class _CompiledMetrics:
    """Keras 2's model.compiled_metrics.update_state(y, y_pred, sample_weight)."""

    def __init__(self, model):
        self._model = model

    def update_state(self, y_true, y_pred, sample_weight=None):
        self._model.compute_metrics(None, y_true, y_pred, sample_weight)


def _step_function(step):
    def make(self, force=False):
        """A function that takes an iterator and runs one step on its next batch."""
        return lambda iterator: getattr(self, step)(next(iterator))

    return make


def to_json(self, **kwargs):
    """The architecture as JSON; keras.models.model_from_json() reads it."""
    return json.dumps(self._serialized(), **kwargs)


def _sequential_from_config(cls, config, custom_objects=None):
    from runnel.keras import _registry

    model = cls(name=config.get("name"))
    with _registry.CustomObjectScope(custom_objects):
        for layer in config["layers"]:
            model.add(_registry.deserialize_keras_object(layer))
    return model


def _export(self, filepath, format="tf_saved_model", **kwargs):
    raise NotImplementedError(f"Model.export(format='{format}') comes with SavedModel, which Runnel does not write yet. Save the model as `.keras` or `.h5` "
                              "with model.save().")


def install():
    for function in (compile, fit, evaluate, predict, train_on_batch, test_on_batch, fit_generator, evaluate_generator, predict_generator, to_json):
        setattr(Model, function.__name__, function)
    Model.compiled_loss = property(_CompiledLoss)
    Model.compiled_metrics = property(_CompiledMetrics)
    Model.metrics_names = property(lambda self: [metric.name for metric in self.metrics])
    Model.loss = Model.loss_weights = None
    Model.run_eagerly = False
    Model.jit_compile, Model.steps_per_execution, Model.distribute_reduction_method = "auto", 1, None
    Model.export = _export
    Model.distribute_strategy = None
    for kind in ("train", "test", "predict"):
        setattr(Model, f"make_{kind}_function", _step_function(f"{kind}_step"))
