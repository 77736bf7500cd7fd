"""What compiled.py and fusion_bench.py share: functions under common names, the clock, and workers run in turn."""
import argparse
import importlib
import json
import subprocess
import sys
import time


def under_tensorflow(tf):
    """(functions, how each kind compiles, array -> tensor, waits for a result)."""
    class Functions:
        tanh, sigmoid, exp, square, rsqrt, erf, matmul = tf.tanh, tf.sigmoid, tf.exp, tf.square, tf.math.rsqrt, tf.math.erf, tf.matmul
        relu, gelu, maximum, minimum, mean = tf.nn.relu, tf.nn.gelu, tf.maximum, tf.minimum, tf.reduce_mean
        row_max = staticmethod(lambda x: tf.reduce_max(x, -1, keepdims=True))
        row_sum = staticmethod(lambda x: tf.reduce_sum(x, -1, keepdims=True))
        row_mean = staticmethod(lambda x: tf.reduce_mean(x, -1, keepdims=True))

    compiled = {"eager": lambda f: f, "plain": tf.function, "jit": lambda f: tf.function(f, jit_compile=True)}
    return Functions, compiled, tf.constant, lambda y: y  # the kernels have run when a call returns


def under_jax():
    import jax
    import jax.numpy as jnp

    class Functions:
        tanh, sigmoid, exp, square, rsqrt, erf, matmul = jnp.tanh, jax.nn.sigmoid, jnp.exp, jnp.square, jax.lax.rsqrt, jax.lax.erf, jnp.matmul
        relu, maximum, minimum, mean = jax.nn.relu, jnp.maximum, jnp.minimum, jnp.mean
        gelu = staticmethod(lambda x: jax.nn.gelu(x, approximate=False))
        row_max = staticmethod(lambda x: jnp.max(x, -1, keepdims=True))
        row_sum = staticmethod(lambda x: jnp.sum(x, -1, keepdims=True))
        row_mean = staticmethod(lambda x: jnp.mean(x, -1, keepdims=True))

    return Functions, {"jit": jax.jit}, jnp.asarray, lambda y: y.block_until_ready()


def under_torch():
    import torch

    torch.set_grad_enabled(False)

    class Functions:
        tanh, sigmoid, exp, square, rsqrt, erf, matmul = torch.tanh, torch.sigmoid, torch.exp, torch.square, torch.rsqrt, torch.erf, torch.matmul
        relu, gelu, maximum, minimum, mean = torch.relu, torch.nn.functional.gelu, torch.maximum, torch.minimum, torch.mean
        row_max = staticmethod(lambda x: torch.amax(x, -1, keepdim=True))
        row_sum = staticmethod(lambda x: torch.sum(x, -1, keepdim=True))
        row_mean = staticmethod(lambda x: torch.mean(x, -1, keepdim=True))

    compiled = {"eager": lambda f: f, "compile": lambda f: torch.compile(f, dynamic=False)}
    return Functions, compiled, torch.as_tensor, lambda y: y


def under(module):
    own = {"jax": under_jax, "torch": under_torch}
    return own[module]() if module in own else under_tensorflow(importlib.import_module(module))


def best_us(call, seconds=0.25):
    call(), call()
    best, end, calls = 1e30, time.perf_counter() + seconds, 0
    while time.perf_counter() < end or calls < 3:
        start = time.perf_counter()
        call()
        best, calls = min(best, time.perf_counter() - start), calls + 1
    return best * 1e6


def run(file, about, kinds, worker):
    """The best figure of each key "row|module kind" over all rounds, and the columns' names. In a worker it prints its figures and ends."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--worker", action="store_true")
    parser.add_argument("who", nargs="+", metavar="MODULE=PYTHON")
    args = parser.parse_args()
    if args.worker:
        print(json.dumps(worker(args.who[0], [word for word in args.only.split(",") if word])))
        sys.exit()
    best = {}
    for who in args.who * args.rounds:
        module, python = who.split("=", 1)
        done = subprocess.run([python, file, "--worker", "--only", args.only, module], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{module}: {done.stderr[-2000:]}")
        for key, us in json.loads(done.stdout.splitlines()[-1]).items():
            best[key] = min(us, best.get(key, us))
    return best, [f"{who.split('=')[0]} {kind}" for who in args.who for kind in kinds[who.split("=")[0]]]
