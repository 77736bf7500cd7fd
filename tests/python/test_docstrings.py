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


def test_operators_say_what_they_take_and_give():
    undocumented = []
    for name in dir(tf.raw_ops):
        doc = getattr(tf.raw_ops, name).__doc__
        if not name.startswith("_") and doc.startswith(("Inputs:", "It takes no tensors.")):
            undocumented.append(name)
    assert undocumented == []
    softmax = tf.raw_ops.Softmax
    assert str(inspect.signature(softmax)) == "(*, logits, name=None)"
    assert softmax.__doc__.startswith("exp(logits) / sum(exp(logits))")
    assert "Inputs:\n  logits: a tensor of type T\n" in softmax.__doc__
    assert "  T: a dtype, one of float16, bfloat16, float32, float64\n" in softmax.__doc__
    assert "Returns:\n  softmax: a tensor of type T\n" in softmax.__doc__
    assert "  axis: an int. Default: 0\n" in tf.raw_ops.Pack.__doc__ and "a list of N tensors" in tf.raw_ops.Pack.__doc__
    assert "It has no gradient: its output is text." in tf.raw_ops.StringFormat.__doc__


@pytest.mark.parametrize("name", ["DType", "GradientTape", "Graph", "IndexedSlices", "Module", "Operation", "Tensor", "TensorArray", "TensorShape",
                                  "TensorSpec", "Variable", "data.Dataset", "errors.OpError", "lookup.KeyValueTensorInitializer", "lookup.StaticHashTable",
                                  "lookup.StaticVocabularyTable", "lookup.TextFileInitializer", "lookup.experimental.DenseHashTable", "lookup.experimental.MutableHashTable",
                                  "random.Generator", "types.experimental.ConcreteFunction"])
def test_members_of_classes_have_docstrings(name):
    cls = tf
    for part in name.split("."):
        cls = getattr(cls, part)
    assert cls.__doc__
    members = {key: value for key, value in vars(cls).items() if not key.startswith("_") and (callable(value) or isinstance(value, property))}
    bare = [key for key, value in members.items() if not inspect.isclass(value) and not (value.__doc__ or "").strip()]
    assert bare == []


def test_errors_say_when_they_are_raised():
    errors = [value for name, value in vars(tf.errors).items() if name.endswith("Error")]
    assert len(errors) > 15 and all((error.__dict__.get("__doc__") or "").strip() for error in errors)
