"""Training side by side with real Keras: the same weights and batches give the same losses."""

import json

import numpy as np
import program_rows
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


@pytest.mark.parametrize("name", training_rows.combined_names())
def test_what_optimizers_share_all_at_once(name):
    expected = json.loads(training_rows.EXPECTED.read_text())[name]
    tolerance = {"float32": 2e-5, "mixed_float16": 3e-3, "mixed_bfloat16": 2e-2}[name.split("-")[1]]  # what rounding activations makes of ten steps
    np.testing.assert_allclose(training_rows.combined(tf.keras, name), expected, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("name", training_rows.WHOLE)
def test_whole_programs(name):
    expected = json.loads(training_rows.EXPECTED.read_text())[name]
    np.testing.assert_allclose(training_rows.WHOLE[name](tf.keras), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", program_rows.PROGRAMS)
def test_whole_programs_on_real_data(name):
    got, expected = program_rows.PROGRAMS[name](tf.keras), json.loads(training_rows.EXPECTED.read_text())[name]
    assert got.keys() == expected.keys()
    for log, values in expected.items():
        np.testing.assert_allclose(got[log], values, rtol=1e-5, atol=1e-6, err_msg=log)


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


def test_a_jit_compiled_step_trains_close_to_the_exact_one():
    def run(jit_compile):
        random, inputs = np.random.RandomState(0), tf.keras.Input((16,))
        x = tf.keras.layers.Dense(32, activation="gelu")(tf.keras.layers.LayerNormalization()(inputs))
        model = tf.keras.Model(inputs, tf.keras.layers.Dense(4, activation="softmax")(x))
        model.set_weights([0.3 * random.randn(*w.shape) for w in model.get_weights()])
        model.compile("adam", "sparse_categorical_crossentropy", jit_compile=jit_compile)
        data = random.randn(64, 16).astype("float32")
        return model.fit(data, (data[:, 0] > 0).astype("int32"), epochs=5, shuffle=False, verbose=0).history["loss"], model

    exact, relaxed = run(False), run(True)
    assert relaxed[0][-1] < relaxed[0][0]
    np.testing.assert_allclose(relaxed[0], exact[0], rtol=1e-4)
    assert relaxed[1].jit_compile is True and relaxed[1].explain() != ""


def test_a_schedule_may_take_the_epoch_alone():
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(tf.ones([8, 2]), tf.ones([8, 1]), verbose=0, callbacks=[tf.keras.callbacks.LearningRateScheduler(lambda epoch: 0.5)])
    assert float(model.optimizer.learning_rate) == 0.5


def steps(run_eagerly):
    """Losses and weights of steps whose batches have several sizes: also labels of one row for a batch of four."""
    tf.keras.utils.set_random_seed(1)
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=run_eagerly)
    x = np.arange(12, dtype="float32").reshape(4, 3) / 10
    sizes = ((4, 4), (4, 1), (4, 4), (1, 1), (3, 3))
    losses = [model.train_on_batch(x[:rows], np.full((labels, 1), 2, "float32")) for rows, labels in sizes]
    return losses, [w.tolist() for w in model.get_weights()]


def test_a_compiled_step_has_the_bits_of_the_eager_one_also_where_labels_are_broadcast():
    assert steps(run_eagerly=False) == steps(run_eagerly=True)
