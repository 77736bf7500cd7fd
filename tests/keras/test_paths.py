"""The paths of weights, and optimizers that are chosen by them; as real Keras 3.15 has them."""

import numpy as np
import pytest
import runnel as tf

K, L = tf.keras, tf.keras.layers


def paths(model):
    return [w.path for w in model.weights]


def test_a_sequential_model_names_its_layers():
    assert paths(K.Sequential([L.Input((2,)), L.Dense(1, name="d"), L.BatchNormalization(name="bn")], name="s")) == [
        "s/d/kernel", "s/d/bias", "s/bn/gamma", "s/bn/beta", "s/bn/moving_mean", "s/bn/moving_variance"]
    deferred = K.Sequential([L.Dense(1, name="d")], name="s")
    deferred(np.zeros((1, 2), "float32"))
    assert paths(deferred) == paths(K.Sequential([L.Dense(1, name="d", input_shape=(2,))], name="s")) == ["s/d/kernel", "s/d/bias"]
    assert paths(K.Sequential([L.Input((3, 2)), L.LSTM(1, name="l")], name="s"))[0] == "s/l/lstm_cell/kernel"
    assert paths(K.Sequential([L.Input((3, 2)), L.Bidirectional(L.LSTM(1, name="l"), name="b")], name="s"))[3] == "s/b/backward_l/lstm_cell/kernel"


def test_models_in_models():
    x = K.Input((2,))
    assert paths(K.Model(x, L.Dense(1, name="d")(x), name="f")) == ["d/kernel", "d/bias"]
    assert paths(K.Model(x, K.Sequential([L.Dense(1, name="d")], name="inner")(x))) == ["inner/d/kernel", "inner/d/bias"]
    deferred = K.Sequential([L.Input((2,)), K.Sequential([L.Dense(1, name="d")], name="inner"), L.Dense(1, name="e")], name="outer")
    assert paths(deferred) == ["outer/inner/d/kernel", "outer/inner/d/bias", "outer/e/kernel", "outer/e/bias"]
    built = K.Sequential([L.Input((2,)), K.Sequential([L.Input((2,)), L.Dense(1, name="d")], name="inner"), L.Dense(1, name="e")], name="outer")
    assert paths(built) == ["inner/d/kernel", "inner/d/bias", "outer/e/kernel", "outer/e/bias"]


class Own(K.Model):
    def __init__(self):
        super().__init__(name="own")
        self.first, self.rest = L.Dense(1, name="d"), K.Sequential([L.Dense(1, name="x")], name="rest")

    def call(self, x):
        return self.rest(self.first(x))


def test_a_model_of_ones_own():
    model = Own()
    model(np.zeros((1, 2), "float32"))
    assert paths(model) == ["own/d/kernel", "own/d/bias", "own/rest/x/kernel", "own/rest/x/bias"]


@pytest.mark.parametrize("pattern, expected", [("s/d/.*", [-5, -5, -5]), ("s/d/kernel", [-5, -5, 1]), ("d/.*", [1, 1, 1]), ("d/kernel", [1, 1, 1])])
def test_optimizers_are_chosen_by_the_whole_path(pattern, expected):
    model = K.Sequential([L.Input((2,)), L.Dense(1, name="d", kernel_initializer="ones", bias_initializer="ones")], name="s")
    choice = K.optimizers.OptimizerMap(K.optimizers.SGD(0.0), {pattern: K.optimizers.SGD(1.0)})
    model.compile(K.optimizers.MultiOptimizer(choice), "mse")
    model.train_on_batch(np.ones((2, 2), "float32"), np.zeros((2, 1), "float32"))
    assert np.concatenate([w.ravel() for w in model.get_weights()]).tolist() == expected


def test_what_a_loss_scale_optimizer_tells():
    optimizer = K.optimizers.LossScaleOptimizer(K.optimizers.SGD(0.1), initial_scale=8.0, dynamic_growth_steps=2)
    assert optimizer.initial_scale == 8 and optimizer.dynamic_growth_steps == 2 and not hasattr(optimizer, "dynamic_scale")
    weight = tf.Variable([1.0])
    optimizer.build([weight])
    assert float(optimizer.dynamic_scale) == 8 and int(optimizer.step_counter) == 0
    for wanted in (8, 16):
        optimizer.apply([tf.constant([8.0])], [weight])
        assert float(optimizer.dynamic_scale) == wanted
    optimizer.apply([tf.constant([np.inf])], [weight])
    assert float(optimizer.dynamic_scale) == 8
    with pytest.raises(ValueError, match="no longer supports `dynamic=False`"):
        K.optimizers.LossScaleOptimizer(K.optimizers.SGD(0.1), dynamic=False)
    K.optimizers.LossScaleOptimizer(K.optimizers.SGD(0.1), dynamic=True)


def test_a_loss_scale_optimizer_counts_and_learns_as_the_inner_one_does():
    inner = K.optimizers.SGD(K.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5))
    optimizer = K.optimizers.LossScaleOptimizer(inner)
    optimizer.apply([tf.constant([8.0])], [tf.Variable([1.0])])
    assert optimizer.iterations is inner.iterations and int(optimizer.iterations) == 1
    assert float(optimizer.learning_rate) == pytest.approx(0.1 * 0.5**0.5)
