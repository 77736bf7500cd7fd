"""Models that are saved and opened again by the other side; written once, for Runnel and for real Keras alike."""

import numpy as np

SAMPLES, EPOCHS = 24, 2


def _random(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def mlp(keras, optimizer):
    layers = keras.layers
    model = keras.Sequential([layers.Dense(8, activation="relu", input_shape=(5,)), layers.BatchNormalization(), layers.Dense(3, activation="softmax")])
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, [_random(0, SAMPLES, 5)], [np.arange(SAMPLES) % 3]


def wide_and_deep(keras):
    layers = keras.layers
    wide, deep = keras.Input((4,), name="wide"), keras.Input((5,), name="deep")
    hidden = layers.Dense(6, activation="tanh")(layers.Dense(6, activation="relu")(deep))
    main = layers.Dense(1, name="main")(layers.Concatenate()([wide, hidden]))
    model = keras.Model([wide, deep], [main, layers.Dense(1, name="aux")(hidden)], name="wide_deep")
    model.compile(optimizer="rmsprop", loss=["mse", "mae"], loss_weights=[0.9, 0.1])
    return model, [_random(1, SAMPLES, 4), _random(2, SAMPLES, 5)], [_random(3, SAMPLES, 1), _random(4, SAMPLES, 1)]


def nested(keras):
    layers = keras.layers
    x = keras.Input((4,))
    block = keras.Model(x, layers.Dense(4, activation="tanh")(x), name="blk")
    tail = keras.Sequential([layers.Dense(4, input_shape=(4,)), layers.Activation("sigmoid")], name="tail")
    shared, start = layers.Dense(4), keras.Input((4,))
    once = shared(start)
    twice = shared(block(once)) * 2.0 + start
    model = keras.Model(start, [block(twice), tail(twice) - 1.0])
    model.compile(optimizer="sgd", loss="mse")
    return model, [_random(5, SAMPLES, 4)], [_random(6, SAMPLES, 4), _random(7, SAMPLES, 4)]


def images(keras):
    layers = keras.layers
    model = keras.Sequential([
        layers.Conv2D(4, 3, padding="same", activation="relu", input_shape=(8, 8, 2)), layers.MaxPooling2D(), layers.Conv2D(6, 3),
        layers.LayerNormalization(), layers.GlobalAveragePooling2D(), layers.Dropout(0.0), layers.Dense(2)])
    model.compile(optimizer="adam", loss=keras.losses.MeanSquaredError(), metrics=[keras.metrics.MeanAbsoluteError(name="far")])
    return model, [_random(8, SAMPLES, 8, 8, 2)], [_random(9, SAMPLES, 2)]


def sequences(keras):
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((6,), dtype="int32"), layers.Embedding(10, 4), layers.Bidirectional(layers.LSTM(3, return_sequences=True)), layers.GRU(4), layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.05, momentum=0.9), loss="mse")
    return model, [np.arange(SAMPLES * 6).reshape(SAMPLES, 6).astype("int32") % 10], [_random(10, SAMPLES, 1)]


def attention(keras):
    layers = keras.layers
    x = keras.Input((5, 8))
    attended = layers.MultiHeadAttention(num_heads=2, key_dim=4)(x, x)
    added = layers.LayerNormalization()(layers.Add()([x, attended]))
    model = keras.Model(x, layers.Dense(1)(layers.Flatten()(layers.TimeDistributed(layers.Dense(3, activation="gelu"))(added))))
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
    return model, [_random(11, SAMPLES, 5, 8)], [_random(12, SAMPLES, 1)]


def operations(keras):
    ops, layers = keras.ops, keras.layers
    start = keras.Input((4,))
    x = ops.concatenate([ops.softmax(layers.Dense(6)(start)), ops.clip(start, -1.0, 1.0)], axis=-1)
    x = ops.where(ops.greater(x, 0.0), x, ops.tanh(x))
    a, b = ops.split(x, 2, axis=1)
    both = ops.stack([ops.einsum("ij,ij->i", a, b), ops.mean(a, axis=1), ops.max(ops.square(b), axis=-1)], axis=1)
    model = keras.Model(start, layers.Dense(1)(ops.reshape(both, (-1, 3))))
    model.compile(optimizer="sgd", loss="mse")
    return model, [_random(11, SAMPLES, 4)], [_random(12, SAMPLES, 1)]


def _scheduled(keras):
    rate = keras.optimizers.schedules.ExponentialDecay(0.02, decay_steps=5, decay_rate=0.9)
    return keras.optimizers.Adam(rate, amsgrad=True, use_ema=True, ema_momentum=0.9, global_clipnorm=5.0)


MODELS = {
    "adam": lambda k: mlp(k, "adam"),
    "sgd": lambda k: mlp(k, k.optimizers.SGD(0.05, momentum=0.9, nesterov=True)),
    "rmsprop": lambda k: mlp(k, k.optimizers.RMSprop(0.005, momentum=0.9, centered=True)),
    "adamw": lambda k: mlp(k, k.optimizers.AdamW(0.01, weight_decay=0.02)),
    "nadam": lambda k: mlp(k, "nadam"),
    "adagrad": lambda k: mlp(k, "adagrad"),
    "scheduled": lambda k: mlp(k, _scheduled(k)),
    "wide_and_deep": wide_and_deep,
    "nested": nested,
    "images": images,
    "sequences": sequences,
    "attention": attention,
    "operations": operations,
}


def data_of(name, keras):
    return MODELS[name](keras)[1:]


def single(items):
    return items[0] if len(items) == 1 else items


def outputs(model, x):
    result = model.predict(single(x), verbose=0)
    return [np.asarray(part) for part in (result if isinstance(result, list) else [result])]


def train(model, x, y, epochs=EPOCHS):
    return model.fit(single(x), single(y), batch_size=8, epochs=epochs, shuffle=False, verbose=0).history["loss"]


def save(model, path):
    """In the format of the ending; sharded weights in files of 10 KB."""
    path = str(path)
    if path.endswith(".weights.json"):
        model.save_weights(path, max_shard_size=1e-5)
    else:
        (model.save_weights if path.endswith(".weights.h5") else model.save)(path)
