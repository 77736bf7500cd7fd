"""isinstance() and issubclass() among Keras's classes answer as in real Keras 3.15."""

import json
from pathlib import Path

import pytest
from base_rows import bases

import runnel as tf

EXPECTED = json.loads((Path(__file__).parent / "expected_bases.json").read_text())
OTHERWISE = {
    "callbacks.CallbackList": "a list of callbacks is none itself",
    "layers.Bidirectional": "a Wrapper, as in Keras 2",
    "layers.Layer": "an Operation is a Layer here",
    "layers.TFSMLayer": "only says that it is not there",
}


@pytest.fixture(scope="module")
def found():
    return bases(tf.keras)


@pytest.mark.parametrize("name", EXPECTED)
def test_bases(name, found):
    if name not in found:
        pytest.skip("not there: surface.csv says why")
    if name in OTHERWISE:
        pytest.skip(OTHERWISE[name])
    known = {other.rpartition(".")[2] for other in found} | {"Operation"}
    assert found[name] == [base for base in EXPECTED[name] if base in known]


def test_derived_classes_work_as_before():
    keras = tf.keras
    metric = keras.metrics.BinaryAccuracy()
    metric.update_state([[1.0], [0.0]], [[0.9], [0.8]])
    assert metric.result() == 0.5 and isinstance(metric, keras.metrics.MeanMetricWrapper)
    assert not isinstance(keras.metrics.Mean(), keras.metrics.MeanMetricWrapper)
    assert isinstance(keras.layers.TimeDistributed(keras.layers.Dense(1)), keras.layers.Wrapper)

    class Wrapped(keras.metrics.MeanMetricWrapper):
        pass

    assert not isinstance(metric, Wrapped)
