"""adapt() of layers that learn from data first: it takes arrays, data sets and anything that yields batches."""

from runnel import _runnel


def _is_array(data):
    return hasattr(data, "dtype") and hasattr(data, "shape")


def _features(batch):
    return batch[0] if isinstance(batch, tuple) else batch


def _batches(data):
    if _is_array(data):
        yield data
        return
    spec = getattr(data, "element_spec", None)
    if spec is not None and len(_features(spec).shape) == 1:
        data = data.batch(128)
    count = len(data) if hasattr(data, "__getitem__") and hasattr(data, "__len__") else None
    for batch in (data[i] for i in range(count)) if count is not None else data:
        yield _features(batch)


def _adapt(layer, batches):
    _runnel.keras_adapt(layer, lambda: next(batches, None))


def _adapt_normalization(self, data):
    """Finds the mean and the variance of the data: an array (samples, ...), or something that yields batches."""
    _adapt(self, _batches(data))


def _adapt_discretization(self, data, steps=None):
    """Finds the boundaries of `num_bins` bins with about as many values each."""
    import itertools

    _adapt(self, itertools.islice(_batches(data), steps) if steps is not None else _batches(data))


def install(normalization, discretization):
    normalization.adapt, discretization.adapt = _adapt_normalization, _adapt_discretization
    normalization.mean = property(lambda self: _runnel.keras_statistic(self, False))
    normalization.variance = property(lambda self: _runnel.keras_statistic(self, True))
