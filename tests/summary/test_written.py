"""The events of cases.py, held against those of real TensorFlow and Keras (expected.json.gz); with -m peers also against TensorFlow run now."""

import gzip
import json
import os
import pathlib
import re
import subprocess

import cases
import numpy as np
import pytest

FOLDER = pathlib.Path(__file__).parent
PEERS = os.environ.get("RUNNEL_PEERS_PYTHON")
EXPECTED = json.loads(gzip.decompress((FOLDER / "expected.json.gz").read_bytes()))
FAST = 1e-5  # what training in single precision may differ by


def same_values(ours, theirs, tolerance):
    assert ours.keys() == theirs.keys()
    for key, value in theirs.items():
        if key == "values" and value and isinstance(value[0], float):
            np.testing.assert_allclose(ours[key], value, rtol=tolerance, atol=tolerance)
        elif key == "values" and theirs["plugin"] == "graph_keras_model":
            same_model(*(json.loads(bytes.fromhex(row["values"][0])) for row in (ours, theirs)))
        else:
            assert ours[key] == value, (key, theirs.get("tag"))


def same_model(ours, theirs):
    assert ours["class_name"] == theirs["class_name"] and ours["config"]["name"] == theirs["config"]["name"]
    names = [[(layer["class_name"], layer["config"]["name"]) for layer in model["config"]["layers"]] for model in (ours, theirs)]
    assert names[0] == names[1]


def plain(row):
    """TensorFlow names the scope of a loop or a branch, which Runnel does not."""
    return {**row, "tag": re.sub(r"^(while|cond)/", "", row["tag"])} if "tag" in row else row


def same_events(ours, theirs, tolerance=0.0):
    assert ours.keys() == theirs.keys()
    for folder in theirs:
        mine, others = ([plain(row) for row in events[folder]] for events in (ours, theirs))
        assert [(row.get("tag"), row.get("step")) for row in mine] == [(row.get("tag"), row.get("step")) for row in others]
        for one, other in zip(mine, others):
            same_values(one, other, tolerance)


@pytest.mark.parametrize("name", cases.CASES)
def test_events_are_those_of_tensorflow(tf, name, tmp_path):
    cases.write(tf, name, str(tmp_path))
    same_events(cases.events_of(tf, tmp_path), EXPECTED["cases"][name])


def without_speed(events):
    return {folder: [{**row, "values": []} if "per_second" in row.get("tag", "") else row for row in rows] for folder, rows in events.items()}


@pytest.mark.parametrize("name", cases.CALLBACKS)
def test_the_callback_writes_what_keras_writes(tf, name, tmp_path):
    cases.train(tf, name, str(tmp_path))
    ours = cases.events_of(tf, tmp_path)
    assert all(row["values"][0] > 0 for rows in ours.values() for row in rows if "per_second" in row.get("tag", ""))
    same_events(without_speed(ours), without_speed(EXPECTED["callbacks"][name]), FAST)


@pytest.mark.peers
@pytest.mark.skipif(not PEERS, reason="RUNNEL_PEERS_PYTHON names no Python with TensorFlow")
def test_what_is_stored_is_what_tensorflow_writes_now(tmp_path):
    out = tmp_path / "now.json.gz"
    done = subprocess.run([PEERS, str(FOLDER / "make_expected.py"), str(out)], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    now = json.loads(gzip.decompress(out.read_bytes()))
    for kind in EXPECTED:
        assert now[kind].keys() == EXPECTED[kind].keys()
        for name, events in EXPECTED[kind].items():
            same_events(without_speed(now[kind][name]), without_speed(events), FAST)
