"""What the smaller names of keras do: settings, policies, get() and serialize() of each kind, functions beside their classes."""

import subprocess
import sys

import numpy as np
import pytest
import runnel as tf

keras = tf.keras
losses, metrics, layers = keras.losses, keras.metrics, keras.layers


def test_versions_are_those_of_the_interface():
    assert tf.__version__ == tf.version.VERSION and tuple(map(int, tf.__version__.split("."))) >= (2, 8)
    assert keras.__version__ == keras.version() == "3.15.1" and tf.version.RUNNEL.startswith("0.")


# --- keras.config

@pytest.fixture
def config():
    yield keras.config
    keras.config.set_epsilon(1e-7)
    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)
    keras.config.enable_interactive_logging()
    keras.config.enable_traceback_filtering()
    keras.config.enable_flash_attention()


def test_epsilon_reaches_the_losses(config):
    assert config.epsilon() == keras.backend.epsilon() == 1e-7
    config.set_epsilon(0.1)
    np.testing.assert_allclose(float(losses.BinaryCrossentropy()([[1.0]], [[0.0]])), -np.log(0.1 + 0.1), rtol=0.5)
    np.testing.assert_allclose(float(losses.CategoricalCrossentropy()([[0.0, 1.0]], [[1.0, 0.0]])), -np.log(0.1), rtol=1e-6)


def test_floatx_and_data_format_reach_the_layers(config):
    config.set_floatx("float64")
    config.set_image_data_format("channels_first")
    assert config.floatx() == keras.backend.floatx() == "float64" and config.image_data_format() == "channels_first"
    layer = layers.Conv2D(4, 3)
    assert layer(tf.zeros([1, 2, 5, 5], "float64")).shape == (1, 4, 3, 3) and layer.kernel.dtype == "float64"
    with pytest.raises(ValueError, match="Unknown `floatx` value: int8"):
        config.set_floatx("int8")
    with pytest.raises(ValueError, match="`data_format` argument must be one of"):
        config.set_image_data_format("NHWC")


def test_bounds_end_a_training_early(config):
    model = keras.Sequential([layers.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(3)
    assert (config.max_epochs(), config.max_steps_per_epoch()) == (2, 3)
    history = model.fit(np.ones((100, 2)), np.ones((100, 1)), batch_size=10, epochs=7, verbose=0)
    assert history.epoch == [0, 1] and int(model.optimizer.iterations) == 6
    assert model.predict(np.ones((100, 2)), batch_size=10, verbose=0).shape == (30, 1)


def test_progress_can_go_to_the_log(config, capsys, caplog):
    config.disable_interactive_logging()
    assert not config.is_interactive_logging_enabled()
    with caplog.at_level("INFO", "absl"):
        keras.utils.Progbar(2).update(2)
    assert "2/2" in caplog.text and not capsys.readouterr().out
    config.enable_interactive_logging()
    keras.utils.Progbar(2).update(2)
    assert "2/2" in capsys.readouterr().out and config.is_interactive_logging_enabled()


def test_switches_that_are_remembered(config):
    config.disable_traceback_filtering()
    config.disable_flash_attention()
    assert not config.is_traceback_filtering_enabled() and config.is_flash_attention_enabled() is False
    assert config.backend() == "tensorflow" and not config.is_nnx_enabled()
    config.set_backend("tensorflow")
    with pytest.raises(ValueError, match="Unable to import backend : jax"):
        config.set_backend("jax")


def test_lambdas_of_files_can_be_allowed_for_the_process():
    code = "from runnel.keras import config; config.enable_unsafe_deserialization(); print('allowed')"
    assert callable(keras.config.enable_unsafe_deserialization)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.stdout, run.returncode) == ("allowed\n", 0), run.stderr


# --- dtype policies

def test_policies():
    policies = keras.dtype_policies
    policy = keras.dtype_policies.get("mixed_bfloat16")
    assert (policy.compute_dtype, policy.variable_dtype) == ("bfloat16", "float32") and isinstance(policy, keras.DTypePolicy)
    assert policies.deserialize(policies.serialize(policy)) == policy and policies.get(policies.serialize(policy)) == policy
    assert policies.get(np.float16).name == "float16" and policies.get(None) == keras.config.dtype_policy()
    assert keras.FloatDTypePolicy("float64").compute_dtype == "float64"
    assert policy.convert_input(np.ones(2, "float32"), True, "bfloat16").dtype == tf.bfloat16
    with pytest.raises(ValueError, match="Cannot interpret `dtype` argument|Invalid dtype"):
        policies.get("nonsense")


def test_a_map_gives_each_layer_the_policy_of_its_path():
    policies = keras.dtype_policies.DTypePolicyMap("float32", {"wide_.*": "float64"})
    policies["half"] = "mixed_float16"
    assert layers.Dense(1, name="wide_1", dtype=policies).dtype == "float64"
    assert layers.Dense(1, name="half", dtype=policies).compute_dtype == "float16"
    assert layers.Dense(1, name="other", dtype=policies).dtype == "float32"
    assert len(policies) == 2 and keras.dtype_policies.deserialize(keras.dtype_policies.serialize(policies)) == policies
    policies["wide_1"] = "float16"
    assert policies["wide_1"].name == "float16"
    policies["wide.*x"] = "float16"
    with pytest.raises(ValueError, match="matches multiple dtype policy specification keys"):
        policies["wide_x"]
    with pytest.raises(ValueError, match="already exist in the DTypePolicyMap"):
        policies["half"] = "float16"


def test_the_global_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert keras.config.dtype_policy().name == "mixed_bfloat16" and layers.Dense(1).compute_dtype == "bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")


# --- things of the engine under Keras's names

def test_keras_tensors():
    x = keras.KerasTensor((None, 3), name="x")
    assert isinstance(x, keras.KerasTensor) and keras.utils.is_keras_tensor(x) and keras.backend.is_keras_tensor(layers.Dense(2)(x))
    assert not isinstance(tf.ones(2), keras.KerasTensor) and not keras.utils.is_keras_tensor(3)
    f = keras.Function(x, layers.Dense(2)(x))
    assert f(tf.ones([4, 3])).shape == (4, 2)
    with pytest.raises(ValueError, match="dense"):
        keras.KerasTensor((2,), sparse=True)


def test_variables():
    v = keras.Variable(keras.initializers.Constant(2.0), shape=(2,), name="v")
    assert isinstance(v, keras.Variable) and isinstance(v, tf.Variable) and v.numpy().tolist() == [2, 2]
    assert not keras.Variable([1], trainable=False).trainable
    with pytest.raises(ValueError, match="the `shape` argument should be specified"):
        keras.Variable(keras.initializers.Ones())


def test_layers_are_operations():
    class Twice(keras.Operation):
        def call(self, x):
            return x * 2

    assert isinstance(layers.Dense(1), keras.Operation) and Twice(name="twice")(tf.ones(2)).numpy().tolist() == [2, 2]
    assert keras.Sequential([keras.Input((2,)), Twice()]).output_shape == (None, 2)


def test_scopes():
    with keras.device("cpu:0"), keras.name_scope("here"):
        assert keras.Variable(1.0, name="v").numpy() == 1


@pytest.mark.parametrize("dtype, name", [(None, "float32"), (int, "int64"), (float, "float32"), (bool, "bool"), (str, "string"), (np.float16, "float16"),
                                         (tf.bfloat16, "bfloat16"), ("uint8", "uint8")])
def test_standardize_dtype(dtype, name):
    assert keras.utils.standardize_dtype(dtype) == keras.backend.standardize_dtype(dtype) == name


# --- each kind's get(), serialize() and deserialize()

KINDS = {
    "losses": (losses.Huber(0.5), lambda o: o.get_config()["delta"] == 0.5),
    "metrics": (metrics.MeanSquaredError(name="far"), lambda o: o.name == "far"),
    "optimizers": (keras.optimizers.SGD(0.25, momentum=0.5), lambda o: o.get_config()["momentum"] == 0.5),
    "schedules": (keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5), lambda o: o.get_config()["decay_steps"] == 3),
    "initializers": (keras.initializers.RandomNormal(stddev=0.5), lambda o: o.get_config()["stddev"] == 0.5),
    "regularizers": (keras.regularizers.L1(0.5), lambda o: float(o(tf.ones(2))) == 1.0),
    "constraints": (keras.constraints.MaxNorm(0.5), lambda o: o.get_config()["max_value"] == 0.5),
    "layers": (layers.Dense(3, name="three"), lambda o: o.units == 3 and o.name == "three"),
}
HOMES = {"losses": losses, "metrics": metrics, "optimizers": keras.optimizers, "schedules": keras.optimizers.schedules, "layers": layers,
         "initializers": keras.initializers, "regularizers": keras.regularizers, "constraints": keras.constraints}


@pytest.mark.parametrize("kind", KINDS)
def test_serialize_and_deserialize(kind):
    thing, same = KINDS[kind]
    home = HOMES[kind]
    again = home.deserialize(home.serialize(thing))
    assert type(again) is type(thing) and same(again)


@pytest.mark.parametrize("kind, name", [("losses", "MeanSquaredError"), ("metrics", "AUC"), ("optimizers", "adam"), ("initializers", "he_normal"),
                                        ("regularizers", "l2"), ("constraints", "non_neg")])
def test_get(kind, name):
    get = HOMES[kind].get
    thing = get(name)
    assert type(thing).__name__.lower() == name.replace("_", "").lower() and get(thing) is thing
    with pytest.raises(ValueError):
        get("no_such_thing")


# --- functions beside their classes

Y, P = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]], "float32"), np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]], "float32")
FUNCTIONS = {"binary_crossentropy": "BinaryCrossentropy", "binary_focal_crossentropy": "BinaryFocalCrossentropy",
             "categorical_crossentropy": "CategoricalCrossentropy", "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
             "categorical_hinge": "CategoricalHinge", "cosine_similarity": "CosineSimilarity", "dice": "Dice", "hinge": "Hinge", "huber": "Huber",
             "kl_divergence": "KLDivergence", "log_cosh": "LogCosh", "mean_absolute_error": "MeanAbsoluteError",
             "mean_absolute_percentage_error": "MeanAbsolutePercentageError", "mean_squared_error": "MeanSquaredError",
             "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError", "poisson": "Poisson", "squared_hinge": "SquaredHinge", "tversky": "Tversky"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_losses_as_functions(name):
    function = getattr(keras.losses, name)
    whole = getattr(keras.losses, FUNCTIONS[name])()(Y, P)
    np.testing.assert_allclose(np.mean(function(Y, P)), whole, rtol=1e-6)
    assert getattr(metrics, name, function) is function and losses.get(name) is function


@pytest.mark.parametrize("name", ["add", "average", "maximum", "minimum", "multiply", "subtract", "concatenate", "dot"])
def test_merging_layers_as_functions(name):
    cls = getattr(layers, name.capitalize())
    more = {"axes": 1} if name == "dot" else {}
    np.testing.assert_array_equal(getattr(layers, name)([Y, P], **more), cls(**more)([Y, P]))


def test_cells_and_stacks():
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    for cell, layer in ((layers.SimpleRNNCell, layers.SimpleRNN), (layers.GRUCell, layers.GRU), (layers.LSTMCell, layers.LSTM)):
        inner, whole = layers.RNN(cell(5)), layer(5)
        whole(x), inner(x)
        inner.set_weights(whole.get_weights())
        np.testing.assert_allclose(inner(x), whole(x), rtol=1e-5, atol=1e-6)
    assert layers.RNN(layers.StackedRNNCells([layers.LSTMCell(4), layers.GRUCell(2)]))(x).shape == (2, 2)


def test_a_penalty_on_activity():
    layer = layers.ActivityRegularization(l1=0.5, l2=0.25)
    np.testing.assert_array_equal(layer(Y), Y)
    np.testing.assert_allclose(layer.losses[0], (0.5 * 3 + 0.25 * 3) / len(Y), rtol=1e-6)


def test_registered_names():
    seen = keras.saving.get_custom_objects()
    seen["my_scale"] = abs
    assert keras.saving.get_registered_object("my_scale") is abs
    del seen["my_scale"]
    with keras.saving.custom_object_scope({"other": max}):
        assert keras.saving.get_registered_object("other") is max
    assert keras.saving.get_registered_object("other") is None


def test_truncated_normal_stays_within_two_deviations():
    drawn = keras.random.truncated_normal((500,), stddev=0.5, seed=1)
    assert np.abs(drawn).max() <= 1.0 and 0.3 < np.std(drawn) < 0.5


def test_names_begin_again_after_clear_session():
    keras.utils.clear_session()
    assert layers.Dense(1).name == "dense" and layers.Dense(1).name == "dense_1"


# --- one device, and Keras 2's way to save objects

def test_distribution_on_one_device():
    distribution = keras.distribution
    assert distribution.list_devices() == ["cpu:0"] and distribution.get_device_count() == 1 and distribution.list_devices("gpu") == []
    distribution.initialize(num_processes=1)
    with pytest.raises(NotImplementedError, match="one process"):
        distribution.initialize(num_processes=2)
    mesh = distribution.DeviceMesh((1,), ["batch"])
    layouts = distribution.LayoutMap(mesh)
    layouts[".*kernel"] = ("batch", None)
    assert layouts["dense/kernel"].axes == ("batch", None) and layouts["dense/bias"] is None
    with distribution.DataParallel(mesh).scope() as current:
        assert distribution.distribution() is current
    distribution.set_distribution(distribution.ModelParallel(layout_map=layouts))
    model = keras.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    assert model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0).epoch == [0]
    distribution.set_distribution(None)
    x = tf.ones(2)
    assert distribution.distribute_tensor(x, distribution.TensorLayout(("batch",), mesh)) is x
    with pytest.raises(ValueError, match="does not match the number of devices"):
        distribution.DeviceMesh((2,), ["batch"])
    with pytest.raises(ValueError, match="Invalid axis names"):
        distribution.TensorLayout(("rows",), mesh)


def test_legacy_saving():
    saving = keras.legacy.saving
    config = saving.serialize_keras_object(layers.Dense(3))
    assert config["class_name"] == "Dense" and keras.utils.legacy.serialize_keras_object(abs) == "abs"
    assert saving.deserialize_keras_object(config, module_objects={"Dense": layers.Dense}).units == 3
    assert saving.deserialize_keras_object("my_abs", custom_objects={"my_abs": abs}) is abs and saving.deserialize_keras_object(None) is None
    with pytest.raises(ValueError, match="Unknown layer: 'Nothing'"):
        saving.deserialize_keras_object("Nothing", printable_module_name="layer")


def test_a_config_is_a_dict_with_dots():
    config = keras.utils.Config(rate=0.1, units=3)
    config.units, config["depth"] = 4, 2
    assert config.as_dict() == {"rate": 0.1, "units": 4, "depth": 2} and list(config) == ["depth", "rate", "units"] and config.get("x", 1) == 1
    config.freeze()
    with pytest.raises(ValueError, match="frozen"):
        config.rate = 1
    with pytest.raises(AttributeError, match="Unknown attribute: 'rat'. Did you mean 'rate'"):
        config.rat


def test_repr_of_metrics():
    assert repr(metrics.Mean()).startswith("<Mean name=mean") and repr(metrics.MeanSquaredError(name="q")) == "<MeanSquaredError name=q>"


@pytest.mark.parametrize("attention", [lambda: layers.MultiHeadAttention(2, 2), lambda: layers.GroupQueryAttention(2, 2, 1, dropout=0.1)])
def test_attention_takes_names_for_its_dropout_and_softmax(attention):
    keras.backend.clear_session()
    layer, x = attention(), keras.Input((4, 8))
    assert layers.Dropout(0.1).name == "dropout"
    layer(x, x)
    assert (layers.Dropout(0.1).name, layers.Softmax().name) == ("dropout_2", "softmax_1")
