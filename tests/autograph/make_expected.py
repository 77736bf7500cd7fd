"""Stores what real TensorFlow makes of the table, in expected.json. Run with a Python that has TensorFlow."""

import json
from pathlib import Path

import table
import outcomes
import tensorflow

table.tf = tensorflow
expected = {name: outcomes.staged(row) for name, row in table.ROWS.items()}
text = ",\n".join(f"{json.dumps(name)}: {json.dumps(found)}" for name, found in expected.items())
Path(__file__).with_name("expected.json").write_text("{\n" + text + "\n}\n")
