"""Stores what real TensorFlow gives for the scenarios, in expected.json. Run with a Python that has TensorFlow."""

import json
from pathlib import Path

import scenarios
import tensorflow

scenarios.tf = tensorflow
text = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in scenarios.outcomes().items())
Path(__file__).with_name("expected.json").write_text("{\n" + text + "\n}\n")
