"""keras.metrics' and keras.losses' functions, the wrapper of functions, and older names."""

import numpy as np
import pytest
import runnel as tf

metrics, losses = tf.keras.metrics, tf.keras.losses
LABELS, SCORES = np.array([2, 0, 1]), np.array([[0.1, 0.2, 0.7], [0.3, 0.6, 0.1], [0.2, 0.5, 0.3]], "float32")


def test_accuracies_of_each_sample():
    np.testing.assert_array_equal(metrics.sparse_categorical_accuracy(LABELS, SCORES), [1, 0, 1])
    np.testing.assert_array_equal(metrics.categorical_accuracy(np.eye(3)[LABELS], SCORES), [1, 0, 1])
    np.testing.assert_array_equal(metrics.sparse_top_k_categorical_accuracy(LABELS, SCORES, k=2), [1, 1, 1])
    np.testing.assert_array_equal(metrics.top_k_categorical_accuracy(np.eye(3)[LABELS], SCORES, k=1), [1, 0, 1])
    np.testing.assert_array_equal(metrics.binary_accuracy(np.array([[1.0], [0.0]]), np.array([[0.6], [0.6]]), threshold=0.5), [[1], [0]])


def test_correlations_are_numpy_s():
    x, y = np.random.RandomState(0).randn(2, 4, 9).astype("float32")
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(x, y)]
    np.testing.assert_allclose(metrics.pearson_correlation(x, y, axis=-1), expected, rtol=1e-5)
    covariance = ((x - x.mean(-1, keepdims=True)) * (y - y.mean(-1, keepdims=True))).mean(-1)
    expected = 2 * covariance / (x.var(-1) + y.var(-1) + (x.mean(-1) - y.mean(-1)) ** 2)
    np.testing.assert_allclose(metrics.concordance_correlation(x, y), expected, rtol=1e-4)


def test_losses_without_reduction():
    for name in ("categorical_generalized_cross_entropy", "circle", "ctc"):
        assert callable(getattr(losses, name)), name
    values = losses.categorical_generalized_cross_entropy(LABELS, SCORES)
    np.testing.assert_allclose(values, (1 - SCORES[np.arange(3), LABELS] ** 0.5) / 0.5, rtol=1e-5)


def test_a_mean_of_a_function():
    metric = metrics.MeanMetricWrapper(lambda t, p, factor: factor * abs(t - p), name="far", factor=10.0)
    metric.update_state(tf.constant([[1.0], [2.0]]), tf.constant([[1.5], [4.0]]), sample_weight=tf.constant([1.0, 0.0]))
    assert metric.name == "far" and float(metric.result()) == pytest.approx(5.0)


def test_older_names():
    assert losses.Reduction.SUM == "sum" and losses.Reduction.NONE == "none"
    assert tf.keras.mixed_precision.LossScaleOptimizer is tf.keras.optimizers.LossScaleOptimizer
