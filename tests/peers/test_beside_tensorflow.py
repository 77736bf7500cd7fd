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
