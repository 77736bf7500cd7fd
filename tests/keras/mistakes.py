"""Sixty usual mistakes. Each function makes one, with real Keras or with ours; the words are what our message must say."""

import tempfile

import numpy as np

ROWS = {}


def mistake(*words):
    """The words: what is wrong, what was given, what was expected, and what mends it."""

    def add(function):
        ROWS[function.__name__] = (function, words)
        return function

    return add


def x(*shape):
    return np.ones(shape, "float32")


def dense_model(k, units=3, activation=None):
    return k.Sequential([k.Input((4,)), k.layers.Dense(units, activation=activation, name="head")], name="net")


def compiled(k, loss="mse", **kwargs):
    model = dense_model(k, **kwargs)
    model.compile("sgd", loss)
    return model


def two_outputs(k):
    inputs = k.Input((4,))
    return k.Model(inputs, [k.layers.Dense(1, name="a")(inputs), k.layers.Dense(1, name="b")(inputs)])


# --- shapes


@mistake("head", "(2, 5)", "features=4", "Hint", "net/head")
def wrong_number_of_features(k):
    dense_model(k)(x(2, 5))


@mistake("head", "expected axis -1", "(8, 5)", "features=4", "net/head")
def wrong_number_of_features_in_fit(k):
    compiled(k).fit(x(8, 5), x(8, 3), verbose=0)


@mistake("head", "(4,)", "(batch, features", "x[None]")
def missing_batch_axis(k):
    dense_model(k)(x(4))


@mistake("conv", "ndim=3", "(2, 28, 28)", "(batch, height, width, channels)", "x[..., None]")
def missing_channels(k):
    k.layers.Conv2D(3, 3, name="conv")(x(2, 28, 28))


@mistake("conv", "ndim=2", "(batch, height, width, channels)")
def convolution_behind_flatten(k):
    k.layers.Conv2D(3, 3, name="conv")(k.layers.Flatten()(k.Input((28, 28, 1))))


@mistake("lstm", "ndim=2", "(batch, time, features)", "Hint")
def recurrent_layer_without_time(k):
    k.layers.LSTM(3, name="lstm")(x(2, 3))


@mistake("pool", "ndim=2", "(batch, height, width, channels)")
def pooling_of_rows(k):
    k.layers.MaxPooling2D(name="pool")(x(2, 3))


@mistake("(2, 3, 3, 1)", "(5, 5", "Hint")
def kernel_larger_than_image(k):
    k.layers.Conv2D(3, 5)(x(2, 3, 3, 1))


@mistake("Concatenate", "(2, 3)", "(3, 3)", "matching shapes")
def concatenation_of_different_sizes(k):
    k.layers.Concatenate()([x(2, 3), x(3, 3)])


@mistake("incompatible shapes", "(3,)", "(4,)", "Hint")
def sum_of_different_sizes(k):
    k.layers.Add()([x(2, 3), x(2, 4)])


@mistake("total size", "(3,)", "(5,)", "Hint")
def reshape_to_another_size(k):
    k.layers.Reshape((5,))(x(2, 3))


@mistake("last dimension", "None", "defined")
def unknown_number_of_features(k):
    k.layers.Dense(3)(k.Input((None,)))


@mistake("expects 2 input(s)", "1 input", "(2, 3)")
def one_input_of_two(k):
    a, b = k.Input((3,)), k.Input((3,))
    k.Model([a, b], k.layers.Add()([a, b]))(x(2, 3))


@mistake("ndim=3", "(2, 3, 3)", "(batch, features)")
def flatten_forgotten_before_repeat(k):
    k.layers.RepeatVector(2)(x(2, 3, 3))


# --- data


@mistake("number of samples", "'x' sizes: 8", "'y' sizes: 7")
def another_number_of_labels(k):
    compiled(k).fit(x(8, 4), x(7, 3), verbose=0)


@mistake("`y` is missing", "x alone", "labels", "fit(x, y)")
def labels_forgotten(k):
    compiled(k).fit(x(8, 4), verbose=0)


@mistake("sample_weight", "(7,)", "8")
def another_number_of_weights(k):
    compiled(k).fit(x(8, 4), x(8, 3), sample_weight=x(7), verbose=0)


@mistake("string", "number", "Hint")
def text_in_data(k):
    compiled(k).fit(np.array([["a", "b", "c", "d"]] * 8), x(8, 3), verbose=0)


@mistake("validation_split", "1 sample", "0.5")
def split_of_a_single_sample(k):
    compiled(k).fit(x(1, 4), x(1, 3), validation_split=0.5, verbose=0)


@mistake("`y`", "data set", "not be passed")
def labels_beside_a_data_set(k):
    compiled(k).fit(iter([(x(8, 4), x(8, 3))]), x(8, 3), verbose=0)


@mistake("validation_data", "5", "(x, y")
def validation_data_of_five_parts(k):
    compiled(k).fit(x(8, 4), x(8, 3), validation_data=(1, 2, 3, 4, 5), verbose=0)


# --- labels


@mistake("label", "10", "[0, 3)", "Hint")
def label_out_of_range(k):
    compiled(k, "sparse_categorical_crossentropy", activation="softmax").fit(x(8, 4), np.full(8, 10), verbose=0)


@mistake("(8, 3)", "sparse_categorical_crossentropy", "categorical_crossentropy")
def one_hot_labels_for_sparse_loss(k):
    compiled(k, "sparse_categorical_crossentropy", activation="softmax").fit(x(8, 4), x(8, 3), verbose=0)


@mistake("(8,", "(8, 3)", "sparse_categorical_crossentropy")
def class_numbers_for_categorical_loss(k):
    compiled(k, "categorical_crossentropy", activation="softmax").fit(x(8, 4), np.ones(8, "int32"), verbose=0)


@mistake("shape", "(8, 2)", "(8, 3)")
def labels_of_another_size(k):
    compiled(k).fit(x(8, 4), x(8, 2), verbose=0)


@mistake("structure", "(8, 1)", "[(8, 1), (8, 1)]")
def labels_of_one_output_of_two(k):
    model = two_outputs(k)
    model.compile("sgd", "mse")
    model.fit(x(8, 4), x(8, 1), verbose=0)


# --- compile


@mistake("compile()", "fit")
def fit_without_compile(k):
    dense_model(k).fit(x(8, 4), x(8, 3), verbose=0)


@mistake("compile()", "evaluate")
def evaluate_without_compile(k):
    dense_model(k).evaluate(x(8, 4), x(8, 3), verbose=0)


@mistake("No loss", "compile()")
def loss_forgotten(k):
    model = dense_model(k)
    model.compile("sgd")
    model.fit(x(8, 4), x(8, 3), verbose=0)


@mistake("loss", "categorical_entropy", "Hint", "categorical_crossentropy")
def misspelt_loss(k):
    dense_model(k).compile("sgd", "categorical_entropy")
    compiled(k, "categorical_entropy").fit(x(8, 4), x(8, 3), verbose=0)


@mistake("optimizer", "addam", "adam")
def misspelt_optimizer(k):
    dense_model(k).compile("addam", "mse")


@mistake("metric", "acuracy", "accuracy")
def misspelt_metric(k):
    model = dense_model(k)
    model.compile("sgd", "mse", metrics=["acuracy"])
    model.fit(x(8, 4), x(8, 3), verbose=0)


@mistake("metrics", "mae", "list")
def metrics_as_a_string(k):
    model = dense_model(k)
    model.compile("sgd", "mse", metrics="mae")
    model.fit(x(8, 4), x(8, 3), verbose=0)


@mistake("loss", "['a', 'b']", "typo", "Hint")
def loss_of_an_unknown_output(k):
    model = two_outputs(k)
    model.compile("sgd", {"a": "mse", "typo": "mse"})
    model.fit(x(8, 4), [x(8, 1), x(8, 1)], verbose=0)


@mistake("loss_weights", "2 losses", "1 weights")
def one_loss_weight_for_two_outputs(k):
    model = two_outputs(k)
    model.compile("sgd", ["mse", "mse"], loss_weights=[1.0])
    model.fit(x(8, 4), [x(8, 1), x(8, 1)], verbose=0)


@mistake("clipnorm", "clipvalue", "Only one")
def two_kinds_of_clipping(k):
    k.optimizers.SGD(clipnorm=1.0, clipvalue=1.0)


@mistake("lrate", "learning_rate")
def misspelt_argument_of_an_optimizer(k):
    k.optimizers.Adam(lrate=0.1)


@mistake("Unknown variable", "optimizer", "compile")
def one_optimizer_for_two_models(k):
    optimizer = k.optimizers.Adam()
    for name in "one", "two":
        model = k.Sequential([k.Input((4,)), k.layers.Dense(3, name=name)])
        model.compile(optimizer, "mse")
        model.fit(x(8, 4), x(8, 3), verbose=0)


@mistake("learning rate", "LearningRateSchedule", "float")
def rate_in_place_of_a_schedule(k):
    optimizer = k.optimizers.SGD(k.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))
    optimizer.learning_rate = 0.1


@mistake("gradient_accumulation_steps", ">= 2", "1")
def accumulation_of_a_single_step(k):
    k.optimizers.SGD(gradient_accumulation_steps=1)


@mistake("factor", "1.5")
def factor_that_raises_the_rate(k):
    k.callbacks.ReduceLROnPlateau(factor=1.5)


# --- layers


@mistake("activaton", "Dense", "activation")
def misspelt_argument_of_a_layer(k):
    k.layers.Dense(3, activaton="relu")


@mistake("units", "-1", "positive")
def negative_units(k):
    k.layers.Dense(-1)


@mistake("relux", "activation", "relu")
def misspelt_activation(k):
    k.layers.Dense(3, activation="relux")


@mistake("initializer", "he_nrmal", "he_normal")
def misspelt_initializer(k):
    k.layers.Dense(3, kernel_initializer="he_nrmal")


@mistake("regularizer", "l3", "l1")
def misspelt_regularizer(k):
    k.layers.Dense(3, kernel_regularizer="l3")


@mistake("padding", "sme", "same")
def misspelt_padding(k):
    k.layers.Conv2D(3, 3, padding="sme")


@mistake("rate", "1.5")
def rate_of_dropout_above_one(k):
    k.layers.Dropout(1.5)


@mistake("groups", "3", "4 channels")
def groups_that_do_not_divide_the_channels(k):
    k.layers.Conv2D(6, 3, groups=3)(x(1, 8, 8, 4))


@mistake("super().__init__()", "Forgetful")
def constructor_of_the_base_forgotten(k):
    class Forgetful(k.layers.Layer):
        def __init__(self):
            self.dense = k.layers.Dense(3)

        def call(self, inputs):
            return self.dense(inputs)

    Forgetful()(x(2, 3))


@mistake("call", "Nothing")
def layer_without_call(k):
    class Nothing(k.layers.Layer):
        pass

    Nothing()(x(2, 3))


@mistake("Exception encountered when calling Broken.call()", "no such table", "Broken.call()", "(2, 3)")
def error_in_a_layer_of_ones_own(k):
    class Broken(k.layers.Layer):
        def call(self, inputs):
            raise ValueError("no such table")

    Broken()(x(2, 3))


# --- models


@mistake("unique names", "twin")
def two_layers_of_one_name(k):
    k.Sequential([k.layers.Dense(1, name="twin"), k.layers.Dense(1, name="twin")])


@mistake("unique", "twin")
def two_layers_of_one_name_in_a_graph(k):
    inputs = k.Input((4,))
    k.Model(inputs, k.layers.Dense(1, name="twin")(k.layers.Dense(1, name="twin")(inputs)))


@mistake("not among `inputs`", "other")
def output_of_another_input(k):
    k.Model(k.Input((4,)), k.layers.Dense(1)(k.Input((4,), name="other")))


@mistake("keras.Input()", "inputs")
def array_in_place_of_an_input(k):
    k.Model(x(2, 4), k.layers.Dense(1)(k.Input((4,))))


@mistake("build", "head")
def counting_weights_before_they_are(k):
    k.Sequential([k.layers.Dense(3)], name="head").count_params()


@mistake("length 1", "expecting 2", "head")
def too_few_weights(k):
    dense_model(k).layers[-1].set_weights([x(4, 3)])


@mistake("(4, 3)", "(3, 4)", "head")
def weights_of_another_shape(k):
    dense_model(k).layers[-1].set_weights([x(3, 4), x(3)])


@mistake("No such layer", "haed", "head")
def misspelt_name_of_a_layer(k):
    dense_model(k).get_layer("haed")


@mistake("no layers")
def pop_from_an_empty_model(k):
    k.Sequential().pop()


# --- files


@mistake(".keras", "model.bin")
def save_with_another_ending(k):
    dense_model(k).save(tempfile.mkdtemp() + "/model.bin")


@mistake(".weights.h5", "w.bin")
def save_weights_with_another_ending(k):
    dense_model(k).save_weights(tempfile.mkdtemp() + "/w.bin")


@mistake("not found", "nowhere.keras")
def load_what_is_not_there(k):
    k.models.load_model("nowhere.keras")


@mistake("(4, 3)", "(4, 5)")
def weights_of_another_model(k):
    path = tempfile.mkdtemp() + "/w.weights.h5"
    dense_model(k).save_weights(path)
    dense_model(k, units=5).load_weights(path)


@mistake(".weights.h5", "best.keras", "save_weights_only")
def checkpoint_of_weights_with_another_ending(k):
    k.callbacks.ModelCheckpoint("best.keras", save_weights_only=True)
