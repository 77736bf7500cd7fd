"""tf.Variable's methods beside those that tests/parity compares: errors, names of TensorFlow 1, identity."""

import concurrent.futures
import copy
import pickle
import re

import numpy as np
import pytest
import runnel as tf


@pytest.fixture
def v():
    return tf.Variable([1.0, 2.0, 3.0], name="v")


def test_arguments_are_checked():
    for wrong, words in (
        (dict(constraint=3), "Argument `constraint` must be None or a callable"),
        (dict(name=3), "name for name_scope must be a string."),
        (dict(synchronization="x"), "Invalid variable synchronization mode: x for variable: None"),
        (dict(aggregation="x"), "Invalid variable aggregation mode: x for variable: None"),
    ):
        with pytest.raises(ValueError, match=words):
            tf.Variable(1.0, **wrong)


def test_names_of_tensorflow_1(v):
    counter = tf.Variable(1)
    assert counter.count_up_to(3).numpy() == 1 and counter.numpy() == 2
    with pytest.raises(tf.errors.OutOfRangeError, match="Reached limit of 2"):
        counter.count_up_to(2)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Value for attr 'T' of float is not in the list of allowed values: int32, int64"):
        v.count_up_to(3)
    v.load([4.0, 5.0, 6.0])
    assert v.numpy().tolist() == [4, 5, 6] == v.initialized_value().numpy().tolist() == v.read_value_no_copy().numpy().tolist()


def test_functions_count_too():
    counter = tf.Variable(1)
    count = tf.function(lambda: counter.count_up_to(3))
    assert [int(count()), int(count())] == [1, 2]
    with pytest.raises(tf.errors.OutOfRangeError, match="Reached limit of 3"):
        count()
    assert counter.numpy() == 3


def test_threads_count_every_number_once():
    counter = tf.Variable(0, dtype=tf.int64)
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        counted = list(threads.map(lambda _: int(counter.count_up_to(400)), range(400)))
    assert sorted(counted) == list(range(400))


def test_what_only_graphs_have(v):
    for name in ("op", "graph"):
        with pytest.raises(AttributeError, match=f"Tensor.{name} is undefined when eager execution is enabled"):
            getattr(v, name)
    with pytest.raises(RuntimeError, match="This property is not supported when eager execution is enabled"):
        v.initial_value
    with pytest.raises(ValueError, match=r"Shapes \(3,\) and \(None, 3\) are not compatible"):
        v.set_shape([None, 3])
    v.set_shape([3])
    assert v.get_shape() == [3] and v.is_initialized() and v.initializer is None


IN_PLACE = {"+=": ("variable", "variable.assign_add(value)", "variable + value"), "-=": ("variable", "variable.assign_sub(value)", "variable * value"),
            "*=": ("var", "var.assign(var * value)", "var * value"), "/=": ("var", "var.assign(var / value)", "var / value"),
            "**=": ("var", "var.assign(var ** value)", "var ** value")}


@pytest.mark.parametrize("operator", IN_PLACE)
def test_operators_in_place_are_refused_in_tensorflows_words(v, operator):
    name, change, new = IN_PLACE[operator]
    words = (f"`{name} {operator} value` with `tf.Variable`s is not supported. Use `{change}` to modify the variable, "
             f"or `out = {new}` if you need to get a new output Tensor.")
    with pytest.raises(RuntimeError, match=re.escape(words)):
        exec(f"v {operator} 2", {"v": v})


@pytest.mark.parametrize("statement, expected", [("v //= 2", [0, 1, 1]), ("v %= 2", [1, 0, 1])])
def test_operators_that_make_tensors(v, statement, expected):
    names = {"v": v}
    exec(statement, names)
    assert tf.is_tensor(names["v"]) and names["v"] is not v and names["v"].numpy().tolist() == expected


def test_copies_references_and_pickles(v):
    assert copy.copy(v) is v and v.ref().deref() is v and {v.ref(): 1}[v.ref()] == 1
    for other in (copy.deepcopy(v), pickle.loads(pickle.dumps(v))):
        other.assign_add([1.0, 1.0, 1.0])
        assert other.name == v.name and v.numpy().tolist() == [1, 2, 3]
    with pytest.raises(TypeError, match="Variable is unhashable"):
        hash(v)


def test_reads_and_changes_by_index(v):
    assert v.sparse_read([0, 2]).numpy().tolist() == [1, 3] == v.gather_nd([[0], [2]]).numpy().tolist()
    v[0].assign(9.0)
    v[1:].assign([7.0, 8.0])
    assert v.scatter_nd_add([[0]], [1.0]).numpy().tolist() == [10, 7, 8]
    assert v.batch_scatter_update(tf.IndexedSlices([5.0], [1])).numpy().tolist() == [10, 5, 8]
    with pytest.raises(TypeError, match="Argument `sparse_delta` must be a `tf.IndexedSlices`"):
        v.scatter_add(3)
    np.testing.assert_array_equal(np.asarray(v, dtype=np.int64), [10, 5, 8])
    assert v.assign([1.0, 2.0, 3.0], read_value=False) is None


def test_updates_of_other_sizes_are_refused():
    v = tf.Variable(tf.zeros([10]), shape=tf.TensorShape([None]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="differ in size"):
        tf.raw_ops.ResourceApplyGradientDescent(var=v.handle, alpha=1.0, delta=tf.ones([3]))
    assert v.numpy().tolist() == [0.0] * 10
