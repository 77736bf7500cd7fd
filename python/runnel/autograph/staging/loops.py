"""while."""

import runnel as tf
from runnel.autograph.staging import backend, checks
from runnel.autograph.staging.placeholders import with_placeholders
from runnel.autograph.staging.undefined import UndefinedReturnValue, is_none_or_undefined

_SEE = ("\nSee https://github.com/tensorflow/tensorflow/blob/master/tensorflow/python/autograph/g3doc/reference/limitations.md"
        "#consistency-of-control-flow-types for more info.")


def while_stmt(test, body, get_state, set_state, names, options):
    """Runs the loop, or stages it as tf.while_loop where its condition is a tensor of a graph."""
    if not backend.tracing():
        while test():
            body()
        return
    with backend.scratch():
        first = test()
    if backend.is_tensor(first):
        staged_while(test, body, get_state, set_state, names, options)
    elif first:
        body()
        while _python_test(test()):
            body()


def _python_test(value):
    if backend.is_staged(value):
        raise NotImplementedError(
            "The condition of while loop started as non-Tensor, then changed to Tensor. This may happen either because variables"
            " changed type, or when a break or return statement inside the loop depends on a Tensor condition. In both cases,"
            " changing to a TF loop should remove the error." + _SEE)
    return value


def staged_while(test, body, get_state, set_state, names, options):
    before = get_state()
    invariants = _by_position(options.get("shape_invariants"), before)
    missing = [is_none_or_undefined(v) for v in before]
    must_run = any(missing)
    start = before
    if must_run:
        start, invariants = with_placeholders(body, get_state, set_state, names, before, invariants)
    ran = int(must_run or not start)  # 1: a first variable says whether the body ran (a loop needs at least one)

    def run_test(*values):
        set_state(values[ran:])
        return checks.condition(test(), "while loop")

    def run_body(*values):
        set_state(values[ran:])
        body()
        end = get_state()
        checks.iteration_agrees(start, values[ran:], end, names, invariants)
        return (True,) * ran + end

    kept = {k: v for k, v in options.items() if k not in ("shape_invariants", "iterate_names")}
    if any(i is not None for i in invariants):
        kept["shape_invariants"] = [tf.TensorShape([])] * ran + [_shapes(*pair) for pair in zip(start, invariants)]
    final = tuple(backend.while_loop(run_test, run_body, (False,) * ran + tuple(start), **kept))
    if must_run:
        tf.debugging.Assert(final[0], [_must_iterate(names, missing, before)])
    set_state(final[ran:])


def _by_position(pairs, values):
    """The shape invariants of [(variable, shape), ...] for each of the values, which may be equal but not the same."""
    shapes = {id(variable): shape for variable, shape in pairs or ()}
    return [shapes.get(id(value)) for value in values]


def _shapes(value, invariant):
    if invariant is not None:
        return invariant
    return tf.nest.map_structure(lambda v: tf.TensorShape(getattr(v, "shape", ())), value)


def _must_iterate(names, missing, before):
    shown = ["the function return value" if isinstance(value, UndefinedReturnValue) else name
             for name, absent, value in zip(names, missing, before) if absent]
    return f"loop must iterate at least once to initialize {', '.join(shown)}"
