"""Every class of the training half from Python, against the numbers of real Keras in expected.json (make_expected.py)."""

import json
import pathlib

import numpy as np
import pytest

import runnel as tf

EXPECTED = json.loads(pathlib.Path(__file__).with_name("expected.json").read_text())
keras = tf.keras


def rows(kind):
    return [pytest.param(row, id=f"{row['class']}-{i}") for i, row in enumerate(EXPECTED[kind])]


def tensor(name):
    if name is None:
        return None
    made = EXPECTED["tensors"][name]
    return np.array(made["values"], made["dtype"]).reshape(made["shape"])


def check(got, wanted):
    np.testing.assert_allclose(np.ravel(np.asarray(got, "float64")), wanted, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("row", rows("losses"))
def test_loss(row):
    y_true, y_pred, weight = map(tensor, row["inputs"])
    predicted = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        loss = getattr(keras.losses, row["class"])(**row["config"])(y_true, predicted, sample_weight=weight)
    check(loss, row["expected"])
    check(tape.gradient(loss, predicted), row["gradient"])


@pytest.mark.parametrize("row", rows("metrics"))
def test_metric(row):
    metric = getattr(keras.metrics, row["class"])(**row["config"])
    for update in row["updates"]:
        *values, weight = map(tensor, update)
        metric.update_state(*values, sample_weight=weight)
    check(metric.result(), row["expected"])
    metric.reset_state()
    assert all(np.all(v.numpy() == 0) for v in metric.variables)


@pytest.mark.parametrize("row", rows("schedules"))
def test_schedule(row):
    schedule = getattr(keras.optimizers.schedules, row["class"])(**row["config"])
    check([float(schedule(step)) for step in row["steps"]], row["expected"])


@pytest.mark.parametrize("row", rows("regularizers"))
def test_regularizer(row):
    check(getattr(keras.regularizers, row["class"])(**row["config"])(tf.constant(tensor(row["inputs"][0]))), row["expected"])


@pytest.mark.parametrize("row", rows("constraints"))
def test_constraint(row):
    check(getattr(keras.constraints, row["class"])(**row["config"])(tf.constant(tensor(row["inputs"][0]))), row["expected"])


@pytest.mark.parametrize("row", rows("initializers"))
def test_initializer(row):
    values = np.asarray(getattr(keras.initializers, row["class"])(**row["config"])(row["shape"]))
    check(values.ravel()[: len(row["expected"])], row["expected"])


@pytest.mark.parametrize("row", rows("optimizers"))
def test_optimizer(row):
    config = dict(row["config"])
    for key, kind in (("learning_rate", keras.optimizers.schedules), ("inner_optimizer", keras.optimizers)):
        if isinstance(config.get(key), dict):
            config[key] = getattr(kind, config[key]["class_name"])(**config[key]["config"])
    optimizer = getattr(keras.optimizers, row["class"])(**config)
    start = EXPECTED["start"]
    kernel = tf.Variable(np.array(start["kernel"], "float32").reshape(2, 3), name="kernel")
    bias = tf.Variable(np.array(start["bias"], "float32"), name="bias")
    slopes = np.array(start["slopes"], "float32").reshape(2, 3)
    optimizer.build([kernel, bias])
    for _ in range(row["steps"]):
        scale = optimizer.scale_loss(tf.constant(1.0))
        optimizer.apply_gradients([(slopes * (kernel - 1.5) * scale, kernel), (2.0 * bias * scale, bias)])
    if row["before_finalize"]:
        optimizer.finalize_variable_values([kernel, bias])
    check(kernel, row["kernel"])
    check(bias, row["bias"])
    for variable, (dtype, shape, values) in zip(optimizer.variables, row["variables"], strict=True):
        assert (variable.dtype.name, list(variable.shape)) == (dtype, shape)
        check(variable, values)
