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
    unlinked = [row for row in rows_of(space) if surface.exists(row) and not surface.linked(row)]
    for row in unlinked:
        print(f"not linked: {row['name']}: {row['remark']}")
    assert not [row["name"] for row in unlinked if not row["remark"]], "python tests/keras/surface.py --link finds tests"


def test_the_check_itself():
    """A name that is used nowhere is not found, and a signature that differs is."""
    assert not surface.link({"name": "layers.NoSuchLayer", "aliases": ""})
    assert surface.linked({"name": "layers.Dense", "aliases": "", "test": "keras/test_layers.py::test_layer"})
    assert not surface.linked({"name": "layers.Dense", "aliases": "", "test": "keras/test_layers.py::test_that_is_not_there"})
    assert surface.difference({"name": "layers.Dropout", "signature": "(rate, noise_shape=None, seed=1, tempo=3)"}) == "lacks tempo"
    assert surface.difference({"name": "layers.LeakyReLU", "signature": "(negative_slope=0.5, **kwargs)"}) == "has negative_slope=0.3"
