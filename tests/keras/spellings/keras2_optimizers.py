# Optimizers, schedules, initializers, regularizers as they were written for Keras 2.4 to 2.15.

# %% lr of the constructor
optimizer = keras.optimizers.SGD(lr=0.5, momentum=0.9, nesterov=True)
assert float(optimizer.learning_rate) == 0.5 and float(optimizer.lr) == 0.5

# %% lr can be set
optimizer = keras.optimizers.Adam()
optimizer.lr = 0.25
assert float(optimizer.learning_rate) == 0.25
optimizer.learning_rate.assign(0.125)
assert float(optimizer.lr) == 0.125

# %% decay is a decay by time
optimizer, w = keras.optimizers.SGD(lr=1.0, decay=1.0), tf.Variable(0.0)
for _ in range(3):
    optimizer.apply_gradients([(tf.constant(1.0), w)])
assert np.isclose(w.numpy(), -(1 + 1 / 2 + 1 / 3))

# %% decay of Adam in get_config
optimizer = keras.optimizers.legacy.Adam.from_config(keras.optimizers.legacy.Adam(lr=0.01, decay=0.5).get_config())
optimizer.iterations.assign(2)
assert np.isclose(float(optimizer.learning_rate), 0.01 / 2)

# %% epsilon=None is the usual one
assert keras.optimizers.Adam(epsilon=None).get_config()["epsilon"] == 1e-7

# %% K.set_value of the learning rate
optimizer = keras.optimizers.SGD(0.1)
K.set_value(optimizer.learning_rate, 0.01)
assert np.isclose(K.get_value(optimizer.lr), 0.01)

# %% clipnorm and clipvalue
w = tf.Variable([0.0, 0.0])
keras.optimizers.SGD(1.0, clipnorm=1.0).apply_gradients([(tf.constant([3.0, 4.0]), w)])
assert np.allclose(w, [-0.6, -0.8])
keras.optimizers.SGD(1.0, clipvalue=0.5).apply_gradients([(tf.constant([3.0, -4.0]), w)])
assert np.allclose(w, [-1.1, -0.3])

# %% optimizers.legacy
legacy, w = tf.keras.optimizers.legacy.SGD(learning_rate=0.5), tf.Variable(1.0)
legacy.apply_gradients(zip([tf.constant(1.0)], [w]))
assert float(w) == 0.5 and isinstance(legacy, keras.optimizers.legacy.Optimizer)

# %% optimizers.experimental
optimizer = keras.optimizers.experimental.AdamW(0.01, weight_decay=0.1)
optimizer.exclude_from_weight_decay(var_names=["bias"])
assert optimizer.weight_decay == 0.1 and isinstance(optimizer, keras.optimizers.experimental.Optimizer)

# %% minimize with a function
w = tf.Variable([1.0, 2.0])
keras.optimizers.SGD(0.5).minimize(lambda: tf.reduce_sum(w**2), var_list=[w])
assert np.allclose(w, 0)

# %% minimize with a tensor and its tape
w = tf.Variable(2.0)
with tf.GradientTape() as tape:
    loss = w * w
keras.optimizers.SGD(0.25).minimize(loss, [w], tape=tape)
assert float(w) == 1.0

# %% iterations counts
optimizer, w = keras.optimizers.Adam(), tf.Variable(1.0)
optimizer.apply_gradients([(tf.constant(1.0), w)])
assert optimizer.iterations.numpy() == 1
optimizer.iterations.assign_add(1)
assert int(optimizer.iterations) == 2

# %% get_weights and set_weights of an optimizer
a, b, w = keras.optimizers.Adam(), keras.optimizers.Adam(), tf.Variable([1.0, 2.0])
for optimizer in (a, b):
    optimizer.build([w])
a.apply_gradients([(tf.constant([1.0, 3.0]), w)])
b.set_weights(a.get_weights())
assert int(b.iterations) == 1 and len(a.weights) == len(b.get_weights())

# %% variables as a function
optimizer, w = keras.optimizers.SGD(momentum=0.9), tf.Variable([1.0])
optimizer.apply_gradients([(tf.constant([1.0]), w)])
assert len(optimizer.variables()) == len(optimizer.variables) == 3

# %% get_gradients and get_updates
optimizer, w = keras.optimizers.SGD(0.5), tf.Variable(3.0)
with tf.GradientTape() as tape:
    loss = w * w
assert float(optimizer.compute_gradients(loss, [w], tape=tape)[0][0]) == 6.0

# %% the extension points of 2.4 to 2.10
class Momentum(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.001, momentum=0.9, name="Momentum", **kwargs):
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("decay", self._initial_decay)
        self._set_hyper("momentum", momentum)

    def _create_slots(self, var_list):
        for var in var_list:
            self.add_slot(var, "momentum")

    @tf.function
    def _resource_apply_dense(self, grad, var):
        lr_t = self._decayed_lr(var.dtype.base_dtype)
        m, momentum = self.get_slot(var, "momentum"), self._get_hyper("momentum", var.dtype.base_dtype)
        m.assign(m * momentum + (1.0 - momentum) * grad)
        var.assign_sub(m * lr_t)

    def _resource_apply_sparse(self, grad, var):
        raise NotImplementedError

    def get_config(self):
        base = super().get_config()
        return {**base, "learning_rate": self._serialize_hyperparameter("learning_rate"), "momentum": self._serialize_hyperparameter("momentum")}

optimizer, w = Momentum(learning_rate=1.0, momentum=0.5), tf.Variable([1.0, 2.0])
optimizer.apply_gradients([(tf.constant([1.0, 2.0]), w)])
optimizer.apply_gradients([(tf.constant([1.0, 2.0]), w)])
assert np.allclose(w, [1 - 0.5 - 0.75, 2 - 1 - 1.5]) and optimizer.get_config()["momentum"] == 0.5

# %% hyperparameters are attributes
class Plain(keras.optimizers.Optimizer):
    def __init__(self, rate=0.1):
        super().__init__(name="plain")
        self._set_hyper("learning_rate", rate)
        self._set_hyper("strength", 2.0)

    def _resource_apply_dense(self, grad, var, apply_state=None):
        return var.assign_sub(self.strength * self._decayed_lr(tf.float32) * grad)

optimizer, w = Plain(), tf.Variable(1.0)
optimizer.apply_gradients([(tf.constant(1.0), w)])
assert np.isclose(float(w), 0.8) and float(optimizer.strength) == 2.0

# %% get_slot_names
class Slotted(keras.optimizers.Optimizer):
    def __init__(self):
        super().__init__(name="slotted")

    def _create_slots(self, var_list):
        for var in var_list:
            self.add_slot(var, "old", initializer="ones")

    def _resource_apply_dense(self, grad, var):
        return var.assign_sub(self.get_slot(var, "old") * grad)

optimizer, w = Slotted(), tf.Variable(3.0)
optimizer.apply_gradients([(tf.constant(1.0), w)])
assert float(w) == 2.0 and optimizer.get_slot_names() == ["old"]

# %% _resource_apply_sparse gets the rows
class Sparse(keras.optimizers.Optimizer):
    def __init__(self):
        super().__init__(name="sparse")

    def _resource_apply_dense(self, grad, var):
        raise AssertionError("the gradient is sparse")

    def _resource_apply_sparse(self, grad, var, indices):
        return var.assign(tf.tensor_scatter_nd_sub(var, indices[:, None], grad))

table, optimizer = tf.Variable([[1.0], [2.0], [3.0]]), Sparse()
optimizer.apply_gradients([(tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([2]), tf.constant([3, 1])), table)])
assert table.numpy().ravel().tolist() == [1, 2, 2]

# %% update_step of 2.11 without the rate
class Plain(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.5, name="Plain", **kwargs):
        super().__init__(name=name, **kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)

    def build(self, var_list):
        super().build(var_list)

    def update_step(self, gradient, variable):
        variable.assign_sub(gradient * tf.cast(self.learning_rate, variable.dtype))

optimizer, w = Plain(), tf.Variable(1.0)
optimizer.apply_gradients([(tf.constant(1.0), w)])
assert float(w) == 0.5

# %% _prepare_local and apply_state
class Prepared(keras.optimizers.Optimizer):
    def __init__(self):
        super().__init__(name="prepared")
        self._set_hyper("learning_rate", 0.5)

    def _resource_apply_dense(self, grad, var, apply_state=None):
        coefficients = (apply_state or {}).get((var.device, var.dtype.base_dtype)) or self._fallback_apply_state(var.device, var.dtype.base_dtype)
        return var.assign_sub(coefficients["lr_t"] * grad)

optimizer, w = Prepared(), tf.Variable(1.0)
optimizer.apply_gradients([(tf.constant(1.0), w)])
assert float(w) == 0.5

# %% apply_gradients with experimental_aggregate_gradients and name
w = tf.Variable(1.0)
keras.optimizers.SGD(1.0).apply_gradients([(tf.constant(1.0), w)], name="step", experimental_aggregate_gradients=False)
assert float(w) == 0.0

# %% apply_gradients skips None
a, b = tf.Variable(1.0), tf.Variable(1.0)
keras.optimizers.SGD(1.0).apply_gradients([(tf.constant(1.0), a), (None, b)])
assert float(a) == 0.0 and float(b) == 1.0

# %% mixed_precision.LossScaleOptimizer
optimizer, w = keras.mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(1.0), initial_scale=4), tf.Variable(3.0)
optimizer.build([w])
with tf.GradientTape() as tape:
    scaled = optimizer.scale_loss(w * w)
optimizer.apply_gradients([(tape.gradient(scaled, w), w)])
assert float(scaled) == 36.0 and float(w) == -3.0

# %% mixed_precision.experimental
policy = keras.mixed_precision.experimental.Policy("mixed_bfloat16")
assert (policy.compute_dtype, policy.variable_dtype) == ("bfloat16", "float32")
keras.mixed_precision.experimental.set_policy("float32")
assert keras.mixed_precision.global_policy().name == "float32"

# %% schedules by keyword
schedule = keras.optimizers.schedules.ExponentialDecay(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5, staircase=True)
assert [round(float(schedule(s)), 6) for s in (0, 9, 10, 25)] == [0.1, 0.1, 0.05, 0.025]

# %% schedules of tf.keras.experimental
schedule = tf.keras.experimental.CosineDecay(1.0, 10)
assert np.isclose(float(schedule(5)), 0.5) and isinstance(schedule, keras.optimizers.schedules.CosineDecay)

# %% tf.keras.experimental.CosineDecayRestarts
assert np.isclose(float(tf.keras.experimental.CosineDecayRestarts(1.0, 10)(0)), 1.0)

# %% a schedule is read at the optimizer's step
schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1], [1.0, 0.5])
optimizer, w = keras.optimizers.SGD(schedule), tf.Variable(0.0)
for _ in range(3):
    optimizer.apply_gradients([(tf.constant(1.0), w)])
assert float(w) == -2.5 and float(optimizer.lr) == 0.5

# %% optimizers.get with a name, a dict and an object
assert type(keras.optimizers.get("adam")) is keras.optimizers.Adam and type(keras.optimizers.get("Adam")) is keras.optimizers.Adam
config = {"class_name": "SGD", "config": {"learning_rate": 0.5}}
assert float(keras.optimizers.get(config).learning_rate) == 0.5
assert keras.optimizers.serialize(keras.optimizers.SGD(0.5))["config"]["learning_rate"] == 0.5

# %% initializers in lower case
assert (keras.initializers.ones()((2,)).numpy() == 1).all() and (keras.initializers.constant(3.0)((2,)).numpy() == 3).all()
assert abs(keras.initializers.he_normal(seed=1)((100, 10)).numpy().std() - np.sqrt(2 / 100)) < 0.02

# %% initializers.get with a dict of Keras 2
initializer = keras.initializers.get({"class_name": "VarianceScaling", "config": {"scale": 2.0, "mode": "fan_avg", "distribution": "uniform"}})
assert initializer.scale == 2.0 and abs(initializer((50, 50)).numpy()).max() <= np.sqrt(3 * 2 / 50)

# %% an initializer with partition_info and dtype
def my_init(shape, dtype=None, partition_info=None):
    return K.ones(shape, dtype=dtype) * 2

layer = keras.layers.Dense(2, kernel_initializer=my_init)
layer(X)
assert (layer.kernel.numpy() == 2).all()

# %% regularizers l1, l2, l1_l2
w = tf.constant([1.0, -2.0])
assert [float(r(w)) for r in (keras.regularizers.l1(0.5), keras.regularizers.l2(0.5), keras.regularizers.l1_l2(0.5, 0.5))] == [1.5, 2.5, 4.0]
assert keras.regularizers.l2(l=0.25).l2 == 0.25

# %% constraints in lower case
w = tf.constant([[3.0], [4.0]])
assert np.allclose(keras.constraints.max_norm(1.0)(w), [[0.6], [0.8]]) and np.allclose(keras.constraints.unit_norm()(w), [[0.6], [0.8]])
assert keras.constraints.MaxNorm(max_value=2).get_config()["max_value"] == 2 and (keras.constraints.non_neg()(-w).numpy() == 0).all()

# %% activations by name
assert keras.activations.get("relu") is keras.activations.relu and keras.activations.get(None) is keras.activations.linear
assert np.allclose(keras.activations.relu(tf.constant([-1.0, 7.0]), max_value=6), [0, 6])
