"""TensorBoard's own reader opens our files."""

import json
import os
import subprocess

import cases
import numpy as np
import pytest

PEERS = os.environ.get("RUNNEL_PEERS_PYTHON")
READER = """
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

found = {}
for folder in sys.argv[1:]:
    events = EventAccumulator(folder)
    events.Reload()
    found[folder] = {"graph": events.Tags()["graph"]}
    for tag in events.Tags()["tensors"]:
        plugin = events.summary_metadata[tag].plugin_data.plugin_name if tag in events.summary_metadata else ""
        arrays = [tensor_util.make_ndarray(e.tensor_proto) for e in events.Tensors(tag)]
        numbers = [a.tolist() if a.dtype.kind == "f" else [] for a in arrays]
        found[folder][tag] = [plugin, [e.step for e in events.Tensors(tag)], numbers]
    if found[folder]["graph"]:
        found[folder]["nodes"] = [node.op for node in events.Graph().node]
print(json.dumps(found))
"""


@pytest.mark.peers
@pytest.mark.skipif(not PEERS, reason="RUNNEL_PEERS_PYTHON names no Python with TensorFlow")
def test_tensorboard_reads_our_files(tf, tmp_path):
    for name in cases.CASES:
        cases.write(tf, name, str(tmp_path / name))
    cases.train(tf, "histograms", str(tmp_path / "fit"))
    doubled = tf.function(lambda x: x * 2).get_concrete_function(tf.constant(1.0))
    with tf.summary.create_file_writer(str(tmp_path / "graph")).as_default():
        tf.summary.graph(doubled.graph)
    folders = [*(str(tmp_path / name) for name in (*cases.CASES, "graph")), str(tmp_path / "fit/train")]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([PEERS, "-c", READER, *folders], capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    found = {os.path.relpath(folder, tmp_path): tags for folder, tags in json.loads(done.stdout.splitlines()[-1]).items()}
    assert found["scalars"]["loss"][:2] == ["scalars", [1, 2, 3]] and found["scalars"]["loss"][2] == [0.5, 3.0, 1.0]
    assert found["histograms"]["few"][0] == "histograms" and np.shape(found["histograms"]["few"][2]) == (1, 4, 3)
    assert found["images"]["bytes"][0] == "images" and found["sounds"]["stereo"][0] == "audio" and found["texts"]["table"][0] == "text"
    assert found["graph"]["graph"] and "Mul" in found["graph"]["nodes"]
    assert found["fit/train"]["epoch_loss"][1] == [0, 1] and "net/wide/kernel/histogram" in found["fit/train"]
