"""The same weights, bit for bit, whatever the number of threads: dropout, shuffling and the order of batches included."""

import hashlib
import os
import subprocess
import sys

import pytest

PROGRAM = """
import hashlib, sys
import numpy as np
import runnel as tf

L = tf.keras.layers


def mlp():
    return [L.Flatten(input_shape=(28, 28, 1)), L.Dense(300, activation="relu"), L.Dropout(0.3), L.Dense(100, activation="relu"),
            L.Dense(10, activation="softmax")]


def cnn():
    return [L.Conv2D(32, 3, activation="relu", input_shape=(28, 28, 1)), L.MaxPooling2D(), L.Conv2D(64, 3, padding="same", use_bias=False),
            L.BatchNormalization(), L.Activation("relu"), L.AveragePooling2D(), L.Dropout(0.5), L.Flatten(), L.Dense(10, activation="softmax")]


tf.keras.utils.set_random_seed(7)
numbers = np.random.RandomState(1)
x = numbers.rand(640, 28, 28, 1).astype("float32")
y = (x.mean((1, 2, 3)) * 1e4).astype("int32") % 10
model = tf.keras.Sequential({"mlp": mlp, "cnn": cnn}[sys.argv[1]]())
model.compile(optimizer=sys.argv[2], loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, batch_size=64, epochs=2, verbose=0)
digest = hashlib.sha256()
for weight in model.get_weights():
    digest.update(np.ascontiguousarray(weight).tobytes())
print(tf.config.threading.get_intra_op_parallelism_threads(), digest.hexdigest(), history.history["loss"][-1])
"""


def train(model, optimizer, threads):
    """The SHA-256 of all weights and the last loss, from a process with so many threads."""
    env = dict(os.environ, RUNNEL_NUM_THREADS=str(threads))
    done = subprocess.run([sys.executable, "-c", PROGRAM, model, optimizer], env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    used, digest, loss = done.stdout.split()[-3:]
    assert int(used) == threads
    return digest, loss


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_weights_do_not_depend_on_the_number_of_threads(model, optimizer):
    alone = train(model, optimizer, 1)
    untrained = hashlib.sha256().hexdigest()
    assert alone[0] != untrained and float(alone[1]) < 10
    for threads in (2, 5):
        assert train(model, optimizer, threads) == alone
