"""Training side by side with real Keras: the same weights and batches give the same losses."""

import json

import numpy as np
import pytest
import runnel as tf
import training_rows


@pytest.mark.parametrize("name", training_rows.names())
def test_losses_agree_for_a_hundred_steps(name):
    expected = json.loads(training_rows.EXPECTED.read_text())[name]
    np.testing.assert_allclose(training_rows.losses(tf.keras, name), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.peers
@pytest.mark.parametrize("name", training_rows.names())
def test_losses_agree_with_keras_now(name):
    pytest.importorskip("tensorflow")
    import keras

    np.testing.assert_allclose(training_rows.losses(tf.keras, name), training_rows.losses(keras, name), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", training_rows.optimizer_names())
def test_every_optimizer_in_every_form(name):
    expected = json.loads(training_rows.EXPECTED.read_text())[name]
    np.testing.assert_allclose(training_rows.short_run(tf.keras, name), expected, atol=2e-5, rtol=2e-5)


def test_an_optimizer_for_each_part():
    np.testing.assert_allclose(training_rows.two_optimizers(tf.keras), json.loads(training_rows.EXPECTED.read_text())["two optimizers"], rtol=1e-5)
    optimizers = tf.keras.optimizers
    multi = optimizers.MultiOptimizer(lambda variable: shared)
    shared = optimizers.SGD(0.5)
    weight = tf.Variable([1.0])
    multi.apply([tf.constant([1.0])], [weight])
    assert weight.numpy() == [0.5] and [type(o).__name__ for o in multi.optimizers] == ["SGD"]
    with pytest.raises(AttributeError, match="individual sub-optimizers"):
        multi.learning_rate


def test_a_schedule_may_take_the_epoch_alone():
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(tf.ones([8, 2]), tf.ones([8, 1]), verbose=0, callbacks=[tf.keras.callbacks.LearningRateScheduler(lambda epoch: 0.5)])
    assert float(model.optimizer.learning_rate) == 0.5
