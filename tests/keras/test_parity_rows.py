"""No class of Keras's layers, losses, metrics, optimizers, schedules, initializers, regularizers and constraints is without a row that
compares it with real Keras, or a test named here. The list of classes is surface.csv, that of all public names of Keras."""

import inspect
import json
from pathlib import Path

import layer_rows
import pytest
import surface
import training_rows

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "expected.json").read_text())
SPACES = {"layers": "layers", "losses": "losses", "metrics": "metrics", "optimizers": "optimizers", "optimizers.schedules": "schedules",
          "initializers": "initializers", "regularizers": "regularizers", "constraints": "constraints"}
BASES = {"Layer", "Wrapper", "Loss", "Metric", "Optimizer", "LearningRateSchedule", "Initializer", "Regularizer", "Constraint"}
# Compared in another way, or with nothing to compute.
ELSEWHERE = {
    **dict.fromkeys(("initializers.STFT", "initializers.STFTInitializer", "initializers.stft"), "keras/surface_rows.py::initializers.STFT real hann"),
    "layers.InputLayer": "keras/test_models.py",
    "layers.InputSpec": "keras/test_new_layers.py::test_input_spec_is_checked_on_call",
    "layers.TFSMLayer": "keras/test_new_layers.py::test_what_is_not_there_says_so",
    "losses.Reduction": "keras/spellings/keras2_training.py::losses.Reduction",
    "metrics.MeanMetricWrapper": "keras/test_metric_functions.py",
    "optimizers.MultiOptimizer": "keras/test_training.py::test_an_optimizer_for_each_part",
    "optimizers.OptimizerMap": "keras/test_training.py::test_an_optimizer_for_each_part",
}


def classes(space):
    """{name: class} of what is there; one class may have several names."""
    names = [name for row in surface.read() for name in (row["name"], *row["aliases"].split()) if name.rpartition(".")[0] == space]
    found = {name: surface.find(name) for name in names}
    return {name: thing for name, thing in found.items() if inspect.isclass(thing) and thing.__name__ not in BASES}


def compared(kind):
    """The names of classes in rows, with those of layers inside of layers."""
    if kind != "layers":
        return {row["class"] for row in EXPECTED[kind]}
    inside = " ".join(str(value) for row in layer_rows.ROWS for value in row[4].values() if isinstance(value, layer_rows.code))
    return {row[0] for row in layer_rows.ROWS} | {word.split("(")[0] for word in inside.replace("[", " ").split("L.")}


def covered(name, thing, rows):
    if name in ELSEWHERE:
        file, _, test = ELSEWHERE[name].partition("::")
        return test in (HERE.parent / file).read_text()
    return thing.__name__ in rows or name.rpartition(".")[2] in rows


@pytest.mark.parametrize("space", SPACES)
def test_every_class_is_compared(space):
    rows, found = compared(SPACES[space]), classes(space)
    assert len(found) >= len(rows & {thing.__name__ for thing in found.values()}) > 0
    assert not [name for name, thing in found.items() if not covered(name, thing, rows)]


def test_every_optimizer_is_trained_in_every_form():
    trained = {*training_rows.RATES, "LossScaleOptimizer", "MultiOptimizer", "OptimizerMap", "ScheduleFreeAdamW"}
    assert {thing.__name__ for thing in classes("optimizers").values()} == trained


def test_the_check_itself():
    assert not covered("layers.Dense", surface.find("layers.Dense"), {"Conv2D"})
    assert {"LSTMCell", "StackedRNNCells", "Dense"} <= compared("layers")
