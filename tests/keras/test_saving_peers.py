"""Real Keras opens our files and we open Keras's: predictions equal to 1e-6, training goes on with equal losses."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import runnel as tf
import saved_models

HERE = Path(__file__).parent
PEERS = os.environ.get("RUNNEL_PEERS_PYTHON")
ENDINGS = ("keras", "h5", "weights.h5", "weights.json")
pytestmark = [pytest.mark.peers, pytest.mark.skipif(not PEERS, reason="RUNNEL_PEERS_PYTHON is not set")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Our files, Keras's answers about them, and Keras's files."""
    path = tmp_path_factory.mktemp("saved")
    (path / "names.json").write_text(json.dumps(list(saved_models.MODELS)))
    for name, make in saved_models.MODELS.items():
        tf.keras.utils.set_random_seed(1)
        model, x, y = make(tf.keras)
        saved_models.train(model, x, y)
        for ending in ENDINGS:
            saved_models.save(model, path / f"ours_{name}.{ending}")
        np.savez(path / f"ours_{name}.npz", *saved_models.outputs(model, x), losses=saved_models.train(model, x, y))
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(HERE)}
    subprocess.run([PEERS, HERE / "open_saved.py", path], env=environment, check=True, timeout=900)
    return path


def expected(folder, side, name):
    arrays = dict(np.load(folder / f"{side}_{name}.npz"))
    losses = arrays.pop("losses")
    return list(arrays.values()), losses


def assert_outputs(name, got, wanted):
    assert len(got) == len(wanted)
    for a, b in zip(got, wanted):
        np.testing.assert_allclose(a, b, **(dict(rtol=2e-3, atol=2e-3) if name == "mixed" else dict(rtol=1e-5, atol=1e-6)))  # float16 inside


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", list(saved_models.MODELS))
def test_keras_opens_ours(folder, name, ending):
    if (name, ending) in saved_models.KERAS_CANNOT_OPEN:
        pytest.skip("real Keras 3.15 cannot open its own either")
    answer = json.loads((folder / "answers.json").read_text())[f"ours_{name}.{ending}"]
    assert "error" not in answer, answer["error"]
    outputs, losses = expected(folder, "ours", name)
    assert_outputs(name, [np.array(o, "float32") for o in answer["outputs"]], outputs)
    if ending == "keras":
        np.testing.assert_allclose(answer["losses"], losses, rtol=2e-3 if name == "mixed" else 1e-4)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", list(saved_models.MODELS))
def test_we_open_keras(folder, name, ending):
    if (name, ending) in (("operations", "h5"), ("own", "h5")):
        pytest.skip("the old format keeps neither what operations were called with, nor that one layer stands in two places")
    if (name, ending) in saved_models.KERAS_CANNOT_SAVE:
        pytest.skip("real Keras 3.15 cannot save it")
    path = folder / f"keras_{name}.{ending}"
    x, y = saved_models.data_of(name, tf.keras)
    if ending.startswith("weights"):
        model = saved_models.MODELS[name](tf.keras)[0]
        model.load_weights(path)
    else:
        model = tf.keras.models.load_model(path)
    outputs, losses = expected(folder, "keras", name)
    assert_outputs(name, saved_models.outputs(model, x), outputs)
    if not ending.startswith("weights"):
        np.testing.assert_allclose(saved_models.train(model, x, y), losses, rtol=2e-3 if name == "mixed" else 1e-4)
