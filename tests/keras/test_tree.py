"""keras.tree against real Keras; `.venv-peers/bin/python tests/keras/tree_rows.py` stores its answers."""

import json
from pathlib import Path

import pytest
import tree_rows
from runnel import keras

EXPECTED = json.loads((Path(__file__).parent / "expected_tree.json").read_text())


@pytest.mark.parametrize("row", tree_rows.ROWS)
def test_answers(row):
    assert tree_rows.answer(keras.tree, row) == EXPECTED[row]
