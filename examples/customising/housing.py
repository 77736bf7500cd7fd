"""What the programs of this folder share: the data, and the way from training to a loaded model that trains on."""

import hashlib

import numpy as np
import runnel as tf


def load_housing():
    """480 districts of California: eight standardised numbers each, and the median price of a house in 100,000 dollars."""
    (x, y), _ = tf.keras.datasets.california_housing.load_data(version="small")
    centred = x - tf.reduce_mean(x, 0)
    return centred / tf.math.reduce_std(x, 0), tf.reshape(y, [-1, 1]) / 100000.0


def print_fingerprint(model):
    """One short name for all bits of all weights."""
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    print("SHA-256 of all weights:", digest.hexdigest())


def train_save_load_train(model, custom_objects=None):
    """Trains, saves, loads the file with what is one's own in it, and trains on."""
    x, y = load_housing()
    model.fit(x, y, epochs=3)
    model.save("own.keras")
    again = tf.keras.models.load_model("own.keras", custom_objects=custom_objects)
    again.fit(x, y, epochs=2)
    print_fingerprint(again)
    return again
