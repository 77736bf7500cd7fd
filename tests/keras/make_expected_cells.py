"""Writes expected_cells.json: what real Keras answers to cell_rows.py. Run by the interpreter of .venv-peers."""

import json
import tempfile
from pathlib import Path

import keras
from cell_rows import results

with tempfile.TemporaryDirectory() as folder:
    found = results(keras, folder)
Path(__file__).with_name("expected_cells.json").write_text(json.dumps(found, indent=0) + "\n")
