"""Files of quantized and adapted models: real Keras opens ours and we open Keras's."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import quantization_rows
import runnel as tf

HERE = Path(__file__).parent
PEERS = os.environ.get("RUNNEL_PEERS_PYTHON")
NAMES = [f"{name}.{ending}" for name in ("int8", "int4", "int4_columns", "lora", "lora_int8") for ending in ("keras", "weights.h5")]
PROGRAM = """
import json, pathlib, sys
import keras, quantization_rows

folder = pathlib.Path(sys.argv[1])
answers = {path.name: quantization_rows.opened(keras, path).tolist() for path in folder.glob("ours_*") if path.suffix in (".keras", ".h5")}
(folder / "answers.json").write_text(json.dumps(answers))
quantization_rows.save(keras, folder, "keras")
"""
pytestmark = [pytest.mark.peers, pytest.mark.skipif(not PEERS, reason="RUNNEL_PEERS_PYTHON is not set"), pytest.mark.filterwarnings("ignore:Layer .* does not have")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("quantized")
    quantization_rows.save(tf.keras, path, "ours")
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(HERE)}
    subprocess.run([PEERS, "-c", PROGRAM, path], env=environment, check=True, timeout=900)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_keras_opens_ours(folder, name):
    found = json.loads((folder / "answers.json").read_text())[f"ours_{name}"]
    np.testing.assert_allclose(found, np.load(folder / f"ours_{name.partition('.')[0]}.npy"), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_we_open_keras(folder, name):
    found = quantization_rows.opened(tf.keras, folder / f"keras_{name}")
    np.testing.assert_allclose(found, np.load(folder / f"keras_{name.partition('.')[0]}.npy"), rtol=1e-5, atol=1e-5)
