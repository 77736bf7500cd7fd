"""Trains a small network on Fashion-MNIST. examples/fashion_mnist.cc is the same program in C++; both end with the
same weights, bit for bit.

usage: fashion_mnist.py [folder for the results]
"""
import hashlib
import json
import os
import sys

import numpy as np
import runnel as tf


def make_model():
    model = tf.keras.Sequential([
        tf.keras.layers.Flatten(input_shape=(28, 28)),
        tf.keras.layers.Dense(300, activation="relu"),
        tf.keras.layers.Dropout(0.2),
        tf.keras.layers.Dense(10, activation="softmax"),
    ])
    model.compile(optimizer="nadam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fingerprint(model):
    """One short name for all bits of all weights."""
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()


folder = sys.argv[1] if len(sys.argv) > 1 else "."
tf.keras.utils.set_random_seed(42)

(x_train, y_train), (x_test, y_test) = tf.keras.datasets.fashion_mnist.load_data()
x_train = tf.cast(x_train, tf.float32) / 255.0
x_test = tf.cast(x_test, tf.float32) / 255.0

model = make_model()
model.summary()
history = model.fit(x_train, y_train, epochs=5, validation_split=0.1)
result = model.evaluate(x_test, y_test)

probabilities = model.predict(x_test, verbose=0)
file = os.path.join(folder, "fashion_mnist.keras")
model.save(file)
again = tf.keras.models.load_model(file)
equal = bool(np.array_equal(again.predict(x_test, verbose=0), probabilities))

with open(os.path.join(folder, "result.json"), "w") as out:
    json.dump({"history": history.history, "test": result, "reloaded_equal": equal, "weights": fingerprint(model),
               "labels": np.argmax(probabilities, axis=-1).tolist()}, out)
print("SHA-256 of all weights:", fingerprint(model))
sys.exit(0 if equal else 1)
