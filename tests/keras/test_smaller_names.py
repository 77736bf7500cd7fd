"""Smaller names against real Keras (expected_surface.json, written by make_expected_surface.py), and what has no peer to ask."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
import runnel as tf
import surface_rows

EXPECTED = json.loads(Path(__file__).with_name("expected_surface.json").read_text())
keras = tf.keras
L = keras.layers


def compare(found, wanted, place):
    if isinstance(wanted, list):
        assert isinstance(found, list) and len(found) == len(wanted), (place, found, wanted)
        for i, (a, b) in enumerate(zip(found, wanted)):
            compare(a, b, f"{place}[{i}]")
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, rel=2e-4, abs=2e-5), place
    else:
        assert found == wanted, place


@pytest.mark.parametrize("name", list(surface_rows.ROWS))
def test_name(name):
    compare(surface_rows.answer(keras, tf, name), EXPECTED[name], name)


def _losses(scope, rate):
    keras.utils.set_random_seed(3)
    x = np.random.default_rng(0).random((16, 4)).astype("float32")
    with scope:
        model = keras.Sequential([L.Input((4,)), L.Dense(8, activation="relu", name="a"), L.Dropout(rate), L.BatchNormalization(), L.Dense(1, name="b")])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    losses = model.fit(x, x[:, :1], epochs=3, verbose=0).history["loss"]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(x))
    return losses, [g.numpy().tolist() for g in tape.gradient(loss, model.trainable_variables)]


@pytest.mark.parametrize("options", [{}, {"mode": "activations"}, {"mode": "larger_than", "output_size_threshold": 4}, {"mode": "list_of_layers", "layer_names": ["a"]},
                                     {"mode": None}])
def test_what_is_computed_again_is_the_same(options):
    assert _losses(keras.RematScope(**options), 0.5) == _losses(contextlib.nullcontext(), 0.5)


def test_a_rematerialized_layer_computes_twice_and_a_function_too():
    calls = []

    class Counted(L.Layer):
        def call(self, x):
            calls.append(1)
            return x * x

    with keras.RematScope():
        layer = Counted()
    x = tf.constant([3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    assert tape.gradient(y, x).numpy() == [6.0] and len(calls) == 2
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = keras.remat(lambda z: tf.reduce_sum(z * z))(v)
    assert tape.gradient(y, v).numpy().tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match="Invalid mode 'x'"):
        keras.RematScope(mode="x")


def test_pictures_become_arrays_and_back(tmp_path):
    pixels = np.arange(48.0).reshape(4, 4, 3) * 5
    picture = keras.utils.array_to_img(pixels, scale=False)
    assert (picture.mode, picture.size) == ("RGB", (4, 4))
    np.testing.assert_array_equal(keras.utils.img_to_array(picture), pixels)
    stretched = keras.utils.img_to_array(keras.utils.array_to_img(pixels + 7))
    assert (stretched.min(), stretched.max()) == (0, 255)
    keras.utils.save_img(tmp_path / "p.png", pixels, scale=False)
    np.testing.assert_array_equal(keras.utils.img_to_array(keras.utils.load_img(tmp_path / "p.png"), data_format="channels_first"), pixels.transpose(2, 0, 1))
    grey = keras.utils.load_img(tmp_path / "p.png", color_mode="grayscale", target_size=(2, 4), keep_aspect_ratio=True)
    assert keras.utils.img_to_array(grey).shape == (2, 4, 1)
    with pytest.raises(ValueError, match='color_mode must be "grayscale", "rgb", or "rgba"'):
        keras.utils.load_img(tmp_path / "p.png", color_mode="blue")
    with pytest.raises(ValueError, match="Expected image array to have rank 3"):
        keras.utils.array_to_img(np.ones(3))


def test_smart_resize_cuts_the_middle():
    x = np.arange(4 * 8, dtype="float32").reshape(4, 8, 1)
    np.testing.assert_array_equal(keras.preprocessing.image.smart_resize(x, (4, 4)), x[:, 2:6])
    np.testing.assert_array_equal(keras.preprocessing.image.smart_resize(x[None], (2, 2), interpolation="nearest")[0, :, :, 0], x[1::2, 3:6:2, 0])
    with pytest.raises(ValueError, match="Expected an image array with shape"):
        keras.preprocessing.image.smart_resize(x[0], (2, 2))


@pytest.mark.parametrize("home", ["imagenet_utils", "mobilenet_v2", "resnet", "resnet_v2", "vgg16", "vgg19", "xception"])
def test_predictions_of_other_shapes_are_not_decoded(home):
    with pytest.raises(ValueError, match="expects a batch of predictions"):
        getattr(keras.applications, home).decode_predictions(np.ones((2, 10)))


@pytest.mark.parametrize("call, text", [
    (lambda m: m.fit(np.ones((4, 3)), {"wrong": np.ones((4, 1))}, verbose=0), "`y` has the key 'wrong', which is no output"),
    (lambda m: m.fit({"wrong": np.ones((4, 3))}, np.ones((4, 1)), verbose=0), "Missing data for input \"a\". You passed a data dictionary with keys \\['wrong'\\]"),
    (lambda m: L.MaxPooling2D(4)(keras.Input((2, 2, 1))), "Computed output size would be zero or negative"),
    (lambda m: L.AveragePooling1D(4)(np.ones((1, 2, 1))), "Computed output size would be zero or negative"),
    (lambda m: m.get_layer("z"), r"No such layer: z. Existing layers are: \['a', 'o'\]"),
    (lambda m: np.array(m.output), "A KerasTensor is symbolic"),
])
def test_mistakes_are_told(call, text):
    x = keras.Input((3,), name="a")
    model = keras.Model(x, L.Dense(1, name="o")(x))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=text):
        call(model)


def test_mistakes_of_other_kinds_are_told():
    with pytest.raises(tf.errors.InvalidArgumentError, match="input must have at least k columns. Had 3, needed 10"):
        keras.metrics.Recall(top_k=10).update_state([[0.0, 1.0, 1.0]], [[0.1, 0.2, 0.7]])
    with pytest.raises(TypeError, match="A symbolic KerasTensor cannot be used as a boolean"):
        bool(keras.Input((3,)))
    with pytest.raises(AttributeError, match="has never been called and thus has no defined output"):
        type("Own", (keras.Model,), {"call": lambda self, x: x})().output
    with pytest.raises(ValueError, match="side should be 'real' or 'imag'"):
        keras.initializers.STFT("left")


def test_a_model_is_saved_by_the_function_too(tmp_path):
    model = keras.Sequential([L.Input((3,)), L.Dense(1)])
    keras.saving.save_model(model, tmp_path / "m.keras")
    x = np.ones((2, 3))
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "m.keras").predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("name", ["Adagrad", "Ftrl", "RMSprop", "Adam", "SGD"])
def test_legacy_optimizers_are_today_s(name):
    legacy, today, v, w = getattr(keras.optimizers.legacy, name)(0.1), getattr(keras.optimizers, name)(0.1), tf.Variable([1.0]), tf.Variable([1.0])
    legacy.apply_gradients([(tf.constant([2.0]), v)])
    today.apply_gradients([(tf.constant([2.0]), w)])
    assert float(v[0]) == float(w[0]) != 1.0


def test_vectorize_is_numpy_s():
    """Keras refuses it over TensorFlow."""
    a = np.arange(6, dtype="float32").reshape(2, 3)
    np.testing.assert_array_equal(keras.ops.vectorize(lambda x, y: x * y + 1)(a, a[0]), np.vectorize(lambda x, y: x * y + 1)(a, a[0]))
