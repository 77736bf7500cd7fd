"""What staged branches and loops must hold to, in TensorFlow's words."""

import runnel as tf
from runnel.autograph.staging import backend
from runnel.autograph.staging.undefined import Undefined, UndefinedReturnValue

LEGAL_LOOP_TYPES = "Tensor, int, float, bool or a list, tuple or dict thereof"


def condition(test, where):
    """The condition as a scalar of tf.bool, or ValueError."""
    hint = "to check for None, use `is not None`"
    test = tf.convert_to_tensor(test)
    if test.dtype != tf.bool:
        raise ValueError(f"condition of {where} expected to be `tf.bool` scalar, got {test}; to use as boolean Tensor, use `tf.cast`"
                         f"; {hint}")
    if test.shape.rank is None:
        return tf.reshape(test, ())
    sizes = [d for d in test.shape.as_list() if d is not None]
    if any(d != 1 for d in sizes):
        raise ValueError(f"condition of {where} expected to be `tf.bool` scalar, got {test}; {hint}")
    return tf.reshape(test, ()) if test.shape.rank else test


def branch_ends_defined(values, names, branch):
    for name, value in zip(names, values):
        if isinstance(value, Undefined):
            raise ValueError(f"'{name}' must also be initialized in the {branch} branch")
        if isinstance(value, UndefinedReturnValue):
            raise ValueError(f"the {branch} branch must also have a return statement.")


def branches_agree(main, orelse, names):
    for name, a, b in zip(names, main, orelse):
        try:
            tf.nest.assert_same_structure(a, b, expand_composites=True)
        except (ValueError, TypeError) as error:
            raise TypeError(f"'{name}' must have the same nested structure in the main and else branches:\n\n{error}") from error
        for x, y in zip(tf.nest.flatten(a), tf.nest.flatten(b)):
            values_agree(name, x, y)


def values_agree(name, main, orelse):
    if main is None:
        raise ValueError(f"'{name}' is None at the end of the main branch.")
    if orelse is None:
        raise ValueError(f"'{name}' is None at the end of the else branch.")
    main, orelse = _as_tensor(main), _as_tensor(orelse)
    if _has_dtype(main) and _has_dtype(orelse) and main.dtype != orelse.dtype:
        raise TypeError(f"'{name}' has dtype {main.dtype.name} in the main branch, but dtype {orelse.dtype.name} in the else branch")


def loop_begins_defined(values, names, first_values=None, note=None):
    """Whether the variables of a loop have values before it; `first_values` are those after an iteration."""
    for name, value, first in zip(names, values, first_values or [None] * len(names)):
        if isinstance(value, UndefinedReturnValue):
            _refuse_return(first)
        if value is None:
            problem = f"'{name}' is not allowed to be None before the loop"
        elif isinstance(value, Undefined):
            problem = f"'{name}' must be defined before the loop"
            problem += f"\n{note}" if note else ""
        else:
            continue
        raise ValueError(problem)


def _refuse_return(first):
    if first is not None and not isinstance(first, UndefinedReturnValue):
        raise ValueError(f"the return value from a TensorFlow loop may only be a {LEGAL_LOOP_TYPES}; got {type(first)}")
    raise NotImplementedError("a return statement cannot be placed inside this TensorFlow loop; this may happen if a return statement"
                              " depends on a static Python condition such as a hyperparameter")


def iteration_agrees(before, entry, end, names, invariants):
    """Whether the variables keep their structure, dtype and shape through an iteration."""
    for name, first, a, b, invariant in zip(names, before, entry, end, invariants):
        try:
            tf.nest.assert_same_structure(a, b, expand_composites=True)
        except (ValueError, TypeError) as error:
            raise TypeError(f"'{name}' does not have the same nested structure after one iteration.\n\n{error}") from error
        shapes = tf.nest.flatten(invariant) if tf.nest.is_nested(a) and invariant is not None else [invariant]
        shapes = shapes if len(shapes) == len(tf.nest.flatten(a)) else [None] * len(tf.nest.flatten(a))
        for parts in zip(tf.nest.flatten(first), tf.nest.flatten(a), tf.nest.flatten(b), shapes):
            _variable_agrees(name, *parts)


def _variable_agrees(name, first, entry, end, invariant):
    if end is None:
        raise ValueError(f"'{name}' is None at the end of the iteration.")
    first, entry, end = _as_tensor(first), _as_tensor(entry), _as_tensor(end)
    if not _has_dtype(entry) or not _has_dtype(end):
        return
    if entry.dtype != end.dtype:
        raise TypeError(f"'{name}' has dtype {entry.dtype.name} before the loop, but dtype {end.dtype.name} after one iteration")
    if invariant is None:
        if not _is_subshape(end.shape, entry.shape):
            raise ValueError(f"'{name}' has shape {entry.shape} before the loop, but shape {end.shape} after one iteration. Use"
                             " tf.autograph.experimental.set_loop_options to set shape invariants.")
        return
    invariant = tf.TensorShape(invariant)
    if not _is_subshape(first.shape, invariant):
        raise ValueError(f"'{name}' has shape {first.shape} before the loop, which does not conform with the shape invariant"
                         f" {invariant}.")
    if not _is_subshape(end.shape, invariant):
        raise ValueError(f"'{name}' has shape {end.shape} after one iteration, which does not conform with the shape invariant"
                         f" {invariant}.")


def _as_tensor(value):
    plain = isinstance(value, (bool, int, float, str)) or type(value).__module__ == "numpy"
    return tf.convert_to_tensor(value) if plain else value


def _has_dtype(value):
    return backend.is_tensor(value) and hasattr(value, "dtype") and hasattr(value, "shape")


def _is_subshape(left, right):
    """Whether the left shape is at least as specific as the right one."""
    if right.rank is None:
        return True
    if left.rank != right.rank:
        return False
    return all(b is None or a == b for a, b in zip(left.as_list(), right.as_list()))
