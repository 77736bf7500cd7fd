"""Layers, metrics and optimizers as functions of their Variables' values: StatelessScope, stateless_call() and the like."""

from runnel import _runnel


class StatelessScope:
    """Inside, Variables read as other values, through which gradients flow; assignments change those, and nothing else."""

    def __init__(self, state_mapping=None, collect_losses=False, initialize_variables=True):
        self.state_mapping = list(state_mapping or [])
        self.losses, self._after = [], None

    def __enter__(self):
        for pair in self.state_mapping:
            if tuple(pair[0].shape) != tuple(pair[1].shape):
                raise ValueError(f"Invalid variable value in StatelessScope: all values in argument `state_mapping` must be tensors with a shape that "
                                 f"matches the corresponding variable shape. For variable {pair[0]}, received invalid value {pair[1]} with shape {pair[1].shape}.")
        _runnel.stateless_begin([v for v, _ in self.state_mapping], [value for _, value in self.state_mapping])
        return self

    def __exit__(self, *exception):
        self._after = {id(variable): (variable, value) for variable, value in _runnel.stateless_end()}

    def get_current_value(self, variable):
        """Inside: what the Variable reads as. Afterwards: what it read as in the end, or None where it had no value of its own."""
        if self._after is None:
            return variable.read_value()
        return self._after.get(id(variable), (None, None))[1]

    def add_update(self, update):
        variable, value = update
        variable.assign(value)

    def add_loss(self, loss):
        self.losses.append(loss)


def _pairs(owner, what, variables, values):
    if len(variables) != len(values):
        raise ValueError(f"Argument `{what}` must be a list of tensors corresponding 1:1 to {type(owner).__name__}().{what}. Received list with "
                         f"length {len(values)}, but expected {len(variables)} variables.")
    return list(zip(variables, values))


def _values(scope, variables, given):
    return [value if scope.get_current_value(v) is None else scope.get_current_value(v) for v, value in zip(variables, given)]


def stateless_call(self, trainable_variables, non_trainable_variables, *args, return_losses=False, **kwargs):
    """(outputs, non_trainable_variables[, losses]) of a call with these values of the Variables."""
    if not self.built:
        raise ValueError(f"To call stateless_call, {type(self).__name__} must be built (i.e. its variables must have been already created). You can "
                         "build it by calling it on some data.")
    others = self.non_trainable_variables
    mapping = _pairs(self, "trainable_variables", self.trainable_variables, trainable_variables)
    mapping += _pairs(self, "non_trainable_variables", others, non_trainable_variables)
    with StatelessScope(mapping) as scope:
        outputs = self(*args, **kwargs)
        losses = list(self.losses) if return_losses else []
    after = _values(scope, others, non_trainable_variables)
    return (outputs, after, losses) if return_losses else (outputs, after)


def stateless_update_state(self, metric_variables, *args, **kwargs):
    """The metric's Variables after update_state(*args) with these values of them."""
    if len(metric_variables) != len(self.variables):
        raise ValueError("Argument `metric_variables` must be a list of tensors corresponding 1:1 to "
                         f"{type(self).__name__}().variables. Received list with length {len(metric_variables)}, but expected {len(self.variables)} variables.")
    with StatelessScope(zip(self.variables, metric_variables)) as scope:
        self.update_state(*args, **kwargs)
    return _values(scope, self.variables, metric_variables)


def stateless_result(self, metric_variables):
    with StatelessScope(_pairs(self, "metric_variables", self.variables, metric_variables)):
        return self.result()


def stateless_reset_state(self):
    with StatelessScope() as scope:
        self.reset_state()
    return _values(scope, self.variables, [v.read_value() for v in self.variables])


def stateless_apply(self, optimizer_variables, grads, trainable_variables):
    """(trainable_variables, optimizer_variables) after one step from these values; the Variables keep theirs."""
    if not self.built:
        raise ValueError(f"To call `stateless_apply`, {type(self).__name__} must be built (i.e. its variables must have been created). You can build it "
                         "via `optimizer.build(trainable_variables)`.")
    own, trained = list(self.variables), list(self._trainable_variables())
    given = _pairs(self, "optimizer_variables", own, optimizer_variables) + _pairs(self, "trainable_variables", trained, trainable_variables)
    before = [(variable, variable.read_value()) for variable, _ in given]
    try:
        for variable, value in given:
            variable.assign(value)
        self.apply_gradients(zip(grads, trained))
        return [v.read_value() for v in trained], [v.read_value() for v in own]
    finally:
        for variable, value in before:
            variable.assign(value)


def compute_output_spec(self, *args, **kwargs):
    """Keras tensors of the shapes and dtypes that a call with such inputs gives."""
    import runnel as tf

    def stand_in(x):
        return tf.keras.Input(batch_shape=tuple(x.shape), dtype=x.dtype) if hasattr(x, "shape") else x

    return self(*tf.nest.map_structure(stand_in, args), **kwargs)


class RematScope:
    """Layers made inside compute once more for their gradient instead of keeping their values.

    mode: "full", "activations", "larger_than" (outputs of more elements than the threshold), "list_of_layers" (by name) or None."""

    def __init__(self, mode="full", output_size_threshold=1024, layer_names=None):
        modes = ("full", "activations", "larger_than", "list_of_layers", None)
        if mode not in modes:
            raise ValueError(f"Invalid mode '{mode}'. Supported modes are: 'full', 'activations', 'larger_than', 'list_of_layers', or None.")
        self.mode, self.output_size_threshold, self.layer_names = mode, output_size_threshold, layer_names or []

    def __enter__(self):
        _runnel.remat_begin(self.mode or "", self.output_size_threshold, list(self.layer_names))
        return self

    def __exit__(self, *exception):
        _runnel.remat_end()


def remat(f):
    """f, which is computed once more for its gradient instead of keeping its intermediate values."""
    import runnel as tf

    return tf.recompute_grad(f)


def _state_size(self):
    if hasattr(self, "cells"):
        return [cell.state_size for cell in self.cells]
    if hasattr(self, "cell") and hasattr(self.cell, "state_size"):
        size = self.cell.state_size
        return list(size) if isinstance(size, (list, tuple)) else [size]
    sizes = [shape[0] if len(shape) == 1 else tuple(shape) for shape in _runnel.keras_state_shapes(self)]
    return sizes[0] if len(sizes) == 1 and not hasattr(self, "cell") else sizes


def _output_size(self):
    last = self.cells[-1] if hasattr(self, "cells") else self
    size = self.state_size if last is self else getattr(last, "output_size", None) or last.state_size
    return size[0] if isinstance(size, (list, tuple)) else size


def _zeros(cell, size, batch_size):
    import runnel as tf

    if isinstance(size, list):
        return [_zeros(cell, one, batch_size) for one in size]
    return tf.zeros((batch_size, *size) if isinstance(size, tuple) else (batch_size, size), cell.compute_dtype)


def get_initial_state(self, batch_size=None):
    """Zeros (batch_size, ...) for each state; of a cell of one's own what its get_initial_state() gives."""
    cells = getattr(self, "cells", None) or [getattr(self, "cell", None)]
    if cells == [None]:
        size = self.state_size
        return _zeros(self, size if isinstance(size, list) else [size], batch_size)
    states = [cell.get_initial_state(batch_size=batch_size) if hasattr(cell, "get_initial_state") else _zeros(cell, cell.state_size, batch_size)
              for cell in cells]
    if hasattr(self, "cells"):
        return states
    return states[0] if isinstance(states[0], list) else states


def _initial_states(self, batch_size):
    """For C++: the states of a cell of one's own, or nothing where it leaves them to the layer around it."""
    return self.get_initial_state(batch_size=batch_size) if hasattr(self, "get_initial_state") else []


def install(layer, metric, optimizer):
    layer.stateless_call, layer.compute_output_spec, layer.symbolic_call = stateless_call, compute_output_spec, layer.__call__
    layer.rematerialized_call = lambda self, layer_call, *args, **kwargs: remat(layer_call)
    layer.input_dtype = property(lambda self: self.compute_dtype)
    layer._initial_states = _initial_states
    layer.supports_jit = True
    for function in (stateless_update_state, stateless_result, stateless_reset_state):
        setattr(metric, function.__name__, function)
    optimizer.stateless_apply = stateless_apply
    for name in ("SimpleRNN", "LSTM", "GRU", "SimpleRNNCell", "LSTMCell", "GRUCell", "StackedRNNCells", "RNN"):
        cls = _runnel.keras_class("layers", name)
        cls.state_size, cls.get_initial_state = property(_state_size), get_initial_state
        if name.endswith(("Cell", "Cells")):
            cls.output_size = property(_output_size)
