"""Derivatives of control flow, in functions, of functions and eagerly, against what real TensorFlow gives (make_expected.py)."""

import json
from pathlib import Path

import derivative_rows
import numpy as np
import pytest
import runnel

derivative_rows.tf = runnel
EXPECTED = json.loads(Path(__file__).with_name("expected_derivatives.json").read_text())
DIRECTION = np.array([1.0, -0.5, 2.0])
WEIGHTS = np.array([1.0, 2.0, 3.0])


def expected(way, form):
    return np.array(EXPECTED[f"{way} of {form}"])


def by_other_means(way, form):
    """What TensorFlow cannot do, from other derivatives that it gives."""
    if way == "jacobian_by_rows":
        return expected("jacobian", form)
    if way == "forward":
        return expected("jacobian", form) @ DIRECTION
    if way == "mapped_gradients":
        return np.stack([expected("gradient", form), expected("gradient_at_half", form)])
    product = expected("hessian", form) @ DIRECTION
    return DIRECTION @ product if way == "forward_over_forward" else product


@pytest.mark.parametrize("place", derivative_rows.PLACES)
@pytest.mark.parametrize("way", derivative_rows.WAYS)
@pytest.mark.parametrize("form", derivative_rows.FORMS)
def test_derivative(place, way, form):
    got, wanted = derivative_rows.outcome(way, form, place), EXPECTED[f"{way} of {form}"]
    if wanted is None or ("custom" in form and "forward" in way):  # a custom gradient counts in forward mode as well: there only here
        wanted = by_other_means(way, form)
        got = WEIGHTS @ got if way == "forward_over_forward" else got
    np.testing.assert_allclose(got, wanted, rtol=2e-4, atol=1e-5)
