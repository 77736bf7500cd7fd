"""Every public name of Keras is here, under all its places, with Keras's arguments, and some test uses it; or surface.csv says why not."""

import pytest
import surface

ROWS = surface.read()
SPACES = sorted({row["name"].partition(".")[0] for row in ROWS if "." in row["name"]}) + [""]


def rows_of(space):
    return [row for row in ROWS if row["name"].rpartition(".")[0].partition(".")[0] == space]


@pytest.mark.parametrize("space", SPACES)
def test_what_is_missing_has_a_reason(space):
    assert not [row["name"] for row in rows_of(space) if not surface.exists(row) and not row["remark"]]


@pytest.mark.parametrize("space", SPACES)
def test_other_names_are_the_same_object(space):
    there = [row for row in rows_of(space) if surface.exists(row) and not row["remark"]]
    assert not [(row["name"], other) for row in there for other in row["aliases"].split() if surface.find(other) is not surface.find(row["name"])]


@pytest.mark.parametrize("space", SPACES)
def test_arguments_are_keras_s(space):
    there = [row for row in rows_of(space) if surface.exists(row) and not row["remark"]]
    assert not {row["name"]: surface.difference(row) for row in there if surface.difference(row)}


@pytest.mark.parametrize("space", SPACES)
def test_names_are_linked_to_tests(space):
    """Prints what is not linked; a row fails that has no reason beside it."""
    unlinked = [row for row in rows_of(space) if surface.exists(row) and not row["test"]]
    for row in unlinked:
        print(f"not linked: {row['name']}: {row['remark']}")
    assert not [row["name"] for row in unlinked if not row["remark"]], "pytest tests/keras --link-surface finds tests"


def test_links_hold(request):
    """Runs after all others: each linked test that ran has passed and used the name."""
    used, asked = request.config.used_names, request.config.collected_tests
    wrong = [row["name"] for row in ROWS if row["test"] in asked and not surface.uses(row, used.get(row["test"], []))]
    gone = [row["name"] for row in ROWS if row["test"] and row["test"] not in asked] if request.config.has_all_tests else []
    assert not wrong and not gone, "pytest tests/keras --link-surface finds tests"


def test_the_check_itself():
    """A name that no test takes is not linked, one that a test does take is, and a signature that differs is seen."""
    used = {"keras/test_a.py::test_x": [({"layers.Dense", "Sequential"}, "test_x"), ({"layers.Dropout"}, "test_x[1]")],
            "keras/test_b.py::test_dense": [({"layers.Dense", "layers.Flatten", "Sequential"}, "test_dense")]}
    dense, dropout = ({"name": f"layers.{name}", "aliases": ""} for name in ("Dense", "Dropout"))
    assert surface.link(dense, used) == "keras/test_b.py::test_dense" and surface.link(dropout, used) == "keras/test_a.py::test_x"
    assert surface.link({"name": "layers.NoSuchLayer", "aliases": ""}, used) == ""
    assert surface.uses(dropout, used["keras/test_a.py::test_x"]) and not surface.uses(dropout, used["keras/test_b.py::test_dense"])
    assert surface.difference({"name": "layers.Dropout", "signature": "(rate, noise_shape=None, seed=1, tempo=3)"}) == "lacks tempo"
    assert surface.difference({"name": "layers.LeakyReLU", "signature": "(negative_slope=0.5, **kwargs)"}) == "has negative_slope=0.3"
