"""Data sets and iterators as arguments of functions, and data sets that depend on tensors of a function. What is expected is what TensorFlow 2.21 gives."""

import gc

import numpy as np
import pytest


def numbers(result):
    return [int(n) for n in result]


def test_an_iterator_is_keyed_by_its_spec(tf):
    @tf.function
    def step(items):
        return next(items) * 2

    data = tf.data.Dataset.range(5)
    walks = [iter(data), iter(data.map(lambda x: x + 1))]
    assert [int(step(w)) for w in [*walks, *walks]] == [0, 2, 2, 4]
    assert step.experimental_get_tracing_count() == 1
    assert step(iter(data.batch(2))).numpy().tolist() == [0, 2]
    assert step.experimental_get_tracing_count() == 2


def test_epochs_of_training_trace_once(tf):
    w = tf.Variable(0.0)
    data = tf.data.Dataset.from_tensor_slices(np.arange(6, dtype=np.float32)).batch(2)

    @tf.function
    def step(items, rate=0.5):
        w.assign_sub(rate * tf.reduce_mean(next(items)))

    for _ in range(3):
        items = iter(data)
        for _ in range(3):
            step(items)
        with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
            step(items)
    assert step.experimental_get_tracing_count() == 1 and float(w) == -0.5 * 3 * (0.5 + 2.5 + 4.5)


def test_a_data_set_is_keyed_by_its_spec(tf):
    @tf.function
    def total(items, scale):
        state = tf.constant(0, tf.int64)
        for x in items["data"]:
            state += x * scale
        return state

    sums = [int(total({"data": tf.data.Dataset.range(n)}, tf.constant(2, tf.int64))) for n in (5, 6, 7)]
    assert sums == [20, 30, 42] and total.experimental_get_tracing_count() == 1


def test_concrete_functions_of_specs(tf):
    element = tf.TensorSpec([], tf.int64)
    first = tf.function(lambda items: next(items)).get_concrete_function(tf.data.IteratorSpec(element))
    last = tf.function(lambda data: data.reduce(tf.constant(0, tf.int64), lambda s, x: x)).get_concrete_function(tf.data.DatasetSpec(element))
    assert int(first(iter(tf.data.Dataset.range(7, 9)))) == 7 and int(last(tf.data.Dataset.range(4))) == 3
    assert "items (POSITIONAL_OR_KEYWORD): IteratorSpec(TensorSpec(shape=(), dtype=tf.int64, name=None),)" in first.pretty_printed_signature()
    assert "DatasetSpec(TensorSpec(shape=(), dtype=tf.int64, name=None), TensorShape([]))" in last.pretty_printed_signature()


def test_specs(tf):
    element = tf.TensorSpec([], tf.int64)
    data = tf.data.Dataset.range(4)
    assert tf.data.DatasetSpec.from_value(data) == tf.data.DatasetSpec(element) != tf.data.DatasetSpec(tf.TensorSpec([2], tf.int64))
    assert tf.data.IteratorSpec.from_value(iter(data)) == tf.data.IteratorSpec(element)
    assert data.window(2).element_spec == tf.data.DatasetSpec(element)
    assert tf.data.Dataset.zip(data, data.batch(2).window(2)).element_spec == (element, tf.data.DatasetSpec(tf.TensorSpec([None], tf.int64)))


def test_a_function_returns_a_data_set(tf):
    scaled = tf.function(lambda k: tf.data.Dataset.range(4).map(lambda x: x * k))
    assert numbers(scaled(tf.constant(2, tf.int64))) == [0, 2, 4, 6]
    assert numbers(scaled(tf.constant(3, tf.int64)).batch(2).unbatch()) == [0, 3, 6, 9]


def test_each_run_begins_its_iterators(tf):
    data = tf.data.Dataset.range(4)
    first = tf.function(lambda: next(iter(data)))
    assert [int(first()), int(first())] == [0, 0]


def test_data_sets_as_elements(tf):
    @tf.function
    def nested(data):
        state = tf.constant(0, tf.int64)
        for window in data:
            for x in window:
                state = state * 3 + x
        return state

    assert int(nested(tf.data.Dataset.range(5).window(2))) == 58
    assert int(tf.function(lambda: nested(tf.data.Dataset.range(5).window(2)))()) == 58
    assert nested.experimental_get_tracing_count() == 1

    @tf.function
    def sums(data):
        return data.window(3).map(lambda w: w.reduce(tf.constant(0, tf.int64), lambda s, x: s + x)).reduce(tf.constant(1, tf.int64), lambda s, x: s * x)

    assert int(sums(tf.data.Dataset.range(1, 7))) == 6 * 15

    @tf.function
    def joined(data):
        state = tf.constant(0, tf.int64)
        for pair in data.window(2, drop_remainder=True).flat_map(lambda w: w.batch(2)):
            state = state * 2 + tf.reduce_prod(pair)
        return state

    assert int(joined(tf.data.Dataset.range(1, 6))) == 2 * 2 + 12


CAPTURES = {
    "map": (lambda tf, d, k: d.map(lambda x: x * k), [0, 2, 4, 6, 8]),
    "map in parallel": (lambda tf, d, k: d.map(lambda x: x * k, num_parallel_calls=4).prefetch(2), [0, 2, 4, 6, 8]),
    "filter": (lambda tf, d, k: d.filter(lambda x: x > k), [3, 4]),
    "take_while": (lambda tf, d, k: d.take_while(lambda x: x < k), [0, 1]),
    "flat_map": (lambda tf, d, k: d.take(2).flat_map(lambda x: tf.data.Dataset.from_tensors(x + k).repeat(2)), [2, 2, 3, 3]),
    "interleave": (lambda tf, d, k: d.take(4).interleave(lambda x: tf.data.Dataset.from_tensors(x * k).repeat(2), cycle_length=2), [0, 2, 0, 2, 4, 6, 4, 6]),
    "scan": (lambda tf, d, k: d.take(4).scan(k, lambda s, x: (s + x, s * x)), [0, 2, 6, 15]),
    "zip": (lambda tf, d, k: tf.data.Dataset.zip(d.map(lambda x: x * k), d).map(lambda a, b: a - b).shuffle(1).cache(), [0, 1, 2, 3, 4]),
    "concatenate": (lambda tf, d, k: d.take(1).concatenate(d.take(2).map(lambda x: x + k)).repeat(2), [0, 2, 3, 0, 2, 3]),
    "chains": (lambda tf, d, k: d.map(lambda x: x * k).filter(lambda x: x > k).map(lambda x: x - k), [2, 4, 6]),
    "slices": (lambda tf, d, k: tf.data.Dataset.from_tensor_slices(tf.stack([k, k + 1])), [2, 3]),
    "tensors": (lambda tf, d, k: tf.data.Dataset.from_tensors({"k": k}).map(lambda e: e["k"]), [2]),
    "range": (lambda tf, d, k: tf.data.Dataset.range(k, 3 * k), [2, 3, 4, 5]),
    "counts": (lambda tf, d, k: d.skip(k - 1).take(k).repeat(k), [1, 2, 1, 2]),
    "batch": (lambda tf, d, k: d.batch(k, drop_remainder=True).map(tf.reduce_sum), [1, 5]),
    "window": (lambda tf, d, k: d.window(k, shift=k, drop_remainder=True).flat_map(lambda w: w.batch(2)).map(tf.reduce_sum), [1, 5]),
}


@pytest.mark.parametrize("name", CAPTURES)
def test_tensors_of_the_function(tf, name):
    make, expected = CAPTURES[name]

    @tf.function
    def collected(k):
        found = tf.TensorArray(tf.int64, 0, dynamic_size=True)
        for x in make(tf, tf.data.Dataset.range(5), k):
            found = found.write(found.size(), x)
        return found.stack()

    for _ in range(2):
        assert collected(tf.constant(2, tf.int64)).numpy().tolist() == expected
    other = collected(tf.constant(1, tf.int64)).numpy().tolist()
    assert other == numbers(make(tf, tf.data.Dataset.range(5), tf.constant(1, tf.int64)))
    assert collected.experimental_get_tracing_count() == 1


def test_slices_of_a_batch_of_any_size(tf):
    @tf.function(input_signature=[tf.TensorSpec([None])])
    def f(x):
        state = 0.0
        for a, b in tf.data.Dataset.from_tensor_slices((x, x * 2)).batch(2):
            state = state * 2 + tf.reduce_sum(a * b)
        return state

    assert float(f(tf.constant([1.0, 2.0, 3.0]))) == 38 and float(f(tf.constant([1.0]))) == 2


def test_a_data_set_of_a_function_ends_with_it(tf):
    kept = []
    tf.function(lambda k: kept.append(tf.data.Dataset.range(3).map(lambda x: x * k)))(tf.constant(2, tf.int64))
    with pytest.raises(tf.errors.InvalidArgumentError, match="walk through it in that function, or return it"):
        list(kept[0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="a function whose trace has ended"):
        tf.function(lambda: kept[0].reduce(tf.constant(0, tf.int64), lambda s, x: s + x))()


def test_traces_let_go_of_their_graphs(tf):
    def traced():
        def f(k):
            return tf.data.Dataset.from_tensor_slices(k).map(lambda x: x * k[0]).reduce(tf.constant(0, tf.int64), lambda s, x: s + x)

        return int(tf.function(f)(tf.constant([2, 3], tf.int64)))

    assert traced() == 10
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(5):
        traced()
    gc.collect()
    assert len(gc.get_objects()) - before < 50


def test_iterators_that_leave_a_function_end_while_python_produces(tf):
    def numbers():
        for i in range(1000):
            yield i

    @tf.function
    def begin(data):
        walk = iter(data)
        return next(walk), walk

    data = tf.data.Dataset.from_generator(numbers, output_signature=tf.TensorSpec([], tf.int64)).prefetch(2)
    for _ in range(5):
        first, walk = begin(data)
        assert int(first) == 0
        del walk  # its thread may be in the generator


def test_shards_by_a_tensor(tf):
    @tf.function
    def total(index):
        out = tf.constant(0, tf.int64)
        for x in tf.data.Dataset.range(10).shard(3, index):
            out += x
        return out

    assert [int(total(tf.constant(i, tf.int64))) for i in range(3)] == [18, 12, 15]
