#!/usr/bin/env python3
"""What compiled functions cost: ours, TensorFlow's (plain and with jit_compile), JAX's and PyTorch's (eager and compiled), in one run.

usage: compiled.py [--rounds N] [--only WORD,WORD] MODULE=PYTHON ...
   e.g. compiled.py runnel=.venv/bin/python tensorflow=.venv-peers/bin/python jax=.venv-peers/bin/python torch=PYTHON

Calls, elementwise chains at 1 K to 16 M numbers, softmax, layer normalisation and a gelu MLP of plain operators, wide graphs,
training steps (Keras's fit, which JAX has not: bench/README.md says where its steps are) and the time to trace. Each round runs
the modules one after the other; a figure is the best of all repeats, in microseconds."""
import importlib
import os

from beside import best_us, run, under
from torch_steps import torch_steps

KINDS = {"runnel": ["plain", "jit"], "tensorflow": ["plain", "jit"], "jax": ["jit"], "torch": ["eager", "compile"]}
SHAPES = [(16, 64), (1024, 64), (4096, 1000)]


def softmax(m, x):
    e = m.exp(x - m.row_max(x))
    return e / m.row_sum(e)


def layer_norm(m, x, scale, shift):
    centred = x - m.row_mean(x)
    return centred * m.rsqrt(m.row_mean(m.square(centred)) + 1e-3) * scale + shift


def gelu_mlp(m, x, w, v):
    h = m.matmul(x, w)
    return m.matmul(0.5 * h * (1.0 + m.erf(h * 0.7071067811865476)), v)


def wide(m, x, w):
    """16 independent chains of three products."""
    total = x
    for i in range(16):
        y = x + float(i)
        for _ in range(3):
            y = m.tanh(m.matmul(y, w))
        total = total + y
    return total


def deep(m, x):
    for i in range(200):
        x = m.tanh(x * 1.5 + float(i)) - x
    return x


def cases(m):
    """Name: (function, shapes of its inputs)."""
    out = {"call of one addition": (lambda x: x + 1.0, [()])}
    for power in (10, 12, 14, 16, 18, 20, 22, 24):
        out[f"chain of 6, {1 << power:,}"] = (lambda x: m.tanh(x * 2.0 + 1.0) * m.sigmoid(x) + x * x, [(1 << power,)])
    for shape in SHAPES:
        out[f"softmax, {shape[0]}x{shape[1]}"] = (lambda x: softmax(m, x), [shape])
        out[f"layer norm, {shape[0]}x{shape[1]}"] = (lambda x, a, b: layer_norm(m, x, a, b), [shape, shape[1:], shape[1:]])
    for batch in (32, 1024):
        out[f"gelu MLP 256-1024-256, batch {batch}"] = (lambda x, w, v: gelu_mlp(m, x, w, v), [(batch, 256), (256, 1024), (1024, 256)])
    for n in (16, 256):
        out[f"wide graph of {n}x{n} products"] = (lambda x, w: wide(m, x, w), [(n, n), (n, n)])
    return out


def tracers(module, compiled):
    """How each kind traces a function without running it."""
    if module == "jax":
        return {"jit": lambda f, x: compiled["jit"](lambda y: f(y)).lower(x)}  # a function of its own each time: traces are kept
    if module == "torch":
        return {}  # it traces at the first call
    return {kind: (lambda f, x, c=c: c(f).get_concrete_function(x)) for kind, c in compiled.items()}


def measure(module, wanted):
    import numpy as np

    functions, compiled, to_tensor, wait = under(module)
    trace, random, out = tracers(module, compiled), np.random.RandomState(0), {}
    for name, (f, shapes) in cases(functions).items():
        if not wanted(name):
            continue
        inputs = [to_tensor(np.float32(0.1 * random.standard_normal(shape))) for shape in shapes]
        for kind in KINDS[module]:
            g = compiled[kind](f)
            out[f"{name}|{module} {kind}"] = best_us(lambda: wait(g(*inputs)))
    x = to_tensor(np.ones((4, 4), "float32"))
    for kind in trace if wanted("trace") else ():
        out[f"trace of 800 operators|{module} {kind}"] = best_us(lambda: trace[kind](lambda y: deep(functions, y), x), 1.0)
        out[f"trace, compile and run of 800 operators|{module} {kind}"] = best_us(lambda: wait(compiled[kind](lambda y: deep(functions, y))(x)), 1.0)
    return out


def fit_steps(module, wanted):
    """Training steps on made up numbers of Fashion-MNIST's shapes, with Adam and the accuracy."""
    import numpy as np

    keras = importlib.import_module(module).keras
    L, random = keras.layers, np.random.RandomState(0)
    image, flat = keras.Input((28, 28, 1)), keras.Input((28, 28))
    models = {
        "MLP 784-300-100-10, batch 32": (32, 200, [flat, L.Flatten(), L.Dense(300, "relu"), L.Dense(100, "relu")]),
        "CNN, batch 64": (64, 20, [image, L.Conv2D(32, 3, activation="relu"), L.MaxPooling2D(), L.Conv2D(64, 3, activation="relu"),
                                   L.MaxPooling2D(), L.Flatten(), L.Dropout(0.5)]),
        "LSTM 64, batch 64": (64, 30, [flat, L.LSTM(64)]),
    }
    h = L.Dense(64)(flat)
    h = L.LayerNormalization()(L.Add()([h, L.MultiHeadAttention(4, 16)(h, h)]))
    h = L.LayerNormalization()(L.Add()([h, L.Dense(64)(L.Dense(128, activation="gelu")(h))]))
    transformer = keras.Model(flat, L.Dense(10, activation="softmax")(L.GlobalAveragePooling1D()(h)))
    models["transformer block, batch 64"] = (64, 30, transformer)
    out = {}
    for name, (batch, steps, layers) in models.items():
        if not wanted(f"step of {name}"):
            continue
        model = layers if not isinstance(layers, list) else keras.Sequential(layers + [L.Dense(10, activation="softmax")])
        shape = (batch * steps, 28, 28, 1) if "CNN" in name else (batch * steps, 28, 28)
        x, y = random.rand(*shape).astype("float32"), random.randint(0, 10, batch * steps).astype("int32")
        for kind in KINDS[module]:
            model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"], jit_compile=kind == "jit")
            out[f"step of {name}|{module} {kind}"] = best_us(lambda: model.fit(x, y, batch_size=batch, verbose=0), 1.0) / steps
    return out


def worker(module, only):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    wanted = lambda name: not only or any(word in name for word in only)
    steps = {"jax": lambda: {}, "torch": lambda: torch_steps(wanted)}.get(module, lambda: fit_steps(module, wanted))
    return measure(module, wanted) | steps()


def main():
    best, columns = run(__file__, __doc__, KINDS, worker)
    ours = [column for column in columns if column.startswith("runnel")]
    print("| us | " + " | ".join(columns) + " | best peer / ours |\n" + "|---" * (2 + len(columns)) + "|")
    for row in dict.fromkeys(key.split("|")[0] for key in best):
        figures = {column: best[f"{row}|{column}"] for column in columns if f"{row}|{column}" in best}
        peers = [us for column, us in figures.items() if column not in ours]
        mine = [figures[column] for column in ours if column in figures]
        ratio = f"{min(peers) / min(mine):.2f}" if peers and mine else "-"
        print(f"| {row} | " + " | ".join(f"{figures[c]:.4g}" if c in figures else "-" for c in columns) + f" | {ratio} |")


if __name__ == "__main__":
    main()
