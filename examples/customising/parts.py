"""An activation, an initializer, a regularizer and a constraint of one's own: functions, known by their names."""

import runnel as tf
from housing import train_save_load_train


@tf.keras.saving.register_keras_serializable()
def my_softplus(z):
    return tf.math.log(1.0 + tf.exp(z))


@tf.keras.saving.register_keras_serializable()
def my_glorot(shape, dtype=None):
    stddev = tf.sqrt(2.0 / (shape[0] + shape[1]))
    return tf.random.stateless_normal(shape, tf.range(2), 0.0, stddev, dtype)


@tf.keras.saving.register_keras_serializable()
def my_l1(weights):
    return 0.01 * tf.reduce_sum(tf.abs(weights))


@tf.keras.saving.register_keras_serializable()
def my_positive(weights):
    return tf.where(weights < 0.0, tf.zeros_like(weights), weights)


tf.keras.utils.set_random_seed(42)
model = tf.keras.Sequential([
    tf.keras.layers.Dense(16, activation=my_softplus, kernel_initializer=my_glorot, input_shape=(8,)),
    tf.keras.layers.Dense(1, kernel_regularizer=my_l1, kernel_constraint=my_positive),
])
model.compile(optimizer="nadam", loss="mse")
train_save_load_train(model)
