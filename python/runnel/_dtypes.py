"""tf.DType and the dtypes."""

_NUMPY_NAMES = {"bool": "bool_", "string": "object_", "resource": "object_", "variant": "object_"}
_LIMITS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64, "uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}
_SIZES = {"complex128": 16, "float64": 8, "int64": 8, "uint64": 8, "complex64": 8, "float32": 4, "int32": 4, "uint32": 4,
          "float16": 2, "bfloat16": 2, "int16": 2, "uint16": 2}


class DType:
    """The type of a tensor's elements. There is one object a type: tf.float32, tf.int64, ..."""

    __slots__ = ("_code", "_name", "_numpy", "__weakref__")
    _by_code = {}

    def __init__(self, code, name):
        self._code, self._name, self._numpy = code, name, None
        DType._by_code[code] = self

    name = property(lambda self: self._name, doc="The name, such as float32.")
    as_datatype_enum = property(lambda self: self._code, doc="The number in TensorFlow's files.")
    base_dtype = property(lambda self: self, doc="The dtype itself.")
    is_floating = property(lambda self: self._name in ("float16", "float32", "float64", "bfloat16"), doc="True for float16, bfloat16, float32 and float64.")
    is_complex = property(lambda self: self._name in ("complex64", "complex128"), doc="True for complex64 and complex128.")
    is_integer = property(lambda self: self._name in _LIMITS, doc="True for integers, signed or not.")
    is_unsigned = property(lambda self: self._name.startswith("uint"), doc="True for integers without a sign.")
    is_bool = property(lambda self: self._name == "bool", doc="True for bool.")
    is_numeric = property(lambda self: self.is_floating or self.is_complex or self.is_integer, doc="True for what one computes with.")
    is_quantized = property(lambda self: False, doc="False: no dtype here is.")
    is_numpy_compatible = property(lambda self: self._name not in ("resource", "variant"), doc="True where NumPy can hold the elements.")
    _is_ref_dtype = property(lambda self: False)
    size = property(lambda self: _SIZES.get(self._name, 1), doc="The bytes of an element.")

    @property
    def real_dtype(self):
        """The dtype of the parts of a complex number; of others, the dtype itself."""
        return as_dtype({"complex64": "float32", "complex128": "float64"}.get(self._name, self._name))

    @property
    def as_numpy_dtype(self):
        """The NumPy type, such as numpy.float32 (object for strings)."""
        if self._numpy is None:
            import numpy

            if self._name == "bfloat16":
                import ml_dtypes

                self._numpy = ml_dtypes.bfloat16
            else:
                self._numpy = getattr(numpy, _NUMPY_NAMES.get(self._name, self._name))
        return self._numpy

    def _limit(self, which):
        if self.is_floating:
            import numpy

            if self._name == "bfloat16":
                return 3.3895313892515355e38 * (1 if which == "max" else -1)
            return getattr(numpy.finfo(self.as_numpy_dtype), which)
        if not self.is_integer:
            raise TypeError(f"Cannot find {'maximum' if which == 'max' else 'minimum'} value of {self!r} with type {self!r}.")
        bits = _LIMITS[self._name]
        low, high = (0, 2**bits - 1) if self.is_unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return high if which == "max" else low

    min = property(lambda self: self._limit("min"), doc="The smallest value. TypeError where there is none.")
    max = property(lambda self: self._limit("max"), doc="The largest value. TypeError where there is none.")

    @property
    def limits(self):
        """The range of values that images of this dtype use."""
        if self.is_bool:
            return (False, True)
        return (0, 1) if self.is_floating else (0 if self.is_unsigned else self.min, self.max)

    def is_compatible_with(self, other):
        """True for the same dtype."""
        return self is as_dtype(other)

    def __eq__(self, other):
        if self is other:
            return True
        if other is None or isinstance(other, DType):
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return False

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return self._code

    def __int__(self):
        return self._code

    def __repr__(self):
        return "tf." + self._name

    def __str__(self):
        return f"<dtype: {self._name!r}>"

    def __reduce__(self):
        return as_dtype, (self._name,)


_BY_NAME = {name: DType(code, name) for code, name in (
    (1, "float32"), (2, "float64"), (3, "int32"), (4, "uint8"), (5, "int16"), (6, "int8"), (7, "string"), (8, "complex64"),
    (9, "int64"), (10, "bool"), (14, "bfloat16"), (17, "uint16"), (18, "complex128"), (19, "float16"), (20, "resource"),
    (21, "variant"), (22, "uint32"), (23, "uint64"))}
globals().update(_BY_NAME)
half, double = _BY_NAME["float16"], _BY_NAME["float64"]
_ALIASES = {"half": half, "double": double, "float": _BY_NAME["float32"], "str": _BY_NAME["string"],
            "bool_": _BY_NAME["bool"], "object": _BY_NAME["string"], "bytes": _BY_NAME["string"]}
# Of the builtins TensorFlow accepts these; int is ambiguous.
_PYTHON_TYPES = {float: _BY_NAME["float32"], __builtins__["bool"]: _BY_NAME["bool"], object: _BY_NAME["string"],
                 str: _BY_NAME["string"], bytes: _BY_NAME["string"]}


def as_dtype(type_value):
    """The DType for a DType, a name, a NumPy dtype or type, a Python type, or TensorFlow's number of it."""
    if isinstance(type_value, DType):
        return type_value
    found = None
    if isinstance(type_value, str):
        found = _BY_NAME.get(type_value) or _ALIASES.get(type_value)
    elif isinstance(type_value, int) and not isinstance(type_value, __builtins__["bool"]):
        found = DType._by_code.get(type_value)
    elif isinstance(type_value, type) and type_value in _PYTHON_TYPES:
        found = _PYTHON_TYPES[type_value]
    elif type_value is not None:
        found = _of_numpy(type_value)
    if found is None:
        raise TypeError(f"Cannot convert the argument `type_value`: {type_value!r} to a TensorFlow DType.")
    return found


def _of_numpy(value):
    name = getattr(value, "name", None)  # a dtype: of NumPy, or another library's
    if isinstance(name, str) and (name in _BY_NAME or name in _ALIASES):
        return _BY_NAME.get(name) or _ALIASES[name]
    kind = getattr(value, "kind", None)
    if kind in ("U", "S", "O"):
        return _BY_NAME["string"]
    name = getattr(value, "__name__", None) if isinstance(value, type) and value.__module__ != "builtins" else None
    name = {"str_": "string", "bytes_": "string", "object_": "string", "longlong": "int64", "ulonglong": "uint64"}.get(name, name)
    return _BY_NAME.get(name) or _ALIASES.get(name)


__all__ = [*_BY_NAME, "half", "double"]
