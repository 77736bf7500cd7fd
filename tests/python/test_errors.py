"""The table of wrong calls (errors_table.py): class and text of each error, and no crash."""

import importlib
import operator
import os

import pytest

import errors_more  # noqa: F401  its rows join the table
from errors_table import WRONG


@pytest.fixture(scope="module")
def tf():
    return importlib.import_module(os.environ.get("RUNNEL_PARITY_MODULE", "runnel"))


@pytest.mark.parametrize("call, kind, words", WRONG, ids=[row[0].replace("tf.", "", 1)[:70] for row in WRONG])
def test_error(tf, call, kind, words):
    with pytest.raises(Exception) as caught:
        eval(call, {"tf": tf, "operator": operator})
    names = [c.__name__ for c in type(caught.value).__mro__]
    assert kind in names, f"raised {names[0]}: {caught.value}"
    assert words in str(caught.value)


def test_table_is_long_enough():
    assert len(WRONG) >= 150
