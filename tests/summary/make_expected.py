"""Writes expected.json.gz: the events that real TensorFlow and Keras write for cases.py.

    .venv-peers/bin/python tests/summary/make_expected.py [OUT]
"""

import gzip
import json
import os
import pathlib
import sys
import tempfile

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")
import tensorflow as tf  # noqa: E402

import cases  # noqa: E402


def written(write, name):
    with tempfile.TemporaryDirectory() as folder:
        write(tf, name, folder)
        return cases.events_of(tf, folder)


def expected():
    return {"cases": {name: written(cases.write, name) for name in cases.CASES},
            "callbacks": {name: written(cases.train, name) for name in cases.CALLBACKS}}


if __name__ == "__main__":
    out = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).with_name("expected.json.gz")
    with gzip.GzipFile(out, "wb", mtime=0) as file:
        file.write(json.dumps(expected()).encode())
