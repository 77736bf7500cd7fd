"""Models in Python: functional, sequential, subclassed; fit, evaluate, predict with their arguments."""

import sys

import numpy as np
import pytest
import runnel as tf

keras = tf.keras
rng = np.random.RandomState(0)
X, Y = rng.rand(64, 5).astype("float32"), rng.rand(64, 1).astype("float32")


def small():
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)])


def compiled(**kwargs):
    model = small()
    model.compile(optimizer="sgd", loss="mse", **kwargs)
    return model


def test_sequential_is_functional_inside():
    model = small()
    assert [layer.name for layer in model.layers] == ["dense", "dense_1"]
    assert model.input_shape == (None, 5) and model.output_shape == (None, 1) and model.count_params() == 29
    inner = keras.Model(model.inputs, model.layers[0].output)
    assert inner(X).shape == (64, 4) and inner.layers[1] is model.layers[0]
    assert model.get_layer("dense_1") is model.layers[1] and model.get_layer(index=0) is model.layers[0]
    with pytest.raises(ValueError, match="No such layer: nope"):
        model.get_layer("nope")


def test_adding_and_popping():
    model = keras.Sequential(name="grown")
    model.add(keras.layers.Input((5,)))
    model.add(keras.layers.Dense(3))
    model.add(keras.layers.Dense(2))
    assert model.output_shape == (None, 2)
    model.pop()
    assert model.output_shape == (None, 3) and len(model.layers) == 1
    with pytest.raises(ValueError, match="should have unique names"):
        model.add(keras.layers.Dense(1, name=model.layers[0].name))


def test_fit_gives_a_history():
    model = compiled(metrics=["mae"])
    history = model.fit(X, Y, epochs=3, batch_size=16, validation_split=0.25, verbose=0)
    assert history.epoch == [0, 1, 2] and sorted(history.history) == ["loss", "mae", "val_loss", "val_mae"]
    assert history.model is model and model.history is history
    assert history.history["loss"][-1] < history.history["loss"][0]


def test_evaluate_and_predict():
    model = compiled(metrics=["mae"])
    loss, mae = model.evaluate(X, Y, verbose=0)
    error = model.predict(X, verbose=0) - Y
    np.testing.assert_allclose([loss, mae], [np.mean(error**2), np.mean(abs(error))], rtol=1e-5)
    assert model.evaluate(X, Y, verbose=0, return_dict=True) == {"loss": loss, "mae": mae}
    assert model.predict_on_batch(X[:2]).shape == (2, 1) and isinstance(model.predict(X[:2], verbose=0), np.ndarray)


def test_batches_by_hand():
    model = compiled(metrics=["mae"])
    first = model.train_on_batch(X, Y)
    assert len(first) == 2 and set(model.test_on_batch(X, Y, return_dict=True)) == {"loss", "mae"}


@pytest.mark.parametrize("kind", ["dataset", "generator", "sequence", "list of arrays"])
def test_sources_of_data(kind):
    def batches():
        while True:
            for i in range(0, 64, 16):
                yield X[i : i + 16], Y[i : i + 16]

    class Batches(keras.utils.Sequence):
        def __len__(self):
            return 4

        def __getitem__(self, i):
            return X[i * 16 : i * 16 + 16], Y[i * 16 : i * 16 + 16]

    expected = compiled().fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0).history["loss"]
    model = compiled()
    if kind == "dataset":
        history = model.fit(tf.data.Dataset.from_tensor_slices((X, Y)).batch(16), epochs=2, verbose=0)
    elif kind == "generator":
        history = model.fit(batches(), steps_per_epoch=4, epochs=2, verbose=0)
    elif kind == "sequence":
        history = model.fit(Batches(), epochs=2, verbose=0, shuffle=False)
    else:
        history = model.fit([X], [Y], batch_size=16, epochs=2, shuffle=False, verbose=0)
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-6)


def test_sample_and_class_weights():
    labels = (Y[:, 0] > 0.5).astype("int32")
    losses = []
    for given in (dict(class_weight={0: 1.0, 1: 3.0}), dict(sample_weight=np.where(labels, 3.0, 1.0))):
        model = small()
        model.compile("sgd", "binary_crossentropy")
        losses.append(model.fit(X, labels, verbose=0, shuffle=False, **given).history["loss"][0])
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def two_headed():
    keras.utils.set_random_seed(2)
    a, b = keras.Input((5,), name="a"), keras.Input((2,), name="b")
    hidden = keras.layers.Concatenate()([keras.layers.Dense(3)(a), b]) if hasattr(keras.layers, "Concatenate") else keras.layers.Dense(3)(a)
    return keras.Model([a, b], [keras.layers.Dense(1, name="price")(hidden), keras.layers.Dense(1, activation="sigmoid", name="sold")(hidden)])


def test_several_inputs_and_outputs():
    B, sold = X[:, :2], (Y > 0.5).astype("float32")
    by_name, by_place = two_headed(), two_headed()
    by_name.compile("sgd", {"price": "mse", "sold": "binary_crossentropy"}, loss_weights={"price": 0.9, "sold": 0.1}, metrics={"sold": ["accuracy"]})
    by_place.compile("sgd", ["mse", "binary_crossentropy"], loss_weights=[0.9, 0.1], metrics=[None, ["accuracy"]])
    first = by_name.fit({"a": X, "b": B}, {"price": Y, "sold": sold}, epochs=2, shuffle=False, verbose=0).history
    second = by_place.fit((X, B), (Y, sold), epochs=2, shuffle=False, verbose=0).history
    assert sorted(first) == ["loss", "price_loss", "sold_accuracy", "sold_loss"]
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-6)
    price, probability = by_name.predict({"a": X, "b": B}, verbose=0)
    assert price.shape == (64, 1) and probability.shape == (64, 1)


class Regressor(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden = keras.layers.Dense(8, activation="relu")
        self.out = keras.layers.Dense(1)

    def call(self, inputs, training=None):
        return self.out(self.hidden(inputs))


def test_subclassed_model_learns():
    model = Regressor()
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(0.01), metrics=[keras.metrics.RootMeanSquaredError()])
    history = model.fit(X, Y, epochs=20, verbose=0).history
    assert history["loss"][-1] < 0.7 * history["loss"][0] and "root_mean_squared_error" in history
    assert [layer.name for layer in model.layers][0].startswith("dense") and len(model.weights) == 4


def test_a_model_with_a_reconstruction_loss():
    class Reconstructing(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = keras.layers.Dense(4)
            self.out = keras.layers.Dense(1)
            self.reconstruction_mean = keras.metrics.Mean(name="reconstruction_error")

        def build(self, batch_input_shape):
            self.reconstruct = keras.layers.Dense(batch_input_shape[-1])
            super().build(batch_input_shape)

        def call(self, inputs, training=False):
            Z = self.hidden(inputs)
            loss = tf.reduce_mean(tf.square(self.reconstruct(Z) - inputs))
            self.add_loss(0.05 * loss)
            if training:
                self.reconstruction_mean.update_state(loss)
            return self.out(Z)

    model = Reconstructing()
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.1))
    history = model.fit(X, Y, epochs=10, verbose=0).history
    assert history["reconstruction_error"][9] < history["reconstruction_error"][0] and len(model.trainable_variables) == 6


def test_train_step_of_ones_own():
    class Custom(Regressor):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compute_loss(y=y, y_pred=y_pred)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            return {m.name: m.result() for m in self.metrics}

    plain, custom = [], []
    for cls, out in ((Regressor, plain), (Custom, custom)):
        keras.utils.set_random_seed(3)
        model = cls()
        model.compile(optimizer="sgd", loss="mse")
        out += model.fit(X, Y, epochs=2, shuffle=False, verbose=0, batch_size=64).history["loss"]
    np.testing.assert_allclose(custom, plain, rtol=1e-6)


def test_compiled_loss_of_keras_2():
    class Custom(Regressor):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
            self.compiled_metrics.update_state(y, y_pred)
            return {m.name: m.result() for m in self.metrics}

    model = Custom()
    model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
    assert set(model.fit(X, Y, verbose=0).history) == {"loss", "mae"}


def test_steps_of_ones_own_for_testing_and_predicting():
    class Custom(Regressor):
        def test_step(self, data):
            return {"loss": 7.0}

        def predict_step(self, data):
            return super().predict_step(data) * 0 + 5

    model = Custom()
    model.compile("sgd", "mse")
    assert model.evaluate(X, Y, verbose=0) == 7.0
    assert (model.predict(X, verbose=0) == 5).all()


def test_a_model_of_two_optimizers():
    class Gan(keras.Model):
        def __init__(self):
            super().__init__()
            self.generator, self.discriminator = keras.layers.Dense(5), keras.layers.Dense(1)
            self.d_loss = keras.metrics.Mean(name="d_loss")

        def compile(self, d_optimizer, g_optimizer, loss_fn):
            super().compile()
            self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn

        @property
        def metrics(self):
            return [self.d_loss]

        def train_step(self, real):
            noise = tf.random.normal((tf.shape(real)[0], 2))
            with tf.GradientTape() as tape:
                both = self.discriminator(tf.concat([self.generator(noise), real], 0))
                loss = self.loss_fn(tf.concat([tf.zeros((64, 1)), tf.ones((64, 1))], 0), both)
            variables = self.discriminator.trainable_weights
            self.d_optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
            self.d_loss.update_state(loss)
            return {"d_loss": self.d_loss.result()}

    model = Gan()
    model.compile(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01), keras.losses.BinaryCrossentropy(from_logits=True))
    assert list(model.fit(X, epochs=2, batch_size=64, verbose=0).history) == ["d_loss"]


def test_functional_model_subclassed():
    class WithStep(keras.Model):
        pass

    inputs = keras.Input((5,))
    model = WithStep(inputs, keras.layers.Dense(1)(inputs))
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert model.layers[1].units == 1 and type(model) is WithStep
    assert isinstance(keras.Model(inputs, keras.layers.Dense(1)(inputs)), keras.models.Functional)


def test_stopping_from_a_callback():
    class Stopper(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.seen = []

        def on_train_begin(self, logs=None):
            self.seen.append(("begin", self.params["epochs"]))

        def on_train_batch_end(self, batch, logs=None):
            self.seen.append((batch, sorted(logs)))

        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    stopper = Stopper()
    history = compiled().fit(X, Y, epochs=5, batch_size=32, callbacks=[stopper], verbose=0)
    assert history.epoch == [0] and stopper.seen == [("begin", 5), (0, ["loss"]), (1, ["loss"])]


def test_an_exception_leaves_the_model_usable():
    class Bomb(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    model = compiled()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, callbacks=[Bomb()], verbose=0)
    assert len(model.fit(X, Y, verbose=0).history["loss"]) == 1


def test_no_python_frame_runs_in_a_step():
    model = compiled(metrics=["mae"])
    model.fit(X, Y, verbose=0)

    def frames(epochs):
        calls = []
        sys.setprofile(lambda frame, event, arg: calls.append(event) if event == "call" else None)
        model.fit(X, Y, epochs=epochs, batch_size=4, verbose=0)
        sys.setprofile(None)
        return len(calls)

    assert frames(20) == frames(1)


def test_weights_come_and_go():
    model = small()
    values = [w * 0 + 1 for w in model.get_weights()]
    model.set_weights(values)
    assert all((w == 1).all() for w in model.get_weights())
    with pytest.raises(ValueError, match="with a weight list of length 1"):
        model.set_weights(values[:1])


def test_not_compiled():
    with pytest.raises(ValueError, match=r"You must call `compile\(\)` before calling `fit\(\)`"):
        small().fit(X, Y)


def test_wrong_shapes_are_told():
    with pytest.raises(ValueError, match="Data cardinality is ambiguous"):
        compiled().fit(X, Y[:5], verbose=0)
    with pytest.raises(ValueError, match="incompatible with the layer"):
        compiled().fit(X[:, :2], Y, verbose=0)


def test_modules_are_real():
    from runnel.keras.layers import Dense
    from runnel.keras.optimizers.schedules import LearningRateSchedule
    from runnel.keras.utils import to_categorical

    assert Dense is keras.layers.Dense and LearningRateSchedule.__name__ == "LearningRateSchedule"
    np.testing.assert_array_equal(to_categorical([1, 0], 3), [[0, 1, 0], [1, 0, 0]])


def test_ops_in_a_layer():
    class Squared(keras.layers.Layer):
        def call(self, x):
            return keras.ops.sum(keras.ops.square(keras.ops.concatenate([x, x], axis=-1)), axis=-1, keepdims=True)

    np.testing.assert_allclose(Squared()(X), 2 * (X**2).sum(-1, keepdims=True), rtol=1e-6)
    assert keras.ops.shape(X) == (64, 5) and Squared()(keras.Input((5,))).shape == (None, 1)


def test_random_numbers_follow_from_the_seed():
    seeds = keras.random.SeedGenerator(3)  # the numbers are real Keras's
    np.testing.assert_allclose(keras.random.normal((4,), seed=seeds), [-0.67158478, 1.67605042, -0.94424546, 0.60793895], rtol=1e-5)
    np.testing.assert_allclose(keras.random.normal((4,), seed=seeds), [-1.17530239, -0.50418752, -0.50127041, -1.43011785], rtol=1e-5)
    np.testing.assert_allclose(keras.random.uniform((3,), seed=7), [0.74707878, 0.67218018, 0.05777955], rtol=1e-5)


def test_summary(capsys):
    inputs = [keras.Input((5,), name="a"), keras.Input((2,), name="b")]
    hidden = keras.layers.Concatenate(name="both")([keras.layers.Dense(3, name="left")(inputs[0]), inputs[1]])
    keras.Model(inputs, keras.layers.Dense(1, name="a_rather_long_name_for_a_layer")(hidden), name="two").summary()
    assert capsys.readouterr().out == """\
Model: "two"
┏━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)        ┃ Output Shape      ┃    Param # ┃ Connected to      ┃
┡━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━┩
│ a (InputLayer)      │ (None, 5)         │          0 │ -                 │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ left (Dense)        │ (None, 3)         │         18 │ a[0][0]           │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ b (InputLayer)      │ (None, 2)         │          0 │ -                 │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ both (Concatenate)  │ (None, 5)         │          0 │ left[0][0],       │
│                     │                   │            │ b[0][0]           │
├─────────────────────┼───────────────────┼────────────┼───────────────────┤
│ a_rather_long_name… │ (None, 1)         │          6 │ both[0][0]        │
│ (Dense)             │                   │            │                   │
└─────────────────────┴───────────────────┴────────────┴───────────────────┘
 Total params: 24 (96.00 B)
 Trainable params: 24 (96.00 B)
 Non-trainable params: 0 (0.00 B)
"""


def test_one_layer_stands_in_several_places():
    keras.utils.set_random_seed(2)
    shared = keras.layers.Dense(5, activation="tanh")
    model = keras.Sequential([keras.layers.Input((5,)), shared, shared, keras.layers.Dense(1), ])
    assert len(model.layers) == 3 and model.layers[0] is model.layers[1] and model.count_params() == 30 + 6
    by_hand = model.layers[2](shared(shared(X)))
    np.testing.assert_array_equal(model(X).numpy(), by_hand.numpy())
    again = keras.Sequential.from_config(model.get_config())
    assert again.layers[0] is again.layers[1] and again.count_params() == 36
    model.pop()
    model.pop()
    assert model.layers == [shared] and model.count_params() == 30
    with pytest.raises(ValueError, match="unique names"):
        keras.Sequential([keras.layers.Dense(1, name="twin"), keras.layers.Dense(1, name="twin")])


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_layer_in_several_places_is_saved_once(tmp_path, suffix):
    shared = keras.layers.Dense(5, activation="tanh")
    model = keras.Sequential([keras.layers.Input((5,)), shared, shared, keras.layers.Dense(1)])
    model.save(tmp_path / f"shared{suffix}")
    again = keras.models.load_model(tmp_path / f"shared{suffix}")
    assert again.count_params() == 36
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_a_single_output_in_a_list_comes_alone_as_in_keras():
    x = keras.Input((5,))
    model = keras.Model(inputs=[x], outputs=[keras.layers.Dense(2)(x)])
    assert model(X).shape == (64, 2) and model.predict(X, verbose=0).shape == (64, 2) and model.output_shape == (None, 2)
    around = keras.Sequential([model, keras.layers.Dense(1)])
    assert around(X).shape == (64, 1)
    model.compile(loss="mse")
    assert set(model.fit(X, np.ones((64, 2), "float32"), verbose=0).history) == {"loss"}


def test_the_learning_rate_is_logged_under_both_names():
    model = compiled()
    history = model.fit(X, Y, epochs=2, verbose=0, callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))]).history
    assert history["lr"] == history["learning_rate"] and "lr" not in list(history) and len(history["lr"]) == 2
    with pytest.raises(KeyError):
        compiled().fit(X, Y, verbose=0).history["lr"]


def test_layers_of_a_model_with_dicts_stand_in_the_order_of_the_keys():
    a, b = keras.Input((3,), name="zz"), keras.Input((2,), name="aa")
    z = keras.layers.Dense(1, name="out_z")(keras.layers.Dense(4, name="d1")(a))
    w = keras.layers.Dense(2, name="out_b")(keras.layers.Dense(5, name="d2")(b))
    names = [layer.name for layer in keras.Model({"zz": a, "aa": b}, {"z": z, "b": w}).layers]
    assert names == ["aa", "zz", "d2", "d1", "out_b", "out_z"]
    assert [layer.name for layer in keras.Model([a, b], [z, w]).layers] == ["zz", "aa", "d1", "d2", "out_z", "out_b"]


@pytest.mark.parametrize("seed, order", [(5, [7, 4, 5, 9, 1, 2, 8, 6, 0, 3]),
                                         (42, [3, 8, 7, 5, 2, 0, 1, 6, 9, 4])])
def test_fit_takes_rows_in_keras_s_order(seed, order):
    """Real Keras over TensorFlow, with a seed: the same order in each epoch, and weights made later have the numbers as if nothing was shuffled."""
    seen = []

    class Watching(keras.Model):
        def call(self, x):
            return x

        def train_step(self, data):
            seen.extend(np.asarray(data[0])[:, 0].astype(int).tolist())
            return {"loss": 0.0}

    rows = np.arange(10, dtype="float32").reshape(10, 1)
    keras.utils.set_random_seed(seed)
    model = Watching()
    model.compile(loss="mse", run_eagerly=True)
    model.fit(rows, rows, epochs=2, batch_size=4, verbose=0)
    assert seen == order + order
    after = keras.layers.Dense(3)
    after.build((None, 2))
    keras.utils.set_random_seed(seed)
    fresh = keras.layers.Dense(3)
    fresh.build((None, 2))
    np.testing.assert_array_equal(after.kernel.numpy(), fresh.kernel.numpy())


def test_a_layer_that_computes_masks_hands_them_on():
    class Words(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.table = keras.layers.Embedding(9, 2)

        def call(self, x):
            return self.table(x) * 1.0

        def compute_mask(self, x, mask=None):
            return keras.ops.not_equal(x, 0)

    words = Words()
    assert words.supports_masking
    mean = keras.layers.GlobalAveragePooling1D()(words(np.array([[1, 2, 0]])))
    np.testing.assert_allclose(mean, words.table(np.array([[1, 2]])).numpy().mean(1), rtol=1e-6)
    x = keras.Input((3,), dtype="int32")
    model = keras.Model(x, keras.layers.GlobalAveragePooling1D()(words(x)))
    np.testing.assert_array_equal(model(np.array([[1, 2, 0]])).numpy(), mean.numpy())
    assert not keras.layers.Layer().supports_masking


def test_clones_with_layers_of_ones_own():
    sequential = keras.models.clone_model(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]), clone_function=lambda layer: keras.layers.Dense(7))
    assert sequential.output_shape == (None, 7)
    x = keras.Input((3,))
    h = keras.layers.Dense(4, name="h")(x)
    model = keras.Model(x, keras.layers.Dense(1)(h + h * 2))
    wide = keras.models.clone_model(model, None, lambda layer: keras.layers.Dense(5) if layer.name == "h" else type(layer).from_config(layer.get_config()))
    assert wide.output_shape == (None, 1) and wide.count_params() == 20 + 6 and wide(np.ones((2, 3))).shape == (2, 1)
    outer = keras.Sequential([keras.Input((3,)), model])
    seen = []
    again = keras.models.clone_model(outer, clone_function=lambda layer: seen.append(layer.name) or type(layer).from_config(layer.get_config()), recursive=True)
    assert again.layers[0].layers[1] is not model.layers[1] and seen == [layer.name for layer in model.layers if layer.weights]
    with pytest.raises(TypeError):
        keras.models.clone_model(model, bogus=1)


class Stack(keras.Sequential):
    pass


class Wired(keras.Model):
    pass


class Called(keras.Model):
    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.units, self.dense = units, keras.layers.Dense(units)

    def call(self, x):
        return self.dense(x)

    def get_config(self):
        return {"units": self.units}


class Doubled(keras.layers.Layer):
    def call(self, x):
        return x * 2


def test_clones_of_unregistered_classes_are_of_the_models_own_type():
    x = keras.Input((3,))
    called = Called(5)
    called(np.ones((2, 3)))
    again = keras.models.clone_model(called)
    assert type(again) is Called and again(np.ones((2, 3))).shape == (2, 5)
    assert type(keras.models.clone_model(Wired(x, keras.layers.Dense(2)(x)))) is Wired
    stack = keras.models.clone_model(Stack([keras.Input((3,)), Doubled()]))
    assert type(stack) is keras.Sequential and type(stack.layers[0]) is Doubled


def test_a_clone_function_must_give_layers():
    with pytest.raises(ValueError, match=r"Only instances of `keras.Layer` can be added to a Sequential model. Received: 3 \(of type <class 'int'>\)"):
        keras.models.clone_model(Stack([keras.Input((3,)), keras.layers.Dense(2)]), clone_function=lambda layer: 3)
    x = keras.Input((3,))
    with pytest.raises(TypeError):
        keras.models.clone_model(keras.Model(x, keras.layers.Dense(2)(x)), clone_function=lambda layer: None)


def test_sequential_refuses_itself_and_to_be_called_empty():
    model = keras.Sequential([keras.layers.Input((2,))])
    with pytest.raises(ValueError, match="added to itself"):
        model.add(model)
    with pytest.raises(ValueError, match="has no layers"):
        keras.Sequential().predict(np.ones((1, 2)), verbose=0)


def test_the_last_callback_that_sets_the_rate_logs_it():
    """Keras's numbers: the scheduler, behind the plateau, logs what the plateau has just set."""
    zeros = np.zeros((8, 5), "float32")
    model = small()
    model.compile(keras.optimizers.SGD(1.0), "mse")
    callbacks = [keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, factor=0.5), keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate)]
    history = model.fit(zeros, zeros[:, :1], epochs=3, verbose=0, callbacks=callbacks).history
    assert history["learning_rate"] == [1.0, 0.5, 0.25]


def test_iterations_count_updates_when_gradients_are_accumulated():
    model = small()
    model.compile(keras.optimizers.SGD(0.1, gradient_accumulation_steps=2), "mse")
    for _ in range(8):
        model.train_on_batch(X, Y)
    assert int(model.optimizer.iterations) == 4


def test_a_clone_on_given_tensors():
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(2, name="d")(x))
    clone = keras.models.clone_model(model, input_tensors=keras.Input((3,), name="zz"))
    assert [layer.name for layer in clone.layers] == ["zz", "d"] and clone.output_shape == (None, 2)
    stack = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="s")])
    assert keras.models.clone_model(stack, input_tensors=keras.Input((3,), name="yy")).inputs[0].name == "yy"
    with pytest.raises(ValueError, match="All entries in `input_tensors` must be KerasTensors"):
        keras.models.clone_model(model, input_tensors=np.ones((2, 3)))
    with pytest.raises(ValueError, match="only supported for Sequential models or Functional models"):
        keras.models.clone_model(Regressor(), input_tensors=x)


def _orders(dataset, **options):
    seen = []

    class Listening(keras.Model):
        def call(self, x):
            return x

        def train_step(self, data):
            seen.append(int(data[0][0, 0]))
            return {"loss": tf.constant(0.0)}

    model = Listening()
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(dataset, verbose=0, **options)
    return [seen[i : i + 5] for i in range(0, len(seen), 5)]


def _shuffled(**options):
    return tf.data.Dataset.range(5).shuffle(5, seed=3, **options).map(lambda v: (tf.fill((1,), tf.cast(v, tf.float32)),) * 2).batch(1)


def test_fit_takes_every_other_order_of_a_shuffled_data_set():
    """As real Keras 3.15's does, which begins a walk at the end of an epoch as well."""
    dataset = _shuffled()
    walks = [[int(x[0, 0]) for x, _ in dataset] for _ in range(6)]
    dataset = _shuffled()
    assert _orders(dataset, epochs=2) == [walks[0], walks[2]] and _orders(dataset, epochs=1) == [walks[4]]
    dataset = _shuffled()
    assert _orders(dataset, epochs=2, steps_per_epoch=5) == walks[:2] and _orders(dataset, epochs=2) == [walks[3], walks[5]]
    same = _orders(_shuffled(reshuffle_each_iteration=False), epochs=2)
    assert same[0] == same[1]


def test_training_that_a_graph_fixed_stays_fixed():
    """Where Keras 3.15 lets fit() and predict() overrule it, Keras 2 does not, and books' Monte Carlo dropout and fine-tuning rely on that."""
    x = keras.Input((1000,))
    ones = np.ones((2, 1000), "float32")
    assert (keras.Model(x, keras.layers.Dropout(0.5)(x, training=True)).predict(ones, verbose=0) == 0).mean() > 0.3
    normalization = keras.layers.BatchNormalization()
    model = keras.Model(x, normalization(x, training=False))
    model.compile("sgd", "mse")
    model.fit(ones, ones, verbose=0)
    assert not normalization.moving_mean.numpy().any()


def test_logs_of_a_step_stand_in_the_order_of_their_names():
    class Own(keras.Model):
        def call(self, x):
            return x

        def train_step(self, data):
            return {"b_loss": tf.constant(1.0), "a_loss": tf.constant(2.0)}

    model = Own()
    model.compile("sgd")
    assert list(model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0).history) == ["a_loss", "b_loss"]


@pytest.mark.parametrize("method", ["apply_gradients", "apply"])
def test_fit_calls_what_an_optimizer_overrides(method):
    def apply_gradients(self, pairs, **kwargs):
        return keras.optimizers.SGD.apply_gradients(self, [(g * 0.0, v) for g, v in pairs], **kwargs)

    def apply(self, grads, variables=None):
        return keras.optimizers.SGD.apply(self, [g * 0.0 for g in grads], variables)

    Still = type("Still", (keras.optimizers.SGD,), {method: {"apply_gradients": apply_gradients, "apply": apply}[method]})
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    before = model.get_weights()[0]
    model.compile(Still(1.0), "mse")
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before)
    assert int(model.optimizer.iterations) == 1


def test_a_loss_may_override_its_whole_call():
    class Weighted(keras.losses.Loss):
        def __call__(self, y_true, y_pred, sample_weight=None):
            return tf.reduce_sum(y_pred) * (1.0 if sample_weight is None else 10.0)

    class Scaled(keras.losses.MeanSquaredError):
        def __call__(self, y_true, y_pred, sample_weight=None):
            return 3.0 * super().__call__(y_true, y_pred, sample_weight)

    x = keras.Input((1,))
    ones = np.ones((2, 1), "float32")
    for loss, weights, expected in ((Weighted(), None, 2.0), (Weighted(), np.ones(2), 20.0), (Scaled(), None, 12.0)):
        model = keras.Model(x, x * 1.0)
        model.compile("sgd", loss)
        assert model.evaluate(ones, ones * 3, sample_weight=weights, verbose=0) == expected


def test_inputs_have_the_dtype_of_floatx():
    keras.backend.set_floatx("float64")
    try:
        assert keras.Input((3,)).dtype == "float64"
    finally:
        keras.backend.set_floatx("float32")


# Real Keras 3.15, weights drawn by RandomState(0): masks that attention has taken off are missing later on, but for layers that are called
# with one tensor and take a mask.
def test_attention_takes_masks_off_what_it_reads():
    L = keras.layers
    ids, other = keras.Input((6,)), keras.Input((5,))
    memory, x = L.Embedding(10, 8, mask_zero=True)(ids), L.Embedding(10, 8, mask_zero=True)(other)
    for _ in range(2):
        x = L.Add()([x, L.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)])
        x = L.Add()([x, L.MultiHeadAttention(2, 4)(x, memory)])
    model = keras.Model([ids, other], x)
    random = np.random.RandomState(0)
    model.set_weights([random.randn(*w.shape).astype("float32") * 0.5 for w in model.get_weights()])
    got = model.predict([np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 8, 0]]), np.array([[1, 2, 0, 0, 0], [1, 2, 3, 4, 0]])], verbose=0)[:, :, 0]
    np.testing.assert_allclose(got, [[8.76266, 9.6192, 11.90668, 12.14922, 12.28899], [11.1784, 12.42455, 11.51492, 8.03004, 10.42535]], rtol=2e-6)


def test_masks_reach_layers_behind_attention():
    L = keras.layers
    ids = keras.Input((6,))
    x = L.Embedding(10, 8, mask_zero=True)(ids)
    x = L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(2, 4)(x, x)]))
    x = L.LayerNormalization()(L.Add()([x, L.Dense(8, activation="relu")(x)]))
    model = keras.Model(ids, L.GlobalAveragePooling1D()(x))
    random = np.random.RandomState(0)
    model.set_weights([random.randn(*w.shape).astype("float32") * 0.5 for w in model.get_weights()])
    np.testing.assert_allclose(model(np.array([[1, 2, 3, 0, 0, 0]]))[0, :4], [-0.27862456, 2.3044474, -0.50039023, -0.44044116], rtol=2e-6)


def test_the_shapes_of_several_outputs():
    x = keras.Input((4,))
    model = keras.Model(x, [keras.layers.Dense(1)(x), keras.layers.Dense(3)(x)])
    assert model.compute_output_shape((7, 4)) == [(7, 1), (7, 3)]


def test_models_refuse_what_is_no_layer_and_no_keras_tensor():
    with pytest.raises(ValueError, match=r"Only instances of `keras.Layer` can be added to a Sequential model. Received: 3 \(of type <class 'int'>\)"):
        keras.Sequential().add(3)
    x = keras.Input((2,))
    with pytest.raises(ValueError, match="All `outputs` values must be KerasTensors"):
        keras.Model(x, np.ones((2, 2)))
    with pytest.raises(ValueError, match="All `inputs` values must be KerasTensors"):
        keras.Model(np.ones((2, 2)), x)


@pytest.mark.parametrize("make, text", [
    (lambda: keras.layers.Dense(2.5), "Dense received an invalid value for `units`, expected an integer. Received: units=2.5"),
    (lambda: keras.layers.Embedding(2.5, 2), "invalid value for `input_dim`"), (lambda: keras.layers.Conv2D(2.5, 2), "invalid value for `filters`")])
def test_an_integer_that_is_none_is_named(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_predict_needs_samples():
    with pytest.raises(ValueError, match="predict\\(\\) needs samples"):
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).predict(None)
