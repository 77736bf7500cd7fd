"""Writes expected_bases.json: how real Keras's classes are derived. Run by the interpreter of .venv-peers."""

import json
from pathlib import Path

import keras
from base_rows import bases

Path(__file__).with_name("expected_bases.json").write_text(json.dumps(bases(keras), indent=0) + "\n")
