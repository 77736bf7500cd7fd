"""Everything of Keras's can be pickled and copied, and comes back with its values."""

import copy
import pickle

import numpy as np
import pytest
import runnel as tf
import saved_models

keras = tf.keras
WAYS = {"pickle": lambda thing: pickle.loads(pickle.dumps(thing)), "copy": copy.copy, "deepcopy": copy.deepcopy}


@pytest.fixture(params=list(WAYS))
def again(request):
    return WAYS[request.param]


@pytest.mark.parametrize("name", ["adam", "wide_and_deep", "nested", "sequences"])
def test_models(again, name):
    model, x, y = saved_models.MODELS[name](keras)
    saved_models.train(model, x, y)
    other = again(model)
    assert type(other) is type(model) and other is not model and other.compiled
    for a, b in zip(saved_models.outputs(other, x), saved_models.outputs(model, x)):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(saved_models.train(other, x, y), saved_models.train(model, x, y), rtol=1e-6)


class Scale(keras.layers.Layer):
    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        self.offset = self.add_weight(shape=(input_shape[-1],), name="offset")

    def call(self, x):
        return x * self.factor + self.offset

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def own_loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), -1)


class Pair(keras.Model):
    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first, self.second = keras.layers.Dense(units), Scale(3.0)

    def call(self, x):
        return self.second(self.first(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def test_classes_of_ones_own_need_no_registration(again):
    x, y = np.ones((4, 3), "float32"), np.zeros((4, 2), "float32")
    for model in (Pair(), keras.Sequential([keras.layers.Dense(2), Scale(2.0)])):
        model.compile("adam", "mse", metrics=["mae"])
        model.fit(x, y, verbose=0)
        other = again(model)
        np.testing.assert_array_equal(other.predict(x, verbose=0), model.predict(x, verbose=0))
        assert other.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0) and int(other.optimizer.iterations) == 1


def test_layers(again):
    for layer in (keras.layers.Dense(3, activation="relu", name="three"), Scale(2.0), keras.layers.LSTM(2)):
        x = np.random.default_rng(0).normal(size=(2, 4, 3) if "LSTM" in type(layer).__name__ else (2, 3)).astype("float32")
        y = layer(x)
        other = again(layer)
        assert other.name == layer.name and type(other) is type(layer)
        np.testing.assert_array_equal(other(x), y)
    assert not again(keras.layers.Dense(3)).built


THINGS = {
    "loss": (keras.losses.Huber(0.25), lambda o: float(o([[0.0]], [[2.0]])) == 0.25 * (2.0 - 0.125)),
    "initializer": (keras.initializers.RandomUniform(seed=3), lambda o: np.allclose(o((2,)), keras.initializers.RandomUniform(seed=3)((2,)))),
    "regularizer": (keras.regularizers.L1L2(0.5, 0.5), lambda o: float(o(tf.ones(2))) == 2.0),
    "constraint": (keras.constraints.MaxNorm(0.5), lambda o: o.max_value == 0.5),
    "schedule": (keras.optimizers.schedules.CosineDecay(0.1, 10), lambda o: float(o(10)) < 1e-6),
    "callback": (keras.callbacks.EarlyStopping(patience=7), lambda o: o.patience == 7),
    "policy": (keras.DTypePolicy("mixed_float16"), lambda o: o == keras.DTypePolicy("mixed_float16")),
    "dtype": (tf.float16, lambda o: o is tf.float16),
    "shape": (tf.TensorShape([None, 3]), lambda o: o.as_list() == [None, 3]),
    "tensor": (tf.constant([1, 2]), lambda o: o.numpy().tolist() == [1, 2]),
    "variable": (tf.Variable([1.0], name="v", trainable=False), lambda o: o.numpy().tolist() == [1.0] and not o.trainable),
}


@pytest.mark.parametrize("name", THINGS)
def test_things(name):
    thing, same = THINGS[name]
    for way in ("pickle", "deepcopy"):
        assert same(WAYS[way](thing)), way


def test_metrics_keep_their_state(again):
    metric = keras.metrics.Precision(name="p")
    metric.update_state([1, 1, 0], [1.0, 0.0, 1.0])
    other = again(metric)
    assert float(other.result()) == float(metric.result()) == 0.5 and other.name == "p"
    other.update_state([1], [1.0])
    assert float(metric.result()) == 0.5


def test_optimizers_keep_their_count_and_rate(again):
    model, x, y = saved_models.MODELS["adam"](keras)
    saved_models.train(model, x, y)
    model.optimizer.learning_rate = 0.125
    other = again(model.optimizer)
    assert int(other.iterations) == int(model.optimizer.iterations) > 0 and float(other.learning_rate) == 0.125


def test_history(again):
    model, x, y = saved_models.MODELS["adam"](keras)
    history = model.fit(x[0], y[0], epochs=2, verbose=0)
    other = again(history)
    assert other.history == history.history and other.epoch == [0, 1] and other.params == history.params
    np.testing.assert_array_equal(other.model.get_weights()[0], model.get_weights()[0])
