"""One's own loss, metric, activation, initializer, regularizer, constraint, optimizer, schedule and training loop, in Python."""

import numpy as np
import pytest
import runnel as tf

keras = tf.keras
rng = np.random.RandomState(0)
X, Y = rng.rand(32, 4).astype("float32"), rng.rand(32, 1).astype("float32")


def net(**kwargs):
    keras.utils.set_random_seed(5)
    return keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3, activation="relu", **kwargs), keras.layers.Dense(1)])


def history(model, loss="mse", optimizer="sgd", **kwargs):
    model.compile(loss=loss, optimizer=optimizer, **kwargs)
    return model.fit(X, Y, epochs=2, verbose=0, shuffle=False).history


# --- losses


def huber_fn(y_true, y_pred):
    error = y_true - y_pred
    return tf.where(tf.abs(error) < 1, tf.square(error) / 2, tf.abs(error) - 0.5)


class HuberLoss(keras.losses.Loss):
    def __init__(self, threshold=1.0, **kwargs):
        self.threshold = threshold
        super().__init__(**kwargs)

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        small = tf.abs(error) < self.threshold
        return tf.where(small, tf.square(error) / 2, self.threshold * tf.abs(error) - self.threshold**2 / 2)

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


def test_losses():
    expected = history(net(), keras.losses.Huber())["loss"]
    np.testing.assert_allclose(history(net(), huber_fn)["loss"], expected, rtol=1e-6)
    np.testing.assert_allclose(history(net(), HuberLoss())["loss"], expected, rtol=1e-6)
    loss = HuberLoss(2.0, name="mine")
    assert HuberLoss.from_config(loss.get_config()).threshold == 2.0 and loss.name == "mine"
    assert float(loss([[0.0]], [[1.0]])) == 0.5
    assert loss([[0.0], [0.0]], [[1.0], [2.0]], sample_weight=[0.0, 1.0]) == 1.0


# --- metrics


class HuberMetric(keras.metrics.Metric):
    def __init__(self, threshold=1.0, **kwargs):
        super().__init__(**kwargs)
        self.threshold = threshold
        self.huber_fn = huber_fn
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight("count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        values = self.huber_fn(y_true, y_pred)
        self.total.assign_add(tf.reduce_sum(values))
        self.count.assign_add(tf.cast(tf.size(y_true), tf.float32))

    def result(self):
        return self.total / self.count

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


class MeanOfHuber(keras.metrics.Mean):
    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(huber_fn(y_true, y_pred), sample_weight)


def test_metrics():
    metric = HuberMetric(2.0)
    assert float(metric(tf.constant([[2.0]]), tf.constant([[10.0]]))) == 7.5
    assert float(metric(tf.constant([[0.0], [5.0]]), tf.constant([[1.0], [5.25]]))) == pytest.approx((7.5 + 0.5 + 0.03125) / 3)
    assert [v.path for v in metric.variables] == ["huber_metric/total", "huber_metric/count"]
    metric.reset_states()
    assert [float(v) for v in metric.variables] == [0, 0]
    logs = history(net(), "mse", metrics=[huber_fn, HuberMetric(name="own"), MeanOfHuber(name="mean")])
    np.testing.assert_allclose(logs["huber_fn"], logs["own"], rtol=1e-6)
    np.testing.assert_allclose(logs["huber_fn"], logs["mean"], rtol=1e-6)
    assert HuberMetric.from_config(metric.get_config()).threshold == 2.0


def test_builtin_metrics_stand_alone():
    precision = keras.metrics.Precision()
    assert float(precision([0, 1, 1, 1, 0, 1, 0, 1], [1, 1, 0, 1, 0, 1, 0, 1])) == pytest.approx(0.8)
    assert float(precision([0, 1, 0, 0, 1, 0, 1, 1], [1, 0, 1, 1, 0, 0, 0, 0])) == pytest.approx(0.5)
    mean = keras.metrics.Mean()
    mean.update_state([1.0, 3.0])
    mean(5.0)
    assert mean.result() == 3.0


# --- activation, initializer, regularizer, constraint


def my_softplus(z):
    return tf.math.log(1.0 + tf.exp(z))


def my_glorot(shape, dtype=tf.float32):
    return tf.random.normal(shape, stddev=tf.sqrt(2.0 / (shape[0] + shape[1])), dtype=dtype)


def my_l1(weights):
    return tf.reduce_sum(tf.abs(0.01 * weights))


def my_positive(weights):
    return tf.where(weights < 0.0, tf.zeros_like(weights), weights)


class MyL1(keras.regularizers.Regularizer):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, weights):
        return tf.reduce_sum(tf.abs(self.factor * weights))

    def get_config(self):
        return {"factor": self.factor}


class Halves(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None, **kwargs):
        return tf.fill(shape, tf.constant(0.5, dtype))


class Positive(keras.constraints.Constraint):
    def __call__(self, w):
        return tf.maximum(w, 0.0)


def test_functions_in_a_layer():
    layer = keras.layers.Dense(30, activation=my_softplus, kernel_initializer=my_glorot, kernel_regularizer=my_l1, kernel_constraint=my_positive)
    inputs = rng.randn(8, 20).astype("float32")
    model = keras.Sequential([layer, keras.layers.Dense(1)])
    assert layer.activation is my_softplus and layer.kernel_regularizer is my_l1
    model.compile("sgd", "mse")
    model.fit(inputs, inputs[:, :1], verbose=0)
    assert (layer.kernel.numpy() >= 0).all()
    np.testing.assert_allclose(float(layer.losses[0]), 0.01 * abs(layer.kernel.numpy()).sum(), rtol=1e-5)
    np.testing.assert_allclose(layer(inputs), np.log1p(np.exp(inputs @ layer.kernel.numpy() + layer.bias.numpy())), rtol=1e-4, atol=1e-6)


def test_classes_in_a_layer():
    layer = keras.layers.Dense(3, kernel_initializer=Halves(), kernel_regularizer=MyL1(0.1), kernel_constraint=Positive())
    layer(np.ones((1, 2), "float32"))
    assert (layer.kernel.numpy() == 0.5).all() and float(layer.losses[0]) == pytest.approx(0.3)
    assert layer.kernel_regularizer.factor == 0.1 and isinstance(layer.kernel_constraint, Positive)
    assert keras.layers.Dense(3, kernel_initializer=Halves).kernel_initializer.get_config() == {}


def test_builtin_objects_are_called():
    assert keras.regularizers.l2(0.5)([1.0, 2.0]) == 2.5
    assert (keras.initializers.Constant(3.0)((2,)).numpy() == 3).all() and keras.initializers.Zeros()(shape=(1, 2)).shape == (1, 2)
    assert (keras.constraints.NonNeg()([-1.0, 2.0]).numpy() == [0, 2]).all()
    assert keras.losses.get("mse") is keras.losses.mean_squared_error and keras.losses.mean_squared_error([[0.0]], [[2.0]]).numpy() == [4]


# --- optimizers and schedules


class MyMomentum(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.001, momentum=0.9, name="MyMomentum", **kwargs):
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        super().build(variables)
        self.momenta = [self.add_variable_from_reference(v, name="momentum") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        m = self.momenta[self._get_variable_index(variable)]
        m.assign(self.momentum * m - learning_rate * gradient)
        variable.assign_add(m)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


class OlderMomentum(keras.optimizers.Optimizer):
    """As written for Keras 2.4."""

    def __init__(self, learning_rate=0.001, momentum=0.9, name="MyMomentum", **kwargs):
        super().__init__(name=name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("momentum", momentum)

    def _create_slots(self, var_list):
        for var in var_list:
            self.add_slot(var, "momentum")

    def _resource_apply_dense(self, grad, var):
        lr_t, momentum = self._decayed_lr(var.dtype), self._get_hyper("momentum", var.dtype)
        m = self.get_slot(var, "momentum")
        m.assign(momentum * m - lr_t * grad)
        var.assign_add(m)


@pytest.mark.parametrize("mine", [MyMomentum, OlderMomentum])
def test_optimizers(mine):
    expected = history(net(), optimizer=keras.optimizers.SGD(0.05, momentum=0.9))["loss"]
    np.testing.assert_allclose(history(net(), optimizer=mine(0.05))["loss"], expected, rtol=1e-5)


def test_optimizer_attributes():
    optimizer = keras.optimizers.Adam(learning_rate=0.1)
    optimizer.learning_rate = 0.25
    assert float(optimizer.learning_rate) == 0.25 and optimizer.lr is optimizer.learning_rate
    w = tf.Variable([1.0, 2.0])
    optimizer.apply_gradients([(tf.constant([1.0, 1.0]), w)])
    assert int(optimizer.iterations) == 1 and len(optimizer.variables) == 4
    np.testing.assert_allclose(w.numpy(), [0.75, 1.75], rtol=1e-5)
    assert keras.optimizers.Adam.from_config(optimizer.get_config()).get_config() == optimizer.get_config()


def test_minimize():
    w = tf.Variable(3.0)
    keras.optimizers.SGD(0.5).minimize(lambda: tf.square(w), [w])
    assert float(w) == 0.0


def test_lambda_callback():
    seen = []
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append((epoch, sorted(logs))))
    model = net()
    model.compile("sgd", "mse")
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[callback])
    assert seen == [(0, ["loss"]), (1, ["loss"])] and isinstance(callback, keras.callbacks.LambdaCallback)


class Halving(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.1 * tf.pow(0.5, tf.cast(step, tf.float32))


def test_schedules():
    w = tf.Variable(0.0)
    optimizer = keras.optimizers.SGD(Halving())
    for _ in range(3):
        optimizer.apply_gradients([(tf.constant(1.0), w)])
    assert float(w) == pytest.approx(-0.175) and float(optimizer.learning_rate) == pytest.approx(0.0125)


# --- a training loop of one's own


def test_training_loop():
    model = net(kernel_regularizer="l2")
    optimizer, loss_fn, mean = keras.optimizers.SGD(0.1), keras.losses.MeanSquaredError(), keras.metrics.Mean()
    losses = []
    for _ in range(5):
        with tf.GradientTape() as tape:
            y_pred = model(X, training=True)
            loss = tf.add_n([tf.reduce_mean(loss_fn(Y, y_pred))] + model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        for variable in model.variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        mean(loss)
        losses.append(float(loss))
    assert losses[-1] < losses[0] and float(mean.result()) == pytest.approx(np.mean(losses), rel=1e-5)


# --- names of one's own


@keras.saving.register_keras_serializable(package="Tests")
class Scale(keras.layers.Layer):
    def __init__(self, by=2.0, **kwargs):
        super().__init__(**kwargs)
        self.by = by

    def call(self, X):
        return X * self.by

    def get_config(self):
        return {**super().get_config(), "by": self.by}


@keras.saving.register_keras_serializable(package="Tests")
def twice(x):
    return 2 * x


def test_registered_names():
    saved = keras.saving.serialize_keras_object(Scale(3.0, name="s"))
    assert saved["registered_name"] == "Tests>Scale" and saved["class_name"] == "Scale" and saved["config"]["by"] == 3.0
    again = keras.saving.deserialize_keras_object(saved)
    assert isinstance(again, Scale) and again.by == 3.0 and again.name == "s"
    dense = keras.layers.Dense(2, activation=twice)
    assert keras.layers.Dense.from_config(dense.get_config()).activation is twice
    assert keras.saving.get_registered_name(Scale) == "Tests>Scale" and keras.saving.get_registered_object("Tests>twice") is twice


def test_custom_object_scope():
    saved = keras.saving.serialize_keras_object(keras.layers.Dense(2, kernel_initializer=my_glorot, activation=my_softplus))
    with pytest.raises(ValueError, match="my_"):
        keras.saving.deserialize_keras_object(saved)
    with keras.saving.custom_object_scope({"my_glorot": my_glorot, "my_softplus": my_softplus}):
        again = keras.saving.deserialize_keras_object(saved)
    assert again.activation is my_softplus and again.kernel_initializer is my_glorot
    assert keras.losses.deserialize("huber_fn", custom_objects={"huber_fn": huber_fn}) is not None


@pytest.mark.parametrize("layer, x", [(keras.layers.Conv2D, np.ones((1, 3, 3, 1))), (keras.layers.Conv3D, np.ones((1, 3, 3, 3, 1)))])
def test_convolution_op_of_ones_own(layer, x):
    class Doubled(layer):
        def convolution_op(self, inputs, kernel):
            return super().convolution_op(inputs, kernel * 2.0)

    x = x.astype("float32")
    own, usual = (cls(2, 2, strides=2, padding="same", kernel_initializer="ones") for cls in (Doubled, layer))
    np.testing.assert_allclose(own(x), 2 * usual(x))
    np.testing.assert_allclose(keras.Sequential([own]).predict(x, verbose=0), 2 * usual(x))


def test_get_monitor_value_of_ones_own():
    class Constant(keras.callbacks.EarlyStopping):
        def get_monitor_value(self, logs):
            assert set(logs) == {"loss"}
            return 1.0

    class Nothing(keras.callbacks.EarlyStopping):
        def get_monitor_value(self, logs):
            return None

    for callback, epochs in [(Constant("loss", patience=2), 3), (Nothing("loss"), 5)]:
        model = net()
        model.compile("sgd", "mse")
        assert len(model.fit(X, Y, epochs=5, verbose=0, callbacks=[callback]).epoch) == epochs


QUERY, VALUE = rng.rand(2, 3, 4).astype("float32"), rng.rand(2, 5, 4).astype("float32")
COUNTS = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 0]], bool)
ATTENTIONS = [("Attention", {"use_scale": True}), ("Attention", {"score_mode": "concat"}), ("Attention", {"dropout": 0.5, "seed": 3}),
              ("AdditiveAttention", {}), ("AdditiveAttention", {"use_scale": False})]


def handing_on(layer, *methods):
    """A subclass whose methods call super()'s."""
    def method(name):
        return lambda self, *args, **kwargs: getattr(super(own, self), name)(*args, **kwargs)

    own = type("Own", (layer,), {name: method(name) for name in methods})
    return own


def same(layer, methods, options, call):
    results = []
    for cls in (layer, handing_on(layer, *methods)):
        keras.utils.set_random_seed(1)
        results.append(call(cls(**options)))
    for usual, own in zip(*results):
        np.testing.assert_allclose(own, usual, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name, options", ATTENTIONS)
def test_steps_of_attention_may_be_handed_on(name, options):
    same(getattr(keras.layers, name), ["_calculate_scores", "_apply_scores"], options, lambda layer: layer(
        [QUERY, VALUE], mask=[np.ones((2, 3), bool), COUNTS], training=True, return_attention_scores=True, use_causal_mask=True))


@pytest.mark.parametrize("options", [{}, {"dropout": 0.5, "seed": 3}, {"value_dim": 5, "use_gate": True}])
def test_compute_attention_may_be_handed_on(options):
    mask = np.broadcast_to(COUNTS[:, None], (2, 3, 5))
    same(keras.layers.MultiHeadAttention, ["_compute_attention"], {"num_heads": 2, "key_dim": 3, **options}, lambda layer: layer(
        QUERY, VALUE, training=True, attention_mask=mask, return_attention_scores=True))


@pytest.mark.parametrize("axes", [(1,), (2,), (1, 2)])
def test_compute_attention_over_other_axes_may_be_handed_on(axes):
    x = np.stack([QUERY, QUERY[::-1]], 1)
    same(keras.layers.MultiHeadAttention, ["_compute_attention"], {"num_heads": 2, "key_dim": 3, "attention_axes": axes}, lambda layer: layer(
        x, x, return_attention_scores=True))


@pytest.mark.parametrize("mask", [None, COUNTS])
def test_moments_may_be_handed_on(mask):
    same(keras.layers.BatchNormalization, ["_moments"], {}, lambda layer: [layer(VALUE, training=True, mask=mask), layer.moving_mean, layer.moving_variance])


def test_steps_of_ones_own_decide():
    class Even(keras.layers.Attention):
        def _calculate_scores(self, query, key):
            return super()._calculate_scores(query, key) * 0.0

    class Queries(keras.layers.MultiHeadAttention):
        def _compute_attention(self, query, key, value, attention_mask=None, training=None):
            return query * 0.0, None

    class Still(keras.layers.BatchNormalization):
        def _moments(self, inputs, mask):
            mean, variance = super()._moments(inputs, mask)
            return mean * 0.0, variance * 0.0 + 1.0

    np.testing.assert_allclose(Even()([QUERY, VALUE])[:, 0], VALUE.mean(1), rtol=1e-6)
    np.testing.assert_array_equal(Queries(1, 2)(QUERY, VALUE), np.zeros_like(QUERY))
    images = VALUE[..., None] * np.ones(3, "float32")
    np.testing.assert_array_equal(Still(epsilon=0.0)(images, training=True), images)
