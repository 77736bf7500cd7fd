"""Outside of graphs converted code does what the code says: each row of the table, on Python values and eager tensors."""

import copy

import pytest
import table
import runnel
import outcomes

table.tf = runnel


def outcome(function, inputs):
    result = outcomes.outcome(lambda: function(*copy.deepcopy(inputs)))
    return result if "value" in result else result["error"]


@pytest.mark.parametrize("tensors", [False, True], ids=["python", "eager"])
@pytest.mark.parametrize("name", table.ROWS)
def test_converted_equals_plain(name, tensors):
    row = table.ROWS[name]
    if name == "generator_function":
        pytest.skip("not converted")
    converted = runnel.autograph.to_graph(row.function)
    for inputs in outcomes.inputs_of(row, tensors):
        assert outcome(converted, inputs) == outcome(row.function, inputs)
