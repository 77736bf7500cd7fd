"""What happens around subclasses written in Python: tracking of attributes, nesting, forgotten calls, older and newer steps."""

import gc

import numpy as np
import pytest
import runnel as tf

keras = tf.keras
X = np.arange(12, dtype="float32").reshape(4, 3)
Y = X.sum(1, keepdims=True)


class Net(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.out = keras.layers.Dense(1)

    def call(self, x):
        return self.out(x)


# --- attributes


class Attributes(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.nested = {"a": [keras.layers.Dense(2), {"deep": keras.layers.Dense(3)}], "b": (keras.layers.Dense(4),)}
        self.numbers = [1, 2, {"three": 3}]
        self.scale = tf.Variable(2.0, name="scale")
        self.frozen = tf.Variable([1.0, 1.0], trainable=False)

    def call(self, x):
        for layer in (self.nested["a"][0], self.nested["a"][1]["deep"], self.nested["b"][0]):
            x = layer(x)
        return x * self.scale


def test_layers_deep_inside_containers_are_tracked():
    layer = Attributes()
    assert layer(X).shape == (4, 4)
    assert len(layer._flatten_layers(include_self=False)) == 3
    assert len(layer.trainable_weights) == 7 and len(layer.non_trainable_weights) == 1
    assert layer.numbers == [1, 2, {"three": 3}] and isinstance(layer.numbers, list) and isinstance(layer.nested, dict)


def test_what_is_put_into_a_container_later_is_tracked():
    layer = Attributes()
    layer.nested["c"] = [keras.layers.Dense(5)]
    layer.nested["c"].append(keras.layers.Dense(6))
    assert len(layer._flatten_layers(include_self=False)) == 5
    del layer.nested["c"]
    assert len(layer._flatten_layers(include_self=False)) == 3


def test_attributes_that_are_deleted_or_replaced_are_forgotten():
    model = Net()
    model(X)
    model.extra = keras.layers.Dense(3)
    model.extra(X)
    assert len(model.weights) == 4
    del model.extra
    assert len(model.weights) == 2 and not hasattr(model, "extra")
    model.out = keras.layers.Dense(2)
    assert model.weights == [] and len(model.layers) == 1


def test_variables_as_attributes_are_weights_and_are_trained():
    class Scaled(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.factor = tf.Variable(1.0)

        def call(self, x):
            return x * self.factor

    model = keras.Sequential([Scaled()])
    model.compile(keras.optimizers.SGD(0.001), "mse")
    model.fit(X, 2 * X, epochs=3, verbose=0)
    assert float(model.layers[0].factor) > 1 and model.layers[0].trainable_weights[0] is model.layers[0].factor


def test_attributes_named_like_arguments_stay_ones_own():
    class Holder(keras.layers.Layer):
        def __init__(self, units):
            super().__init__()
            self.units, self.activation = units, "my own text"

        def call(self, x):
            return x

    holder = Holder(3)
    assert holder.units == 3 and holder.activation == "my own text"


# --- what is forgotten or wrong


@pytest.mark.parametrize("base", [keras.layers.Layer, keras.Model])
def test_a_forgotten_super_init_is_told(base):
    class Forgetful(base):
        def __init__(self):
            self.inner = 3

        def call(self, x):
            return x

    with pytest.raises(RuntimeError, match=r"forgot to call `super\(\)\.__init__\(\)`"):
        Forgetful()(X)


def test_a_layer_that_call_makes_anew_is_told():
    class Remaking(keras.layers.Layer):
        def call(self, x):
            self.inner = keras.layers.Dense(2)
            return self.inner(x)

    class Lazy(keras.layers.Layer):
        inner = None

        def call(self, x):
            if self.inner is None:
                self.inner = keras.layers.Dense(2)
            return self.inner(x)

    remaking, lazy = Remaking(), Lazy()
    remaking(X), lazy(X)
    with pytest.raises(ValueError, match="You cannot add new elements of state .* to a layer that is already built"):
        remaking(X)
    np.testing.assert_array_equal(lazy(X), lazy(X))


def test_super_init_may_come_last():
    class Late(keras.layers.Layer):
        def __init__(self):
            self.inner = keras.layers.Dense(2)
            super().__init__()

        def call(self, x):
            return self.inner(x)

    layer = Late()
    layer(X)
    assert len(layer.weights) == 2


def test_a_get_config_is_needed_where_arguments_are_no_plain_values():
    class Wrapping(keras.layers.Layer):
        def __init__(self, inner, **kwargs):
            super().__init__(**kwargs)
            self.inner = inner

        def call(self, x):
            return self.inner(x)

    with pytest.raises(NotImplementedError, match="must override `get_config\\(\\)`"):
        Wrapping(keras.layers.Dense(2)).get_config()


def test_arguments_without_a_get_config():
    class Base(keras.layers.Layer):
        def __init__(self, size, rate=0.5, **kwargs):
            super().__init__(**kwargs)
            self.size, self.rate = size, rate

        def call(self, x):
            return x

    class Derived(Base):
        def __init__(self, extra, **kwargs):
            super().__init__(size=7, **kwargs)
            self.extra = extra

    class WithConfig(Base):
        def get_config(self):
            return {**super().get_config(), "size": self.size}

    assert {k: v for k, v in Base(3, name="b").get_config().items() if k in ("size", "rate", "name")} == {"size": 3, "rate": 0.5, "name": "b"}
    again = Derived.from_config(Derived("x", name="d").get_config())
    assert (again.extra, again.size, again.name) == ("x", 7, "d")
    assert WithConfig.from_config(WithConfig(4).get_config()).size == 4


# --- nesting and sharing


def test_models_inside_models():
    class Outer(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = Net(), keras.Sequential([keras.layers.Dense(2), Net()])

        def call(self, x):
            return self.first(x) + self.second(x)

    model = Outer()
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(X / 10, Y / 10, epochs=5, verbose=0).history
    assert history["loss"][-1] < history["loss"][0] and len(model.weights) == 6
    assert [layer.name for layer in model.layers] == [model.first.name, model.second.name]


def test_one_layer_in_two_places_has_one_set_of_weights():
    shared = keras.layers.Dense(3, use_bias=False)

    class Twice(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.a, self.b = shared, [shared]

        def call(self, x):
            return self.b[0](self.a(x))

    layer = Twice()
    layer(X)
    assert len(layer.weights) == 1
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(X))
    w = shared.kernel
    by_hand = X.T @ (np.ones((4, 3), "float32") @ w.numpy().T) + (X @ w.numpy()).T @ np.ones((4, 3), "float32")
    np.testing.assert_allclose(tape.gradient(loss, w), by_hand, rtol=1e-4)


def test_a_model_that_holds_itself_is_freed():
    model = Net()
    model.me = [model]
    model(X)
    number = len(gc.get_objects())
    del model
    gc.collect()
    assert len(gc.get_objects()) < number


# --- steps and metrics


def test_metrics_of_layers_are_shown_and_reset():
    class Watching(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.mean = keras.metrics.Mean(name="seen")

        def call(self, x):
            self.mean.update_state(tf.reduce_mean(x))
            return x

    model = keras.Sequential([Watching(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    first = model.fit(X, Y, verbose=0).history["seen"]
    assert first == pytest.approx([5.5]) and model.fit(X * 0, Y, verbose=0).history["seen"] == [0.0]


def test_keras_2_and_keras_3_steps_end_with_the_same_weights():
    class Older(Net):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
            self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
            self.compiled_metrics.update_state(y, y_pred)
            return {m.name: m.result() for m in self.metrics}

    class Newer(Net):
        def train_step(self, data):
            x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
            with tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compute_loss(x, y, y_pred, weight)
            self.optimizer.apply(tape.gradient(loss, self.trainable_weights), self.trainable_weights)
            return self.compute_metrics(x, y, y_pred, weight)

    weights = []
    for cls in (Net, Older, Newer):
        keras.utils.set_random_seed(4)
        model = cls()
        model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
        model.fit(X, Y, epochs=3, batch_size=2, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    for other in weights[1:]:
        for a, b in zip(weights[0], other):
            np.testing.assert_array_equal(a, b)


def test_compute_metrics_may_add_logs():
    class Adding(Net):
        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return {**super().compute_metrics(x, y, y_pred, sample_weight), "largest": tf.reduce_max(y_pred) * 0 + 7.0}

    model = Adding()
    model.compile("sgd", "mse", metrics=["mae"])
    assert set(model.fit(X, Y, verbose=0).history) == {"loss", "mae", "largest"}
    assert model.evaluate(X, Y, verbose=0, return_dict=True)["largest"] == 7.0


def test_losses_and_optimizers_of_a_model_are_attributes():
    model = Net()
    assert model.loss is None and model.optimizer is None
    loss = keras.losses.Huber()
    model.compile("adam", loss)
    assert model.loss is loss and isinstance(model.optimizer, keras.optimizers.Adam)
    model.loss = "my own"
    assert model.loss == "my own"


def test_add_loss_and_add_metric_of_keras_tensors():
    x = keras.Input((3,))
    z = keras.layers.Dense(2, kernel_initializer="ones")(x)
    model = keras.Model(x, z)
    model.add_loss(0.5 * tf.reduce_mean(z))
    model.add_metric(tf.reduce_max(z), name="top", aggregation="mean")
    model.compile(keras.optimizers.SGD(0.0))
    logs = model.fit(X, batch_size=4, verbose=0).history
    assert logs["loss"] == [8.25] and logs["top"] == [30.0]


def test_a_subclass_without_a_call_takes_the_arguments_by_place():
    class Own(keras.layers.MultiHeadAttention):
        pass

    class Recurrent(keras.layers.LSTM):
        pass

    x, state = np.ones((2, 3, 4), "float32"), np.zeros((2, 5), "float32")
    assert Own(2, 2)(x, x).shape == (2, 3, 4) and Own(2, 2)(keras.Input((3, 4)), keras.Input((6, 4))).shape == (None, 3, 4)
    assert Recurrent(5)(x, [state, state]).shape == (2, 5)
    with pytest.raises(TypeError, match="takes at most"):
        Own(2, 2)(x, *[x] * 20)
