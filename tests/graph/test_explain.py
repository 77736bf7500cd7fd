"""What explain() says is held against the graphs that run: every operator is fused, or named with the reason why it is not."""

import re

import numpy as np
import pytest
import snapshot_models

NAMES = [*snapshot_models.MODELS, *snapshot_models.FUNCTIONS]
NO_INPUTS = {"Placeholder", "Const", "VarHandleOp", "EmptyTensorList"}


def sections(text):
    """Those of explain() after the first line: of the trace, then of the loops and branches in it."""
    return re.split(r"^  in .*:\n", text, flags=re.M)


def times(text, pattern):
    """How often a line of this pattern stands for something: "(and 3 alike)" for three more."""
    return sum(1 + int(found[1] or 0) for found in re.finditer(rf"^  {pattern}.*?(?: \(and (\d+) alike\))?$", text, flags=re.M))


def left_out(text):
    """The types of operators that a section names as not fused."""
    found = [re.match(r'([\w, ]+?)(?: "|: )', line)[1].split(", ") for line in re.findall(r"^  not fused: (.*)$", text, flags=re.M)]
    return {name for names in found for name in names}


@pytest.mark.parametrize("name", NAMES)
def test_every_operator_is_fused_or_has_a_reason(tf, name, monkeypatch):
    functions, texts = [], []
    plain = tf.function

    def kept(*args, **kwargs):
        functions.append(plain(*args, **kwargs))
        return functions[-1]

    monkeypatch.setattr(tf, "function", kept)
    texts = re.split(r"^\n(?=// )", snapshot_models.optimised_text(tf, name), flags=re.M)
    assert len(texts) == len(functions)
    for text, function in zip(texts, functions):
        graphs, explained = re.split(r"^// .*\n", text, flags=re.M)[1:], sections(function.explain())
        assert len(graphs) == len(explained)
        for graph, section in zip(graphs, explained):
            types = re.findall(r"^.*? = (\w+)\((?=[^)])", graph, flags=re.M)
            fused = [t for t in types if t.startswith("_Fused")]
            assert times(section, "fused: ") == len(fused)
            assert left_out(section) == set(types) - set(fused) - NO_INPUTS
            calls = int(re.search(r"(\d+) kernel calls a run", section)[1])
            assert calls == len(re.findall(r"^.*? = (?!Placeholder|Const\()", graph, flags=re.M))


def test_causes_of_traces(tf):
    f = tf.function(lambda x, n=1: x * n)
    f(tf.ones([2]))
    f(tf.ones([3]))
    f(tf.ones([3], tf.float64))
    f(tf.ones([2]), 2)
    causes = re.findall(r"^trace \d: (.*)$", f.explain(), flags=re.M)
    assert causes == ["the first call", "argument x has shape (3,) instead of (2,)", "argument x has dtype float64 instead of float32",
                      "another structure of arguments, or other values of arguments that are no tensors"]
    assert f.explain().startswith("function ") and "4 traces" in f.explain()


def test_peak_memory_is_that_of_the_run(tf):
    @tf.function
    def f(x):
        a = tf.linalg.matmul(x, x)
        b = tf.linalg.matmul(a, a)
        return tf.linalg.matmul(b, tf.transpose(a))

    x = tf.ones([512, 512])
    f(x)
    planned = int(re.search(r"(\d+) bytes at most", f.explain())[1])
    tf.config.experimental.reset_memory_stats("CPU")
    before = tf.config.experimental.get_memory_info("CPU")["current"]
    f(x)
    measured = tf.config.experimental.get_memory_info("CPU")["peak"] - before + x.numpy().nbytes
    assert planned <= measured <= planned * 1.2  # kernels have memory of their own for a while


def test_loops_are_explained_as_well(tf):
    @tf.function
    def f(x):
        for _ in tf.range(3):
            x = tf.tanh(x * 2.0 + 1.0)
        return x

    assert np.isfinite(f(tf.ones([4])).numpy()).all()
    inside = [s for s in sections(f.explain())[1:] if "fused: Mul+AddV2+Tanh" in s]
    assert len(inside) == 1 and "  in while_body" in f.explain()
