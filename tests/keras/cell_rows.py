"""Recurrent layers over cells of all kinds, for real Keras and for Runnel: results(keras) gives {name: shapes and sums}."""

import numpy as np

X = np.cos(np.arange(2 * 5 * 3, dtype="float32")).reshape(2, 5, 3)
PAIRS = np.stack([X, X * 2], 1)
MASK = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]], bool)
ONES = np.ones((2, 3), "float32")


def cells_of_ones_own(keras):
    ops = keras.ops

    class Cell(keras.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = self.state_size = units

        def build(self, shape):
            self.w = self.add_weight(shape=(shape[-1], self.units), name="w")
            self.u = self.add_weight(shape=(self.units, self.units), name="u")

        def next(self, x, state):
            return ops.tanh(ops.matmul(x, self.w) + ops.matmul(state, self.u))

        def call(self, x, states):
            h = self.next(x, states[0])
            return h, [h]

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    class TwoStates(Cell):
        def __init__(self, units, **kwargs):
            super().__init__(units, **kwargs)
            self.state_size, self.output_size = [units, units], units

        def call(self, x, states, training=False):
            h = self.next(x, states[0])
            return h + states[1], [h, states[1] + 1.0]

    class Wider(Cell):
        def __init__(self, units, **kwargs):
            super().__init__(units, **kwargs)
            self.output_size = 2 * units

        def call(self, x, states):
            h = self.next(x, states[0])
            return ops.concatenate([h, h], -1), [h]

    class BeginsWithOnes(Cell):
        def get_initial_state(self, batch_size=None):
            return [ops.ones((batch_size, self.units))]

    class Doubled(keras.layers.GRUCell):
        def call(self, x, states, training=False):
            h, states = super().call(x, states, training=training)
            return 2.0 * h, states

    return Cell, TwoStates, Wider, BeginsWithOnes, Doubled


def filled(layer):
    layer.set_weights([(np.sin(np.arange(w.size, dtype="float32") * 1.7 + i) * 0.5).reshape(w.shape) for i, w in enumerate(layer.get_weights())])
    return layer


def summary(value):
    if isinstance(value, (list, tuple)):
        return [summary(v) for v in value]
    if hasattr(value, "shape") and not isinstance(value, np.ndarray) and not hasattr(value, "numpy"):
        value = np.asarray(value)
    if hasattr(value, "numpy") or isinstance(value, np.ndarray):
        array = np.asarray(value)
        return {"shape": list(array.shape), "sum": float(array.astype("float64").sum()), "square": float((array.astype("float64") ** 2).sum())}
    return value


def results(keras, folder):
    L = keras.layers
    Cell, TwoStates, Wider, BeginsWithOnes, Doubled = cells_of_ones_own(keras)
    own = {c.__name__: c for c in (Cell, TwoStates, Wider, BeginsWithOnes, Doubled)}
    everything = {"return_sequences": True, "return_state": True}

    def run(layer, x=X, **kwargs):
        layer.build(x.shape)
        return filled(layer)(x, **kwargs)

    def model(layer, x=X):
        inputs = keras.Input(x.shape[1:])
        outputs = layer(inputs)
        m = filled(keras.Model(inputs, outputs))
        shapes = [list(t.shape) for t in keras.tree.flatten(outputs)]
        return [shapes, m.predict(x, verbose=0)]

    def masked_model(layer, states):
        inputs, state = keras.Input((5, 3)), keras.Input((3,))
        m = filled(keras.Model([inputs, state], layer(L.Masking()(inputs), initial_state=states(state))))
        x = X.copy()
        x[0, 3:] = x[1, 0] = 0
        return m.predict([x, ONES], verbose=0)

    def twice(layer, again=lambda layer: None):
        return [run(layer), layer(X), again(layer), layer(X)]

    def reloaded(layer, suffix):
        inputs = keras.Input((5, 3))
        m = filled(keras.Model(inputs, layer(inputs)))
        path = f"{folder}/cells.{suffix}"
        m.save(path)
        return keras.models.load_model(path, custom_objects=own, compile=False).predict(X, verbose=0)

    def trained(layer):
        m = filled(keras.Sequential([L.Input((5, 3)), layer, L.Dense(1)]))
        m.compile(keras.optimizers.SGD(0.1), "mse")
        return m.fit(X, np.ones((2, 1)), epochs=3, verbose=0, shuffle=False).history["loss"]

    def known():
        return [L.LSTMCell(3), L.GRUCell(4)]

    def mixed():
        return [Cell(3), L.LSTMCell(4), TwoStates(2)]

    def from_own_config(layer):
        with keras.utils.custom_object_scope(own):
            return type(layer).from_config(layer.get_config())

    def of_registered(make):
        with keras.utils.custom_object_scope(own):
            return run(make())

    def stack():
        return L.StackedRNNCells(known())

    def called_stack():
        s = stack()
        s.build((2, 3))
        return filled(s)(X[:, 0], s.get_initial_state(batch_size=2))

    rows = {
        "a list of cells": lambda: run(L.RNN(known())),
        "a list of cells, everything returned": lambda: run(L.RNN(known(), **everything)),
        "a list of cells in a model": lambda: model(L.RNN(known(), **everything)),
        "a list of one's own cells": lambda: run(L.RNN([Cell(3), TwoStates(4)], **everything)),
        "a list of one's own cells in a model": lambda: model(L.RNN(mixed(), **everything)),
        "sizes of a stack": lambda: [stack().state_size, stack().output_size, len(stack().cells), stack().get_initial_state(batch_size=2)],
        "sizes of cells": lambda: [[c.state_size, c.output_size, c.get_initial_state(batch_size=2)] for c in (*known(), L.SimpleRNNCell(2))],
        "sizes of layers": lambda: [L.RNN(Cell(3)).state_size, L.LSTM(3).state_size, L.RNN(known()).state_size],
        "a stack called": called_stack,
        "shape of a stack": lambda: list(L.RNN(stack()).compute_output_shape((2, 5, 3))),
        "shape of a wider cell": lambda: [list(s) for s in L.RNN(Wider(3), **everything).compute_output_shape((2, 5, 3))],
        "config of a stack": lambda: [c["class_name"] for c in L.RNN([L.LSTMCell(3), Cell(4)]).get_config()["cell"]["config"]["cells"]],
        "a stack from its config": lambda: run(from_own_config(L.RNN([TwoStates(3), Cell(4)]))),
        "states and a mask given": lambda: run(L.LSTM(3), mask=MASK, initial_state=[ONES, ONES]),
        "states given, the mask from Masking": lambda: masked_model(L.GRU(3), lambda s: s),
        "the same, both directions": lambda: masked_model(L.Bidirectional(L.GRU(3, return_sequences=True)), lambda s: [s, s]),
        "one state, not in a list": lambda: run(L.RNN(Cell(3), return_sequences=True), mask=MASK, initial_state=ONES),
        "zero output for mask": lambda: run(L.LSTM(3, return_sequences=True, zero_output_for_mask=True), mask=MASK),
        "both directions zero masked outputs": lambda: run(L.Bidirectional(L.LSTM(3, return_sequences=True)), mask=MASK),
        "two states": lambda: run(L.RNN(TwoStates(3), **everything)),
        "an output wider than the state": lambda: run(L.RNN(Wider(3), **everything)),
        "the same in a model": lambda: model(L.RNN(Wider(3), **everything)),
        "a cell with its own first state": lambda: run(L.RNN(BeginsWithOnes(3))),
        "the same in a model and a stack": lambda: model(L.RNN([BeginsWithOnes(3), Cell(2)])),
        "a cell derived from GRUCell": lambda: run(L.RNN(Doubled(3))),
        "both directions of one's own cell": lambda: of_registered(lambda: L.Bidirectional(L.RNN(Cell(3), **everything))),
        "both directions of a list": lambda: run(L.Bidirectional(L.RNN(known()))),
        "both directions, unmerged, with states": lambda: model(L.Bidirectional(L.LSTM(3, **everything), merge_mode=None)),
        "stateful": lambda: twice(L.RNN(Cell(3), stateful=True), lambda layer: layer.reset_state()),
        "stateful list": lambda: twice(L.RNN([L.LSTMCell(3), Cell(2)], stateful=True)),
        "each step of a list": lambda: run(L.TimeDistributed(L.RNN([Cell(3), L.LSTMCell(2)])), PAIRS),
        "backwards": lambda: run(L.RNN(mixed(), go_backwards=True, return_sequences=True), mask=MASK),
        "unrolled": lambda: run(L.RNN(mixed(), unroll=True)),
        "trained": lambda: trained(L.RNN(mixed())),
        "saved as .keras": lambda: reloaded(L.RNN(mixed()), "keras"),
        "saved as .h5": lambda: reloaded(L.RNN(mixed()), "h5"),
        "a stack in both directions saved": lambda: reloaded(L.Bidirectional(L.RNN(stack())), "keras"),
    }
    return {name: summary(make()) for name, make in rows.items()}
