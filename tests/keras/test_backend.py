"""keras.backend's functions against real tf.keras (expected_backend.json, written by make_expected_backend.py)."""

import json
from pathlib import Path

import backend_rows
import numpy as np
import pytest
import runnel as tf

EXPECTED = json.loads(Path(__file__).with_name("expected_backend.json").read_text())
K = tf.keras.backend


@pytest.mark.parametrize("name", list(backend_rows.CALLS))
def test_backend(name):
    for (shape, values), (wanted_shape, wanted) in zip(backend_rows.evaluate(tf, name), EXPECTED[name], strict=True):
        assert shape == wanted_shape
        np.testing.assert_allclose(values, wanted, rtol=2e-5, atol=2e-5)


def test_gradients_in_a_graph():
    graph = tf.Graph()
    with graph.as_default():
        x = tf.compat.v1.placeholder(tf.float32, [3])
        assert K.gradients(K.sum(x * x), [x])[0].shape == (3,)


def test_branches_by_the_phase_of_training():
    assert K.in_train_phase(1, lambda: 2, training=True) == 1 and K.in_test_phase(1, 2, training=True) == 2
    K.set_learning_phase(1)
    assert K.learning_phase() == 1 and K.in_train_phase(lambda: 5, 2) == 5
    K.set_learning_phase(0)
    with K.name_scope("here"):
        assert K.get_uid("some_prefix") != K.get_uid("some_prefix")


@pytest.mark.parametrize("call, text", [
    (lambda: K.batch_dot(tf.ones([2, 3]), tf.ones([2, 3]), axes=0), "Cannot perform batch_dot over axis 0"),
    (lambda: K.repeat(tf.ones([2]), 2), "Expected input `x` to have rank 2"),
    (lambda: K.conv2d(tf.ones([1, 3, 3, 1]), tf.ones([1, 1, 1, 1]), data_format="NHWC"), "Unknown data_format"),
    (lambda: K.pool2d(tf.ones([1, 3, 3, 1]), (2, 2), pool_mode="sum"), "Invalid pooling mode"),
    (lambda: K.bias_add(tf.ones([1, 3, 3, 1]), tf.ones([1, 1])), "Unexpected bias dimensions 2"),
])
def test_errors(call, text):
    with pytest.raises(ValueError, match=text):
        call()
