"""A traced step under a relaxed signature, called with 1,000 random batch and sequence lengths, against the same number of calls with
the mean lengths: prints traces, microseconds a call and their ratio.

    PYTHONPATH=build/python python bench/varied_shapes.py [calls]
"""

import random
import sys
import time

import runnel as tf

LONGEST_BATCH, LONGEST_SEQUENCE, FEATURES, UNITS = 64, 48, 32, 64


def make_step():
    w = tf.Variable(tf.random.normal([FEATURES, UNITS], stddev=0.1))
    v = tf.Variable(tf.random.normal([UNITS, FEATURES], stddev=0.1))

    @tf.function(input_signature=[tf.TensorSpec([None, None, FEATURES])])
    def step(x):
        with tf.GradientTape() as tape:
            hidden = tf.nn.relu(tf.einsum("btf,fu->btu", x, w))
            loss = tf.reduce_mean((tf.nn.softmax(tf.einsum("btu,uf->btf", hidden, v)) - x) ** 2)
        for variable, gradient in zip((w, v), tape.gradient(loss, (w, v))):
            variable.assign_sub(0.1 * gradient)
        return loss

    return step


def seconds_for(step, inputs):
    start = time.perf_counter()
    for x in inputs:
        step(x)
    return time.perf_counter() - start


def main():
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    random.seed(1)
    sizes = [(random.randint(1, LONGEST_BATCH), random.randint(1, LONGEST_SEQUENCE)) for _ in range(calls)]
    rows = sum(b * t for b, t in sizes) / calls  # the same work a call
    fixed = tf.ones([round(rows / (LONGEST_SEQUENCE / 2)), LONGEST_SEQUENCE // 2, FEATURES])
    step = make_step()
    different = [tf.ones([b, t, FEATURES]) for b, t in sizes]
    rounds = [(seconds_for(step, different), seconds_for(step, [fixed] * calls)) for _ in range(5)]  # in turn: a slow spell meets both
    varied, same = (min(times) for times in zip(*rounds))
    print(f"{step.experimental_get_tracing_count()} trace, {varied / calls * 1e6:.0f} us a call with varied shapes, "
          f"{same / calls * 1e6:.0f} us with one shape, ratio {varied / same:.2f}")


if __name__ == "__main__":
    main()
