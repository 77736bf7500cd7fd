"""The classes that come from the C++ tables."""

import subprocess
import sys

import pytest
from runnel import _runnel

KINDS = ("layers", "losses", "metrics", "optimizers", "schedules", "initializers", "regularizers", "constraints", "callbacks")


@pytest.mark.parametrize("kind", KINDS)
def test_every_class_can_be_subclassed(kind):
    for name in _runnel.keras_classes(kind):
        cls = _runnel.keras_class(kind, name)
        try:
            assert isinstance(type("Mine" + name, (cls,), {})(), cls)
        except (ValueError, TypeError, NotImplementedError) as error:  # for want of arguments, or of the feature
            assert "cannot be subclassed" not in str(error)


def test_importing_loads_no_numpy():
    code = "import runnel, sys; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0


def test_arguments_that_mean_nothing_here_are_taken_and_others_refused():
    import runnel as tf

    assert tf.keras.layers.LSTM(4, use_cudnn="auto")(tf.ones([2, 3, 5])).shape == (2, 4)
    assert tf.keras.layers.Dense(3, lora_rank=None)(tf.ones([2, 5])).shape == (2, 3)
    assert tf.keras.layers.BatchNormalization(synchronized=True)(tf.ones([2, 5])).shape == (2, 5)
    assert tf.keras.layers.MultiHeadAttention(2, 3, flash_attention=True)(tf.ones([2, 4, 5]), tf.ones([2, 4, 5])).shape == (2, 4, 5)
    with pytest.raises(NotImplementedError, match="not supported"):
        tf.keras.layers.Embedding(3, 2, activity_regularizer="l2")
    with pytest.raises(ValueError, match="Unrecognized keyword arguments.*use_cuda"):
        tf.keras.layers.LSTM(4, use_cuda="auto")
