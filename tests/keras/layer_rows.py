"""Layers that both Keras and Runnel run: one row a layer and its arguments. expected_layers.npz holds Keras's results:
    .venv-peers/bin/python tests/keras/layer_rows.py        (only the rows that are not there yet)
Inputs and weights are made from the row's number; compared are outputs, the gradients of sum(outputs * coefficients), ten steps of training,
and what becomes of a mask.
"""

import contextlib
import os

import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))
EXPECTED = os.path.join(FOLDER, "expected_layers.npz")
EXPECTED_MIXED = os.path.join(FOLDER, "expected_mixed.npz")
POLICIES = {"mixed_float16": 2.0**-10, "mixed_bfloat16": 2.0**-7}  # and the distance from 1 to the next number
ROWS = []


class code(str):
    """An argument that is made by this code, in which L is keras.layers."""

    def __repr__(self):
        return str(self)


def row(name, shape, training=False, ints=None, **arguments):
    """shape: of the input, a list of shapes for a list of inputs, a tuple of shapes for several arguments of the call.
    ints: inputs are integers below it."""
    ROWS.append((name, shape, training, ints, arguments))


for rank, image in ((1, (2, 9, 4)), (2, (2, 7, 6, 4)), (3, (2, 5, 4, 6, 4))):
    first = (2, image[-1], *image[1:-1])
    row(f"Conv{rank}D", image, filters=3, kernel_size=3, padding="same", activation="relu")
    row(f"Conv{rank}D", image, filters=6, kernel_size=2, strides=2, groups=2)
    row(f"Conv{rank}D", image, filters=3, kernel_size=2, dilation_rate=2, use_bias=False)
    row(f"Conv{rank}DTranspose", image, filters=3, kernel_size=3, strides=2, padding="same")
    row(f"Conv{rank}DTranspose", image, filters=3, kernel_size=3, strides=2)
    row(f"Conv{rank}DTranspose", image, filters=2, kernel_size=2, strides=3, activation="tanh")
    row(f"Conv{rank}DTranspose", image, filters=2, kernel_size=3, strides=2, padding="same", output_padding=1)
    for kind in ("Max", "Average"):
        row(f"{kind}Pooling{rank}D", image, pool_size=2)
        row(f"{kind}Pooling{rank}D", image, pool_size=3, strides=2, padding="same")
        row(f"Global{kind}Pooling{rank}D", image)
        row(f"Global{kind}Pooling{rank}D", first, data_format="channels_first", keepdims=True)
        row(f"Adaptive{kind}Pooling{rank}D", image, output_size=3)
    row(f"ZeroPadding{rank}D", image, padding=2)
    row(f"Cropping{rank}D", image, cropping=1)
    row(f"UpSampling{rank}D", image, size=3)
row("Conv1D", (2, 9, 4), filters=3, kernel_size=3, padding="causal", dilation_rate=2)
row("DepthwiseConv1D", (2, 9, 4), kernel_size=3, padding="same", depth_multiplier=2)
row("DepthwiseConv2D", (2, 7, 6, 4), kernel_size=3, strides=2, depth_multiplier=2, activation="relu")
row("DepthwiseConv2D", (2, 7, 6, 4), kernel_size=2, dilation_rate=2, use_bias=False)
row("SeparableConv1D", (2, 9, 4), filters=5, kernel_size=3, padding="same")
row("SeparableConv2D", (2, 7, 6, 4), filters=5, kernel_size=(3, 3), strides=2, depth_multiplier=2)
row("ZeroPadding1D", (2, 5, 3), padding=(1, 3))
row("ZeroPadding2D", (2, 5, 4, 3), padding=((1, 0), (2, 3)))
row("ZeroPadding2D", (2, 3, 5, 4), padding=(1, 2), data_format="channels_first")
row("Cropping1D", (2, 5, 3), cropping=(1, 2))
row("Cropping2D", (2, 5, 6, 3), cropping=((1, 0), (2, 3)))
row("UpSampling2D", (2, 3, 4, 2), size=(2, 3), interpolation="bilinear")
row("Permute", (2, 3, 4, 5), dims=(3, 1, 2))
row("RepeatVector", (2, 5), n=3)
row("Flatten", (2, 3, 4))
row("Flatten", (2, 3, 4), data_format="channels_first")
row("Reshape", (2, 3, 4), target_shape=(2, -1))
for name in ("Add", "Multiply", "Average", "Maximum", "Minimum"):
    row(name, [(2, 3, 4)] * 3)
    row(name, [(2, 3, 4), (2, 4)])
row("Subtract", [(2, 3), (2, 3)])
row("Concatenate", [(2, 3, 4), (2, 5, 4)], axis=1)
row("Concatenate", [(2, 3), (2, 4), (2, 1)])
row("Dot", [(2, 3), (2, 3)], axes=1)
row("Dot", [(2, 3), (2, 3)], axes=1, normalize=True)
row("Dot", [(2, 3, 4), (2, 4, 5)], axes=(2, 1))
row("Dot", [(2, 3, 4), (2, 3)], axes=1)
row("ReLU", (2, 9))
row("ReLU", (2, 9), max_value=0.5, negative_slope=0.1, threshold=0.2)
row("ReLU", (2, 9), max_value=6.0)
row("LeakyReLU", (2, 9))
row("PReLU", (2, 3, 4), alpha_initializer="ones")
row("PReLU", (2, 3, 4), shared_axes=[1])
row("ELU", (2, 9), alpha=0.7)
row("Softmax", (2, 9))
row("Softmax", (2, 3, 4), axis=(1, 2))
row("Activation", (2, 9), activation="gelu")
row("Dense", (2, 9), units=4, activation="tanh")
row("Dense", (2, 3, 5, 9), units=4)
row("EinsumDense", (2, 9), equation="ab,bc->ac", output_shape=(4,), bias_axes="c")
row("EinsumDense", (2, 5, 9), equation="abc,cde->abde", output_shape=(None, 3, 2), bias_axes="de")
row("EinsumDense", (2, 3, 5, 9), equation="...x,xy->...y", output_shape=(4,), bias_axes="y", activation="relu")
row("Embedding", (2, 5), ints=7, input_dim=7, output_dim=3)
row("Masking", (2, 5, 3), mask_value=0.0)
row("Identity", (2, 5))
row("BatchNormalization", (4, 3))
row("BatchNormalization", (4, 3), training=True)
row("BatchNormalization", (4, 3, 5), training=True, axis=1)
row("LayerNormalization", (4, 3, 5))
row("LayerNormalization", (4, 3, 5), axis=(1, 2))
row("GroupNormalization", (4, 3, 6), groups=3)
row("GroupNormalization", (4, 6, 5, 3), groups=2, axis=1)
row("GroupNormalization", (4, 5, 3), groups=-1)
row("UnitNormalization", (4, 5))
row("UnitNormalization", (4, 3, 5), axis=(1, 2))
row("RMSNormalization", (4, 3, 5))
for name in ("Dropout", "GaussianDropout", "AlphaDropout"):
    row(name, (4, 5), training=True, rate=0.4, seed=3)
    row(name, (4, 5), rate=0.4)
row("SpatialDropout1D", (3, 4, 5), training=True, rate=0.4, seed=3)
row("SpatialDropout2D", (3, 4, 5, 2), training=True, rate=0.4, seed=3)
row("SpatialDropout3D", (3, 4, 5, 2, 3), training=True, rate=0.4, seed=3)
row("GaussianNoise", (4, 5), training=True, stddev=0.4, seed=3)

RECURRENT = {"units": 5, "recurrent_initializer": "glorot_uniform"}
for name in ("SimpleRNN", "LSTM", "GRU"):
    row(name, (3, 4, 6), **RECURRENT)
    row(name, (3, 4, 6), **RECURRENT, return_sequences=True, go_backwards=True)
    row(name, (3, 4, 6), **RECURRENT, activation="relu", use_bias=False)
    row(name, (3, 4, 6), training=True, **RECURRENT, dropout=0.3, recurrent_dropout=0.2, seed=5)
row("GRU", (3, 4, 6), **RECURRENT, reset_after=False)
row("Attention", [(2, 3, 4), (2, 5, 4)])
row("Attention", [(2, 3, 4), (2, 5, 4), (2, 5, 4)], use_scale=True)
row("Attention", [(2, 3, 4), (2, 5, 4)], score_mode="concat", use_scale=True)
row("AdditiveAttention", [(2, 3, 4), (2, 5, 4)])
row("AdditiveAttention", [(2, 3, 4), (2, 5, 4)], use_scale=False)

CONV_LSTM = {"recurrent_initializer": "glorot_uniform"}
row("ConvLSTM1D", (2, 3, 7, 2), filters=3, kernel_size=3, **CONV_LSTM)
row("ConvLSTM2D", (2, 3, 6, 5, 2), filters=3, kernel_size=3, padding="same", return_sequences=True, **CONV_LSTM)
row("ConvLSTM2D", (2, 3, 6, 5, 2), filters=2, kernel_size=2, strides=2, go_backwards=True, use_bias=False, **CONV_LSTM)
row("ConvLSTM2D", (2, 3, 2, 6, 5), filters=2, kernel_size=(3, 2), data_format="channels_first", activation="relu", **CONV_LSTM)
row("ConvLSTM2D", (2, 3, 6, 5, 2), training=True, filters=3, kernel_size=3, dropout=0.3, recurrent_dropout=0.2, seed=5, **CONV_LSTM)
row("ConvLSTM3D", (2, 2, 4, 3, 4, 2), filters=2, kernel_size=2, **CONV_LSTM)
GROUPED = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
row("GroupQueryAttention", ((2, 4, 5), (2, 6, 5)), **GROUPED)
row("GroupQueryAttention", ((2, 4, 5), (2, 4, 5), (2, 4, 5)), use_gate=True, sliding_window=2, use_bias=False, **GROUPED)
row("MultiHeadAttention", ((2, 4, 5), (2, 6, 5)), num_heads=2, key_dim=3)
row("MultiHeadAttention", ((2, 4, 5), (2, 6, 5)), num_heads=2, key_dim=3, value_dim=4, output_shape=7, use_gate=True, sliding_window=2)
row("MultiHeadAttention", ((2, 3, 4, 5), (2, 3, 4, 5)), num_heads=2, key_dim=3, attention_axes=(1, 2))
row("SpectralNormalization", (4, 5), training=True, layer=code("L.Dense(3)"), power_iterations=2)
row("SpectralNormalization", (2, 6, 6, 2), training=True, layer=code("L.Conv2D(3, 2)"))
row("ReversibleEmbedding", (2, 5), ints=7, input_dim=7, output_dim=3)
row("ThresholdedReLU", (2, 9), theta=0.3)
row("Lambda", (2, 9), function=code("lambda x: x * x + 1.0"))
row("Lambda", (2, 9), function=code("lambda x, by: x * by"), arguments={"by": 3.0}, output_shape=(9,))
row("Rescaling", (2, 4, 3), scale=0.5, offset=-1.0)
row("Rescaling", (2, 4, 3), scale=[0.5, 2.0, 1.0], offset=[0.0, 1.0, 2.0])
row("Normalization", (4, 3), mean=[0.1, 0.2, 0.3], variance=[1.0, 0.5, 2.0])
row("Normalization", (4, 3, 2), axis=(1, 2), mean=0.5, variance=2.0, invert=True)
row("Normalization", (4, 3), axis=None, mean=0.5, variance=2.0)
row("CategoryEncoding", (3, 4), ints=5, num_tokens=5)
row("CategoryEncoding", (3, 4), ints=5, num_tokens=5, output_mode="count")
row("CategoryEncoding", (3, 1), ints=5, num_tokens=5, output_mode="one_hot")
row("CategoryEncoding", (6,), ints=5, num_tokens=5, output_mode="one_hot")
row("Discretization", (3, 4), ints=9, bin_boundaries=[1.0, 3.0, 6.5])
row("Discretization", (3, 4), ints=9, bin_boundaries=[1.0, 3.0, 6.5], output_mode="count")
row("Discretization", (3, 1), ints=9, bin_boundaries=[1.0, 3.0, 6.5], output_mode="one_hot")

row("RNN", (2, 4, 5), cell=code("L.SimpleRNNCell(3)"), return_sequences=True)
row("RNN", (2, 4, 5), cell=code("L.LSTMCell(3, unit_forget_bias=False)"))
row("RNN", (2, 4, 5), cell=code("L.StackedRNNCells([L.GRUCell(3), L.LSTMCell(2)])"), go_backwards=True)
row("Bidirectional", (2, 4, 5), layer=code("L.LSTM(3, return_sequences=True)"))
row("Bidirectional", (2, 4, 5), layer=code("L.GRU(3)"), merge_mode="mul")
row("TimeDistributed", (2, 4, 5), layer=code("L.Dense(3, activation='tanh')"))
row("TimeDistributed", (2, 3, 6, 5, 2), training=True, layer=code("L.BatchNormalization()"))
row("ActivityRegularization", (2, 5), l1=0.1, l2=0.2)
row("Dense", (2, 5), units=3, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l1", kernel_constraint="max_norm",
    bias_constraint="non_neg")
row("Embedding", (2, 5), ints=7, input_dim=7, output_dim=3, embeddings_regularizer="l2", embeddings_constraint="unit_norm")
row("Conv2D", (2, 5, 4, 3), filters=2, kernel_size=2, kernel_regularizer="l2", kernel_constraint="unit_norm")
row("BatchNormalization", (4, 3, 2), training=True, momentum=0.7, gamma_constraint="non_neg", beta_regularizer="l2")

for mode in ("log", "magnitude", "psd", "real", "imag", "stft"):  # the angles of nothing differ from bit to bit
    row("STFTSpectrogram", (2, 50, 3), mode=mode, frame_length=16)
row("STFTSpectrogram", (2, 50, 3), frame_length=16, frame_step=5, fft_length=32, padding="same", expand_dims=True, window="hamming", periodic=True)
row("STFTSpectrogram", (2, 3, 50), frame_length=16, data_format="channels_first", scaling=None, window=None)
row("STFTSpectrogram", (2, 3, 50), frame_length=16, data_format="channels_first", scaling="spectrum", expand_dims=True)

def names():
    return [f"{i:03d} {name}({', '.join(f'{k}={v!r}' for k, v in arguments.items())})" for i, (name, _, _, _, arguments) in enumerate(ROWS)]


def values(shape, generator, ints=None):
    if ints:
        return generator.integers(0, ints, shape).astype("int32")
    return (generator.standard_normal(shape) * 0.5).astype("float32")


class Case:
    """A layer of a row with drawn weights, and its inputs."""

    def __init__(self, tf, index, **more):
        name, shape, self.training, self.ints, arguments = ROWS[index]
        self.tf, self.generator = tf, np.random.default_rng(index)
        self.shape, self.spread = shape, isinstance(shape, tuple) and isinstance(shape[0], tuple)
        self.layer = make(tf, index, **more)
        self.inputs = [tf.constant(values(s, self.generator, self.ints)) for s in (shape if self.spread or isinstance(shape, list) else [shape])]
        self.layer(*self.positional(self.inputs))  # builds, and draws no random numbers
        draw_weights(self.layer, self.generator)

    def positional(self, inputs):
        return inputs if self.spread else [inputs if isinstance(self.shape, list) else inputs[0]]

    def __call__(self, *inputs):
        return self.layer(*(inputs or self.positional(self.inputs)), **({"training": True} if self.training else {}))

    def floats(self, output):
        return self.tf.cast(output, "float32")


def make(tf, index, **more):
    name, _, _, _, arguments = ROWS[index]
    made = {key: eval(value, {"L": tf.keras.layers}) if isinstance(value, code) else value for key, value in arguments.items()}
    return getattr(tf.keras.layers, name)(**made, **more)


def draw_weights(layer, generator):
    drawn = [abs(values(w.shape, generator)) if "variance" in name_of(w) else values(w.shape, generator) for w in layer.weights if "seed" not in name_of(w)]
    layer.set_weights(drawn + [np.asarray(w) for w in layer.weights if "seed" in name_of(w)])


def evaluate(tf, index):
    """{"0": output, "d0": ..., "w0": ...} of a row: the output, the gradients, the state after training."""
    case = Case(tf, index)
    with tf.GradientTape() as tape:
        if not case.ints:
            tape.watch(case.inputs)
        output = case()
        loss = tf.reduce_sum(case.floats(output) * values(output.shape, case.generator))
    trainable = list(case.layer.trainable_weights)
    gradients = tape.gradient(loss, ([] if case.ints else case.inputs) + trainable)
    result = {"0": np.asarray(output)}
    for i, g in enumerate(gradients):
        result[f"d{i}"] = np.asarray(tf.convert_to_tensor(g))
    if case.training:
        result.update({f"w{i}": np.asarray(w) for i, w in enumerate(case.layer.non_trainable_weights) if "seed" not in name_of(w)})
    return result


STEPS = 10


def ten_steps(tf, index):
    """The losses of ten steps of SGD towards drawn targets, then all weights."""
    case = Case(tf, index)
    optimizer, trainable = tf.keras.optimizers.SGD(0.05, momentum=0.5), list(case.layer.trainable_weights)
    targets, losses = None, []
    for _ in range(STEPS):
        with tf.GradientTape() as tape:
            output = case()
            if targets is None:
                targets = values(output.shape, case.generator)
            loss = tf.reduce_mean(tf.square(case.floats(output) - targets))
            for penalty in case.layer.losses:
                loss += penalty
        if trainable:
            optimizer.apply_gradients(zip(tape.gradient(loss, trainable), trainable))
        losses.append(float(loss))
    weights = [np.asarray(w).ravel() for w in case.layer.weights if "seed" not in name_of(w)]
    return {"steps": np.concatenate([np.array(losses, "float32"), *weights])}


def masked(tf, index):
    """The output for inputs some of whose steps are masked, and the mask that it carries."""
    case = Case(tf, index)
    x = np.array(case.inputs[0])
    x[0, 1] = x[1, 0] = 0
    output = case(tf.keras.layers.Masking()(tf.constant(x)))
    mask = getattr(output, "_keras_mask", None)
    return {"masked": np.asarray(output), "mask": np.asarray(-1 if mask is None else mask)}


def mixed(tf, index, policy):
    """The output of a layer that computes in half precision."""
    return np.asarray(tf.cast(Case(tf, index, dtype=policy)(), "float32"))


def is_mixed(index):
    """Rows whose numbers are neither drawn nor whole, of layers that have a policy of their own."""
    _, _, training, ints, arguments = ROWS[index]
    return not training and not ints and "dtype" not in arguments and "..." not in arguments.get("equation", "")  # Keras 3.15 gives no product there


def takes_a_mask(index):
    _, shape, _, ints, _ = ROWS[index]
    return not ints and isinstance(shape, tuple) and not isinstance(shape[0], tuple) and len(shape) > 2


def name_of(weight):
    return getattr(weight, "path", None) or weight.name


def store_mixed(tf):
    """What Keras cannot compute in half precision is left out."""
    stored = {}
    for index, label in enumerate(names()):
        for policy in POLICIES if is_mixed(index) else ():
            with contextlib.suppress(ValueError, TypeError, tf.errors.OpError):
                stored[f"{label}|{policy}"] = mixed(tf, index, policy)
    np.savez_compressed(EXPECTED_MIXED, **stored)


if __name__ == "__main__":
    import tensorflow

    store_mixed(tensorflow)
    stored = dict(np.load(EXPECTED)) if os.path.exists(EXPECTED) else {}
    known = {key.rpartition("|")[0] for key in stored}
    for index, label in enumerate(names()):
        if label in known:
            continue
        results = {**evaluate(tensorflow, index), **ten_steps(tensorflow, index)}
        if takes_a_mask(index):
            with contextlib.suppress(ValueError, tensorflow.errors.OpError):  # some layers of Keras fail with a mask
                results |= masked(tensorflow, index)
        for key, array in results.items():
            stored[f"{label}|{key}"] = array
    np.savez_compressed(EXPECTED, **stored)
    print(f"{len(ROWS)} rows, {os.path.getsize(EXPECTED)} bytes")
