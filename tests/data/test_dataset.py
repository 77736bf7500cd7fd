"""tf.data against TensorFlow's elements, and what only Runnel's own Python can tell."""

import gc
import json
import subprocess
import sys
from pathlib import Path

import pipelines
import pytest
import runnel as tf

EXPECTED = json.loads(Path(__file__).with_name("expected.json").read_text())
PIPELINES = pipelines.pipelines(tf)


@pytest.fixture(autouse=True)
def no_global_seed():
    """Seeds of pipelines join with the global one, which tests before these may have set."""
    tf.random.set_seed(None)


@pytest.mark.parametrize("name", PIPELINES)
def test_elements_are_tensorflows(name):
    assert pipelines.elements(PIPELINES[name]) == EXPECTED[name]


def test_element_spec_keeps_the_structure():
    dataset = tf.data.Dataset.from_tensor_slices({"b": pipelines.X, "a": (pipelines.Y, pipelines.X)}).batch(4)
    assert dataset.element_spec == {
        "b": tf.TensorSpec((None, 2), tf.float32),
        "a": (tf.TensorSpec((None,), tf.int64), tf.TensorSpec((None, 2), tf.float32)),
    }
    assert dataset.batch(2, drop_remainder=True).element_spec["b"].shape.as_list() == [2, None, 2]
    assert iter(dataset).element_spec == dataset.element_spec


def test_iterators_are_independent_and_end():
    dataset = tf.data.Dataset.range(3)
    first, second = iter(dataset), iter(dataset)
    assert [int(x) for x in first] == [0, 1, 2]
    assert int(next(second)) == 0
    assert next(first, None) is None
    with pytest.raises(tf.errors.OutOfRangeError):
        first.get_next()


def test_an_error_of_the_users_function_is_raised_as_it_is():
    def fail(v):
        raise ZeroDivisionError("mine")

    with pytest.raises(Exception, match="mine"):  # while it is traced
        tf.data.Dataset.range(4).filter(fail)
    tf.config.run_functions_eagerly(True)
    try:
        for dataset in (tf.data.Dataset.range(4).filter(fail), tf.data.Dataset.range(4).filter(fail).prefetch(1)):
            with pytest.raises(ZeroDivisionError, match="mine"):
                next(iter(dataset))
    finally:
        tf.config.run_functions_eagerly(False)


def test_map_runs_no_python_for_an_element():
    calls = []

    def double(v):
        calls.append(v)
        return v * 2 if v > 2 else v

    dataset = tf.data.Dataset.range(6).map(double)
    assert [int(v) for v in dataset] == [0, 1, 2, 6, 8, 10]
    assert len(calls) == 1


def test_map_sees_variables_as_they_are_when_it_runs():
    scale = tf.Variable(2, dtype=tf.int64)
    dataset = tf.data.Dataset.range(3).map(lambda v: v * scale)
    assert [int(v) for v in dataset] == [0, 2, 4]
    scale.assign(5)
    assert [int(v) for v in dataset] == [0, 5, 10]


def test_a_map_uses_a_tensor_of_the_function():
    @tf.function
    def scaled(k):
        return tf.data.Dataset.range(3).map(lambda v: tf.cast(v, tf.float32) * k).reduce(0.0, lambda s, v: s + v)

    assert [float(scaled(tf.constant(k))) for k in (2.0, 3.0)] == [6, 9]


def test_data_sets_in_functions_take_constants_and_other_tensors():
    data = tf.data.Dataset

    @tf.function
    def of_constants(x):
        sliced = data.from_tensor_slices(tf.constant([1, 2, 3], tf.int64)).take(tf.constant(2))
        return sliced.concatenate(data.range(tf.shape(x)[0])).reduce(tf.constant(0, tf.int64), lambda s, v: s + v)

    assert int(of_constants(tf.zeros([4]))) == 1 + 2 + 0 + 1 + 2 + 3
    for make, expected in ((data.from_tensor_slices, [2, 5]), (lambda x: data.from_tensors(x).unbatch(), [2, 5]), (lambda x: data.range(x[0]), [0, 1]),
                           (lambda x: data.range(3).batch(x[0]).unbatch(), [0, 1, 2])):
        assert [int(n) for n in tf.function(make)(tf.constant([2, 5], tf.int64))] == expected


def test_a_function_loops_over_single_elements_of_any_shape():
    rows = tf.data.Dataset.from_tensors(tf.constant([1, 2, 3]))
    total = tf.function(lambda: rows.reduce(tf.constant(0), lambda s, v: s + tf.reduce_sum(v)))
    assert int(total()) == 6


def test_py_function_in_map():
    dataset = tf.data.Dataset.range(3).map(lambda v: tf.py_function(lambda x: x.numpy() + 1, [v], tf.int64), num_parallel_calls=2)
    assert [int(v) for v in dataset] == [1, 2, 3]


def test_flat_map_needs_a_data_set():
    with pytest.raises(TypeError, match="must return a `Dataset` object"):
        list(tf.data.Dataset.range(3).flat_map(lambda v: v))


def test_a_generators_wrong_element_is_told():
    dataset = tf.data.Dataset.from_generator(lambda: iter(["a"]), output_signature=tf.TensorSpec((), tf.int32))
    with pytest.raises(TypeError, match="yielded an element that did not match the expected structure"):
        list(dataset)


def test_infinite_and_unknown_lengths():
    with pytest.raises(TypeError, match="The dataset is infinite."):
        len(tf.data.Dataset.range(3).repeat())
    with pytest.raises(TypeError, match="The dataset length is unknown."):
        len(tf.data.Dataset.range(3).filter(lambda v: True))


def test_dropping_a_prefetching_iterator_does_not_hang():
    for _ in range(20):
        walk = iter(tf.data.Dataset.range(1000).map(lambda v: v + 1, num_parallel_calls=2).prefetch(2))
        next(walk)
        del walk
    gc.collect()


def test_a_process_may_end_in_the_middle_of_a_walk():
    program = "import runnel as tf; w = iter(tf.data.Dataset.range(10**6).map(lambda v: v).prefetch(4)); print(int(next(w)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("0\n", "", 0)


def test_several_threads_may_begin_a_prefetching_walk():
    from concurrent.futures import ThreadPoolExecutor

    for _ in range(20):
        walk = iter(tf.data.Dataset.range(40).prefetch(2))
        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(lambda _: int(next(walk)), range(40)))
        assert sorted(taken) == list(range(40))
