"""The variables of layers: seeds among them, orders in files, layers that hold each other. Numbers are those of real Keras 3.15."""

import gc
import weakref

import numpy as np
import pytest

import runnel as tf

keras = tf.keras
layers = keras.layers

# (layer, input shape, number of variables, of weights): real Keras counts so.
COUNTS = [
    (lambda: layers.Dropout(0.5), (2, 4, 3), 1, 0), (lambda: layers.Dropout(0.0), (2, 4, 3), 0, 0), (lambda: layers.SpatialDropout1D(0.5), (2, 4, 3), 1, 0),
    (lambda: layers.GaussianNoise(0.1), (2, 4, 3), 1, 0), (lambda: layers.AlphaDropout(0.1), (2, 4, 3), 1, 0), (lambda: layers.LSTM(3), (2, 4, 3), 4, 3),
    (lambda: layers.GRU(3, recurrent_dropout=0.1), (2, 4, 3), 4, 3), (lambda: layers.Bidirectional(layers.LSTM(2)), (2, 4, 3), 8, 6),
    (lambda: layers.TimeDistributed(layers.Dropout(0.5)), (2, 4, 3), 1, 0), (lambda: layers.ConvLSTM1D(2, 2, dropout=0.2), (2, 4, 5, 3), 4, 3),
    (lambda: layers.Dense(3), (2, 4, 3), 2, 2),
]


@pytest.mark.parametrize("make, shape, variables, weights", COUNTS)
def test_seeds_are_variables_and_no_weights(make, shape, variables, weights):
    layer = make()
    layer.build(shape)
    assert (len(layer.variables), len(layer.weights), len(layer.get_weights())) == (variables, weights, weights)
    assert len(layer.non_trainable_variables) == variables - weights and not layer.non_trainable_weights


def test_stateless_call_hands_on_the_seed():
    model = keras.Sequential([layers.Input((3,)), layers.Dropout(0.5, seed=3), layers.Dense(1)])
    assert [tuple(v.shape) for v in model.variables] == [(2,), (3, 1), (1,)]
    trained, others = model.trainable_variables, model.non_trainable_variables
    _, after = model.stateless_call(trained, others, np.ones((4, 3), "float32"), training=True)
    assert [np.asarray(v).tolist() for v in after] == [[3, 1]] and others[0].numpy().tolist() == [3, 0]


def test_a_seed_generator_of_ones_own_layer_counts():
    class Noise(layers.Layer):
        def __init__(self):
            super().__init__()
            self.seeds = keras.random.SeedGenerator(7)

        def call(self, x):
            return x + keras.random.normal(keras.ops.shape(x), seed=self.seeds)

    layer = Noise()
    layer(np.ones((2, 2), "float32"))
    assert [v.numpy().tolist() for v in layer.non_trainable_variables] == [[7, 1]] and not layer.weights


def test_h5_files_list_trainable_weights_first(tmp_path):
    inner = keras.Sequential([layers.Dense(3), layers.BatchNormalization(), layers.Dense(2)], name="inner")
    model = keras.Sequential([layers.Input((4,)), inner, layers.SpectralNormalization(layers.Dense(2), name="spectral")])
    shapes = [tuple(w.shape) for w in model.layers[1].weights]
    assert shapes == [(2, 2), (1, 2), (2,)]  # kernel, vector_u, bias; in the file the bias comes second
    x = np.ones((2, 4), "float32")
    before = model.predict(x, verbose=0)
    model.save(tmp_path / "m.h5")
    bytes_of = (tmp_path / "m.h5").read_bytes()
    kernel, bias, u = (bytes_of.index(f"spectral/{name}".encode()) for name in ("dense", "dense", "vector_u"))
    assert kernel <= bias < u
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "m.h5", compile=False).predict(x, verbose=0), before, rtol=1e-6)


def test_whole_numbers_become_what_the_input_says():
    inputs = keras.Input((2,))
    x = np.array([[1, 2]])
    assert keras.Model(inputs, inputs / 2)(x).numpy().tolist() == [[0.5, 1.0]]
    assert keras.Model(inputs, inputs * 1).predict(x, verbose=0).dtype == "float32"
    assert keras.Sequential([keras.Input((2,)), layers.Lambda(lambda x: x)])(x).dtype == "float32"
    wanted = keras.Input((2,), dtype="int32")
    assert keras.Model(wanted, wanted * 2)(np.array([[1.0, 2.0]])).dtype == "int32"


def test_a_built_layer_cannot_own_the_model_around_it():
    model = keras.Sequential([layers.Input((3,)), layers.Dense(1)])
    with pytest.raises(ValueError, match="already built"):
        model.layers[0].model = model
    model.layers[0].model = weakref.ref(model)


def test_layers_that_hold_each_other_are_counted_once_and_freed():
    class Owned(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)
            self.dense.owner = self

        def call(self, x):
            return self.dense(x)

    def trained():
        model = Owned()
        model.compile("sgd", "mse")
        model.fit(np.ones((4, 3), "float32"), np.ones((4, 1), "float32"), verbose=0)
        assert len(model.weights) == len(model.trainable_weights) == 2 and len(model.losses) == 0
        return weakref.ref(model)

    alive = [trained() for _ in range(20)]
    gc.collect()
    assert not any(ref() for ref in alive)


def test_metrics_that_hold_their_model_are_freed():
    def trained():
        model = keras.Sequential([layers.Input((3,)), layers.Dense(1)])
        metric = keras.metrics.MeanAbsoluteError()
        metric.model = model
        model.compile("sgd", "mse", metrics=[metric])
        model.fit(np.ones((4, 3), "float32"), np.ones((4, 1), "float32"), verbose=0)
        return weakref.ref(model)

    alive = [trained() for _ in range(20)]
    gc.collect()
    assert not any(ref() for ref in alive)


def test_a_constant_may_be_an_array():
    constant = tf.keras.initializers.Constant([1, 2, 3])
    assert constant.get_config() == {"value": [1, 2, 3]}
    assert constant((2, 3)).numpy().tolist() == [[1, 2, 3], [1, 2, 3]]
    layer = tf.keras.layers.Dense(2, bias_initializer=tf.keras.initializers.Constant(np.array([0.5, 1.5])))
    layer.build((None, 1))
    assert layer.get_weights()[1].tolist() == [0.5, 1.5]
    with pytest.raises(ValueError):
        tf.keras.initializers.Constant("much")


@pytest.mark.parametrize("operator, expected", [("+=", [6, 4]), ("-=", [2, 0]), ("*=", [8, 4]), ("/=", [2, 1]), ("//=", [2, 1]), ("%=", [0, 0]),
                                                ("**=", [16, 4])])
def test_operators_in_place_make_tensors_of_a_keras_variable(operator, expected):
    kept = keras.Variable([4.0, 2.0])
    names = {"v": kept}
    exec(f"v {operator} 2", names)
    assert tf.is_tensor(names["v"]) and names["v"] is not kept
    assert names["v"].numpy().tolist() == expected and kept.numpy().tolist() == [4, 2]


def test_the_dtype_of_a_weight_is_a_name():
    """Keras 3's word, which also tells what Keras 2's tf.DType does."""
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    dtype = layer.kernel.dtype
    assert isinstance(dtype, str) and str(dtype) == repr(dtype)[1:-1] == f"{dtype}" == "float32"
    assert dtype == "float32" and dtype == tf.float32 and tf.float32 == dtype and dtype != tf.float64 and {dtype: 1}["float32"] == 1
    assert dtype.name == "float32" and dtype.is_floating and dtype.base_dtype is tf.float32 and np.zeros(2, dtype).dtype == np.float32
    assert tf.zeros(2, dtype).dtype == tf.cast(1, dtype).dtype == tf.float32 and isinstance(tf.Variable(1.0).dtype, tf.DType)
