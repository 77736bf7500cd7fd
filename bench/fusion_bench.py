#!/usr/bin/env python3
"""Elementwise chains, losses and dense layers as compiled functions, at 1 K to 16 M elements: ours, TensorFlow's (plain and jitted) and JAX's.

usage: fusion_bench.py [--rounds N] [--only NAME,NAME] MODULE=PYTHON ...
   e.g. fusion_bench.py runnel=.venv/bin/python tensorflow=.venv-peers/bin/python jax=.venv-peers/bin/python

Each round runs the modules one after the other; a figure is the best of all repeats, in microseconds a call."""
from beside import best_us, run, under

SIZES = [1 << 10, 1 << 14, 1 << 17, 1 << 20, 1 << 22, 1 << 24]
KINDS = {"runnel": ["eager", "plain", "jit"], "tensorflow": ["plain", "jit"], "jax": ["jit"], "torch": ["eager", "compile"]}


def cases(m):
    """Name: (function, how many inputs of (n / 64, 64), how many of (64,)). m: the functions under common names."""
    return {
        "chain of 6": (lambda x: m.tanh(x * 2.0 + 1.0) * m.sigmoid(x) + x * x, 1, 0),
        "add and relu": (lambda x, y: m.relu(x + y), 2, 0),
        "bias and gelu": (lambda x, b: m.gelu(x + b), 1, 1),
        "scale and clip": (lambda x, a, b: m.minimum(m.maximum(x * a + b, 0.0), 6.0), 1, 2),
        "mean squared error": (lambda x, y: m.mean(m.square(x - y)), 2, 0),
        "layer norm": (lambda x, a, b: (x - m.row_mean(x)) * m.rsqrt(m.row_mean(m.square(x - m.row_mean(x))) + 1e-3) * a + b, 1, 2),
    }


def worker(module, only):
    import numpy as np

    functions, compiled, to_tensor, wait = under(module)
    random, out = np.random.RandomState(0), {}
    for name, (f, arrays, rows) in cases(functions).items():
        if only and name not in only:
            continue
        for n in SIZES:
            inputs = [to_tensor(random.randn(n // 64, 64).astype("float32")) for _ in range(arrays)]
            inputs += [to_tensor(random.randn(64).astype("float32")) for _ in range(rows)]
            for kind in KINDS[module]:
                g = compiled[kind](f)
                out[f"{name}|{n}|{module} {kind}"] = best_us(lambda: wait(g(*inputs)))
    return out


def main():
    best, columns = run(__file__, __doc__, KINDS, worker)
    print("| us a call | elements | " + " | ".join(columns) + " |\n" + "|---" * (2 + len(columns)) + "|")
    for row in dict.fromkeys(key.rsplit("|", 1)[0] for key in best):
        name, n = row.split("|")
        print(f"| {name} | {int(n):,} | " + " | ".join(f"{best[f'{row}|{column}']:.4g}" for column in columns) + " |")


if __name__ == "__main__":
    main()
