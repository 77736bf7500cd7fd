"""check_layer(index): what holds for every layer of layer_rows.py, in one call."""

import json

import numpy as np
import runnel as tf
from layer_rows import ROWS, Case, code, make

keras = tf.keras


def functional(case, layer):
    """A model of Inputs like the case's inputs and the layer."""
    inputs = [keras.Input(tuple(x.shape)[1:], dtype=x.dtype.name) for x in case.inputs]
    return keras.Model(inputs, layer(*case.positional(inputs)))


def check_config(index):
    """get_config() is JSON, and from_config() makes an equal layer of it."""
    if any(isinstance(value, code) and "lambda" in value for value in ROWS[index][4].values()):
        return
    layer = make(tf, index)
    again = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
    assert again.get_config() == layer.get_config()


def check_shapes(case, model):
    """A symbolic call knows the shape that an eager one has, and builds the same weights."""
    output = case()
    assert model.output.shape.as_list() == [None, *output.shape[1:]] and model.output.dtype == output.dtype
    shapes = [tuple(x.shape) for x in case.inputs]
    if len(shapes) == 1:
        assert tuple(case.layer.compute_output_shape(shapes[0])) == tuple(output.shape)


def check_weights(case, layer):
    assert [tuple(w.shape) for w in layer.weights] == [tuple(w.shape) for w in case.layer.weights]
    assert layer.count_params() == sum(int(np.prod(w.shape)) for w in layer.weights)
    assert len(layer.trainable_weights) + len(layer.non_trainable_weights) == len(layer.weights)
    layer.trainable = False
    assert not layer.trainable_weights
    layer.trainable = True


def check_mixed_precision(index, case):
    """Computes in float16, keeps float32 weights, and is close to the layer in float32."""
    half = Case(tf, index, dtype="mixed_float16")
    wanted, got = case(), half()
    assert all(w.dtype == "float32" for w in half.layer.weights if w.dtype.is_floating)
    if wanted.dtype.is_floating:
        assert got.dtype == "float16"
        if "seed" in ROWS[index][4]:
            return  # draws other numbers each time
        scale = 1 + float(np.abs(wanted).max())
        np.testing.assert_allclose(np.asarray(got, "float32"), wanted, rtol=0.02, atol=0.02 * scale)


def check_step(case, model):
    """One step of fit() has a finite loss, and changes what can be trained."""
    flat = keras.Model(model.inputs, keras.layers.Dense(1)(keras.layers.Lambda(lambda y: tf.cast(tf.reshape(y, [-1, y.shape[-1]]), "float32"))(model.output)))
    before = [w.numpy() for w in model.layers[-1].trainable_weights]
    flat.compile(keras.optimizers.SGD(0.1), lambda y, p: tf.reduce_mean(tf.square(p - 3.0)))
    loss = flat.fit([np.asarray(x) for x in case.inputs], np.zeros(case.inputs[0].shape[0]), batch_size=64, verbose=0).history["loss"][0]
    assert np.isfinite(loss)
    assert not before or any((w.numpy() != old).any() for w, old in zip(model.layers[-1].trainable_weights, before))


def check_saving(case, model, folder, index):
    """A file brings back the same layer: the same answers, bit for bit."""
    x = [np.asarray(value) for value in case.inputs]
    path = folder / "layer.keras"
    model.save(path)
    again = keras.models.load_model(path, safe_mode=False)
    rows = len(x[0])
    np.testing.assert_array_equal(again.predict(x, verbose=0, batch_size=rows), model.predict(x, verbose=0, batch_size=rows))
    model.save_weights(folder / "layer.weights.h5")
    other = functional(case, make(tf, index))
    other.load_weights(folder / "layer.weights.h5")
    for one, two in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def check_layer(index, folder):
    check_config(index)
    case, layer = Case(tf, index), make(tf, index)
    model = functional(case, layer)
    check_shapes(case, model)
    check_weights(case, layer)
    layer.set_weights(case.layer.get_weights())
    check_mixed_precision(index, case)
    check_step(case, model)
    check_saving(case, model, folder, index)
