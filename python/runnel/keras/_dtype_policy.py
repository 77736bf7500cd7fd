"""keras.dtype_policies and keras.mixed_precision."""

from runnel import _runnel


class DTypePolicy:
    """Variables are kept in one dtype and computed with in another: "float32", "mixed_bfloat16"."""

    _MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}

    def __init__(self, name=None):
        self._name = _runnel.keras_dtype_policy() if name is None else getattr(name, "name", name)

    name = property(lambda self: self._name)
    variable_dtype = property(lambda self: "float32" if self._name in self._MIXED else self._name)
    compute_dtype = property(lambda self: self._MIXED.get(self._name, self._name))
    quantization_mode = None

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


def dtype_policy():
    return DTypePolicy()


def set_dtype_policy(policy):
    _runnel.keras_set_dtype_policy(getattr(policy, "name", policy))
