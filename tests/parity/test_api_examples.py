"""Tensors, shapes, dtypes and variables print and behave as TensorFlow's do (api_examples.py)."""

import json

import pytest

import api_examples
import oracle_examples

with open(oracle_examples.STORED) as file:
    EXPECTED = json.load(file)


@pytest.mark.parametrize("expression", api_examples.EXPRESSIONS)
def test_example(tf, expression):
    assert oracle_examples.text_of(tf, expression) == EXPECTED[expression]
