"""Whole programs on real data, trained side by side with real Keras: the same initial weights, samples and order of the batches.

Each gives the loss curves of its training, {name of the log: value of each epoch}. The data come from Runnel on both sides.
"""

import functools

import numpy as np

PIXELS, EPOCHS = 28, 3
WORDS, LENGTH = 50, 24


@functools.lru_cache(maxsize=None)
def fashion(samples):
    """(images in [0, 1], labels) of Fashion-MNIST."""
    import runnel as tf

    (x, y), _ = tf.keras.datasets.fashion_mnist.load_data()
    return np.array(x[:samples], "float32") / 255, np.array(y[:samples], "int32")


@functools.lru_cache(maxsize=None)
def housing(samples=1600):
    """(eight standardised numbers, price in 100,000 dollars) of districts of California."""
    import runnel as tf

    (x, y), _ = tf.keras.datasets.california_housing.load_data()
    x = np.asarray(x[:samples], "float64")
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), (np.asarray(y[:samples]).reshape(-1, 1) / 1e5).astype("float32")


def sentences(samples=320):
    """Sequences of word numbers, filled up with 0; the class is the word number, halved, of which a sequence holds most."""
    random = np.random.RandomState(31)
    x = np.zeros((samples, LENGTH), "int32")
    for row in x:
        length = random.randint(6, LENGTH + 1)
        row[:length] = random.randint(1, WORDS, length)
    return x, (x % 4 == 1).sum(1) // 2 % 4


def begun(model, seed):
    """The model with kernels drawn by NumPy; biases and the like as they are."""
    random = np.random.RandomState(seed)
    scaled = [w if w.ndim < 2 else (random.randn(*w.shape) / np.sqrt(np.prod(w.shape[:-1]))).astype("float32") for w in model.get_weights()]
    model.set_weights(scaled)
    return model


def curves(model, x, y, batch_size=32, **kwargs):
    history = model.fit(x, y, batch_size=batch_size, epochs=EPOCHS, shuffle=False, verbose=0, **kwargs).history
    return {name: [float(value) for value in values] for name, values in history.items()}


def classifier(keras, layers, shape, seed, optimizer, samples):
    model = begun(keras.Sequential([keras.layers.Input(shape), *layers, keras.layers.Dense(10, activation="softmax")]), seed)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = fashion(samples)
    return curves(model, x.reshape(-1, *shape), y, validation_split=0.2)


def fashion_mlp(keras):
    L = keras.layers
    return classifier(keras, [L.Flatten(), L.Dense(100, activation="relu"), L.Dense(30, activation="elu")], (PIXELS, PIXELS), 41,
                      keras.optimizers.SGD(0.02, momentum=0.9), 1600)


def fashion_cnn(keras):
    L = keras.layers
    body = [L.Conv2D(8, 5, padding="same", activation="relu"), L.MaxPooling2D(), L.Conv2D(16, 3, activation="relu"), L.BatchNormalization(),
            L.MaxPooling2D(), L.Flatten(), L.Dense(24, activation="relu")]
    return classifier(keras, body, (PIXELS, PIXELS, 1), 42, keras.optimizers.Adam(5e-4), 480)


def fashion_lstm(keras):
    """An image is a sequence of its rows."""
    return classifier(keras, [keras.layers.LSTM(24)], (PIXELS, PIXELS), 43, keras.optimizers.RMSprop(1e-3), 640)


def wide_and_deep(keras):
    """Two inputs, a deep and a wide path, an output for each end of the deep one."""
    L, x, y = keras.layers, *housing()
    wide, deep = keras.Input((5,), name="wide"), keras.Input((6,), name="deep")
    hidden = L.Dense(30, activation="relu")(L.Dense(30, activation="relu")(deep))
    price = L.Dense(1, name="price")(L.concatenate([wide, hidden]))
    model = begun(keras.Model([wide, deep], [price, L.Dense(1, name="aux")(hidden)]), 44)
    model.compile(keras.optimizers.Adam(2e-3), loss={"price": "mse", "aux": keras.losses.Huber()}, loss_weights={"price": 0.9, "aux": 0.1},
                  metrics={"price": ["mae"], "aux": ["mae"]})
    return curves(model, [x[:, :5], x[:, 2:]], [y, y], validation_split=0.25)


def wide_and_deep_model(keras):
    """The same as a class of its own."""
    L, x, y = keras.layers, *housing()

    class WideAndDeep(keras.Model):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.norm = L.Normalization()
            self.hidden = [L.Dense(units, activation="relu"), L.Dense(units, activation="selu")]
            self.price, self.aux = L.Dense(1), L.Dense(1)

        def call(self, inputs):
            wide, deep = inputs
            hidden = self.norm(deep)
            for layer in self.hidden:
                hidden = layer(hidden)
            return self.price(L.concatenate([wide, hidden])), self.aux(hidden)

    model = WideAndDeep(16)
    model.norm.adapt(x[:, 2:])
    model([x[:1, :5], x[:1, 2:]])
    for part in (*model.hidden, model.price, model.aux):
        begun(part, 45)
    model.compile(keras.optimizers.Nadam(1e-3), loss=["mse", "mse"], loss_weights=[0.9, 0.1])
    return curves(model, (x[:, :5], x[:, 2:]), (y, y))


def sequence_classifier(keras):
    L, (x, y) = keras.layers, sentences()
    model = begun(keras.Sequential([keras.Input((LENGTH,), dtype="int32"), L.Embedding(WORDS, 8, mask_zero=True), L.Bidirectional(L.GRU(8)),
                                    L.Dense(4, activation="softmax")]), 46)
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return curves(model, x, y)


def transformer(keras):
    """Two blocks of causal attention; padding is masked."""
    L, (x, y) = keras.layers, sentences()
    inputs = keras.Input((LENGTH,), dtype="int32")
    z = L.Embedding(WORDS, 12, mask_zero=True)(inputs)
    for _ in range(2):
        attended = L.MultiHeadAttention(3, 4)(z, z, use_causal_mask=True)
        z = L.LayerNormalization()(L.Add()([z, attended]))
        z = L.LayerNormalization()(L.Add()([z, L.Dense(12)(L.Dense(24, activation="gelu")(z))]))
    model = begun(keras.Model(inputs, L.Dense(4)(L.GlobalAveragePooling1D()(z))), 47)
    model.compile(keras.optimizers.AdamW(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return curves(model, x, y)


PROGRAMS = {f.__name__: f for f in (fashion_mlp, fashion_cnn, fashion_lstm, wide_and_deep, wide_and_deep_model, sequence_classifier, transformer)}
