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


MODELS = {"mlp": (mlp, (12,), False), "cnn": (cnn, (8, 8, 2), True)}
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
    x = random.randn(400, *shape).astype("float32")
    y = (np.abs(x.reshape(400, -1)[:, :4]).argmax(-1)).astype("int32")
    out = []
    for step in range(STEPS):
        rows = random.randint(0, 400, 32)
        model.reset_metrics()
        loss = model.train_on_batch(x[rows], y[rows])
        out.append(float(loss[0] if isinstance(loss, (list, tuple)) else loss))
    return out


def _initial(random, weight):
    """Kernels are drawn; vectors (biases, gamma, moving averages) stay as they are."""
    return weight if weight.ndim < 2 else (random.randn(*weight.shape) / np.sqrt(np.prod(weight.shape[:-1]))).astype("float32")
