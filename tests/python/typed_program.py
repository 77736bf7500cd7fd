"""A small typed program: a type checker must accept it (test_stubs.py)."""

import numpy as np

import runnel as tf


def step(w: tf.Variable, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    with tf.GradientTape() as tape:
        error: tf.Tensor = tf.reduce_mean(tf.square(tf.matmul(x, w) - y))
    gradient = tape.gradient(error, w)
    w.assign_sub(0.1 * gradient)
    return error


def numbers(shape: tf.TensorShape) -> list[int | None]:
    return shape.as_list()


weights = tf.Variable(tf.zeros([3, 1]), name="weights")
inputs = tf.constant(np.ones((4, 3), np.float32))
loss = step(weights, inputs, tf.ones([4, 1], dtype=tf.float32))
mean, variance = tf.nn.moments(inputs, axes=[0, 1])
parts: list[tf.Tensor] = tf.split(inputs, 2, axis=0)
activated: tf.Tensor = tf.nn.relu(1.0 - inputs[0, ..., tf.newaxis])
print(float(loss), numbers(inputs.shape), tf.math.add(mean, variance).dtype, len(parts), activated.shape.rank)
