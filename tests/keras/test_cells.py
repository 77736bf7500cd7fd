"""Recurrent layers over lists of cells, stacks and cells of one's own, as real Keras 3.15 computes them."""

import json
from pathlib import Path

import numpy as np
import pytest
from cell_rows import X, filled, results

import runnel as tf

EXPECTED = json.loads((Path(__file__).parent / "expected_cells.json").read_text())


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return json.loads(json.dumps(results(tf.keras, tmp_path_factory.mktemp("cells"))))


def check(found, expected):
    if isinstance(expected, dict):
        assert found["shape"] == expected["shape"]
        assert [found["sum"], found["square"]] == pytest.approx([expected["sum"], expected["square"]], rel=1e-5, abs=1e-5)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected):
            check(one, other)
    else:
        assert found == (pytest.approx(expected, rel=1e-5) if isinstance(expected, float) else expected)


@pytest.mark.parametrize("row", EXPECTED)
def test_cell(row, found):
    check(found[row], EXPECTED[row])


def test_time_major_is_taken_as_keras_2_means_it():
    layers = tf.keras.layers
    usual, turned = layers.LSTM(3, return_sequences=True), layers.LSTM(3, return_sequences=True, time_major=True)
    usual.build((2, 5, 3)), turned.build((5, 2, 3))
    expected = filled(usual)(X).numpy()
    np.testing.assert_allclose(filled(turned)(np.swapaxes(X, 0, 1)).numpy(), np.swapaxes(expected, 0, 1), rtol=1e-6)
    assert tuple(turned.compute_output_shape((5, 2, 3))) == (5, 2, 3)
    assert turned.get_config()["time_major"] and "time_major" not in usual.get_config()


def test_what_is_no_cell_is_refused():
    layers = tf.keras.layers
    with pytest.raises(ValueError, match="state_size"):
        layers.RNN(layers.Dense(3))
    with pytest.raises(ValueError, match="must be a layer"):
        layers.RNN(5)
    with pytest.raises(ValueError, match='same value for attribute "stateful"'):
        layers.Bidirectional(layers.LSTM(3), backward_layer=layers.LSTM(3, go_backwards=True, stateful=True))


def test_what_a_property_raises_is_handed_on():
    class Cell(tf.keras.layers.Layer):
        @property
        def state_size(self):
            raise KeyError("the units were not read")

        def call(self, x, states):
            return x, states

    with pytest.raises(KeyError, match="the units were not read"):
        tf.keras.layers.RNN(Cell())


def test_a_cell_names_its_states_as_it_likes():
    class Sum(tf.keras.layers.Layer):
        state_size = 3

        def call(self, x, h):
            return x + h[0], [x + h[0]]

    np.testing.assert_array_equal(tf.keras.layers.RNN(Sum())(tf.ones((2, 4, 3))).numpy(), np.full((2, 3), 4))
