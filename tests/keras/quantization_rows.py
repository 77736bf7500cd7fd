"""Quantized and adapted layers, each as a function of (keras, tf) that gives lists, numbers and texts; real Keras's answers are in
expected_quantization.json."""

import functools
import itertools

import numpy as np

_random = np.random.default_rng(11)
X = _random.normal(size=(4, 6)).astype("float32")
STEPS = _random.normal(size=(2, 3, 6)).astype("float32")
IDS = np.array([[0, 3, 6], [5, 1, 1]])
LARGE = _random.normal(size=(7, 5)).astype("float32") * 3
ROWS = {}


def row(function):
    ROWS[function.__name__.strip("_")] = function
    return function


def _rounded(value, digits=5):
    if isinstance(value, (list, tuple)):
        return [_rounded(v, digits) for v in value]
    return (np.round(np.asarray(value, dtype="float64"), digits) + 0.0).tolist()


def _plain(value):
    """Tuples as lists, for JSON."""
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def _name(dtype):
    return getattr(dtype, "name", str(dtype))


def _result(tensors):
    return [[_rounded(t), _name(t.dtype), list(t.shape)] for t in tensors]


# --- functions

@row
def _abs_max_quantize(keras, tf):
    q = keras.quantizers
    return [_result(q.abs_max_quantize(LARGE, axis=axis, **more)) for axis, more in (
        (0, {}), (-1, {}), ((0, 1), {}), (1, {"value_range": (-8, 7)}), (0, {"epsilon": 0.5, "to_numpy": False}), (0, {"dtype": "int32", "value_range": (-1000, 1000)}))]


@row
def _abs_max_quantize_grouped_with_zero_point(keras, tf):
    q, flat = keras.quantizers, np.ones((4, 2), "float32")
    calls = ((LARGE, 3, {}), (LARGE, 3, {"to_numpy": True}), (LARGE, 7, {}), (LARGE, 20, {}), (LARGE, 20, {"to_numpy": True}), (flat, 2, {}), (flat, 2, {"to_numpy": True}))
    return [_result(q.abs_max_quantize_grouped_with_zero_point(tf.constant(x), block_size=block, **more)) for x, block, more in calls]


@row
def _float8(keras, tf):
    q = keras.quantizers
    numbers = np.array([0, 1e-4, 0.017, -0.3, 1.06, 1.07, 17.5, -300.0, 447.0, 1e6], "float32")
    return [[_rounded(q.quantize_and_dequantize(numbers, scale, dtype, "float32"), 7) for dtype in ("float8_e4m3fn", "float8_e5m2") for scale in (1.0, 0.25)],
            [_rounded(q.compute_float8_scale(np.float32(amax), np.float32(0.5), np.float32(448.0), margin=margin), 7) for amax, margin in ((3.0, 0), (0.0, 0), (np.inf, 0), (3.0, 2))],
            _rounded(q.compute_float8_amax_history(LARGE, np.arange(5, dtype="float32")))]


def _fake_quant(axis, narrow_range, num_bits, low, high):
    def call(keras, tf):
        x, ends = tf.constant(LARGE), [tf.constant(low), tf.constant(high)]
        with tf.GradientTape() as tape:
            tape.watch([x, *ends])
            y = keras.quantizers.fake_quant_with_min_max_vars(x, *ends, num_bits=num_bits, narrow_range=narrow_range, axis=axis)
        return [_rounded(y, 4), *(_rounded(g, 4) for g in tape.gradient(y, [x, *ends], tf.constant(LARGE[::-1].copy())))]

    return call


for _i, (_axis, _narrow, _bits, _low, _high) in enumerate([(None, False, 8, -2.0, 3.0), (None, True, 4, -1.0, 5.0), (None, False, 3, 0.5, 2.0),
                                                           (1, False, 8, [-1.0, -2.0, -3.0, -4.0, 0.0], [1.0, 2.0, 3.0, 4.0, 5.0]),
                                                           (0, True, 5, [-1.0] * 7, [2.5] * 7), (-1, False, 2, [-3.0] * 5, [1.0] * 5)]):
    ROWS[f"fake_quant_with_min_max_vars_{_i}"] = _fake_quant(_axis, _narrow, _bits, np.float32(_low), np.float32(_high))


@row
def _pack_int4(keras, tf):
    out, numbers = [], np.arange(-8, 7, dtype="int8").reshape(3, 5)
    for axis in (0, 1, -1):
        packed, shape, length = keras.quantizers.pack_int4(numbers, axis=axis)
        again = keras.quantizers.unpack_int4(packed, length, axis=axis)
        out.append([_rounded(packed), _name(packed.dtype), list(shape), int(length), _rounded(again), _name(again.dtype)])
    packed, shape, length = keras.quantizers.pack_int4(np.arange(15, dtype="uint8").reshape(5, 3), axis=0, dtype="uint8")
    return [*out, _rounded(packed), _rounded(keras.quantizers.unpack_int4(packed, length, axis=0, dtype="uint8"))]


# --- objects

@row
def _quantizer_objects(keras, tf):
    q = keras.quantizers
    objects = [q.AbsMaxQuantizer(), q.AbsMaxQuantizer(axis=0), q.AbsMaxQuantizer(axis=(0, 1), value_range=(-8, 7), epsilon=1e-3), q.Int8QuantizationConfig(),
               q.Int8QuantizationConfig(weight_quantizer=q.AbsMaxQuantizer(axis=0), activation_quantizer=None), q.Int4QuantizationConfig(),
               q.Int4QuantizationConfig(block_size=None), q.Float8QuantizationConfig()]
    configs = [q.serialize(o) for o in objects]
    return [[_plain(c) for c in configs], [_plain(q.serialize(q.deserialize(c))) == _plain(c) for c in configs], [o.mode for o in objects[3:]],
            [_result(o(tf.constant(LARGE))) for o in objects[:3]], _result(objects[0](tf.constant(LARGE), axis=0)), q.get(None), q.get(objects[0]) is objects[0],
            isinstance(objects[0], keras.Quantizer), isinstance(objects[3], keras.Quantizer), isinstance(objects[3], q.QuantizationConfig), objects[3].weight_quantizer,
            type(objects[3].activation_quantizer).__name__, objects[5].block_size]


@row
def _policies(keras, tf):
    p = keras.dtype_policies
    policies = [p.QuantizedDTypePolicy("int8", "mixed_bfloat16"), p.QuantizedFloat8DTypePolicy("float8", "float32", amax_history_length=32), p.Int4DTypePolicy("int4/64", "float32"),
                p.get("int8_from_float32"), p.get("int4/-1_from_mixed_bfloat16"), p.get("int4_from_float32"), p.get("float8_from_float32")]
    return [[[type(x).__name__, x.name, x.compute_dtype, x.variable_dtype, x.quantization_mode, repr(x), _plain(p.serialize(x))] for x in policies],
            [p.deserialize(p.serialize(x)) == x for x in policies], policies[0] == policies[3], p.get("int8_from_float32") == policies[3], policies[2].block_size,
            policies[1].amax_history_length]


# --- layers

def _layers(L):
    return {
        "dense": (L.Dense(5, name="d"), X), "dense_steps": (L.Dense(4, use_bias=False, activation="tanh", name="d"), STEPS),
        "einsum": (L.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d", name="e"), STEPS),
        "einsum_heads": (L.EinsumDense("abc,cde->abde", (None, 2, 4), bias_axes="de", name="e"), STEPS),
        "einsum_turned": (L.EinsumDense("abx,yx->aby", (None, 5), name="e"), STEPS),
        "einsum_two": (L.EinsumDense("abc,bcd->ad", 5, name="e"), STEPS),
        "einsum_swapped": (L.EinsumDense("abc,cde->aebd", (4, None, 2), name="e"), STEPS),
        "embedding": (L.Embedding(7, 5, name="m"), IDS), "reversible": (L.ReversibleEmbedding(7, 6, name="r"), IDS),
        "reversible_untied": (L.ReversibleEmbedding(7, 6, tie_weights=False, logit_soft_cap=3.0, name="r"), IDS),
    }


LAYERS = ("dense", "dense_steps", "einsum", "einsum_heads", "einsum_turned", "einsum_two", "einsum_swapped", "embedding", "reversible", "reversible_untied")


def _filled(layer, x):
    """Built, with weights that both sides have."""
    layer(x)
    random = np.random.default_rng(3)
    layer.set_weights([random.normal(size=w.shape).astype("float32") for w in layer.weights])
    return layer


def _weights(layer):
    return [[w.name, w.path, _name(w.dtype), w.trainable, _rounded(w)] for w in layer.weights]


def _outputs(layer, x, tf):
    if x is IDS:
        reverse = [_rounded(layer(STEPS, reverse=True), 4)] if "Reversible" in type(layer).__name__ else []
        return [_rounded(layer(x), 4), *reverse]
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
        loss = tf.reduce_sum(y * y)
    return [_rounded(y, 4), _rounded(tape.gradient(loss, x), 3)]


def _stored(layer):
    store = {}
    layer.save_own_variables(store)
    return [[name, _rounded(np.asarray(value))] for name, value in sorted(store.items())]


CONFIGS = {
    "int8": lambda q: "int8", "int4": lambda q: "int4", "int4_blocks": lambda q: q.Int4QuantizationConfig(block_size=2),
    "int4_columns": lambda q: q.Int4QuantizationConfig(block_size=None), "int4_inputs": lambda q: q.Int4QuantizationConfig(activation_quantizer=q.AbsMaxQuantizer(), block_size=-1),
    "int8_weights": lambda q: q.Int8QuantizationConfig(activation_quantizer=None),
}


def _quantized(layer_name, config_name):
    def call(keras, tf):
        layer, x = _layers(keras.layers)[layer_name]
        config = CONFIGS[config_name](keras.quantizers)
        _filled(layer, x)
        layer.quantize(**({"mode": config} if isinstance(config, str) else {"config": config}))
        return [_weights(layer), _outputs(layer, x, tf), _stored(layer), layer.dtype_policy.name, layer.quantization_mode, len(layer.trainable_weights)]

    return call


for _layer, _config in itertools.product(LAYERS, CONFIGS):
    ROWS[f"{_layer}_{_config}"] = _quantized(_layer, _config)


def _from_config(layer_name, config_name):
    """A layer made from a quantized one's config has its weights, and computes the same."""
    def call(keras, tf):
        layer, x = _layers(keras.layers)[layer_name]
        config = CONFIGS[config_name](keras.quantizers)
        _filled(layer, x)
        layer.quantize(**({"mode": config} if isinstance(config, str) else {"config": config}))
        again = type(layer).from_config(layer.get_config())
        again(x)
        again.set_weights(layer.get_weights())
        config = layer.get_config()
        return [[w.path for w in again.weights], _outputs(again, x, tf), _plain(config["quantization_config"]), _plain(keras.dtype_policies.serialize(layer.dtype_policy))]

    return call


for _layer, _config in (("dense", "int8"), ("dense", "int4_blocks"), ("einsum_heads", "int4"), ("embedding", "int8"), ("reversible_untied", "int4_blocks")):
    ROWS[f"{_layer}_{_config}_from_config"] = _from_config(_layer, _config)


@row
def _quantized_from_policy(keras, tf):
    layers = [keras.layers.Dense(3, dtype="int8_from_float32", name="a"), keras.layers.Dense(3, dtype=keras.dtype_policies.Int4DTypePolicy("int4/4", "float32"), name="b"),
              keras.layers.Embedding(7, 4, dtype="int4/2_from_mixed_bfloat16", name="c")]
    for layer, x in zip(layers, (X, X, IDS)):
        layer(x)
    return [_weights(layer) for layer in layers]


def _model(keras):
    L = keras.layers
    inputs = L.Input((3,), name="ids")
    x = L.Embedding(7, 6, name="embed")(inputs)
    x = L.Dense(8, "relu", name="hidden")(x)
    x = L.Flatten(name="flat")(x)
    model = keras.Model(inputs, L.Dense(2, name="out")(x), name="net")
    random = np.random.default_rng(5)
    model.set_weights([random.normal(size=w.shape).astype("float32") for w in model.weights])
    return model


@row
def _models(keras, tf):
    out = []
    for more in ({"mode": "int8"}, {"mode": "int4"}, {"mode": "int8", "filters": "hid"}, {"mode": "int8", "filters": ["embed", "^out"]}, {"mode": "int8", "filters": lambda layer: layer.name == "out"}):
        model = _model(keras)
        model.predict(IDS, verbose=0)
        model.quantize(**more)
        out.append([[layer.dtype_policy.name for layer in model.layers], _rounded(model.predict(IDS, verbose=0), 3), [w.path for w in model.weights], model.count_params()])
    return out


@row
def _summary_of_a_quantized_model(keras, tf):
    model, lines = _model(keras), []
    model.quantize("int8")
    model.summary(print_fn=lambda text, **kwargs: lines.append(text), line_length=80)
    return "\n".join(lines).splitlines()


@row
def _training_around_a_quantized_layer(keras, tf):
    model = _model(keras)
    model.quantize("int8", filters="hidden")
    model.compile(keras.optimizers.SGD(0.01), "mse")
    losses = model.fit(IDS, np.array([[1.0, 0.0], [0.0, 1.0]]), epochs=3, verbose=0, shuffle=False).history["loss"]
    return [_rounded(losses, 3), _rounded(model.get_layer("hidden").kernel_scale), len(model.trainable_weights)]


@row
def _what_cannot_be_quantized(keras, tf):
    def error(call):
        try:
            call()
        except Exception as e:
            return [type(e).__name__, str(e)]
        return "nothing"

    L, q, dense = keras.layers, keras.quantizers, _filled(keras.layers.Dense(2, name="d"), X)
    dense.quantize("int8")

    class Mine(L.Dense):
        pass

    fresh = functools.partial(lambda: _filled(L.Dense(2, name="d"), X))
    calls = [lambda: L.Dense(2, name="d").quantize("int8"), lambda: dense.quantize("int8"), lambda: fresh().quantize("int3"), lambda: fresh().quantize(),
             lambda: fresh().quantize("int8", config=q.Int4QuantizationConfig()), lambda: fresh().quantize(config=3), lambda: _filled(Mine(2, name="d"), X).quantize("int8"),
             lambda: _filled(L.BatchNormalization(name="b"), X).quantize("int8"), lambda: _filled(L.Embedding(7, 2, name="e"), IDS).quantize("float8"),
             lambda: q.Int4QuantizationConfig(block_size=0), lambda: q.Int4QuantizationConfig(weight_quantizer=q.AbsMaxQuantizer(axis=0)),
             lambda: q.Int4QuantizationConfig(weight_quantizer=q.AbsMaxQuantizer(axis=0), block_size=-1), lambda: q.Int8QuantizationConfig(weight_quantizer=q.AbsMaxQuantizer(output_dtype="int32")),
             lambda: q.AbsMaxQuantizer(value_range=(-300, 3)), lambda: q.QuantizationConfig().mode, lambda: q.pack_int4(X), lambda: q.pack_int4(X.astype("int8"), dtype="int16"),
             lambda: q.unpack_int4(X, 3), lambda: q.get("nothing"), lambda: _model(keras).quantize("int8", filters=3), lambda: _model(keras).quantize("int8", filter="a"),
             lambda: keras.dtype_policies.QuantizedDTypePolicy("int8", "mixed_float16"), lambda: keras.dtype_policies.QuantizedDTypePolicy("int9", "float32"),
             lambda: keras.dtype_policies.Int4DTypePolicy("int4", "float32"), lambda: keras.dtype_policies.Int4DTypePolicy("int4/x", "float32"), lambda: keras.dtype_policies.Int4DTypePolicy("int4/0", "float32"),
             lambda: fresh().enable_lora(2) or dense.enable_lora(2) or dense.enable_lora(2), lambda: L.Dense(2, name="d").enable_lora(2),
             lambda: _filled(L.Dense(2, kernel_constraint="non_neg", name="d"), X).enable_lora(2), lambda: _filled(L.Embedding(7, 2, embeddings_constraint="non_neg"), IDS).enable_lora(2)]
    return [error(call) for call in calls]


@row
def _attention_with_policies_by_path(keras, tf):
    """The policies of the layers inside of the attention layer are in a map by their paths. Real Keras 3.15 can make such a model, and not save it."""
    L, policy = keras.layers, keras.dtype_policies.QuantizedDTypePolicy("int8", "float32")
    policies = keras.dtype_policies.DTypePolicyMap("float32", {f"attend/{name}": policy for name in ("query", "key", "value", "attention_output")})
    inputs = L.Input((3,), name="ids")
    x = L.Embedding(7, 6, name="embed")(inputs)
    x = L.MultiHeadAttention(2, 4, dtype=policies, name="attend")(x, x)
    model = keras.Model(inputs, L.Dense(2, name="out")(L.Flatten(name="flat")(x)), name="net")
    random = np.random.default_rng(6)
    model.set_weights([random.integers(-127, 127, w.shape) if "int8" in _name(w.dtype) else random.normal(size=w.shape) * (40 if "scale" in w.name else 1) + (90 if "scale" in w.name else 0)
                       for w in model.weights])
    return [[[w.path, _name(w.dtype)] for w in model.weights], _rounded(model.predict(IDS, verbose=0), 2)]


# --- float8

def _short(w):
    """A history's first numbers."""
    return _rounded(np.asarray(w).reshape(-1)[:4] if "history" in w.name else w, 4)


def _in_float8(layer_name, **options):
    def call(keras, tf):
        layer, x = _layers(keras.layers)[layer_name]
        _filled(layer, x)
        layer.quantize("float8")
        x, optimizer = tf.constant(x), keras.optimizers.SGD(0.01, name="sgd", **options)
        optimizer.build(layer.trainable_weights)

        @tf.function
        def step(x):  # real Keras's code needs a graph here
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(layer(x, training=True) ** 2)
            optimizer.apply(tape.gradient(loss, layer.trainable_weights), layer.trainable_weights)
            return loss

        losses = [float(step(x)) for _ in range(3)]
        return [_rounded(losses, 2), [[w.name, w.path, list(w.shape), w.overwrite_with_gradient, _short(w)] for w in layer.weights], _rounded(layer(x), 2), layer.dtype_policy.name,
                [v.path for v in optimizer.variables if "momentum" in v.path]]

    return call


ROWS["dense_float8"], ROWS["dense_steps_float8"], ROWS["einsum_heads_float8"] = _in_float8("dense"), _in_float8("dense_steps"), _in_float8("einsum_heads", momentum=0.9)


@row
def _float8_in_a_model(keras, tf):
    policy = keras.dtype_policies.QuantizedFloat8DTypePolicy("float8", "float32", amax_history_length=4)
    model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(5, "tanh", dtype=policy, name="a"), keras.layers.Dense(1, dtype="float8_from_float32", name="b")], name="net")
    random = np.random.default_rng(8)
    for w in model.weights:
        if w.name in ("kernel", "bias"):
            w.assign(random.normal(size=w.shape).astype("float32") * 0.5)
    model.compile(keras.optimizers.Adam(0.05), "mse")
    losses = model.fit(X, X[:, :1], epochs=5, verbose=0, shuffle=False).history["loss"]
    config = model.layers[0].get_config()["dtype"]
    return [_rounded(losses, 3), [[w.path, _short(w)] for w in model.weights if "scale" in w.name or "history" in w.name], len(model.optimizer.variables), _plain(keras.dtype_policies.serialize(model.layers[0].dtype_policy)),
            _plain(config if isinstance(config, dict) else keras.dtype_policies.serialize(config)), [w.path for w in model.trainable_weights], [name for name, _ in _stored(model.layers[0])]]


# --- LoRA

def _adapted(layer_name, config_name):
    def call(keras, tf):
        layer, x = _layers(keras.layers)[layer_name]
        _filled(layer, x)
        if config_name:
            config = CONFIGS[config_name](keras.quantizers)
            layer.quantize(**({"mode": config} if isinstance(config, str) else {"config": config}))
        layer.enable_lora(2, lora_alpha=3)
        random = np.random.default_rng(4)
        for w in layer.weights:
            if w.name.startswith("lora"):
                w.assign(random.normal(size=w.shape).astype("float32") * 0.3)
        effective = getattr(layer, "kernel", None) if hasattr(layer, "kernel") else layer.embeddings
        return [_weights(layer), _outputs(layer, x, tf), _stored(layer), _rounded(effective, 4), [w.path for w in layer.trainable_weights], layer.lora_rank, layer.lora_alpha,
                layer.lora_enabled, {key: value for key, value in layer.get_config().items() if key.startswith("lora")}]

    return call


for _layer, _config in [(layer, "") for layer in LAYERS] + [("dense", "int8"), ("dense", "int4_blocks"), ("einsum_heads", "int8"), ("einsum_heads", "int4_blocks"), ("embedding", "int8"),
                                                           ("embedding", "int4"), ("einsum", "int4_columns")]:
    ROWS[f"lora_{_layer}_{_config}".rstrip("_")] = _adapted(_layer, _config)


@row
def _lora_in_training(keras, tf):
    L, initializers = keras.layers, keras.initializers
    model = keras.Sequential([L.Input((6,)), L.Dense(5, "tanh", lora_rank=2, name="a"), L.Dense(1, name="b")], name="net")
    for layer in model.layers:
        random = np.random.default_rng(8)
        layer.set_weights([random.normal(size=w.shape).astype("float32") * (0.0 if w.name == "lora_kernel_b" else 0.5) for w in layer.weights])
    frozen = np.array(model.layers[0]._kernel)
    model.compile(keras.optimizers.Adam(0.05), "mse")
    losses = model.fit(X, X[:, :1], epochs=4, verbose=0, shuffle=False).history["loss"]
    store = {}
    model.layers[0].save_own_variables(store)
    again = keras.Sequential([L.Input((6,)), L.Dense(5, "tanh", lora_rank=2, name="a"), L.Dense(1, name="b")], name="net")
    again.layers[0].load_own_variables({key: np.asarray(value) for key, value in store.items()})
    options = [L.Dense(2, lora_rank=4, lora_alpha=8), L.Dense(2), L.EinsumDense("ab,bc->ac", 2, lora_rank=4, lora_alpha=8)]
    for layer in options:
        layer(X)
    return [_rounded(losses, 4), bool((frozen == np.array(model.layers[0]._kernel)).all()), [w.path for w in model.trainable_weights], _rounded(store["0"], 4), sorted(store),
            [_rounded(w, 4) for w in again.layers[0].weights if w.name in ("kernel", "lora_kernel_b")],
            [[layer.lora_rank, layer.lora_alpha, layer.lora_enabled] for layer in options], ["lora_rank" in layer.get_config() for layer in options]]


def answer(keras, tf, name):
    return ROWS[name](keras, tf)


# --- files, for test_quantization_peers.py

def saved_models(keras):
    """Models to save: {name: model}."""
    out = {}
    for name, change in (("int8", lambda m: m.quantize("int8")), ("int4", lambda m: m.quantize(config=keras.quantizers.Int4QuantizationConfig(block_size=4))),
                         ("int4_columns", lambda m: m.quantize(config=keras.quantizers.Int4QuantizationConfig(block_size=None))), ("lora", lambda m: None),
                         ("lora_int8", lambda m: m.quantize("int8", filters=["embed", "hidden"]))):
        model = out[name] = _model(keras)
        change(model)
        if name.startswith("lora"):
            for layer in (model.get_layer("embed"), model.get_layer("hidden")):
                layer.enable_lora(2)
            random = np.random.default_rng(9)
            for w in model.weights:
                if w.name.startswith("lora"):
                    w.assign(random.normal(size=w.shape).astype("float32") * 0.3)
    return out


def save(keras, folder, side):
    """Each model whole and its weights, and what it predicts once it was loaded again."""
    for name, model in saved_models(keras).items():
        for ending in ("keras", "weights.h5"):
            path = folder / f"{side}_{name}.{ending}"
            model.save(path) if ending == "keras" else model.save_weights(path)
        np.save(folder / f"{side}_{name}.npy", opened(keras, folder / f"{side}_{name}.keras"))


def opened(keras, path):
    """What the model of a file predicts."""
    if path.name.endswith(".keras"):
        model = keras.models.load_model(path)
    else:
        model = saved_models(keras)[path.name.partition(".")[0].partition("_")[2]]
        model.load_weights(path)
    return model.predict(IDS, verbose=0)
