"""and, or, not, comparisons, assert."""

import operator

import runnel as tf
from runnel.autograph.staging import backend

_COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}


def and_(value, *later):
    """`value and later[0]() and ...`"""
    for i, operand in enumerate(later):
        if backend.is_staged(value):
            decided = value
            return backend.cond(value, lambda: and_(operand(), *later[i + 1:]), lambda: decided)
        if not value:
            return value
        value = operand()
    return value


def or_(value, *later):
    """`value or later[0]() or ...`"""
    for i, operand in enumerate(later):
        if backend.is_staged(value):
            decided = value
            return backend.cond(value, lambda: decided, lambda: or_(operand(), *later[i + 1:]))
        if value:
            return value
        value = operand()
    return value


def not_(value):
    return tf.logical_not(value) if backend.is_staged(value) else not value


def compare(left, *parts):
    """`left < a() <= b()` as compare(left, "<", a, "<=", b): every operand is computed once at most."""
    right = parts[1]()
    result = _COMPARISONS[parts[0]](left, right)
    return result if len(parts) == 2 else and_(result, lambda: compare(right, *parts[2:]))


def eq(left, right):
    return tf.equal(left, right) if backend.is_staged(left) or backend.is_staged(right) else left == right


def not_eq(left, right):
    return not_(eq(left, right))


def assert_stmt(test, message):
    """`assert test, message()`"""
    if not backend.is_staged(test):
        assert test, message()
        return
    said = message()
    tf.debugging.Assert(test, said if isinstance(said, list) else [said])
