"""Keras's names for what the engine has in another form: KerasTensor, Variable, Operation, name_scope, device."""

from runnel import _runnel
from runnel._graph import name_scope
from runnel._misc import device
from runnel._tensor import Tensor
from runnel._variable import Variable as EngineVariable
from runnel.keras import _dtype_policy, _layer, _model


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


class Variable(metaclass=_AKeras):
    """A tf.Variable: of an array, or of an initializer and a shape."""

    _is_one = staticmethod(lambda instance: isinstance(instance, _runnel.ResourceVariable))

    def __new__(cls, initializer, shape=None, dtype=None, trainable=True, autocast=True, aggregation="none", synchronization="auto", name=None,
                layout=None, **kwargs):
        if callable(initializer) and not isinstance(initializer, Tensor):
            if shape is None:
                raise ValueError("When creating a Variable from an initializer, the `shape` argument should be specified. "
                                 f"Received: initializer={initializer} and shape={shape}")
            initializer = initializer(shape, dtype=dtype or _runnel.keras_config.floatx())
        return EngineVariable(initializer, dtype=dtype, trainable=trainable, name=name)


def version():
    """The version of Keras whose behaviour this is."""
    import runnel.keras

    return runnel.keras.__version__


def install(module, namespace):
    namespace.update(KerasTensor=KerasTensor, Variable=Variable, name_scope=name_scope, device=device, version=version,
                     FloatDTypePolicy=_dtype_policy.FloatDTypePolicy, Operation=_layer.Layer, Function=_model.Functional)
    for home in (module("utils"), module("backend")):
        home.is_keras_tensor = _runnel.is_keras_tensor
        home.standardize_dtype = _dtype_policy.standardize_dtype
