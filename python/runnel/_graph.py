"""tf.Graph, tf.Operation, and what depends on which graph is being built."""

import contextlib
import weakref

from runnel import _runnel, _variable, nest
from runnel._dtypes import as_dtype
from runnel._tensor import Tensor, convert_to_tensor

_graphs = weakref.WeakValueDictionary()  # by identity of the C++ graph, so that `a.graph is b.graph` holds
_operations = weakref.WeakValueDictionary()


class Operation:
    """A node of a graph."""

    def __init__(self, node):
        self._node = node

    name = property(lambda self: self._node.name, doc="The name in the graph.")
    type = property(lambda self: self._node.type, doc="The operator's name, such as MatMul.")
    inputs = property(lambda self: tuple(self._node.inputs), doc="The tensors that it reads.")
    outputs = property(lambda self: list(self._node.outputs), doc="The tensors that it makes.")
    control_inputs = property(lambda self: [_operation(n) for n in self._node.control_inputs], doc="What has to run before.")
    graph = property(lambda self: _graph(self._node.graph), doc="The graph that it is in.")
    node_def = property(lambda self: next(n for n in self.graph.as_graph_def().node if n.name == self.name), doc="What a GraphDef holds of it.")
    device = property(lambda self: "", doc="Empty: there is one device.")

    def values(self):
        """The tensors that it makes, as a tuple."""
        return tuple(self._node.outputs)

    def get_attr(self, name):
        """The value of an attribute. ValueError where there is none of that name."""
        return self._node.get_attr(name)

    def __repr__(self):
        return f"<tf.Operation '{self.name}' type={self.type}>"


class Graph:
    """Operations that were recorded instead of run."""

    def __init__(self, handle=None):
        self._handle = handle or _runnel.GraphHandle("graph")
        self._collections = {}
        _graphs[self._handle.id] = self

    name = property(lambda self: self._handle.name, doc="Its name.")
    building_function = property(lambda self: self._handle.is_function, doc="True for the graph of a function.")
    version = property(lambda self: len(self._handle.nodes), doc="The number of operations.")

    def get_operations(self):
        """All operations in their order."""
        return [_operation(node) for node in self._handle.nodes]

    def get_operation_by_name(self, name):
        """The operation of that name. KeyError where there is none."""
        node = self._handle.find(name)
        if node is None:
            raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
        return _operation(node)

    def get_tensor_by_name(self, name):
        """The tensor name:index. KeyError where there is none."""
        base, colon, index = name.partition(":")
        if not colon or not index.isdigit():
            raise ValueError(f"The name {name!r} looks like an (invalid) Operation name, not a Tensor. Tensor names must be of the form "
                             "\"<op_name>:<output_index>\".")
        node = self._handle.find(base)
        if node is None:
            raise KeyError(f"The name {name!r} refers to a Tensor which does not exist. The operation, {base!r}, does not exist in the graph.")
        if int(index) >= len(node.outputs):
            raise KeyError(f"The name {name!r} refers to a Tensor which does not exist. The operation, {base!r}, exists but only has "
                           f"{len(node.outputs)} outputs.")
        return node.outputs[int(index)]

    def as_graph_element(self, obj, allow_tensor=True, allow_operation=True):
        """The operation or tensor that a name or object stands for."""
        if isinstance(obj, str):
            return self.get_tensor_by_name(obj) if ":" in obj else self.get_operation_by_name(obj)
        return obj

    def as_graph_def(self, from_version=None, add_shapes=False):
        """All operations as a GraphDef."""
        from runnel._protos import GraphDef

        return GraphDef.FromString(self._handle.graph_def())

    def unique_name(self, name, mark_as_used=True):
        """The name, or name_1, ... where it is taken."""
        return self._handle.unique_name(name)

    @contextlib.contextmanager
    def as_default(self):
        """A context in which operators are added to the graph."""
        entered = _runnel.EnteredGraph(self._handle)
        entered.enter()
        try:
            yield self
        finally:
            entered.leave()

    def control_dependencies(self, control_inputs):
        """A context in which what is added runs after these."""
        return control_dependencies(control_inputs)

    def name_scope(self, name):
        """A context in which names begin with this one."""
        return name_scope(name)

    def get_collection(self, name, scope=None):
        """What was added to a collection."""
        return list(self._collections.get(name, []))

    def add_to_collection(self, name, value):
        """Adds to a collection."""
        self._collections.setdefault(name, []).append(value)

    def finalize(self):
        """Accepted: a graph stays open."""
        pass

    def __repr__(self):
        return f"<tensorflow.python.framework.ops.Graph object at {hex(id(self))}>"


class FuncGraph(Graph):
    """The graph of a function: what it uses from outside is captured."""

    def __init__(self, name="function", handle=None):
        super().__init__(handle or _runnel.function_graph(name))

    def __repr__(self):
        return f"FuncGraph(name={self.name}, id={id(self)})"


def _graph(handle):
    return _graphs.get(handle.id) or (FuncGraph if handle.is_function else Graph)(handle=handle)


def _operation(node):
    made = _operations.get(node.id)
    if made is None or made.name != node.name:
        made = _operations[node.id] = Operation(node)
    return made


def get_default_graph():
    """The graph that operators are added to."""
    handle = _runnel.current_graph()
    return _default_graph() if handle is None else _graph(handle)


_default = []


def _default_graph():
    if not _default:
        _default.append(Graph())
    return _default[0]


def reset_default_graph():
    """Starts with an empty default graph."""
    _default.clear()


def executing_eagerly():
    """True where operators run at once: False in a graph."""
    return not _runnel.is_tracing()


def inside_function():
    """True while a function is traced."""
    handle = _runnel.current_graph()
    return handle is not None and handle.is_function


@contextlib.contextmanager
def init_scope():
    """What is inside computes now, even in the middle of a trace."""
    scope = _runnel.InitScope()
    scope.enter()
    try:
        yield
    finally:
        scope.leave()


class name_scope:
    """Names of what is made inside begin with this one."""

    def __init__(self, name, default_name=None, values=None):
        if not isinstance(name, (str, type(None))):
            raise ValueError("name for name_scope must be a string.")
        self._name = name or default_name or ""
        self._saved = []

    name = property(lambda self: self._name, doc="As it was given.")

    def __enter__(self):
        if self._name.endswith("/"):  # a scope that was entered before, as given by `with ... as scope`
            full = self._name
        else:
            full = "/".join([*_variable._default_names, self._name]) + "/" if self._name else ""
        self._saved.append((list(_variable._default_names), _runnel.set_name_scope(full if _runnel.is_tracing() else "")))
        _variable._default_names[:] = [full[:-1]] if full else []
        return full

    def __exit__(self, *error):
        names, scope = self._saved.pop()
        _variable._default_names[:] = names
        _runnel.set_name_scope(scope)


@contextlib.contextmanager
def control_dependencies(control_inputs):
    """What is made inside runs after these operations. Eager code runs in its order anyway."""
    if callable(control_inputs):
        control_inputs()
        control_inputs = None
    handle = _runnel.current_graph()
    if handle is None or control_inputs is None:
        yield
        return
    nodes = [n for n in (_node(c) for c in nest.flatten(control_inputs)) if n is not None]
    handle.push_control(nodes)
    try:
        yield
    finally:
        handle.pop_control(len(nodes))


def _node(item):
    if isinstance(item, Operation):
        return item._node
    return _runnel.node_of(item) if isinstance(item, Tensor) and _runnel.has_node(item) else None


def no_op(name=None):
    """An operation that does nothing, in graphs."""
    if not _runnel.is_tracing():
        return None
    _runnel.call_raw("NoOp", {})
    return _operation(_runnel.current_graph().nodes[-1])


def group(*inputs, name=None):
    """An operation that waits for all inputs."""
    if not _runnel.is_tracing():
        return None
    with control_dependencies(nest.flatten(list(inputs))):
        return no_op(name)


def placeholder(dtype, shape=None, name=None):
    """A tensor whose value is fed when the graph runs."""
    return _runnel.placeholder(as_dtype(dtype), shape, name or "Placeholder")


def gradients(ys, xs, grad_ys=None, name="gradients", gate_gradients=False, aggregation_method=None, stop_gradients=None,
              unconnected_gradients=None):
    """d(sum of ys) / d(each of xs), inside a graph."""
    from runnel._tape import UnconnectedGradients

    if executing_eagerly():
        raise RuntimeError("tf.gradients is not supported when eager execution is enabled. Use tf.GradientTape instead.")
    seeds = [] if grad_ys is None else [None if g is None else convert_to_tensor(g) for g in nest.flatten(grad_ys)]
    zero = unconnected_gradients is not None and UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
    return _runnel.gradients(nest.flatten(ys), nest.flatten(xs), seeds, zero)


def get_static_value(tensor, partial=False):
    """The value as a NumPy array where it is known while the graph is built, else None."""
    value = _runnel.known_value(tensor) if isinstance(tensor, Tensor) else None
    return None if value is None else value.numpy()


# --- the graph side of tf.Tensor ---


def _symbolic_only(name, get, doc):
    def read(self):
        if _runnel.has_node(self):
            return get(self)
        if _runnel.is_symbolic(self):
            return None
        raise AttributeError(f"Tensor.{name} is undefined when eager execution is enabled.")

    return property(read, doc=doc + " AttributeError in eager code.")


def _set_shape(self, shape):
    """ValueError where the static shape does not fit; of a tensor of a graph, tells what else is known of it."""
    from runnel._shape import as_shape

    if not self.shape.is_compatible_with(shape):
        raise ValueError(f"Tensor's shape {self.shape} is not compatible with supplied shape {as_shape(shape)}.")
    if _runnel.is_symbolic(self):
        _runnel.set_static_shape(self, shape)


def _consumers(self):
    """The operations of the graph that read the tensor."""
    if not _runnel.has_node(self):
        return []
    return [op for op in self.graph.get_operations() if any(_runnel.same_symbol(self, i) for i in op.inputs)]


def _eval(self, feed_dict=None, session=None):
    """The value as a NumPy array; of a graph, computed from the values fed."""
    if not _runnel.has_node(self):
        return self.numpy()
    feeds = feed_dict or {}
    keys = [k.deref() if hasattr(k, "deref") else k for k in feeds]
    return self.graph._handle.run([self], keys, list(feeds.values()))[0].numpy()


Tensor.graph = _symbolic_only("graph", lambda t: _graph(_runnel.graph_of(t)), "The graph that it is in.")
Tensor.op = _symbolic_only("op", lambda t: _operation(_runnel.node_of(t)), "The operation that makes it.")
_name_in_graph = _symbolic_only("name", _runnel.symbolic_name, "").fget
Tensor.name = property(lambda t: _runnel.keras_tensor_name(t) if _runnel.is_keras_tensor(t) else _name_in_graph(t),
                       doc="The name in its graph; of a Keras tensor, the one that its layer gave it.")
Tensor.value_index = property(lambda t: _runnel.output_index(t) if _runnel.has_node(t) else 0, doc="Which output of its operation it is.")
for _name, _method in (("set_shape", _set_shape), ("consumers", _consumers), ("eval", _eval)):
    _method.__name__ = _name
    setattr(Tensor, _name, _method)
