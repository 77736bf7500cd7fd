"""A loss of one's own with an argument. Where none is needed, a function will do: metric.py shows one."""

import runnel as tf
from housing import train_save_load_train


class OwnHuber(tf.keras.losses.Loss):
    def __init__(self, threshold=1.0, **kwargs):
        super().__init__(**kwargs)
        self.threshold = threshold

    def call(self, y_true, y_pred):
        d = self.threshold
        error = tf.abs(y_true - y_pred)
        return tf.where(error < d, tf.square(error) / 2, d * error - d * d / 2)

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


tf.keras.utils.set_random_seed(42)
model = tf.keras.Sequential([
    tf.keras.layers.Dense(16, activation="relu", input_shape=(8,)),
    tf.keras.layers.Dense(1),
])
model.compile(optimizer="nadam", loss=OwnHuber(threshold=0.5))
train_save_load_train(model, {"OwnHuber": OwnHuber})
