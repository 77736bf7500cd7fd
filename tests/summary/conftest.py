import importlib

import pytest


@pytest.fixture(scope="session")
def tf():
    return importlib.import_module("runnel")
