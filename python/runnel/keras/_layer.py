"""What Python adds to the classes of C++: Keras's older names, and hooks on subclassing."""

import functools
import inspect

from runnel import _runnel
from runnel._tensor import convert_to_tensor
from runnel.keras import _auto_config, _input_spec, _preprocessing, _quantizers, _stateless, _steps

Layer, KerasObject = _runnel.Layer, _runnel.KerasObject
Metric, Optimizer = _runnel.keras_class("metrics", ""), _runnel.keras_class("optimizers", "")
Callback = _runnel.keras_class("callbacks", "")


def _from_config(cls, config):
    """An object with this configuration, as get_config() gives it."""
    return cls(**config)


def _marks_built(build):
    """After a build() of one's own, called by anyone, the layer is built."""

    names = list(inspect.signature(build).parameters)[1:]

    @functools.wraps(build)
    def wrapper(self, *args, **kwargs):
        result = build(self, *args, **kwargs)
        given = {**dict(zip(names, args)), **kwargs}
        self._note_built(next(iter(given.values()), None), given if len(given) > 1 else None)
        return result

    return wrapper


def _layer_subclass(cls, **kwargs):
    super(Layer, cls).__init_subclass__(**kwargs)
    if "build" in cls.__dict__:
        cls.build = _marks_built(cls.build)
    _auto_config.adapt(cls)


def _metric_subclass(cls, **kwargs):
    super(Metric, cls).__init_subclass__(**kwargs)
    if "reset_states" in cls.__dict__ and "reset_state" not in cls.__dict__:
        cls.reset_state = cls.__dict__["reset_states"]


def _own_metrics(self):
    seen = []
    for layer in self._flatten_layers():
        for thing in layer._tracked_objects():
            if isinstance(thing, Metric) and not any(thing is other for other in seen):
                seen.append(thing)
    return seen


def _add_metric(self, value, name=None, aggregation="mean", **kwargs):
    """Keras 2: shows the mean of a tensor, or of a metric object, while training."""
    if _runnel.is_keras_tensor(value):
        return self._watch_metric(value, _runnel.keras_class("metrics", "Mean")(name=name))
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


class _Node:
    """A call on Keras tensors."""

    def __init__(self, layer, tensors):
        self.layer = self.outbound_layer = layer
        self.input_tensors, self.output_tensors = tensors

    input_shapes = property(lambda self: self.input_tensors.shape)
    output_shapes = property(lambda self: self.output_tensors.shape)


def _nodes(self):
    return [_Node(self, tensors) for tensors in self._node_tensors]


def _repr(self):
    return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _get_build_config(self):
    shapes, arguments = self._build_shapes(), self._build_arguments()
    if arguments is not None:
        return {"shapes_dict": arguments}
    if shapes is None:
        return {"input_shape": None} if self._is_functional() else None
    return {"input_shape": shapes if isinstance(shapes, list) else tuple(shapes)}


def _build_from_config(self, config):
    if config and config.get("input_shape") is not None:
        self.build(config["input_shape"])
    elif config and "shapes_dict" in config:
        self.build(**config["shapes_dict"])


def _save_own_variables(self, store):
    for name, value in self._saved_values().items():
        store[name] = value.numpy()


def _load_own_variables(self, store):
    self._load_values({str(name): convert_to_tensor(value) for name, value in store.items()})


def _overrides(self, method):
    """For C++: whether the class, written in Python, has a method of its own in place of Runnel's."""
    builtin = next(cls for cls in type(self).__mro__ if cls.__module__.startswith("runnel."))
    return getattr(type(self), method, None) is not getattr(builtin, method, None)


def _serialized_by(self, method):
    """For C++: what get_compile_config() or get_build_config() gives, as files have it."""
    from runnel.keras import _registry

    return _registry.serialize_keras_object(getattr(self, method)())


def _stored(self, method):
    """What save_own_variables(store) puts into its store; of save_assets(folder) the files, by name."""
    if method == "save_own_variables":
        store = {}
        self.save_own_variables(store)
        return {str(name): convert_to_tensor(value) for name, value in store.items()}
    import pathlib
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        self.save_assets(folder)
        return {file.name: convert_to_tensor(file.read_bytes()) for file in pathlib.Path(folder).iterdir()}


def _restore(self, method, store):
    if method == "load_own_variables":
        self.load_own_variables({name: value.numpy() for name, value in store.items()})
        return
    import pathlib
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name, content in store.items():
            (pathlib.Path(folder) / name).write_bytes(content.numpy())
        self.load_assets(folder)


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


class TFSMLayer(Layer):
    """keras.layers.TFSMLayer: a SavedModel as a layer, once SavedModels can be read."""

    def __init__(self, *args, **kwargs):
        raise NotImplementedError("TFSMLayer needs SavedModel, which Runnel does not read yet. Save the model as `.keras` or `.h5` and load it "
                                  "with keras.models.load_model().")


def install():
    for base in (Layer, Metric, Optimizer, Callback, *(_runnel.keras_class(kind, "") for kind in
                 ("losses", "initializers", "regularizers", "constraints", "schedules", "quantizers"))):
        base.from_config = classmethod(_from_config)
    Layer.__init_subclass__ = classmethod(_layer_subclass)
    Metric.__init_subclass__ = classmethod(_metric_subclass)
    Optimizer.__init_subclass__ = classmethod(_optimizer_subclass)
    Callback.__init_subclass__ = classmethod(_callback_subclass)
    Optimizer._apply_pairs = lambda self, grads, variables: self.apply_gradients(list(zip(grads, variables)))
    Callback.params = {}
    Layer.__repr__ = _repr
    _steps.install()
    Metric.__repr__ = lambda self: f"<{type(self).__name__} name={self.name}>"
    Layer.metrics = property(_own_metrics)
    Layer.add_metric = _add_metric
    Layer.get_build_config, Layer.build_from_config = _get_build_config, _build_from_config
    Layer._overrides, Layer._serialized_by, Layer._stored, Layer._restore = _overrides, _serialized_by, _stored, _restore
    Layer.save_own_variables, Layer.load_own_variables = _save_own_variables, _load_own_variables
    Layer.submodules = property(lambda self: tuple(self._flatten_layers(include_self=False)))
    Layer.input_spec = property(_input_spec.get, _input_spec.set)
    Layer.dynamic = False
    _stateless.install(Layer, Metric, Optimizer)
    _quantizers.install_layers(Layer)
    _preprocessing.install(_runnel.keras_class("layers", "Normalization"), _runnel.keras_class("layers", "Discretization"))
    Layer.updates = property(lambda self: [])
    Layer.path = property(lambda self: self.name)
    Layer.get_losses_for, Layer.get_updates_for = lambda self, inputs: self.losses, lambda self, inputs: []
    Layer.get_input_at = lambda self, node_index: _nodes(self)[node_index].input_tensors
    Layer.get_output_at = lambda self, node_index: _nodes(self)[node_index].output_tensors
    Layer.inbound_nodes = Layer._inbound_nodes = property(_nodes)
    Layer.apply = lambda self, inputs, *args, **kwargs: self(inputs, *args, **kwargs)
    Layer.metrics_variables = property(lambda self: [v for m in self.metrics for v in m.variables])
