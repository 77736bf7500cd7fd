"""model.save, load_model and their relatives in Python; classes of one's own included."""

import json

import numpy as np
import pytest
import runnel as tf
import saved_models

keras = tf.keras


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("name", list(saved_models.MODELS))
def test_round_trip(tmp_path, name, ending):
    model, x, y = saved_models.MODELS[name](keras)
    saved_models.train(model, x, y)
    model.save(tmp_path / f"m.{ending}")
    again = keras.models.load_model(tmp_path / f"m.{ending}")
    for a, b in zip(saved_models.outputs(again, x), saved_models.outputs(model, x)):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(saved_models.train(again, x, y), saved_models.train(model, x, y), rtol=1e-6)
    assert not keras.models.load_model(tmp_path / f"m.{ending}", compile=False).compiled


class Scale(keras.layers.Layer):
    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
        self.inner = keras.layers.Dense(3)

    def build(self, input_shape):
        self.offset = self.add_weight(name="offset", shape=(3,), initializer="ones")
        self.inner.build(input_shape)

    def call(self, inputs):
        return self.inner(inputs) * self.factor + self.offset

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


class Twin(keras.Model):
    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.left = keras.layers.Dense(units)
        self.stack = [keras.layers.Dense(units), keras.layers.Dense(units)]

    def call(self, inputs):
        return self.left(inputs) + self.stack[1](self.stack[0](inputs))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def test_own_layer(tmp_path):
    x = np.ones((2, 3), "float32")
    model = keras.Sequential([keras.layers.Dense(3, input_shape=(3,)), Scale(2.5)])
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Scale": Scale})
    assert again.layers[1].factor == 2.5
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    with pytest.raises((TypeError, ValueError), match="Scale"):
        keras.models.load_model(tmp_path / "m.keras")


def test_own_model_weights(tmp_path):
    x = np.ones((2, 3), "float32")
    model, other = Twin(), Twin()
    expected = model.predict(x, verbose=0)
    other.predict(x, verbose=0)
    model.save_weights(tmp_path / "m.weights.h5")
    other.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(other.predict(x, verbose=0), expected)


def test_own_model_whole(tmp_path):
    x = np.ones((2, 3), "float32")
    model = Twin(5)
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Twin": Twin})
    assert isinstance(again, Twin) and again.units == 5
    np.testing.assert_array_equal(again.predict(x, verbose=0), expected)


def test_json_and_clone():
    model, x, _ = saved_models.MODELS["nested"](keras)
    again = keras.models.model_from_json(model.to_json())
    assert json.loads(again.to_json())["config"] == json.loads(model.to_json())["config"]
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    for a, b in zip(saved_models.outputs(clone, x), saved_models.outputs(model, x)):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("call, error, text", [
    (lambda m, p: m.save(p / "m.txt"), ValueError, "Invalid filepath extension for saving"),
    (lambda m, p: m.save_weights(p / "m.txt"), ValueError, "The filename must end in `.weights.h5`"),
    (lambda m, p: m.load_weights(p / "none.weights.h5"), FileNotFoundError, "No such file"),
    (lambda m, p: keras.models.load_model(p / "none.keras"), ValueError, "File not found"),
    (lambda m, p: keras.models.load_model(p / "none.pb"), ValueError, "File format not supported"),
])
def test_errors(tmp_path, call, error, text):
    with pytest.raises(error, match=text):
        call(saved_models.MODELS["adam"](keras)[0], tmp_path)
