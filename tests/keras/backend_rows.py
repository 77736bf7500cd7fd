"""Calls of keras.backend (K) that real tf.keras and Runnel both make."""

import numpy as np

_random = np.random.default_rng(3)


def _f(*shape):
    return _random.normal(size=shape).astype("float32").round(3)


M, N, V = _f(3, 4), _f(3, 4), _f(4)
T, SEQ, IMG, VOL = _f(2, 3, 4), _f(2, 6, 3), _f(2, 5, 6, 3), _f(1, 4, 3, 4, 2)
FIRST = IMG.transpose(0, 3, 1, 2)
P = np.exp(M) / np.exp(M).sum(-1, keepdims=True)
ONE_HOT = np.eye(4, dtype="float32")[[1, 0, 3]]
BITS = (N > 0).astype("float32")
K1, K2, K3, DW, PW = _f(2, 3, 4), _f(2, 3, 3, 2), _f(2, 2, 2, 2, 3), _f(2, 2, 3, 2), _f(1, 1, 6, 2)
MASK = np.array([[True, True, False, True, True, False], [True, False, True, True, True, True]])


def _rnn(tf, **options):
    step = lambda x, states: (x * 2.0 + states[0], [x + states[0]])  # noqa: E731
    last, outputs, states = tf.keras.backend.rnn(step, tf.constant(SEQ), [tf.zeros([2, 3])], **options)
    return [last, outputs, *states]


def _updated(K, change):
    v = K.variable(V)
    change(v)
    return v


CALLS = {
    **{name: (lambda K, tf, name=name: getattr(K, name)(tf.constant(np.abs(M)))) for name in ("sqrt", "log")},
    **{name: (lambda K, tf, name=name: getattr(K, name)(tf.constant(M))) for name in (
        "abs", "square", "exp", "round", "sign", "sin", "cos", "sigmoid", "tanh", "softplus", "softsign", "softmax", "elu", "relu", "hard_sigmoid",
        "flatten", "transpose", "shape", "zeros_like", "ones_like", "expand_dims", "argmax", "argmin", "cumsum", "cumprod", "l2_normalize",
        "mean", "sum", "prod", "max", "min", "var", "std", "stop_gradient")},
    **{name: (lambda K, tf, name=name: getattr(K, name)(tf.constant(M), tf.constant(N))) for name in (
        "maximum", "minimum", "equal", "not_equal", "greater", "greater_equal", "less", "less_equal")},
    **{name: (lambda K, tf, name=name: getattr(K, name)(tf.constant(M > 0), axis=1, keepdims=True)) for name in ("any", "all")},
    "mean of bool": lambda K, tf: K.mean(tf.constant(M > 0), axis=0),
    "relu(slope, bound)": lambda K, tf: K.relu(tf.constant(M), alpha=0.1, max_value=0.5),
    "elu(alpha)": lambda K, tf: K.elu(tf.constant(M), 0.5),
    "softmax(axis)": lambda K, tf: K.softmax(tf.constant(M), axis=0),
    "clip": lambda K, tf: K.clip(tf.constant(M), -0.2, 0.3),
    "pow": lambda K, tf: K.pow(tf.constant(M), 2),
    "dot": lambda K, tf: [K.dot(tf.constant(M), tf.constant(N.T)), K.dot(tf.constant(T), tf.constant(N.T))],
    "batch_dot": lambda K, tf: [K.batch_dot(tf.constant(T), tf.constant(T), axes=2), K.batch_dot(tf.constant(M), tf.constant(N), axes=1),
                                K.batch_dot(tf.constant(T), tf.constant(T.transpose(0, 2, 1)))],
    "batch_flatten": lambda K, tf: K.batch_flatten(tf.constant(T)),
    "reshape": lambda K, tf: K.reshape(tf.constant(M), (2, 6)),
    "squeeze": lambda K, tf: K.squeeze(tf.constant(M[:, :1]), 1),
    "stack": lambda K, tf: K.stack([tf.constant(M), tf.constant(N)], axis=1),
    "tile": lambda K, tf: K.tile(tf.constant(M), (1, 2)),
    "permute_dimensions": lambda K, tf: K.permute_dimensions(tf.constant(T), (2, 0, 1)),
    "concatenate": lambda K, tf: K.concatenate([tf.constant(M), tf.constant(N)]),
    "gather": lambda K, tf: K.gather(tf.constant(M), tf.constant([2, 0])),
    "reverse": lambda K, tf: K.reverse(tf.constant(M), 1),
    "one_hot": lambda K, tf: K.one_hot(tf.constant([2, 0]), 3),
    "repeat": lambda K, tf: K.repeat(tf.constant(M), 2),
    "repeat_elements": lambda K, tf: K.repeat_elements(tf.constant(T), 2, 1),
    "arange": lambda K, tf: [K.arange(4), K.arange(1, 7, 2)],
    "eye": lambda K, tf: K.eye(3),
    "zeros": lambda K, tf: K.zeros((2, 2)),
    "ones": lambda K, tf: K.ones((2, 2), dtype="int32"),
    "constant": lambda K, tf: K.constant([1, 2]),
    "cast": lambda K, tf: K.cast(tf.constant(M), "int32"),
    "cast_to_floatx": lambda K, tf: K.cast_to_floatx(np.array([1, 2])),
    "in_top_k": lambda K, tf: K.in_top_k(tf.constant(M), tf.constant([1, 0, 3]), 2),
    "map_fn": lambda K, tf: K.map_fn(lambda x: x * 2.0, tf.constant(M)),
    "foldl": lambda K, tf: K.foldl(lambda a, x: a * 0.5 + x, tf.constant(V)),
    "foldr": lambda K, tf: K.foldr(lambda a, x: a * 0.5 + x, tf.constant(V)),
    "switch": lambda K, tf: [K.switch(tf.constant(True), tf.constant(M), tf.constant(N)),
                             K.switch(tf.constant(M > 0), tf.constant(M), tf.constant(N))],
    "update": lambda K, tf: _updated(K, lambda v: K.update(v, tf.constant(V * 2))),
    "update_add": lambda K, tf: _updated(K, lambda v: K.update_add(v, tf.constant(V))),
    "update_sub": lambda K, tf: _updated(K, lambda v: K.update_sub(v, tf.constant(V))),
    "moving_average_update": lambda K, tf: _updated(K, lambda v: K.moving_average_update(v, tf.constant(V * 3), 0.9)),
    "set_value": lambda K, tf: _updated(K, lambda v: K.set_value(v, V * 2)),
    "batch_set_value": lambda K, tf: _updated(K, lambda v: K.batch_set_value([(v, V * 2)])),
    "batch_get_value": lambda K, tf: K.batch_get_value([K.variable(V)]),
    "get_value": lambda K, tf: [K.get_value(K.variable(V)), K.eval(tf.constant(M)), K.to_dense(tf.constant(V))],
    "bias_add": lambda K, tf: [K.bias_add(tf.constant(IMG), tf.constant(V[:3])), K.bias_add(tf.constant(FIRST), tf.constant(V[:3]), "channels_first")],
    "batch_normalization": lambda K, tf: K.batch_normalization(tf.constant(M), tf.constant(V), tf.constant(V * V), tf.constant(V), tf.constant(V)),
    "conv1d": lambda K, tf: [K.conv1d(tf.constant(SEQ), tf.constant(K1), padding=p, dilation_rate=2) for p in ("valid", "same", "causal")],
    "conv2d": lambda K, tf: [K.conv2d(tf.constant(IMG), tf.constant(K2), strides=(2, 1), padding="same"),
                             K.conv2d(tf.constant(FIRST), tf.constant(K2), data_format="channels_first", dilation_rate=(2, 1))],
    "conv3d": lambda K, tf: K.conv3d(tf.constant(VOL), tf.constant(K3), padding="same"),
    "conv2d_transpose": lambda K, tf: K.conv2d_transpose(tf.constant(IMG), tf.constant(K2.transpose(0, 1, 3, 2)), (2, 10, 12, 2), (2, 2), "same"),
    "depthwise_conv2d": lambda K, tf: K.depthwise_conv2d(tf.constant(IMG), tf.constant(DW)),
    "separable_conv2d": lambda K, tf: K.separable_conv2d(tf.constant(IMG), tf.constant(DW), tf.constant(PW), padding="same"),
    "pool2d": lambda K, tf: [K.pool2d(tf.constant(IMG), (2, 2), pool_mode=mode, padding="same") for mode in ("max", "avg")],
    "pool3d": lambda K, tf: K.pool3d(tf.constant(VOL), (2, 2, 2), strides=(2, 1, 2)),
    "temporal_padding": lambda K, tf: K.temporal_padding(tf.constant(SEQ), (1, 2)),
    "spatial_2d_padding": lambda K, tf: K.spatial_2d_padding(tf.constant(IMG), ((1, 0), (2, 1))),
    "spatial_3d_padding": lambda K, tf: K.spatial_3d_padding(tf.constant(VOL)),
    "resize_images": lambda K, tf: [K.resize_images(tf.constant(IMG), 2, 3, "channels_last", i) for i in ("nearest", "bilinear")],
    "resize_volumes": lambda K, tf: K.resize_volumes(tf.constant(VOL), 1, 2, 2, "channels_last"),
    "binary_crossentropy": lambda K, tf: [K.binary_crossentropy(tf.constant(BITS), tf.constant(P)),
                                          K.binary_crossentropy(tf.constant(BITS), tf.constant(M), from_logits=True)],
    "binary_focal_crossentropy": lambda K, tf: [K.binary_focal_crossentropy(tf.constant(BITS), tf.constant(P), b) for b in (False, True)],
    "categorical_crossentropy": lambda K, tf: [K.categorical_crossentropy(tf.constant(ONE_HOT), tf.constant(P)),
                                               K.categorical_crossentropy(tf.constant(ONE_HOT), tf.constant(M), from_logits=True)],
    "categorical_focal_crossentropy": lambda K, tf: K.categorical_focal_crossentropy(tf.constant(ONE_HOT), tf.constant(P)),
    "sparse_categorical_crossentropy": lambda K, tf: [K.sparse_categorical_crossentropy(tf.constant([1, 0, 3]), tf.constant(P)),
                                                      K.sparse_categorical_crossentropy(tf.constant([1, 0, 3]), tf.constant(M), from_logits=True)],
    "rnn": lambda K, tf: _rnn(tf) + _rnn(tf, go_backwards=True),
    "rnn(mask)": lambda K, tf: _rnn(tf, mask=tf.constant(MASK)) + _rnn(tf, mask=tf.constant(MASK), zero_output_for_mask=True),
    "sizes": lambda K, tf: [np.array([K.ndim(tf.constant(T)), K.count_params(K.variable(M)), *K.int_shape(tf.constant(T))])],
    "kinds": lambda K, tf: [np.array([K.is_float_dtype("bfloat16"), K.is_float_dtype("int8"), K.is_int_dtype("uint8"), K.is_int_dtype("float32"),
                                      K.is_sparse(tf.constant(M)), K.dtype(tf.constant(M)) == "float32"])],
    "random": lambda K, tf: [np.array(K.random_normal((3, 2)).shape), np.array(K.random_uniform((2,)).shape), np.array(K.truncated_normal((4,)).shape),
                             K.random_bernoulli((50,), p=1.0), np.array(K.random_normal_variable((3,), 0, 1).shape),
                             np.array(K.random_uniform_variable((3,), 0, 1).shape), K.dropout(tf.constant(M), 0.0)],
}


def evaluate(tf, name):
    """[(shape, numbers)] of what a call gives."""
    result = CALLS[name](tf.keras.backend, tf)
    arrays = [np.asarray(part) for part in (result if isinstance(result, list) else [result])]
    return [[list(a.shape), [float(x) for x in np.ravel(a.astype("float64"))]] for a in arrays]
