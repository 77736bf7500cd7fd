"""The table of wrong calls (errors_table.py): class and text of each error, and no crash."""

import importlib
import operator
import os

import pytest

import errors_found  # noqa: F401  its rows join the table
import errors_more  # noqa: F401
from errors_table import WRONG


@pytest.fixture(scope="module")
def tf():
    return importlib.import_module(os.environ.get("RUNNEL_PARITY_MODULE", "runnel"))


@pytest.mark.parametrize("call, kind, words", WRONG, ids=[row[0].replace("tf.", "", 1)[:70] for row in WRONG])
def test_error(tf, call, kind, words):
    with pytest.raises(Exception) as caught:
        eval(call, {"tf": tf, "operator": operator})
    names = [c.__name__ for c in type(caught.value).__mro__]
    assert kind in names, f"raised {names[0]}: {caught.value}"
    assert words in str(caught.value)


def test_table_is_long_enough():
    assert len(WRONG) >= 150


def test_a_variable_without_a_value_and_a_negative_count_do_not_crash():
    import runnel as tf

    empty = tf.Variable.__new__(tf.Variable)
    for wrong in (iter, repr, lambda v: v + 1, lambda v: v.assign(3)):
        with pytest.raises(RuntimeError, match="without a value|__init__ of tf.Variable has not been called"):
            wrong(empty)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be at least minimum 0"):
        tf.raw_ops.Unpack(value=tf.constant(1), num=-1, axis=-1)


def test_calls_that_end_the_process_of_tensorflow():
    import runnel as tf

    with pytest.raises(tf.errors.InvalidArgumentError, match="must be 4-dimensional"):
        tf.nn.conv2d(tf.zeros([4, 4, 3]), tf.zeros([3, 3, 3, 1]), 1, "SAME")
    assert tf.nn.max_pool2d(tf.zeros([1, 4, 4, 3]), 5, 1, "VALID").shape == (1, 0, 0, 3)


def test_calls_that_tensorflow_answers_otherwise():
    import runnel as tf

    with pytest.raises(ValueError, match="out-of-range integer"):
        tf.ones([2**63])
    with pytest.raises(ValueError, match=r"axis=1 out of bounds: expected -1<=axis<1"):
        tf.repeat([1, 2], [1, 2], axis=1)
    with pytest.raises(ValueError, match=r"Shapes \(1,\) and \(2,\) are incompatible"):
        tf.clip_by_norm([1.0], tf.zeros([2]))
    with pytest.raises(ValueError, match="Subscripts have incorrect format: i1->i"):
        tf.einsum("i1->i", tf.zeros([2, 3]))
    with pytest.raises(ValueError, match="name for name_scope must be a string"):
        tf.name_scope(3)
    assert tf.switch_case(tf.constant(1, tf.int64), [lambda: 1, lambda: 2]) == 2
