"""Steps of layers' calls that are methods in Keras. C++ computes them itself, and calls these where a subclass has its own (saving/hooks.h)."""

import string
import sys

from runnel import _runnel
from runnel.keras import _random


def _keras():
    return sys.modules["runnel.keras"]


def _seeds_of(layer):
    """The layer's own seed generator, which C++ keeps: what is drawn here counts there."""
    seeds = _random.SeedGenerator.__new__(_random.SeedGenerator)
    seeds.state = next(v for v in layer.variables if v.path.endswith("seed_generator_state"))
    return seeds


def convolution_op(self, inputs, kernel):
    """What Conv2D and Conv3D do with their inputs and kernel."""
    return _keras().ops.conv(inputs, kernel, strides=list(self.strides), padding=self.padding, dilation_rate=self.dilation_rate,
                             data_format=self.data_format)


def _calculate_scores(self, query, key):
    """(batch, steps, others) of Attention: dot products, or sums over tanh(query + key)."""
    ops, use_scale = _keras().ops, self.use_scale
    if self.score_mode == "dot":
        scores = ops.matmul(query, ops.swapaxes(key, -2, -1))
        return scores * self.scale if use_scale else scores
    total = ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
    return self.concat_score_weight * ops.sum(ops.tanh(total * self.scale if use_scale else total), -1)


def _additive_scores(self, query, key):
    """(batch, steps, others) of AdditiveAttention."""
    ops = _keras().ops
    bent = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
    return ops.sum(bent * self.scale if self.use_scale else bent, -1)


def _apply_scores(self, scores, value, scores_mask=None, training=False):
    """(result, weights); scores_mask (batch, 1 or steps, others) says what counts."""
    keras = _keras()
    if scores_mask is not None:
        scores = keras.ops.where(scores_mask, scores, scores - (65504.0 if keras.backend.standardize_dtype(scores.dtype) == "float16" else 1e9))
    weights = keras.ops.softmax(scores, axis=-1)
    if training and self.dropout > 0:
        weights = keras.random.dropout(weights, self.dropout, seed=_seeds_of(self))
    return keras.ops.matmul(weights, value), weights


def _equations(rank, axes):
    """Of projections (batch, ..., heads, dim): keys and queries to scores, scores and values to outputs. Upper case: steps of keys and values."""
    target = string.ascii_lowercase[:rank]
    source = "".join(c.upper() if i in axes else c for i, c in enumerate(target))
    product = "".join(c for i, c in enumerate(target[:-1]) if i not in axes) + "".join(target[i] for i in axes) + "".join(source[i] for i in axes)
    return f"{source},{target}->{product}", f"{product},{source}->{target}"


def _compute_attention(self, query, key, value, attention_mask=None, training=None, return_attention_scores=False, use_causal_mask=False):
    """(outputs, weights) of MultiHeadAttention's projections (batch, ..., heads, dim). C++ has put the causal mask into attention_mask."""
    keras, rank = _keras(), len(query.shape)
    axes = [axis % (rank - 1) for axis in self.attention_axes or range(1, rank - 2)]
    dot, combine = _equations(rank, axes)
    scores = keras.ops.einsum(dot, key, query * self.key_dim**-0.5)
    if attention_mask is not None:
        while len(attention_mask.shape) < len(scores.shape):
            attention_mask = keras.ops.expand_dims(attention_mask, -2 * len(axes) - 1)
        scores = keras.ops.where(attention_mask, scores, -3e4 if keras.backend.standardize_dtype(scores.dtype) == "float16" else -1e9)
    weights = keras.ops.softmax(scores, axis=tuple(range(-len(axes), 0)))
    kept = keras.random.dropout(weights, self.dropout, seed=_seeds_of(self)) if training and self.dropout > 0 else weights
    return keras.ops.einsum(combine, kept, value), weights


def _moments(self, inputs, mask):
    """(mean, variance) of each feature in BatchNormalization; mask: inputs' without the last axis."""
    ops, axis = _keras().ops, self.axis % len(inputs.shape)
    axes = [i for i in range(len(inputs.shape)) if i != axis]
    if mask is None:
        return ops.moments(inputs, axes=axes)
    counts = ops.broadcast_to(ops.cast(ops.expand_dims(mask, -1), inputs.dtype), ops.shape(inputs))
    number = ops.sum(counts, axes, keepdims=True) + _keras().backend.epsilon()
    mean = ops.sum(inputs * counts, axes, keepdims=True) / number
    return ops.squeeze(mean, axes), ops.sum(counts * ops.square(inputs - mean), axes) / ops.squeeze(number, axes)


def install():
    def layer(name):
        return _runnel.keras_class("layers", name)

    for rank in (1, 2, 3):
        layer(f"Conv{rank}D").convolution_op = convolution_op
    for name, scores in (("Attention", _calculate_scores), ("AdditiveAttention", _additive_scores)):
        layer(name)._calculate_scores, layer(name)._apply_scores = scores, _apply_scores
    layer("MultiHeadAttention")._compute_attention = _compute_attention
    layer("BatchNormalization")._moments = _moments
