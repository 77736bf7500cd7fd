"""The classes that come from the C++ tables."""

import subprocess
import sys

import pytest
from runnel import _runnel

KINDS = ("layers", "losses", "metrics", "optimizers", "schedules", "initializers", "regularizers", "constraints", "callbacks")


@pytest.mark.parametrize("kind", KINDS)
def test_every_class_can_be_subclassed(kind):
    for name in _runnel.keras_classes(kind):
        cls = _runnel.keras_class(kind, name)
        try:
            assert isinstance(type("Mine" + name, (cls,), {})(), cls)
        except (ValueError, TypeError, NotImplementedError) as error:  # for want of arguments, or of the feature
            assert "cannot be subclassed" not in str(error)


def test_importing_loads_no_numpy():
    code = "import runnel, sys; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
