"""The rows of tests/parity serve here as well: every operator is also run inside functions."""

import importlib
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parity"))


@pytest.fixture(scope="session")
def tf():
    return importlib.import_module("runnel")
