"""keras.backend: activations, convolutions, crossentropies and the loop over time."""

import runnel as tf
from runnel import _runnel

_config = _runnel.keras_config


def _channels_first(data_format):
    data_format = data_format or _config.image_data_format()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(f"Unknown data_format: {data_format}")
    return data_format == "channels_first"


def _last(function, x, data_format):
    """function(x) where the channels of x stand at the end, and its result with them where they were."""
    if not _channels_first(data_format):
        return function(x)
    rank = len(x.shape)
    y = function(tf.transpose(x, [0, *range(2, rank), 1]))
    return tf.transpose(y, [0, rank - 1, *range(1, rank - 1)])


def _sizes(value, rank):
    return [value] * rank if isinstance(value, int) else list(value)


# --- activations

def relu(x, alpha=0.0, max_value=None, threshold=0.0):
    """max(x, 0); alpha * (x - threshold) below the threshold, at most max_value."""
    return tf.keras.activations.relu(x, alpha, max_value, threshold)


def elu(x, alpha=1.0):
    """x above zero, alpha * (exp(x) - 1) below."""
    return tf.keras.activations.elu(x, alpha)


def softmax(x, axis=-1):
    """exp(x) divided by its sum along an axis."""
    return tf.keras.activations.softmax(x, axis)


def softplus(x):
    """log(exp(x) + 1), element by element."""
    return tf.nn.softplus(x)


def softsign(x):
    """x / (|x| + 1), element by element."""
    return tf.nn.softsign(x)


def hard_sigmoid(x):
    """x / 5 + 1/2, between 0 and 1: Keras 2's, whose slope is not that of keras.activations.hard_sigmoid."""
    return tf.clip_by_value(x * 0.2 + 0.5, 0.0, 1.0)


def dropout(x, level, noise_shape=None, seed=None):
    """A share `level` of the elements set to zero, the others scaled up; noise_shape has size 1 where elements share their fate."""
    return tf.nn.dropout(x, level, noise_shape, seed)


def batch_normalization(x, mean, var, beta, gamma, axis=-1, epsilon=1e-3):
    """(x - mean) / sqrt(var + epsilon) * gamma + beta; the four have x's shape or one that broadcasts to it."""
    scale = tf.math.rsqrt(var + epsilon)
    if gamma is not None:
        scale = scale * gamma
    return x * scale + ((0.0 if beta is None else beta) - mean * scale)


# --- convolutions; kernels are (sizes..., channels in, channels out)

def bias_add(x, bias, data_format=None):
    """x plus a bias for each channel, or of the shape of a sample."""
    if len(bias.shape) not in (1, len(x.shape) - 1):
        raise ValueError(f"Unexpected bias dimensions {len(bias.shape)}. Expected it to be 1 or {len(x.shape) - 1} dimensions")
    if len(bias.shape) == 1 or not _channels_first(data_format):
        return _last(lambda y: y + bias, x, data_format) if len(bias.shape) == 1 else x + bias
    return x + tf.transpose(bias, [len(bias.shape) - 1, *range(len(bias.shape) - 1)])


def _convolution(rank):
    def conv(x, kernel, strides, padding, data_format, dilation_rate):
        convolve = getattr(tf.nn, f"conv{rank}d") if rank > 1 else tf.nn.convolution
        options = {"strides": _sizes(strides, rank), "padding": padding.upper(), "dilations": _sizes(dilation_rate, rank)}
        if rank > 2:
            options.update(strides=[1, *options["strides"], 1], dilations=[1, *options["dilations"], 1])
        return _last(lambda y: convolve(y, kernel, **options), x, data_format)

    return conv


def conv1d(x, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """(batch, steps, channels); padding "causal" sees no later step."""
    if padding == "causal":
        before = dilation_rate * (int(kernel.shape[0]) - 1)
        x, padding = _last(lambda y: temporal_padding(y, (before, 0)), x, data_format), "valid"
    return _convolution(1)(x, kernel, strides, padding, data_format, dilation_rate)


def conv2d(x, kernel, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1)):
    """Convolution of (batch, height, width, channels). kernel: (height, width, channels in, channels out)."""
    return _convolution(2)(x, kernel, strides, padding, data_format, dilation_rate)


def conv3d(x, kernel, strides=(1, 1, 1), padding="valid", data_format=None, dilation_rate=(1, 1, 1)):
    """Convolution over three axes of (batch, a, b, c, channels). kernel: (a, b, c, channels in, channels out)."""
    return _convolution(3)(x, kernel, strides, padding, data_format, dilation_rate)


def conv2d_transpose(x, kernel, output_shape, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1)):
    """The gradient of conv2d with respect to its input. kernel: (height, width, channels out, channels in)."""
    if _channels_first(data_format):
        output_shape = [output_shape[0], *output_shape[2:], output_shape[1]]
    return _last(lambda y: tf.nn.conv2d_transpose(y, kernel, output_shape, list(strides), padding.upper(), dilations=list(dilation_rate)), x, data_format)


def depthwise_conv2d(x, depthwise_kernel, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1)):
    """Each channel of (batch, height, width, channels) with filters of its own. kernel: (height, width, channels, multiplier)."""
    return _last(lambda y: tf.nn.depthwise_conv2d(y, depthwise_kernel, [1, *strides, 1], padding.upper(), dilations=list(dilation_rate)), x, data_format)


def separable_conv2d(x, depthwise_kernel, pointwise_kernel, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1)):
    """depthwise_conv2d(), then a convolution by pointwise_kernel (1, 1, channels * multiplier, channels out)."""
    def convolve(y):
        return tf.nn.separable_conv2d(y, depthwise_kernel, pointwise_kernel, [1, *strides, 1], padding.upper(), dilations=list(dilation_rate))

    return _last(convolve, x, data_format)


def _pool(x, pool_size, strides, padding, data_format, pool_mode):
    modes = {"max": "MAX", "avg": "AVG"}
    if pool_mode not in modes:
        raise ValueError(f"Invalid pooling mode: {pool_mode}")
    return _last(lambda y: tf.nn.pool(y, list(pool_size), modes[pool_mode], list(strides), padding.upper()), x, data_format)


def pool2d(x, pool_size, strides=(1, 1), padding="valid", data_format=None, pool_mode="max"):
    """The "max" or "avg" of windows of (batch, height, width, channels)."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


def pool3d(x, pool_size, strides=(1, 1, 1), padding="valid", data_format=None, pool_mode="max"):
    """The "max" or "avg" of windows over three axes of (batch, a, b, c, channels)."""
    return _pool(x, pool_size, strides, padding, data_format, pool_mode)


def _padded(x, padding, data_format):
    return _last(lambda y: tf.pad(y, [[0, 0], *(list(pair) for pair in padding), [0, 0]]), x, data_format)


def temporal_padding(x, padding=(1, 1)):
    """Zeros before and after the steps of (batch, steps, channels)."""
    return _padded(x, [padding], "channels_last")


def spatial_2d_padding(x, padding=((1, 1), (1, 1)), data_format=None):
    """Zeros before and after the rows and the columns of (batch, height, width, channels)."""
    return _padded(x, padding, data_format)


def spatial_3d_padding(x, padding=((1, 1), (1, 1), (1, 1)), data_format=None):
    """Zeros before and after three axes of (batch, a, b, c, channels)."""
    return _padded(x, padding, data_format)


def resize_images(x, height_factor, width_factor, data_format, interpolation="nearest"):
    """Images larger by whole factors."""
    layer = tf.keras.layers.UpSampling2D((height_factor, width_factor), data_format=data_format, interpolation=interpolation)
    return layer(x)


def resize_volumes(x, depth_factor, height_factor, width_factor, data_format):
    """Each element repeated along three axes."""
    return tf.keras.layers.UpSampling3D((depth_factor, height_factor, width_factor), data_format=data_format)(x)


# --- crossentropies, element by element or without the last axis

def _probabilities(output):
    return tf.clip_by_value(output, _config.epsilon(), 1.0 - _config.epsilon())


def binary_crossentropy(target, output, from_logits=False):
    """Element by element."""
    if from_logits:
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=output)
    output = _probabilities(output)
    return -(target * tf.math.log(output + _config.epsilon()) + (1.0 - target) * tf.math.log(1.0 - output + _config.epsilon()))


def binary_focal_crossentropy(target, output, apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False):
    """binary_crossentropy times (1 - p)^gamma, where p is what was given to the true class (Lin et al. 2017)."""
    probability = tf.sigmoid(output) if from_logits else output
    given = target * probability + (1.0 - target) * (1.0 - probability)
    loss = tf.pow(1.0 - given, gamma) * binary_crossentropy(target, output, from_logits)
    return (target * alpha + (1.0 - target) * (1.0 - alpha)) * loss if apply_class_balancing else loss


def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """-sum(target * log(output)) along an axis: (batch, ...). Outputs are made to sum to 1, or are logits."""
    if from_logits:
        return tf.nn.softmax_cross_entropy_with_logits(labels=target, logits=output, axis=axis)
    output = _probabilities(output / tf.reduce_sum(output, axis, keepdims=True))
    return -tf.reduce_sum(target * tf.math.log(output), axis)


def categorical_focal_crossentropy(target, output, alpha=0.25, gamma=2.0, from_logits=False, axis=-1):
    """categorical_crossentropy() with each term times alpha (1 - p)^gamma (Lin et al. 2017)."""
    output = tf.nn.softmax(output, axis) if from_logits else output
    output = _probabilities(output / tf.reduce_sum(output, axis, keepdims=True))
    return tf.reduce_sum(alpha * tf.pow(1.0 - output, gamma) * -target * tf.math.log(output), axis)


def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1, ignore_class=None):
    """target: class numbers, of output's shape without `axis`; ignored ones cost nothing."""
    rank = len(output.shape)
    if axis % rank != rank - 1:
        output = tf.transpose(output, [i for i in range(rank) if i != axis % rank] + [axis % rank])
    target = tf.reshape(tf.cast(target, "int64"), tf.shape(output)[:-1])
    logits = output if from_logits else tf.math.log(_probabilities(output))
    if ignore_class is None:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits)
    counts = tf.not_equal(target, ignore_class)
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.where(counts, target, 0), logits=logits)
    return tf.where(counts, loss, 0.0)


# --- recurrence

def rnn(step_function, inputs, initial_states, go_backwards=False, mask=None, constants=None, unroll=False, input_length=None, time_major=False,
        zero_output_for_mask=False, return_all_outputs=True):
    """step_function(x of one step, states) -> (output, new states), along the steps of (batch, steps, ...), whose number must be known.

    Masked steps keep the states and repeat the last output. Gives (last output, all outputs, last states)."""
    steps = _steps_of(inputs, time_major)
    masks = [None] * len(steps) if mask is None else tf.unstack(mask, axis=0 if time_major else 1)
    if go_backwards:
        steps, masks = steps[::-1], masks[::-1]
    states, output, outputs = list(initial_states), None, []
    for x, kept in zip(steps, masks):
        new, new_states = step_function(x, states + list(constants or []))
        if kept is not None:
            before = tf.zeros_like(new) if output is None or zero_output_for_mask else output
            new_states = [_where(kept, now, then) for now, then in zip(new_states, states)]
            new = _where(kept, new, before)
        output, states = new, list(new_states)
        outputs.append(output)
    if not return_all_outputs:
        outputs = outputs[-1:]
    return output, tf.stack(outputs, axis=0 if time_major else 1), states


def _steps_of(inputs, time_major):
    axis = 0 if time_major else 1
    parts = [tf.unstack(part, axis=axis) for part in tf.nest.flatten(inputs)]
    return [tf.nest.pack_sequence_as(inputs, step) for step in zip(*parts)]


def _where(mask, yes, no):
    """By a mask (batch), rows of one of two."""
    for _ in range(len(yes.shape) - len(mask.shape)):
        mask = tf.expand_dims(mask, -1)
    return tf.where(mask, yes, no)
