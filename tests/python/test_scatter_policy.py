"""bad_indices_policy: what indices out of range do. The numbers are real TensorFlow's."""

import numpy as np
import pytest
import runnel as tf

INDICES, ONE_TO_THREE = [[0], [5], [-1]], [1.0, 2.0, 3.0]
CALLS = {
    "gather_nd": (lambda **k: tf.gather_nd(tf.constant(ONE_TO_THREE), INDICES, **k), [1, 0, 0]),
    "scatter_nd": (lambda **k: tf.scatter_nd(INDICES, ONE_TO_THREE, [3], **k), [1, 0, 0]),
    "tensor_scatter_nd_add": (lambda **k: tf.tensor_scatter_nd_add(tf.constant(ONE_TO_THREE), INDICES, ONE_TO_THREE, **k), [2, 2, 3]),
    "tensor_scatter_nd_max": (lambda **k: tf.tensor_scatter_nd_max(tf.constant(ONE_TO_THREE), INDICES, [5.0, 2.0, 3.0], **k), [5, 2, 3]),
}


@pytest.mark.parametrize("name", CALLS)
def test_bad_indices_are_errors_or_ignored(name):
    call, expected = CALLS[name]
    np.testing.assert_array_equal(call(bad_indices_policy="IGNORE"), expected)
    for policy in ("", "ERROR", "DEFAULT"):
        with pytest.raises(tf.errors.InvalidArgumentError, match="does not index into"):
            call(bad_indices_policy=policy)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Unknown bad indices handling attribute: bad"):
        call(bad_indices_policy="bad")


def test_gradients_leave_bad_indices_out():
    x, updates = tf.constant(ONE_TO_THREE), tf.constant(ONE_TO_THREE)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, updates])
        gathered = tf.gather_nd(x, INDICES, bad_indices_policy="IGNORE")
        added = tf.tensor_scatter_nd_add(x, INDICES, updates, bad_indices_policy="IGNORE")
    np.testing.assert_array_equal(tape.gradient(gathered, x), [1, 0, 0])
    np.testing.assert_array_equal(tape.gradient(added, updates), [1, 0, 0])
