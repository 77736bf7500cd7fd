"""Models are freed, whatever of one's own leads from them back to them: their functions and objects hold a Box that holds the model."""

import gc
import weakref

import numpy as np
import pytest
import runnel as tf

keras = tf.keras
L = keras.layers
X, Y = np.ones((4, 3), "float32"), np.ones((4, 1), "float32")
STEPS = np.ones((4, 3, 1), "float32")
TRAINED, MODELS = 20, 200


class Box:
    """What closes the circle."""


def net(*last, **dense):
    return keras.Sequential([L.Input((3,)), L.Dense(1, **dense), *last])


def of_steps(*layers):
    return keras.Sequential([L.Input((3, 1)), *layers, L.Flatten(), L.Dense(1)])


class Held(keras.regularizers.Regularizer):
    def __init__(self, box):
        self.box = box

    def __call__(self, w):
        return tf.reduce_sum(w)


class Kept(keras.constraints.Constraint):
    def __init__(self, box):
        self.box = box

    def __call__(self, w):
        return w


class Ones(keras.initializers.Initializer):
    def __init__(self, box):
        self.box = box

    def __call__(self, shape, dtype=None):
        return tf.ones(shape)


class Rate(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, box):
        self.box = box

    def __call__(self, step):
        return 0.1


class Error(keras.losses.Loss):
    def __init__(self, box):
        super().__init__()
        self.box = lambda: box

    def call(self, y, p):
        return tf.square(y - p)


class Far(keras.metrics.Mean):
    def __init__(self, box):
        super().__init__()
        self.box = lambda: box

    def update_state(self, y, p, sample_weight=None):
        super().update_state(y - p)


class Plain(keras.optimizers.Optimizer):
    def __init__(self, box):
        super().__init__(learning_rate=0.1)
        self.box = lambda: box

    def update_step(self, gradient, variable, learning_rate):
        variable.assign_sub(gradient * learning_rate)


class Same(L.Layer):
    def __init__(self, box):
        super().__init__()
        self.box = lambda: box

    def call(self, x):
        self.add_loss(tf.reduce_sum(x))
        return x


class Weighted(L.Layer):
    def __init__(self, box):
        super().__init__()
        self.box = box

    def build(self, shape):
        box = self.box
        self.w = self.add_weight(name="w", shape=(1,), initializer=Ones(box), regularizer=lambda w: tf.reduce_sum(w) + same(box, 0.0),
                                 constraint=lambda w: same(box, w))
        self.v = tf.Variable([1.0], constraint=lambda v: same(box, v))

    def call(self, x):
        return x * self.w * self.v


class Cell(L.Layer):
    def __init__(self, box):
        super().__init__()
        self.box, self.state_size, self.dense = lambda: box, 2, L.Dense(2)

    def call(self, x, states):
        y = self.dense(x) + states[0]
        return y, [y]


class Net(keras.Model):
    def __init__(self, box):
        super().__init__()
        self.dense, self.box = L.Dense(1), lambda: box
        self.function = tf.function(lambda x: self.dense(x))

    def call(self, x):
        return self.function(x)


def same(box, value):
    return value


def bidirectional(box):
    layer = L.Bidirectional(L.LSTM(2))
    layer.forward_layer.box = layer.backward_layer.box = box
    return of_steps(layer)


def functional(box):
    inputs = keras.Input((3,))
    hidden = keras.ops.tanh(L.Dense(2)(inputs) * 2.0)
    model = keras.Model(inputs, L.Lambda(lambda x: same(box, x))(L.Dense(1)(hidden)))
    model.inner = keras.Model(inputs, hidden)  # shares the graph
    model.tensor = hidden
    return model


def watched(box):
    model = keras.Model(inputs := keras.Input((3,)), out := L.Dense(1)(inputs))
    model.add_metric(out, name="mean")
    model.add_loss(tf.reduce_mean(L.Lambda(lambda x: same(box, x))(out)))
    return model


# name -> the model, how it is compiled, its samples
KINDS = {
    "plain": (lambda box: net(), lambda box: {}),
    "activation": (lambda box: net(activation=lambda x: same(box, x)), lambda box: {}),
    "initializer function": (lambda box: net(kernel_initializer=lambda shape, dtype=None: same(box, tf.ones(shape))), lambda box: {}),
    "initializer class": (lambda box: net(kernel_initializer=Ones(box)), lambda box: {}),
    "regularizer function": (lambda box: net(kernel_regularizer=lambda w: same(box, tf.reduce_sum(w))), lambda box: {}),
    "regularizer class": (lambda box: net(bias_regularizer=Held(box)), lambda box: {}),
    "activity regularizer": (lambda box: net(activity_regularizer=lambda x: same(box, tf.reduce_sum(x))), lambda box: {}),
    "constraint function": (lambda box: net(kernel_constraint=lambda w: same(box, w)), lambda box: {}),
    "constraint class": (lambda box: net(bias_constraint=Kept(box)), lambda box: {}),
    "layer": (lambda box: net(Same(box)), lambda box: {}),
    "weights": (lambda box: net(Weighted(box)), lambda box: {}),
    "lambda layer": (lambda box: net(L.Lambda(lambda x: same(box, x))), lambda box: {}),
    "functional": (functional, lambda box: {}),
    "tensors watched": (watched, lambda box: {}),
    "subclassed": (Net, lambda box: {}),
    "loss function": (lambda box: net(), lambda box: {"loss": lambda y, p: same(box, tf.square(y - p))}),
    "loss class": (lambda box: net(), lambda box: {"loss": Error(box)}),
    "losses by name": (lambda box: net(L.Dense(1, name="out")), lambda box: {"loss": {"out": Error(box)}, "metrics": {"out": [Far(box)]}}),
    "metric function": (lambda box: net(), lambda box: {"metrics": [lambda y, p: same(box, y - p)]}),
    "weighted metric": (lambda box: net(), lambda box: {"weighted_metrics": [lambda y, p: same(box, y - p)]}),
    "metric wrapper": (lambda box: net(), lambda box: {"metrics": [keras.metrics.MeanMetricWrapper(lambda y, p: same(box, y - p))]}),
    "metric class": (lambda box: net(), lambda box: {"metrics": [Far(box)]}),
    "loss as a metric": (lambda box: net(), lambda box: {"metrics": [Error(box)], "weighted_metrics": [Error(box)]}),
    "optimizer": (lambda box: net(), lambda box: {"optimizer": Plain(box)}),
    "schedule": (lambda box: net(), lambda box: {"optimizer": keras.optimizers.Adam(Rate(box))}),
    "rate function": (lambda box: net(), lambda box: {"optimizer": keras.optimizers.SGD(lambda: same(box, 0.1))}),
    "scaled": (lambda box: net(), lambda box: {"optimizer": keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(Rate(box)))}),
    "several optimizers": (lambda box: net(), lambda box: {"optimizer": keras.optimizers.MultiOptimizer(lambda v, sgd=keras.optimizers.SGD(): same(box, sgd))}),
    "cell": (lambda box: of_steps(L.RNN(Cell(box), return_sequences=True)), lambda box: {}),
    "stacked cells": (lambda box: of_steps(L.RNN([L.LSTMCell(2), Cell(box)], return_sequences=True)), lambda box: {}),
    "recurrent": (lambda box: of_steps(L.GRU(2, kernel_regularizer=Held(box))), lambda box: {}),
    "bidirectional": (bidirectional, lambda box: {}),
    "time distributed": (lambda box: of_steps(L.TimeDistributed(L.Dense(2, activation=lambda x: same(box, x)))), lambda box: {}),
}


def made(name, train):
    """A weak reference to a model whose only owner is the circle that it stands in."""
    model, options = KINDS[name]
    box = Box()
    box.model = model(box)
    box.model.compile(**{"optimizer": "sgd", "loss": "mse", **options(box)})
    if train:
        x = STEPS if box.model.inputs and len(box.model.inputs[0].shape) == 3 else X
        box.callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: same(box, None))
        box.model.fit(x, Y, verbose=0, callbacks=[box.callback])
        box.model.predict(x, verbose=0)
    return weakref.ref(box.model)


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("name", KINDS)
def test_models_are_freed(name):
    references = [made(name, train=i < TRAINED) for i in range(MODELS)]
    gc.collect()
    assert sum(reference() is not None for reference in references) == 0


def test_what_is_still_held_stays():
    """Collecting while something outside holds a part of the circle takes nothing away."""
    box = Box()
    box.model = functional(box)
    inner, layer = box.model.inner, box.model.layers[-1]
    del box
    gc.collect()
    assert inner.predict(X, verbose=0).shape == (4, 2) and layer(Y).numpy().tolist() == Y.tolist()


def test_an_optimizer_keeps_the_constraints_that_it_was_built_for():
    built, applied = keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.5)
    built.build([tf.Variable(1.0, constraint=lambda v: v * 0 + 7)])
    applied.apply([tf.constant(1.0)], [tf.Variable(1.0, constraint=lambda v: v * 0 + 7)])
    for optimizer in (built, applied):
        gc.collect()
        optimizer.apply([tf.constant(1.0)])
        assert float(optimizer._trainable_variables()[0]) == 7.0


def test_a_variable_is_freed_whose_constraint_leads_to_its_optimizer():
    box = Box()
    box.optimizer = keras.optimizers.SGD(0.5)
    box.optimizer.build([tf.Variable(1.0, constraint=lambda v: (box, v)[1])])
    gone = weakref.ref(box)
    del box
    gc.collect()
    assert gone() is None


def test_a_layer_keeps_the_constraints_of_its_weights():
    layer = net(kernel_constraint=lambda w: w * 0.5).layers[0]
    kernel, before = layer.kernel, layer.kernel.numpy()
    gc.collect()
    keras.optimizers.SGD(0.0).apply([tf.zeros_like(kernel)], [kernel])
    np.testing.assert_array_equal(kernel.numpy(), before * 0.5)
    del layer
    gc.collect()
    with pytest.raises(RuntimeError, match="the layer that holds the constraint of this Variable is gone"):
        keras.optimizers.SGD(0.0).apply([tf.zeros_like(kernel)], [kernel])
