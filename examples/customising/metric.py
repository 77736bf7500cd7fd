"""Metrics of one's own: a function, of which the mean is shown, and a class that keeps its state between batches."""

import runnel as tf
from housing import train_save_load_train


def within_a_tenth(y_true, y_pred):
    return tf.cast(tf.abs(y_pred - y_true) < 0.1 * y_true, tf.float32)


class Worst(tf.keras.metrics.Metric):
    """The largest error so far."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.worst = self.add_weight(name="worst", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.worst.assign(tf.maximum(self.worst, tf.reduce_max(tf.abs(y_pred - y_true))))

    def result(self):
        return self.worst


tf.keras.utils.set_random_seed(42)
model = tf.keras.Sequential([
    tf.keras.layers.Dense(16, activation="relu", input_shape=(8,)),
    tf.keras.layers.Dense(1),
])
model.compile(optimizer="nadam", loss="mse", metrics=[within_a_tenth, Worst(name="worst")])
train_save_load_train(model, {"within_a_tenth": within_a_tenth, "Worst": Worst})
