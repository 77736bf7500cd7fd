"""Model.summary() prints what real Keras prints (expected_summaries.json, written by make_expected_summaries.py)."""

import json
from pathlib import Path

import pytest
import runnel as tf
import summary_rows

EXPECTED = json.loads(Path(__file__).with_name("expected_summaries.json").read_text())
keras = tf.keras


@pytest.mark.parametrize("name", list(summary_rows.ROWS))
def test_summary(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert summary_rows.text(keras, name).splitlines() == EXPECTED[name]


@pytest.mark.parametrize("options, text", [
    ({"layer_range": ["nowhere", "out"]}, "do not match the layer names"),
    ({"layer_range": ["a"]}, "layer_range must be a list or tuple of length 2"),
    ({"line_length": 8}, "Insufficient console width"),
])
def test_errors(options, text):
    with pytest.raises(ValueError, match=text):
        summary_rows._chain(keras).summary(**options)


@pytest.mark.parametrize("positions", [[0.5, 1.0], [1.0]])
def test_a_position_for_each_column(positions):
    with pytest.raises(IndexError, match="list index out of range"):
        summary_rows._chain(keras).summary(positions=positions)


def test_a_shape_of_one_axis(capsys):
    x = keras.Input(())
    keras.Model(x, keras.layers.Reshape((1,))(x)).summary()
    assert "│ (None)  " in capsys.readouterr().out
