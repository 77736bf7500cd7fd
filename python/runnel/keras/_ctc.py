"""keras.backend: connectionist temporal classification. The blank is the last class."""

import runnel as tf
from runnel import _runnel


def _logits(y_pred):
    return tf.math.log(tf.convert_to_tensor(y_pred) + _runnel.keras_config.epsilon())


def ctc_batch_cost(y_true, y_pred, input_length, label_length):
    """The losses (batch, 1) of labels (batch, labels) beside probabilities (batch, time, classes); the lengths are (batch, 1)."""
    logits = _logits(y_pred)
    lengths = [tf.cast(tf.squeeze(length, -1), "int32") for length in (label_length, input_length)]
    losses = tf.keras.ops.ctc_loss(tf.cast(y_true, "int32"), logits, *lengths, mask_index=int(logits.shape[-1]) - 1)
    return tf.expand_dims(losses, 1)


def ctc_decode(y_pred, input_length, greedy=True, beam_width=100, top_paths=1):
    """([label sequences (batch, time), filled up with -1], scores (batch, paths)) of probabilities (batch, time, classes)."""
    logits = _logits(y_pred)
    strategy = {} if greedy else {"beam_width": beam_width, "top_paths": top_paths}
    paths, scores = tf.keras.ops.ctc_decode(logits, tf.cast(input_length, "int32"), strategy="greedy" if greedy else "beam_search",
                                            mask_index=int(logits.shape[-1]) - 1, **strategy)
    return tf.unstack(tf.cast(paths, "int64")), scores


def install(backend):
    backend.ctc_batch_cost, backend.ctc_decode = ctc_batch_cost, ctc_decode
