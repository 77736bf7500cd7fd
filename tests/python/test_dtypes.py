"""Which dtype values get, and the errors where dtypes do not fit: TensorFlow's rules."""

import numpy as np
import pytest

import runnel as tf


@pytest.mark.parametrize("value, dtype", [
    (1, "int32"), (1.5, "float32"), (True, "bool"), (1j, "complex128"), ("a", "string"), (b"a", "string"), ([1, 2.5], "float32"),
    (2**40, "int64"), ([], "float32"), (np.float64(1), "float64"), (np.arange(3), "int64"), ([np.float64(1.0)], "float64"), (np.array(["a"]), "string")])
def test_dtype_of_constants(value, dtype):
    assert tf.constant(value).dtype.name == dtype


@pytest.mark.parametrize("result, dtype", [
    (lambda: tf.constant(1.0, tf.float64) + 1, "float64"), (lambda: 1 + tf.constant(1, tf.uint8), "uint8"), (lambda: tf.constant(1.0, tf.float16) * 2.5, "float16"),
    (lambda: tf.add(1, tf.constant(1, tf.int64)), "int64"), (lambda: tf.constant([1.0]) + np.array([1.0]), "float32"), (lambda: tf.where([True], 1.0, tf.constant([2.0], tf.float64)), "float64"),
    (lambda: tf.maximum(tf.constant(1.0, tf.bfloat16), 0), "bfloat16"), (lambda: tf.constant([1, 2]) / 2, "float64"), (lambda: tf.range(3.0), "float32"), (lambda: tf.range(3, dtype=tf.int64), "int64")])
def test_numbers_take_the_dtype_beside_them(result, dtype):
    assert result().dtype.name == dtype


def test_dtypes_are_what_numpy_understands():
    assert tf.float32.as_numpy_dtype is np.float32 and tf.as_dtype(np.int16) is tf.int16 and tf.as_dtype("half") is tf.float16
    assert tf.float32 == "float32" and tf.int32 == np.int32 and tf.float32 != tf.float64 and repr(tf.uint8) == "tf.uint8" and str(tf.bool) == "<dtype: 'bool'>"
    assert tf.int8.min == -128 and tf.uint16.max == 65535 and tf.float16.max == 65504 and tf.complex64.real_dtype is tf.float32


@pytest.mark.parametrize("call", [
    lambda: tf.constant(1.0) + tf.constant(1), lambda: tf.constant(1, tf.int64) * tf.constant(1), lambda: tf.Variable(1.0) - tf.constant(1), lambda: tf.constant(1.0) < tf.constant(1)])
def test_two_tensors_do_not_convert_each_other(call):
    with pytest.raises(tf.errors.InvalidArgumentError, match="was expected to be a .* tensor but is a"):
        call()


@pytest.mark.parametrize("call", [lambda: tf.constant(1) + 1.5, lambda: 1.5 + tf.constant(1), lambda: tf.constant([1, 2]) + [1.5, 2.5], lambda: tf.constant(2.0) + 1j])
def test_a_sum_of_two_types_is_refused_by_the_operator(call):
    with pytest.raises(tf.errors.InvalidArgumentError, match="cannot compute AddV2 as input #1\\(zero-based\\) was expected to be a .* tensor but is a"):
        call()


@pytest.mark.parametrize("call", [lambda: tf.constant(1) * 2.0, lambda: tf.constant([1, 2]) - [1.5, 2.5]])
def test_a_float_does_not_become_an_integer(call):
    with pytest.raises(TypeError, match="Cannot convert .* to EagerTensor of dtype int32"):
        call()
