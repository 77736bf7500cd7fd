"""tf.Variable and tf.IndexedSlices."""

import enum

from runnel import _runnel
from runnel._dtypes import as_dtype
from runnel._tensor import _METHODS, Reference, _array, _scalar


class VariableSynchronization(enum.Enum):
    AUTO, NONE, ON_WRITE, ON_READ = range(4)


class VariableAggregation(enum.Enum):
    NONE, SUM, MEAN, ONLY_FIRST_REPLICA = range(4)

    def __hash__(self):
        return hash(self.value)


class IndexedSlices:
    """Rows `values` of a larger tensor at `indices`: what the gradient of a lookup is."""

    def __init__(self, values, indices, dense_shape=None):
        self._values, self._indices, self._dense_shape = values, indices, dense_shape

    values = property(lambda self: self._values)
    indices = property(lambda self: self._indices)
    dense_shape = property(lambda self: self._dense_shape)
    dtype = property(lambda self: self._values.dtype)
    name = property(lambda self: None)
    device = property(lambda self: self._values.device)

    @property
    def shape(self):
        from runnel._shape import TensorShape

        return TensorShape(None) if self._dense_shape is None else TensorShape([int(d) for d in self._dense_shape])

    def __neg__(self):
        return IndexedSlices(-self._values, self._indices, self._dense_shape)

    def __tf_tensor__(self, dtype=None, name=None):
        if self._dense_shape is None:
            raise ValueError("Tensor conversion requested for IndexedSlices for which `dense_shape` is None.")
        import runnel as tf

        return tf.math.unsorted_segment_sum(self._values, self._indices, self._dense_shape[0])

    def __repr__(self):
        return f"IndexedSlices(indices={self._indices}, values={self._values}, dense_shape={self._dense_shape})"


_default_names = []  # of tf.name_scope


class Variable(_runnel.ResourceVariable):
    """A mutable tensor: assign(), assign_add(), ... change it, everything else reads its value."""

    Synchronization, Aggregation = VariableSynchronization, VariableAggregation

    def __init__(self, initial_value=None, trainable=None, validate_shape=True, caching_device=None, name=None, variable_def=None,
                 dtype=None, import_scope=None, constraint=None, synchronization=VariableSynchronization.AUTO,
                 aggregation=VariableAggregation.NONE, shape=None, experimental_enable_variable_lifting=True):
        if initial_value is None:
            raise ValueError("The `initial_value` arg to `tf.Variable` must be specified except when you are not providing a "
                             "`variable_def`. You provided neither.")
        if callable(initial_value) and not hasattr(initial_value, "__tf_tensor__"):
            initial_value = initial_value()
        name = "/".join([*_default_names, name or "Variable"])
        self._create(initial_value, trainable, name, None if dtype is None else as_dtype(dtype), shape, constraint,
                     synchronization.value, aggregation.value)

    @property
    def constraint(self):
        return self.__dict__.get("_constraint") or _runnel.keras_variable_note(self, False)

    @property
    def regularizer(self):
        return _runnel.keras_variable_note(self, True)

    @property
    def synchronization(self):
        return VariableSynchronization(self._synchronization)

    @property
    def aggregation(self):
        return VariableAggregation(self._aggregation)

    path = property(lambda self: self.name.rpartition(":")[0])  # Keras's name of a weight, "dense/kernel"
    op = property(lambda self: self.handle)
    graph = property(lambda self: None)
    device = property(lambda self: "/job:localhost/replica:0/task:0/device:CPU:0")
    _shared_name = property(lambda self: self.name[: self.name.index(":")])
    _unique_id = property(lambda self: f"{self._shared_name}_{self._id}")
    ndim = property(lambda self: self.shape.rank)
    initial_value = property(lambda self: self.value())
    initializer = property(lambda self: None)

    def _after(self, read_value):
        return self if read_value else None

    def assign(self, value, use_locking=False, name=None, read_value=True):
        self._assign(value)
        return self._after(read_value)

    def assign_add(self, delta, use_locking=None, name=None, read_value=True):
        self._assign_add(delta)
        return self._after(read_value)

    def assign_sub(self, delta, use_locking=None, name=None, read_value=True):
        self._assign_sub(delta)
        return self._after(read_value)

    def __getitem__(self, index):
        return _sliced(self, index)

    def is_initialized(self, name=None):
        return _runnel.constant(True, None)

    def initialized_value(self):
        return self.value()

    def read_value_no_copy(self):
        return self.value()

    def get_shape(self):
        return self.shape

    def set_shape(self, shape):
        if not self.shape.is_compatible_with(shape):
            raise ValueError(f"the variable's shape {self.shape} is not compatible with {shape}")

    def eval(self, session=None):
        return self.numpy()

    def sparse_read(self, indices, name=None):
        import runnel as tf

        return tf.gather(self, indices)

    def gather_nd(self, indices, name=None):
        import runnel as tf

        return tf.gather_nd(self, indices)

    def ref(self):
        return Reference(self)

    experimental_ref = ref

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        made = Variable(self.value(), trainable=self.trainable, name=self._shared_name, dtype=self.dtype, shape=self.shape,
                        constraint=self.constraint, synchronization=self.synchronization, aggregation=self.aggregation)
        memo[id(self)] = made
        return made

    def __reduce__(self):
        return _restored, (self.numpy(), self.dtype, self.trainable, self._shared_name)

    def __tf_tensor__(self, dtype=None, name=None):
        return _runnel.convert(self.value(), dtype, None)

    def __repr__(self):
        import runnel._tensor as t

        text = t._numpy_text(self.value(), True)
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}, numpy={text}>"

    def __iadd__(self, other):
        raise RuntimeError("`variable += value` with `tf.Variable`s is not supported. Use `variable.assign_add(value)` to modify the "
                           "variable, or `out = variable + value` if you need to get a new output Tensor.")

    def __isub__(self, other):
        raise RuntimeError("`variable -= value` with `tf.Variable`s is not supported. Use `variable.assign_sub(value)` to modify the "
                           "variable, or `out = variable - value` if you need to get a new output Tensor.")

    __array__ = lambda self, dtype=None, copy=None: _array(self.value(), dtype, copy)  # noqa: E731
    __int__ = lambda self: int(_scalar(self.value()))  # noqa: E731
    __float__ = lambda self: float(_scalar(self.value()))  # noqa: E731
    __complex__ = lambda self: complex(_scalar(self.value()))  # noqa: E731
    __index__ = lambda self: _METHODS["__index__"](self.value())  # noqa: E731
    __format__ = lambda self, spec: format(self.value(), spec) if spec else repr(self)  # noqa: E731
    __array_priority__ = 100


trainable = _runnel.ResourceVariable.trainable
Variable.trainable = property(trainable.__get__, lambda self, value: self._set_trainable(value))
Variable.__hash__ = _runnel.ResourceVariable.__hash__
del trainable


def _restored(value, dtype, trainable, name):
    return Variable(value, dtype=dtype, trainable=trainable, name=name)


def _sliced(variable, index):
    """x[...], which can also be assigned to: v[1:3].assign(...)."""
    result = _runnel.subscript(variable, index)
    result.assign = lambda value, use_locking=False, name=None, read_value=True: _assign_slice(variable, index, value)
    return result


def _assign_slice(variable, index, value):
    variable._assign_slice(index, value)
    return variable


def _add_scatter(kind):
    def scatter(self, sparse_delta, use_locking=False, name=None):
        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(f"Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: {sparse_delta}")
        getattr(self, "_scatter_" + kind)(sparse_delta.indices, sparse_delta.values)
        return self

    scatter.__name__ = "scatter_" + kind
    setattr(Variable, scatter.__name__, scatter)


def _add_scatter_nd(kind):
    def scatter(self, indices, updates, name=None):
        getattr(self, "_scatter_nd_" + kind)(indices, updates)
        return self

    scatter.__name__ = "scatter_nd_" + kind
    setattr(Variable, scatter.__name__, scatter)


for _kind in ("update", "add", "sub", "mul", "div", "min", "max"):
    _add_scatter(_kind)
def _batch_scatter_update(self, sparse_delta, use_locking=False, name=None):
    if not isinstance(sparse_delta, IndexedSlices):
        raise TypeError(f"Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: {sparse_delta}")
    self._batch_scatter_update(sparse_delta.indices, sparse_delta.values)
    return self


for _kind in ("update", "add", "sub", "min", "max"):
    _add_scatter_nd(_kind)
Variable.batch_scatter_update = _batch_scatter_update
Variable.__module__, Variable.__qualname__, Variable.__name__ = (
    "tensorflow.python.ops.resource_variable_ops", "ResourceVariable", "ResourceVariable")
_runnel.set_variable_class(Variable)
