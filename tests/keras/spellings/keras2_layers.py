# Layers and models as they were written for Keras 2.4 to 2.15. Each cell runs alone; X (32, 4) and Y (32, 1) are there.

# %% input_dim of the first layer
model = keras.models.Sequential([keras.layers.Dense(3, input_dim=4)])
assert model.input_shape == (None, 4) and model.count_params() == 15

# %% input_shape of the first layer
model = keras.models.Sequential()
model.add(keras.layers.Flatten(input_shape=[2, 2]))
model.add(keras.layers.Dense(3, activation="relu"))
assert model.output_shape == (None, 3) and model.layers[1].weights[0].shape == (4, 3)

# %% input_shape of an InputLayer
model = keras.models.Sequential([keras.layers.InputLayer(input_shape=(4,)), keras.layers.Dense(2)])
assert model.input_shape == (None, 4)

# %% batch_input_shape makes a stateful net (needs keras.layers.Layer.reset_states)
model = keras.models.Sequential([keras.layers.SimpleRNN(2, stateful=True, return_sequences=True, batch_input_shape=[1, None, 3])])
first, second = model.predict(np.ones((1, 2, 3)), verbose=0), model.predict(np.ones((1, 2, 3)), verbose=0)
assert not np.allclose(first, second)
model.reset_states()
assert np.allclose(first, model.predict(np.ones((1, 2, 3)), verbose=0))

# %% batch_shape of Input
x = keras.Input(batch_shape=(8, 4))
assert tuple(x.shape) == (8, 4)

# %% input_length of an Embedding
model = keras.Sequential([keras.layers.Embedding(10, 3, input_length=5)])
assert model(np.zeros((2, 5), "int32")).shape == (2, 5, 3)

# %% weights of a layer
layer = keras.layers.Dense(2, weights=[np.eye(4, 2), np.ones(2)], input_shape=(4,))
assert np.allclose(keras.Sequential([layer]).predict(X, verbose=0), X[:, :2] + 1)

# %% layer.input_shape and layer.output_shape
x = keras.layers.Input(shape=(4,))
layer = keras.layers.Dense(7)
layer(x)
assert layer.input_shape == (None, 4) and layer.output_shape == (None, 7)

# %% layer.input and layer.output make an inner model
model = keras.Sequential([keras.layers.Dense(5, input_shape=(4,)), keras.layers.Dense(1)])
inner = keras.Model(inputs=model.input, outputs=model.layers[0].output)
assert inner.predict(X, verbose=0).shape == (32, 5)

# %% get_weights of a layer built on its first call
layer = keras.layers.Dense(2)
assert layer.get_weights() == [] and layer.weights == []
layer(X)
assert [w.shape for w in layer.get_weights()] == [(4, 2), (2,)]

# %% add_weight with the name first
class Scale(keras.layers.Layer):
    def build(self, batch_input_shape):
        self.alpha = self.add_weight("alpha", shape=batch_input_shape[-1:], initializer="ones")
        super().build(batch_input_shape)

    def call(self, X):
        return X * self.alpha

layer = Scale()
assert np.allclose(layer(X), X) and layer.alpha.name.endswith("alpha")

# %% add_weight with the name and the shape first
class Scale(keras.layers.Layer):
    def build(self, input_shape):
        self.alpha = self.add_weight("alpha", (4,), tf.float32, "ones", trainable=False)

    def call(self, x):
        return x * self.alpha

layer = Scale()
layer(X)
assert layer.alpha.shape == (4,) and layer.trainable_weights == [] and len(layer.non_trainable_weights) == 1

# %% add_variable is add_weight
class Scale(keras.layers.Layer):
    def build(self, input_shape):
        self.alpha = self.add_variable("alpha", shape=[int(input_shape[-1])], initializer="zeros")

    def call(self, x):
        return x * self.alpha

assert not Scale()(X).numpy().any()

# %% compute_output_shape with as_list()
class Twice(keras.layers.Layer):
    def call(self, X):
        return tf.concat([X, X], axis=-1)

    def compute_output_shape(self, batch_input_shape):
        return tf.TensorShape(batch_input_shape.as_list()[:-1] + [batch_input_shape[-1] * 2])

assert keras.Sequential([Twice(), keras.layers.Dense(1)]).predict(X, verbose=0).shape == (32, 1)
assert tuple(Twice().compute_output_shape(tf.TensorShape([None, 3]))) == (None, 6)

# %% build() with as_list()
class Linear(keras.layers.Layer):
    def build(self, input_shape):
        last = input_shape.as_list()[-1]
        self.kernel = self.add_weight("kernel", [last, 2])
        self.built = True

    def call(self, x):
        return tf.matmul(x, self.kernel)

layer = Linear()
layer(X)
assert layer.built and layer.kernel.shape == (4, 2)

# %% input_shape[-1].value is an int
class Linear(keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight("kernel", [tf.compat.dimension_value(input_shape[-1]), 2])

    def call(self, x):
        return x @ self.kernel

assert Linear()(X).shape == (32, 2)

# %% dynamic=True runs Python
class Loud(keras.layers.Layer):
    def __init__(self):
        super().__init__(dynamic=True)
        self.seen = 0

    def call(self, x):
        self.seen += int(tf.reduce_sum(x) > 0)
        return x

layer = Loud()
layer(X), layer(X)
assert layer.seen == 2

# %% a model with dynamic=True is trained eagerly
class Net(keras.Model):
    def __init__(self):
        super().__init__(dynamic=True)
        self.out, self.calls = keras.layers.Dense(1), 0

    def call(self, x):
        self.calls += 1
        return self.out(x)

model = Net()
model.compile(loss="mse", optimizer="sgd")
model.fit(X, Y, batch_size=8, verbose=0)
assert model.calls >= 4

# %% add_loss in call
class Activity(keras.layers.Layer):
    def call(self, inputs):
        self.add_loss(0.5 * tf.reduce_sum(inputs))
        return inputs

layer = Activity()
layer(np.ones((2, 3), "float32"))
assert [float(loss) for loss in layer.losses] == [3.0]

# %% add_loss of a functional model
x = keras.Input((4,))
z = keras.layers.Dense(2, kernel_initializer="ones")(x)
model = keras.Model(x, z)
model.add_loss(tf.reduce_mean(z))
model.compile(optimizer="sgd")
assert np.isclose(model.evaluate(X, verbose=0), X.sum(1).mean(), rtol=1e-5)

# %% add_metric of a functional model (needs keras.utils.is_keras_tensor)
x = keras.Input((4,))
z = keras.layers.Dense(1, kernel_initializer="ones")(x)
model = keras.Model(x, z)
model.add_metric(tf.reduce_mean(z), name="mean_z", aggregation="mean")
model.compile("sgd", "mse")
assert np.isclose(model.evaluate(X, Y, verbose=0, return_dict=True)["mean_z"], X.sum(1).mean(), rtol=1e-5)

# %% add_metric in call
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.out = keras.layers.Dense(1)

    def call(self, x):
        z = self.out(x)
        self.add_metric(tf.reduce_max(x), name="top")
        return z

model = Net()
model.compile("sgd", "mse")
assert np.isclose(model.fit(X, Y, batch_size=32, verbose=0).history["top"][0], X.max())

# %% model.updates and layer.updates are lists
model = keras.Sequential([keras.layers.BatchNormalization(input_shape=(4,)), keras.layers.Dense(1)])
assert list(model.updates) == [] and list(model.layers[0].updates) == []

# %% get_losses_for and get_updates_for
layer = keras.layers.Dense(1, kernel_regularizer=keras.regularizers.l2(0.5), kernel_initializer="ones")
layer(X)
assert [float(loss) for loss in layer.get_losses_for(None)] == [2.0] and layer.get_updates_for(X) == []

# %% trainable_variables and non_trainable_variables
layer = keras.layers.BatchNormalization()
layer(X)
assert [v.name.split("/")[-1] for v in layer.trainable_variables] == ["gamma", "beta"]
assert [v.name.split("/")[-1] for v in layer.non_trainable_variables] == ["moving_mean", "moving_variance"]

# %% the path of a weight holds its layer
layer = keras.layers.Dense(2, name="out", input_shape=(4,))
keras.Sequential([layer], name="all")
assert [(w.name, w.path) for w in layer.weights] == [("kernel", "all/out/kernel"), ("bias", "all/out/bias")]

# %% the value of a weight, called and not
layer = keras.layers.Dense(2)
layer(X)
assert layer.kernel.value().shape == layer.kernel.value.shape == (4, 2) and isinstance(layer.kernel.value, tf.Variable)
layer.kernel.value.assign(tf.ones((4, 2)))
assert np.all(layer.kernel.numpy() == 1) and np.all(layer.kernel.value() == layer.kernel.value)

# %% get_input_at and get_output_at
layer, x = keras.layers.Dense(3), keras.Input((4,))
y = layer(x)
assert layer.get_output_at(0).shape[-1] == 3 and layer.get_input_at(0).shape[-1] == 4

# %% layer.apply calls it
assert keras.layers.Dense(2).apply(X).shape == (32, 2)

# %% layer.inbound_nodes
layer = keras.layers.Dense(3)
y = layer(keras.Input((4,)))
assert len(layer.inbound_nodes) == len(layer._inbound_nodes) == 1

# %% layer._name and layer._layers
class Named(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self._name = "renamed"
        self.inner = keras.layers.Dense(1)

assert Named().name == "renamed" and len(Named()._layers) == 1

# %% merging functions in lower case
a, b = keras.Input((2,)), keras.Input((2,))
model = keras.Model([a, b], [keras.layers.add([a, b]), keras.layers.concatenate([a, b]), keras.layers.multiply([a, b])])
total, both, product = model.predict([X[:, :2], X[:, 2:]], verbose=0)
assert np.allclose(total, X[:, :2] + X[:, 2:]) and np.allclose(both, X) and np.allclose(product, X[:, :2] * X[:, 2:])

# %% older names of convolutions and pools
assert keras.layers.Convolution2D is keras.layers.Conv2D and keras.layers.MaxPool2D is keras.layers.MaxPooling2D
assert keras.layers.GlobalAvgPool2D is keras.layers.GlobalAveragePooling2D and keras.layers.AvgPool1D is keras.layers.AveragePooling1D

# %% LeakyReLU with alpha
assert np.allclose(keras.layers.LeakyReLU(alpha=0.2)(np.array([-1.0, 2.0], "float32")), [-0.2, 2])

# %% LeakyReLU as a layer and as an activation
model = keras.Sequential([keras.layers.Dense(3, activation=keras.layers.LeakyReLU(alpha=0.5), input_shape=(4,))])
kernel = model.get_weights()[0]
assert np.allclose(model.predict(X, verbose=0), np.where(X @ kernel < 0, X @ kernel / 2, X @ kernel), atol=1e-6)

# %% Lambda (needs keras.layers.Lambda)
model = keras.Sequential([keras.layers.Lambda(lambda t: t * 2.0, input_shape=(4,))])
assert np.allclose(model.predict(X, verbose=0), 2 * X)

# %% operators on Keras tensors
x = keras.Input((4,))
model = keras.Model(x, tf.reduce_sum(x * 2.0 + 1.0, axis=-1))
assert np.allclose(model.predict(X, verbose=0), X.sum(1) * 2 + 4)

# %% layers.experimental.preprocessing (needs keras.layers.Rescaling)
scale = keras.layers.experimental.preprocessing.Rescaling(1 / 255.0)
assert np.allclose(scale(np.array([255.0], "float32")), 1)

# %% layers.experimental.preprocessing.Normalization (needs keras.layers.Normalization)
norm = keras.layers.experimental.preprocessing.Normalization()
norm.adapt(X)
assert np.allclose(norm(X).numpy().mean(0), 0, atol=1e-5) and np.allclose(norm(X).numpy().std(0), 1, atol=1e-4)

# %% layers.experimental.SyncBatchNormalization
layer = keras.layers.experimental.SyncBatchNormalization(momentum=0.9)
layer(X, training=True)
assert np.allclose(layer.moving_mean.numpy(), 0.1 * X.mean(0), atol=1e-5)

# %% experimental cells
cell = keras.layers.StackedRNNCells([keras.layers.LSTMCell(3), keras.layers.LSTMCell(2)])
assert keras.layers.RNN(cell)(np.zeros((2, 5, 4), "float32")).shape == (2, 2)

# %% implementation, recurrent_dropout and time_major are taken
layer = keras.layers.LSTM(3, implementation=2, time_major=False, unroll=True)
assert layer(np.zeros((2, 5, 4), "float32")).shape == (2, 3)

# %% GRU with reset_after
layer = keras.layers.GRU(3, reset_after=False)
layer(np.zeros((2, 5, 4), "float32"))
assert layer.get_weights()[2].shape == (9,)

# %% InputSpec (needs keras.layers.InputSpec)
class Strict(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.input_spec = keras.layers.InputSpec(ndim=2, axes={-1: 4})

    def call(self, x):
        return x

Strict()(X)
try:
    Strict()(X[:, :3])
except ValueError as error:
    assert "expected axis -1 of input shape to have value 4" in str(error)
else:
    assert False

# %% a freshly made model says that it is not built
try:
    keras.Sequential([keras.layers.Dense(1)]).summary()
except ValueError as error:
    assert "This model has not yet been built" in str(error)

# %% summary to a function
lines = []
keras.Sequential([keras.layers.Dense(3, input_shape=(4,), name="hidden")], name="mine").summary(print_fn=lambda s, **k: lines.append(s))
assert "mine" in "\n".join(lines) and "hidden (Dense)" in "\n".join(lines) and "15" in "\n".join(lines)

# %% K.int_shape and K.is_keras_tensor (needs keras.backend.is_keras_tensor)
x = keras.Input((4,))
assert K.int_shape(x) == (None, 4) and K.is_keras_tensor(x)

# %% training=True keeps dropout on
layer = keras.layers.Dropout(0.5, noise_shape=None, seed=1)
assert (layer(np.ones((100, 10), "float32"), training=True).numpy() == 0).any() and (layer(np.ones((2, 2), "float32")).numpy() == 1).all()

# %% MC dropout
class MCDropout(keras.layers.Dropout):
    def call(self, inputs):
        return super().call(inputs, training=True)

model = keras.Sequential([keras.layers.Dense(100, input_shape=(4,)), MCDropout(rate=0.5), keras.layers.Dense(1)])
assert np.std([model.predict(X[:1], verbose=0) for _ in range(5)]) > 0

# %% TimeDistributed and Bidirectional
model = keras.Sequential([keras.layers.Bidirectional(keras.layers.GRU(3, return_sequences=True), input_shape=(5, 2)), keras.layers.TimeDistributed(keras.layers.Dense(1))])
assert model.output_shape == (None, 5, 1)

# %% stop_gradient inside a layer
class Stopped(keras.layers.Layer):
    def call(self, x):
        return K.stop_gradient(x)

w = tf.Variable([1.0, 2.0])
with tf.GradientTape() as tape:
    y = tf.reduce_sum(Stopped()(w * 3.0))
assert tape.gradient(y, w) is None

# %% keras.engine imports
from runnel.keras.engine import Layer as engine_layer
from runnel.keras.engine.input_layer import Input

assert issubclass(keras.layers.Dense, engine_layer) and tuple(Input((3,)).shape) == (None, 3)

# %% keras.layers.core and keras.utils.np_utils
from runnel.keras.layers.core import Dense
from runnel.keras.utils.np_utils import to_categorical

assert Dense is keras.layers.Dense and to_categorical([1], 2).tolist() == [[0, 1]]
