"""A compiled loop lets the other Python threads run until it ends."""

import threading
import time

import runnel as tf


def ticks_during(run):
    """How often another thread got its turn while run() went on."""
    count, done = 0, threading.Event()

    def tick():
        nonlocal count
        while not done.is_set():
            time.sleep(0.001)
            count += 1

    thread = threading.Thread(target=tick)
    thread.start()
    before = count
    try:
        run()
    finally:
        ticks = count - before
        done.set()
        thread.join()
    return ticks


def spin(seconds, step):
    """A compiled loop over scalars that goes on for some time."""

    @tf.function
    def loop(n):
        return tf.while_loop(lambda i, x: i < n, lambda i, x: (i + 1, step(x)), [0, 0.5])[1]

    n = 1000
    loop(tf.constant(n))
    while True:
        begin = time.thread_time()
        loop(tf.constant(n))
        if time.thread_time() - begin > seconds / 4:
            return loop, tf.constant(4 * n)
        n *= 2


def test_other_threads_run_during_a_loop():
    loop, n = spin(1.2, lambda x: tf.sin(x) + 0.1)
    assert ticks_during(lambda: loop(n)) > 4


def test_python_code_in_the_loop_takes_its_turn():
    seen = []

    @tf.function
    def loop(n):
        def step(i, x):
            x = tf.py_function(lambda v: seen.append(float(v)) or v + 1.0, [x], tf.float32)
            x.set_shape([])
            return i + 1, x

        return tf.while_loop(lambda i, x: i < n, step, [0, 0.0])[1]

    assert loop(tf.constant(5)).numpy() == 5.0
    assert seen == [0.0, 1.0, 2.0, 3.0, 4.0]
