"""keras.preprocessing.sequence: skip-grams and windows of series."""

import json

from runnel import _runnel
from runnel.keras._utils import PyDataset

_cpp = _runnel.keras_preprocessing


def make_sampling_table(size, sampling_factor=1e-5):
    """Of the i-th most frequent word the probability that skipgrams() takes it: an array (size)."""
    import numpy as np

    return np.array(_cpp.make_sampling_table(size, sampling_factor))


def skipgrams(sequence, vocabulary_size, window_size=4, negative_samples=1.0, shuffle=True, categorical=False, sampling_table=None, seed=None):
    """(couples, labels): pairs of words that stand near each other, label 1, and pairs with a drawn word, label 0."""
    table = [] if sampling_table is None else [float(p) for p in sampling_table]
    couples, labels = _cpp.skipgrams([int(word) for word in sequence], vocabulary_size, window_size, negative_samples, shuffle, table, seed)
    return couples, [[1 - label, label] for label in labels] if categorical else labels


class TimeseriesGenerator(PyDataset):
    """Batches of windows (batch, length / sampling_rate, ...) of a series, and the targets behind them."""

    def __init__(self, data, targets, length, sampling_rate=1, stride=1, start_index=0, end_index=None, shuffle=False, reverse=False, batch_size=128,
                 **kwargs):
        super().__init__(**kwargs)
        if len(data) != len(targets):
            raise ValueError(f"Data and targets have to be of same length. Data length is {len(data)} while target length is {len(targets)}")
        self.data, self.targets, self.length, self.sampling_rate, self.stride = data, targets, length, sampling_rate, stride
        self.start_index, self.end_index = start_index + length, len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse, self.batch_size = shuffle, reverse, batch_size
        if self.start_index > self.end_index:
            raise ValueError(f"`start_index+length={self.start_index} > end_index={self.end_index}` is disallowed, "
                             "as no part of the sequence would be left to be used as current step.")

    def __len__(self):
        return (self.end_index - self.start_index + self.batch_size * self.stride) // (self.batch_size * self.stride)

    def _ends(self, index):
        import numpy as np

        if self.shuffle:
            return np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        first = self.start_index + self.batch_size * self.stride * index
        return np.arange(first, min(first + self.batch_size * self.stride, self.end_index + 1), self.stride)

    def __getitem__(self, index):
        import numpy as np

        ends = self._ends(index)
        samples = np.array([self.data[end - self.length:end:self.sampling_rate] for end in ends])
        targets = np.array([self.targets[end] for end in ends])
        return (samples[:, ::-1, ...], targets) if self.reverse else (samples, targets)

    def get_config(self):
        data, targets = (part.tolist() if hasattr(part, "tolist") else part for part in (self.data, self.targets))
        return {"data": json.dumps(data), "targets": json.dumps(targets), "length": self.length, "sampling_rate": self.sampling_rate,
                "stride": self.stride, "start_index": self.start_index, "end_index": self.end_index, "shuffle": self.shuffle,
                "reverse": self.reverse, "batch_size": self.batch_size}

    def to_json(self, **kwargs):
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def install(module):
    for thing in (make_sampling_table, skipgrams, TimeseriesGenerator):
        setattr(module, thing.__name__, thing)
