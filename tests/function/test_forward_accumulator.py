"""tf.autodiff.ForwardAccumulator against what real TensorFlow gives (make_expected.py)."""

import json
from pathlib import Path

import forward_rows
import numpy as np
import pytest
import runnel as tf

forward_rows.tf = tf
EXPECTED = json.loads(Path(__file__).with_name("expected_forward.json").read_text())


@pytest.mark.parametrize("name", forward_rows.FUNCTIONS)
@pytest.mark.parametrize("kind", forward_rows.KINDS)
def test_products(kind, name):
    got, expected = forward_rows.plain(forward_rows.KINDS[kind](name)), EXPECTED[kind][name]
    parts = zip(got, expected) if name == "tuple" and kind != "hessian_vector" else [(got, expected)]
    for a, b in parts:
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5)


def test_variables():
    v = tf.Variable([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator(v, tf.constant([1.0, 0.0])) as acc:
        y = tf.reduce_sum(v ** 3.0)
    assert acc.jvp(y).numpy() == 3.0
    assert acc.jvp(v).numpy().tolist() == [1.0, 0.0]


def test_structures():
    a, b = tf.constant(2.0), tf.constant(3.0)
    with tf.autodiff.ForwardAccumulator({"a": a, "b": [b]}, {"a": tf.constant(1.0), "b": [tf.constant(10.0)]}) as acc:
        out = {"product": a * b, "other": tf.constant(1.0)}
    found = acc.jvp(out)
    assert found["product"].numpy() == 23.0 and found["other"] is None
    assert acc.jvp(out, unconnected_gradients="zero")["other"].numpy() == 0.0


def test_nothing_is_seen_outside_the_block():
    x = tf.constant(1.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        pass
    assert acc.jvp(x * 2.0) is None


def test_custom_gradient():
    @tf.custom_gradient
    def doubled(x):
        return x * 2.0, lambda g: g * 100.0

    x = tf.constant(1.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(3.0)) as acc:
        y = doubled(x)
    assert acc.jvp(y).numpy() == 300.0


def test_errors():
    x = tf.constant(1.0)
    with pytest.raises(ValueError, match="specified as a primal multiple times"):
        tf.autodiff.ForwardAccumulator([x, x], [x, x])
    with pytest.raises(ValueError, match="don't have the same nested structure"):
        tf.autodiff.ForwardAccumulator([x], x)
    with tf.autodiff.ForwardAccumulator(x, x) as acc:
        with pytest.raises(ValueError, match="already recording"):
            acc.__enter__()
