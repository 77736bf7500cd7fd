"""tf.debugging's checks: TensorFlow's classes and sentences, in eager code and in graphs."""

import re

import pytest

import runnel as tf

WRONG = [
    (lambda: tf.debugging.assert_equal([1, 2, 3], [1, 5, 6]), tf.errors.InvalidArgumentError,
     "Condition x == y did not hold.\nIndices of first 2 different values:\n[[1]\n [2]]\nCorresponding x values:\n[2 3]\nCorresponding y values:\n[5 6]\n"
     "First 3 elements of x:\n[1 2 3]\nFirst 3 elements of y:\n[1 5 6]"),
    (lambda: tf.debugging.assert_equal(1, 2, message="boo"), tf.errors.InvalidArgumentError,
     "boo\nCondition x == y did not hold.\nFirst 1 elements of x:\n[1]\nFirst 1 elements of y:\n[2]"),
    (lambda: tf.debugging.assert_less([1, 9], 4, summarize=1), tf.errors.InvalidArgumentError, "Condition x < y did not hold.\nFirst 1 elements of x:\n[1]"),
    (lambda: tf.debugging.assert_none_equal([1], [1]), tf.errors.InvalidArgumentError, "Condition x != y did not hold."),
    (lambda: tf.debugging.assert_greater_equal([1], [2]), tf.errors.InvalidArgumentError, "Condition x >= y did not hold."),
    (lambda: tf.debugging.assert_positive([1, -2]), tf.errors.InvalidArgumentError, "Condition x > 0 did not hold element-wise:"),
    (lambda: tf.debugging.assert_near([1.0], [1.1]), tf.errors.InvalidArgumentError, "x and y not equal to tolerance rtol = "),
    (lambda: tf.debugging.assert_all_finite([float("nan")], "here"), tf.errors.InvalidArgumentError, "here : Tensor had NaN values"),
    (lambda: tf.debugging.assert_rank([1], 2), ValueError, "must have rank 2.  Received rank 1, shape (1,)"),
    (lambda: tf.debugging.assert_rank_at_least([1], 2), ValueError, "must have rank at least 2.  Received rank 1, shape (1,)"),
    (lambda: tf.debugging.assert_rank_in([1], [0, 2]), ValueError, "must have rank in (0, 2).  Received rank 1, shape (1,)"),
    (lambda: tf.debugging.assert_scalar([1]), ValueError, "Expected scalar shape, saw shape: (1,)."),
    (lambda: tf.debugging.assert_type(1, tf.float32), TypeError, "tensor must be of type tf.float32; got tf.int32"),
    (lambda: tf.debugging.assert_integer(1.0), TypeError, 'Expected "x" to be integer type.'),
    (lambda: tf.debugging.assert_proper_iterable(tf.constant([1])), TypeError, "Expected argument 'values' to be a 'proper' iterable."),
    (lambda: tf.debugging.assert_same_float_dtype([tf.constant(1.0), tf.constant(1)]), ValueError, "tf.int32"),
    (lambda: tf.Assert(False, [1, "a"]), tf.errors.InvalidArgumentError, "Expected 'tf.Tensor(False, shape=(), dtype=bool)' to be true."),
]


@pytest.mark.parametrize("call, kind, words", WRONG)
def test_what_does_not_hold(call, kind, words):
    with pytest.raises(kind, match=re.escape(words)):
        call()


def test_what_holds():
    tf.debugging.assert_equal([1, 2], [[1, 2], [1, 2]])
    tf.debugging.assert_less_equal(1.0, [1.0, 2.0])
    tf.debugging.assert_near([1.0], [1.1], rtol=0.2)
    tf.debugging.assert_non_negative([0, 1])
    assert tf.debugging.assert_scalar(3).numpy() == 3 and tf.debugging.assert_same_float_dtype([tf.constant(1.0)]) == tf.float32


def test_checks_in_a_graph_run_with_it():
    @tf.function
    def f(x):
        tf.debugging.assert_less(x, 3, message="small ones only")
        tf.debugging.assert_rank(x, 1)
        return x + 1

    assert f(tf.constant([1, 2])).numpy().tolist() == [2, 3]
    with pytest.raises(tf.errors.InvalidArgumentError, match="small ones only.*Condition x < y did not hold element-wise:.*1 5"):
        f(tf.constant([1, 5]))
    with pytest.raises(ValueError, match="must have rank 1"):
        f(tf.constant([[1]]))


def test_shapes_of_several_tensors():
    x, y = tf.zeros([2, 3]), tf.zeros([2, 4])
    tf.debugging.assert_shapes([(x, ("N", "D")), (y, "NQ")])
    tf.debugging.assert_shapes([(x, (..., "D")), (x, (2, None)), (x, ("*", 3)), (tf.constant(1.0), ())])
    with pytest.raises(ValueError, match=r"m.  Specified by tensor shape=\(2, 3\) dtype=float32 dimension 1.  Tensor shape=\(2, 4\) dtype=float32 "
                                         "dimension 0 must have size 3.  Received size 2"):
        tf.debugging.assert_shapes([(x, ("N", "D")), (y, ("D", "N"))], message="m")
    with pytest.raises(ValueError, match="Specified shape must be an iterable"):
        tf.debugging.assert_shapes([(x, 2)])
