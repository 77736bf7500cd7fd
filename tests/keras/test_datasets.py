"""keras.datasets: from small files in the formats of the real ones, and without a network."""

import hashlib
import json
import pickle
import tarfile

import numpy as np
import pytest
import runnel as tf
from runnel.keras import _datasets

datasets = tf.keras.datasets


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache; what is put into it counts as the real file."""
    monkeypatch.setenv("RUNNEL_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()

    class Cache:
        folder = tmp_path / "datasets"

        def known(self, name, real=None):
            monkeypatch.setitem(_datasets._HASHES, real or name, hashlib.sha256((self.folder / name).read_bytes()).hexdigest())

        def npz(self, name, **arrays):
            np.savez(self.folder / name, **arrays)
            self.known(name)

    return Cache()


def lists(*items):
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


def test_mnist(cache):
    x, y = np.arange(18, dtype="uint8").reshape(2, 3, 3), np.array([7, 2], "uint8")
    cache.npz("mnist.npz", x_train=x, y_train=y, x_test=x[:1], y_test=y[:1])
    (a, b), (c, d) = datasets.mnist.load_data()
    assert np.array_equal(a, x) and np.array_equal(b, y) and np.array_equal(c, x[:1]) and d.tolist() == [7]


def test_boston_housing_is_shuffled_by_numpy_s_generator(cache):
    x, y = np.arange(20.0).reshape(10, 2), np.arange(10.0)
    cache.npz("boston_housing.npz", x=x, y=y)
    (a, b), (c, d) = datasets.boston_housing.load_data(test_split=0.3)
    order = np.arange(10)
    np.random.RandomState(113).shuffle(order)
    assert [*b, *d] == order.tolist() and len(d) == 3 and np.array_equal(a, x[order[:7]]) and c.shape == (3, 2)
    with pytest.raises(ValueError, match="Invalid `test_split`"):
        datasets.boston_housing.load_data(test_split=2)


def test_imdb(cache):
    x = lists([1, 2, 30], [4, 5])
    cache.npz("imdb.npz", x_train=x, y_train=np.array([0, 1]), x_test=x, y_test=np.array([1, 0]))
    (a, b), (c, d) = datasets.imdb.load_data(num_words=10)
    assert sorted(map(tuple, a)) == [(1, 4, 5, 2), (1, 7, 8)] and sorted(b) == [0, 1] and a.dtype == object
    assert {tuple(row): label for row, label in zip(a, b)}[(1, 7, 8)] == 1 and {tuple(row): label for row, label in zip(c, d)}[(1, 7, 8)] == 0
    (a, b), _ = datasets.imdb.load_data(maxlen=4, start_char=None, index_from=0, oov_char=None, skip_top=5)
    assert sorted(map(tuple, a)) == [(), (5,)]
    with pytest.raises(ValueError, match="no sequence was kept"):
        datasets.imdb.load_data(maxlen=1)


def test_reuters(cache):
    cache.npz("reuters.npz", x=lists([1], [2, 3], [4], [5], [6]), y=np.arange(5))
    (a, b), (c, d) = datasets.reuters.load_data()
    assert len(a) == 4 and len(c) == 1 and sorted([*b, *d]) == [0, 1, 2, 3, 4]
    names = datasets.reuters.get_label_names()
    assert len(names) == 46 and names[3] == "earn" and names[45] == "lead"


def test_word_indexes(cache):
    for name in ("imdb", "reuters"):
        (cache.folder / f"{name}_word_index.json").write_text(json.dumps({"the": 1}))
        cache.known(f"{name}_word_index.json")
    assert datasets.imdb.get_word_index() == datasets.reuters.get_word_index() == {"the": 1}


def _cifar(cache, name, archive, files, labels, tmp_path):
    folder = tmp_path / name
    folder.mkdir()
    for i, file in enumerate(files):
        content = {b"data": np.full((2, 3072), i, "uint8"), **{label: [i, i + 1] for label in labels}}
        (folder / file).write_bytes(pickle.dumps(content, protocol=2))
    target = cache.folder / f"{name}-target_archive"
    with tarfile.open(target, "w:gz") as tar:
        tar.add(folder, arcname=name)
    cache.known(target.name, archive)


def test_cifar(cache, tmp_path):
    _cifar(cache, "cifar-10-batches-py", "cifar-10-python.tar.gz", [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"], [b"labels"], tmp_path)
    (a, b), (c, d) = datasets.cifar10.load_data()
    assert a.shape == (10, 32, 32, 3) and b[:4].tolist() == [[0], [1], [1], [2]] and (c == 5).all() and d.dtype == np.uint8
    _cifar(cache, "cifar-100-python", "cifar-100-python.tar.gz", ["train", "test"], [b"fine_labels", b"coarse_labels"], tmp_path)
    (a, b), (c, d) = datasets.cifar100.load_data("coarse")
    assert a.shape == (2, 32, 32, 3) and d.tolist() == [[1], [2]]
    with pytest.raises(ValueError, match="`label_mode` must be one of"):
        datasets.cifar100.load_data("finest")


def test_a_file_that_would_run_code_is_refused(cache):
    cache.npz("imdb.npz", x_train=lists(print), y_train=np.zeros(1), x_test=lists([1]), y_test=np.zeros(1))
    with pytest.raises(ValueError, match="which a data set does not need"):
        datasets.imdb.load_data()


def test_without_a_network_the_place_for_the_file_is_told(cache, monkeypatch):
    monkeypatch.setattr(_datasets, "_GOOGLE", "file:///nowhere/")
    with pytest.raises(Exception, match=r"URL fetch failure on file:///nowhere/mnist.npz.*put the file at .*mnist.npz"):
        datasets.mnist.load_data()


def test_those_that_need_no_download():
    (x, y), _ = datasets.california_housing.load_data()
    assert x.shape == (16512, 8) and y.shape == (16512,)
    assert callable(datasets.fashion_mnist.load_data)
