"""keras.utils: files from the network, data sets cut in two, windows of series."""

import os

from runnel import data as tf_data


def _cache_folder(cache_dir):
    home = cache_dir or os.environ.get("RUNNEL_HOME") or os.environ.get("KERAS_HOME") or os.path.join("~", ".keras")
    home = os.path.expanduser(home)
    os.makedirs(home, exist_ok=True)
    if os.access(home, os.W_OK):
        return home
    import tempfile

    return os.path.join(tempfile.gettempdir(), ".keras")


def _digest(path, algorithm):
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest() if hasattr(hashlib, "file_digest") else hashlib.new(algorithm, file.read()).hexdigest()


def _is_right(path, file_hash, algorithm):
    if algorithm == "auto":
        algorithm = "sha256" if len(file_hash) == 64 else "md5"
    return _digest(path, algorithm) == file_hash


def _download(origin, path):
    """Into a file of another name first, so that a broken download leaves nothing."""
    import urllib.error
    import urllib.request

    from runnel import _runnel

    print(f"Downloading data from {origin}")
    bar = None

    def report(blocks, block_size, total):
        nonlocal bar
        bar = bar or _runnel.keras_preprocessing.Progbar(total if total > 0 else None)
        bar.update(min(blocks * block_size, total) if total > 0 else blocks * block_size)

    part = path + ".part"
    try:
        urllib.request.urlretrieve(origin, part, report)
        os.replace(part, path)
    except (urllib.error.URLError, OSError) as error:
        raise Exception(f"URL fetch failure on {origin}: {getattr(error, 'code', None)} -- {getattr(error, 'reason', error)}. "
                        f"Without a network, put the file at {path}") from error
    finally:
        if os.path.exists(part):
            os.remove(part)


def _unpack(path, folder, archive_format):
    """tar or zip; members that would leave the folder are refused."""
    import tarfile
    import zipfile

    formats = ("tar", "zip") if archive_format == "auto" else (archive_format,) if isinstance(archive_format, str) else archive_format or ()
    if "tar" in formats and tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
    elif "zip" in formats and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)


def _file_name(fname, origin):
    import urllib.parse

    fname = os.fspath(fname) if fname else os.path.basename(urllib.parse.urlsplit(origin).path)
    if not fname:
        raise ValueError(f"Can't parse the file name from the origin provided: '{origin}'. Please specify the `fname` argument.")
    if os.sep in fname:
        raise ValueError("Paths are no longer accepted as the `fname` argument. To specify the file's parent directory, use the `cache_dir` argument. "
                         f"Received: fname={fname}")
    return fname


def get_file(fname=None, origin=None, untar=False, md5_hash=None, file_hash=None, cache_subdir="datasets", hash_algorithm="auto", extract=False,
             archive_format="auto", cache_dir=None, force_download=False):
    """The path of a file, downloaded into the cache where it is not there yet or has another hash; of its folder, where it is to be unpacked.

    ValueError for a download with another hash, Exception where there is no network."""
    if origin is None:
        raise ValueError('Please specify the "origin" argument (URL of the file to download).')
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    folder = os.path.join(_cache_folder(cache_dir), cache_subdir)
    os.makedirs(folder, exist_ok=True)
    unpack = extract or untar
    name = _file_name(fname, origin)
    path = os.path.join(folder, name + "_archive" if unpack and fname else name)
    known = os.path.exists(path) and not force_download
    if not known or (file_hash is not None and not _is_right(path, file_hash, hash_algorithm)):
        _download(origin, path)
        if file_hash is not None and not _is_right(path, file_hash, hash_algorithm):
            os.remove(path)
            raise ValueError(f"Incomplete or corrupted file detected. The {hash_algorithm} file hash does not match the provided value of {file_hash}.")
    if not unpack:
        return path
    target = os.path.join(folder, name) if fname else os.path.join(folder, name.split(".")[0] + "_extracted")
    if not os.path.exists(target) or not known:
        _unpack(path, target, "tar" if untar else archive_format)
    return target


# --- data sets

def _part(size, total, name):
    """A number of samples, from a number or a share."""
    if size is None:
        return None
    if not isinstance(size, (int, float)):
        raise TypeError(f"Invalid `{name}` type: expected int or float or None, received: {type(size)}")
    if isinstance(size, float) and not 0 <= size <= 1 or isinstance(size, int) and not 0 <= size <= total:
        raise ValueError(f"`{name}` should be either a positive integer smaller than {total}, or a float within the range `[0, 1]`. "
                         f"Received: {name}={size}")
    return round(size * total) if isinstance(size, float) else size


def _parts(left_size, right_size, total):
    if left_size is None and right_size is None:
        raise ValueError("At least one of the `left_size` or `right_size` must be specified. Received: left_size=None and right_size=None")
    left, right = _part(left_size, total, "left_size"), _part(right_size, total, "right_size")
    left, right = total - right if left is None else left, total - left if right is None else right
    if left + right > total:
        raise ValueError(f"The sum of `left_size` and `right_size` is greater than the number of samples: {left} + {right} > {total}")
    return left, right


def split_dataset(dataset, left_size=None, right_size=None, shuffle=False, seed=None, preferred_backend=None):
    """Two data sets, of the first and the last elements of a Dataset, an array, or several arrays. Sizes are numbers or shares."""
    import numpy as np

    if isinstance(dataset, tf_data.Dataset):
        total = sum(1 for _ in dataset)
    elif isinstance(dataset, (list, tuple, np.ndarray)):
        arrays = tuple(dataset) if isinstance(dataset, (list, tuple)) else dataset
        total, dataset = len(arrays[0]) if isinstance(arrays, tuple) else len(arrays), tf_data.Dataset.from_tensor_slices(arrays)
    else:
        raise TypeError(f"The `dataset` argument must be either a `tf.data.Dataset` object, or a list/tuple of arrays. Received: dataset={dataset} "
                        f"of type {type(dataset)}")
    left, right = _parts(left_size, right_size, total)
    if shuffle:
        dataset = dataset.shuffle(total, seed=seed, reshuffle_each_iteration=False)
    return dataset.take(left).prefetch(tf_data.AUTOTUNE), dataset.skip(total - right).prefetch(tf_data.AUTOTUNE)


def _check_window(data, sequence_stride, sampling_rate, start_index, end_index):
    length = len(data)
    for name, value in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride)):
        if value <= 0:
            raise ValueError(f"`{name}` must be higher than 0. Received: {name}={value}")
        if value >= length:
            raise ValueError(f"`{name}` must be lower than the length of the data. Received: {name}={value}, for data of length {length}")
    if start_index and not 0 <= start_index < length:
        raise ValueError(f"`start_index` must be 0 or greater, and lower than the length of the data. Received: start_index={start_index}, "
                         f"for data of length {length}")
    if end_index and not (start_index or 0) < end_index < length:
        raise ValueError(f"`end_index` must be higher than `start_index` and lower than the length of the data. Received: start_index={start_index}, "
                         f"end_index={end_index}, for data of length {length}")


def timeseries_dataset_from_array(data, targets, sequence_length, sequence_stride=1, sampling_rate=1, batch_size=128, shuffle=False, seed=None,
                                  start_index=None, end_index=None, format="tf"):
    """Windows (batch, sequence_length, ...) of a series, each with the target of its first step where `targets` are given."""
    import numpy as np

    if format != "tf":
        raise ValueError(f'`format` should be "tf": Runnel has no other data sets. Received: format={format}')
    _check_window(data, sequence_stride, sampling_rate, start_index, end_index)
    first, last = start_index or 0, end_index or len(data)
    count = last - first if targets is None else min(last - first, len(targets))
    reach = (sequence_length - 1) * sampling_rate
    begins = np.arange(0, max(min(count, last - first - reach), 0), sequence_stride, dtype="int64")
    series = np.asarray(data)[first:last]
    dataset = tf_data.Dataset.from_tensor_slices(begins)
    if shuffle:
        seed = np.random.randint(10**6) if seed is None else seed
        np.random.RandomState(seed).shuffle(begins)
        dataset = tf_data.Dataset.from_tensor_slices(begins).shuffle(8 * batch_size if batch_size else 1024, seed=seed)
    if batch_size is not None:
        dataset = dataset.batch(batch_size)
    targets = None if targets is None else np.asarray(targets)[first:last]
    return dataset.map(_window(series, targets, np.arange(0, reach + 1, sampling_rate))).prefetch(tf_data.AUTOTUNE)


def _window(series, targets, offsets):
    """A function of first steps: the windows from there."""
    import runnel as tf

    series, offsets = tf.constant(series), tf.constant(offsets, dtype="int64")
    targets = None if targets is None else tf.constant(targets)

    def window(begin):
        steps = tf.gather(series, tf.expand_dims(begin, -1) + offsets)
        return steps if targets is None else (steps, tf.gather(targets, begin))

    return window


def install(utils, preprocessing):
    for thing in (get_file, split_dataset, timeseries_dataset_from_array):
        setattr(utils, thing.__name__, thing)
    preprocessing.timeseries_dataset_from_array = timeseries_dataset_from_array
