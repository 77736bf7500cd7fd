"""model.save, load_model and their relatives in Python; classes of one's own included."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import runnel as tf
import saved_models

keras = tf.keras


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("name", list(saved_models.MODELS))
def test_round_trip(tmp_path, name, ending):
    if (name, ending) in (("operations", "h5"), ("own", "h5")):
        pytest.skip("the old format keeps neither what operations were called with, nor that one layer stands in two places")
    model, x, y = saved_models.MODELS[name](keras)
    saved_models.train(model, x, y)
    model.save(tmp_path / f"m.{ending}")
    again = keras.models.load_model(tmp_path / f"m.{ending}")
    for a, b in zip(saved_models.outputs(again, x), saved_models.outputs(model, x)):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(saved_models.train(again, x, y), saved_models.train(model, x, y), rtol=1e-6)
    assert not keras.models.load_model(tmp_path / f"m.{ending}", compile=False).compiled


class Scale(keras.layers.Layer):
    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
        self.inner = keras.layers.Dense(3)

    def build(self, input_shape):
        self.offset = self.add_weight(name="offset", shape=(3,), initializer="ones")
        self.inner.build(input_shape)

    def call(self, inputs):
        return self.inner(inputs) * self.factor + self.offset

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


class Twin(keras.Model):
    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.left = keras.layers.Dense(units)
        self.stack = [keras.layers.Dense(units), keras.layers.Dense(units)]

    def call(self, inputs):
        return self.left(inputs) + self.stack[1](self.stack[0](inputs))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def test_own_layer(tmp_path):
    x = np.ones((2, 3), "float32")
    model = keras.Sequential([keras.layers.Dense(3, input_shape=(3,)), Scale(2.5)])
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Scale": Scale})
    assert again.layers[1].factor == 2.5
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    with pytest.raises((TypeError, ValueError), match="Scale"):
        keras.models.load_model(tmp_path / "m.keras")


def test_own_model_weights(tmp_path):
    x = np.ones((2, 3), "float32")
    model, other = Twin(), Twin()
    expected = model.predict(x, verbose=0)
    other.predict(x, verbose=0)
    model.save_weights(tmp_path / "m.weights.h5")
    other.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(other.predict(x, verbose=0), expected)


def test_own_model_whole(tmp_path):
    x = np.ones((2, 3), "float32")
    model = Twin(5)
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Twin": Twin})
    assert isinstance(again, Twin) and again.units == 5
    np.testing.assert_array_equal(again.predict(x, verbose=0), expected)


def test_json_and_clone():
    model, x, _ = saved_models.MODELS["nested"](keras)
    again = keras.models.model_from_json(model.to_json())
    assert json.loads(again.to_json())["config"] == json.loads(model.to_json())["config"]
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    for a, b in zip(saved_models.outputs(clone, x), saved_models.outputs(model, x)):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("call, error, text", [
    (lambda m, p: m.save(p / "m.txt"), ValueError, "Invalid filepath extension for saving"),
    (lambda m, p: m.save_weights(p / "m.txt"), ValueError, "The filename must end in `.weights.h5`"),
    (lambda m, p: m.load_weights(p / "none.weights.h5"), FileNotFoundError, "No such file"),
    (lambda m, p: keras.models.load_model(p / "none.keras"), ValueError, "File not found"),
    (lambda m, p: keras.models.load_model(p / "none.pb"), ValueError, "File format not supported"),
])
def test_errors(tmp_path, call, error, text):
    with pytest.raises(error, match=text):
        call(saved_models.MODELS["adam"](keras)[0], tmp_path)


# --- what a class does itself

class Counting(keras.layers.Layer):
    """Keeps a word list beside a table of its own layout, and builds from more than a shape."""

    def __init__(self, words=(), **kwargs):
        super().__init__(**kwargs)
        self.words = list(words)

    def build(self, input_shape):
        self.table = self.add_weight(shape=(input_shape[-1], 2), name="table", initializer="ones")

    def call(self, x):
        return x @ self.table

    def get_build_config(self):
        return {"columns": self.table.shape[0]}

    def build_from_config(self, config):
        self.build((None, config["columns"]))
        self.built_from = config

    def save_own_variables(self, store):
        store["left"], store["right"] = self.table.numpy()[:, 0], self.table.numpy()[:, 1]

    def load_own_variables(self, store):
        self.table.assign(np.stack([store["left"], store["right"]], axis=1))

    def save_assets(self, dir_path):
        (Path(dir_path) / "words.txt").write_text("\n".join(self.words))

    def load_assets(self, dir_path):
        self.words = (Path(dir_path) / "words.txt").read_text().split("\n")


class Compiled(Twin):
    def get_compile_config(self):
        return {"rate": 0.25}

    def compile_from_config(self, config):
        self.compile(keras.optimizers.SGD(config["rate"]), "mse")


def test_hooks_of_a_layer(tmp_path):
    x = np.ones((2, 3), "float32")
    model = keras.Sequential([keras.Input((3,)), Counting(["a", "b"])])
    model.layers[0].table.assign([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    model.save(tmp_path / "m.keras")
    names = zipfile.ZipFile(tmp_path / "m.keras").namelist()
    assert names[3:] == ["assets/layers/counting/words.txt"]
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Counting": Counting})
    assert again.layers[0].words == ["a", "b"] and again.layers[0].built_from == {"columns": 3}
    np.testing.assert_array_equal(again.predict(x, verbose=0), [[9.0, 12.0]] * 2)


def test_hooks_of_a_model(tmp_path):
    model = Compiled()
    model.compile(keras.optimizers.SGD(0.5), "mae")
    model.predict(np.ones((2, 3), "float32"), verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Compiled": Compiled})
    assert again.loss == "mse" and float(again.optimizer.learning_rate) == 0.5  # what get_compile_config() says, then the saved state


@keras.saving.register_keras_serializable(package="mine")
class Registered(Scale):
    pass


def own_activation(x):
    return x * 3.0


@pytest.mark.parametrize("way", ["argument", "scope", "global", "registered"])
def test_custom_objects_in_every_form(tmp_path, way):
    layer = Registered(2.0) if way == "registered" else Scale(2.0)
    activation = "linear" if way == "registered" else own_activation
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation=activation), layer])
    model.save(tmp_path / "m.keras")
    known = {"Scale": Scale, "own_activation": own_activation}
    if way == "argument":
        again = keras.models.load_model(tmp_path / "m.keras", custom_objects=known)
    elif way == "scope":
        with keras.saving.custom_object_scope(known):
            again = keras.models.load_model(tmp_path / "m.keras")
    elif way == "global":
        keras.saving.get_custom_objects().update(known)
        again = keras.models.load_model(tmp_path / "m.keras")
        for name in known:
            del keras.saving.get_custom_objects()[name]
    else:
        again = keras.saving.load_model(tmp_path / "m.keras")
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


# --- several files, damaged files

def test_weights_in_several_files(tmp_path):
    model, other = (keras.Sequential([keras.Input((40,)), keras.layers.Dense(40), keras.layers.Dense(40)]) for _ in range(2))
    keras.saving.save_weights(model, tmp_path / "w.weights.json", max_shard_size=7000 / 2**30)
    index = json.loads((tmp_path / "w.weights.json").read_text())
    assert sorted(p.name for p in tmp_path.glob("*.h5")) == ["w_00000.weights.h5", "w_00001.weights.h5"]
    assert index["metadata"]["total_size"] == 2 * (40 * 40 + 40) * 4 and set(index["weight_map"]) == {"/layers/dense/vars", "/layers/dense_1/vars"}
    keras.saving.load_weights(other, tmp_path / "w.weights.json")
    for a, b in zip(model.get_weights(), other.get_weights()):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="exceeds the maximum shard size"):
        model.save_weights(tmp_path / "x.weights.json", max_shard_size=1e-7)
    (tmp_path / "w.weights.json").write_text('{"metadata": {}, "weight_map": {"/layers/dense/vars": "../w_00000.weights.h5"}}')
    with pytest.raises(ValueError, match="outside the folder"):
        other.load_weights(tmp_path / "w.weights.json")


@pytest.mark.parametrize("ending", ["keras", "h5", "weights.h5"])
def test_a_damaged_file_raises_what_keras_raises_and_what_tensorflow_does(tmp_path, ending):
    model = saved_models.MODELS["adam"](keras)[0]
    path = tmp_path / f"m.{ending}"
    saved_models.save(model, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    for error in (tf.errors.DataLossError, ValueError, OSError):
        with pytest.raises(error):
            model.load_weights(path) if ending == "weights.h5" else keras.models.load_model(path)


def test_weights_of_layers_that_fit(tmp_path):
    old = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, name="a"), keras.layers.Dense(2, name="b")])
    new = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, name="a"), keras.layers.Dense(5, name="b")])
    for ending, more in (("weights.h5", {}), ("h5", {"by_name": True})):
        new.set_weights([np.zeros_like(w) for w in new.get_weights()])
        saved_models.save(old, tmp_path / f"m.{ending}")
        with pytest.warns(UserWarning):
            new.load_weights(tmp_path / f"m.{ending}", skip_mismatch=True, **more)
        np.testing.assert_array_equal(new.get_weights()[0], old.get_weights()[0])
        assert not new.get_weights()[2].any()


def test_a_file_of_weights_can_be_edited(tmp_path, capsys):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(2)])
    model.save(tmp_path / "m.keras")
    editor = keras.saving.KerasFileEditor(tmp_path / "m.keras")
    assert editor.compare(model)["status"] == "success"
    editor.summary()
    assert "layers/dense_1/vars/0: shape=(4, 2), dtype=float32" in capsys.readouterr().out
    editor.delete_object("layers/dense_1")
    editor.add_object("layers/dense_1", {"0": np.ones((4, 5), "float32"), "1": np.zeros(5, "float32"), "2": np.zeros(1)})
    editor.delete_weight("dense_1", "2")
    editor.add_weights("layers/dense_1", {"1": np.full(5, 7.0, "float32")})
    assert editor.compare(model)["error_count"] == 2
    editor.save(tmp_path / "e.weights.h5")
    wider = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(5)])
    wider.load_weights(tmp_path / "e.weights.h5")
    assert wider.get_weights()[3].tolist() == [7.0] * 5
    np.testing.assert_array_equal(wider.get_weights()[0], model.get_weights()[0])
    editor.rename_object("dense_1", "dense_9")
    with pytest.raises(ValueError, match="Could not find weights with name dense_1"):
        editor.delete_object("dense_1")
    with pytest.raises(ValueError, match="expected a `.weights.h5` extension"):
        editor.save(tmp_path / "x.h5")


def test_a_folder_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(ValueError, match=r"add either a `.keras` extension.*`.h5`"):
        saved_models.MODELS["adam"](keras)[0].save(tmp_path / "folder")


def test_registered_classes_in_the_old_format(tmp_path):
    """As in Keras, the old format names them "package>Name"."""
    register = tf.keras.saving.register_keras_serializable("Old")

    @register
    class Doubled(tf.keras.layers.Layer):
        def call(self, x):
            return 2.0 * x

    @register
    class Error(tf.keras.losses.Loss):
        def call(self, y, p):
            return tf.square(y - p)

    model = tf.keras.Sequential([tf.keras.Input((2,)), Doubled(), tf.keras.layers.Dense(1)])
    model.compile("sgd", Error())
    x = np.ones((4, 2), "float32")
    model.fit(x, x[:, :1], verbose=0)
    model.save(tmp_path / "m.h5")
    assert b'"class_name": "Old>Doubled"' in (tmp_path / "m.h5").read_bytes().replace(b'":"', b'": "')
    again = tf.keras.models.load_model(tmp_path / "m.h5")
    assert type(again.layers[0]) is Doubled and isinstance(again.loss, Error)
    assert again.fit(x, x[:, :1], verbose=0).history == model.fit(x, x[:, :1], verbose=0).history


def test_an_object_in_two_places_is_one_object_again(tmp_path):
    model = saved_models.own(tf.keras)[0]
    model.save(tmp_path / "m.keras")
    pair = tf.keras.models.load_model(tmp_path / "m.keras").layers[0]
    assert pair.first is pair.second and len(pair.weights) == 3
    config = zipfile.ZipFile(tmp_path / "m.keras").read("config.json").decode()
    assert config.count("shared_object_id") % 2 == 0 and "shared_object_id" not in tf.keras.saving.serialize_keras_object(model)


def test_constraints_of_variables_are_applied():
    variable = tf.Variable([5.0], constraint=lambda w: tf.clip_by_value(w, 0.0, 1.0))
    tf.keras.optimizers.SGD(0.1).apply_gradients([(tf.constant([1.0]), variable)])
    assert variable.numpy() == [1.0]  # as real Keras does over TensorFlow


class Squares(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return tf.square(y_true - y_pred)


def test_losses_as_metrics(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[keras.losses.Huber(delta=0.5, name="near"), Squares()], weighted_metrics=[keras.losses.MeanAbsoluteError()])
    x, y = np.ones((4, 3), "float32"), np.zeros((4, 1), "float32")
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Squares": Squares})
    config = again.get_compile_config()
    assert [loss["class_name"] for loss in config["metrics"] + config["weighted_metrics"]] == ["Huber", "Squares", "MeanAbsoluteError"]
    logs = again.evaluate(x, y, verbose=0, return_dict=True)
    assert sorted(logs) == ["loss", "mean_absolute_error", "near", "squares"]
    assert logs == pytest.approx(model.evaluate(x, y, verbose=0, return_dict=True))


def test_h5_files_hold_losses_given_by_name_as_objects(tmp_path):
    model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.h5")
    assert b'"loss":{"class_name":"MeanSquaredError"' in (tmp_path / "m.h5").read_bytes()  # real Keras 3.15 opens no file with "mse"


@keras.saving.register_keras_serializable("test_saving")
class _Doubled(keras.layers.Wrapper):
    def call(self, x):
        return self.layer(x) * 2


def _small(kind):
    inputs = keras.Input((3,))
    return keras.Sequential([inputs, keras.layers.Dense(2)]) if kind == "sequential" else keras.Model(inputs, keras.layers.Dense(2)(inputs))


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("kind", ["sequential", "functional"])
@pytest.mark.parametrize("wrap", [keras.layers.TimeDistributed, _Doubled, lambda layer: keras.layers.TimeDistributed(_Doubled(layer)),
                                  lambda layer: keras.layers.TimeDistributed(keras.Sequential([layer, _Doubled(keras.layers.Dense(2))]))])
def test_wrapped_models_come_back(tmp_path, wrap, kind, suffix):
    inner = _small(kind)
    x = np.linspace(-1, 1, 24, dtype="float32").reshape(2, 4, 3)
    wrapper = wrap(inner)
    if isinstance(wrapper, _Doubled):
        x = x[0]
    model = keras.Sequential([keras.Input(x.shape[1:]), wrapper])
    path = tmp_path / f"m.{suffix}"
    model.save(path)
    np.testing.assert_array_equal(keras.models.load_model(path).predict(x, verbose=0), model.predict(x, verbose=0))
    assert keras.models.model_from_json(model.to_json()).count_params() == model.count_params()


def test_slices_in_a_graph_come_back(tmp_path):
    keras.backend.clear_session()
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, [inputs[:, -1, :], inputs[..., 0], inputs[:, None, 1:3], inputs[:, ::-1], keras.layers.Dense(2)(inputs[:, 0])])
    assert sorted(o.name for o in model.operations if "item" in o.name) == ["get_item", *(f"get_item_{i}" for i in range(1, 5))]
    assert len(model.layers) == 2
    model.save(tmp_path / "m.keras")
    x = np.arange(24, dtype="float32").reshape(2, 4, 3)
    for got, expected in zip(keras.models.load_model(tmp_path / "m.keras")(x), model(x)):
        np.testing.assert_array_equal(got, expected)
    # As real Keras 3.15 writes it.
    key = next(entry for entry in model.get_config()["layers"] if entry["name"] == "get_item")["inbound_nodes"][0]["args"][1]
    whole = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}
    assert key == [whole, -1, whole]


def test_losses_and_metrics_of_keras_2s_graphs(tmp_path):
    """AddLoss and AddMetric, as Keras 2 writes model.add_loss() and add_metric() into its files; real Keras 3 does not know them."""
    def entry(class_name, name, config, nodes):
        return {"class_name": class_name, "config": {"name": name, "trainable": True, "dtype": "float32", **config}, "name": name, "inbound_nodes": nodes}

    read = [[["out", 0, 0, {}]]]
    config = {"name": "m", "input_layers": [["in", 0, 0]], "output_layers": [["out", 0, 0]], "layers": [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 1], "dtype": "float32", "sparse": False, "ragged": False, "name": "in"}, "name": "in",
         "inbound_nodes": []},
        entry("Activation", "out", {"activation": "linear"}, [[["in", 0, 0, {}]]]),
        entry("AddLoss", "add_loss", {"unconditional": False}, read), entry("AddMetric", "add_metric", {"aggregation": "mean", "metric_name": "size"}, read)]}
    model = keras.models.model_from_json(json.dumps({"class_name": "Functional", "config": config, "keras_version": "2.11.0", "backend": "tensorflow"}))
    model.compile("sgd", "mse")
    logs = model.evaluate(np.array([[1.0], [2.0]]), np.array([[1.0], [2.0]]), verbose=0, return_dict=True, batch_size=2)
    assert logs["size"] == 1.5 and [m.name for m in model.metrics] == ["loss", "size"]
    assert [float(tf.reduce_mean(loss)) for loss in (model(np.array([[4.0]])), model.losses[0])] == [4.0, 4.0]


def test_configs_have_tuples_where_keras_has_them():
    model = _small("sequential")
    config = model.get_config()
    assert config["layers"][0]["config"]["batch_shape"] == (None, 3) and config["build_input_shape"] == (None, 3)
    assert config["layers"][1]["build_config"] == {"input_shape": (None, 3)} and list(config["layers"][1]["config"])[:3] == ["name", "trainable", "dtype"]
    assert model.get_build_config() == {"input_shape": (None, 3)} and _small("functional").get_build_config() == {"input_shape": None}
    assert json.loads(model.to_json())["build_config"] == {"input_shape": [None, 3]}


def test_weights_that_do_not_fit_are_told_in_keras_s_words(tmp_path):
    _small("sequential").save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ValueError) as error:
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, use_bias=False, name="other")]).load_weights(tmp_path / "m.weights.h5")
    assert str(error.value) == (
        "A total of 1 objects could not be loaded. Example error message for object <Dense name=other, built=True>:\n\nLayer 'other' expected 1 variables, "
        "but received 2 variables during loading. Expected: ['kernel']\n\nList of objects that could not be loaded:\n[<Dense name=other, built=True>]")


@pytest.mark.parametrize("name, operation", [("elu", "Elu"), ("selu", "Selu"), ("gelu", "Gelu"), ("silu", "Silu"), ("softmax", "Softmax"), ("leaky_relu", "LeakyRelu")])
def test_activations_in_a_graph_are_one_operation_and_come_back(tmp_path, name, operation):
    x = keras.Input((3,))
    model = keras.Model(x, getattr(keras.activations, name)(x))
    assert len(model.operations) == 2 and len(model.layers) == 1
    assert model.get_config()["layers"][1]["class_name"] == operation  # as in real Keras 3.15
    model.save(tmp_path / "m.keras")
    ones = np.linspace(-2, 2, 12, dtype="float32").reshape(4, 3)
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "m.keras")(ones), model(ones))
    np.testing.assert_allclose(model(ones), getattr(keras.activations, name)(ones), rtol=1e-6, atol=1e-7)


def test_a_class_that_nobody_knows(tmp_path):
    class Unknown(keras.layers.Layer):
        def call(self, x):
            return x

    keras.Sequential([keras.Input((2,)), Unknown()]).save(tmp_path / "unknown.keras")
    with pytest.raises(TypeError, match=r"Could not locate class 'Unknown'.*register_keras_serializable\(\)`.*custom_objects"):
        keras.models.load_model(tmp_path / "unknown.keras")
    with pytest.raises(TypeError, match="Could not locate class 'Unknown'"):
        keras.saving.deserialize_keras_object({"class_name": "Unknown", "config": {}})
    with pytest.raises(ValueError, match="identifier: relux.*register_keras_serializable"):
        keras.layers.Dense(2, activation="relux")
