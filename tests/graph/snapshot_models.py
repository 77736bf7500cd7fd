"""The functions whose optimised graphs lie in snapshots/: name -> (function of tensors, their specs). Layers are small, and wide enough that
products take the paths that they take in real models."""

MODELS = {}


def model(*shapes, train=False, dtypes=None):
    """Registers what make(keras, layers) builds: inference of one batch, or a step of training (with the loss and Adam)."""
    def register(make):
        MODELS[make.__name__] = (make, shapes, dtypes or ["float32"] * len(shapes), train)
        return make
    return register


def sequential(keras, *layers):
    return keras.Sequential(list(layers))


@model((None, 20), train=True)
def mlp(keras, L):
    return sequential(keras, keras.Input((20,)), L.Dense(32, "relu"), L.Dropout(0.2), L.Dense(16, "softmax"))


@model((None, 64))
def gelu_mlp(keras, L):
    return sequential(keras, keras.Input((64,)), L.Dense(128, "gelu"), L.LayerNormalization(), L.Dense(64))


@model((None, 12, 12, 1), train=True)
def cnn(keras, L):
    return sequential(keras, keras.Input((12, 12, 1)), L.Conv2D(16, 3, activation="relu"), L.MaxPooling2D(), L.Flatten(), L.Dense(16, "softmax"))


@model((None, 12, 12, 3))
def cnn_with_batch_normalisation(keras, L):
    return sequential(keras, keras.Input((12, 12, 3)), L.Conv2D(16, 3, use_bias=False), L.BatchNormalization(), L.ReLU(), L.GlobalAveragePooling2D(),
                      L.Dense(16))


@model((None, 8, 8, 16), train=True)
def resnet_block(keras, L):
    x = keras.Input((8, 8, 16))
    y = L.ReLU()(L.BatchNormalization()(L.Conv2D(16, 3, padding="same", use_bias=False)(x)))
    y = L.BatchNormalization()(L.Conv2D(16, 3, padding="same", use_bias=False)(y))
    return keras.Model(x, L.Dense(16, "softmax")(L.GlobalAveragePooling2D()(L.ReLU()(L.Add()([x, y])))))


@model((None, 6, 16))
def lstm_unrolled(keras, L):
    return sequential(keras, keras.Input((2, 16)), L.LSTM(16))


@model((None, None, 16))
def lstm(keras, L):
    return sequential(keras, keras.Input((None, 16)), L.LSTM(16))


@model((None, None, 16))
def gru(keras, L):
    return sequential(keras, keras.Input((None, 16)), L.GRU(16, return_sequences=True), L.Dense(16))


@model((None, 10, 32))
def transformer_block(keras, L):
    x = keras.Input((10, 32))
    y = L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(2, 16)(x, x)]))
    return keras.Model(x, L.LayerNormalization()(L.Add()([y, L.Dense(32)(L.Dense(64, "relu")(y))])))


@model((None, 32))
def autoencoder(keras, L):
    return sequential(keras, keras.Input((32,)), L.Dense(16, "selu"), L.Dense(32, "sigmoid"))


@model((None, 16), (None, 24))
def wide_and_deep(keras, L):
    wide, deep = keras.Input((16,)), keras.Input((24,))
    return keras.Model([wide, deep], L.Dense(16)(L.Concatenate()([wide, L.Dense(32, "elu")(deep)])))


@model((None, 12), dtypes=["int32"], train=True)
def embedding_classifier(keras, L):
    return sequential(keras, keras.Input((12,), dtype="int32"), L.Embedding(50, 16), L.GlobalAveragePooling1D(), L.Dense(16, "softmax"))


def newton_roots(tf, x):
    """Square roots by Newton's steps: a loop with a branch in it, and an invariant that leaves it."""
    y = x
    for _ in tf.range(20):
        correction = 0.5 * (tf.exp(x) / tf.exp(x) * x / y - y)
        if tf.reduce_max(tf.abs(correction)) < 1e-4:
            break
        y = y + correction
    return y


def attention(tf, q, k, v):
    return tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / 4.0) @ v


FUNCTIONS = {"newton_roots": (newton_roots, [(None,)]), "attention": (attention, [(None, None, 16)] * 3)}


def optimised_text(tf, name):
    """The snapshot's text: inference, and a step of training where the model has one."""
    if name in FUNCTIONS:
        f, shapes = FUNCTIONS[name]
        return text_of(tf, lambda *args: f(tf, *args), [tf.TensorSpec(s) for s in shapes], name)
    make, shapes, dtypes, train = MODELS[name]
    tf.keras.backend.clear_session()
    keras_model = make(tf.keras, tf.keras.layers)
    specs = [tf.TensorSpec(s, d) for s, d in zip(shapes, dtypes)]
    out = text_of(tf, lambda *x: keras_model(list(x) if len(x) > 1 else x[0], training=False), specs, "inference")
    return out + training_text(tf, keras_model, specs) if train else out


def training_text(tf, keras_model, specs):
    optimizer = tf.keras.optimizers.Adam()
    optimizer.build(keras_model.trainable_variables)

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.keras.losses.sparse_categorical_crossentropy(y, keras_model(x, training=True))
            loss = tf.reduce_mean(loss)
        optimizer.apply(tape.gradient(loss, keras_model.trainable_variables), keras_model.trainable_variables)
        return loss

    return "\n" + text_of(tf, step, [*specs, tf.TensorSpec([None], "int32")], "training")


def text_of(tf, f, specs, name):
    f.__name__ = name
    return tf.function(f).experimental_get_compiler_ir(*specs)("optimized_hlo")
