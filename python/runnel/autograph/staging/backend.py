"""What the staging functions need of the rest: is a graph being traced, is it a tensor, tf.cond, tf.while_loop."""

import runnel as tf
from runnel import _graph, _runnel


def tracing():
    return _runnel.is_tracing()


def is_tensor(value):
    return isinstance(value, (_runnel.Tensor, _runnel.ResourceVariable)) or tf.is_tensor(value)


def is_staged(value):
    """Whether code that depends on the value goes into a graph. Python values, and eager tensors, decide at once."""
    return is_tensor(value) and tracing()


def cond(predicate, true_fn, false_fn):
    return tf.cond(predicate, true_fn, false_fn)


def while_loop(test, body, variables, **options):
    return tf.while_loop(test, body, variables, **options)


def scratch():
    """A context whose operations are thrown away."""
    return _graph.FuncGraph("scratch").as_default()


def placeholder(dtype, shape):
    return _runnel.placeholder(dtype, shape, "loop_variable")


def range_bounds(tensor):
    """(start, limit, delta) of a tensor that tf.range made in this graph, else None."""
    if not _runnel.has_node(tensor) or tensor.op.type != "Range":
        return None
    return tuple(tensor.op.inputs)
