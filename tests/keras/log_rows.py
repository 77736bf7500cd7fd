"""What fit(), evaluate() and predict() report: names and values of logs, and the text on standard output; for real Keras and for ours."""

import contextlib
import io
import re

import numpy as np

X = np.ones((8, 2), "float32")
Y1, Y2 = np.ones((8, 1), "float32"), np.full((8, 1), 2, "float32")
WEIGHTS = np.linspace(0, 1, 8).astype("float32")


def subclassed(keras, kind):
    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = keras.layers.Dense(1, name="da"), keras.layers.Dense(1, name="db")

        def call(self, x):
            a, b = self.a(x), self.b(x)
            return {"list": [a, b], "tuple": (a, b), "dict": {"a": a, "b": b}}[kind]

    return Two()


def functional(keras, kind):
    inputs = keras.Input((2,))
    a, b = keras.layers.Dense(1, name="da")(inputs), keras.layers.Dense(1, name="db")(inputs)
    return keras.Model(inputs, [a, b] if kind == "list" else {"a": a, "b": b})


def single(keras, kind=None):
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="da")])


def _mean_error(y_true, y_pred):
    return y_true - y_pred


# name: (model, kind of outputs, arguments of compile(), targets)
FORMS = {
    "subclassed, one metric each": (subclassed, "list", dict(loss="mse", metrics=["mae", "mae"]), [Y1, Y2]),
    "subclassed, nested": (subclassed, "list", dict(loss=["mse", "mae"], metrics=[["mae"], ["mse", "mae"]]), [Y1, Y2]),
    "subclassed, tuple": (subclassed, "tuple", dict(loss=["mse", "mae"], loss_weights=[1.0, 0.5]), (Y1, Y2)),
    "subclassed, dict": (subclassed, "dict", dict(loss={"a": "mse", "b": "mae"}, metrics={"a": ["mse"], "b": "mae"}, loss_weights={"a": 2.0, "b": 0.5}),
                         {"a": Y1, "b": Y2}),
    "subclassed, dict of one loss": (subclassed, "dict", dict(loss="mse"), {"a": Y1, "b": Y2}),
    "functional, one metric each": (functional, "list", dict(loss="mse", metrics=["mae", "mse"]), [Y1, Y2]),
    "functional, an output without loss": (functional, "list", dict(loss=["mse", None], metrics=[["mae", "mse"], []]), [Y1, Y2]),
    "functional, by name": (functional, "list", dict(loss={"da": "mse", "db": "mae"}, metrics={"da": ["mae"]},
                                                     weighted_metrics={"da": ["mae"], "db": ["mse"]}), [Y1, Y2]),
    "functional, dict": (functional, "dict", dict(loss={"a": "mse", "b": "mae"}, metrics={"a": "mae"}), {"a": Y1, "b": Y2}),
    "single, the same metric twice": (single, None, dict(loss="mse", metrics=["mae", "mae"], weighted_metrics=["mae", "mse"]), Y1),
    "single, accuracies": (single, None, dict(loss="mse", metrics=["acc", "accuracy"]), Y1),
    "single, functions": (single, None, dict(loss="mse", metrics=[_mean_error]), Y1),
    "single, names": (single, None, dict(loss="mse", metrics=["MSE", "mean_squared_error", "MeanSquaredError", "RootMeanSquaredError"]), Y1),
    "single, weighted loss": (single, None, dict(loss="mse", loss_weights=0.5), Y1),
    "single, list of one loss": (single, None, dict(loss=["mse"], metrics=["mae"]), Y1),
}


def with_fixed_weights(model):
    model(X)
    model.set_weights([np.full(w.shape, 0.3 * (i + 1), "float32") for i, w in enumerate(model.get_weights())])
    return model


def form(keras, name):
    """The logs of an epoch by name, then evaluate()'s list."""
    make, kind, arguments, y = FORMS[name]
    model = with_fixed_weights(make(keras, kind))
    model.compile(optimizer=keras.optimizers.SGD(0.01), **arguments)
    weights = [WEIGHTS, WEIGHTS] if isinstance(y, list) else (WEIGHTS, WEIGHTS) if isinstance(y, tuple) else WEIGHTS
    if isinstance(y, dict):
        weights = {key: WEIGHTS for key in y}
    history = model.fit(X, y, verbose=0, batch_size=4, shuffle=False, sample_weight=weights).history
    return [{key: values[0] for key, values in history.items()}, [float(v) for v in np.ravel(model.evaluate(X, y, verbose=0))]]


def _batches():
    yield X, Y1


# name: what is run with a compiled model; a single step, so that no clock decides how often the bar is drawn.
TEXTS = {
    "fit, one epoch": lambda m, k: m.fit(X, Y1, verbose=1),
    "fit, auto": lambda m, k: m.fit(X, Y1, epochs=2, verbose="auto"),
    "fit, silent": lambda m, k: m.fit(X, Y1, epochs=2, verbose=0),
    "fit, lines": lambda m, k: m.fit(X, Y1, epochs=3, verbose=2),
    "fit, validation": lambda m, k: m.fit(X, Y1, epochs=2, verbose=1, validation_data=(X, Y2)),
    "fit, validation in some epochs": lambda m, k: m.fit(X, Y1, epochs=3, verbose=2, validation_data=(X, Y2), validation_freq=[1, 3]),
    "fit, unknown length": lambda m, k: m.fit(_batches(), verbose=1),
    "fit, initial epoch": lambda m, k: m.fit(X, Y1, epochs=12, initial_epoch=10, verbose=2),
    "fit, rates": lambda m, k: m.fit(X, Y1, epochs=2, verbose=2, callbacks=[k.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)]),
    "fit, told rates": lambda m, k: m.fit(X, Y1, epochs=2, verbose=0, callbacks=[k.callbacks.LearningRateScheduler(lambda epoch: 0.25, verbose=1)]),
    "fit, plateau": lambda m, k: m.fit(X, Y1, epochs=3, verbose=2, callbacks=[k.callbacks.ReduceLROnPlateau("loss", min_delta=10, patience=1, verbose=1)]),
    "fit, stopped": lambda m, k: m.fit(X, Y1, epochs=5, verbose=2, callbacks=[
        k.callbacks.EarlyStopping("loss", min_delta=10, patience=1, verbose=1, restore_best_weights=True)]),
    "evaluate": lambda m, k: m.evaluate(X, Y1, verbose=1),
    "evaluate, line": lambda m, k: m.evaluate(X, Y1, verbose=2),
    "predict": lambda m, k: m.predict(X, verbose=1),
    "predict, line": lambda m, k: m.predict(X, verbose=2),
}


def text(keras, name):
    """Standard output with times as "T" and any number of backspaces as one."""
    model = with_fixed_weights(single(keras))
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss="mse", metrics=["mae"])
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        TEXTS[name](model, keras)
    without_times = re.sub(r"\d+(s|ms|us)\b", "T", out.getvalue())
    return re.sub(r" +\n", "\n", re.sub("\b+", "\b", without_times))
