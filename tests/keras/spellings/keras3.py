# As it is written for Keras 3. These cells run in real Keras 3.15 as well.

# %% add_weight with the shape first
class Scale(keras.layers.Layer):
    def build(self, input_shape):
        self.alpha = self.add_weight((input_shape[-1],), "ones", name="alpha")

    def call(self, x):
        return x * self.alpha

layer = Scale()
assert np.allclose(layer(X), X) and tuple(layer.alpha.shape) == (4,)

# %% add_weight by keyword
class Scale(keras.layers.Layer):
    def build(self, input_shape):
        self.alpha = self.add_weight(shape=(4,), initializer="zeros", trainable=False, name="alpha")

    def call(self, x):
        return x + self.alpha

layer = Scale()
layer(X)
assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == 1

# %% keras.Layer, keras.Loss, keras.Metric, keras.Optimizer, keras.Initializer, keras.Regularizer
assert issubclass(keras.layers.Dense, keras.Layer) and issubclass(keras.losses.Huber, keras.Loss) and issubclass(keras.metrics.Mean, keras.Metric)
assert issubclass(keras.optimizers.SGD, keras.Optimizer) and issubclass(keras.initializers.Ones, keras.Initializer)
assert issubclass(keras.regularizers.L2, keras.Regularizer)

# %% keras.ops in a layer
class Rms(keras.layers.Layer):
    def call(self, x):
        return x * keras.ops.rsqrt(keras.ops.mean(keras.ops.square(x), axis=-1, keepdims=True) + 1e-6)

assert np.allclose(np.mean(np.square(Rms()(X)), -1), 1, atol=1e-3)

# %% reset_state of a metric
metric = keras.metrics.Mean()
metric.update_state([1.0, 3.0])
assert float(metric.result()) == 2
metric.reset_state()
assert float(metric.result()) == 0

# %% a metric with add_variable
class Total(keras.Metric):
    def __init__(self, name="total", **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_variable(shape=(), initializer="zeros", name="sum")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(keras.ops.sum(y_pred))

    def result(self):
        return self.total

metric = Total()
metric.update_state(None, keras.ops.ones((3,)))
assert float(metric.result()) == 3 and len(metric.variables) == 1

# %% a loss with dtype and reduction
class Absolute(keras.Loss):
    def __init__(self, name="absolute", reduction="sum", dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)

assert float(Absolute()(np.zeros((2, 1), "float32"), np.ones((2, 1), "float32"))) == 2

# %% reductions by name
y, p = np.zeros((2, 1), "float32"), np.array([[1.0], [3.0]], "float32")
values = {r: np.array(keras.losses.MeanSquaredError(reduction=r)(y, p)).tolist() for r in ("sum", "mean", "sum_over_batch_size", None, "none")}
assert values == {"sum": 10.0, "mean": 5.0, "sum_over_batch_size": 5.0, None: [1.0, 9.0], "none": [1.0, 9.0]}

# %% update_step of an optimizer (needs keras.Variable)
class Plain(keras.optimizers.Optimizer):
    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, gradient * keras.ops.cast(learning_rate, variable.dtype))

optimizer, w = Plain(learning_rate=0.5), keras.Variable(1.0)
optimizer.apply_gradients([(keras.ops.convert_to_tensor(1.0), w)])
assert float(w.numpy()) == 0.5

# %% optimizer.apply and optimizer.build (needs keras.Variable)
optimizer, w = keras.optimizers.SGD(0.5, momentum=0.5), keras.Variable([1.0, 2.0])
optimizer.build([w])
optimizer.apply([keras.ops.ones((2,))])
assert np.allclose(w, [0.5, 1.5]) and len(optimizer.variables) == 3

# %% optimizer.apply with its variables (needs keras.Variable)
optimizer, w = keras.optimizers.SGD(0.5), keras.Variable([1.0, 2.0])
optimizer.apply([keras.ops.ones((2,))], [w])
assert np.allclose(w, [0.5, 1.5]) and int(optimizer.iterations) == 1

# %% learning_rate can be set
optimizer = keras.optimizers.Adam(0.1)
optimizer.learning_rate = 0.25
assert np.isclose(float(optimizer.learning_rate.numpy()), 0.25)

# %% gradient accumulation (needs keras.Variable)
w, optimizer = keras.Variable(0.0), keras.optimizers.SGD(1.0, gradient_accumulation_steps=2)
for _ in range(4):
    optimizer.apply_gradients([(keras.ops.convert_to_tensor(1.0), w)])
assert float(w.numpy()) == -2

# %% compute_loss in train_step
class Custom(keras.Model):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}

x = keras.Input((4,))
model = Custom(x, keras.layers.Dense(1)(x))
model.compile("sgd", "mse", metrics=["mae"])
history = model.fit(X, Y, epochs=2, verbose=0).history
assert history["loss"][1] < history["loss"][0] and "mae" in history

# %% compute_metrics overridden
class Custom(keras.Sequential):
    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        logs = super().compute_metrics(x, y, y_pred, sample_weight)
        return {**logs, "seven": 7.0}

model = Custom([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
assert model.evaluate(X, Y, verbose=0, return_dict=True)["seven"] == 7.0

# %% compute_loss overridden
class Custom(keras.Sequential):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return keras.ops.mean(keras.ops.abs(y_pred - y)) * 0 + 3.0

model = Custom([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
assert model.evaluate(X, Y, verbose=0) == 3.0

# %% metrics property
class Custom(keras.Model):
    def __init__(self):
        super().__init__()
        self.out, self.tracker = keras.layers.Dense(1), keras.metrics.Mean(name="tracked")

    @property
    def metrics(self):
        return [self.tracker]

    def train_step(self, data):
        self.tracker.update_state(2.0)
        return {"tracked": self.tracker.result()}

    def call(self, x):
        return self.out(x)

model = Custom()
model.compile("sgd")
assert model.fit(X, Y, verbose=0).history == {"tracked": [2.0]}

# %% a model saved and loaded, registered
import tempfile

@keras.saving.register_keras_serializable(package="Spelling3")
class Shift(keras.layers.Layer):
    def __init__(self, by=1.0, **kwargs):
        super().__init__(**kwargs)
        self.by = by

    def call(self, x):
        return x + self.by

    def get_config(self):
        return {**super().get_config(), "by": self.by}

path, model = tempfile.mkdtemp() + "/m.keras", keras.Sequential([keras.Input((4,)), Shift(3.0)])
model.save(path)
assert keras.saving.load_model(path).layers[0].by == 3.0

# %% get_config is not needed where arguments are plain
class Power(keras.layers.Layer):
    def __init__(self, exponent, **kwargs):
        super().__init__(**kwargs)
        self.exponent = exponent

    def call(self, x):
        return x**self.exponent

config = Power(3, name="cube").get_config()
assert config["exponent"] == 3 and Power.from_config(config).name == "cube"

# %% save_own_variables and load_own_variables
layer = keras.layers.Dense(2)
layer.build((None, 4))
store = {}
layer.save_own_variables(store)
assert sorted(store) == ["0", "1"] and np.array_equal(store["0"], layer.kernel)

# %% get_build_config and build_from_config
layer = keras.layers.Dense(2)
layer.build((None, 4))
config = layer.get_build_config()
other = keras.layers.Dense(2)
other.build_from_config(config)
assert tuple(other.kernel.shape) == (4, 2)

# %% compute_output_spec and KerasTensor (needs keras.KerasTensor)
spec = keras.layers.Dense(2).compute_output_spec(keras.KerasTensor((None, 4), "float32"))
assert tuple(spec.shape) == (None, 2) and spec.dtype == "float32"

# %% symbolic_call of an ops function on a Keras tensor
x = keras.Input((4,))
model = keras.Model(x, keras.ops.sum(keras.ops.relu(x - 0.5), axis=-1))
assert np.allclose(model.predict(X, verbose=0), np.maximum(X - 0.5, 0).sum(1), atol=1e-6)

# %% random.SeedGenerator in a layer
class Noise(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator(7)

    def call(self, x, training=False):
        return x + keras.random.normal(keras.ops.shape(x), seed=self.seeds) if training else x

layer = Noise()
assert np.array_equal(layer(X), X) and not np.array_equal(layer(X, training=True), layer(X, training=True))

# %% dtype policies
layer = keras.layers.Dense(2, dtype="mixed_bfloat16")
assert layer.dtype_policy.name == "mixed_bfloat16" and layer.compute_dtype == "bfloat16" and layer.variable_dtype == "float32"
assert keras.dtype_policies.DTypePolicy("float16").compute_dtype == "float16"

# %% config.set_dtype_policy
keras.config.set_dtype_policy("float32")
assert keras.config.dtype_policy().name == "float32" and keras.config.floatx() == "float32"

# %% StringLookup-free functional dicts
a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
model = keras.Model({"a": a, "b": b}, {"sum": keras.layers.Add()([a, b])})
assert np.allclose(model.predict({"a": X, "b": X}, verbose=0)["sum"], 2 * X)

# %% LeakyReLU with negative_slope
assert np.allclose(keras.layers.LeakyReLU(negative_slope=0.5)(np.array([-2.0, 1.0], "float32")), [-1, 1])

# %% the learning rate and the callback SwapEMAWeights
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), "mse")
model.fit(X, Y, verbose=0, callbacks=[keras.callbacks.SwapEMAWeights(swap_on_epoch=False)])
assert len(model.optimizer.variables) > 2

# %% PyDataset
class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, i):
        return X[i * 16 : i * 16 + 16], Y[i * 16 : i * 16 + 16]

model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(Batches(), verbose=0)
assert int(model.optimizer.iterations.numpy()) == 2

# %% Variable of Keras (needs keras.Variable)
v = keras.Variable(np.ones((2,)), trainable=False, name="v")
v.assign([3.0, 4.0])
assert v.numpy().tolist() == [3, 4] and v.name.startswith("v") and not v.trainable and tuple(v.shape) == (2,)

# %% tree (needs keras.tree)
assert keras.tree.map_structure(lambda x: x + 1, {"a": [1, 2]}) == {"a": [2, 3]} and keras.tree.flatten((1, [2])) == [1, 2]

# %% steps_per_execution and jit_compile
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse", steps_per_execution=2, jit_compile=False)
model.fit(X, Y, batch_size=8, verbose=0)
assert int(model.optimizer.iterations.numpy()) == 4 and model.steps_per_execution == 2

# %% loss_weights and metrics by output
x = keras.Input((4,))
model = keras.Model(x, {"a": keras.layers.Dense(1, name="a", kernel_initializer="zeros")(x), "b": keras.layers.Dense(1, name="b", kernel_initializer="zeros")(x)})
model.compile("sgd", {"a": "mse", "b": "mae"}, loss_weights={"a": 1.0, "b": 0.5}, metrics={"a": ["mae"]})
logs = model.evaluate(X, {"a": Y, "b": Y}, verbose=0, return_dict=True)
assert np.isclose(logs["loss"], np.mean(Y**2) + 0.5 * np.mean(abs(Y)), rtol=1e-5) and np.isclose(logs["a_mae"], np.mean(abs(Y)), rtol=1e-5)

# %% an iterator of a callback list in one's own loop
seen = []
callbacks = keras.callbacks.CallbackList([keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))], add_history=True, model=keras.Sequential([keras.layers.Dense(1)]), epochs=2)
callbacks.on_train_begin()
for epoch in range(2):
    callbacks.on_epoch_begin(epoch)
    callbacks.on_epoch_end(epoch, {"loss": 1.0})
callbacks.on_train_end()
assert seen == [0, 1]
