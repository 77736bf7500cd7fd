"""keras.Variable: what layers, metrics and optimizers keep their numbers in."""

from runnel import _runnel
from runnel._dtypes import as_dtype
from runnel._tensor import Tensor, _numpy_text
from runnel._variable import Variable as EngineVariable


class _Value(EngineVariable):
    """What `weight.value` is: the tf.Variable behind it, as in Keras 3; called, as in Keras 2, the value as a tensor."""

    def __init__(self, weight):
        self._show(weight)

    __call__ = EngineVariable.read_value


class DTypeName(str):
    """The name of a dtype, which is what Keras 3 calls a Variable's dtype. What a tf.DType tells, it tells as well, for code of Keras 2."""

    def __getattr__(self, name):
        return getattr(as_dtype(str(self)), name)


class Variable(EngineVariable):
    """A Variable of an array, or of an initializer and a shape. Its `path` begins with the layers that it belongs to, its `name` ends it."""

    autocast, layout = True, None
    overwrite_with_gradient = property(_runnel.keras_overwritten, _runnel.keras_set_overwritten, doc="Optimizers assign the gradient: it is the next value.")

    def __init__(self, initializer, shape=None, dtype=None, trainable=True, autocast=True, aggregation="none", synchronization="auto", name=None,
                 layout=None, **kwargs):
        if isinstance(initializer, str):
            initializer = _runnel.keras_get("initializers", initializer)
        if callable(initializer) and not isinstance(initializer, (Tensor, EngineVariable)):
            if shape is None:
                raise ValueError("When creating a Variable from an initializer, the `shape` argument should be specified. "
                                 f"Received: initializer={initializer} and shape={shape}")
            initializer = initializer(shape, dtype=dtype or _runnel.keras_config.floatx())
        super().__init__(initializer, dtype=dtype, trainable=trainable, name=name or _runnel.keras_unique_name("variable"))
        self._note_weight()
        self.__dict__.update(autocast=autocast, _aggregation_word=aggregation)

    dtype = property(lambda self: DTypeName(_runnel.ResourceVariable.dtype.__get__(self).name))
    path = property(lambda self: _runnel.ResourceVariable.name.__get__(self).rpartition(":")[0])
    name = property(lambda self: self.path.rpartition("/")[2])
    _shared_name = path
    aggregation = property(lambda self: self.__dict__.get("_aggregation_word", "none"))

    @property
    def value(self):
        if "_value" not in self.__dict__:
            self.__dict__["_value"] = _Value(self)
        return self.__dict__["_value"]

    def __deepcopy__(self, memo):
        made = memo[id(self)] = _restored(self.read_value(), self.dtype, self.trainable, self.path)
        return made

    def __reduce__(self):
        return _restored, (self.numpy(), self.dtype, self.trainable, self.path)

    def __repr__(self):
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={_numpy_text(self.read_value(), False)}>"


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    setattr(Variable, f"__i{_name}__", getattr(EngineVariable, f"__{_name}__"))  # v += x makes v a tensor; a tf.Variable refuses some of them


def _restored(value, dtype, trainable, path):
    return Variable(value, dtype=dtype, trainable=trainable, name=path)


_runnel.set_weight_class(Variable)
