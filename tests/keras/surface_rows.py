"""Smaller names of Keras, each as a function of (keras, tf) that gives lists, numbers and texts; real Keras's answers are in expected_surface.json."""

import numpy as np

_random = np.random.default_rng(7)
X = np.linspace(-4, 4, 9, dtype="float32").reshape(3, 3)
EVEN = _random.normal(size=(2, 6)).astype("float32")
STEPS = _random.random((2, 6, 4)).astype("float32")
IMAGES = _random.integers(0, 255, (1, 3, 4, 3)).astype("float32")

ACTIVATIONS = ("celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu "
               "sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus tanh tanh_shrink threshold").split()


def _rounded(value, digits=5):
    if isinstance(value, (list, tuple)):
        return [_rounded(v, digits) for v in value]
    return (np.round(np.asarray(value, dtype="float64"), digits) + 0.0).tolist()


def _activation(name):
    more = {"threshold": (1.0, 9.0)}.get(name, ())
    return lambda keras, tf: _rounded(getattr(keras.activations, name)(keras.ops.convert_to_tensor(X), *more))


def _activation_configs(keras, tf):
    return [keras.activations.deserialize("relu") is keras.activations.relu, keras.activations.serialize(keras.activations.gelu),
            keras.activations.get(None) is keras.activations.linear, keras.activations.deserialize(keras.activations.serialize(keras.activations.elu)).__name__]


def _stft(side, window, scaling, periodic):
    return lambda keras, tf: _rounded(keras.initializers.STFT(side, window, scaling, periodic)((6, 1, 4)))


def _stft_config(keras, tf):
    made = keras.initializers.get("stft")
    return [type(made).__name__, sorted(made.get_config().items())]


def _ctc_loss(keras, tf):
    return _rounded(tf.keras.backend.ctc_batch_cost(np.array([[0, 1, 2], [1, 1, 0]]), STEPS / STEPS.sum(-1, keepdims=True), np.array([[6], [5]]), np.array([[3], [2]])), 4)


def _ctc_decode(**options):
    def decode(keras, tf):
        paths, scores = tf.keras.backend.ctc_decode(STEPS / STEPS.sum(-1, keepdims=True), np.array([6, 5]), **options)
        return [[np.asarray(path).tolist() for path in paths], _rounded(scores, 4)]

    return decode


def _sources(keras, tf):
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    return [[x.name for x in keras.utils.get_source_inputs(y)] for y in (keras.layers.Dense(2)(a + b), a * 2)]


def _trained(keras):
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1, name="d", kernel_initializer="ones"), keras.layers.BatchNormalization(name="bn")], name="m")
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.fit(X[:2, :2], X[:2, :1], verbose=0, shuffle=False)
    return model


def _tree(values, path=""):
    return [leaf for key, value in sorted(values.items()) for leaf in (_tree(value, f"{path}/{key}") if isinstance(value, dict) else [[f"{path}/{key}", _rounded(value, 4)]])]


def _state_tree(keras, tf):
    model = _trained(keras)
    before = _tree(model.get_state_tree("numpy_array"))
    model.set_state_tree({"trainable_variables": {"m": {"d": {"kernel": np.full((2, 1), 7.0)}}}, "metrics_variables": {"loss": {"total": 3.0}}})
    return [before, _rounded(model.layers[0].kernel, 4), float(model.metrics_variables[0])]


def _stateless_loss(keras, tf):
    model = _trained(keras)
    parts = [[v.value for v in variables] for variables in (model.trainable_variables, model.non_trainable_variables, model.metrics_variables)]
    loss, rest = model.stateless_compute_loss(*parts, x=X[:2, :2], y=X[:2, :1], y_pred=X[:2, 1:2])
    return [_rounded(loss), [len(part) for part in rest]]


def _optimizer_state(keras, tf):
    optimizer, weight, store = keras.optimizers.Adam(), keras.Variable(np.ones(2, "float32"), name="w"), {}
    optimizer.build([weight])
    optimizer.save_own_variables(store)
    store["2"] = np.array([5.0, 6.0], "float32")
    optimizer.load_own_variables(store)
    more = optimizer.add_optimizer_variables([weight], ["a", "b"], initializer=["ones", "zeros"])
    return [sorted(store), _rounded(optimizer.variables[2]), [[[v.path, _rounded(v)] for v in one] for one in more]]


def _distilled(make):
    def train(keras, tf):
        def model(name, seed):
            uniform = keras.initializers.GlorotUniform
            return keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(5, "relu", name=f"{name}_hidden", kernel_initializer=uniform(seed)),
                                     keras.layers.Dense(3, name=f"{name}_out", kernel_initializer=uniform(seed + 1))])

        teacher, student = model("teacher", 1), model("student", 5)
        distiller = keras.distillation.Distiller(teacher, student, make(keras.distillation), student_loss_weight=0.3)
        distiller.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
        history = distiller.fit(X, np.array([0, 1, 2]), epochs=2, verbose=0, shuffle=False).history
        again = keras.distillation.Distiller.from_config(distiller.get_config())
        return [sorted((key, _rounded(values, 4)) for key, values in history.items()), teacher.trainable, len(distiller.trainable_variables),
                _rounded(distiller.predict(X, verbose=0), 4), [type(loss).__name__ for loss in again.distillation_losses]]

    return train


def _own_distillation_loss(keras, tf):
    class Difference(keras.distillation.DistillationLoss):
        def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
            return keras.ops.mean(keras.ops.abs(teacher_outputs - student_outputs))

    return _rounded(Difference().compute_loss(keras.ops.convert_to_tensor(X), keras.ops.convert_to_tensor(2 * X)))


def _prepared(home):
    return lambda keras, tf: _rounded(getattr(keras.applications, home).preprocess_input(IMAGES.copy()), 3)


def _names(keras, tf):
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(4, name="a"), keras.layers.BatchNormalization(name="b"), keras.layers.Dense(1)], name="net")
    model.compile("adam", "mse", metrics=["mae", lambda y, p: keras.ops.mean(y - p)])
    logs = model.fit(X, X[:, :1], verbose=0).history
    named = [[v.name, v.path] for v in (*model.variables, *model.optimizer.variables)]
    return [[[name, path.replace("dense_1", "dense")] for name, path in named], sorted(logs), model.get_compile_config()["loss"]]


def _variable(keras, tf):
    plain, weight = tf.Variable([1.0, 2.0], name="plain"), keras.Variable(np.array([1.0, 2.0], "float32"), name="own")
    weight.value.assign([3.0, 4.0])
    return [plain.name, repr(plain.value()), weight.name, weight.path, repr(weight), isinstance(weight.value, tf.Variable), str(weight.aggregation)]


def _keras_tensors(keras, tf):
    x = keras.Input((4,), name="x", dtype="int32")
    y = keras.layers.Embedding(5, 2, mask_zero=True, name="e")(x)
    history = y._keras_history
    return [repr(x), repr(y).partition(", name")[0], type(history).__name__, history.operation.name, history.node_index, history.tensor_index,
            list(y._keras_mask.shape), str(y._keras_mask.dtype).replace("<dtype: 'bool'>", "bool"), y.sparse, list(x.reshape((-1, 2)).shape), list(keras.layers.Masking()(y)._keras_mask.shape)]


def _schedules(keras, tf):
    s = keras.optimizers.schedules
    return [sorted(made.get_config().items(), key=str) for made in (
        s.ExponentialDecay(1, 10, 0.5), s.PiecewiseConstantDecay([1, 2], [3, 2, 1.5]), s.PolynomialDecay(0.1, 10), s.InverseTimeDecay(1, 10, 1),
        s.CosineDecay(0.5, 10, warmup_steps=3, warmup_target=1), s.CosineDecayRestarts(1, 10))]


def _model_names(keras, tf):
    keras.utils.clear_session()
    x = keras.Input((3,))
    first = keras.Model(x, keras.layers.Dense(1)(x)).name
    keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    lazy = keras.Sequential([keras.layers.Dense(1)])
    lazy(X)
    grown = keras.Sequential([keras.layers.Input((3,))])
    grown.add(keras.layers.Dense(1))
    grown.add(keras.layers.Dense(1))
    return [first, keras.Model(x, keras.layers.Dense(1)(x)).name, grown.name]


def _losses_as_metrics(keras, tf):
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")])

    def MyError(y, p):
        return keras.ops.mean(y - p, axis=-1)

    model.compile("sgd", lambda y, p: keras.ops.mean((y - p) ** 2), metrics=[keras.losses.MeanAbsoluteError(), MyError])
    logs = model.evaluate(X, X[:, :1], verbose=0, return_dict=True)
    return sorted((key, _rounded(value, 4)) for key, value in logs.items())


def _attention_weights(keras, tf):
    attention, grouped = keras.layers.MultiHeadAttention(2, 3, name="mha"), keras.layers.GroupQueryAttention(2, 4, 2, name="gqa")
    attention.build(query_shape=(2, 3, 4), value_shape=(2, 5, 6), key_shape=(2, 5, 4))
    grouped.build((2, 3, 4), (2, 5, 4))
    return [[w.path, list(w.shape)] for w in (*attention.weights, *grouped.weights)]


def _layer_configs(keras, tf):
    configs = [layer.get_config() for layer in (keras.layers.Conv2D(3, 2), keras.layers.MaxPooling2D(), keras.layers.ZeroPadding2D(((1, 2), (3, 4))), keras.layers.Reshape((2, 3)))]
    return [list(config)[:3] for config in configs] + [repr([config[key] for config in configs for key in ("kernel_size", "strides", "pool_size", "padding", "target_shape") if key in config])]


def _callback_state(keras, tf):
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(1e-9), "mse")
    stopping, plateau = keras.callbacks.EarlyStopping(patience=4, restore_best_weights=True), keras.callbacks.ReduceLROnPlateau(patience=1, cooldown=1)
    model.fit(X, X[:, :1], epochs=5, verbose=0, validation_data=(X, X[:, :1]), callbacks=[stopping, plateau])
    return [stopping.stopped_epoch, stopping.best_epoch, stopping.wait, len(stopping.best_weights), plateau.wait, plateau.cooldown_counter, plateau.in_cooldown()]


def _stateless_scope(keras, tf):
    variable = keras.Variable(np.ones(2, "float32"))
    with keras.StatelessScope(state_mapping=[(variable, keras.ops.convert_to_tensor(np.full(2, 5.0, "float32")))]) as scope:
        variable.assign(variable + 1)
        inside = _rounded(scope.get_current_value(variable))
    return [inside, _rounded(variable), _rounded(scope.get_current_value(variable))]


def _ctc_losses(keras, tf):
    labels = np.array([[1, 2, 3], [1, 1, 2]])
    return [_rounded(keras.losses.CTC()(labels, STEPS), 4), _rounded(keras.losses.ctc(labels, STEPS), 4), sorted(keras.losses.CTC().get_config())]


def _custom_gradient(keras, tf):
    @keras.ops.custom_gradient
    def doubled(x):
        return x * x, lambda upstream: upstream * 100.0

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = doubled(x)
    return [float(y), float(tape.gradient(y, x))]


def _partition(keras, tf):
    x = np.array([5, 1, 4, 2, 3])
    places = np.asarray(keras.ops.argpartition(x, 2))
    return [sorted(x[places[:2]].tolist()), int(x[places[2]])]


def _eigen(keras, tf):
    values, vectors = keras.ops.eig(np.array([[2.0, 1.0], [1.0, 3.0]], "float32"))
    return [sorted(np.round(np.real(np.asarray(values)), 4).tolist()), list(vectors.shape), str(np.asarray(vectors).dtype)]


def _to_numpy(keras, tf):
    found = keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(X) + 1)
    return [type(found).__name__, str(found.dtype), _rounded(found)]


def _elastic(keras, tf):
    given = keras.ops.convert_to_tensor(IMAGES)
    still = keras.ops.image.elastic_transform(given, alpha=0.0, sigma=1.0, seed=1)
    return [list(keras.ops.image.elastic_transform(given, seed=1).shape), _rounded(still, 2)]


def _switches(keras, tf):
    config = keras.config
    config.disable_flash_attention()
    off = config.is_flash_attention_enabled()
    config.enable_flash_attention()
    config.disable_traceback_filtering()
    unfiltered = config.is_traceback_filtering_enabled()
    config.enable_traceback_filtering()
    return [off, unfiltered, config.is_traceback_filtering_enabled()]


def _renorm(axis, **options):
    def train(keras, tf):
        layer, x = keras.layers.BatchNormalization(axis=axis, renorm=True, momentum=0.9, renorm_momentum=0.8, name="bn", **options), tf.constant(IMAGES / 100)
        with tf.GradientTape() as tape:
            tape.watch(x)
            for _ in range(3):
                y = layer(x, training=True)
            loss = tf.reduce_sum(y * y * x)
        config = {key: value for key, value in layer.get_config().items() if key.startswith(("renorm", "sync"))}
        return [_rounded(y, 3), _rounded(tape.gradient(loss, x), 2), [[w.name, _rounded(w, 4)] for w in layer.weights], _rounded(layer(x), 3), sorted(config.items())]

    return train


def _constraint(keras, tf):
    class Half(keras.constraints.Constraint):
        def __call__(self, w):
            return w / 2

    layer = keras.layers.Dense(1, kernel_initializer="ones", kernel_constraint=Half(), use_bias=False)
    model = keras.Sequential([keras.layers.Input((3,)), layer])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.fit(X, X[:, :1], verbose=0)
    return [_rounded(layer.kernel), isinstance(keras.constraints.MaxNorm(), keras.constraints.Constraint), _rounded(Half()(keras.ops.ones(2)))]


ROWS = {
    "layers.BatchNormalization renorm": _renorm(-1),
    "layers.BatchNormalization renorm clipped": _renorm(1, renorm_clipping={"rmax": 1.2, "rmin": 0.9, "dmax": 0.5}, scale=False),
    "layers.BatchNormalization renorm plain": _renorm(-1, renorm_clipping={"dmax": 3.0}, center=False, synchronized=True),
    **{f"activations.{name}": _activation(name) for name in ACTIVATIONS},
    "activations.glu": lambda keras, tf: _rounded(keras.activations.glu(keras.ops.convert_to_tensor(EVEN))),
    "activations.deserialize": _activation_configs,
    "initializers.STFT real hann": _stft("real", "hann", "density", False),
    "initializers.STFT imag hamming": _stft("imag", "hamming", "spectrum", True),
    "initializers.STFT without a window": _stft("real", None, None, False),
    "initializers.STFT blackman": _stft("imag", "blackman", "density", True),
    "initializers.STFT flattop": _stft("real", "flattop", None, False),
    "initializers.STFT config": _stft_config,
    "backend.ctc_batch_cost": _ctc_loss,
    "backend.ctc_decode greedy": _ctc_decode(),
    "backend.ctc_decode beams": _ctc_decode(greedy=False, beam_width=10, top_paths=2),
    "utils.get_source_inputs": _sources,
    "state tree": _state_tree,
    "stateless_compute_loss": _stateless_loss,
    "optimizer state": _optimizer_state,
    "distillation.LogitsDistillation": _distilled(lambda d: d.LogitsDistillation(2.0)),
    "distillation.FeatureDistillation": _distilled(lambda d: d.FeatureDistillation("mse", "teacher_hidden", "student_hidden")),
    "distillation.Distiller with two losses": _distilled(lambda d: [d.LogitsDistillation(3.0, "mse"), d.FeatureDistillation("cosine_similarity", "teacher_hidden", "student_hidden")]),
    "distillation.DistillationLoss": _own_distillation_loss,
    **{f"applications.{home}.preprocess_input": _prepared(home) for home in ("mobilenet_v2", "resnet_v2", "resnet", "vgg16", "vgg19", "xception")},
    "names of Variables": _names,
    "Variable": _variable,
    "Keras tensors": _keras_tensors,
    "schedules keep whole numbers": _schedules,
    "names of models": _model_names,
    "losses as metrics": _losses_as_metrics,
    "weights of attention": _attention_weights,
    "configs of layers": _layer_configs,
    "state of callbacks": _callback_state,
    "StatelessScope": _stateless_scope,
    "losses.CTC": _ctc_losses,
    "ops.custom_gradient": _custom_gradient,
    "ops.argpartition": _partition,
    "ops.eig": _eigen,
    "ops.convert_to_numpy": _to_numpy,
    "ops.image.elastic_transform": _elastic,
    "config switches": _switches,
    "constraints.Constraint": _constraint,
}


def answer(keras, tf, name):
    """The row's value, as JSON has it."""
    import json

    keras.utils.clear_session()  # names count from here
    return json.loads(json.dumps(ROWS[name](keras, tf)))
