"""keras.quantizers, and quantize() and enable_lora() of layers and models."""

import re

from runnel import _runnel
from runnel._tensor import convert_to_tensor
from runnel.keras import _registry


def pack_int4(arr, axis=0, dtype="int8"):
    """(packed, its shape, the size of `axis` before): two numbers of 4 bits a byte, of each pair along `axis` the first in the low half."""
    arr = convert_to_tensor(arr)
    packed = _runnel.keras_pack_int4(arr, axis, dtype)
    return packed, tuple(packed.shape), arr.shape[axis]


def serialize(initializer):
    """The quantizer or config as a dict from which deserialize() makes an equal one."""
    return _registry.serialize_keras_object(initializer)


def deserialize(config, custom_objects=None):
    """The quantizer or config of a serialized dict."""
    return _registry.deserialize_keras_object(config, custom_objects)


def get(identifier, **kwargs):
    """The quantizer of a name (with `kwargs`), of a serialized dict, or what is given; None for None."""
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        for name in _runnel.keras_classes("quantizers"):
            if identifier in (name, _runnel.keras_snake_case(name)):
                return _runnel.keras_class("quantizers", name)(**kwargs)
    elif callable(identifier):
        return identifier(**kwargs) if isinstance(identifier, type) else identifier
    raise ValueError(f"Could not interpret quantizer identifier: {identifier}")


def _quantize_layer(self, mode=None, type_check=True, config=None):
    """Keeps the weight in few bits: mode "int8" or "int4", or a keras.quantizers.QuantizationConfig. It is no longer trained."""
    mode, config = _settled(mode, config)
    _runnel.keras_quantize_layer(self, mode or "", type_check, config)


def _quantize_model(self, mode=None, config=None, filters=None, type_check=True, **kwargs):
    """Quantizes every layer that can be; with `filters`, those whose names a pattern, or one of a list, finds, or for which a function says so."""
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments passed to {type(self).__name__}: {kwargs}")
    if filters is not None and not isinstance(filters, (str, list, tuple)) and not callable(filters):
        raise ValueError(f"The `filters` argument must be a regex string, a list of regex strings, or a callable. Received: {type(filters)}")
    patterns = [filters] if isinstance(filters, str) else filters
    wanted = filters if callable(filters) else (lambda layer: any(re.search(pattern, layer.name) for pattern in patterns)) if patterns else None
    mode, config = _settled(mode, config)
    _runnel.keras_quantize_model(self, mode or "", type_check, config, wanted)


def _settled(mode, config):
    """A mode given as the config is a mode."""
    if isinstance(config, str):
        return config, None
    if config is not None and not isinstance(config, _runnel.keras_class("quantizers", "QuantizationConfig")):
        raise ValueError(f"Argument `config` must be an instance of `QuantizationConfig`. Received: config={config} (of type {type(config)})")
    return mode, config


def _enable_lora(self, rank, lora_alpha=None, a_initializer="he_uniform", b_initializer="zeros"):
    """Freezes the weight, and trains a product of two thin matrices of that rank that is added to it, lora_alpha / rank times."""
    _runnel.keras_enable_lora(self, rank, lora_alpha, a_initializer, b_initializer)


def _quantized_build(self, input_shape, mode):
    raise NotImplementedError(f"Layer {type(self).__name__} does not have a `quantized_build` method implemented.")


def _quantized_call(self, *args, **kwargs):
    """The call of a quantized layer; NotImplementedError for others."""
    if self.quantization_mode is None:
        raise NotImplementedError("Invalid quantization mode. Expected one of ('int8', 'float8', 'int4', 'gptq', 'awq'). Received: quantization_mode=None")
    return self.call(*args, **kwargs)


def install_layers(layer):
    layer.quantize, layer.quantized_build, layer.quantized_call = _quantize_layer, _quantized_build, _quantized_call
    for name in ("Dense", "EinsumDense", "Embedding", "ReversibleEmbedding"):
        cls = _runnel.keras_class("layers", name)
        cls.enable_lora, cls.lora_enabled = _enable_lora, property(_runnel.keras_lora_enabled)


def install(quantizers, model):
    model.quantize = _quantize_model
    for thing in (pack_int4, serialize, deserialize, get):
        setattr(quantizers, thing.__name__, thing)
