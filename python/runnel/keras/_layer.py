"""What Python adds to the classes of C++: Keras's older names, and hooks on subclassing."""

import functools

from runnel import _runnel
from runnel.keras import _input_spec, _preprocessing, _stateless

Layer, KerasObject = _runnel.Layer, _runnel.KerasObject
Metric, Optimizer = _runnel.keras_class("metrics", ""), _runnel.keras_class("optimizers", "")
Callback = _runnel.keras_class("callbacks", "")


def _from_config(cls, config):
    """An object with this configuration, as get_config() gives it."""
    return cls(**config)


def _marks_built(build):
    """After a build() of one's own, called by anyone, the layer is built."""

    @functools.wraps(build)
    def wrapper(self, *args, **kwargs):
        result = build(self, *args, **kwargs)
        self.built = True
        return result

    return wrapper


def _layer_subclass(cls, **kwargs):
    super(Layer, cls).__init_subclass__(**kwargs)
    if "build" in cls.__dict__:
        cls.build = _marks_built(cls.build)


def _own_metrics(self):
    seen = []
    for layer in self._flatten_layers():
        for thing in layer._tracked_objects():
            if isinstance(thing, Metric) and not any(thing is other for other in seen):
                seen.append(thing)
    return seen


def _add_metric(self, value, name=None, aggregation="mean", **kwargs):
    """Keras 2: shows the mean of a tensor, or of a metric object, while training."""
    if isinstance(value, Metric):
        self.__dict__.setdefault("_added_metrics", {})[value.name] = value
        _runnel.keras_track(self, value)
        return
    added = self.__dict__.setdefault("_added_metrics", {})
    if name not in added:
        added[name] = _runnel.keras_class("metrics", "Mean")(name=name)
        _runnel.keras_track(self, added[name])
    if not _runnel.is_stand_in(value):
        added[name].update_state(value)


def _repr(self):
    return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _get_build_config(self):
    shapes = self._build_shapes()
    return None if shapes is None else {"input_shape": tuple(shapes)}


def _build_from_config(self, config):
    if config and config.get("input_shape") is not None:
        self.build(config["input_shape"])


def _save_own_variables(self, store):
    for i, variable in enumerate(self._own_weights()):
        store[str(i)] = variable.numpy()


def _load_own_variables(self, store):
    for i, variable in enumerate(self._own_weights()):
        variable.assign(store[str(i)])


def _optimizer_subclass(cls, **kwargs):
    """Keras 2's extension points: _create_slots(), _resource_apply_dense(), update_step() without a learning rate."""
    super(Optimizer, cls).__init_subclass__(**kwargs)
    from runnel.keras import _older_optimizer

    _older_optimizer.adapt(cls)


def _callback_subclass(cls, **kwargs):
    super(Callback, cls).__init_subclass__(**kwargs)
    for when in ("begin", "end"):
        older, newer = f"on_batch_{when}", f"on_train_batch_{when}"
        if older in cls.__dict__ and newer not in cls.__dict__:
            setattr(cls, newer, cls.__dict__[older])


def _not_implemented(method):
    def refuse(self, *args, **kwargs):
        raise NotImplementedError(f"Layer {type(self).__name__} does not have a `{method}()` method implemented: Runnel has no quantized layers yet.")

    refuse.__name__ = method
    return refuse


class TFSMLayer(Layer):
    """keras.layers.TFSMLayer: a SavedModel as a layer, once SavedModels can be read."""

    def __init__(self, *args, **kwargs):
        raise NotImplementedError("TFSMLayer needs SavedModel, which Runnel does not read yet. Save the model as `.keras` or `.h5` and load it "
                                  "with keras.models.load_model().")


def install():
    for base in (Layer, Metric, Optimizer, Callback, *(_runnel.keras_class(kind, "") for kind in
                 ("losses", "initializers", "regularizers", "constraints", "schedules"))):
        base.from_config = classmethod(_from_config)
    Layer.__init_subclass__ = classmethod(_layer_subclass)
    Optimizer.__init_subclass__ = classmethod(_optimizer_subclass)
    Callback.__init_subclass__ = classmethod(_callback_subclass)
    Callback.params = {}
    Layer.__repr__ = _repr
    Layer.metrics = property(_own_metrics)
    Layer.add_metric = _add_metric
    Layer.get_build_config, Layer.build_from_config = _get_build_config, _build_from_config
    Layer.save_own_variables, Layer.load_own_variables = _save_own_variables, _load_own_variables
    Layer.submodules = property(lambda self: tuple(self._flatten_layers(include_self=False)))
    Layer.input_spec = property(_input_spec.get, _input_spec.set)
    Layer.dynamic = False
    for name in ("quantize", "quantized_build", "quantized_call", "enable_lora"):
        setattr(Layer, name, _not_implemented(name))
    _stateless.install(Layer, Metric, Optimizer)
    _preprocessing.install(_runnel.keras_class("layers", "Normalization"), _runnel.keras_class("layers", "Discretization"))
    Layer.updates = property(lambda self: [])
    Layer.path = property(lambda self: self.name)
    Layer.get_losses_for = lambda self, inputs: self.losses
    Layer.metrics_variables = property(lambda self: [v for m in self.metrics for v in m.variables])
