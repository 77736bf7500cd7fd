"""tf.GradientTape, tf.custom_gradient."""

import contextlib
import enum
import functools
import inspect

from runnel import _runnel, nest
from runnel._tensor import convert_to_tensor


class UnconnectedGradients(enum.Enum):
    """What stands for the gradient where target and source are not connected: None or zeros."""

    NONE, ZERO = "none", "zero"


class GradientTape:
    """Records what is computed inside its `with` block, and differentiates it."""

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self._tape = _runnel.Tape(bool(persistent), bool(watch_accessed_variables))
        self._persistent = persistent
        self._entered = False

    _recording = property(lambda self: self._tape.recording)

    def __enter__(self):
        self._tape.start()
        self._entered = True
        return self

    def _check_entered(self):
        if not self._entered:
            raise RuntimeError("A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)")

    def __exit__(self, *error):
        self._tape.stop()

    def watch(self, tensor):
        """Records what is computed from the tensors, or the nest of tensors."""
        for item in nest.flatten(tensor):
            if not hasattr(item, "dtype"):
                raise ValueError(f"Passed in object {item} of type {type(item).__name__!r}, not tf.Tensor or tf.Variable or "
                                 "ExtensionType.")
            source = _source(item)
            if not (item.dtype.is_floating or item.dtype.is_complex):
                from runnel._names import get_logger

                get_logger().warning("The dtype of the watched tensor must be floating (e.g. tf.float32), got %r", item.dtype)
                continue
            self._tape.watch(source)

    @contextlib.contextmanager
    def stop_recording(self):
        """A context in which nothing is recorded."""
        if not self._tape.recording:
            raise ValueError("Tape is not recording.")
        self._tape.stop()
        try:
            yield
        finally:
            self._tape.start()

    def reset(self):
        """Forgets what was recorded."""
        self._tape.reset()

    def watched_variables(self):
        """The Variables that were read, in order."""
        return tuple(self._tape.watched_variables())

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients=UnconnectedGradients.NONE):
        """d target / d sources, in the structure of `sources`; None where they are not connected."""
        self._check_entered()
        targets = [_end(t) for t in nest.flatten(target)]
        flat = [_end(s) for s in nest.flatten(sources)]
        seeds = [] if output_gradients is None else [
            None if g is None else convert_to_tensor(g) for g in nest.flatten(output_gradients)]
        grads = self._tape.gradient(targets, flat, seeds, UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO)
        return nest.pack_sequence_as(sources, grads)

    def jacobian(self, target, sources, unconnected_gradients=UnconnectedGradients.NONE, parallel_iterations=None,
                 experimental_use_pfor=True):
        """All first derivatives: of the shape target.shape + source.shape."""
        self._check_entered()
        zero = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
        flat = [_end(s) for s in nest.flatten(sources)]
        return nest.pack_sequence_as(sources, self._tape.jacobian(target, flat, zero, bool(experimental_use_pfor)))

    def batch_jacobian(self, target, source, unconnected_gradients=UnconnectedGradients.NONE, parallel_iterations=None,
                       experimental_use_pfor=True):
        """Per example: target (b, ...) and source (b, ...) give (b, target..., source...)."""
        self._check_entered()
        if target.shape.rank is not None and (target.shape.rank < 1 or source.shape.rank < 1 or target.shape[0] != source.shape[0]):
            raise ValueError("Need first dimension of target shape (%s) and source shape (%s) to match." % (target.shape, source.shape))
        zero = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
        return self._tape.batch_jacobian(target, _source(source), zero, bool(experimental_use_pfor))


class ForwardAccumulator:
    """Products of the Jacobian with a vector, of what is computed inside its `with` block (forward-mode differentiation).

    `tangents` have the structure and shapes of `primals` (tensors or Variables): the direction in which they move.
    ValueError where a primal is given twice.
    """

    def __init__(self, primals, tangents):
        nest.assert_same_structure(primals, tangents)
        flat = [_source(p) for p in nest.flatten(primals)]
        if len({id(p) for p in flat}) < len(flat):
            raise ValueError("Tensor was specified as a primal multiple times. This may indicate an error. If it was intended, please "
                             "sum the corresponding tangents.")
        moves = [convert_to_tensor(t, dtype=p.dtype) for p, t in zip(flat, nest.flatten(tangents))]
        self._accumulator = _runnel.ForwardAccumulator(flat, moves)

    def __enter__(self):
        self._accumulator.start()
        return self

    def __exit__(self, *error):
        self._accumulator.stop()

    def jvp(self, primals, unconnected_gradients=UnconnectedGradients.NONE):
        """How each of `primals` moves along, in their structure; None where it does not depend on the primals given first."""
        zero = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
        return nest.map_structure(lambda p: self._accumulator.jvp(_source(p), zero), primals)


def _source(item):
    """A tensor or Variable; other objects (a Keras variable) say which one they are."""
    if isinstance(item, (_runnel.Tensor, _runnel.ResourceVariable)):
        return item
    inner = getattr(item, "_value", None)
    if isinstance(inner, _runnel.ResourceVariable):
        return inner
    return convert_to_tensor(item)


def _end(item):
    """A target or source of a gradient. A text or None is TensorFlow's TypeError, anything else without a dtype its AttributeError, and so is an array."""
    if item is None or isinstance(item, (str, bytes)):
        raise TypeError(f"Cannot convert the argument `type_value`: {item!r} to a TensorFlow DType.")
    if not hasattr(item, "dtype") or type(item).__module__ == "numpy":
        missing = "_id" if hasattr(item, "dtype") else "dtype"
        raise AttributeError(f"{type(item).__name__!r} object has no attribute {missing!r}")
    return _source(item)


def custom_gradient(f=None):
    """A function that gives (result, gradient function): the gradient function replaces the automatic one."""
    if f is None:
        return custom_gradient

    return _WithGradient(f)


class _WithGradient:
    """A function with a gradient of its own; as a method its object is no argument of the gradient's."""

    def __init__(self, f):
        self._function = f
        functools.update_wrapper(self, f, updated=())

    def __call__(self, *args, **kwargs):
        return _call_with_gradient(self._function, args, kwargs)

    def __get__(self, instance, owner=None):
        return self if instance is None else _WithGradient(self._function.__get__(instance, owner))


def _call_with_gradient(f, args, kwargs, keeps_values=True):
    """Tapes see what f computes, as its gradient may use it, unless they shall not keep the values."""
    inputs = [_source(a) for a in nest.flatten(list(args))]
    arguments = nest.pack_sequence_as(list(args), inputs)
    watcher = _runnel.Tape(True, True)  # sees which Variables the function reads
    state = {}

    def forward():
        watcher.start()
        try:
            result, gradient = f(*arguments, **kwargs)
        finally:
            watcher.stop()
        known = {id(a) for a in inputs}
        state["variables"] = [v for v in watcher.watched_variables() if id(v) not in known]
        state["result"] = result
        flat = [convert_to_tensor(r) for r in nest.flatten(result)]
        return flat, lambda grads: _backward(gradient, list(grads), len(inputs), state["variables"])

    outputs, backward = forward() if keeps_values else _silently(forward)
    for source in [*inputs, *state["variables"]]:
        if isinstance(source, _runnel.ResourceVariable) and not keeps_values:
            source.read_value()  # tapes watch what is read
    recorded = _runnel.record_custom([*inputs, *state["variables"]], lambda: (outputs, backward))
    return nest.pack_sequence_as(state["result"], recorded)


def _silently(f):
    silence = _runnel.Silence()
    silence.enter()
    try:
        return f()
    finally:
        silence.leave()


def _backward(gradient, grads, count, variables):
    takes_variables = _takes_variables(gradient)
    if variables and not takes_variables:
        raise TypeError("If using @custom_gradient with a function that uses variables, then grad_fn must accept a 'variables' "
                        "keyword argument.")
    if variables:
        inner, of_variables = gradient(*grads, variables=variables)
    else:
        inner, of_variables = gradient(*grads), []
    inner = nest.flatten(inner)
    if len(inner) != count:
        raise ValueError(f"custom_gradient function expected to return {count} gradients, but returned {len(inner)} instead.")
    if len(of_variables) != len(variables):
        raise ValueError("Must return gradient for each variable from @custom_gradient grad_fn.")
    return [None if g is None else convert_to_tensor(g) for g in [*inner, *of_variables]]


def _takes_variables(gradient):
    try:
        spec = inspect.getfullargspec(gradient)
    except TypeError:
        return False
    return "variables" in spec.args or "variables" in spec.kwonlyargs or spec.varkw is not None


def recompute_grad(f):
    """f, which computes its values once more for its gradient instead of keeping them."""

    @functools.wraps(f)
    def call(*args, **kwargs):
        def forward(*inputs):
            result = f(*inputs, **kwargs)

            def gradient(*upstream, variables=None):
                with GradientTape() as tape:
                    inner = list(inputs)
                    watched = [x for x in nest.flatten(inner) if isinstance(x, _runnel.Tensor) and (x.dtype.is_floating or x.dtype.is_complex)]
                    tape.watch(watched)
                    again = f(*inner, **kwargs)
                sources = nest.flatten(inner) + list(variables or [])
                grads = tape.gradient(again, sources, output_gradients=list(upstream) if nest.is_nested(again) else upstream[0])
                count = len(nest.flatten(inner))
                return (grads[:count], grads[count:]) if variables else grads[:count]

            return result, gradient

        return _call_with_gradient(forward, args, {}, keeps_values=False)

    return call
