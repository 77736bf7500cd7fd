"""Quantized and adapted layers against real Keras (expected_quantization.json, written by make_expected_quantization.py)."""

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import quantization_rows
import runnel as tf
from test_smaller_names import compare

EXPECTED = json.loads(Path(__file__).with_name("expected_quantization.json").read_text())
keras = tf.keras


@pytest.mark.parametrize("name", list(quantization_rows.ROWS))
@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")
def test_row(name):
    compare(quantization_rows.answer(keras, tf, name), EXPECTED[name], name)


def test_a_variable_of_one_s_own_takes_its_gradient():
    class Counting(keras.layers.Layer):
        def build(self, shape):
            self.seen = self.add_weight(name="seen", shape=(), initializer="zeros", overwrite_with_gradient=True)
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

        def call(self, x):
            return x * self.scale + self.seen * 3.0

    layer = Counting()
    x, optimizer = tf.ones((2, 1)), keras.optimizers.Adam(0.1)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(x))
    optimizer.apply_gradients(zip(tape.gradient(loss, layer.trainable_weights), layer.trainable_weights))
    assert layer.seen.overwrite_with_gradient and not layer.scale.overwrite_with_gradient
    assert float(layer.seen) == 6.0 and float(layer.scale) == pytest.approx(0.9) and len(optimizer.variables) == 4


def test_a_quantized_policy_quantizes_a_layer_that_is_built():
    layer = keras.layers.Dense(2)
    layer(tf.ones((1, 3)))
    layer.dtype_policy = "int8_from_float32"
    assert layer.quantization_mode == "int8" and layer.get_weights()[1].dtype == "int8" and layer.kernel.shape == (3, 2)
    assert layer.quantized_call(tf.ones((1, 3))).shape == (1, 2)
    with pytest.raises(NotImplementedError, match="Invalid quantization mode"):
        keras.layers.Flatten().quantized_call(tf.ones((1, 3)))


def test_the_global_policy_may_quantize():
    keras.config.set_dtype_policy("int4/4_from_float32")
    try:
        assert keras.config.dtype_policy() == keras.dtype_policies.Int4DTypePolicy("int4/4", "float32")
        layer = keras.layers.Dense(3)
    finally:
        keras.config.set_dtype_policy("float32")
    layer(tf.ones((1, 6)))
    assert [(w.name, w.shape) for w in layer.weights] == [("bias", (3,)), ("kernel", (6, 2)), ("kernel_scale", (2, 3)), ("kernel_zero", (2, 3)), ("g_idx", (6,))]


def test_one_s_own_quantizer_and_layer():
    class Halves(keras.Quantizer):
        def __call__(self, x):
            return tf.cast(tf.round(x * 2), "int8"), tf.fill((1, x.shape[1]), 2.0)

    class Mine(keras.layers.Layer):
        def quantize(self, mode=None, type_check=True, config=None):
            self.told = mode, type(config).__name__

        def call(self, x):
            return x

    dense = keras.layers.Dense(2, name="dense")
    model = keras.Sequential([keras.layers.Input((3,)), dense, Mine(name="mine")])
    kernel = np.array([[0.5, 1.0], [1.5, -2.0], [0.0, 2.5]], "float32")
    dense.set_weights([kernel, np.zeros(2, "float32")])
    model.quantize(config=keras.quantizers.Int8QuantizationConfig(weight_quantizer=Halves(), activation_quantizer=None))
    assert model.get_layer("mine").told == ("int8", "Int8QuantizationConfig") and Halves().output_dtype == "int8"
    np.testing.assert_array_equal(dense._kernel, kernel * 2)
    np.testing.assert_allclose(model.predict(np.eye(3, dtype="float32"), verbose=0), kernel)


def test_int8_sums_are_exact_where_float32_s_are_not():
    """3,000 products of 127 and 127, and one of 2 and 2: a number of float32, but not all sums on the way to it are."""
    x = np.full((1, 3001), 127.0, "float32")
    x[0, -1] = 2.0
    layer = keras.layers.Dense(1, use_bias=False)
    layer(x)
    layer.set_weights([x.T])
    layer.quantize("int8")
    scale = np.float32(127) / np.float32(127 + 1e-7)
    assert float(layer.kernel_scale[0]) == scale and float(layer(x)[0, 0]) == np.float32(3000 * 127 * 127 + 4) / (scale * scale)


def test_saved_model_of_a_policy_trains_on(tmp_path):
    """Of a model with one quantized layer the others are trained after loading."""
    model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(4, "tanh", name="a"), keras.layers.Dense(1, name="b")])
    model.quantize("int8", filters="a")
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x = quantization_rows.X
    model.fit(x, x[:, :1], verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.get_layer("a").quantization_config.mode == "int8"
    before = again.get_layer("b").kernel.numpy()
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    again.fit(x, x[:, :1], verbose=0)
    assert (again.get_layer("b").kernel.numpy() != before).any() and len(again.trainable_weights) == 3


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")
def test_copies_of_quantized_layers_inside_of_layers(mode):
    inputs = keras.layers.Input((3,))
    x = keras.layers.Embedding(7, 6)(inputs)
    x = keras.layers.GroupQueryAttention(4, 2, 1, name="grouped")(keras.layers.MultiHeadAttention(2, 4, use_bias=False, name="attend")(x, x), x)
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    model.quantize(mode)
    wanted = model.predict(quantization_rows.IDS, verbose=0)
    copies = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    if mode != "float8":  # whose scales come before the kernel where a layer is made with the policy, as in Keras
        copies.append(keras.models.clone_model(model))
        copies[-1].set_weights(model.get_weights())
    for other in copies:
        np.testing.assert_array_equal(other.predict(quantization_rows.IDS, verbose=0), wanted)
    config = model.get_layer("attend").get_config()["dtype"]
    assert config["class_name"] == "DTypePolicyMap" and len(config["config"]["policy_map"]) == 4


def test_a_quantizer_that_gives_one_tensor_is_refused():
    class Half(keras.Quantizer):
        def __call__(self, x, axis=-1):
            return keras.ops.cast(x, "int8")

        def get_config(self):
            return {}

    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    with pytest.raises(ValueError, match="must give the numbers and their scale"):
        layer.quantize("int8", config=keras.quantizers.Int8QuantizationConfig(weight_quantizer=Half()))
