"""Stores what real TensorFlow gives, in expected_*.json. Run with a Python that has TensorFlow; names choose files."""

import json
import sys
from pathlib import Path

import derivative_rows
import forward_rows
import scenarios
import tensorflow

derivative_rows.tf = forward_rows.tf = scenarios.tf = tensorflow


def store(name, outcomes):
    text = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in outcomes.items())
    Path(__file__).with_name(f"expected_{name}.json").write_text("{\n" + text + "\n}\n")


def gradient_registry():
    """{operator: whether it has a gradient}; others have no entry, so that asking for their gradient fails."""
    from tensorflow.python.framework import ops

    registry = ops.gradient_registry
    return {name: registry.lookup(name) is not None for name in sorted(registry.list())}


OUTCOMES = {"gradient_registry": gradient_registry, "derivatives": derivative_rows.outcomes, "forward": forward_rows.outcomes, "scenarios": scenarios.outcomes}
for name in sys.argv[1:] or OUTCOMES:
    store(name, OUTCOMES[name]())
