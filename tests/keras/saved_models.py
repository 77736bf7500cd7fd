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


def normalizations(keras):
    layers = keras.layers
    adapted = layers.Normalization()
    adapted.adapt(_random(13, SAMPLES, 6) * 3 + 1)
    model = keras.Sequential([
        keras.Input((6,)), adapted, layers.Dense(8), layers.BatchNormalization(momentum=0.7), layers.GroupNormalization(4), layers.RMSNormalization(),
        layers.SpectralNormalization(layers.Dense(6)), layers.LayerNormalization(), layers.UnitNormalization(), layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
    return model, [_random(13, SAMPLES, 6)], [_random(14, SAMPLES, 1)]


def cells(keras):
    layers, x = keras.layers, keras.Input((5, 3))
    stacked = layers.RNN([layers.LSTMCell(4), layers.GRUCell(3, reset_after=False)], return_sequences=True)(x)
    merged = layers.Bidirectional(layers.GRU(2, return_sequences=True), merge_mode="sum")(stacked)
    images = layers.ConvLSTM1D(2, 2)(layers.Reshape((5, 2, 1))(layers.TimeDistributed(layers.Dense(2))(merged)))
    model = keras.Model(x, layers.Dense(1)(layers.Flatten()(images)))
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
    return model, [_random(15, SAMPLES, 5, 3)], [_random(16, SAMPLES, 1)]


def own(keras):
    """A layer that holds another one twice, a loss, a metric and an activation: all of one's own, and registered."""
    register = keras.saving.register_keras_serializable("Saved")

    @register
    class Pair(keras.layers.Layer):
        def __init__(self, first, second, **kwargs):
            super().__init__(**kwargs)
            self.first, self.second = first, second

        def build(self, shape):
            self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")
            if not self.first.built:
                self.first.build(shape)

        def call(self, x):
            return self.second(self.first(x * self.scale))

        def get_config(self):
            first, second = (keras.saving.serialize_keras_object(layer) for layer in (self.first, self.second))
            return {**super().get_config(), "first": first, "second": second}

        @classmethod
        def from_config(cls, config):
            parts = [keras.saving.deserialize_keras_object(config.pop(name)) for name in ("first", "second")]
            return cls(*parts, **config)

    @register
    def cube(x):
        return x * x * x

    @register
    def error(y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)

    shared = keras.layers.Dense(4, activation="tanh")
    model = keras.Sequential([keras.Input((4,)), Pair(shared, shared), keras.layers.Dense(3, activation=cube), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.02), loss=error, metrics=[error])
    return model, [_random(17, SAMPLES, 4)], [_random(18, SAMPLES, 1)]


def mixed(keras):
    layers = keras.layers
    model = keras.Sequential([keras.Input((5,)), layers.Dense(6, activation="relu", dtype="mixed_float16"), layers.Dense(1, dtype="float32")])
    model.compile(optimizer=keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.02, momentum=0.5), initial_scale=64.0), loss="mse")
    return model, [_random(19, SAMPLES, 5)], [_random(20, SAMPLES, 1)]


def _scheduled(keras):
    rate = keras.optimizers.schedules.ExponentialDecay(0.02, decay_steps=5, decay_rate=0.9)
    return keras.optimizers.Adam(rate, amsgrad=True, use_ema=True, ema_momentum=0.9, global_clipnorm=5.0)


OPTIMIZERS = ("Adamax", "Adadelta", "Ftrl", "Lion", "Lamb", "Adafactor", "Muon")
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
    "normalizations": normalizations,
    "cells": cells,
    "own": own,
    "mixed": mixed,
    "ema": lambda k: mlp(k, k.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=2)),
    "accumulating": lambda k: mlp(k, k.optimizers.Adam(0.01, gradient_accumulation_steps=2, weight_decay=0.01)),
    **{name.lower(): lambda k, name=name: mlp(k, getattr(k.optimizers, name)(0.01)) for name in OPTIMIZERS},
}


# Keras 3.15 gives two weights of SpectralNormalization, and two slots of Adafactor, one name in an .h5 file.
KERAS_CANNOT_SAVE = {("normalizations", "h5"), ("adafactor", "h5")}
# Nor can it open what it saved: operators with a number (x * 2.0), layers that stand twice inside of others, Lamb.
KERAS_CANNOT_OPEN = {(name, "h5") for name in ("nested", "operations", "own", "lamb")}


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
