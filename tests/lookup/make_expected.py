"""Stores what real TensorFlow gives for the scenarios, in expected.json or the file that is named. Run with a Python that has TensorFlow."""

import json
import sys
from pathlib import Path

import scenarios
import tensorflow

scenarios.tf = tensorflow
text = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in scenarios.outcomes().items())
path = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).with_name("expected.json")
path.write_text("{\n" + text + "\n}\n")
