"""Small models that are trained side by side with real Keras: the same weights, the same batches, a hundred steps."""

import pathlib

import numpy as np

EXPECTED = pathlib.Path(__file__).parent / "expected_training.json"
STEPS = 100


def mlp(keras):
    return keras.Sequential([
        keras.layers.Input((12,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(8, activation="tanh"),
        keras.layers.Dense(4, activation="softmax"),
    ])


def cnn(keras):
    return keras.Sequential([
        keras.layers.Input((8, 8, 2)),
        keras.layers.Conv2D(6, 3, padding="same", use_bias=False),
        keras.layers.BatchNormalization(),
        keras.layers.Activation("relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(8, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(4),
    ])


def lstm(keras):
    return keras.Sequential([
        keras.layers.Input((9,), dtype="int32"),
        keras.layers.Embedding(WORDS, 8, mask_zero=True),
        keras.layers.LSTM(12),
        keras.layers.Dense(4, activation="softmax"),
    ])


def transformer(keras):
    inputs = keras.layers.Input((9,), dtype="int32")
    words = keras.layers.Embedding(WORDS, 8)(inputs)
    attended = keras.layers.MultiHeadAttention(2, 4)(words, words)
    x = keras.layers.LayerNormalization()(keras.layers.Add()([words, attended]))
    x = keras.layers.LayerNormalization()(keras.layers.Add()([x, keras.layers.Dense(8)(keras.layers.Dense(16, activation="relu")(x))]))
    return keras.Model(inputs, keras.layers.Dense(4)(keras.layers.GlobalAveragePooling1D()(x)))


WORDS = 20
MODELS = {"mlp": (mlp, (12,), False), "cnn": (cnn, (8, 8, 2), True), "lstm": (lstm, (9,), False), "transformer": (transformer, (9,), True)}
OF_WORDS = ("lstm", "transformer")
# Rates at which the last bit of a float does not yet decide where a hundred steps lead.
OPTIMIZERS = {"SGD": dict(learning_rate=0.05, momentum=0.9), "Adam": dict(learning_rate=0.001), "RMSprop": dict(learning_rate=0.002),
              "Nadam": dict(learning_rate=0.001)}


def names():
    return [f"{model}-{optimizer}" for model in MODELS for optimizer in OPTIMIZERS]


def losses(keras, name):
    """The loss of each step."""
    model_name, _, optimizer = name.partition("-")
    make, shape, from_logits = MODELS[model_name]
    random = np.random.RandomState(3)
    model = make(keras)
    model.set_weights([_initial(random, w) for w in model.get_weights()])
    model.compile(getattr(keras.optimizers, optimizer)(**OPTIMIZERS[optimizer]), keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits))
    x = random.randint(0, WORDS, (400, *shape)) if model_name in OF_WORDS else random.randn(400, *shape).astype("float32")
    y = (np.abs(x.reshape(400, -1)[:, :4]).argmax(-1)).astype("int32")
    out = []
    for step in range(STEPS):
        rows = random.randint(0, 400, 32)
        model.reset_metrics()
        loss = model.train_on_batch(x[rows], y[rows])
        out.append(float(loss[0] if isinstance(loss, (list, tuple)) else loss))
    return out


# --- every optimizer, plain and with what optimizers share, on a table that looks rows up more than once

VARIANTS = {
    "plain": {}, "clipnorm": dict(clipnorm=0.02), "global_clipnorm": dict(global_clipnorm=0.05), "clipvalue": dict(clipvalue=0.01),
    "ema": dict(use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=3), "decay": dict(weight_decay=0.05), "schedule": {},
    "accumulation": dict(gradient_accumulation_steps=2),
}
RATES = {"SGD": 0.1, "Adam": 0.01, "AdamW": 0.01, "Adamax": 0.01, "Nadam": 0.01, "Adagrad": 0.1, "Adadelta": 1.0, "RMSprop": 0.01, "Ftrl": 0.1,
         "Lion": 0.001, "Lamb": 0.01, "Adafactor": 0.01, "Muon": 0.01}  # Keras's ScheduleFreeAdamW trains otherwise in eager mode than compiled
FEW_STEPS = 8


def optimizer_names():
    return [f"{optimizer}-{variant}" for optimizer in RATES for variant in VARIANTS]


def short_run(keras, name):
    """The loss of each step, then the rows of the table."""
    optimizer, _, variant = name.partition("-")
    random = np.random.RandomState(5)
    model = keras.Sequential([keras.layers.Input((4,), dtype="int32"), keras.layers.Embedding(6, 3), keras.layers.Flatten(), keras.layers.Dense(2)])
    model.set_weights([random.randn(*w.shape).astype("float32") for w in model.get_weights()])
    rate = RATES[optimizer]
    if variant == "schedule":
        rate = keras.optimizers.schedules.ExponentialDecay(rate, 2, 0.8)
    model.compile(getattr(keras.optimizers, optimizer)(learning_rate=rate, **VARIANTS[variant]), "mse", run_eagerly=keras.__name__ == "keras")
    x, y = random.randint(0, 6, (FEW_STEPS, 8, 4)), random.randn(FEW_STEPS, 8, 2).astype("float32")
    losses = []
    for step in range(FEW_STEPS):
        model.reset_metrics()
        losses.append(float(np.ravel(model.train_on_batch(x[step], y[step]))[0]))
    return losses + [float(v) for v in model.get_weights()[0].ravel()]


def two_optimizers(keras):
    """The losses of a model whose two layers have an optimizer each."""
    random = np.random.RandomState(9)
    inputs = keras.layers.Input((6,))
    model = keras.Model(inputs, keras.layers.Dense(2, name="second")(keras.layers.Dense(8, activation="tanh", name="first")(inputs)))
    model.set_weights([random.randn(*w.shape).astype("float32") for w in model.get_weights()])
    optimizers = keras.optimizers
    chosen = optimizers.OptimizerMap(optimizers.SGD(0.05, momentum=0.9))
    chosen["first/.*"] = optimizers.Adam(0.02)
    model.compile(optimizers.MultiOptimizer(chosen), "mse")
    x, y = random.randn(32, 6).astype("float32"), random.randn(32, 2).astype("float32")
    history = model.fit(x, y, batch_size=32, epochs=10, verbose=0, shuffle=False)
    return history.history["loss"]


def _initial(random, weight):
    """Kernels are drawn; vectors (biases, gamma, moving averages) stay as they are."""
    return weight if weight.ndim < 2 else (random.randn(*weight.shape) / np.sqrt(np.prod(weight.shape[:-1]))).astype("float32")
