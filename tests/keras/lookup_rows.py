"""Optimizers on gradients of lookups in a loop of one's own, where some rows are looked up twice.

    .venv-peers/bin/python tests/keras/lookup_rows.py        writes expected_lookups.json: the tables after five steps of real Keras
"""

import json
import os
import pathlib

import numpy as np

ROWS = [("Adam", {}), ("Adam", {"amsgrad": True}), ("Adam", {"clipnorm": 0.1}), ("Adamax", {}), ("Nadam", {}), ("RMSprop", {}),
        ("Adagrad", {"learning_rate": 0.1}), ("Adadelta", {}), ("SGD", {"momentum": 0.9})]
STORED = pathlib.Path(__file__).with_name("expected_lookups.json")
IDS = np.array([[1, 2, 2], [4, 1, 1]])


def table_after(tf, name, config):
    table = tf.keras.layers.Embedding(6, 3)
    table(IDS)
    table.set_weights([np.arange(18, dtype="float32").reshape(6, 3) / 10])
    optimizer = getattr(tf.keras.optimizers, name)(**config)
    for step in range(5):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((table(IDS) - 1.5) ** 2)
        gradients = tape.gradient(loss, table.trainable_variables)
        if step % 2:
            optimizer.apply_gradients(zip(gradients, table.trainable_variables))
        else:
            optimizer.apply(gradients, table.trainable_variables)
    return table.get_weights()[0]


if __name__ == "__main__":
    os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
    import tensorflow

    STORED.write_text(json.dumps([table_after(tensorflow, *row).tolist() for row in ROWS]))
