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
    """(x,), (x, y) or (x, y, sample_weight), whichever is given; x alone where it is neither tuple nor list."""
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




class Config:
    """Settings by name: c = Config(rate=0.1); c.rate == c["rate"]; after c.freeze() a change is a ValueError."""

    def __init__(self, **kwargs):
        self.__dict__.update(_config=dict(kwargs), _frozen=False)

    frozen = property(lambda self: self._frozen)

    def freeze(self):
        self.__dict__["_frozen"] = True

    def unfreeze(self):
        self.__dict__["_frozen"] = False

    def _changeable(self):
        if self._frozen:
            raise ValueError("Cannot mutate attribute(s) because the config is frozen.")
        return self._config

    def as_dict(self):
        return dict(self._config)

    def to_json(self):
        import json

        return json.dumps(self._config)

    def get(self, keyname, value=None):
        return self._config.get(keyname, value)

    def keys(self):
        return self._config.keys()

    def values(self):
        return self._config.values()

    def items(self):
        return self._config.items()

    def pop(self, *args):
        return self._changeable().pop(*args)

    def update(self, *args, **kwargs):
        return self._changeable().update(*args, **kwargs)

    def __getattr__(self, name):
        if name.startswith("__") or name not in self._config:
            import difflib

            near = difflib.get_close_matches(name, self._config, n=1, cutoff=0.7)
            raise AttributeError(f"Unknown attribute: '{name}'." + (f" Did you mean '{near[0]}'?" if near else ""))
        return self._config[name]

    def __setattr__(self, name, value):
        self._changeable()[name] = value

    __setitem__ = __setattr__

    def __getitem__(self, key):
        return self._config[key]

    def __delitem__(self, key):
        del self._changeable()[key]

    def __iter__(self):
        return iter(sorted(self._config))

    def __len__(self):
        return len(self._config)

    def __repr__(self):
        return f"<Config {self._config}>"
