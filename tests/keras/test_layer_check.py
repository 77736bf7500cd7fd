"""Config, shapes, weights, mixed precision, a step of training and files of every layer: layer_check.py."""

import layer_rows
import pytest
from layer_check import check_layer


@pytest.mark.parametrize("index", range(len(layer_rows.ROWS)), ids=layer_rows.names())
def test_layer(index, tmp_path):
    check_layer(index, tmp_path)
