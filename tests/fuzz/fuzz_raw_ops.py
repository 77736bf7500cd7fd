#!/usr/bin/env python3
"""Calls every raw operator with random tensors, types and attributes: an error is fine, the end of the process is not.

    tests/fuzz/fuzz_raw_ops.py [calls an operator] [first seed]
"""

import os
import random
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CALLS, SEED = 400, 1
WORKER_SECONDS = 900
MEMORY = 6 << 30  # of the process: what asks for more gets an error
DTYPES = ["float32", "float64", "int32", "int64", "float16", "bfloat16", "complex64", "complex128", "bool", "uint8", "int8", "uint64",
          "int16", "string"]
SHAPES = [(), (0,), (1,), (2,), (3,), (4,), (2, 3), (3, 2), (3, 3), (0, 3), (1, 2, 2, 1), (1, 4, 4, 2), (2, 2, 2, 3), (2, 3, 2), (2, 2, 2, 2, 1)]
INTS = [0, 1, 2, 3, -1, -2, 4, 7, 2**31 - 1, -2**31, 2**40, 2**62]
TEXTS = {"padding": ["SAME", "VALID", "EXPLICIT"], "data_format": ["NHWC", "NCHW", "NDHWC", "NCDHW"], "equation": ["ij,jk->ik", "...i->...", "ii->i"],
         "bad_indices_policy": ["", "ERROR", "IGNORE"], "mode": ["REFLECT", "SYMMETRIC"], "align": ["LEFT_RIGHT", "RIGHT_LEFT"]}
LISTS = {"strides", "ksize", "ksizes", "dilations", "explicit_paddings", "rates", "squeeze_dims", "boundaries", "shape"}
BOOLS = re.compile("^(is_|use_|keep_|adj|grad_|transpose|exclusive|reverse|sorted|full_|compute_|lower|validate|include|incompatible|binary|Truncate)")
SKIPPED = re.compile("^(_|While|Stateless(While|If|Case)|If$|Case$|StatefulPartitionedCall|PartitionedCall|Placeholder)")  # they take functions


def handle(tf, rng, shape):
    """Of a Variable, or of a lookup table."""
    if rng.random() < 0.6:
        return tf.Variable(tf.zeros(shape)).handle
    key, value = rng.choice(["string", "int64", "int32"]), rng.choice(["int64", "int32", "float32", "string"])
    make = tf.raw_ops.HashTableV2 if rng.random() < 0.4 else tf.raw_ops.MutableHashTableV2
    if rng.random() < 0.3 and key != "string":
        keys = tensor(tf, rng, key, rng.choice([(), (1,), (2,)]))
        return tf.raw_ops.MutableDenseHashTableV2(empty_key=keys - 1, deleted_key=keys - 2, value_dtype=value, value_shape=rng.choice([(), (3,), (0,)]), initial_num_buckets=4)
    return make(key_dtype=key, value_dtype=value)


def tensor(tf, rng, dtype, shape=None):
    shape = rng.choice(SHAPES) if shape is None else shape
    count = 1
    for size in shape:
        count *= size
    if dtype in ("resource", "variant"):
        return handle(tf, rng, shape) if dtype == "resource" else tf.raw_ops.EmptyTensorList(
            element_shape=tf.constant(list(shape), tf.int32), max_num_elements=tf.constant(rng.choice(INTS[:4])), element_dtype=tf.float32)
    if dtype == "string":
        return tf.constant(["a"] * count, tf.string, shape=shape)
    huge = rng.random() < 0.15
    numbers = [rng.choice(INTS if huge else INTS[:6]) for _ in range(count)]
    if dtype.startswith(("float", "bfloat", "complex")):
        numbers = [rng.choice([0.0, 0.5, -1.5, 2.0, float("inf"), float("nan"), 1e300 if huge else 3.0]) for _ in range(count)]
    source = "float64" if dtype.startswith(("float", "bfloat", "complex")) else "int64"
    return tf.cast(tf.constant(numbers, source, shape=shape), dtype)


def attribute(tf, rng, name, types):
    if name in types:
        return getattr(tf, types[name])
    if name in TEXTS:
        return rng.choice(TEXTS[name])
    if name in LISTS:
        length = rng.choice([0, 1, 2, 4, 4, 5, 8])
        return [1] + [rng.choice([1, 1, 2, 3, rng.choice(INTS)]) for _ in range(length - 2)] + [1] if length > 1 else [1] * length
    if BOOLS.match(name):
        return rng.random() < 0.5
    if name.endswith(("shape", "shapes")):
        return rng.choice(SHAPES)
    if name in ("dtype",) or name[0] == "T" or name.endswith("type"):
        return getattr(tf, rng.choice(DTYPES))
    return rng.choice(INTS) if rng.random() < 0.7 else rng.choice([0.5, -1.0, 1e30, float("nan")])


def arguments(tf, rng, op):
    """The keyword arguments of one random call; half of them use one type and one shape throughout."""
    inputs = re.findall(r"(\w+): ?([^,\-]+)", op["signature"].split("->")[0])
    types = {name: rng.choice(DTYPES[:4] if rng.random() < 0.6 else DTYPES) for name in op["attrs"] if name[0] == "T" or name.endswith("type")}
    for name in types:
        if name not in ("T", "Tout", "dtype") and rng.random() < 0.7:
            types[name] = rng.choice(["int32", "int64"])
    alike = rng.choice(SHAPES) if rng.random() < 0.4 else None
    known = dict(zip(inputs, op["keys"]))
    given = {}
    for (name, kind), key in known.items():
        kind = kind.strip()
        repeat = re.match(r"(\w+)\*(\w+)|list\((\w+)\)", kind)
        dtype = lambda word: types.get(word) if word in types else word if word in (*DTYPES, "resource", "variant") else {"float": "float32"}.get(word, rng.choice(DTYPES))
        if repeat:
            word = repeat[2] or repeat[3]
            given[key] = [tensor(tf, rng, dtype(word), alike) for _ in range(rng.choice([0, 1, 2, 3]))]
        else:
            given[key] = tensor(tf, rng, dtype(kind), alike if rng.random() < 0.8 else None)
    for name in op["attrs"]:
        wanted = rng.random() < (0.3 if name in types else 0.7)
        if wanted and name not in ("N",):
            given[name] = attribute(tf, rng, name, types if rng.random() < 0.8 else {})
    return given


def work(first, calls, seed, note):
    """All operators from number `first` on; `note` always holds the call that is under way."""
    import runnel as tf
    from runnel import _runnel

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    ops = sorted((op for op in _runnel.list_ops() if not SKIPPED.match(op["name"])), key=lambda op: op["name"])
    good, told = 0, set()
    for number, op in enumerate(ops[first:], first):
        op["keys"] = _runnel.op_keys(op["name"])
        for call in range(calls):
            rng = random.Random(f"{seed}/{op['name']}/{call}")
            try:
                given = arguments(tf, rng, op)
                note.seek(0)
                note.write(f"{number} tf.raw_ops.{op['name']}({', '.join(f'{k}={shown(v)}' for k, v in given.items())})\n".encode())
                note.truncate()
                note.flush()
                getattr(tf.raw_ops, op["name"])(**given)
                good += 1
            except (Exception, MemoryError) as error:  # noqa: BLE001 - any error is an answer, except one
                if type(error).__name__ == "InternalError" and number not in told:
                    told.add(number)
                    print(f"  {op['name']}: {str(error)[:300]}\n    {note_text(note)}", flush=True)
    print(f"{len(ops)} operators, {good} calls went well", flush=True)


def shown(value):
    if isinstance(value, list):
        return "[" + ", ".join(shown(v) for v in value) + "]"
    if hasattr(value, "shape") and hasattr(value, "numpy"):
        return f"{value.dtype.name}{list(value.shape)}" + (f"{value.numpy().tolist()}" if value.dtype.name not in ("resource", "variant") else "")
    return repr(value)


def note_text(note):
    note.seek(0)
    return note.read().decode()[:600].strip()


def main():
    calls, seed = [int(w) for w in sys.argv[1:3]] + [CALLS, SEED][len(sys.argv) - 1:]
    builds = [ROOT / folder / "python" for folder in ("build", "build-dev")]
    path = os.environ.get("PYTHONPATH") or str(next(b for b in builds if b.exists()))
    first, crashes = 0, 0
    with tempfile.NamedTemporaryFile() as note:
        while True:
            code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import fuzz_raw_ops as f; f.work({first}, {calls}, {seed}, open({note.name!r}, 'r+b'))"
            environment = {**os.environ, "PYTHONPATH": path, "RUNNEL_CHECK_SHAPES": "1", "MALLOC_PERTURB_": "165"}
            try:
                status = subprocess.run([sys.executable, "-c", code], env=environment, timeout=WORKER_SECONDS, stderr=subprocess.DEVNULL).returncode
            except subprocess.TimeoutExpired:
                status = "no end"
            if status == 0:
                break
            crashes += 1
            last = Path(note.name).read_text()
            print(f"  {status}: {last.strip()[:1500]}", flush=True)
            first = int(last.split()[0]) + 1
    sys.exit(f"{crashes} calls ended the process" if crashes else 0)


if __name__ == "__main__":
    main()
