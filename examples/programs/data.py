"""What the programs of this folder share: the data, and one short name for all bits of all weights."""

import hashlib

import numpy as np
import runnel as tf


def fashion(samples):
    """Images (samples, 28, 28) in [0, 1], and the classes 0 to 9."""
    (x, y), _ = tf.keras.datasets.fashion_mnist.load_data()
    return tf.cast(x[:samples], tf.float32) / 255.0, y[:samples]


def housing():
    """Districts of California: eight standardised numbers each, and the median price of a house in 100,000 dollars."""
    (x, y), _ = tf.keras.datasets.california_housing.load_data(version="small")
    centred = x - tf.reduce_mean(x, 0)
    return centred / tf.math.reduce_std(x, 0), tf.reshape(y, [-1, 1]) / 100000.0


def sentences():
    """Sequences (256, 12) of word numbers below 30, filled up with 0, and the remainder modulo 3 of their first words."""
    row, column = tf.expand_dims(tf.range(256), 1), tf.range(12)
    words = 1 + tf.math.floormod(row * 7 + column * column * 3 + row * column, 29)
    x = tf.where(tf.less(column, 4 + tf.math.floormod(row, 9)), words, tf.zeros_like(words))
    return x, tf.math.floormod(x[:, 0], 3)


def print_fingerprint(weights):
    digest = hashlib.sha256()
    for weight in weights:
        digest.update(np.ascontiguousarray(weight).tobytes())
    print("SHA-256 of all weights:", digest.hexdigest())
