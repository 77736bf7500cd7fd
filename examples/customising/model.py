"""A model of one's own: it also learns to give its inputs back, and a metric inside shows how well."""

import runnel as tf
from housing import train_save_load_train


class Reconstructing(tf.keras.Model):
    def __init__(self, units=16, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.hidden = tf.keras.layers.Dense(units, activation="selu")
        self.out = tf.keras.layers.Dense(1)
        self.reconstruct = tf.keras.layers.Dense(8)
        self.error = tf.keras.metrics.Mean(name="reconstruction_error")

    def build(self, input_shape):
        self.hidden.build(input_shape)
        self.out.build((None, self.units))
        self.reconstruct.build((None, self.units))

    def call(self, x, training=False):
        z = self.hidden(x)
        error = tf.reduce_mean(tf.square(self.reconstruct(z) - x))
        self.add_loss(0.05 * error)
        if training:
            self.error.update_state(error)
        return self.out(z)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


tf.keras.utils.set_random_seed(42)
model = Reconstructing(12)
model.compile(optimizer="nadam", loss="mse")
train_save_load_train(model, {"Reconstructing": Reconstructing})
