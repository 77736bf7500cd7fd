"""tf.Tensor's methods that need no speed, and tf.constant, tf.convert_to_tensor."""

from runnel import _runnel
from runnel._shape import TensorShape, as_shape

Tensor = _runnel.Tensor
_DEVICE = "/job:localhost/replica:0/task:0/device:CPU:0"


def constant(value, dtype=None, shape=None, name="Const"):
    """A tensor of the given values: numbers, text, nested lists of them, arrays."""
    if isinstance(value, Tensor) and dtype is not None and value.dtype != dtype:
        raise TypeError(f"Expected tensor {value.numpy()} with dtype {dtype!r}, but got dtype {value.dtype!r}.")
    result = _runnel.constant(value, dtype)
    if shape is None:
        return result
    wanted = as_shape(shape)
    if result.shape == wanted:
        return result
    if _runnel.is_symbolic(result):
        return _runnel.call_raw("Reshape" if result.shape.num_elements() == wanted.num_elements() else "BroadcastTo",
                                {"tensor" if result.shape.num_elements() == wanted.num_elements() else "input": result, "shape": list(wanted)})
    count = result.shape.num_elements()
    if count == wanted.num_elements():
        return _runnel.reshaped(result, wanted)
    if count == 1:
        return _runnel.call_raw("Fill", {"dims": list(wanted), "value": _runnel.reshaped(result, TensorShape([]))})
    raise TypeError(f"Eager execution of tf.constant with unsupported shape. Tensor {result.numpy()} (converted from {value}) "
                    f"has {count} elements, but got `shape` {wanted} with {wanted.num_elements()} elements).")


def convert_to_tensor(value, dtype=None, dtype_hint=None, name=None):
    """The value as a tensor; a tensor comes back as it is."""
    return _runnel.convert(value, dtype, dtype_hint)


def is_tensor(x):
    """True for tensors, Variables and other tensor-like objects."""
    return isinstance(x, (Tensor, _runnel.ResourceVariable)) or hasattr(x, "__tf_tensor__") or getattr(x, "is_tensor_like", False)


class Reference:
    """A tensor or Variable as a key of a dict: equal where it is the same object."""

    __slots__ = ("_wrapped", "__weakref__")

    def __init__(self, wrapped):
        self._wrapped = wrapped

    def deref(self):
        return self._wrapped

    def __eq__(self, other):
        return isinstance(other, Reference) and self._wrapped is other._wrapped

    def __hash__(self):
        return id(self._wrapped)

    def __repr__(self):
        return f"<Reference wrapping {self._wrapped!r}>"


def _numpy_text(tensor, is_repr):
    if tensor.dtype.name in ("resource", "variant"):
        return f"<{tensor.dtype.name}>"
    value = tensor.numpy()
    if tensor.ndim == 0 and tensor.dtype.name == "bfloat16" and not is_repr:
        return format(float(value), "g")  # as ml_dtypes writes it
    if tensor.ndim == 0:
        return repr(value.item()) if is_repr and hasattr(value, "item") else str(value)
    return repr(value) if is_repr else str(value)


def _repr(self):
    if _runnel.is_keras_tensor(self):
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype.name}, sparse=False, ragged=False, name={self.name}>"
    if _runnel.is_symbolic(self):
        name = f" '{self.name}'" if self.name else ":"
        return f"<tf.Tensor{name} shape={self.shape} dtype={self.dtype.name}>"
    text = _numpy_text(self, True)
    separator = "\n" if "\n" in text else ""
    return f"<tf.Tensor: shape={self.shape}, dtype={self.dtype.name}, numpy={separator}{text}>"


def _str(self):
    if _runnel.is_keras_tensor(self):
        return _repr(self)
    if _runnel.is_symbolic(self):
        name = f"\"{self.name}\", " if self.name else ""
        return f"Tensor({name}shape={self.shape}, dtype={self.dtype.name})"
    text = _numpy_text(self, False)
    separator = "\n" if "\n" in text else ""
    return f"tf.Tensor({separator}{text}, shape={self.shape}, dtype={self.dtype.name})"


def _scalar(self, what="float() argument must be a string or a real number"):
    if _runnel.is_symbolic(self):
        raise TypeError(f"{what}, not 'SymbolicTensor'")
    if self.ndim != 0:
        raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
    return self.numpy()


def _index(self):
    if _runnel.is_symbolic(self):
        raise TypeError("'SymbolicTensor' object cannot be interpreted as an integer")
    value = self.numpy()
    if self.ndim != 0:
        raise TypeError("only integer scalar arrays can be converted to a scalar index")
    if not hasattr(value, "__index__"):
        raise AttributeError(f"'{type(value).__module__}.{type(value).__name__}' object has no attribute '__index__'")
    return value.__index__()


def _array(self, dtype=None, copy=None):
    import numpy

    if _runnel.is_keras_tensor(self):
        raise ValueError("A KerasTensor is symbolic: it's a placeholder for a shape and a dtype. It doesn't have any actual numerical value. You cannot "
                         "convert it to a NumPy array.")
    if _runnel.is_symbolic(self):
        raise NotImplementedError(f"Cannot convert a symbolic tf.Tensor ({self.name}) to a numpy array. This error may indicate that you're "
                                  "trying to pass a Tensor to a NumPy call, which is not supported.")
    try:
        view = numpy.asarray(memoryview(self))
    except BufferError:
        view = numpy.asarray(self.numpy(), dtype=object if self.dtype == "string" else None)
    return view.astype(dtype) if dtype is not None and view.dtype != dtype else view.copy() if copy else view


def _make(value, dtype):
    return _runnel.constant(value, dtype)


def _reduce(self):
    return _make, (self.numpy(), self.dtype)


def _deepcopy(self, memo):
    return self._alias()


_METHODS = {
    "__repr__": _repr, "__str__": _str, "__index__": _index, "__array__": _array, "__reduce__": _reduce,
    "__int__": lambda self: int(_scalar(self, "int() argument must be a string, a bytes-like object or a real number")), "__float__": lambda self: float(_scalar(self)),
    "__complex__": lambda self: complex(_scalar(self, "complex() first argument must be a string or a number")), "__format__": lambda self, spec: (str(self) if _runnel.is_symbolic(self) else self.numpy()).__format__(spec),
    "__copy__": lambda self: self, "__deepcopy__": _deepcopy,
    "__dlpack__": lambda self, stream=None, **kwargs: _runnel.to_dlpack(self), "__dlpack_device__": lambda self: (1, 0),
    "__array_priority__": 100, "ref": lambda self: Reference(self), "experimental_ref": lambda self: Reference(self),
    "get_shape": lambda self: self.shape, "cpu": lambda self: self, "gpu": lambda self, gpu_index=0: self,
    "device": property(lambda self: _DEVICE, doc="Where the values are."), "backing_device": property(lambda self: _DEVICE, doc="Where the values are."),
    "is_packed": False, "_in_graph_mode": False,
    "OVERLOADABLE_OPERATORS": {
        f"__{n}__" for n in ("add radd sub rsub mul rmul truediv rtruediv div rdiv floordiv rfloordiv mod rmod lt le gt ge "
                             "ne eq and rand or ror xor rxor getitem pow rpow invert neg abs matmul rmatmul").split()},
}
_DOCS = {
    "ref": "A key for dicts, equal for the same tensor.", "experimental_ref": "ref(), as it was called before.", "get_shape": "The static shape.",
    "cpu": "The tensor: it is on the CPU.", "gpu": "The tensor: this build knows CPU:0 alone."}
for _name, _doc in _DOCS.items():
    _METHODS[_name].__doc__ = _doc
for _name, _method in _METHODS.items():
    setattr(Tensor, _name, _method)
