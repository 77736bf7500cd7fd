"""A classifier of integer sequences: words are looked up, what only fills up is masked."""

import runnel as tf
from data import print_fingerprint, sentences

layers = tf.keras.layers
tf.keras.utils.set_random_seed(42)
x, y = sentences()
model = tf.keras.Sequential([
    layers.InputLayer((12,), dtype="int32"),
    layers.Embedding(30, 8, mask_zero=True),
    layers.Bidirectional(layers.GRU(8)),
    layers.Dense(3, activation="softmax"),
])
model.compile(optimizer="nadam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=3)
print_fingerprint(model.get_weights())
