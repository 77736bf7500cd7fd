"""Every row against real TensorFlow's results: values, gradients, second gradients, and gradients against differences.

    pytest tests/parity -k Softmax            one operator
    pytest tests/parity -k "nn and float64"   a family and a type
    pytest tests/parity --live                TensorFlow now, not the stored results
"""

import numpy as np
import pytest

import compare
import evaluate
import rows

ROWS = list(rows.REGISTRY.values())
VALUES = [pytest.param(row, dtype, id=f"{row.family}-{row.name}-{dtype}") for row in ROWS for dtype in row.dtypes]
DIFFERENTIABLE = [pytest.param(row, id=f"{row.family}-{row.name}") for row in ROWS if row.grad]


def skip_if_later(tf, row, result):
    """Rows of operators that are not owed yet count only once the module has them."""
    if row.later and isinstance(result, evaluate.Failed) and result.kind == "AttributeError":
        pytest.skip("not owed yet")


def stored_cases(row, reader, dtypes):
    """(number, dtype, record) of the cases that TensorFlow runs."""
    for number, dtype in row.runs():
        record = reader.record(row.name, f"{dtype}/{number}") if dtype in dtypes else None
        if record is not None:
            if record["in"] != row.fingerprint(number, dtype):
                pytest.fail(f"row {row.name} has changed since its results were stored: run tools/make_oracle {row.family}")
            yield number, dtype, record


def finish(problems):
    if problems:
        pytest.fail("\n".join(problems[:8]) + (f"\n... {len(problems) - 8} more" if len(problems) > 8 else ""), pytrace=False)


@pytest.mark.parametrize("row, dtype", VALUES)
def test_values(tf, expected, row, dtype):
    problems, count = [], 0
    reader = expected(row.family)
    for number, _, record in stored_cases(row, reader, [dtype]):
        count += 1
        got, want = evaluate.forward(tf, row, number, dtype), reader.outputs(record)
        skip_if_later(tf, row, got)
        problem = value_problem(row, got, want)
        if problem:
            problems.append(f"{row.name} {dtype} case {number} {describe(row, number, dtype)}: {problem}")
    if count == 0:
        if row.name not in reader.index["rows"]:
            pytest.fail(f"row {row.name} has no stored results: run tools/make_oracle {row.family}")
        pytest.skip("TensorFlow has no such kernel")
    finish(problems)


def value_problem(row, got, want):
    if isinstance(want, evaluate.Failed):
        if not isinstance(got, evaluate.Failed):
            return f"must raise {want}"
        return None if got.kind == want.kind else f"raised {got}, expected {want}"
    if isinstance(got, evaluate.Failed):
        return f"raised {got}"
    if len(got) != len(want):
        return f"gave {len(got)} tensors, expected {len(want)}"
    for position, pair in enumerate(zip(got, want)):
        if row.tf_nan:
            pair = compare.without_nan(*pair)
        problem = compare.difference(*pair, exact=row.exact, factor=row.tol)
        if problem:
            return f"output {position}: {problem}"
    return None


def describe(row, number, dtype):
    arrays, _ = row.inputs(number, dtype)
    attrs = ", ".join(f"{key}={value!r}" for key, value in row.cases[number].attrs.items())
    return f"({', '.join(str(list(a.shape)) for a, _ in arrays)}{'; ' + attrs if attrs else ''})"


@pytest.mark.parametrize("row", DIFFERENTIABLE)
def test_gradients(tf, expected, row):
    """TensorFlow's own first and second gradients."""
    problems = []
    reader = expected(row.family)
    for number, dtype, record in stored_cases(row, reader, evaluate.FLOATING + ("none",)):
        for order, key in ((1, "grad"), (2, "grad2")):
            want = reader.arrays(record, key)
            if want is None or (order == 2 and row.grad is not True):
                continue
            try:
                got = evaluate.Derivatives(tf, row, number, dtype).gradients(order=order)[-1]
            except Exception as error:  # noqa: BLE001
                skip_if_later(tf, row, evaluate.Failed.of(error))
                problems.append(f"{row.name} {dtype} case {number} order {order}: raised {evaluate.Failed.of(error)}")
                continue
            tolerance = compare.RELATIVE[dtype if dtype in compare.RELATIVE else "float32"] * row.tol * 4
            for position, pair in enumerate(zip(got, want)):
                problem = compare.gradient_difference(*pair, tolerance)
                if problem:
                    problems.append(f"{row.name} {dtype} case {number} {describe(row, number, dtype)} order {order}, "
                                    f"gradient {position}: {problem}")
    finish(problems)


def lacking_double(tf, row, reader, number, dtype):
    """Some kernels of TensorFlow lack double precision; ours must have it, because that is where gradients are checked."""
    if dtype != "float64" or tf.__name__ == "tensorflow":
        return None
    return reader.record(row.name, f"{row.dtypes[0]}/{number}")


@pytest.mark.parametrize("row", [p for p in DIFFERENTIABLE if p.values[0].fd])
def test_differences(tf, expected, row):
    """The tape against finite differences, first and second order, in double precision."""
    problems, count = [], 0
    reader = expected(row.family)
    for number, dtype in row.runs():
        record = reader.record(row.name, f"{dtype}/{number}") or lacking_double(tf, row, reader, number, dtype)
        if record is None or dtype not in ("float64", "complex128") or not evaluate.differentiable(row, number, dtype):
            continue
        orders = (1, 2) if row.grad is True else (1,)
        for order in orders:
            if tf.__name__ == "tensorflow" and ("grad" if order == 1 else "grad2") not in record:
                continue
            count += 1
            try:
                problem = evaluate.Derivatives(tf, row, number, dtype).mismatch(order)
            except Exception as error:  # noqa: BLE001
                skip_if_later(tf, row, evaluate.Failed.of(error))
                problem = f"order {order}: raised {evaluate.Failed.of(error)}"
            if problem:
                problems.append(f"{row.name} {dtype} case {number} {describe(row, number, dtype)} {problem}")
    finish(problems)
    if count == 0:
        pytest.skip("no double precision case")
