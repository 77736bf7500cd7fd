"""Stored results: one .npz a family, holding a JSON index and one block of numbers a type."""

import json
import os

import numpy as np

from evaluate import Failed

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stored")


class Writer:
    def __init__(self, version):
        self.index = {"tensorflow": version, "rows": {}}
        self._blocks, self._sizes = {}, {}

    def add(self, row, key, record):
        self.index["rows"].setdefault(row, {})[key] = record

    def pack(self, value):
        """None, [dtype, shape, offset] into a block, or strings as they are."""
        if value is None:
            return None
        array, dtype = value
        if dtype == "string":
            return [dtype, list(array.shape), [text_of(item) for item in array.reshape(-1)]]
        block = array.dtype.name
        offset = self._sizes.get(block, 0)
        self._blocks.setdefault(block, []).append(array.reshape(-1))
        self._sizes[block] = offset + array.size
        return [dtype, list(array.shape), offset] if block == dtype else [dtype, list(array.shape), offset, block]

    def save(self, name, folder=FOLDER):
        os.makedirs(folder, exist_ok=True)
        blocks = {block: np.concatenate(arrays) for block, arrays in self._blocks.items()}
        index = np.frombuffer(json.dumps(self.index, separators=(",", ":")).encode(), np.uint8)
        np.savez_compressed(os.path.join(folder, name + ".npz"), index=index, **blocks)


class Reader:
    def __init__(self, name, folder=FOLDER):
        with np.load(os.path.join(folder, name + ".npz")) as file:
            data = {key: file[key] for key in file.files}
        self.index = json.loads(bytes(data.pop("index")))
        self._blocks = data

    def record(self, row, key):
        """The stored record of a case, or None when TensorFlow does not have it."""
        return self.index["rows"].get(row, {}).get(key)

    def unpack(self, packed):
        if packed is None:
            return None
        dtype, shape, at = packed[:3]
        if dtype == "string":
            flat = np.empty(len(at), object)
            flat[:] = [item.encode("latin-1") for item in at]
            return flat.reshape(shape), dtype
        block = self._blocks[packed[3] if len(packed) > 3 else dtype]
        return block[at:at + int(np.prod(shape))].reshape(shape), dtype

    def outputs(self, record):
        if "error" in record:
            return Failed(*record["error"])
        return [self.unpack(p) for p in record["out"]]

    def arrays(self, record, key):
        """Gradients: bare arrays or None; None when they are not stored."""
        if key not in record:
            return None
        return [None if p is None else self.unpack(p)[0] for p in record[key]]


def text_of(item):
    return item.decode("latin-1") if isinstance(item, bytes) else str(item)
