"""Runnel and real TensorFlow in one process, imported in either order."""

import os
import subprocess

import pytest

PEERS = os.environ.get("RUNNEL_PEERS_PYTHON")
BOTH = """
a, b = tensorflow.constant([[1.0, 2.0]]), runnel.constant([[1.0, 2.0]])
assert (tensorflow.matmul(a, a, transpose_b=True).numpy() == runnel.matmul(b, b, transpose_b=True).numpy()).all()
assert runnel.add(b, a.numpy()).numpy().tolist() == [[2, 4]] and tensorflow.add(a, b.numpy()).numpy().tolist() == [[2, 4]]
assert runnel.add(b, a).numpy().tolist() == [[2, 4]] == tensorflow.add(a, b).numpy().tolist()
assert runnel.constant(a).numpy().tolist() == [[1, 2]] == tensorflow.constant(b).numpy().tolist()
ours, theirs = runnel.experimental.dlpack, tensorflow.experimental.dlpack
assert ours.from_dlpack(theirs.to_dlpack(a)).numpy().tolist() == [[1, 2]] == theirs.from_dlpack(ours.to_dlpack(b)).numpy().tolist()
assert not isinstance(b, tensorflow.Tensor) and not isinstance(a, runnel.Tensor)
try:
    runnel.matmul(b, b)
except tensorflow.errors.InvalidArgumentError:
    raise AssertionError("the error classes are the same")
except runnel.errors.InvalidArgumentError:
    pass
"""


@pytest.mark.peers
@pytest.mark.skipif(not PEERS, reason="RUNNEL_PEERS_PYTHON names no Python with TensorFlow")
@pytest.mark.parametrize("first, second", [("runnel", "tensorflow"), ("tensorflow", "runnel")])
def test_both_work(first, second):
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    code = f"import {first}\nimport {second}\n{BOTH}"
    done = subprocess.run([PEERS, "-c", code], capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


DLPACK = """
import importlib.util, sys
if not importlib.util.find_spec(NAME): sys.exit(77)
import numpy as np
other, runnel = importlib.import_module(NAME), importlib.import_module("runnel")
module = other.numpy if NAME == "jax" else other
x = runnel.constant([[1.0, 2.0], [3.0, 4.0]])
assert np.asarray(module.from_dlpack(x)).tolist() == [[1, 2], [3, 4]]
assert runnel.experimental.dlpack.from_dlpack(module.arange(3.0)).numpy().tolist() == [0, 1, 2]
assert runnel.add(module.arange(3.0), 1.0).numpy().tolist() == [1, 2, 3]
"""


@pytest.mark.peers
@pytest.mark.skipif(not PEERS, reason="RUNNEL_PEERS_PYTHON names no Python with TensorFlow")
@pytest.mark.parametrize("name", ["jax", "torch"])
def test_tensors_go_to_other_libraries_and_back(name):
    done = subprocess.run([PEERS, "-c", f"NAME = {name!r}{DLPACK}"], capture_output=True, text=True, timeout=300, env={**os.environ, "JAX_PLATFORMS": "cpu"})
    if done.returncode == 77:
        pytest.skip(f"{name} is not there")
    assert done.returncode == 0, done.stderr[-2000:]
