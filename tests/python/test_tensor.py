"""tf.Tensor as a Python object: operators, conversions, identity, and what NumPy and other libraries see of it."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import runnel as tf


def values(tensor):
    return tensor.numpy().tolist()


def test_operators_convert_what_stands_on_either_side():
    x = tf.constant([1.0, 2.0])
    assert values(x + 1) == [2, 3] and values(1 - x) == [0, -1] and values(x * [2, 3]) == [2, 6]
    assert values(2.0 / x) == [2, 1] and values(x**2) == [1, 4] and values(2**x) == [2, 4]
    assert values(tf.constant([7, -7]) // 2) == [3, -4] and values(tf.constant([7, -7]) % 4) == [3, 1]
    assert values(-x) == [-1, -2] and values(abs(-x)) == [1, 2]
    assert values(tf.constant([[1, 2]]) @ tf.constant([[3], [4]])) == [[11]]


def test_operators_of_truth_and_bits():
    a, b = tf.constant([True, False]), tf.constant([True, True])
    assert values(a & b) == [True, False] and values(a | b) == [True, True] and values(a ^ b) == [False, True] and values(~a) == [False, True]
    assert values(tf.constant([6]) & 3) == [2] and values(tf.constant([6]) | 1) == [7] and values(~tf.constant([0])) == [-1]
    assert values(tf.constant([1, 2]) == tf.constant([1, 3])) == [True, False]
    assert (tf.constant([1, 2]) == None) is False and (tf.constant([1, 2]) != None) is True  # noqa: E711
    assert values(tf.constant(1) < 2) is True and values(tf.constant([1, 2]) >= 2) == [False, True]


def test_integers_divide_as_python_does():
    assert (tf.constant(3) / 2).dtype == tf.float64
    assert (tf.constant(3, tf.int16) / tf.constant(2, tf.int16)).dtype == tf.float32


def test_indexing_takes_every_form():
    x = tf.reshape(tf.range(24), [2, 3, 4])
    n = x.numpy()
    for index in (0, -1, (1, 2), (1, 2, 3), slice(None, None, -1), (slice(0, 1), Ellipsis, 2), (Ellipsis, None), (None, 1), (0, slice(2, 0, -1)), (slice(None), slice(None), slice(1, None, 2))):
        assert np.array_equal(x[index].numpy(), n[index]), index
    assert np.array_equal(x[tf.constant(1)].numpy(), n[1])
    assert np.array_equal(x[np.int64(1), : tf.constant(2)].numpy(), n[1, :2])
    assert np.array_equal(x[x > 20].numpy(), n[n > 20])
    assert np.array_equal(x[tf.constant([True, False])].numpy(), n[[True, False]])


def test_iteration_length_and_truth():
    assert [values(row) for row in tf.constant([[1, 2], [3, 4]])] == [[1, 2], [3, 4]]
    assert len(tf.zeros([5, 2])) == 5 and bool(tf.constant(3)) and not tf.constant([0.0]) and list(tf.zeros([0, 2])) == []
    a, b = tf.constant([1, 2])
    assert int(a) == 1 and float(b) == 2.0 and complex(a) == 1
    assert [10, 20, 30][tf.constant(1)] == 20 and f"{tf.constant(1.5):.2f}" == "1.50"


def test_numpy_gives_a_copy_and_arrays_are_views():
    x = tf.constant([1.0, 2.0])
    mine = x.numpy()
    mine[0] = 7
    assert values(x) == [1, 2]
    view = np.asarray(x)
    assert not view.flags.writeable and np.asarray(x).ctypes.data == view.ctypes.data
    assert np.array(x).flags.writeable and np.array(x, dtype=np.float64).dtype == np.float64
    assert memoryview(tf.constant([[1, 2]], tf.int16)).tolist() == [[1, 2]]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8", "uint16", "int64", "bool", "complex64"])
def test_arrays_go_both_ways(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    tensor = tf.constant(array)
    assert tensor.dtype.name == dtype and tensor.numpy().dtype == dtype and np.array_equal(tensor.numpy(), array)
    assert np.array_equal(tf.constant(array.T).numpy(), array.T) and np.array_equal(tf.constant(array[:, ::-1]).numpy(), array[:, ::-1])


def test_a_constant_does_not_follow_its_array():
    array = np.array([1.0, 2.0])
    tensor = tf.constant(array)
    array[0] = 9
    assert values(tensor) == [1, 2]


def test_numpy_functions_take_tensors_and_tensors_take_arrays():
    x, a = tf.constant([1.0, 4.0]), np.array([1.0, 2.0], np.float32)
    assert isinstance(np.sqrt(x), np.ndarray) and np.sqrt(x).tolist() == [1, 2]
    assert np.add(x, a).tolist() == [2, 6] and np.mean(x) == 2.5 and np.stack([x, x]).shape == (2, 2)
    for result in (x + a, a + x, a * x, a - x, a / x, a[None] @ tf.ones([2, 1])):
        assert isinstance(result, tf.Tensor)
    assert values(a - x) == [0, -2] and isinstance(a < x, tf.Tensor) and isinstance(np.float32(2) * x, tf.Tensor)
    assert isinstance(tf.add(a, x), tf.Tensor) and isinstance(tf.reduce_sum(a), tf.Tensor)


def test_dlpack_shares_memory():
    x = tf.range(1000, dtype=tf.float32)
    array = np.from_dlpack(x)
    assert array.ctypes.data == np.asarray(x).ctypes.data and array.tolist() == list(range(1000))
    source = np.arange(1000, dtype=np.float32)
    tensor = tf.experimental.dlpack.from_dlpack(source.__dlpack__())
    assert np.asarray(tensor).ctypes.data == source.ctypes.data
    del source
    gc.collect()
    assert float(tensor[999]) == 999
    assert values(tf.experimental.dlpack.from_dlpack(tf.experimental.dlpack.to_dlpack(tf.constant([1, 2])))) == [1, 2]
    transposed = np.arange(6).reshape(2, 3).T
    assert np.array_equal(tf.experimental.dlpack.from_dlpack(transposed.__dlpack__()).numpy(), transposed)


@pytest.mark.parametrize("value", [tf.constant([[1.5, 2], [3, 4]]), tf.constant(["a", "bc"]), tf.constant(True), tf.zeros([0, 3], tf.int8)])
def test_pickling_and_copying(value):
    for again in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert again.dtype == value.dtype and again.shape == value.shape and np.array_equal(again.numpy(), value.numpy())


def test_a_variable_is_pickled_with_its_name_and_copied_deeply():
    v = tf.Variable([1.0, 2.0], name="w", trainable=False)
    again = pickle.loads(pickle.dumps(v))
    assert again.name == "w:0" and not again.trainable and values(again) == [1, 2]
    other = copy.deepcopy(v)
    other.assign([3.0, 4.0])
    assert values(v) == [1, 2]


@pytest.mark.parametrize("make", [lambda: tf.constant([1.0]), lambda: tf.Variable([1.0])])
def test_attributes_and_weak_references(make):
    thing = make()
    thing._keras_mask = "mask"
    assert thing._keras_mask == "mask" and weakref.ref(thing)() is thing
    table = {thing.ref(): 1}
    assert table[thing.ref()] == 1 and thing.ref().deref() is thing
    with pytest.raises(TypeError, match="unhashable"):
        hash(thing)


def test_the_classes_are_named_as_tensorflows():
    x, v = tf.constant(1), tf.Variable(1)
    names = {(c.__module__, c.__name__) for c in type(x).__mro__}
    assert ("tensorflow.python.framework.tensor", "Tensor") in names
    assert (type(x).__module__, type(x).__name__) == ("tensorflow.python.framework.ops", "EagerTensor")
    assert (type(v).__module__, type(v).__name__) == ("tensorflow.python.ops.resource_variable_ops", "ResourceVariable")
    assert isinstance(x, tf.Tensor) and isinstance(v, tf.Variable) and tf.is_tensor(x) and tf.is_tensor(v) and not tf.is_tensor([1])


def test_variables_stand_under_classes_with_pure_python_bases():
    class Marker:
        pass

    class Mine(Marker, tf.Variable):
        def __init__(self):
            super().__init__([1.0, 2.0])

    mine = Mine()
    mine.assign_add([1.0, 1.0])
    assert values(mine * 2) == [4, 6] and isinstance(mine, Marker)


def test_the_tensor_protocol_is_honoured_everywhere():
    class Wrapped:
        def __init__(self, value):
            self.value = tf.constant(value)

        def __tf_tensor__(self, dtype=None, name=None):
            return self.value

    w = Wrapped([1.0, 2.0])
    assert values(tf.add(w, 1)) == [2, 3] and values(tf.constant([1.0, 1.0]) + w) == [2, 3] and values(tf.convert_to_tensor(w)) == [1, 2]
    assert values(tf.stack([w, w])) == [[1, 2], [1, 2]] and float(tf.reduce_sum(w)) == 3 and tf.is_tensor(w)


def test_reference_cycles_are_collected():
    x = tf.constant([1.0])
    x.me = x
    gone = weakref.ref(x)
    del x
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("index", [(slice(None), slice(None, None, -1)), (Ellipsis, slice(None, None, -1)), (slice(1, None), slice(None, None, -1)),
                                   (slice(0, 2), slice(None), slice(None, None, -1)), (slice(1, 3),)])
def test_axes_are_reversed_behind_whole_ones(index):
    a = np.arange(120).reshape(4, 5, 6)
    assert (tf.constant(a)[index].numpy() == a[index]).all()
    assert (tf.Variable(a)[index].numpy() == a[index]).all()


def test_stack_of_numbers_is_as_wide_as_the_widest():
    for numbers in ([1, 2**40], [2**40, 1]):
        stacked = tf.stack(numbers)
        assert stacked.dtype == tf.int64 and stacked.numpy().tolist() == numbers


def test_a_long_list_of_infinities_is_converted_once():
    values = [float("inf")] * 20000
    assert tf.constant(values).shape == (20000,)  # each infinity once converted the whole list anew
    with pytest.raises(ValueError, match="out of range"):
        tf.constant([float("inf"), 1e300])


def test_an_error_in_a_constraint_is_raised_where_it_is_used():
    def constraint(value):
        raise ZeroDivisionError("constraint")

    weight = tf.Variable([1.0], constraint=constraint)
    with pytest.raises(ZeroDivisionError, match="constraint"):
        tf.keras.optimizers.SGD(0.5).apply([tf.constant([1.0])], [weight])
    assert weight.numpy().tolist() == [0.5]  # all stays usable


def test_svd_keeps_nan():
    for values in ([[np.nan]], [[np.nan, 1.0], [1.0, 2.0]], [[np.inf, 1.0]]):
        for part in tf.linalg.svd(tf.constant(values)):
            assert np.isnan(part.numpy()).all()
        assert np.isnan(tf.linalg.svd(tf.constant(values), compute_uv=False).numpy()).all()


def test_numpy_takes_tensors_as_shapes_and_scalars_of_text_as_objects():
    assert np.zeros(tf.constant([2, 3])).shape == (2, 3)
    assert np.broadcast_to(1.0, tf.constant([2, 2])).shape == (2, 2)
    text = np.array(tf.constant("abc"))
    assert text.dtype == object and text.item() == b"abc"


def test_a_tensor_of_another_library_is_taken_as_its_array():
    class Foreign:  # as TensorFlow's own tensors are
        def __tf_tensor__(self, dtype=None, name=None):
            return self

        def __array__(self, dtype=None, copy=None):
            return np.array([1.5, 2.5], np.float32)

    for made in (tf.constant(Foreign()), tf.convert_to_tensor(Foreign()), tf.add(Foreign(), 0.0)):
        np.testing.assert_array_equal(made, [1.5, 2.5])
