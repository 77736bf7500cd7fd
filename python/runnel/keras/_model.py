"""Model's methods with Keras's arguments; the work is done in C++ (python/keras/training.cc)."""

import functools

from runnel import _runnel
from runnel._function import functions_run_eagerly
from runnel.keras._layer import Callback

Model, Sequential = _runnel.keras_class("models", ""), _runnel.keras_class("models", "Sequential")
Functional = _runnel.keras_class("models", "Functional")


class LogsByEpoch(dict):
    """The values of each log, epoch by epoch. "lr" is Keras 2's word for "learning_rate"."""

    def __missing__(self, key):
        if key != "lr" or "learning_rate" not in self:
            raise KeyError(key)
        return self["learning_rate"]


class History(Callback):
    """What fit() returns: `history` maps each log to its values, epoch by epoch."""

    model = None  # held, as an attribute: the history may outlive the training

    def __init__(self, history=None, epoch=None):
        super().__init__()
        self.history, self.epoch = LogsByEpoch(history or {}), epoch or []


class CheckReport:
    """What model.check() found: prints as a table; `findings` are dicts, errors first."""

    def __init__(self, findings, text):
        self.findings, self._text = findings, text

    def __repr__(self):
        return self._text

    @property
    def ok(self):
        """True where nothing stands in the way of training."""
        return not any(finding["level"] == "error" for finding in self.findings)

    def raise_errors(self):
        """ValueError with the table, unless ok."""
        if not self.ok:
            raise ValueError(self._text)


def check(self, x, y=None, sample_weight=None, raise_errors=False):
    """Looks for mistakes in shapes, dtypes, labels, losses, weights and values before the first batch, without training."""
    report = CheckReport(*self._check(x, y, sample_weight))
    if raise_errors:
        report.raise_errors()
    return report


_OF_QUEUES = {"max_queue_size", "workers", "use_multiprocessing"}  # Keras 2's; batches are not fetched by other processes here
_OF_OLDER_COMPILE = {"sample_weight_mode", "target_tensors", "distribute", "experimental_run_tf_function", "pss_evaluation_shards"}


def _refuse_unknown(kwargs, known, error=ValueError):
    unknown = {name: value for name, value in kwargs.items() if name not in known}
    if unknown:
        raise error(f"Arguments not recognized: {unknown}")


def _looks_like_metrics(value):
    return isinstance(value, (list, tuple)) and any(isinstance(v, str) or callable(v) for v in value)


def compile(self, optimizer="rmsprop", loss=None, loss_weights=None, metrics=None, weighted_metrics=None, run_eagerly=False,
            steps_per_execution=1, jit_compile="auto", auto_scale_loss=True, **kwargs):
    """Says how the model is trained. (The third positional argument of Keras 2 is `metrics`.)"""
    if _looks_like_metrics(loss_weights):
        loss_weights, metrics = metrics, loss_weights
    _refuse_unknown(kwargs, _OF_OLDER_COMPILE, TypeError)
    run_eagerly = bool(run_eagerly) or any(layer.dynamic for layer in self._flatten_layers())
    self._compile(optimizer, loss, loss_weights, metrics, weighted_metrics, bool(run_eagerly) or functions_run_eagerly(),
                  int(steps_per_execution or 1), bool(auto_scale_loss), jit_compile is True)
    self.__dict__.update(loss=loss, loss_weights=loss_weights, run_eagerly=bool(run_eagerly), steps_per_execution=steps_per_execution,
                         jit_compile=jit_compile, _metrics_are_known=False, _compile_metrics=metrics, _compile_weighted_metrics=weighted_metrics)


def fit(self, x=None, y=None, batch_size=None, epochs=1, verbose="auto", callbacks=None, validation_split=0.0, validation_data=None,
        shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0, steps_per_epoch=None, validation_steps=None,
        validation_batch_size=None, validation_freq=1, max_queue_size=10, workers=1, use_multiprocessing=False):
    """Trains on arrays, a tf.data.Dataset, a generator or a PyDataset; gives a History."""
    given = dict(batch_size=batch_size, epochs=epochs, verbose=verbose, callbacks=callbacks, validation_split=float(validation_split),
                 validation_data=validation_data, shuffle=shuffle, class_weight=class_weight, sample_weight=sample_weight,
                 initial_epoch=initial_epoch, steps_per_epoch=steps_per_epoch, validation_steps=validation_steps,
                 validation_batch_size=validation_batch_size, validation_freq=validation_freq)
    _introduce(self, callbacks)
    values, epoch, steps = self._fit(x, y, given)
    history = History(values, epoch)
    history.model, history.params = self, {"verbose": verbose, "epochs": epochs, "steps": steps}
    self.__dict__["history"] = history
    return history


def _introduce(model, callbacks):
    """Tells callbacks their model where they want to hear it: set_model() of one's own."""
    for callback in callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]:
        if callback is not None and type(callback).set_model is not Callback.set_model:
            callback.set_model(model)


def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, steps=None, callbacks=None, return_dict=False, **kwargs):
    """The loss and the metrics over the data: a number, a list, or a dict."""
    _refuse_unknown(kwargs, _OF_QUEUES)
    logs = self._evaluate(x, y, dict(batch_size=batch_size, verbose=verbose, sample_weight=sample_weight, steps=steps, callbacks=callbacks))
    return _values(logs, return_dict)


def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None, **kwargs):
    """The outputs for all samples, as NumPy arrays."""
    _refuse_unknown(kwargs, _OF_QUEUES)
    if x is None:
        raise ValueError("predict() needs samples: `x` must be arrays, a dataset, a generator or a PyDataset. Received: x=None")
    return self._predict(x, dict(batch_size=batch_size, verbose=verbose, steps=steps, callbacks=callbacks))


def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, reset_metrics=True, return_dict=False):
    return _values(self._train_on_batch(x, y, sample_weight, class_weight, bool(reset_metrics)), return_dict)


def test_on_batch(self, x, y=None, sample_weight=None, reset_metrics=True, return_dict=False):
    return _values(self._test_on_batch(x, y, sample_weight, bool(reset_metrics)), return_dict)


def _values(logs_and_values, return_dict):
    logs, values = logs_and_values
    if return_dict:
        return logs
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
        """A function that takes an iterator and runs one step on its next batch; also the attribute `train_function` and the like."""
        kept = step.replace("_step", "_function")
        if force or getattr(self, kept) is None:
            self.__dict__[kept] = lambda iterator: getattr(self, step)(next(iterator))
        return getattr(self, kept)

    return make


def _meet_metrics(model, data):
    """Metrics that were compiled by name are made when the first batch is known: a trace that is thrown away makes them."""
    import runnel as tf
    from runnel.keras import _utils

    x, y, _ = _utils.unpack_x_y_sample_weight(data)
    if y is None or not (model._compile_metrics or model._compile_weighted_metrics):
        return
    specs = tf.nest.map_structure(lambda t: tf.TensorSpec(t.shape, t.dtype), (x, y))
    try:
        tf.function(lambda x, y: model.compute_metrics(x, y, model(x, training=True)), autograph=False).get_concrete_function(*specs)
    except Exception:  # the step itself will tell what is wrong
        pass


def _knows_metrics(step):
    """A train_step() or test_step() of one's own, whose self.metrics is complete from the first batch on."""

    @functools.wraps(step)
    def wrapper(self, data):
        if self.compiled and not self.__dict__.get("_metrics_are_known"):
            self.__dict__["_metrics_are_known"] = True
            _meet_metrics(self, data)
        return step(self, data)

    return wrapper


def _model_subclass(cls, **kwargs):
    super(Model, cls).__init_subclass__(**kwargs)
    for name in ("train_step", "test_step"):
        if name in cls.__dict__:
            setattr(cls, name, _knows_metrics(cls.__dict__[name]))


def _loss(self):
    """What compile() was given; the objects of a loaded model."""
    return self.__dict__["loss"] if "loss" in self.__dict__ else self._loss_objects()


def _export(self, filepath, format="tf_saved_model", **kwargs):
    raise NotImplementedError(f"Model.export(format='{format}') comes with SavedModel, which Runnel does not write yet. Save the model as `.keras` or `.h5` "
                              "with model.save().")


def install():
    for function in (compile, fit, check, evaluate, predict, train_on_batch, test_on_batch, fit_generator, evaluate_generator, predict_generator):
        setattr(Model, function.__name__, function)
    Model.__init_subclass__ = classmethod(_model_subclass)
    Model._compile_metrics = Model._compile_weighted_metrics = None
    Model.compiled_loss = property(_CompiledLoss)
    Model.compiled_metrics = property(_CompiledMetrics)
    Model.metrics_names = property(lambda self: [metric.name for metric in self.metrics])
    Model.loss = property(_loss, lambda self, loss: self.__dict__.update(loss=loss))
    Model.loss_weights = None
    Model.run_eagerly = False
    Model.jit_compile, Model.steps_per_execution, Model.distribute_reduction_method = "auto", 1, None
    Model.export = _export
    Model.distribute_strategy = None
    for kind in ("train", "test", "predict"):
        setattr(Model, f"make_{kind}_function", _step_function(f"{kind}_step"))
        setattr(Model, f"{kind}_function", None)
