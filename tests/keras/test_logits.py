"""Crossentropies find the logits behind probabilities; the numbers and the warnings are real Keras 3.15's."""

import warnings

import numpy as np
import pytest
import runnel as tf

K, L = tf.keras, tf.keras.layers
X = np.array([[1, 2], [30, 40]], "float32")
ROWS, CLASSES = np.array([[0, 1, 0], [1, 0, 0]], "float32"), np.array([1, 0])


def loss_and_warnings(loss, activation, y, run_eagerly):
    model = K.Sequential([L.Input((2,)), L.Dense(3, activation=activation)])
    model.set_weights([np.ones((2, 3)), np.array([0.1, 0.2, 0.5])])
    model.compile("sgd", loss, run_eagerly=run_eagerly)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        value = model.train_on_batch(X, y)
    return value, [str(w.message) for w in seen if "from_logits" in str(w.message)]


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("name, activation, y, expected", [
    ("CategoricalCrossentropy", "softmax", ROWS, 1.230099),
    ("SparseCategoricalCrossentropy", "softmax", CLASSES, 1.230099),
    ("BinaryCrossentropy", "sigmoid", ROWS, 24.56896),
])
def test_probabilities_that_are_said_to_be_logits(name, activation, y, expected, from_logits, run_eagerly):
    value, seen = loss_and_warnings(getattr(K.losses, name)(from_logits=from_logits), activation, y, run_eagerly)
    assert value == pytest.approx(expected, rel=1e-6)
    assert len(seen) == from_logits
    if seen:
        assert f"was produced by a {activation.capitalize()} activation and thus does not represent logits" in seen[0]


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("name, activation, expected", [("BinaryFocalCrossentropy", "sigmoid", 24.484125), ("CategoricalFocalCrossentropy", "softmax", 0.154202)])
def test_focal_losses(name, activation, expected, from_logits):
    value, seen = loss_and_warnings(getattr(K.losses, name)(from_logits=from_logits), None if from_logits else activation, ROWS, False)
    assert value == pytest.approx(expected, abs=1e-6) and not seen


def test_layers_and_functions_tell_the_logits_behind_them():
    """Ten thousand standard deviations off, where a clipped probability says 16.118."""
    logits, y = tf.constant([[0.0, 50.0]]), np.array([0])
    for probabilities in (L.Softmax()(logits), L.Activation("softmax")(logits), K.ops.softmax(logits), K.activations.softmax(logits)):
        assert float(K.losses.sparse_categorical_crossentropy(y, probabilities)[0]) == 50.0
    assert float(K.losses.sparse_categorical_crossentropy(y, tf.constant([[0.0, 1.0]]))[0]) == pytest.approx(16.118, abs=1e-3)


@pytest.mark.parametrize("axis", [(0, 1), (0, 2), (2, 0), (-1,), (0, 1, 2), None])
def test_softmax_along_several_axes(axis):
    x = np.random.RandomState(0).randn(2, 3, 4).astype("float32")
    expected = np.exp(x) / np.exp(x).sum(axis, keepdims=True)
    np.testing.assert_allclose(K.ops.softmax(x, axis), expected, rtol=1e-5)
    np.testing.assert_allclose(K.activations.softmax(x, axis), expected, rtol=1e-5)
    np.testing.assert_allclose(K.ops.log_softmax(x, axis), np.log(expected), rtol=1e-5, atol=1e-6)
    inside = tf.function(lambda t: K.ops.softmax(t, axis), input_signature=[tf.TensorSpec([None, 3, 4])])
    np.testing.assert_allclose(inside(x), expected, rtol=1e-5)


def test_outputs_carry_their_masks():
    y = L.Masking()(np.array([[[1.0], [0.0]]], "float32"))
    after = L.Dense(2)(y)
    assert y._keras_mask.numpy().tolist() == after._keras_mask.numpy().tolist() == [[True, False]]
    assert not hasattr(L.LSTM(1)(y), "_keras_mask") and not hasattr(L.Dense(1)(np.zeros((1, 2), "float32")), "_keras_mask")
    plain = tf.ones([1, 2, 1])
    plain._keras_mask = tf.constant([[True, False]])
    assert L.Dense(2)(plain)._keras_mask.numpy().tolist() == [[True, False]]


# As Keras gives them for the masks [1, 0, 1, 0] and [1, 1, 0, 0], or for the first one alone.
MERGED = {"Add": ([True, True, True, False], None), "Multiply": ([True, True, True, False], None),
          "Concatenate": ([True, True, True, False], [True, True, True, True])}


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("name", MERGED)
def test_masks_of_merged_inputs(name, both):
    wanted = MERGED[name][0 if both else 1]
    merged = lambda x, y: getattr(L, name)()([L.Masking()(x), L.Masking()(y) if both else y])
    given = [np.array([[[1.0], [float(second)], [float(not second)], [0.0]]], "float32") for second in (False, True)]
    inputs = [K.Input((4, 1)), K.Input((4, 1))]
    eager, symbolic = merged(*map(tf.constant, given)), merged(*inputs)
    if wanted is None:
        assert not hasattr(eager, "_keras_mask") and not hasattr(symbolic, "_keras_mask")
    else:
        assert eager._keras_mask.numpy().tolist() == K.Model(inputs, symbolic._keras_mask)(given).numpy().tolist() == [wanted]


def test_masks_along_a_long_chain():
    x = L.Masking()(K.Input((5, 3)))
    for _ in range(40):
        x = L.Add()([x, x])
    assert x._keras_mask.shape == (None, 5)
