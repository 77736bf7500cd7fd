"""Layers of one's own: with weights, behaving otherwise in training, and with sub-layers, two inputs and two outputs."""

import runnel as tf
from housing import train_save_load_train


class Affine(tf.keras.layers.Layer):
    """x @ kernel + bias; in training, the output is pulled a little towards zero."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units), initializer="he_normal")
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")

    def call(self, x, training=False):
        y = tf.matmul(x, self.kernel) + self.bias
        return 0.9 * y if training else y

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Cross(tf.keras.layers.Layer):
    """(a, b) -> (tanh(affine(a)) + b, a - b)"""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.affine = Affine(units)

    def build(self, input_shapes):
        self.affine.build(input_shapes[0])

    def call(self, inputs):
        a, b = inputs
        return tf.tanh(self.affine(a)) + b, a - b

    def get_config(self):
        return {**super().get_config(), "units": self.units}


tf.keras.utils.set_random_seed(42)
x = tf.keras.Input((8,))
total, difference = Cross(8)([Affine(8)(x), x])
price = tf.keras.layers.Dense(1)(total * difference)
model = tf.keras.Model(x, price)
model.compile(optimizer="nadam", loss="mse")
train_save_load_train(model, {"Affine": Affine, "Cross": Cross})
