"""Every operator's rows inside tf.function: the bits that eager code gives, values and gradients of first and second order."""

import evaluate
import numpy as np
import pytest
import rows

if not rows.REGISTRY:
    rows.load()
# Calls of "random" draw other numbers each time; rows of "variable" make Variables from their arguments, which functions refuse.
LEFT_OUT = ("random", "variable")
NEED_SHAPES = ("Unpack", "GatherNd:batch", "pool")
TENSOR = object()  # where a result has a tensor
ROWS = [row for row in rows.REGISTRY.values() if row.family not in LEFT_OUT and "dropout" not in row.name
        and not row.name.startswith(("ReadVariableOp", "Resource"))]
VALUES = [pytest.param(row, row.dtypes[0], id=f"{row.family}-{row.name}-{row.dtypes[0]}") for row in ROWS]
DIFFERENTIABLE = [pytest.param(row, id=f"{row.family}-{row.name}") for row in ROWS if row.grad]


def same(a, b):
    if a is None or b is None:
        return a is b
    a, b = (x[0] if isinstance(x, tuple) else x for x in (a, b))
    if a.dtype == object:
        return a.shape == b.shape and (a == b).all()
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def compiled(tf, row, number, dtype, unknown):
    """The row's outputs by a function of its tensors, with or without known shapes."""
    tensors, _ = evaluate.tensors_of(tf, row, number, dtype)
    attrs = row.cases[number].attrs
    places = {}

    def body(*inputs):
        result = row.function(tf)(tf, *inputs, **attrs)
        leaves = evaluate.flatten(result)
        places["plain"] = [TENSOR if isinstance(leaf, tf.Tensor) else leaf for leaf in leaves]
        return [leaf for leaf in leaves if isinstance(leaf, tf.Tensor)]

    specs = [tf.TensorSpec([None] * len(t.shape) if unknown else t.shape, t.dtype) for t in tensors]
    results = iter(tf.function(body, autograph=False, input_signature=specs)(*tensors))
    return [evaluate.to_array(tf, next(results) if p is TENSOR else p) for p in places["plain"]]


def check(tf, row, number, dtype, unknown):
    eager = evaluate.forward(tf, row, number, dtype)
    if isinstance(eager, evaluate.Failed):
        with pytest.raises(Exception):
            compiled(tf, row, number, dtype, unknown)
        return
    got = compiled(tf, row, number, dtype, unknown)
    assert len(got) == len(eager)
    for a, b in zip(got, eager):
        assert same(a, b), f"{row.name} {dtype} case {number}: {a} instead of {b}"


@pytest.mark.parametrize("unknown", [False, True], ids=["known", "unknown"])
@pytest.mark.parametrize("row, dtype", VALUES)
def test_values(tf, row, dtype, unknown):
    if unknown and row.name in NEED_SHAPES:
        pytest.skip("needs known sizes, as in TensorFlow")
    for number, _ in ((n, d) for n, d in row.runs() if d == dtype):
        check(tf, row, number, dtype, unknown)


class Compiled(evaluate.Derivatives):
    """The same derivatives with the call inside a function."""

    def call(self, tensors):
        function = self.__dict__.setdefault("function", self.tf.function(lambda *inputs: super(Compiled, self).call(inputs), autograph=False))
        return function(*tensors)


@pytest.mark.parametrize("row", DIFFERENTIABLE)
def test_gradients(tf, row):
    for number, dtype in row.runs():
        if dtype != "float64" or not evaluate.differentiable(row, number, dtype):
            continue
        try:
            eager = evaluate.Derivatives(tf, row, number, dtype).gradients(order=2)
        except Exception as error:  # noqa: BLE001 - then there is nothing to compare with
            pytest.skip(f"eager code raises {type(error).__name__}")
        got = Compiled(tf, row, number, dtype).gradients(order=2)
        for order, (a, b) in enumerate(zip(got, eager), 1):
            for x, y in zip(a, b):
                assert equal_but_for_zeros(x, y, order), f"{row.name} case {number}, order {order}: {x} instead of {y}"


def equal_but_for_zeros(x, y, order):
    """A function has zeros where eager code finds no connection, and adds second derivatives in another order."""
    if x is None or y is None:
        return (x is None or not np.any(x)) and (y is None or not np.any(y))
    if order == 1:
        return np.array_equal(x, y, equal_nan=True)
    return np.allclose(x, y, rtol=1e-12, atol=1e-12, equal_nan=True)
