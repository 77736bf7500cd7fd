"""tf.TensorSpec: the shape and dtype that a tensor has, or shall have."""

from runnel._dtypes import as_dtype
from runnel._dtypes import float32 as _float32
from runnel._shape import TensorShape, as_shape


class TypeSpec:
    """The base of what describes values."""


class TensorSpec(TypeSpec):
    """The shape and dtype that a tensor has, or shall have."""

    __slots__ = ("_shape", "_dtype", "_name")

    def __init__(self, shape, dtype=_float32, name=None):
        self._shape, self._dtype, self._name = as_shape(shape), as_dtype(dtype), name

    shape = property(lambda self: self._shape, doc="A TensorShape.")
    dtype = property(lambda self: self._dtype, doc="The dtype of the elements.")
    name = property(lambda self: self._name, doc="The name, or None.")

    @classmethod
    def from_spec(cls, spec, name=None):
        """The same under another name."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor, name=None):
        """What describes a tensor."""
        return cls(tensor.shape, tensor.dtype, name)

    def is_compatible_with(self, other):
        """True where a tensor or spec has the dtype and a shape that fits."""
        return self._dtype == other.dtype and self._shape.is_compatible_with(other.shape)

    def most_specific_compatible_type(self, other):
        """What describes both. ValueError where the dtypes differ."""
        if self._dtype != other.dtype:
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        return TensorSpec(self._shape.most_specific_compatible_shape(other.shape), self._dtype)

    def __eq__(self, other):
        return isinstance(other, TensorSpec) and (self._shape, self._dtype, self._name) == (other._shape, other._dtype, other._name)

    def __hash__(self):
        return hash((self._shape, self._dtype))

    def __repr__(self):
        return f"TensorSpec(shape={self._shape}, dtype={self._dtype!r}, name={self._name!r})"

    def __reduce__(self):
        return TensorSpec, (self._shape, self._dtype, self._name)


__all__ = ["TensorShape", "TensorSpec", "TypeSpec"]
