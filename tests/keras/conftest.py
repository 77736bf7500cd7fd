"""Notes which of Keras's public names each test takes from a module of runnel.keras, so that surface.csv's links can be held against it."""

import sys
import types
from pathlib import Path

import pytest
import surface

FOLDER = Path(__file__).parent
ROOT = "runnel.keras"
_heard = set()


class _Listening(types.ModuleType):
    """A module of Keras's that tells what is taken from it."""

    def __getattribute__(self, name):
        if name[0] != "_":
            _heard.add(f"{types.ModuleType.__getattribute__(self, '__name__')}.{name}")
        return types.ModuleType.__getattribute__(self, name)


def _listen():
    for name, module in list(sys.modules.items()):
        if (name == ROOT or name.startswith(ROOT + ".")) and type(module) is types.ModuleType:
            module.__class__ = _Listening


def pytest_configure(config):
    config.used_names = {}
    import runnel.keras  # noqa: F401

    _listen()


def _test_of(item):
    return f"keras/{item.path.name}::{getattr(item, 'originalname', None) or item.name}"


def pytest_collection_modifyitems(config, items):
    """The links are held against what the other tests used, so they come last."""
    items.sort(key=lambda item: item.name == "test_links_hold")
    config.collected_tests = {_test_of(item) for item in items}
    here = {path.name for path in FOLDER.glob("test_*.py")}
    config.has_all_tests = here <= {item.path.name for item in items} and not config.option.keyword


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    _heard.clear()
    outcome = yield
    if outcome.excinfo is None and item.path.parent == FOLDER and item.path.name != "test_surface.py":
        used = {name.removeprefix(ROOT + ".") for name in _heard}
        item.config.used_names.setdefault(_test_of(item), []).append((used, item.name))


def pytest_addoption(parser):
    parser.addoption("--link-surface", action="store_true", help="write into surface.csv which test uses each name")


def pytest_sessionfinish(session):
    if session.config.getoption("--link-surface"):
        surface.write(surface.linked_anew(surface.read(), session.config.used_names))
