#!/usr/bin/env python3
"""Elementwise chains, losses and dense layers as compiled functions, at 1 K to 16 M elements: ours, TensorFlow's (plain and jitted) and JAX's.

usage: fusion_bench.py [--rounds N] [--only NAME,NAME] MODULE=PYTHON ...
   e.g. fusion_bench.py runnel=.venv/bin/python tensorflow=.venv-peers/bin/python jax=.venv-peers/bin/python

Each round runs the modules one after the other; a figure is the best of all repeats, in microseconds a call."""
import argparse
import json
import subprocess
import sys
import time

SIZES = [1 << 10, 1 << 14, 1 << 17, 1 << 20, 1 << 22, 1 << 24]
KINDS = {"runnel": ["eager", "plain", "jit"], "tensorflow": ["plain", "jit"], "jax": ["jit"]}


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


def under_tensorflow(tf):
    class Functions:
        tanh, sigmoid, square, rsqrt, maximum, minimum = tf.tanh, tf.sigmoid, tf.square, tf.math.rsqrt, tf.maximum, tf.minimum
        relu, gelu, mean = tf.nn.relu, tf.nn.gelu, tf.reduce_mean
        row_mean = staticmethod(lambda x: tf.reduce_mean(x, -1, keepdims=True))

    compiled = {"eager": lambda f: f, "plain": tf.function, "jit": lambda f: tf.function(f, jit_compile=True)}
    return Functions, compiled, tf.constant, lambda y: y  # the kernels have run when a call returns


def under_jax():
    import jax
    import jax.numpy as jnp

    class Functions:
        tanh, sigmoid, square, rsqrt, maximum, minimum = jnp.tanh, jax.nn.sigmoid, jnp.square, jax.lax.rsqrt, jnp.maximum, jnp.minimum
        relu, mean = jax.nn.relu, jnp.mean
        gelu = staticmethod(lambda x: jax.nn.gelu(x, approximate=False))
        row_mean = staticmethod(lambda x: jnp.mean(x, -1, keepdims=True))

    return Functions, {"jit": jax.jit}, jnp.asarray, lambda y: y.block_until_ready()


def best_us(call, seconds=0.25):
    for _ in range(3):
        call()
    best, end = 1e30, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(4):
            call()
        best = min(best, (time.perf_counter() - start) / 4)
    return best * 1e6


def worker(module, only):
    import importlib

    import numpy as np

    functions, compiled, to_tensor, wait = under_jax() if module == "jax" else under_tensorflow(importlib.import_module(module))
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
    print(json.dumps(out))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--worker", action="store_true")
    parser.add_argument("who", nargs="+", metavar="MODULE=PYTHON")
    args = parser.parse_args()
    only = [name for name in args.only.split(",") if name]
    if args.worker:
        return worker(args.who[0], only)
    best = {}
    for _ in range(args.rounds):
        for who in args.who:
            module, python = who.split("=", 1)
            run = subprocess.run([python, __file__, "--worker", "--only", args.only, module], capture_output=True, text=True)
            if run.returncode:
                sys.exit(f"{module}: {run.stderr[-2000:]}")
            for key, us in json.loads(run.stdout.splitlines()[-1]).items():
                best[key] = min(us, best.get(key, us))
    columns = [f"{who.split('=')[0]} {kind}" for who in args.who for kind in KINDS[who.split("=")[0]]]
    print("| us a call | elements | " + " | ".join(columns) + " |\n" + "|---" * (2 + len(columns)) + "|")
    for row in dict.fromkeys(key.rsplit("|", 1)[0] for key in best):
        name, n = row.split("|")
        print(f"| {name} | {int(n):,} | " + " | ".join(f"{best[f'{row}|{column}']:.4g}" for column in columns) + " |")


if __name__ == "__main__":
    main()
