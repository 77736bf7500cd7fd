"""keras.datasets: what is downloaded into Keras's cache, checked by its hash, and read without running code from the files."""

import os

from runnel import _runnel
from runnel.keras._data_utils import get_file

_GOOGLE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_TORONTO = "https://www.cs.toronto.edu/~kriz/"
_HASHES = {
    "mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    "boston_housing.npz": "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
    "imdb.npz": "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    "imdb_word_index.json": "bfafd718b763782e994055a2d397834f",
    "reuters.npz": "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
    "reuters_word_index.json": "4d44cc38712099c9e383dc6e5f11a921",
    "cifar-10-python.tar.gz": "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    "cifar-100-python.tar.gz": "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
}
_REUTERS_LABELS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass crude nat-gas cpi money-fx interest "
    "gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi "
    "hog lead")


def _google_file(path, name):
    return get_file(path, _GOOGLE + name, file_hash=_HASHES[name])


_IN_PICKLES = {
    ("_codecs", "encode"), ("numpy", "ndarray"), ("numpy", "dtype"), ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar")}


def _unpickled(file):
    """Numbers, texts, lists, dicts and arrays; anything else in a pickle is refused."""
    import pickle

    class Plain(pickle.Unpickler):
        def find_class(self, module, name):
            if (module, name) not in _IN_PICKLES:
                raise ValueError(f"The file names {module}.{name}, which a data set does not need. It is refused.")
            return super().find_class(module, name)

    return Plain(file, encoding="bytes").load()


def _arrays_of(path):
    """The arrays of a `.npz` file, those of Python lists as well."""
    import zipfile

    import numpy as np

    out = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                version = np.lib.format.read_magic(file)
                header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                is_plain = not header(file)[2].hasobject
                if not is_plain:
                    out[name.removesuffix(".npy")] = _unpickled(file)
            if is_plain:
                with archive.open(name) as file:
                    out[name.removesuffix(".npy")] = np.lib.format.read_array(file, allow_pickle=False)
    return out


def _mnist(path="mnist.npz"):
    """((x_train, y_train), (x_test, y_test)): 60,000 and 10,000 handwritten digits (28, 28) of uint8, and which they are."""
    arrays = _arrays_of(_google_file(path, "mnist.npz"))
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])


def _shuffled(seed, *arrays):
    import numpy as np

    order = np.arange(len(arrays[0]))
    np.random.RandomState(seed).shuffle(order)
    return [a[order] for a in arrays]


def _boston_housing(path="boston_housing.npz", test_split=0.2, seed=113):
    """((x_train, y_train), (x_test, y_test)): 13 facts about places near Boston (rows, 13), and prices in thousands of dollars."""
    if not 0 <= test_split < 1:
        raise ValueError(f"Invalid `test_split` argument: {test_split}. It must be between 0 and 1 (exclusive of 1).")
    arrays = _arrays_of(_google_file(path, "boston_housing.npz"))
    x, y = _shuffled(seed, arrays["x"], arrays["y"])
    cut = int(len(x) * (1 - test_split))
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])


# --- pictures

def _batch(path, labels):
    """((pictures, 3, 32, 32), labels) of a file of the CIFAR data sets."""
    import numpy as np

    with open(path, "rb") as file:
        data = _unpickled(file)
    return np.asarray(data[b"data"], "uint8").reshape(-1, 3, 32, 32), data[labels]


def _pictures(batches):
    import numpy as np

    x, y = np.concatenate([b[0] for b in batches]), np.concatenate([b[1] for b in batches])
    return x if _runnel.keras_config.image_data_format() == "channels_first" else x.transpose(0, 2, 3, 1), y.reshape(-1, 1)


def _cifar(name, archive, train, test, labels):
    folder = os.path.join(get_file(f"{name}-target", _TORONTO + archive, extract=True, file_hash=_HASHES[archive]), name)
    parts = [_pictures([_batch(os.path.join(folder, file), labels) for file in files]) for files in (train, test)]
    return tuple(parts)


def _cifar10():
    """((x_train, y_train), (x_test, y_test)): 50,000 and 10,000 pictures (32, 32, 3) of uint8 of 10 kinds of things; labels (pictures, 1)."""
    train, test = _cifar("cifar-10-batches-py", "cifar-10-python.tar.gz", [f"data_batch_{i}" for i in range(1, 6)], ["test_batch"], b"labels")
    return (train[0], train[1].astype("uint8")), (test[0], test[1].astype("uint8"))


def _cifar100(label_mode="fine"):
    """((x_train, y_train), (x_test, y_test)) of 100 kinds, or of 20 with label_mode="coarse"."""
    if label_mode not in ("fine", "coarse"):
        raise ValueError(f'`label_mode` must be one of `"fine"`, `"coarse"`. Received: label_mode={label_mode}.')
    return _cifar("cifar-100-python", "cifar-100-python.tar.gz", ["train"], ["test"], f"{label_mode}_labels".encode())


# --- texts as numbers of words

def _numbered(sequences, start_char, index_from):
    start = [] if start_char is None else [start_char]
    return [start + [word + (index_from or 0) for word in sequence] for sequence in sequences]


def _without_long(maxlen, sequences, labels):
    import numpy as np

    kept = [i for i, sequence in enumerate(sequences) if len(sequence) < maxlen]
    return [sequences[i] for i in kept], np.asarray(labels)[kept]


def _within(sequences, num_words, skip_top, oov_char):
    """Words that are too rare or too frequent are replaced, or left out where there is nothing to replace them by."""
    num_words = num_words or max(max(sequence) for sequence in sequences)
    if oov_char is not None:
        return [[w if skip_top <= w < num_words else oov_char for w in sequence] for sequence in sequences]
    return [[w for w in sequence if skip_top <= w < num_words] for sequence in sequences]


def _halves(sequences, labels, cut):
    import numpy as np

    def objects(items):
        out = np.empty(len(items), dtype=object)
        out[:] = items
        return out

    return (objects(sequences[:cut]), labels[:cut]), (objects(sequences[cut:]), labels[cut:])


def _imdb(path="imdb.npz", num_words=None, skip_top=0, maxlen=None, seed=113, start_char=1, oov_char=2, index_from=3, **kwargs):
    """((x_train, y_train), (x_test, y_test)): 25,000 and 25,000 reviews of films as lists of word numbers, and whether they are good ones."""
    import numpy as np

    num_words = kwargs.pop("nb_words", num_words)
    if kwargs:
        raise TypeError(f"Unrecognized keyword arguments: {kwargs}.")
    arrays = _arrays_of(_google_file(path, "imdb.npz"))
    parts = []
    for part in ("train", "test"):
        x, y = _shuffled(seed, arrays[f"x_{part}"], arrays[f"y_{part}"])
        x = _numbered(x, start_char, index_from)
        parts.append(_without_long(maxlen, x, y) if maxlen else (x, y))
    if not all(x for x, _ in parts):
        raise ValueError(f"After filtering for sequences shorter than maxlen={maxlen}, no sequence was kept. Increase maxlen.")
    everything = _within(parts[0][0] + parts[1][0], num_words, skip_top, oov_char)
    return _halves(everything, np.concatenate([y for _, y in parts]), len(parts[0][0]))


def _reuters(path="reuters.npz", num_words=None, skip_top=0, maxlen=None, test_split=0.2, seed=113, start_char=1, oov_char=2, index_from=3):
    """((x_train, y_train), (x_test, y_test)): 11,228 news as lists of word numbers, and which of 46 topics they have."""
    arrays = _arrays_of(_google_file(path, "reuters.npz"))
    x, y = _shuffled(seed, arrays["x"], arrays["y"])
    x = _numbered(x, start_char, index_from)
    if maxlen:
        x, y = _without_long(maxlen, x, y)
    return _halves(_within(x, num_words, skip_top, oov_char), y, int(len(x) * (1 - test_split)))


def _word_index(name):
    def get_word_index(path=name):
        """{word: its number}, before index_from is added."""
        import json

        with open(_google_file(path, name)) as file:
            return json.load(file)

    return get_word_index


def _reuters_labels():
    """The names of the 46 topics, in the order of their numbers."""
    return tuple(_REUTERS_LABELS.split())


def install(module):
    loaders = {"mnist": _mnist, "boston_housing": _boston_housing, "cifar10": _cifar10, "cifar100": _cifar100, "imdb": _imdb, "reuters": _reuters}
    for name, load_data in loaders.items():
        module(f"datasets.{name}").load_data = load_data
    module("datasets.imdb").get_word_index = _word_index("imdb_word_index.json")
    module("datasets.reuters").get_word_index = _word_index("reuters_word_index.json")
    module("datasets.reuters").get_label_names = _reuters_labels
