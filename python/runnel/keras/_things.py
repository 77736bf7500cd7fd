"""Keras's names for what the engine has in another form: KerasTensor, Variable, Operation, name_scope, device."""

import collections
import functools
import sys

from runnel import _runnel, nest
from runnel._graph import name_scope
from runnel._misc import device
from runnel._tensor import Tensor
from runnel.keras import _dtype_policy, _layer, _model
from runnel.keras._variable import Variable


class _AKeras(type):
    def __instancecheck__(cls, instance):
        return cls._is_one(instance)


class KerasTensor(metaclass=_AKeras):
    """A symbolic tensor of a functional model. KerasTensor(shape, dtype) makes one, with the batch in its shape."""

    _is_one = staticmethod(_runnel.is_keras_tensor)

    def __new__(cls, shape, dtype="float32", sparse=False, ragged=False, record_history=True, name=None, **kwargs):
        if sparse or ragged:
            raise ValueError("Runnel's Keras tensors are dense: `sparse` and `ragged` must be False.")
        return _runnel.keras_input(batch_shape=shape, dtype=dtype, name=name)


KerasHistory = collections.namedtuple("KerasHistory", ["operation", "node_index", "tensor_index"])
KerasHistory.__doc__ = "Where a Keras tensor comes from: the layer, which of its calls, and which of the outputs."


def get_source_inputs(tensor):
    """The Keras tensors of the Inputs that a Keras tensor depends on; the tensor itself where it is none."""
    if not _runnel.is_keras_tensor(tensor):
        return tensor
    layer, index, _ = tensor._keras_history
    read = [before for before in nest.flatten(layer._node_tensors[index][0]) if _runnel.is_keras_tensor(before)]
    sources = {}
    for before in read:
        sources.update((source.name, source) for source in get_source_inputs(before))
    return list(sources.values()) or [tensor]


def version():
    """The version of Keras whose behaviour this is."""
    import runnel.keras

    return runnel.keras.__version__


def _only_of_keras(name, get, doc):
    """A property that Keras tensors alone have."""

    def getter(tensor):
        if not _runnel.is_keras_tensor(tensor):
            raise AttributeError(f"'{type(tensor).__name__}' object has no attribute '{name}'")
        return get(tensor)

    return property(getter, doc=doc)


def _install_tensors():
    Tensor._keras_history = _only_of_keras("_keras_history", lambda t: KerasHistory(*_runnel.keras_history_of(t)), KerasHistory.__doc__)
    for name in ("reshape", "squeeze"):
        setattr(Tensor, name, _only_of_keras(name, lambda t, name=name: functools.partial(getattr(sys.modules["runnel.keras.ops"], name), t),
                                             f"Of a Keras tensor: keras.ops.{name} of it."))
    for name, value in (("sparse", False), ("ragged", False), ("record_history", True), ("ragged_rank", None), ("row_splits_dtype", None)):
        setattr(Tensor, name, _only_of_keras(name, lambda t, value=value: value, f"Of a Keras tensor: {value}, for all are dense."))


def install(module, namespace):
    _install_tensors()
    namespace.update(KerasTensor=KerasTensor, Variable=Variable, name_scope=name_scope, device=device, version=version,
                     FloatDTypePolicy=_dtype_policy.FloatDTypePolicy, Operation=_layer.Layer, Function=_model.Functional)
    module("utils").get_source_inputs = get_source_inputs
    for home in (module("utils"), module("backend")):
        home.is_keras_tensor = _runnel.is_keras_tensor
        home.standardize_dtype = _dtype_policy.standardize_dtype
