"""Quantized and adapted layers against real Keras (expected_quantization.json, written by make_expected_quantization.py)."""

import json
from pathlib import Path

import pytest
import quantization_rows
import runnel as tf
from test_smaller_names import compare

EXPECTED = json.loads(Path(__file__).with_name("expected_quantization.json").read_text())
keras = tf.keras


@pytest.mark.parametrize("name", list(quantization_rows.ROWS))
@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")
def test_row(name):
    compare(quantization_rows.answer(keras, tf, name), EXPECTED[name], name)


def test_a_variable_of_one_s_own_takes_its_gradient():
    class Counting(keras.layers.Layer):
        def build(self, shape):
            self.seen = self.add_weight(name="seen", shape=(), initializer="zeros", overwrite_with_gradient=True)
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

        def call(self, x):
            return x * self.scale + self.seen * 3.0

    layer = Counting()
    x, optimizer = tf.ones((2, 1)), keras.optimizers.Adam(0.1)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(x))
    optimizer.apply_gradients(zip(tape.gradient(loss, layer.trainable_weights), layer.trainable_weights))
    assert layer.seen.overwrite_with_gradient and not layer.scale.overwrite_with_gradient
    assert float(layer.seen) == 6.0 and float(layer.scale) == pytest.approx(0.9) and len(optimizer.variables) == 4
