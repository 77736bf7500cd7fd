"""A recurrent network on Fashion-MNIST: an image is a sequence of its 28 rows."""

import runnel as tf
from data import fashion, print_fingerprint

layers = tf.keras.layers
tf.keras.utils.set_random_seed(42)
x, y = fashion(640)
model = tf.keras.Sequential([
    layers.LSTM(24, return_sequences=True, input_shape=(28, 28)),
    layers.LSTM(16),
    layers.Dense(10, activation="softmax"),
])
model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=2)
print_fingerprint(model.get_weights())
