"""The portable kernels against the fast ones: the same rows, one process an instruction set, compared with each other."""

import os
import pickle
import subprocess
import sys
import tempfile

import pytest

import compare
import evaluate
import rows

HERE = os.path.dirname(os.path.abspath(__file__))
MODULE = os.environ.get("RUNNEL_PARITY_MODULE", "runnel")


def results(isa):
    """Every row's values in a process under RUNNEL_ISA, float32 and float64 (the types that have fast kernels)."""
    with tempfile.TemporaryDirectory(prefix="runnel-isa-") as folder:
        path = os.path.join(folder, "results")
        env = dict(os.environ, RUNNEL_ISA=isa)
        done = subprocess.run([sys.executable, os.path.abspath(__file__), path], env=env, capture_output=True, text=True)
        if "unknown instruction set" in done.stderr or "not supported" in done.stderr:
            return None
        assert done.returncode == 0, done.stderr[-2000:]
        with open(path, "rb") as file:
            return pickle.load(file)


@pytest.fixture(scope="module")
def portable():
    return results("portable")


@pytest.mark.parametrize("isa", ["avx2", "avx512"])
def test_fast_kernels_agree_with_portable(portable, isa):
    fast = results(isa)
    if fast is None:
        pytest.skip(f"this processor has no {isa}")
    problems = []
    for key, want in portable.items():
        row, got = rows.REGISTRY[key[0]], fast[key]
        for pair in zip(got, want):
            problem = compare.difference(*pair, exact=row.exact, factor=row.tol)
            if problem:
                problems.append(f"{key}: {problem}")
    assert not problems, "\n".join(problems[:10])
    assert len(portable) > 1000


def main(path):
    rows.load()
    module = __import__(MODULE)
    out = {}
    for row in rows.REGISTRY.values():
        for number, dtype in row.runs():
            if dtype in ("float32", "float64"):
                values = evaluate.forward(module, row, number, dtype)
                if not isinstance(values, evaluate.Failed):
                    out[(row.name, number, dtype)] = values
    with open(path, "wb") as file:
        pickle.dump(out, file)


if __name__ == "__main__":
    main(sys.argv[1])
