"""A callback of one's own: it halves the learning rate when the loss falls slowly, and stops training when the loss is small."""

import runnel as tf
from housing import load_housing, print_fingerprint


class Patient(tf.keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.last = float("inf")

    def on_epoch_end(self, epoch, logs=None):
        optimizer = self.model.optimizer
        if logs["loss"] > 0.9 * self.last:
            optimizer.learning_rate = float(optimizer.learning_rate) / 2
        if logs["loss"] < 0.25:
            self.model.stop_training = True
        self.last = logs["loss"]


tf.keras.utils.set_random_seed(42)
model = tf.keras.Sequential([
    tf.keras.layers.Dense(16, activation="relu", input_shape=(8,)),
    tf.keras.layers.Dense(1),
])
model.compile(optimizer=tf.keras.optimizers.Adam(learning_rate=0.02), loss="mse")
x, y = load_housing()
model.fit(x, y, epochs=20, callbacks=[Patient()])
print_fingerprint(model)
