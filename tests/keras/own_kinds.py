"""One of every kind that can be one's own, written once for Runnel and for real Keras (RUNNEL_TF=tensorflow).

KINDS is the table that tests/keras/test_matrix.py goes through: for each kind a compiled model that uses it, and the objects
that a reader of the model's file has to be given.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Callable, NamedTuple

import numpy as np

tf = importlib.import_module(os.environ.get("RUNNEL_TF", "runnel"))
keras = tf.keras

EPOCHS, BATCH = 2, 8
X = (np.arange(128).reshape(32, 4) * 37 % 64 / 64).astype("float32")  # exact, so that a C++ test can have the same
Y = X.sum(1, keepdims=True) ** 2


def net(*last, **dense):
    """Dense(6) and what `last` makes, or Dense(1)."""
    keras.utils.set_random_seed(5)
    hidden = keras.layers.Dense(6, **{"activation": "tanh", **dense})
    return keras.Sequential([keras.layers.Input((4,)), hidden, *[make() for make in last or [lambda: keras.layers.Dense(1)]]])


def compiled(model, optimizer="sgd", loss="mse", **kwargs):
    model.compile(optimizer=optimizer, loss=loss, **kwargs)
    return model


# --- loss


def huber_fn(y_true, y_pred):
    error = tf.abs(y_true - y_pred)
    return tf.where(error < 1.0, tf.square(error) / 2, error - 0.5)


class HuberLoss(keras.losses.Loss):
    def __init__(self, threshold=1.0, name="huber_loss", reduction="sum_over_batch_size", **kwargs):
        super().__init__(name=name, reduction=reduction)
        self.threshold = threshold

    def call(self, y_true, y_pred):
        error = tf.abs(y_true - y_pred)
        linear = self.threshold * error - self.threshold**2 / 2
        return tf.where(error < self.threshold, tf.square(error) / 2, linear)

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


# --- metric


class Bias(keras.metrics.Metric):
    """The mean of what is predicted too much, in units of `scale`."""

    def __init__(self, scale=1.0, name="bias", **kwargs):
        super().__init__(name=name, **kwargs)
        self.scale = scale
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(tf.reduce_sum(y_pred - y_true) / self.scale)
        self.count.assign_add(tf.cast(tf.size(y_true), "float32"))

    def result(self):
        return self.total / self.count

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


# --- layer


class Affine(keras.layers.Layer):
    def __init__(self, units, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units), initializer="glorot_uniform")
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")

    def call(self, x):
        return self.activation(tf.matmul(x, self.kernel) + self.bias)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "activation": keras.activations.serialize(self.activation)}


class SumAndProduct(keras.layers.Layer):
    """Two inputs, two outputs."""

    def call(self, inputs):
        a, b = inputs
        return a + b, a * b


def two_by_two():
    keras.utils.set_random_seed(5)
    x = keras.Input((4,))
    total, product = SumAndProduct()([keras.layers.Dense(3)(x), keras.layers.Dense(3, activation="tanh")(x)])
    return keras.Model(x, keras.layers.Dense(1)(keras.layers.Concatenate()([total, product])))


class Centred(keras.layers.Layer):
    """Takes off the batch's mean while training, and the moving mean otherwise."""

    def __init__(self, momentum=0.9, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum

    def build(self, input_shape):
        self.moving_mean = self.add_weight(name="moving_mean", shape=(input_shape[-1],), initializer="zeros", trainable=False)

    def call(self, x, training=False):
        if not training:
            return x - self.moving_mean
        mean = tf.reduce_mean(x, axis=0)
        self.moving_mean.assign(self.momentum * self.moving_mean + (1 - self.momentum) * mean)
        return x - mean

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


class Residual(keras.layers.Layer):
    """Sub-layers in a list."""

    def __init__(self, depth=2, **kwargs):
        super().__init__(**kwargs)
        self.depth = depth
        self.hidden = [keras.layers.Dense(6, activation="tanh") for _ in range(depth)]

    def build(self, input_shape):
        for layer in self.hidden:
            layer.build(input_shape)

    def call(self, x):
        z = x
        for layer in self.hidden:
            z = layer(z)
        return x + z

    def get_config(self):
        return {**super().get_config(), "depth": self.depth}


class Echo(keras.layers.Layer):
    """A recurrent cell."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units))
        self.recurrent = self.add_weight(name="recurrent", shape=(self.units, self.units))

    def call(self, x, states):
        h = tf.tanh(tf.matmul(x, self.kernel) + tf.matmul(states[0], self.recurrent))
        return h, [h]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def recurrent():
    keras.utils.set_random_seed(5)
    return keras.Sequential([keras.layers.Input((4,)), keras.layers.Reshape((2, 2)), keras.layers.RNN(Echo(5)), keras.layers.Dense(1)])


# --- model


class Reconstructing(keras.Model):
    """Also has to give its inputs back; a metric inside shows how well it does."""

    def __init__(self, units=5, weight=0.05, **kwargs):
        super().__init__(**kwargs)
        self.units, self.weight = units, weight
        self.hidden = keras.layers.Dense(units, activation="tanh")
        self.out = keras.layers.Dense(1)
        self.reconstruction = keras.metrics.Mean(name="reconstruction_error")

    def build(self, input_shape):
        self.reconstruct = keras.layers.Dense(input_shape[-1])
        self.hidden.build(input_shape)
        self.out.build((None, self.units))
        self.reconstruct.build((None, self.units))

    def call(self, inputs, training=False):
        z = self.hidden(inputs)
        error = tf.reduce_mean(tf.square(self.reconstruct(z) - inputs))
        self.add_loss(self.weight * error)
        if training:
            self.reconstruction.update_state(error)
        return self.out(z)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "weight": self.weight}


def reconstructing():
    keras.utils.set_random_seed(5)
    model = Reconstructing(name="reconstructing")
    model.build((None, 4))
    return model


class OwnStep(keras.Model):
    """Its gradients are scaled to length 1, and the first kernel is kept positive, within train_step()."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, self.trainable_weights), 1.0)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights))
        kernel = self.trainable_weights[0]
        kernel.assign(tf.maximum(kernel, 0.0))
        return {"own_loss": loss}


def own_step():
    keras.utils.set_random_seed(5)
    x = keras.Input((4,))
    return OwnStep(x, keras.layers.Dense(1)(keras.layers.Dense(6, activation="tanh")(x)))


# --- activation, initializer, regularizer, constraint


def my_softplus(z):
    return tf.math.log(1.0 + tf.exp(z))


def my_ramp(shape, dtype=None):
    size = int(np.prod(shape))
    return tf.reshape(tf.cast(tf.range(size), dtype or "float32") / size - 0.5, shape)


class Ramp(keras.initializers.Initializer):
    def __init__(self, top=0.5):
        self.top = top

    def __call__(self, shape, dtype=None, **kwargs):
        return my_ramp(shape, dtype) * self.top

    def get_config(self):
        return {"top": self.top}


def my_l1(weights):
    return tf.reduce_sum(tf.abs(0.01 * weights))


class MyL1(keras.regularizers.Regularizer):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, weights):
        return tf.reduce_sum(tf.abs(self.factor * weights))

    def get_config(self):
        return {"factor": self.factor}


def my_positive(weights):
    return tf.where(weights < 0.0, tf.zeros_like(weights), weights)


class AtMost(keras.constraints.Constraint):
    def __init__(self, top):
        self.top = top

    def __call__(self, w):
        return tf.minimum(w, self.top)

    def get_config(self):
        return {"top": self.top}


# --- optimizer and schedule


class MyMomentum(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, momentum=0.9, name="my_momentum", **kwargs):
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.momenta = [self.add_variable_from_reference(reference_variable=v, name="momentum") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        m = self.momenta[self._get_variable_index(variable)]
        self.assign(m, self.momentum * m - tf.cast(learning_rate, variable.dtype) * gradient)
        self.assign_add(variable, m)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


class Warming(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, top, steps):
        self.top, self.steps = top, steps

    def __call__(self, step):
        return self.top * tf.minimum(1.0, (tf.cast(step, "float32") + 1.0) / self.steps)

    def get_config(self):
        return {"top": self.top, "steps": self.steps}


# --- callback and training loop


class Halving(keras.callbacks.Callback):
    """Halves the learning rate after each epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.optimizer.learning_rate = float(np.array(self.model.optimizer.learning_rate)) / 2


class TwoSpeeds(keras.Model):
    """A part that learns fast and one that learns slowly, each with an optimizer; trained by loop() below."""

    def __init__(self, units=6, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.hidden, self.out = keras.layers.Dense(units, activation="tanh"), keras.layers.Dense(1, kernel_constraint=AtMost(1.0))
        self.fast, self.slow = keras.optimizers.SGD(0.05, momentum=0.5), keras.optimizers.Adam(0.001)

    def build(self, input_shape):
        self.hidden.build(input_shape)
        self.out.build((None, self.units))
        self.fast.build(self.out.trainable_weights)
        self.slow.build(self.hidden.trainable_weights)

    def call(self, x):
        return self.out(self.hidden(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}

    @tf.function(input_signature=[tf.TensorSpec([None, 4]), tf.TensorSpec([None, 1])])
    def step(self, x, y):
        with tf.GradientTape(persistent=True) as tape:
            loss = tf.reduce_mean(tf.square(self(x, training=True) - y))
        for optimizer, part in ((self.fast, self.out), (self.slow, self.hidden)):
            gradients = [tf.clip_by_norm(g, 1.0) for g in tape.gradient(loss, part.trainable_weights)]
            optimizer.apply_gradients(zip(gradients, part.trainable_weights))
        self.out.bias.assign(tf.maximum(self.out.bias, -0.1))
        return loss


def two_speeds():
    keras.utils.set_random_seed(5)
    model = TwoSpeeds(name="two_speeds")
    model.build((None, 4))
    return model


def status_bar(step, total, loss):
    print(f"\r{step}/{total} - loss: {loss:.4f}", end="" if step < total else "\n")


def loop(model, epochs, batch):
    losses, steps = [], len(X) // batch
    for _ in range(epochs):
        mean = keras.metrics.Mean(name="loss")
        for i in range(steps):
            rows = slice(i * batch, (i + 1) * batch)
            mean.update_state(model.step(tf.constant(X[rows]), tf.constant(Y[rows])))
            status_bar(i + 1, steps, float(mean.result()))
        losses.append(float(mean.result()))
    return {"loss": losses}


# --- the table


def fit(model, epochs, batch, **kwargs):
    return model.fit(X, Y, batch_size=batch, epochs=epochs, shuffle=False, verbose=0, **kwargs).history


class Kind(NamedTuple):
    make: Callable  # a compiled model
    own: dict = {}  # the objects of one's own that it holds, by name
    says: dict = {}  # what their configurations in the file hold
    fit: Callable = fit

    def train(self, model, epochs=EPOCHS, batch=BATCH):
        """The logs, epoch by epoch."""
        return self.fit(model, epochs, batch)


def kind(model, *own, fit=fit, **says):
    return Kind(model, {thing.__name__: thing for thing in own}, says, fit)


KINDS = {
    "loss function": kind(lambda: compiled(net(), loss=huber_fn), huber_fn),
    "loss class": kind(lambda: compiled(net(), loss=HuberLoss(2.0)), HuberLoss, threshold=2.0),
    "metric function": kind(lambda: compiled(net(), metrics=[huber_fn]), huber_fn),
    "metric class": kind(lambda: compiled(net(), metrics=[Bias(2.0)]), Bias, scale=2.0),
    "layer with weights": kind(lambda: compiled(net(lambda: Affine(1, activation="softplus"))), Affine, units=1, activation="softplus"),
    "layer with two inputs and outputs": kind(lambda: compiled(two_by_two()), SumAndProduct),
    "layer with a training flag": kind(lambda: compiled(net(lambda: Centred(0.8), lambda: keras.layers.Dense(1))), Centred, momentum=0.8),
    "layer with sub-layers": kind(lambda: compiled(net(lambda: Residual(3), lambda: keras.layers.Dense(1))), Residual, depth=3),
    "recurrent cell": kind(lambda: compiled(recurrent()), Echo, units=5),
    "model with losses and metrics inside": kind(lambda: compiled(reconstructing()), Reconstructing, units=5, weight=0.05),
    "model with its own step": kind(lambda: compiled(own_step()), OwnStep),
    "activation": kind(lambda: compiled(net(activation=my_softplus)), my_softplus),
    "initializer function": kind(lambda: compiled(net(kernel_initializer=my_ramp)), my_ramp),
    "initializer class": kind(lambda: compiled(net(kernel_initializer=Ramp(0.25))), Ramp, top=0.25),
    "regularizer function": kind(lambda: compiled(net(kernel_regularizer=my_l1)), my_l1),
    "regularizer class": kind(lambda: compiled(net(kernel_regularizer=MyL1(0.125))), MyL1, factor=0.125),
    "constraint function": kind(lambda: compiled(net(kernel_constraint=my_positive)), my_positive),
    "constraint class": kind(lambda: compiled(net(kernel_constraint=AtMost(0.25))), AtMost, top=0.25),
    "optimizer": kind(lambda: compiled(net(), MyMomentum(0.02, momentum=0.75)), MyMomentum, momentum=0.75),
    "schedule": kind(lambda: compiled(net(), keras.optimizers.SGD(Warming(0.125, 10))), Warming, top=0.125, steps=10),
    "callback": kind(lambda: compiled(net()), fit=lambda *how: fit(*how, callbacks=[Halving()])),
    "training loop": kind(two_speeds, TwoSpeeds, fit=loop, units=6),
}


def open_files(folder):
    """Run with real Keras: trains every kind, opens Runnel's files, and saves files for Runnel to open."""
    answers = {}
    for name, kind in KINDS.items():
        model = kind.make()
        answers[name] = {"logs": kind.train(model, 2 * EPOCHS)}
        model.save(folder / f"keras {name}.keras")
        np.save(folder / f"keras {name}.npy", model.predict(X, verbose=0))
        ours = folder / f"ours {name}.keras"
        if ours.exists():
            model = keras.models.load_model(ours, custom_objects=kind.own)
            answers[name].update(predicted=model.predict(X, verbose=0).tolist(), resumed=kind.train(model))
    (folder / "answers.json").write_text(json.dumps(answers, indent=1))


if __name__ == "__main__":
    open_files(Path(sys.argv[1]))
