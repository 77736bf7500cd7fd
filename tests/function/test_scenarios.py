"""What users do with tf.function against what real TensorFlow gives (make_expected.py): values, trace counts, error classes."""

import json
from pathlib import Path

import pytest
import runnel
import scenarios

scenarios.tf = runnel
EXPECTED = json.loads(Path(__file__).with_name("expected_scenarios.json").read_text())

# Here numbers of different types, and different Variables, have traces of their own: what a trace gives never depends on
# which call came first.
OURS = {"traces_by_python_value": [1, 2, 2, 3, 4, 5, 5, 6, 6], "traces_by_variable_identity": [1, 1, 2, 2]}


@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_scenario(name):
    assert scenarios.outcome(scenarios.SCENARIOS[name]) == OURS.get(name, EXPECTED[name])
