"""Gradients of random programs with loops and branches: the compiled ones have the bits of the eager ones."""

import random

import numpy as np
import pytest
import runnel as tf

PROGRAMS = 200
UNARY = [tf.sin, tf.tanh, lambda x: x * 0.7, tf.sigmoid]
BINARY = [lambda a, b: a * b, lambda a, b: a + b, lambda a, b: a - b * 0.3]


class Program:
    """A function of three vectors, made by chance; `draw` repeats its choices at every call."""

    def __init__(self, seed):
        self.seed = seed

    def __call__(self, *inputs):
        draw = random.Random(self.seed)
        values = self.block(draw, list(inputs), 6, depth=2)
        return sum(tf.reduce_sum(v) * w for v, w in zip(values, (1.0, 0.5, 0.25)))

    def block(self, draw, values, steps, depth):
        values = list(values)
        for _ in range(steps):
            kind = draw.random()
            if depth and kind < 0.2:
                values[draw.randrange(3)] = self.loop(draw, values, depth)
            elif depth and kind < 0.35:
                values[draw.randrange(3)] = self.branch(draw, values, depth)
            elif kind < 0.6:
                values[draw.randrange(3)] = draw.choice(UNARY)(values[draw.randrange(3)])
            else:
                f, a, b = draw.choice(BINARY), draw.randrange(3), draw.randrange(3)
                values[draw.randrange(3)] = f(values[a], values[b])
        return values

    def loop(self, draw, values, depth):
        count, start, seed = draw.randrange(1, 5), draw.randrange(3), draw.random()

        def step(i, y):
            inner = random.Random(seed)
            return i + 1, self.block(inner, [y, *values[1:]] if inner.random() < 0.5 else [y, *values[:2]], 3, depth - 1)[0] * 0.5 + y * 0.1

        return tf.while_loop(lambda i, y: i < count, step, [tf.constant(0), values[start]])[1]

    def branch(self, draw, values, depth):
        seeds, limit = (draw.random(), draw.random()), draw.uniform(-1, 1)
        paths = [lambda seed=seed: self.block(random.Random(seed), values, 3, depth - 1)[0] for seed in seeds]
        return tf.cond(tf.reduce_sum(values[draw.randrange(3)]) > limit, *paths)


def gradients(program, inputs):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = program(*inputs)
    return tape.gradient(y, inputs, unconnected_gradients="zero")


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_compiled_gradients_have_the_bits_of_eager_ones(seed):
    numbers = np.random.default_rng(seed).normal(size=(3, 4)).astype(np.float32)
    inputs = [tf.constant(row) for row in numbers]
    program = Program(seed)
    eager = gradients(program, inputs)
    compiled = tf.function(lambda *x: gradients(program, list(x)), autograph=False)(*inputs)
    for a, b in zip(eager, compiled):
        np.testing.assert_array_equal(a, b)
