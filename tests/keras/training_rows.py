"""Small models that are trained side by side with real Keras: the same weights, the same batches, a hundred steps."""

import pathlib

import numpy as np

EXPECTED = pathlib.Path(__file__).parent / "expected_training.json"
STEPS = 100


def mlp(keras):
    return keras.Sequential([
        keras.layers.Input((12,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(8, activation="tanh"),
        keras.layers.Dense(4, activation="softmax"),
    ])


def cnn(keras):
    return keras.Sequential([
        keras.layers.Input((8, 8, 2)),
        keras.layers.Conv2D(6, 3, padding="same", use_bias=False),
        keras.layers.BatchNormalization(),
        keras.layers.Activation("relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(8, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(4),
    ])


def lstm(keras):
    return keras.Sequential([
        keras.layers.Input((9,), dtype="int32"),
        keras.layers.Embedding(WORDS, 8, mask_zero=True),
        keras.layers.LSTM(12),
        keras.layers.Dense(4, activation="softmax"),
    ])


def transformer(keras):
    inputs = keras.layers.Input((9,), dtype="int32")
    words = keras.layers.Embedding(WORDS, 8)(inputs)
    attended = keras.layers.MultiHeadAttention(2, 4)(words, words)
    x = keras.layers.LayerNormalization()(keras.layers.Add()([words, attended]))
    x = keras.layers.LayerNormalization()(keras.layers.Add()([x, keras.layers.Dense(8)(keras.layers.Dense(16, activation="relu")(x))]))
    return keras.Model(inputs, keras.layers.Dense(4)(keras.layers.GlobalAveragePooling1D()(x)))


WORDS = 20
MODELS = {"mlp": (mlp, (12,), False), "cnn": (cnn, (8, 8, 2), True), "lstm": (lstm, (9,), False), "transformer": (transformer, (9,), True)}
OF_WORDS = ("lstm", "transformer")
# Rates at which the last bit of a float does not yet decide where a hundred steps lead.
OPTIMIZERS = {"SGD": dict(learning_rate=0.05, momentum=0.9), "Adam": dict(learning_rate=0.001), "RMSprop": dict(learning_rate=0.002),
              "Nadam": dict(learning_rate=0.001)}


def names():
    return [f"{model}-{optimizer}" for model in MODELS for optimizer in OPTIMIZERS]


def losses(keras, name):
    """The loss of each step."""
    model_name, _, optimizer = name.partition("-")
    make, shape, from_logits = MODELS[model_name]
    random = np.random.RandomState(3)
    model = make(keras)
    model.set_weights([_initial(random, w) for w in model.get_weights()])
    model.compile(getattr(keras.optimizers, optimizer)(**OPTIMIZERS[optimizer]), keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits))
    x = random.randint(0, WORDS, (400, *shape)) if model_name in OF_WORDS else random.randn(400, *shape).astype("float32")
    y = (np.abs(x.reshape(400, -1)[:, :4]).argmax(-1)).astype("int32")
    out = []
    for step in range(STEPS):
        rows = random.randint(0, 400, 32)
        model.reset_metrics()
        loss = model.train_on_batch(x[rows], y[rows])
        out.append(float(loss[0] if isinstance(loss, (list, tuple)) else loss))
    return out


# --- every optimizer, plain and with what optimizers share, on a table that looks rows up more than once

VARIANTS = {
    "plain": {}, "clipnorm": dict(clipnorm=0.02), "global_clipnorm": dict(global_clipnorm=0.05), "clipvalue": dict(clipvalue=0.01),
    "ema": dict(use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=3), "decay": dict(weight_decay=0.05), "schedule": {},
    "accumulation": dict(gradient_accumulation_steps=2),
}
RATES = {"SGD": 0.1, "Adam": 0.01, "AdamW": 0.01, "Adamax": 0.01, "Nadam": 0.01, "Adagrad": 0.1, "Adadelta": 1.0, "RMSprop": 0.01, "Ftrl": 0.1,
         "Lion": 0.001, "Lamb": 0.01, "Adafactor": 0.01, "Muon": 0.01}  # Keras's ScheduleFreeAdamW trains otherwise in eager mode than compiled
FEW_STEPS = 8


def optimizer_names():
    return [f"{optimizer}-{variant}" for optimizer in RATES for variant in VARIANTS]


def short_run(keras, name):
    """The loss of each step, then the rows of the table."""
    optimizer, _, variant = name.partition("-")
    random = np.random.RandomState(5)
    model = keras.Sequential([keras.layers.Input((4,), dtype="int32"), keras.layers.Embedding(6, 3), keras.layers.Flatten(), keras.layers.Dense(2)])
    model.set_weights([random.randn(*w.shape).astype("float32") for w in model.get_weights()])
    rate = RATES[optimizer]
    if variant == "schedule":
        rate = keras.optimizers.schedules.ExponentialDecay(rate, 2, 0.8)
    model.compile(getattr(keras.optimizers, optimizer)(learning_rate=rate, **VARIANTS[variant]), "mse", run_eagerly=keras.__name__ == "keras")
    x, y = random.randint(0, 6, (FEW_STEPS, 8, 4)), random.randn(FEW_STEPS, 8, 2).astype("float32")
    losses = []
    for step in range(FEW_STEPS):
        model.reset_metrics()
        losses.append(float(np.ravel(model.train_on_batch(x[step], y[step]))[0]))
    return losses + [float(v) for v in model.get_weights()[0].ravel()]


def two_optimizers(keras):
    """The losses of a model whose two layers have an optimizer each."""
    random = np.random.RandomState(9)
    inputs = keras.layers.Input((6,))
    model = keras.Model(inputs, keras.layers.Dense(2, name="second")(keras.layers.Dense(8, activation="tanh", name="first")(inputs)))
    model.set_weights([random.randn(*w.shape).astype("float32") for w in model.get_weights()])
    optimizers = keras.optimizers
    chosen = optimizers.OptimizerMap(optimizers.SGD(0.05, momentum=0.9))
    chosen["first/.*"] = optimizers.Adam(0.02)
    model.compile(optimizers.MultiOptimizer(chosen), "mse")
    x, y = random.randn(32, 6).astype("float32"), random.randn(32, 2).astype("float32")
    history = model.fit(x, y, batch_size=32, epochs=10, verbose=0, shuffle=False)
    return history.history["loss"]


# --- what optimizers share, several at once

COMBINED = {
    "accumulation": dict(gradient_accumulation_steps=3), "ema": dict(use_ema=True, ema_momentum=0.9),
    "overwritten ema": dict(use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=4), "clipnorm": dict(clipnorm=0.3),
    "clipvalue": dict(clipvalue=0.1), "global_clipnorm": dict(global_clipnorm=0.3), "decay": dict(weight_decay=0.1), "scale": dict(loss_scale_factor=64.0),
}
TOGETHER = ["accumulation+ema+clipnorm+decay", "accumulation+overwritten ema+global_clipnorm+decay", "accumulation+ema+global_clipnorm+scale",
            "accumulation+overwritten ema+clipvalue+decay+scale", "overwritten ema+clipnorm+decay+scale", "accumulation+clipvalue"]


def combined_names():
    """OPTIMIZER-POLICY-FORMS. In float16 a LossScaleOptimizer does the scaling; every second one, for time."""
    plain = [f"{optimizer}-float32-{forms}" for optimizer in ("SGD", "Adam", "RMSprop", "AdamW", "Lion") for forms in TOGETHER]
    mixed = [f"{optimizer}-mixed_{dtype}-{forms}" for optimizer in ("SGD", "Adam") for dtype in ("float16", "bfloat16") for forms in TOGETHER]
    every = plain + [name for name in mixed if "float16-" not in name or "bfloat16" in name or "scale" not in name]
    return every[::2]


def combined(keras, name):
    """The losses of ten steps, then the weights."""
    optimizer, policy, forms = name.split("-")
    arguments = dict(learning_rate=0.1, **({"momentum": 0.9} if optimizer == "SGD" else {}))
    for form in forms.split("+"):
        arguments |= COMBINED[form]
    hidden = keras.layers.Dense(2, activation="tanh", kernel_constraint=keras.constraints.MaxNorm(0.6), dtype=policy)
    model = keras.Sequential([keras.layers.Input((2,)), hidden, keras.layers.Dense(1)])
    model.set_weights([np.array([[0.1, -0.2], [0.3, 0.4]]), np.zeros(2), np.ones((2, 1)), np.zeros(1)])
    made = getattr(keras.optimizers, optimizer)(**arguments)
    model.compile(keras.optimizers.LossScaleOptimizer(made, initial_scale=256.0) if policy == "mixed_float16" else made, "mse")
    x = np.random.RandomState(1).randn(10, 4, 2).astype("float32")
    losses = [float(np.ravel(model.train_on_batch(batch, batch.sum(1, keepdims=True)))[0]) for batch in x]
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return losses + [float(v) for w in model.get_weights() for v in w.ravel()]


# --- whole programs

def autoencoder(keras):
    """Models in a model, a penalty on the codings; the losses of the epochs, then a reconstruction."""
    random = np.random.RandomState(22)
    encoder = keras.Sequential([keras.layers.Input((8, 8)), keras.layers.Reshape((8, 8, 1)), keras.layers.Conv2D(4, 3, padding="same", activation="relu"),
                                keras.layers.MaxPooling2D(), keras.layers.Flatten(),
                                keras.layers.Dense(6, activation="sigmoid", activity_regularizer=keras.regularizers.L1(1e-3))])
    decoder = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(4 * 4 * 4, activation="relu"), keras.layers.Reshape((4, 4, 4)),
                                keras.layers.Conv2DTranspose(1, 3, strides=2, padding="same"), keras.layers.Reshape((8, 8))])
    model = keras.Sequential([encoder, decoder])
    model.build((None, 8, 8))
    model.set_weights([_initial(random, w) for w in model.get_weights()])
    model.compile(keras.optimizers.Nadam(1e-3), "mse")
    x = random.rand(96, 8, 8).astype("float32")
    losses = model.fit(x, x, batch_size=32, epochs=5, shuffle=False, verbose=0).history["loss"]
    return [*losses, *(float(v) for v in model.predict(x[:1], verbose=0).ravel())]


def gan(keras):
    """A loop of one's own with a tape and two optimizers; the losses of both sides."""
    tf = __import__("tensorflow" if keras.__name__ == "keras" else "runnel")
    random = np.random.RandomState(23)
    dense = keras.layers.Dense
    generator = keras.Sequential([keras.layers.Input((3,)), dense(8, activation="relu"), dense(2)])
    critic = keras.Sequential([keras.layers.Input((2,)), dense(8), keras.layers.LeakyReLU(negative_slope=0.2), dense(1)])
    for part in (generator, critic):
        part.set_weights([_initial(random, w) for w in part.get_weights()])
    judge, makes, judges = keras.losses.BinaryCrossentropy(from_logits=True), keras.optimizers.Adam(2e-3, beta_1=0.5), keras.optimizers.RMSprop(1e-3)

    @tf.function
    def step(real, noise, more_noise):
        with tf.GradientTape() as tape:
            verdicts = critic(tf.concat([generator(noise, training=True), real], 0), training=True)
            critic_loss = judge(tf.concat([tf.zeros([16, 1]), tf.ones([16, 1])], 0), verdicts)
        judges.apply_gradients(zip(tape.gradient(critic_loss, critic.trainable_variables), critic.trainable_variables))
        with tf.GradientTape() as tape:
            loss = judge(tf.ones([16, 1]), critic(generator(more_noise, training=True), training=True))
        makes.apply_gradients(zip(tape.gradient(loss, generator.trainable_variables), generator.trainable_variables))
        return critic_loss, loss

    out = []
    for _ in range(20):
        real, noise, more = (random.randn(16, size).astype("float32") for size in (2, 3, 3))
        out += [float(v) for v in step(tf.constant(2 + real), tf.constant(noise), tf.constant(more))]
    return out


WHOLE = {"autoencoder": autoencoder, "gan": gan}


def _initial(random, weight):
    """Kernels are drawn; vectors (biases, gamma, moving averages) stay as they are."""
    return weight if weight.ndim < 2 else (random.randn(*weight.shape) / np.sqrt(np.prod(weight.shape[:-1]))).astype("float32")
