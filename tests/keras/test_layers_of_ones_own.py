"""Layers written in Python: with weights, sub-layers, several inputs and outputs, behaving otherwise while training."""

import gc
import warnings
import weakref

import numpy as np
import pytest
import runnel as tf

keras = tf.keras
X = np.arange(12, dtype="float32").reshape(4, 3)


class Affine(keras.layers.Layer):
    def __init__(self, units, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, batch_input_shape):
        self.kernel = self.add_weight(name="kernel", shape=[batch_input_shape[-1], self.units], initializer="ones")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        super().build(batch_input_shape)

    def call(self, X):
        return self.activation(X @ self.kernel + self.bias)

    def compute_output_shape(self, batch_input_shape):
        return tf.TensorShape(batch_input_shape.as_list()[:-1] + [self.units])

    def get_config(self):
        return {**super().get_config(), "units": self.units, "activation": keras.activations.serialize(self.activation)}


def test_weights_are_made_and_tracked():
    layer = Affine(2, activation="relu", name="mine")
    assert not layer.built and layer.weights == []
    np.testing.assert_array_equal(layer(X).numpy(), np.repeat(X.sum(1, keepdims=True), 2, axis=1))
    assert layer.built and [w.path for w in layer.weights] == ["mine/kernel", "mine/bias"]
    assert layer.trainable_weights[0] is layer.kernel and layer.count_params() == 8
    layer.trainable = False
    assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == 2


def test_configuration_round_trip():
    layer = Affine(5, activation="tanh", name="mine")
    again = Affine.from_config(layer.get_config())
    assert again.get_config() == layer.get_config() and again.units == 5


def test_in_a_functional_model():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, Affine(2)(inputs))
    assert model.output_shape == (None, 2)
    np.testing.assert_array_equal(model.predict(X, verbose=0), np.repeat(X.sum(1, keepdims=True), 2, axis=1))


def test_several_inputs_and_outputs():
    class MyMultiLayer(keras.layers.Layer):
        def call(self, X):
            X1, X2 = X
            return X1 + X2, X1 * X2, X1 / X2

    inputs1, inputs2 = keras.Input([2]), keras.Input([2])
    outputs = MyMultiLayer()((inputs1, inputs2))
    assert len(outputs) == 3 and tuple(outputs[0].shape) == (None, 2)
    model = keras.Model([inputs1, inputs2], list(outputs))
    a, b = np.ones((1, 2), "float32"), np.full((1, 2), 4, "float32")
    np.testing.assert_array_equal(model.predict([a, b], verbose=0)[2], [[0.25, 0.25]])


def test_further_arguments_reach_call():
    class Two(keras.layers.Layer):
        def call(self, a, b, scale=1, flag="no"):
            assert flag == "yes"
            return a + b * scale

    result = Two()(X, X, scale=3, flag="yes")
    np.testing.assert_array_equal(result.numpy(), X * 4)
    a, b = keras.Input((3,)), keras.Input((3,))
    model = keras.Model([a, b], Two()(a, b=b, scale=2, flag="yes"))
    np.testing.assert_array_equal(model([X, X]).numpy(), X * 3)


def test_self_may_be_called_otherwise():
    class Plain(keras.layers.Layer):
        def call(me, a, b):
            return a + b

    class Static(keras.layers.Layer):
        @staticmethod
        def call(a, b):
            return a + b

    class OfTheClass(keras.layers.Layer):
        @classmethod
        def call(cls, a, b):
            return a + b

    for kind in (Plain, Static, OfTheClass):
        np.testing.assert_array_equal(kind()(X, X).numpy(), X * 2)


def test_training_comes_from_the_caller():
    seen = []

    class Noise(keras.layers.Layer):
        def call(self, X, training=None):
            seen.append(training)
            return X

    model = keras.Sequential([Noise(), keras.layers.Dense(1)])
    model(X)
    model(X, training=True)
    model.compile("sgd", "mse")
    seen.clear()
    model.fit(X, X[:, :1], verbose=0)
    model.predict(X, verbose=0)
    assert seen == [True, False]


def test_sublayers_in_lists_and_dicts_are_tracked():
    class Deep(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.hidden = [keras.layers.Dense(4) for _ in range(2)]
            self.more = []
            self.named = {"out": keras.layers.Dense(1)}
            for _ in range(2):
                self.more.append(keras.layers.Dense(3))

        def call(self, X):
            for layer in [*self.hidden, *self.more, self.named["out"]]:
                X = layer(X)
            return X

    layer = Deep()
    assert layer(X).shape == (4, 1)
    assert len(layer.weights) == 10 and len(layer._flatten_layers(include_self=False)) == 5
    layer.more.pop()
    assert len(layer.weights) == 8


def test_replacing_an_attribute_forgets_the_old_layer():
    class Holder(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = keras.layers.Dense(2)
            self.inner = keras.layers.Dense(3)

        def call(self, X):
            return self.inner(X)

    layer = Holder()
    layer(X)
    assert [tuple(w.shape) for w in layer.weights] == [(3, 3), (3,)]


def test_losses_and_metrics_added_in_call():
    class Penalised(keras.layers.Layer):
        def call(self, X, training=None):
            self.add_loss(0.5 * tf.reduce_sum(X))
            self.add_metric(tf.reduce_sum(X), name="total")
            return X

    model = keras.Sequential([Penalised(), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    history = model.fit(X, np.zeros((4, 1)), verbose=0, batch_size=4)
    assert history.history["loss"] == [33.0] and history.history["total"] == [66.0]
    model(X)
    assert [float(loss) for loss in model.losses] == [33.0]


def test_builtin_layers_can_be_subclassed():
    class Doubled(keras.layers.Dense):
        def call(self, inputs, training=None):
            return 2.0 * super().call(inputs)

    layer = Doubled(2, kernel_initializer="ones", use_bias=False)
    np.testing.assert_array_equal(layer(X).numpy(), 2 * np.repeat(X.sum(1, keepdims=True), 2, axis=1))
    assert layer.units == 2 and isinstance(layer, keras.layers.Dense) and layer.name.startswith("doubled")


def test_forgotten_super_init():
    class Forgetful(keras.layers.Layer):
        def __init__(self):
            pass

    with pytest.raises(RuntimeError, match=r"forgot to call `super\(\).__init__\(\)`"):
        Forgetful()(X)


def test_unknown_arguments():
    with pytest.raises(ValueError, match=r"Unrecognized keyword arguments passed to Dense: \{'unitz': 3\}"):
        keras.layers.Dense(3, unitz=3)
    with pytest.raises(TypeError, match="multiple values for argument 'units'"):
        keras.layers.Dense(3, units=3)


def test_call_is_needed():
    class Empty(keras.layers.Layer):
        pass

    with pytest.raises(NotImplementedError, match=r"Layer Empty does not have a `call\(\)` method implemented"):
        Empty()(X)


def test_attributes_of_builtin_layers():
    layer = keras.layers.Dense(3, activation="relu", kernel_initializer="he_normal", kernel_regularizer=keras.regularizers.L2(0.1))
    layer.build((None, 5))
    assert layer.units == 3 and layer.activation is keras.activations.relu and layer.use_bias
    assert isinstance(layer.kernel_initializer, keras.initializers.HeNormal) and layer.kernel_regularizer.l2 == pytest.approx(0.1)
    assert tuple(layer.kernel.shape) == (5, 3) and layer.bias is layer.weights[1]
    with pytest.raises(AttributeError):
        layer.no_such_thing


def test_older_arguments():
    assert keras.Sequential([keras.layers.Dense(2, input_dim=3)]).input_shape == (None, 3)
    assert keras.Sequential([keras.layers.Dense(2, batch_input_shape=(None, 7))]).input_shape == (None, 7)
    kernel, bias = np.eye(3, dtype="float32"), np.ones(3, "float32")
    layer = keras.layers.Dense(3, weights=[kernel, bias])
    np.testing.assert_array_equal(layer(X).numpy(), X + 1)


def test_errors_name_the_layer():
    layer = keras.layers.Dense(2, name="narrow")
    layer.build((None, 3))
    with pytest.raises(ValueError, match="layer 'narrow' is incompatible with the layer: expected axis -1 of input shape to have value 3"):
        layer(np.ones((1, 4), "float32"))


def test_identity_and_attributes_survive_in_cpp():
    layer = keras.layers.Dense(2)
    layer.note = "kept"
    model = keras.Sequential([layer])
    number = id(layer)
    del layer
    gc.collect()
    assert id(model.layers[0]) == number and model.layers[0].note == "kept"


def test_two_hundred_models_are_freed():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = Affine(4)
            self.out = keras.layers.Dense(1)
            self.me = lambda: self  # a cycle

        def call(self, X):
            return self.out(self.hidden(X))

    alive = []
    for _ in range(200):
        model = Net()
        model.compile("sgd", loss=lambda y, p: tf.reduce_mean(tf.square(y - p), -1))
        model.train_on_batch(X, X[:, :1])
        alive += [weakref.ref(model), weakref.ref(model.hidden)]
    del model
    gc.collect()
    assert sum(ref() is not None for ref in alive) == 0


def test_a_loss_that_is_a_method_of_its_model_is_freed():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.out = keras.layers.Dense(1)

        def call(self, X):
            return self.out(X)

        def my_loss(self, y, p):
            return tf.square(y - p)

    model = Net()
    model.compile("sgd", loss=model.my_loss)
    model.fit(X, X[:, :1], verbose=0)
    ref = weakref.ref(model)
    del model
    gc.collect()
    assert ref() is None


def test_a_class_that_is_called_seed_generator_by_chance():
    class SeedGenerator:
        state = 3

    class Mine(tf.keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.seeds = SeedGenerator()

    layer = Mine()
    assert layer.seeds.state == 3 and layer.weights == []


def test_complex_numbers_stay_in_a_functional_model():
    class Same(tf.keras.layers.Layer):
        def call(self, data):
            return data

    given = tf.constant([[1 + 2j, 3 - 1j]])
    inputs = tf.keras.Input((2,))
    model = tf.keras.Model(inputs, Same()(inputs))
    assert model(given).numpy().tolist() == [[1 + 2j, 3 - 1j]]


class _Bilinear(keras.layers.Layer):
    def build(self, query_shape, value_shape=None):
        self.got = tuple(query_shape), value_shape and tuple(value_shape)
        self.kernel = self.add_weight(shape=(query_shape[-1], (value_shape or query_shape)[-1]), initializer="ones", name="kernel")

    def call(self, query, value=None):
        return query @ self.kernel + (0 if value is None else value)

    def compute_output_shape(self, query_shape, value_shape=None):
        return (*query_shape[:-1], (value_shape or query_shape)[-1])


@pytest.mark.parametrize("call", [lambda layer, x, y: layer(x, y), lambda layer, x, y: layer(x, value=y), lambda layer, x, y: layer(query=x, value=y)])
def test_build_gets_the_shapes_that_it_names(call):
    layer = _Bilinear()
    assert call(layer, tf.ones((2, 3)), tf.ones((2, 4))).shape == (2, 4) and layer.got == ((2, 3), (2, 4))
    assert layer.get_build_config() == {"shapes_dict": {"query_shape": (2, 3), "value_shape": (2, 4)}}
    assert call(_Bilinear(), keras.Input((3,)), keras.Input((4,))).shape == (None, 4)


def test_shapes_that_are_left_out_and_names_that_are_none():
    layer = _Bilinear()
    layer(tf.ones((2, 3)))
    assert layer.got == ((2, 3), None) and layer.get_build_config() == {"input_shape": (2, 3)}

    class Strange(keras.layers.Layer):
        def build(self, a_shape, b_shape):
            pass

        def call(self, x, y):
            return x

    with pytest.raises(ValueError, match="received `build\\(\\)` argument `a_shape`, but `call\\(\\)` does not have argument `a`"):
        Strange()(tf.ones((2, 3)), tf.ones((2, 4)))


def test_build_gets_shapes_in_the_structure_of_the_inputs():
    class Structured(keras.layers.Layer):
        def build(self, shape):
            self.got = shape

        def call(self, x):
            return tf.nest.flatten(x)[0]

    def got(inputs):
        layer = Structured()
        layer(inputs)
        return layer.got

    a, b = tf.ones((2, 3)), tf.ones((2, 4))
    assert got({"a": a, "b": b}) == {"a": (2, 3), "b": (2, 4)} and got([a, b]) == [(2, 3), (2, 4)] and got((a, b)) == ((2, 3), (2, 4))


def test_a_layer_of_several_shapes_comes_back(tmp_path):
    class Holder(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = _Bilinear()

        def call(self, x):
            return self.inner(x, x)

    model = Holder()
    y = model.predict(X, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects={"_Bilinear": _Bilinear, "Holder": Holder})
    np.testing.assert_array_equal(again.predict(X, verbose=0), y)


def test_what_call_keeps_for_a_later_look():
    class Scored(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, x):
            self.scores = self.dense(x)
            self.many = {"scores": [self.scores]}
            return self.scores

    model = keras.Sequential([Scored()])
    model.compile("sgd", "mse")
    model.fit(X, X[:, :2], verbose=0)
    y = model(X)
    assert model(X).shape == (4, 2) and np.array_equal(model.layers[0].scores, y)


class _Called(keras.Model):
    """Needs the values, the dtypes and the structure of what it is called with."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3)

    def call(self, inputs, hidden, training=False):
        assert float(tf.reduce_sum(hidden).numpy()) == 6
        return self.dense(inputs["x"]) + hidden + tf.gather(tf.ones((4, 3)), inputs["rows"])


def test_a_model_is_built_by_its_first_call():
    model = _Called()
    inputs = {"x": tf.ones((2, 5)), "rows": tf.constant([0, 3])}
    assert model(inputs, tf.ones((2, 3))).shape == (2, 3) and model.built and len(model.weights) == 2
    assert model(inputs, hidden=tf.ones((2, 3))).shape == (2, 3)


def test_the_first_argument_by_its_name():
    x = tf.ones((2, 5, 8))
    assert keras.layers.MultiHeadAttention(2, 4)(query=x, value=x, key=x).shape == (2, 5, 8)
    assert keras.layers.LSTM(3)(sequences=x).shape == (2, 3)


def test_build_by_hand_tells_what_stays_unbuilt():
    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

    with pytest.warns(UserWarning, match="looks like it has unbuilt state"):
        Outer().build((2, 3))
    for layer in (keras.layers.Dense(2), keras.layers.BatchNormalization()):
        with pytest.raises(TypeError, match="missing 1 required positional argument: 'input_shape'"):
            layer.build()


def test_plain_variables_of_a_model_stand_after_its_layers_weights():
    class Counting(keras.Model):
        def __init__(self):
            super().__init__()
            self.steps = tf.Variable(0.0, trainable=False)
            self.dense = keras.layers.Dense(1)

        def call(self, x):
            return self.dense(x)

    model = Counting()
    model(X)
    assert [tuple(w.shape) for w in model.weights] == [(3, 1), (1,), ()]


def test_arguments_of_a_call_come_back_from_files_and_in_clones(tmp_path):
    class Scale(keras.layers.Layer):
        def call(self, x, scale=2.0, axes=(0,), mode="a", options=None):
            return x * scale + len(axes) + (10 if mode == "b" else 0) + (options or {"k": 0})["k"]

    x = keras.Input((3,))
    layer = Scale()
    for y in (Scale()(x, scale=3.0), Scale()(x, 3.0), Scale()(x, axes=(0, 1), mode="b", options={"k": 100}), layer(layer(x, scale=3.0), scale=5.0)):
        model = keras.Model(x, y)
        model.save(tmp_path / "m.keras")
        for again in (keras.models.load_model(tmp_path / "m.keras", custom_objects={"Scale": Scale}), keras.models.clone_model(model)):
            np.testing.assert_array_equal(again(X), model(X))


def test_masks_are_there_while_a_graph_is_made():
    class Summed(keras.layers.Layer):
        def call(self, x, mask=None):
            return tf.reduce_sum(x * tf.cast(mask, "float32")[..., None], 1)

    ids = np.array([[5, 3, 0, 0], [1, 2, 3, 4]])
    embedding = keras.layers.Embedding(9, 2, mask_zero=True)
    inputs = keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, Summed()(embedding(inputs)))
    expected = (embedding(ids).numpy() * (ids != 0)[..., None]).sum(1)
    np.testing.assert_allclose(model.predict(ids, verbose=0), expected, rtol=1e-6)
    np.testing.assert_allclose(keras.Sequential([keras.Input((4,)), embedding, Summed()])(ids), expected, rtol=1e-6)


def test_each_output_has_a_mask_of_its_own():
    class Split(keras.layers.Layer):
        def call(self, x):
            return tf.split(x, 2, axis=1)

        def compute_mask(self, x, mask=None):
            return None if mask is None else tf.split(mask, 2, axis=1)

    ids = np.array([[5, 3, 0, 0], [1, 2, 3, 4]])
    parts = Split()(keras.layers.Embedding(9, 2, mask_zero=True)(ids))
    assert [part._keras_mask.numpy().tolist() for part in parts] == [[[True, True], [True, True]], [[False, False], [True, True]]]


def test_containers_may_hold_nothing():
    class Holding(keras.layers.Layer):
        def build(self, shape):
            self.sizes, self.table, self.pair = list(shape), {"a": None}, (None, 2)

        def call(self, x):
            return x

    layer = Holding()
    layer(keras.Input((4,)))
    assert layer.sizes == [None, 4] and layer.table == {"a": None} and layer.pair == (None, 2)


def test_models_take_dicts_and_nests():
    class Nested(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, inputs):
            return self.dense(tf.concat([inputs["a"], *inputs["b"]], -1))

    model = Nested()
    model.compile("sgd", "mse")
    data = {"a": X, "b": (X, X[:, :1])}
    model.fit(data, X[:, :1], verbose=0)
    assert model.predict(data, verbose=0).shape == (4, 1) and model.dense.kernel.shape == (7, 1)


@pytest.mark.parametrize("make, tells", [
    (lambda: keras.layers.Flatten(name="x"), True), (lambda: keras.layers.Conv1D(2, 1, name="x"), True), (lambda: keras.layers.Permute((2, 1), name="x"), True),
    (lambda: keras.layers.Dense(2, name="x"), False), (lambda: keras.layers.LSTM(2, name="x"), False), (lambda: Unmasked(name="x"), True)])
def test_a_lost_mask_is_told(make, tells):
    masked = keras.layers.Embedding(9, 2, mask_zero=True)(np.array([[5, 3, 0], [1, 0, 0]]))
    layer = make()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        layer(masked)
        layer(np.asarray(masked))
    assert [str(w.message) for w in caught] == [
        f"Layer 'x' (of type {type(layer).__name__}) was passed an input with a mask attached to it. However, this layer does not support masking and "
        "will therefore destroy the mask information. Downstream layers will not see the mask."] * tells


class Unmasked(keras.layers.Layer):
    def call(self, x):
        return x * 2.0
