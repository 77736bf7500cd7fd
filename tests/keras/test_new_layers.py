"""Layers beyond their numbers (test_layers.py): arguments, saving, errors, what they learn from data."""

import json

import numpy as np
import pytest
import runnel as tf

K = tf.keras
L = tf.keras.layers


def test_lambda_takes_arguments_training_and_masks():
    def scaled(x, by, training=None):
        return x * by if training else x

    layer = L.Lambda(scaled, arguments={"by": 3.0})
    assert layer(tf.ones([2])).numpy().tolist() == [1, 1]
    assert layer(tf.ones([2]), training=True).numpy().tolist() == [3, 3]
    assert layer.function is scaled and layer.arguments == {"by": 3.0}


def test_lambda_in_a_model_is_saved_as_keras_saves_it(tmp_path):
    model = K.Sequential([K.Input((3,)), L.Lambda(lambda x: x * 2)])
    model.save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="safe_mode=False"):
        K.models.load_model(tmp_path / "m.keras")
    loaded = K.models.load_model(tmp_path / "m.keras", safe_mode=False)
    assert loaded(tf.ones([1, 3])).numpy().tolist() == [[2, 2, 2]]


def test_lambda_with_a_registered_function_needs_no_unsafe_loading(tmp_path):
    @K.saving.register_keras_serializable("test")
    def doubled(x):
        return x * 2

    K.Sequential([K.Input((3,)), L.Lambda(doubled)]).save(tmp_path / "m.keras")
    assert K.models.load_model(tmp_path / "m.keras")(tf.ones([1, 3])).numpy().tolist() == [[2, 2, 2]]


def test_input_spec_is_checked_on_call():
    class Mine(L.Layer):
        def __init__(self):
            super().__init__(name="mine")
            self.input_spec = L.InputSpec(ndim=2, axes={-1: 3})

        def call(self, x):
            return x

    layer = Mine()
    assert layer(tf.ones([2, 3])).shape == (2, 3)
    assert repr(layer.input_spec) == "InputSpec(ndim=2, axes={-1: 3})"
    with pytest.raises(ValueError, match="Input 0 with name 'None' of layer 'mine' is incompatible with the layer: expected ndim=2, found ndim=3"):
        layer(tf.ones([2, 3, 1]))
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 3, but received input with shape"):
        layer(tf.ones([2, 4]))
    with pytest.raises(ValueError, match="Axis 2 is greater than the maximum allowed value: 1"):
        L.InputSpec(ndim=2, axes={2: 3})


def test_wrapper_of_ones_own():
    class Twice(L.Wrapper):
        def call(self, x):
            return self.layer(self.layer(x))

    wrapper = Twice(L.Dense(3))
    assert wrapper(tf.ones([2, 3])).shape == (2, 3)
    assert len(wrapper.weights) == 2 and wrapper.get_config()["layer"]["class_name"] == "Dense"
    with pytest.raises(ValueError, match="isn't a supported layer type"):
        L.Wrapper(None)


def test_normalization_adapts_to_arrays_and_batches():
    data = np.random.default_rng(0).normal(3, 2, (100, 4)).astype("float32")
    whole, batched = L.Normalization(), L.Normalization()
    whole.adapt(data)
    batched.adapt(tf.data.Dataset.from_tensor_slices(data).batch(32))
    np.testing.assert_allclose(whole.mean.numpy()[0], data.mean(0), rtol=1e-5)
    np.testing.assert_allclose(whole.variance.numpy()[0], data.var(0), rtol=1e-5)
    np.testing.assert_allclose(batched(data), whole(data), rtol=1e-4, atol=1e-5)
    assert [w.name for w in whole.weights] == ["mean", "variance", "count"]
    with pytest.raises(ValueError, match="both `mean` and `variance` must be set"):
        L.Normalization(mean=1.0)


def test_discretization_finds_kerass_boundaries():
    layer = L.Discretization(num_bins=4, epsilon=0.01)
    layer.adapt(np.random.default_rng(1).normal(size=1000).astype("float32"))
    np.testing.assert_allclose(layer.bin_boundaries, DISCRETIZED, rtol=1e-5)
    assert layer(np.array([-9.0, 9.0], "float32")).numpy().tolist() == [0, 3]


# Of Keras 3.15 for the same numbers.
DISCRETIZED = [-0.7145804762840271, -0.03509513661265373, 0.6197853684425354]


def test_stateful_layers_begin_again():
    layer = L.LSTM(2, stateful=True)
    x = tf.ones([1, 3, 2])
    first, second = layer(x).numpy(), layer(x).numpy()
    assert not np.allclose(first, second)
    layer.reset_states()
    np.testing.assert_array_equal(layer(x), first)
    model = K.Sequential([K.Input(batch_shape=(1, 3, 2)), layer])
    model.reset_states()
    np.testing.assert_array_equal(model(x), first)
    assert [s.shape.as_list() for s in layer.states] == [[1, 2], [1, 2]]


def test_stateful_layers_are_made_again(tmp_path):
    inputs = K.Input(batch_shape=(4, 5, 3))
    both = L.Bidirectional(L.GRU(2, stateful=True, return_sequences=True))(inputs)
    model = K.Model(inputs, L.LSTM(2, stateful=True)(both))
    model.save(tmp_path / "m.keras")
    stack = K.Sequential([inputs, L.LSTM(2, stateful=True)])
    for again in (K.models.clone_model(model), K.models.load_model(tmp_path / "m.keras"), K.Model.from_config(model.get_config())):
        assert again.input_shape == (4, 5, 3)
        assert [s.shape.as_list() for s in again.layers[-1].states] == [[4, 2], [4, 2]]
    np.testing.assert_array_equal(K.models.load_model(tmp_path / "m.keras")(tf.ones([4, 5, 3])), model(tf.ones([4, 5, 3])))
    assert K.models.clone_model(stack).layers[0].states[0].shape == (4, 2)
    assert json.loads(stack.to_json())["config"]["layers"][1]["build_config"] == {"input_shape": [4, 5, 3]}  # as Keras


def test_older_arguments_and_names():
    assert L.LeakyReLU(alpha=0.2).negative_slope == 0.2
    assert L.Convolution1DTranspose is L.Conv1DTranspose and L.SeparableConvolution1D is L.SeparableConv1D
    assert L.LSTM(3).units == 3
    inputs = K.Input((2,))
    model = K.Model(inputs, L.Dense(1, name="last")(inputs))
    assert [w.path for w in model.weights] == ["last/kernel", "last/bias"]
    assert L.Bidirectional(L.LSTM(2, name="l")).forward_layer.name == "forward_l"


def test_what_is_not_there_says_so():
    with pytest.raises(NotImplementedError, match="TFSMLayer needs SavedModel"):
        L.TFSMLayer("somewhere")
    model = K.Sequential([L.Input((2, 3)), L.Flatten(name="flat")])
    with pytest.raises(NotImplementedError, match="does not have a `quantize"):
        model.get_layer("flat").quantize("int8")


def test_a_layer_as_a_function_of_its_weights():
    layer = L.Dense(1, use_bias=False, kernel_regularizer="l2")
    x = tf.constant([[1.0, 2.0]])
    layer(x)
    kept = layer.kernel.numpy()
    kernel = tf.constant([[3.0], [4.0]])
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        y, others, losses = layer.stateless_call([kernel], [], x, return_losses=True)
    assert y.numpy().tolist() == [[11.0]] and others == []
    np.testing.assert_allclose(losses[0], 0.25, rtol=1e-6)
    assert tape.gradient(y, kernel).numpy().tolist() == [[1.0], [2.0]]
    np.testing.assert_array_equal(layer.kernel, kept)
    with pytest.raises(ValueError, match="must be a list of tensors corresponding 1:1 to Dense"):
        layer.stateless_call([], [], x)


def test_stateless_calls_return_what_the_layer_would_have_changed():
    layer = L.BatchNormalization(momentum=0.5)
    x = tf.constant([[0.0], [2.0]])
    layer(x)
    before = [v.value() for v in layer.non_trainable_variables]
    _, after = layer.stateless_call([v.value() for v in layer.trainable_variables], before, x, training=True)
    assert [float(v[0]) for v in after] == [0.5, 1.0]
    assert [float(v.numpy()[0]) for v in layer.non_trainable_variables] == [0.0, 1.0]


def test_metrics_and_optimizers_as_functions():
    mean = K.metrics.Mean()
    state = mean.stateless_reset_state()
    state = mean.stateless_update_state(state, [1.0, 3.0])
    assert float(mean.stateless_result(state)) == 2.0 and float(mean.result()) == 0.0
    assert float(mean.total) == 0.0 and float(mean.count) == 0.0
    weight, optimizer = tf.Variable(2.0), K.optimizers.SGD(0.5)
    optimizer.build([weight])
    trained, _ = optimizer.stateless_apply([v.value() for v in optimizer.variables], [tf.constant(1.0)], [tf.constant(3.0)])
    assert [float(v) for v in trained] == [2.5] and float(weight) == 2.0


def test_members_that_users_reach_for():
    layer = L.Dense(2, kernel_regularizer=K.regularizers.L2(0.1), kernel_constraint=K.constraints.NonNeg())
    layer.build((None, 3))
    assert isinstance(layer.kernel.regularizer, K.regularizers.L2) and isinstance(layer.kernel.constraint, K.constraints.NonNeg)
    assert layer.bias.regularizer is None and layer.bias.constraint is None
    assert layer.autocast and layer.supports_jit and layer.activity_regularizer is None and layer.input_dtype == "float32"
    spec = layer.compute_output_spec(K.Input((3,)))
    assert tuple(spec.shape) == (None, 2)
    assert L.LSTM(3).state_size == [3, 3] and L.GRUCell(4).state_size == 4
    assert [tuple(s.shape) for s in L.LSTM(3).get_initial_state(2)] == [(2, 3), (2, 3)]
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = K.remat(lambda v: v * v)(x.value())
    assert float(y) == 4.0
    with pytest.raises(NotImplementedError, match="comes with SavedModel"):
        K.Sequential([L.Dense(1)]).export("somewhere")
