"""map_fn without rows, and with a signature. What is expected is what TensorFlow 2.21 gives."""

import numpy as np
import pytest


def facts(tf, result):
    return [(t.shape.as_list(), t.dtype.name) for t in tf.nest.flatten(result)]


def both(tf, f, x):
    return [f(x), tf.function(f, autograph=False)(x), tf.function(f, autograph=False, input_signature=[tf.TensorSpec([None, 3])])(x)]


def calls(tf):
    """name: (the call, what eager code gives, what functions give)"""
    one = [([0], "int64")]
    return {
        "rows": (lambda x: tf.map_fn(lambda r: r * 2.0, x), [([0], "float32")], [([0, 3], "float32")]),
        "numbers": (lambda x: tf.map_fn(tf.reduce_sum, x), [([0], "float32")], [([0], "float32")]),
        "a dtype": (lambda x: tf.map_fn(tf.argmax, x, fn_output_signature=tf.int64), one, one),
        "the old name": (lambda x: tf.map_fn(tf.argmax, x, dtype=tf.int64), one, one),
        "a spec": (lambda x: tf.map_fn(lambda r: r[:2], x, fn_output_signature=tf.TensorSpec([2])), [([0, 2], "float32")], [([0, 2], "float32")]),
        "a structure": (lambda x: tf.map_fn(lambda r: (r, tf.argmax(r)), x, fn_output_signature=(tf.float32, tf.int64)), [([0], "float32"), *one],
                        [([0, 3], "float32"), *one]),
        "at once": (lambda x: tf.vectorized_map(lambda r: r * 2.0, x), [([0, 3], "float32")], [([0, 3], "float32")]),
        "scan": (lambda x: tf.scan(lambda a, r: a + r, x, tf.zeros([3])), [([0, 3], "float32")], [([0, 3], "float32")]),
        "foldl": (lambda x: tf.foldl(lambda a, r: a + r, x, tf.zeros([3])), [([3], "float32")], [([3], "float32")]),
    }


NAMES = ["rows", "numbers", "a dtype", "the old name", "a spec", "a structure", "at once", "scan", "foldl"]


@pytest.mark.parametrize("name", NAMES)
def test_without_rows(tf, name):
    f, eager, traced = calls(tf)[name]
    got = [facts(tf, result) for result in both(tf, f, tf.zeros([0, 3]))]
    assert got == [eager, traced, traced]


def test_a_signature_decides_the_dtype(tf):
    x = tf.ones([2, 3])
    for result in both(tf, lambda x: tf.map_fn(lambda r: 1, x, fn_output_signature=tf.float32), x):
        assert result.dtype == tf.float32 and result.numpy().tolist() == [1, 1]
    with pytest.raises(tf.errors.InvalidArgumentError, match="TensorArray dtype is float32 but Op is trying to write dtype int64"):
        tf.map_fn(tf.argmax, x, fn_output_signature=tf.float32)
    with pytest.raises(ValueError, match="The two structures don't have the same nested structure"):
        tf.map_fn(lambda r: (r, r), x, fn_output_signature=tf.float32)
    with pytest.raises(ValueError, match=r"Incompatible shape for value \(\(3,\)\), expected \(\(2,\)\)"):
        tf.map_fn(lambda r: r, x, fn_output_signature=tf.TensorSpec([2]))


def test_without_a_signature_the_dtypes_are_those_of_the_rows(tf):
    x = tf.constant([1, 2])
    for call in (lambda: tf.map_fn(lambda r: tf.cast(r, tf.float32), x), lambda: tf.function(lambda: tf.map_fn(lambda r: tf.cast(r, tf.float32), x))()):
        with pytest.raises(tf.errors.InvalidArgumentError, match="TensorArray dtype is int32 but Op is trying to write dtype float32"):
            call()
    with pytest.raises(ValueError, match="The two structures don't have the same nested structure"):
        tf.map_fn(lambda r: (r, r), x)
    assert tf.map_fn(lambda r: 1, tf.zeros([2, 3])).numpy().tolist() == [1.0, 1.0]
    pair = tf.map_fn(lambda r: {"a": r["b"], "b": r["a"]}, {"a": x, "b": x + 1})
    assert {k: v.numpy().tolist() for k, v in pair.items()} == {"a": [2, 3], "b": [1, 2]}


def test_a_jacobian_without_rows(tf):
    x = tf.zeros([0, 3])
    for pfor in (True, False):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(x * x, 1)
        assert np.shape(tape.jacobian(y, x, experimental_use_pfor=pfor)) == (0, 0, 3)
