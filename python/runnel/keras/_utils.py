"""keras.utils, as far as it needs neither pictures nor the network."""

from runnel import _runnel


def set_random_seed(seed):
    """Seeds Python, NumPy and Runnel, so that a program gives the same numbers in each run."""
    import random

    import numpy as np

    random.seed(seed)
    np.random.seed(seed)
    _runnel.keras_set_random_seed(seed)


def to_categorical(x, num_classes=None):
    """Class numbers (...) or (..., 1) as one-hot rows (..., num_classes) of float32."""
    import numpy as np

    labels = np.array(x, dtype="int64")
    shape = labels.shape[:-1] if labels.ndim > 1 and labels.shape[-1] == 1 else labels.shape
    labels = labels.reshape(-1)
    num_classes = num_classes or int(labels.max()) + 1
    return np.eye(num_classes, dtype="float32")[labels].reshape(*shape, num_classes)


def normalize(x, axis=-1, order=2):
    """Divided by the norm along an axis. (Keras 3.15 divides by the wrong norms for axis=0.)"""
    import numpy as np

    norms = np.atleast_1d(np.linalg.norm(x, order, axis))
    norms[norms == 0] = 1
    return x / np.expand_dims(norms, axis)


class PyDataset:
    """Batches by number: a subclass gives __len__() and __getitem__(i) -> (x, y)."""

    def __init__(self, workers=1, use_multiprocessing=False, max_queue_size=10):
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    def __getitem__(self, index):
        raise NotImplementedError

    def __len__(self):
        raise NotImplementedError

    @property
    def num_batches(self):
        return len(self)

    def on_epoch_begin(self):
        pass

    def on_epoch_end(self):
        pass


def pack_x_y_sample_weight(x, y=None, sample_weight=None):
    return (x,) if y is None and sample_weight is None and isinstance(x, (tuple, list)) else x if y is None else (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data):
    """(x, y, sample_weight) of what train_step() gets; None for what is missing."""
    data = tuple(data) if isinstance(data, (tuple, list)) else (data,)
    if len(data) > 3:
        raise ValueError(f"Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`, found: {data}")
    return data + (None,) * (3 - len(data))


def pad_sequences(sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0):
    """Sequences of different lengths as one array (sequences, maxlen, ...)."""
    import numpy as np

    if padding not in ("pre", "post"):
        raise ValueError(f'Padding type "{padding}" not understood')
    if truncating not in ("pre", "post"):
        raise ValueError(f'Truncating type "{truncating}" not understood')
    items = [np.asarray(s) for s in sequences]
    maxlen = max((len(s) for s in items), default=0) if maxlen is None else maxlen
    tail = next((s.shape[1:] for s in items if len(s)), ())
    out = np.full((len(items), maxlen, *tail), value, dtype=object if np.issubdtype(dtype, np.str_) else dtype)
    for row, item in zip(out, items):
        kept = item[-maxlen:] if truncating == "pre" else item[:maxlen]
        if len(kept):
            row[slice(-len(kept), None) if padding == "pre" else slice(len(kept))] = kept
    return out


