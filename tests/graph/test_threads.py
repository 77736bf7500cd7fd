"""Eight threads at once, errors on threads of the pool, fork, exit in the middle, and too little memory: nothing crashes or hangs, and
everything stays usable. Each program runs in a process of its own."""

import os
import subprocess
import sys

import pytest

START = """
import os, sys, threading
import numpy as np
import runnel as tf

x = np.random.RandomState(0).rand(256, 8).astype("float32")
y = x.sum(1, keepdims=True)


def make_model():
    layers = tf.keras.layers
    model = tf.keras.Sequential([layers.Dense(16, activation="relu", input_shape=(8,)), layers.Dropout(0.1), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def at_once(work, count=8):
    failed = []

    def run(i):
        try:
            work(i)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failed:
        raise failed[0]


class Boom(Exception):
    pass


def raises(error, work):
    try:
        work()
    except error as caught:
        assert type(caught) is error, caught
    else:
        raise AssertionError("nothing was raised")


def bad(*values, **more):
    raise Boom("on purpose")
"""

PROGRAMS = {
    "models": """
def work(i):
    model = make_model()
    for _ in range(3):
        model.fit(x, y, epochs=2, verbose=0)
        model.predict(x, verbose=0)
        model.evaluate(x, y, verbose=0)
at_once(work)
""",
    "one_model": """
model = make_model()
model.fit(x, y, verbose=0)
wanted = model.predict(x, verbose=0)
def work(i):
    for k in range(20):
        n = 1 + (i * 7 + k) % 256
        np.testing.assert_allclose(model.predict(x[:n], verbose=0), wanted[:n], rtol=1e-4, atol=1e-5)
at_once(work)
at_once(lambda i: model.fit(x, y, epochs=2, verbose=0))
assert np.isfinite(model.evaluate(x, y, verbose=0)[0])
""",
    "first_calls_and_gradients": """
@tf.function
def f(a, b):
    c = tf.cond(tf.reduce_sum(a) > 0, lambda: a * b, lambda: a - b)
    i = tf.constant(0)
    while i < 3:
        c = tf.tanh(c) + b
        i += 1
    return c
def derive(function, n, shift):
    a, b = tf.ones((n, n)) * shift, tf.ones((n, n))
    with tf.GradientTape() as outer:
        outer.watch(a)
        with tf.GradientTape() as tape:
            tape.watch(a)
            result = function(a, b)
        first = tape.gradient(result, a)
    return [t.numpy() for t in (result, first, outer.gradient(first, a))]
def work(i):
    for k in range(20):
        n, shift = 1 + k % 5, i - 3.5
        for got, wanted in zip(derive(f, n, shift), derive(f.python_function, n, shift)):
            np.testing.assert_allclose(got, wanted, rtol=1e-5)
at_once(work)
""",
    "python_functions_in_long_chains": """
@tf.function
def f(a):
    p, q = (tf.matmul(tf.random.normal((500, 500)), tf.random.normal((500, 500))) for _ in range(2))
    p, q = (tf.matmul(tf.py_function(lambda v: v * 0, [t], tf.float32), t) for t in (p, q))
    return tf.reduce_sum(p) + tf.reduce_sum(q) + a
def work(i):
    for _ in range(3):
        assert float(f(tf.constant(1.0))) == 1
at_once(work, 4)
""",
    "variables": """
v = tf.Variable(0.0)
def work(i):
    for _ in range(1000):
        v.assign_add(1.0)
at_once(work)
assert float(v) == 8000
""",
    "data": """
def work(i):
    data = tf.data.Dataset.range(200).map(lambda q: q * 2, num_parallel_calls=4).shuffle(10, seed=1).batch(7).prefetch(2)
    assert sum(int(tf.reduce_sum(e)) for e in data) == 199 * 200
at_once(work)
with tf.GradientTape() as tape:  # what the data set computes is none of the tape's business
    v = tf.Variable(2.0)
    element = next(iter(tf.data.Dataset.range(4).map(lambda q: tf.cast(q, "float32") * v, num_parallel_calls=4).batch(4)))
assert tape.gradient(element, v) is None
""",
    "errors": """
model = make_model()
model.fit(x, y, verbose=0)
for method in ("on_train_begin", "on_epoch_begin", "on_train_batch_end", "on_epoch_end"):
    callback = type("Callback", (tf.keras.callbacks.Callback,), {method: bad})()
    raises(Boom, lambda: model.fit(x, y, callbacks=[callback], verbose=0))
def generator():
    yield x[:4], y[:4]
    bad()
raises(Boom, lambda: model.fit(generator(), verbose=0))
traced = tf.function(lambda a: tf.py_function(bad, [a], tf.float32))
for _ in range(2):
    raises(tf.errors.UnknownError, lambda: traced(tf.constant(1.0)))
numbers = tf.data.Dataset.range(10)
for prefetched in (0, 2):
    for parallel in (None, 3):
        data = numbers.map(lambda q: tf.py_function(bad, [q], tf.int64), num_parallel_calls=parallel).prefetch(prefetched)
        raises(tf.errors.UnknownError, lambda: list(data))
        raises(tf.errors.UnknownError, lambda: list(data))
raises(Boom, lambda: list(tf.data.Dataset.from_generator(bad, output_signature=tf.TensorSpec((), "int64")).prefetch(1)))
assert np.isfinite(model.fit(x, y, verbose=0).history["loss"][0])
""",
    "interrupted_trace": """
class Model(tf.keras.Model):
    stop = True
    def train_step(self, data):
        if self.stop:
            raise KeyboardInterrupt
        return {"loss": tf.reduce_sum(data[0])}
model = Model()
model.compile("sgd", "mse")
raises(KeyboardInterrupt, lambda: model.fit(x, y, verbose=0))
model.stop = False
model.fit(x, y, verbose=0)
assert "tracing failed" not in model.explain()
""",
    "fork": """
model = make_model()
model.fit(x, y, verbose=0)
child = os.fork()
if child == 0:
    model.fit(x, y, verbose=0)
    tf.matmul(tf.ones((500, 500)), tf.ones((500, 500)))
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
model.fit(x, y, verbose=0)
""",
    "exit_in_the_middle": """
data = tf.data.Dataset.range(1 << 40).map(lambda q: tf.py_function(lambda v: v, [q], tf.int64), num_parallel_calls=2).prefetch(4)
walk = iter(data)
assert int(next(walk)) == 0
""",
    "no_memory": """
import resource
model = make_model()
model.fit(x, y, verbose=0)
large = np.ones((200000, 8), np.float32)
used = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
limit = resource.getrlimit(resource.RLIMIT_AS)[1]
resource.setrlimit(resource.RLIMIT_AS, (used + (8 << 20), limit))
try:
    wide = tf.keras.Sequential([tf.keras.layers.Dense(4096, activation="relu"), tf.keras.layers.Dense(1)])
    wide.compile("adam", "mse")
    wide.fit(large, large[:, :1], batch_size=100000, verbose=0)
    raise AssertionError("there was enough memory")
except (tf.errors.ResourceExhaustedError, MemoryError):
    pass
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
assert np.isfinite(model.fit(x, y, verbose=0).history["loss"][0])
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_crashes_or_hangs(name, tmp_path):
    if name == "no_memory" and os.environ.get("LD_PRELOAD"):
        pytest.skip("a sanitizer maps terabytes")
    env = dict(os.environ, RUNNEL_NUM_THREADS="3")
    program = tmp_path / "program.py"
    program.write_text(START + PROGRAMS[name])
    done = subprocess.run([sys.executable, "-X", "faulthandler", program], env=env, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[-3000:]
