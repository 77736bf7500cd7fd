"""keras.dtype_policies and keras.mixed_precision."""

import collections.abc
import re

from runnel import _runnel
from runnel._dtypes import as_dtype


def standardize_dtype(dtype):
    """The name of a dtype in any form: tf's, NumPy's, Python's, a text; that of the global policy for None. ValueError for no dtype."""
    if dtype is None:
        return _runnel.keras_config.floatx()
    try:
        return as_dtype({int: "int64", "int": "int64", float: "float32"}.get(dtype, dtype)).name
    except (TypeError, ValueError):
        raise ValueError(f"Invalid dtype: {dtype}") from None


class DTypePolicy:
    """Variables are kept in one dtype and computed with in another: "float32", "mixed_bfloat16"."""

    _MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}
    quantization_mode = None  # of quantized policies: "int8", "int4", "float8"

    def __init__(self, name=None):
        self._name = _runnel.keras_dtype_policy() if name is None else _checked_name(getattr(name, "name", name))

    name = property(lambda self: self._name)
    variable_dtype = property(lambda self: "float32" if self._name in self._MIXED else self._name)
    compute_dtype = property(lambda self: self._MIXED.get(self._name, self._name))

    def convert_input(self, x, autocast, dtype):
        """x as a tensor; a floating one in the dtype, where `autocast` says so."""
        import runnel as tf

        x = tf.convert_to_tensor(x)
        return tf.cast(x, dtype) if autocast and x.dtype.is_floating and x.dtype != dtype else x

    def get_config(self):
        return {"name": self._name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def _keras_config(self):
        return self._name

    def __eq__(self, other):
        return isinstance(other, DTypePolicy) and self._name == other._name

    def __hash__(self):
        return hash(self._name)

    def __repr__(self):
        return f'<DTypePolicy "{self._name}">'


def _checked_name(name):
    if not isinstance(name, str):
        raise TypeError(f"'name' must be a string, such as 'mixed_float16'. Received: name={name} (of type {type(name)})")
    return name if name in DTypePolicy._MIXED else standardize_dtype(name)


class FloatDTypePolicy(DTypePolicy):
    """A policy that quantises nothing."""


_MODES = ("int8", "float8", "int4", "gptq", "awq")


class QuantizedDTypePolicy(DTypePolicy):
    """A policy of a layer whose weight is kept in few bits: "int8_from_float32". The rest is as in the policy before."""

    def __init__(self, mode, source_name=None):
        self._source_name = _runnel.keras_dtype_policy() if source_name is None else source_name
        self._mode, self.quantization_mode = mode, mode.partition("/")[0]
        if mode not in self._modes(mode):
            raise ValueError(f"Invalid quantization mode. Expected one of {_MODES}. Received: mode={mode}")
        self._source = DTypePolicy(self._source_name)
        if mode == "int8" and self.compute_dtype == "float16":
            raise ValueError("Quantization mode='int8' doesn't work well with compute_dtype='float16'.")
        self._name = f"{mode}_from_{self._source_name}"

    @staticmethod
    def _modes(mode):
        return _MODES

    variable_dtype = property(lambda self: self._source.variable_dtype)
    compute_dtype = property(lambda self: self._source.compute_dtype)

    def get_config(self):
        return {"mode": self._mode, "source_name": self._source_name}

    def __eq__(self, other):
        return type(other) is type(self) and self.get_config() == other.get_config()

    __hash__ = DTypePolicy.__hash__

    def __repr__(self):
        return f'<{type(self).__name__} "{self._name}">'


class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """The policy of training with products in float8; `amax_history_length` largest magnitudes are remembered for the scales."""

    default_amax_history_length = 1024

    def __init__(self, mode, source_name=None, amax_history_length=1024):
        super().__init__(mode, source_name)
        if not isinstance(amax_history_length, int):
            raise TypeError(f"`amax_history_length` must be an integer. Received: amax_history_length={amax_history_length}")
        self.amax_history_length = amax_history_length

    def _keras_config(self):
        usual = self.amax_history_length == self.default_amax_history_length
        return self._name if usual else f"float8/{self.amax_history_length}_from_{self._source_name}"

    def get_config(self):
        return {**super().get_config(), "amax_history_length": self.amax_history_length}


class Int4DTypePolicy(QuantizedDTypePolicy):
    """The policy of weights in 4 bits: of mode "int4/128" each 128 numbers share a scale, of "int4/-1" whole columns."""

    def __init__(self, mode, source_name=None):
        algorithm, _, size = mode.partition("/")
        expected = "Expected format 'int4/<block_size>'"
        if algorithm != "int4" or "/" not in mode or "/" in size:
            raise ValueError(f"Invalid mode for Int4DTypePolicy. {expected}, but got '{mode}'.")
        try:
            self.block_size = int(size)
        except ValueError:
            raise ValueError(f"Invalid mode for Int4DTypePolicy. <block_size> must be an integer. {expected}, but got '{mode}'.") from None
        if self.block_size < -1 or self.block_size == 0:
            raise ValueError("Invalid block_size in mode. Supported values are -1 (per-channel) or a positive integer (sub-channel), "
                             f"but got {self.block_size} from '{mode}'.")
        super().__init__(mode, source_name)
        self.mode = algorithm

    @staticmethod
    def _modes(mode):
        return (mode,)


def _quantized(name):
    """The policy of a name with "_from_" in it."""
    mode, *source = name.split("_from_")
    if len(source) != 1:
        raise ValueError("Cannot convert `policy` into a valid pair (`mode`, `source_name`) to instantiate `QuantizedDTypePolicy`. "
                         f"Received: policy={name}")
    if mode.startswith("float8/"):  # as C++ names it
        return QuantizedFloat8DTypePolicy("float8", source[0], int(mode.partition("/")[2]))
    cls = QuantizedFloat8DTypePolicy if mode == "float8" else Int4DTypePolicy if mode.startswith("int4/") else QuantizedDTypePolicy
    return cls(mode, source[0])


class DTypePolicyMap(DTypePolicy, collections.abc.MutableMapping):
    """Policies for layers by path: a key is a path, or a regular expression that matches from its start; others get the default.

    Given to a layer as its `dtype`, the layer takes the policy of its own path."""

    def __init__(self, default_policy=None, policy_map=None):
        if policy_map is not None and not isinstance(policy_map, dict):
            raise TypeError(f"`policy_map` should be a dict. Received: policy_map={policy_map} (of type {type(policy_map)})")
        self._default, self._map = get(default_policy), {key: get(policy) for key, policy in (policy_map or {}).items()}

    default_policy = property(lambda self: self._default)
    name = property(lambda self: "map_" + self._default.name)
    variable_dtype = property(lambda self: self._default.variable_dtype)
    compute_dtype = property(lambda self: self._default.compute_dtype)

    def __getitem__(self, key):
        if key in self._map:
            return self._map[key]
        matching = [pattern for pattern in self._map if re.search(pattern, key)]
        if len(matching) > 1:
            raise ValueError(f"Path '{key}' matches multiple dtype policy specification keys: {matching}. "
                             "Please make sure each path only matches at most one dtype policy specification key in the DTypePolicyMap.")
        return self._map[matching[0]] if matching else self._default

    def __setitem__(self, key, policy):
        if key in self._map:
            raise ValueError(f"{key} already exist in the DTypePolicyMap with value {self._map[key]}. Please make sure to not use duplicated keys.")
        self._map[key] = get(policy)

    def __delitem__(self, key):
        del self._map[key]

    def __contains__(self, key):
        return key in self._map

    def __len__(self):
        return len(self._map)

    def __iter__(self):
        return iter(self._map)

    def get_config(self):
        return {"default_policy": serialize(self._default), "policy_map": {key: serialize(policy) for key, policy in self._map.items()}}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(deserialize(config["default_policy"]), {key: deserialize(policy) for key, policy in config["policy_map"].items()})

    def _keras_config(self):
        return serialize(self)

    def __eq__(self, other):
        return isinstance(other, DTypePolicyMap) and self._default == other._default and self._map == other._map

    __hash__ = None

    def __repr__(self):
        return f"<DTypePolicyMap at {hex(id(self))} default={self._default} mapping={list(self._map.items())}>"


_POLICIES = (DTypePolicy, FloatDTypePolicy, QuantizedDTypePolicy, QuantizedFloat8DTypePolicy, Int4DTypePolicy, DTypePolicyMap)


def serialize(dtype_policy):
    """The policy as Keras's files hold it."""
    name = type(dtype_policy).__name__
    return {"module": "keras" if name == "DTypePolicy" else "keras.dtype_policies", "class_name": name, "config": dtype_policy.get_config(),
            "registered_name": None}


def deserialize(config, custom_objects=None):
    """The policy of a serialized dict."""
    known = {cls.__name__: cls for cls in _POLICIES}
    cls = {**known, "Policy": DTypePolicy, **(custom_objects or {})}.get(config["class_name"])
    if cls is None:
        raise ValueError(f"Unknown dtype policy: {config['class_name']}. Runnel has {', '.join(known)}")
    return cls.from_config(config["config"])


def get(identifier):
    """The policy of a name, a dtype, a serialized dict, or what is given; the global one for None."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return _quantized(identifier) if "_from_" in identifier else DTypePolicy(identifier)
    try:
        return DTypePolicy(standardize_dtype(identifier))
    except ValueError:
        raise ValueError(f"Cannot interpret `dtype` argument. Expected a string or an instance of DTypePolicy. Received: dtype={identifier}") from None


def dtype_policy():
    """The policy of layers that are not told another."""
    return get(_runnel.keras_dtype_policy())


def set_dtype_policy(policy):
    """The policy of layers that are not told another: its name, or a DTypePolicy."""
    _runnel.keras_set_dtype_policy(getattr(policy, "name", policy))


def install(module):
    for thing in (*_POLICIES, get, serialize, deserialize):
        setattr(module, thing.__name__, thing)
    module.Policy = DTypePolicy
