"""Every layer against real Keras: outputs, gradients with respect to inputs and weights, state after training."""

import layer_rows
import numpy as np
import pytest
import runnel as tf

NAMES = layer_rows.names()


@pytest.fixture(scope="module")
def expected():
    stored = np.load(layer_rows.EXPECTED)
    results = {name: {} for name in NAMES}
    for key in stored.files:
        name, _, part = key.rpartition("|")
        results[name][part] = stored[key]
    return results


@pytest.mark.parametrize("index", range(len(NAMES)), ids=NAMES)
def test_layer(index, expected):
    got, wanted = layer_rows.evaluate(tf, index), expected[NAMES[index]]
    assert got.keys() == wanted.keys()
    for part in wanted:
        np.testing.assert_allclose(got[part], wanted[part], rtol=2e-5, atol=2e-5, err_msg=part)
