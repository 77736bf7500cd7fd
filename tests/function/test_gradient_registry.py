"""Which operators have a gradient, which let none through, and which refuse: as TensorFlow's registry has it (make_expected.py)."""

import json
from pathlib import Path

import numpy as np
import pytest
import runnel as tf
from runnel import _runnel

TENSORFLOW = json.loads(Path(__file__).with_name("expected_gradient_registry.json").read_text())
OURS = {op["name"]: op for op in _runnel.list_ops()}
# TensorFlow's functions for these give None.
GIVE_NONE = {"ArgMax", "ArgMin", "Ceil", "Floor", "FloorDiv", "Rint", "Round", "TruncateDiv"}
# No entry there, though floating numbers go in and come out.
REFUSE = """Bitcast Conv DeepCopy DenseBincount IgammaGradA InplaceAdd InplaceSub InplaceUpdate LRNGrad ListDiff Lu Mod RandomGammaGrad
    RandomPoissonV2 Snapshot StatelessShuffle TruncateMod Unique UniqueV2 UniqueWithCounts UniqueWithCountsV2""".split()


def test_what_has_a_gradient_there_has_one_here():
    missing = [name for name, has in TENSORFLOW.items() if has and name in OURS and not OURS[name]["has_gradient"]]
    assert set(missing) == GIVE_NONE


@pytest.mark.parametrize("name", REFUSE)
def test_what_has_no_entry_there_refuses_here(name):
    assert name not in TENSORFLOW and OURS[name]["no_gradient"].startswith("TensorFlow declares none")


X = tf.constant([[2.0, 1.0], [1.0, 3.0]])
CALLS = {
    "Conv": lambda x: tf.raw_ops.Conv(input=tf.reshape(x, [1, 2, 2, 1]), filter=tf.ones([1, 1, 1, 1]), strides=[1, 1, 1, 1], padding="VALID"),
    "StatelessShuffle": lambda x: tf.random.experimental.stateless_shuffle(x, seed=[1, 2]),
    "Lu": lambda x: tf.linalg.lu(x)[0],
    "Unique": lambda x: tf.unique(tf.reshape(x, [-1]))[0],
    "Bitcast": lambda x: tf.bitcast(tf.bitcast(x, tf.int32), tf.float32) + tf.bitcast(x, tf.float32),
    "TruncateMod": lambda x: tf.truncatemod(x, 1.5),
}


@pytest.mark.parametrize("place", ["eager", "around", "inside"])
@pytest.mark.parametrize("name", CALLS)
def test_asking_is_an_error(name, place):
    f = tf.function(CALLS[name]) if place == "around" else CALLS[name]

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.gradient(y, x)

    with pytest.raises(LookupError, match=f"gradient registry has no entry for: {name}"):
        tf.function(gradient)(X) if place == "inside" else gradient(X)


def test_floor_lets_none_through():
    with tf.GradientTape() as tape:
        tape.watch(X)
        y = tf.floor(X)
    assert tape.gradient(y, X) is None


@pytest.mark.parametrize("vectors", [True, False])
def test_gradient_of_eigenvalues(vectors):
    """The sum of the cubed eigenvalues is the trace of the cube, whose gradient is 3 (A^T)^2."""
    a = np.random.default_rng(3).normal(size=(2, 4, 4))
    x = tf.constant(a)
    with tf.GradientTape() as tape:
        tape.watch(x)
        e = tf.linalg.eig(x)[0] if vectors else tf.linalg.eigvals(x)
        y = tf.reduce_sum(tf.math.real(e * e * e))
    np.testing.assert_allclose(tape.gradient(y, x), 3 * np.swapaxes(a @ a, 1, 2), rtol=1e-9, atol=1e-9)


def test_gradient_of_eigenvectors():
    """Against differences: the weights of an eigenvector's parts do not depend on its phase."""
    a = np.random.default_rng(4).normal(size=(3, 3))

    def loss(x):
        e, v = tf.linalg.eig(x)
        return tf.reduce_sum(tf.math.real(e * e * tf.cast(tf.abs(v[0]) ** 2, tf.complex128)))

    x = tf.constant(a)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = loss(x)
    got = tape.gradient(y, x).numpy()
    for i in range(3):
        for j in range(3):
            step = np.zeros((3, 3))
            step[i, j] = 1e-6
            difference = (loss(tf.constant(a + step)) - loss(tf.constant(a - step))).numpy() / 2e-6
            np.testing.assert_allclose(got[i, j], difference, rtol=1e-5, atol=1e-6)
