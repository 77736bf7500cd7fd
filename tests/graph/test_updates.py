"""An optimizer's step over many Variables is one node of the program, and has the bits of the steps of eager code."""

import re

import numpy as np
import pytest

OPTIMIZERS = {
    "SGD": ("ResourceApplyGradientDescent", {}),
    "SGD, momentum": ("ResourceApplyKerasMomentum", {"momentum": 0.9, "nesterov": True}),
    "SGD, clipvalue, weight_decay": ("ResourceApplyGradientDescent", {"clipvalue": 0.1, "weight_decay": 0.1}),
    "Adam": ("KerasApplyAdam", {}),
    "Adam, clipnorm": ("KerasApplyAdam", {"clipnorm": 0.5}),
    "Adam, use_ema": ("KerasApplyAdam", {"use_ema": True, "ema_overwrite_frequency": 2}),
    "AdamW, global_clipnorm": ("KerasApplyAdam", {"global_clipnorm": 0.5}),
    "AdamW, a schedule": ("KerasApplyAdam", {"learning_rate": "a schedule"}),
}


def optimizer(tf, name):
    settings = dict(OPTIMIZERS[name][1])
    if "learning_rate" in settings:
        settings["learning_rate"] = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)
    return getattr(tf.keras.optimizers, name.split(",")[0])(**settings)


def variables(tf, count):
    numbers = np.random.default_rng(3)
    return [tf.Variable(numbers.normal(size=(i % 5 + 1, 3)).astype(np.float32)) for i in range(count)]


def training_step(tf, opt, weights):
    opt.build(weights)

    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.add_n([tf.reduce_sum(tf.sin(w * x)) for w in weights])
        opt.apply(tape.gradient(loss, weights), weights)
        return loss

    return step


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_bits_of_eager_code(tf, name):
    results = []
    for wrap in (lambda f: f, tf.function):
        weights = variables(tf, 12)
        step = wrap(training_step(tf, optimizer(tf, name), weights))
        losses = [step(tf.constant([0.1, 0.5, 2.0])).numpy() for _ in range(5)]
        results.append([losses, *[w.numpy() for w in weights]])
    for eager, compiled in zip(*results):
        np.testing.assert_array_equal(eager, compiled)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_one_node_a_step(tf, name):
    weights = variables(tf, 12)
    step = tf.function(training_step(tf, optimizer(tf, name), weights))
    step(tf.constant([0.1, 0.5, 2.0]))
    fused = re.findall(r"fused: (\w+) of (\d+) Variables", step.explain())
    decays = [("KerasApplyWeightDecay", "12")] if "weight_decay" in name or "AdamW" in name else []
    assert fused == [*decays, (OPTIMIZERS[name][0], "12")]


def test_small_and_large_variables_together(tf):
    """Cut into blocks across Variables: one of many blocks between small ones."""
    weights = [tf.Variable(tf.ones([size])) for size in (3, 100_003, 1, 70_000, 5)]
    gradients = [tf.range(w.shape[0], dtype=tf.float32) % 7 - 3 for w in weights]
    opt = tf.keras.optimizers.SGD(0.5)
    tf.function(lambda: opt.apply(gradients, weights))()
    for w, g in zip(weights, gradients):
        np.testing.assert_array_equal(w.numpy(), 1 - 0.5 * g.numpy())
