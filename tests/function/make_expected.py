"""Stores what real TensorFlow gives, in expected_*.json. Run with a Python that has TensorFlow."""

import json
from pathlib import Path

import forward_rows
import scenarios
import tensorflow

forward_rows.tf = scenarios.tf = tensorflow


def store(name, outcomes):
    text = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in outcomes.items())
    Path(__file__).with_name(f"expected_{name}.json").write_text("{\n" + text + "\n}\n")


store("forward", forward_rows.outcomes())
store("scenarios", scenarios.outcomes())
