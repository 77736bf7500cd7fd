"""tf.Variable and tf.IndexedSlices."""

import enum

from runnel import _runnel, errors
from runnel._dtypes import as_dtype
from runnel._shape import as_shape
from runnel._tensor import _METHODS, Reference, _array, _scalar


class VariableSynchronization(enum.Enum):
    """When the copies of a Variable on several devices are made equal. There is one device: accepted."""

    AUTO, NONE, ON_WRITE, ON_READ = range(4)


class VariableAggregation(enum.Enum):
    """How updates of a Variable from several devices are joined. There is one device: accepted."""

    NONE, SUM, MEAN, ONLY_FIRST_REPLICA = range(4)

    def __hash__(self):
        return hash(self.value)


class IndexedSlices:
    """Rows `values` of a larger tensor at `indices`: what the gradient of a lookup is."""

    def __init__(self, values, indices, dense_shape=None):
        self._values, self._indices, self._dense_shape = values, indices, dense_shape

    values = property(lambda self: self._values, doc="The rows.")
    indices = property(lambda self: self._indices, doc="Where they stand in the larger tensor.")
    dense_shape = property(lambda self: self._dense_shape, doc="The shape of the larger tensor, or None.")
    dtype = property(lambda self: self._values.dtype, doc="The dtype of the rows.")
    name = property(lambda self: None, doc="None: it is no operation.")
    device = property(lambda self: self._values.device, doc="Where the rows are.")

    @property
    def shape(self):
        """The static shape of the larger tensor."""
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
_SHORT_NAMES = {"float32": "float", "float64": "double", "float16": "half"}


class Variable(_runnel.ResourceVariable):
    """A mutable tensor: assign(), assign_add(), ... change it, everything else reads its value."""

    Synchronization, Aggregation = VariableSynchronization, VariableAggregation

    def __init__(self, initial_value=None, trainable=None, validate_shape=True, caching_device=None, name=None, variable_def=None,
                 dtype=None, import_scope=None, constraint=None, synchronization=VariableSynchronization.AUTO,
                 aggregation=VariableAggregation.NONE, shape=None, experimental_enable_variable_lifting=True):
        if initial_value is None:
            raise ValueError("The `initial_value` arg to `tf.Variable` must be specified except when you are not providing a "
                             "`variable_def`. You provided neither.")
        if constraint is not None and not callable(constraint):
            raise ValueError(f"Argument `constraint` must be None or a callable. Got a {type(constraint)}:  {constraint}")
        if name is not None and not isinstance(name, str):
            raise ValueError("name for name_scope must be a string.")
        synchronization = _mode(VariableSynchronization, synchronization, "synchronization", name)
        aggregation = _mode(VariableAggregation, aggregation, "aggregation", name)
        if callable(initial_value) and not hasattr(initial_value, "__tf_tensor__"):
            initial_value = initial_value()
        if isinstance(initial_value, _runnel.Tensor) and _runnel.is_symbolic(initial_value) and not _runnel.is_tracing():
            raise ValueError(f"Argument `initial_value` ({initial_value}) could not be lifted out of a `tf.function`. (Tried to create variable with "
                             f"name='{name}').")
        name = "/".join([*_default_names, name or "Variable"])
        self._create(initial_value, trainable, name, None if dtype is None else as_dtype(dtype), shape, constraint,
                     synchronization.value, aggregation.value)

    @property
    def constraint(self):
        """The function that optimizers apply after each update, or None."""
        return self.__dict__.get("_constraint") or _runnel.keras_variable_note(self, False)

    @property
    def regularizer(self):
        """Of a layer's weight: its regularizer, or None."""
        return _runnel.keras_variable_note(self, True)

    @property
    def synchronization(self):
        """As it was made."""
        return VariableSynchronization(self._synchronization)

    @property
    def aggregation(self):
        """As it was made."""
        return VariableAggregation(self._aggregation)

    path = property(lambda self: self.name.rpartition(":")[0], doc="Keras's name of a weight: dense/kernel.")
    op = property(lambda self: self.handle.op, doc="Of a graph: the operation that makes the handle. AttributeError in eager code.")
    graph = property(lambda self: self.handle.graph, doc="Of a graph: the one that the handle is in. AttributeError in eager code.")
    device = property(lambda self: "/job:localhost/replica:0/task:0/device:CPU:0", doc="Where the value is.")
    _shared_name = property(lambda self: self.name[: self.name.index(":")])
    _unique_id = property(lambda self: f"{self._shared_name}_{self._id}")
    ndim = property(lambda self: self.shape.rank, doc="The number of dimensions.")
    initializer = property(lambda self: None, doc="None: a Variable has its value from the start.")

    def _after(self, read_value):
        return self if read_value else None

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Replaces the value. ValueError where its shape or dtype does not fit."""
        self._assign(value)
        return self._after(read_value)

    def assign_add(self, delta, use_locking=None, name=None, read_value=True):
        """Adds to the value."""
        self._assign_add(delta)
        return self._after(read_value)

    def assign_sub(self, delta, use_locking=None, name=None, read_value=True):
        """Subtracts from the value."""
        self._assign_sub(delta)
        return self._after(read_value)

    def __getitem__(self, index):
        return _sliced(self, index)

    def is_initialized(self, name=None):
        """True, as a tensor."""
        return _runnel.constant(True, None)

    def initialized_value(self):
        """The value."""
        return self.read_value()

    def read_value_no_copy(self):
        """The value."""
        return self.read_value()

    def get_shape(self):
        """The static shape."""
        return self.shape

    def set_shape(self, shape):
        """ValueError where the static shape is another one."""
        if not self.shape.is_compatible_with(shape):
            raise ValueError(f"Shapes {self.shape} and {as_shape(shape)} are not compatible")

    def eval(self, session=None):
        """The value as a NumPy array."""
        return self.numpy()

    def sparse_read(self, indices, name=None):
        """value[indices[...]]."""
        import runnel as tf

        return tf.gather(self, indices)

    def gather_nd(self, indices, name=None):
        """value[indices[..., 0], indices[..., 1], ...]."""
        import runnel as tf

        return tf.gather_nd(self, indices)

    def ref(self):
        """A key for dicts, equal for the same Variable."""
        return Reference(self)

    experimental_ref = ref

    @property
    def initial_value(self):
        """RuntimeError: only sessions of TensorFlow 1 have initial values."""
        raise RuntimeError("This property is not supported when eager execution is enabled.")

    def load(self, value, session=None):
        """assign(), as TensorFlow 1 called it."""
        self._assign(value)

    def count_up_to(self, limit):
        """The value, which is then one larger. OutOfRangeError where it has reached `limit`."""
        if self.dtype not in ("int32", "int64"):
            name = _SHORT_NAMES.get(self.dtype.name, self.dtype.name)
            raise errors.InvalidArgumentError(None, None, f"Value for attr 'T' of {name} is not in the list of allowed values: int32, int64")
        return _runnel.call_raw("ResourceCountUpTo", {"resource": self.handle, "limit": limit, "T": self.dtype})

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        made = Variable(self.read_value(), trainable=self.trainable, name=self._shared_name, dtype=self.dtype, shape=self.shape,
                        constraint=self.constraint, synchronization=self.synchronization, aggregation=self.aggregation)
        memo[id(self)] = made
        return made

    def __reduce__(self):
        return _restored, (self.numpy(), self.dtype, self.trainable, self._shared_name)

    def __tf_tensor__(self, dtype=None, name=None):
        return _runnel.convert(self.read_value(), dtype, None)

    def __repr__(self):
        import runnel._tensor as t

        if _runnel.is_tracing():
            return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"
        text = t._numpy_text(self.read_value(), True)
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}, numpy={text}>"

    __array__ = lambda self, dtype=None, copy=None: _array(self.read_value(), dtype, copy)  # noqa: E731
    __int__ = lambda self: int(_scalar(self.read_value()))  # noqa: E731
    __float__ = lambda self: float(_scalar(self.read_value()))  # noqa: E731
    __complex__ = lambda self: complex(_scalar(self.read_value()))  # noqa: E731
    __index__ = lambda self: _METHODS["__index__"](self.read_value())  # noqa: E731
    __format__ = lambda self, spec: format(self.read_value(), spec) if spec else repr(self)  # noqa: E731
    __array_priority__ = 100


trainable = _runnel.ResourceVariable.trainable
Variable.trainable = property(trainable.__get__, lambda self, value: self._set_trainable(value))
Variable.__hash__ = _runnel.ResourceVariable.__hash__
del trainable


def _mode(kind, value, what, name):
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"Invalid variable {what} mode: {value} for variable: {name}") from None


def _refuse_in_place(operator, instead, name, new):
    """v += x would make v another name for a tensor."""

    def refuse(self, other):
        raise RuntimeError(f"`{name} {operator}= value` with `tf.Variable`s is not supported. Use `{name}.{instead}` to modify the "
                           f"variable, or `out = {name} {new} value` if you need to get a new output Tensor.")

    return refuse


# TensorFlow's sentences, its `*` for `-` too. It lets v //= x, v %= x and v @= x make tensors.
for _name, _operator, _instead, _called, _new in (
        ("add", "+", "assign_add(value)", "variable", "+"), ("sub", "-", "assign_sub(value)", "variable", "*"),
        ("mul", "*", "assign(var * value)", "var", "*"), ("truediv", "/", "assign(var / value)", "var", "/"),
        ("pow", "**", "assign(var ** value)", "var", "**")):
    setattr(Variable, f"__i{_name}__", _refuse_in_place(_operator, _instead, _called, _new))


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


_CHANGES = {"update": "= updates", "add": "+= updates", "sub": "-= updates", "mul": "*= updates", "div": "/= updates",
            "min": "= the smaller of it and updates", "max": "= the larger of it and updates"}


def _add_scatter(kind):
    def scatter(self, sparse_delta, use_locking=False, name=None):
        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(f"Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: {sparse_delta}")
        getattr(self, "_scatter_" + kind)(sparse_delta.indices, sparse_delta.values)
        return self

    scatter.__name__ = "scatter_" + kind
    scatter.__doc__ = f"value[indices[...]] {_CHANGES[kind]}, by tf.IndexedSlices. TypeError for anything else."
    setattr(Variable, scatter.__name__, scatter)


def _add_scatter_nd(kind):
    def scatter(self, indices, updates, name=None):
        getattr(self, "_scatter_nd_" + kind)(indices, updates)
        return self

    scatter.__name__ = "scatter_nd_" + kind
    scatter.__doc__ = f"value[indices[..., 0], indices[..., 1], ...] {_CHANGES[kind]}."
    setattr(Variable, scatter.__name__, scatter)


for _kind in _CHANGES:
    _add_scatter(_kind)


def _batch_scatter_update(self, sparse_delta, use_locking=False, name=None):
    """value[i, ..., indices[i, ..., k]] = updates[i, ..., k], by tf.IndexedSlices. TypeError for anything else."""
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
