"""What weights.cc trains, in Python: both print one name for all bits of the weights."""

import hashlib

import numpy as np
import runnel as tf

L = tf.keras.layers
tf.keras.utils.set_random_seed(7)
(x, y), _ = tf.keras.datasets.california_housing.load_data(version="small")
x = (x - tf.reduce_mean(x, 0)) / tf.math.reduce_std(x, 0)
x = tf.reshape(tf.tile(x, [1, 8]), [-1, 8, 8, 1])
model = tf.keras.Sequential([
    L.Conv2D(16, 3, padding="same", activation="relu", input_shape=(8, 8, 1)),
    L.BatchNormalization(),
    L.MaxPooling2D(),
    L.Flatten(),
    L.Dense(300, activation="relu"),
    L.Dropout(0.3),
    L.Dense(1),
])
model.compile(optimizer="adam", loss="mse")
model.fit(x, tf.reshape(y, [-1, 1]) / 100000.0, batch_size=64, epochs=3, shuffle=True, verbose=0)
digest = hashlib.sha256()
for weight in model.get_weights():
    digest.update(np.ascontiguousarray(weight).tobytes())
print("threads:", tf.config.threading.get_intra_op_parallelism_threads())
print("SHA-256 of all weights:", digest.hexdigest())
