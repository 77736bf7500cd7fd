"""Loops over data sets inside functions: elements are taken in C++ while the graph runs."""

import threading

import numpy as np
import pytest


def total(tf, items, start=0):
    state = tf.constant(start, tf.int64)
    for x in items:
        state = state * 2 + x
    return state


def test_a_loop_calls_no_python(tf):
    f = tf.function(lambda: total(tf, tf.data.Dataset.range(5).map(lambda x: x + 1)))
    assert int(f()) == int(f()) == 57
    text = f.get_concrete_function().graph._handle.text
    assert "start_walk" in text and "py_function" not in f.experimental_get_compiler_ir()("optimized_hlo")


def test_each_run_begins_anew_and_an_iterator_goes_on(tf):
    numbers = tf.data.Dataset.range(4)
    walk = iter(numbers)
    whole, rest = tf.function(lambda: total(tf, numbers)), tf.function(lambda: total(tf, walk))
    assert [int(whole()), int(whole())] == [11, 11]
    assert int(next(walk)) == 0
    assert [int(rest()), int(rest())] == [11, 0]

    @tf.function
    def first_two(items):
        return next(items), items.get_next()

    walk = iter(numbers)
    assert [int(t) for t in first_two(walk)] == [0, 1] and int(next(walk)) == 2
    with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
        first_two(walk)


def test_a_break_leaves_the_rest_to_others(tf):
    @tf.function
    def until(items, most):
        count = 0
        for x in items:
            if x >= most:
                break
            count += 1
        return count

    walk = iter(tf.data.Dataset.range(9))
    assert int(until(walk, tf.constant(3, tf.int64))) == 3 and int(next(walk)) == 4


def test_structures_and_open_sizes(tf):
    data = tf.data.Dataset.from_tensor_slices({"x": np.arange(10, dtype=np.float32), "name": [str(i) for i in range(10)]}).batch(4)

    @tf.function
    def f():
        sizes, last = tf.TensorArray(tf.int32, 0, dynamic_size=True), tf.constant("none")
        for batch in data:
            assert batch["x"].shape.as_list() == [None]
            sizes = sizes.write(sizes.size(), tf.size(batch["x"]))
            last = batch["name"][-1]
        return sizes.stack(), last

    sizes, last = f()
    assert sizes.numpy().tolist() == [4, 4, 2] and last.numpy() == b"9"


def test_generators_and_threads_of_their_own(tf):
    """A data set that needs the GIL, pulled by a thread of its own, ends: the caller must not hold the GIL meanwhile."""
    def numbers():
        yield from range(6)

    data = tf.data.Dataset.from_generator(numbers, output_signature=tf.TensorSpec([], tf.int64)).prefetch(2)
    f = tf.function(lambda: total(tf, data))
    g = tf.function(lambda: next(iter(data)))
    results = []
    thread = threading.Thread(target=lambda: results.extend([int(f()), int(g())]), daemon=True)
    thread.start()
    thread.join(20)
    assert results == [57, 0]


def test_an_error_in_the_middle_reaches_the_caller(tf):
    data = tf.data.Dataset.range(5).map(lambda x: tf.debugging.check_numerics(1.0 / tf.cast(3 - x, tf.float32), "found"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="found"):
        tf.function(lambda: data.reduce(0.0, lambda state, x: state + x))()


def test_reduce_becomes_a_loop(tf):
    data = tf.data.Dataset.range(5)
    f = tf.function(lambda: data.reduce(tf.constant(1, tf.int64), lambda state, x: state * 2 + x))
    assert int(f()) == int(data.reduce(tf.constant(1, tf.int64), lambda state, x: state * 2 + x)) == 58
    assert [op.type for op in f.get_concrete_function().graph.get_operations()].count("While") == 1


def test_the_state_of_reduce_may_grow(tf):
    def step(state, x):
        return {"count": state["count"] + 1, "all": tf.concat([state["all"], x[None]], 0)}

    start = {"count": 0, "all": tf.constant([9], tf.int64)}
    last = tf.function(lambda: tf.data.Dataset.range(4).reduce(start, step))()
    assert int(last["count"]) == 4 and last["all"].numpy().tolist() == [9, 0, 1, 2, 3]


def test_training_over_a_data_set_in_one_call(tf):
    x = np.random.default_rng(0).random((64, 3)).astype(np.float32)
    data = tf.data.Dataset.from_tensor_slices((x, x.sum(1))).batch(8).repeat(30)
    w = tf.Variable(tf.zeros([3]))

    @tf.function
    def train():
        loss = 0.0
        for batch, target in data:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((tf.linalg.matvec(batch, w) - target) ** 2)
            w.assign_sub(0.3 * tape.gradient(loss, w))
        return loss

    assert float(train()) < 1e-2
    np.testing.assert_allclose(w.numpy(), np.ones(3), atol=0.1)
