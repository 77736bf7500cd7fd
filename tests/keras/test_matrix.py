"""What is one's own, as a matrix: each kind (own_kinds.KINDS) goes through each stage (STAGES). Every cell is a test.

RUNNEL_TF=tensorflow .venv-peers/bin/python tests/keras/own_kinds.py FOLDER writes FOLDER/answers.json, of which
expected_matrix.json keeps the logs.
"""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import own_kinds
import pytest
import runnel as tf
from own_kinds import EPOCHS, KINDS, X

keras = tf.keras
HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "expected_matrix.json").read_text())
PEERS = os.environ.get("RUNNEL_PEERS_PYTHON")


def trained(kind):
    model = kind.make()
    kind.train(model)
    return model


def saved(kind, folder):
    model = trained(kind)
    model.save(folder / "own.keras")
    return model, folder / "own.keras"


def assert_same(a, b):
    """The same weights, bit for bit, and the same state of all optimizers."""
    assert len(a.weights) == len(b.weights) > 0
    for one, other in zip(a.get_weights(), b.get_weights()):
        np.testing.assert_array_equal(one, other)
    if a.optimizer:
        for one, other in zip(a.optimizer.variables, b.optimizer.variables):
            np.testing.assert_array_equal(one.numpy(), other.numpy())


def assert_logs(got, expected):
    assert got.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(got[name], values, rtol=1e-5, err_msg=name)


def frames(kind, model, batch):
    """How many functions of own_kinds.py run, but for those whose place is between the steps."""
    seen = []

    def note(frame, event, arg):
        code = frame.f_code
        if event == "call" and code.co_filename == own_kinds.__file__ and code.co_name != "status_bar":
            seen.append(code.co_name)

    sys.setprofile(note)
    kind.train(model, batch=batch)
    sys.setprofile(None)
    return seen


# --- the stages


def train(kind, name, folder):
    """The logs are Keras's; the steps are compiled (no code of one's own runs in them) and bit-equal to eager ones."""
    model = kind.make()
    assert_logs(kind.train(model, 2 * EPOCHS), EXPECTED[name])
    assert frames(kind, model, batch=8) == frames(kind, model, batch=2)
    compiled = trained(kind)
    tf.config.run_functions_eagerly(True)
    try:
        eager = trained(kind)
    finally:
        tf.config.run_functions_eagerly(False)
    assert_same(compiled, eager)


def save(kind, name, folder):
    """The file's config names what is one's own, with its arguments."""
    _, path = saved(kind, folder)
    text = zipfile.ZipFile(path).read("config.json").decode()
    for own in kind.own:
        assert f'"{own}"' in text
    for key, value in kind.says.items():
        assert f'"{key}": {json.dumps(value)}' in text or f'"{key}":{json.dumps(value)}' in text


def reload_with_custom_objects(kind, name, folder):
    model, path = saved(kind, folder)
    again = keras.models.load_model(path, custom_objects=kind.own)
    assert_same(again, model)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


def reload_in_a_scope(kind, name, folder):
    model, path = saved(kind, folder)
    with keras.saving.custom_object_scope(kind.own):
        assert_same(keras.models.load_model(path), model)


def reload_when_registered(kind, name, folder):
    registered = [keras.saving.register_keras_serializable("Own")(thing) for thing in kind.own.values()]
    try:
        model, path = saved(kind, folder)
        text = zipfile.ZipFile(path).read("config.json").decode()
        assert all(f"Own>{own}" in text for own in kind.own)
        assert_same(keras.models.load_model(path), model)
    finally:
        for thing in registered:
            keras.saving.get_custom_objects().pop(f"Own>{thing.__name__}")


def rebuild_from_config(kind, name, folder):
    """get_config() and from_config() of the whole model give one that trains to the same end."""
    model = trained(kind)
    keras.utils.set_random_seed(5)
    again = keras.models.clone_model(model) if not kind.own else type(model).from_config(model.get_config(), custom_objects=kind.own)
    again.build((None, 4))
    again.set_weights(kind.make().get_weights())
    if model.optimizer:
        with keras.saving.custom_object_scope(kind.own):
            again.compile_from_config(kind.make().get_compile_config())
    kind.train(again)
    assert_same(again, model)


def resume(kind, name, folder):
    """Training that was interrupted, saved and loaded ends where uninterrupted training does, bit for bit."""
    _, path = saved(kind, folder)
    whole, again = kind.make(), keras.models.load_model(path, custom_objects=kind.own)
    kind.train(whole, 2 * EPOCHS)
    kind.train(again)
    assert_same(again, whole)


STAGES = (train, save, reload_with_custom_objects, reload_in_a_scope, reload_when_registered, rebuild_from_config, resume)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
@pytest.mark.parametrize("name", KINDS)
def test_cell(name, stage, tmp_path):
    stage(KINDS[name], name, tmp_path)


def test_what_is_loaded_is_of_ones_own_class(tmp_path):
    def loaded(name):
        return keras.models.load_model(saved(KINDS[name], tmp_path)[1], custom_objects=KINDS[name].own)

    assert loaded("loss class").loss.threshold == 2.0
    assert isinstance(loaded("layer with weights").layers[-1], own_kinds.Affine)
    assert loaded("activation").layers[0].activation is own_kinds.my_softplus
    assert loaded("constraint class").layers[0].kernel_constraint.top == 0.25
    assert loaded("optimizer").optimizer.momentum == 0.75
    assert isinstance(loaded("model with its own step"), own_kinds.OwnStep)


def test_what_is_unknown_is_named(tmp_path):
    _, path = saved(KINDS["layer with weights"], tmp_path)
    with pytest.raises(TypeError, match="Affine"):
        keras.models.load_model(path)


def test_the_loop_shows_a_status_bar(capsys):
    trained(KINDS["training loop"])
    assert re.match(r"(\r\d/4 - loss: \d+\.\d{4}){4}\n", capsys.readouterr().out)


# --- with real Keras


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("matrix")
    for name, kind in KINDS.items():
        trained(kind).save(path / f"ours {name}.keras")
    environment = {**os.environ, "RUNNEL_TF": "tensorflow", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([PEERS, HERE / "own_kinds.py", path], env=environment, check=True, timeout=900)
    return path


@pytest.mark.peers
@pytest.mark.skipif(not PEERS, reason="RUNNEL_PEERS_PYTHON is not set")
@pytest.mark.parametrize("name", KINDS)
def test_files_go_both_ways(folder, name):
    """Real Keras opens our file, predicts the same and trains on; we open Keras's."""
    kind, answer = KINDS[name], json.loads((folder / "answers.json").read_text())[name]
    assert_logs(answer["logs"], EXPECTED[name])
    ours, theirs = (keras.models.load_model(folder / f"{side} {name}.keras", custom_objects=kind.own) for side in ("ours", "keras"))
    np.testing.assert_allclose(answer["predicted"], ours.predict(X, verbose=0), rtol=1e-5, atol=1e-6)
    assert_logs(kind.train(ours), answer["resumed"])
    np.testing.assert_allclose(theirs.predict(X, verbose=0), np.load(folder / f"keras {name}.npy"), rtol=1e-5, atol=1e-6)
