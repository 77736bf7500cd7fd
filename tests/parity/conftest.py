"""Which module is under test, and where its expected results come from."""

import importlib
import os
import subprocess
import sys
import tempfile

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
# The dispatcher then holds every shape function against the shape that came out (see README.md).
os.environ.setdefault("RUNNEL_CHECK_SHAPES", "1")

import rows  # noqa: E402
import store  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--live", action="store_true", help="run TensorFlow now instead of reading the stored results")


@pytest.fixture(scope="session")
def tf():
    """The module under test: runnel, or what RUNNEL_PARITY_MODULE names (tensorflow tests the harness itself)."""
    return importlib.import_module(os.environ.get("RUNNEL_PARITY_MODULE", "runnel"))


@pytest.fixture(scope="session")
def expected(request):
    """expected(family) gives the Reader of a family's results."""
    folder = live_results() if request.config.getoption("--live") else store.FOLDER
    readers = {}

    def reader(family):
        if family not in readers:
            readers[family] = store.Reader(family, folder)
        return readers[family]

    return reader


def live_results():
    folder = tempfile.mkdtemp(prefix="runnel-parity-")
    script = os.path.join(HERE, "..", "..", "tools", "make_oracle")
    done = subprocess.run([script, "--out", folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:  # once, not an error a row
        pytest.exit(f"{script} failed:\n" + "\n".join(done.stdout.splitlines()[-20:]), returncode=1)
    return folder


rows.load()
