"""Ctrl-C ends loops that run without Python, soon, and leaves everything usable. Each program runs in a process of its own."""

import os
import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import numpy as np
import runnel as tf

{setup}

print("ready", flush=True)
try:
    {work}
except KeyboardInterrupt:
    print("stopped", flush=True)
{after}
print("usable", flush=True)
"""

LOOP = """
@tf.function
def count(limit):
    i = tf.constant(0, tf.int64)
    while i < limit:
        i += 1
    return i

assert int(count(tf.constant(10, tf.int64))) == 10
"""
NUMBERS = "data = tf.data.Dataset.range(1 << 60)"
MODEL = """
x, y = np.ones((64, 4), np.float32), np.ones((64, 1), np.float32)
model = tf.keras.Sequential([tf.keras.layers.Dense(8), tf.keras.layers.Dense(1)])
model.compile(optimizer="sgd", loss="mse")
model.fit(x, y, verbose=0)
"""
CASES = {
    "loop": (LOOP, "count(tf.constant(1 << 60, tf.int64))", "assert int(count(tf.constant(5, tf.int64))) == 5"),
    "gradient": (LOOP.replace("return i", "return tf.cast(i, tf.float32)"), """with tf.GradientTape() as tape:
        x = tf.constant(1.0)
        tape.watch(x)
        tf.while_loop(lambda y: y > 0.0, lambda y: (y * 1.0,), (x,))""", "assert float(count(tf.constant(5, tf.int64))) == 5"),
    "filter": (NUMBERS, "next(iter(data.filter(lambda x: x < 0)))", "assert int(next(iter(data.filter(lambda x: x > 3)))) == 4"),
    "map": (NUMBERS, "data.map(lambda x: x + 1).reduce(np.int64(0), lambda a, b: b)", "assert int(next(iter(data.map(lambda x: x + 1)))) == 1"),
    "parallel_map": (NUMBERS, "data.map(lambda x: x + 1, num_parallel_calls=4).filter(lambda x: x < 0).reduce(np.int64(0), lambda a, b: b)",
                     "assert int(next(iter(data.map(lambda x: x + 1, num_parallel_calls=4)))) == 1"),
    "prefetch": (NUMBERS, "next(iter(data.filter(lambda x: x < 0).prefetch(2)))", "assert int(next(iter(data.prefetch(2)))) == 0"),
    "python_function": (NUMBERS, "next(iter(data.map(lambda x: tf.py_function(lambda v: v, [x], tf.int64)).filter(lambda x: x < 0)))",
                        "assert int(next(iter(data))) == 0"),
    "fit": (MODEL, "model.fit(x, y, epochs=1 << 30, verbose=0)", "assert np.isfinite(model.fit(x, y, verbose=0).history['loss'][0])"),
}


@pytest.mark.parametrize("name", CASES)
def test_ctrl_c_stops(name, tmp_path):
    setup, work, after = CASES[name]
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(setup=setup, work=work, after=after))
    process = subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    try:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        time.sleep(0.3)
        assert process.poll() is None, "it ended by itself: " + process.stderr.read()
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        line = process.stdout.readline()
        seconds = time.monotonic() - start
        rest, errors = process.stdout.read(), process.stderr.read()
        assert (line, rest, errors, process.wait(60)) == ("stopped\n", "usable\n", "", 0)
        assert seconds < 2  # a twentieth of that on an idle machine
    finally:
        process.kill()
        process.wait()
