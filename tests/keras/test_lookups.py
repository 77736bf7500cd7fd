"""Gradients of lookups reach optimizers as slices, also from a loop of one's own."""

import json

import numpy as np
import pytest
import runnel as tf
from lookup_rows import ROWS, STORED, table_after

EXPECTED = json.loads(STORED.read_text())


@pytest.mark.parametrize("at", range(len(ROWS)), ids=[f"{name}-{'-'.join(config) or 'defaults'}" for name, config in ROWS])
def test_tables_equal_keras(at):
    np.testing.assert_allclose(table_after(tf, *ROWS[at]), EXPECTED[at], rtol=0, atol=2e-6)


def test_an_optimizer_in_python_gets_tensors():
    seen = []

    class Plain(tf.keras.optimizers.Optimizer):
        def __init__(self):
            super().__init__(learning_rate=0.5)

        def update_step(self, gradient, variable, learning_rate):
            seen.append(gradient.shape)
            variable.assign_sub(learning_rate * gradient)

    table = tf.Variable(tf.ones((4, 2)))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(table, [1, 1]))
    Plain().apply_gradients([(tape.gradient(loss, table), table)])
    assert seen == [(4, 2)] and table.numpy()[1].tolist() == [0.0, 0.0]
