"""tf.IndexedSlices: the gradient of a lookup, what takes it, and what it becomes."""

import numpy as np
import pytest

import runnel as tf


def lookup_gradient(table, call):
    with tf.GradientTape() as tape:
        tape.watch(table)
        y = call(table)
    return tape.gradient(y, table)


def dense(slices):
    return tf.convert_to_tensor(slices).numpy().tolist()


def test_gather_from_a_variable_gives_slices():
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    g = lookup_gradient(v, lambda v: tf.reduce_sum(tf.gather(v, [2, 0, 2]) ** 2))
    assert isinstance(g, tf.IndexedSlices)
    assert g.indices.numpy().tolist() == [2, 0, 2] and g.values.numpy().tolist() == [[10, 12], [2, 4], [10, 12]]
    assert g.dense_shape.numpy().tolist() == [3, 2] and g.shape == [3, 2] and g.dtype == tf.float32
    assert dense(g) == [[2, 4], [0, 0], [20, 24]]


def test_two_lookups_are_joined_and_a_dense_use_makes_it_dense():
    v = tf.Variable([1.0, 2.0, 3.0])
    g = lookup_gradient(v, lambda v: tf.reduce_sum(tf.gather(v, [0])) + 3 * tf.reduce_sum(tf.gather(v, [[2, 0]])))
    assert isinstance(g, tf.IndexedSlices) and dense(g) == [4, 0, 3]
    g = lookup_gradient(v, lambda v: tf.reduce_sum(tf.gather(v, [0])) + tf.reduce_sum(v * v))
    assert isinstance(g, tf.Tensor) and g.numpy().tolist() == [3, 4, 6]


def test_slices_become_dense_before_they_reach_another_operator():
    v = tf.Variable([1.0, 2.0, 3.0])
    g = lookup_gradient(v, lambda v: tf.reduce_sum(tf.gather(v * v, [1, 1])))
    assert isinstance(g, tf.Tensor) and g.numpy().tolist() == [0, 8, 0]


def test_another_axis_stays_dense():
    v = tf.Variable(np.ones([2, 3], np.float32))
    g = lookup_gradient(v, lambda v: tf.reduce_sum(tf.gather(v, [2], axis=1)))
    assert isinstance(g, tf.Tensor) and g.numpy().tolist() == [[0, 0, 1], [0, 0, 1]]


def test_second_derivatives_go_through_the_values():
    v = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = tf.reduce_sum(tf.gather(v, [1, 1]) ** 3)
        g = tf.reduce_sum(tf.convert_to_tensor(inner.gradient(y, v)))
    assert dense(outer.gradient(g, v)) == [0, 24, 0]


def test_empty_lookups():
    v = tf.Variable([[1.0, 2.0]])
    g = lookup_gradient(v, lambda v: tf.reduce_sum(tf.gather(v, tf.zeros([0], tf.int32))))
    assert dense(g) == [[0, 0]]


@pytest.mark.parametrize("name, third", [("SGD", 2.7), ("Adam", 2.8658361), ("RMSprop", 2.5757356), ("Adagrad", 2.8671579)])
def test_optimizers_take_slices(name, third):
    """Keras's numbers: gradients of one row are added, their squares are each their own (tests/keras/lookup_rows.py has more)."""
    got = tf.Variable([1.0, 2.0, 3.0])
    slices = tf.IndexedSlices(tf.constant([1.0, 2.0]), tf.constant([2, 2]), tf.constant([3]))
    getattr(tf.keras.optimizers, name)(0.1).apply_gradients([(slices, got)])
    np.testing.assert_allclose(got.numpy(), [1.0, 2.0, third], rtol=1e-6)


def test_functions_take_slices():
    slices = tf.IndexedSlices(tf.constant([3.0, 4.0]), tf.constant([0, 2]), tf.constant([3]))
    clipped, norm = tf.clip_by_global_norm([slices], 1.0)
    assert float(norm) == 5 and np.allclose(tf.convert_to_tensor(clipped[0]).numpy(), [0.6, 0, 0.8])
    assert dense(-slices) == [-3, 0, -4]
    with pytest.raises(ValueError, match="dense_shape"):
        tf.convert_to_tensor(tf.IndexedSlices(tf.constant([1.0]), tf.constant([0])))
