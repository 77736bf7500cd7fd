"""keras.applications against real Keras: structure, names of weights, numbers of parameters, outputs from the same weights."""

import json

import application_rows
import numpy as np
import pytest
import runnel as tf

with open(application_rows.EXPECTED) as file:
    EXPECTED = json.load(file)


@pytest.mark.parametrize("name", EXPECTED)
def test_architecture(name):
    tf.keras.backend.clear_session()
    got, wanted = application_rows.evaluate(tf.keras, name), dict(EXPECTED[name])
    np.testing.assert_allclose(got.pop("output", []), wanted.pop("output", []), rtol=2e-4, atol=2e-4)
    assert got == wanted


def test_each_architecture_has_a_module_with_its_preprocessing():
    from runnel.keras.applications import mobilenet_v2, resnet50

    assert resnet50.ResNet50 is tf.keras.applications.ResNet50
    images = np.full((1, 2, 2, 3), 255, "uint8")
    np.testing.assert_allclose(mobilenet_v2.preprocess_input(images), np.ones((1, 2, 2, 3)))
    np.testing.assert_allclose(resnet50.preprocess_input(images)[0, 0, 0], [255 - 103.939, 255 - 116.779, 255 - 123.68], rtol=1e-6)
    torch = tf.keras.applications.imagenet_utils.preprocess_input(images.astype("float32"), mode="torch")
    np.testing.assert_allclose(torch[0, 0, 0], [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225], rtol=1e-6)


def test_predictions_are_named_from_the_file_in_the_cache(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    index = {str(i): [f"n{i:08d}", f"class{i}"] for i in range(1000)}
    (tmp_path / "models" / "imagenet_class_index.json").write_text(json.dumps(index))
    monkeypatch.setenv("RUNNEL_HOME", str(tmp_path))
    predictions = np.zeros((1, 1000), "float32")
    predictions[0, [7, 3]] = 0.75, 0.25
    assert tf.keras.applications.resnet.decode_predictions(predictions, top=2) == [[("n00000007", "class7", 0.75), ("n00000003", "class3", 0.25)]]
    with pytest.raises(ValueError, match=r"2D array of shape \(samples, 1000\)"):
        tf.keras.applications.resnet.decode_predictions(predictions[:, :9])


def test_weights_come_from_a_file_and_are_checked(tmp_path):
    arguments = {"input_shape": (32, 32, 3), "include_top": False, "pooling": "avg"}
    first = tf.keras.applications.MobileNetV2(alpha=0.35, weights=None, **arguments)
    first.save_weights(tmp_path / "m.weights.h5")
    second = tf.keras.applications.MobileNetV2(alpha=0.35, weights=tmp_path / "m.weights.h5", **arguments)
    x = np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3)).astype("float32")
    np.testing.assert_array_equal(first(x), second(x))
    with pytest.raises(ValueError, match="The `weights` argument should be either"):
        tf.keras.applications.VGG16(weights="nowhere")
    with pytest.raises(ValueError, match="`classes` should be 1000"):
        tf.keras.applications.VGG16(classes=3)
    with pytest.raises(ValueError, match="Input size must be at least 32x32"):
        tf.keras.applications.VGG16(weights=None, input_shape=(31, 40, 3))


def test_a_model_may_begin_with_a_tensor_of_ones_own():
    inputs = tf.keras.Input((32, 32, 3))
    x = tf.keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    model = tf.keras.applications.MobileNetV2(alpha=0.35, weights=None, include_top=False, input_tensor=x, input_shape=(32, 32, 3))
    assert [type(layer).__name__ for layer in model.layers[:3]] == ["InputLayer", "Rescaling", "Conv2D"]
