"""The table under tf.function, against what real TensorFlow made of it (make_expected.py): values, or error class and line."""

import json
from pathlib import Path

import outcomes
import pytest
import runnel
import table

table.tf = runnel
EXPECTED = json.loads(Path(__file__).with_name("expected.json").read_text())
# TensorFlow cannot convert these; we can.
BETTER = {"ternary_nested": [2, 3, 1], "walrus": [6]}
# Sentences of operators and of Python, not of AutoGraph.
OTHER_WORDS = {"error_in_branch", "loop_changes_dtype", "unbound_variable", "wrong_shapes"}


@pytest.mark.parametrize("name", table.ROWS)
def test_row(name):
    got = outcomes.staged(table.ROWS[name])
    if name in BETTER:
        assert [g["value"] for g in got] == BETTER[name]
        return
    for g, e in zip(got, EXPECTED[name], strict=True):
        if "value" in e:
            assert g.get("value") == pytest.approx(e["value"], rel=1e-6) if isinstance(e["value"], float) else g == e
        else:
            assert (g.get("error"), g.get("line")) == (e["error"], e["line"])
            assert name in OTHER_WORDS or g["says"] == e["says"]
