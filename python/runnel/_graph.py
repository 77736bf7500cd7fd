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

    name = property(lambda self: self._node.name)
    type = property(lambda self: self._node.type)
    inputs = property(lambda self: tuple(self._node.inputs))
    outputs = property(lambda self: list(self._node.outputs))
    values = lambda self: tuple(self._node.outputs)  # noqa: E731
    control_inputs = property(lambda self: [_operation(n) for n in self._node.control_inputs])
    graph = property(lambda self: _graph(self._node.graph))
    node_def = property(lambda self: next(n for n in self.graph.as_graph_def().node if n.name == self.name))
    device = property(lambda self: "")

    def get_attr(self, name):
        return self._node.get_attr(name)

    def __repr__(self):
        return f"<tf.Operation '{self.name}' type={self.type}>"


class Graph:
    """Operations that were recorded instead of run."""

    def __init__(self, handle=None):
        self._handle = handle or _runnel.GraphHandle("graph")
        self._collections = {}
        _graphs[self._handle.id] = self

    name = property(lambda self: self._handle.name)
    building_function = property(lambda self: self._handle.is_function)
    version = property(lambda self: len(self._handle.nodes))

    def get_operations(self):
        return [_operation(node) for node in self._handle.nodes]

    def get_operation_by_name(self, name):
        node = self._handle.find(name)
        if node is None:
            raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
        return _operation(node)

    def get_tensor_by_name(self, name):
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
        if isinstance(obj, str):
            return self.get_tensor_by_name(obj) if ":" in obj else self.get_operation_by_name(obj)
        return obj

    def as_graph_def(self, from_version=None, add_shapes=False):
        from runnel._protos import GraphDef

        return GraphDef.FromString(self._handle.graph_def())

    def unique_name(self, name, mark_as_used=True):
        return self._handle.unique_name(name)

    @contextlib.contextmanager
    def as_default(self):
        entered = _runnel.EnteredGraph(self._handle)
        entered.enter()
        try:
            yield self
        finally:
            entered.leave()

    def control_dependencies(self, control_inputs):
        return control_dependencies(control_inputs)

    def name_scope(self, name):
        return name_scope(name)

    def get_collection(self, name, scope=None):
        return list(self._collections.get(name, []))

    def add_to_collection(self, name, value):
        self._collections.setdefault(name, []).append(value)

    def finalize(self):
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
    handle = _runnel.current_graph()
    return _default_graph() if handle is None else _graph(handle)


_default = []


def _default_graph():
    if not _default:
        _default.append(Graph())
    return _default[0]


def reset_default_graph():
    _default.clear()


def executing_eagerly():
    return not _runnel.is_tracing()


def inside_function():
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
        self._name = name or default_name or ""
        self._saved = []

    name = property(lambda self: self._name)

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


def _symbolic_only(name, get):
    def read(self):
        if _runnel.has_node(self):
            return get(self)
        if _runnel.is_symbolic(self):
            return None
        raise AttributeError(f"Tensor.{name} is undefined when eager execution is enabled.")

    return property(read)


def _set_shape(self, shape):
    from runnel._shape import as_shape

    if not self.shape.is_compatible_with(shape):
        raise ValueError(f"Tensor's shape {self.shape} is not compatible with supplied shape {as_shape(shape)}.")
    if _runnel.is_symbolic(self):
        _runnel.set_static_shape(self, shape)


def _consumers(self):
    if not _runnel.has_node(self):
        return []
    return [op for op in self.graph.get_operations() if any(_runnel.same_symbol(self, i) for i in op.inputs)]


def _eval(self, feed_dict=None, session=None):
    if not _runnel.has_node(self):
        return self.numpy()
    feeds = feed_dict or {}
    keys = [k.deref() if hasattr(k, "deref") else k for k in feeds]
    return self.graph._handle.run([self], keys, list(feeds.values()))[0].numpy()


Tensor.graph = _symbolic_only("graph", lambda t: _graph(_runnel.graph_of(t)))
Tensor.op = _symbolic_only("op", lambda t: _operation(_runnel.node_of(t)))
_name = _symbolic_only("name", _runnel.symbolic_name).fget
Tensor.name = property(lambda t: _runnel.keras_tensor_name(t) if _runnel.is_keras_tensor(t) else _name(t))
Tensor.value_index = property(lambda t: _runnel.output_index(t) if _runnel.has_node(t) else 0)
Tensor.set_shape, Tensor.consumers, Tensor.eval = _set_shape, _consumers, _eval
