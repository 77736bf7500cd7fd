"""tf.GradientTape, tf.custom_gradient and tf.stop_gradient as Python sees them. Values against TensorFlow are in tests/parity."""

import numpy as np
import pytest

import runnel as tf


def numbers(thing):
    return [None if t is None else t.numpy().tolist() for t in tf.nest.flatten(thing)]


def test_sources_come_in_nests():
    x, y, v = tf.constant(2.0), tf.constant(3.0), tf.Variable(4.0)
    with tf.GradientTape() as tape:
        tape.watch([x, {"y": y}])
        z = x * y * v
    g = tape.gradient(z, {"a": x, "b": (y, [v])})
    assert set(g) == {"a", "b"} and isinstance(g["b"], tuple) and numbers(g) == [12, 8, 6]


def test_targets_are_added_and_weighted():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y, z = x * x, 3 * x
    assert numbers(tape.gradient([y, z], x)) == [[5, 7]]
    assert numbers(tape.gradient([y, z], x, output_gradients=[tf.constant([1.0, 0.0]), tf.constant([0.0, 1.0])])) == [[2, 3]]


def test_a_tape_serves_once_unless_persistent():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    assert float(tape.gradient(y, x)) == 6
    with pytest.raises(RuntimeError, match="A non-persistent GradientTape can only be used to compute one set of gradients"):
        tape.gradient(y, x)


def test_watching():
    v, fixed = tf.Variable(2.0), tf.Variable(3.0, trainable=False)
    with tf.GradientTape() as tape:
        y = v * fixed
    assert [w is v for w in tape.watched_variables()] == [True]
    assert numbers(tape.gradient(y, [v, fixed])) == [3, None]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(fixed)
        y = v * fixed
    assert numbers(tape.gradient(y, [v, fixed])) == [None, 2]


def test_stop_recording_and_reset():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        with tape.stop_recording():
            z = x * y
        w = y * z
    assert float(tape.gradient(w, x)) == 8 * 4
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        tape.reset()
        tape.watch(x)
        z = x * 3
    assert numbers([tape.gradient(y, x), tape.gradient(z, x)]) == [None, 3]
    with pytest.raises(ValueError, match="not recording"):
        with tf.GradientTape().stop_recording():
            pass


def test_unconnected_gradients():
    x, y = tf.constant([1.0, 2.0]), tf.constant(1.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, y])
        z = x * 2
    assert tape.gradient(z, y) is None
    assert numbers(tape.gradient(z, y, unconnected_gradients=tf.UnconnectedGradients.ZERO)) == [0]
    assert numbers(tape.gradient(z, y, unconnected_gradients="zero")) == [0]
    with pytest.raises(ValueError):
        tape.gradient(z, y, unconnected_gradients="some")


def test_nested_tapes_give_higher_orders():
    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x**3
        dy = inner.gradient(y, x)
    assert float(dy) == 12 and float(outer.gradient(dy, x)) == 12


def test_jacobians():
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    full = tape.jacobian(y, x, experimental_use_pfor=False)
    assert full.shape == [2, 2, 2, 2] and float(full[1, 0, 1, 0]) == 6 and float(tf.reduce_sum(full)) == 20
    rows = tape.batch_jacobian(y, x, parallel_iterations=4, experimental_use_pfor=True)
    assert numbers(rows) == [[[[2, 0], [0, 4]], [[6, 0], [0, 8]]]]
    nested = tape.jacobian(y, {"x": x})
    assert list(nested) == ["x"] and nested["x"].shape == [2, 2, 2, 2]


def test_custom_gradient():
    @tf.custom_gradient
    def clipped(x):
        return x * x, lambda dy: tf.clip_by_value(dy * 2 * x, -1.0, 1.0)

    x = tf.constant([0.25, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = clipped(x)
    assert numbers(tape.gradient(y, x)) == [[0.5, 1]]


def test_custom_gradient_with_variables():
    v = tf.Variable(3.0)

    @tf.custom_gradient
    def scaled(x):
        def backward(dy, variables=None):
            assert [w is v for w in variables] == [True]
            return dy * 10, [dy * 100]

        return x * v, backward

    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = scaled(x)
    assert float(y) == 6 and numbers(tape.gradient(y, [x, v])) == [10, 100]

    @tf.custom_gradient
    def forgetful(x):
        return x * v, lambda dy: dy

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = forgetful(x)
    with pytest.raises(TypeError, match="variables"):
        tape.gradient(y, x)


def test_stop_gradient():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * tf.stop_gradient(x)
    assert float(tape.gradient(y, x)) == 3


def test_integers_have_no_gradient(caplog):
    x = tf.constant(1)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * 2
    assert tape.gradient(y, x) is None
    assert "The dtype of the watched tensor must be floating (e.g. tf.float32), got tf.int32" in caplog.text
    with pytest.raises(ValueError, match="Passed in object 3 of type 'int', not tf.Tensor"):
        tf.GradientTape().watch(3)


def test_gradients_belongs_to_graphs():
    with pytest.raises(RuntimeError, match="tf.gradients is not supported when eager execution is enabled. Use tf.GradientTape instead."):
        tf.gradients(tf.constant(1.0), tf.constant(1.0))


def test_clipping_leaves_missing_gradients_out():
    x, unused = tf.Variable([3.0, 4.0]), tf.Variable(1.0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(x * x) / 2
    clipped, norm = tf.clip_by_global_norm(tape.gradient(loss, [x, unused]), 1.0)
    assert norm.numpy() == 5.0 and clipped[1] is None
    np.testing.assert_allclose(clipped[0], [0.6, 0.8], rtol=1e-6)
