"""Every class of Keras that a user meets says what it is."""

import inspect

import pytest
import runnel as tf

KINDS = ["layers", "losses", "metrics", "optimizers", "optimizers.schedules", "initializers", "regularizers", "constraints", "callbacks", "models"]


def module(name):
    found = tf.keras
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_classes_have_docstrings(kind):
    classes = {name: value for name, value in vars(module(kind)).items() if inspect.isclass(value) and not name.startswith("_")}
    assert classes
    assert [name for name, value in classes.items() if not (value.__dict__.get("__doc__") or "").strip()] == []


def test_a_docstring_is_the_comment_of_the_class_and_its_options():
    assert tf.keras.losses.Huber.__doc__.startswith("Squares of errors up to `delta`")
    assert tf.keras.metrics.Hinge.__doc__ == "Mean of max(1 - y_true y_pred, 0)." != tf.keras.losses.Hinge.__doc__
    assert "Arguments:\n  strides: Default: pool_size." in tf.keras.layers.MaxPooling2D.__doc__
