"""keras.ops against real Keras: values, dtypes and gradients, eagerly, inside tf.function with sizes unknown, and on Keras tensors."""

import json
from pathlib import Path

import numpy as np
import ops_rows
import pytest

import runnel as tf
from runnel import keras


def load():
    """The rows, with the arrays in place of what says where they are."""
    stored = np.load(Path(__file__).parent / "expected_ops.npz")
    flat, at = {name: stored[name] for name in stored.files}, {}
    rows = json.loads(str(flat["rows"]))

    def array(dtype, held_as, shape):
        begin = at.get(held_as, 0)
        at[held_as] = begin + int(np.prod(shape))
        return flat[held_as][begin : at[held_as]].reshape(shape), dtype

    for row in rows.values():
        for part in ("results", "gradients"):
            row[part] = [place and array(*place) for place in row[part]]
    return rows


ROWS = load()
LINES = [line for family in ops_rows.FAMILIES for line in ops_rows.lines(family)]
TOLERANCE = {"float16": 2e-3, "bfloat16": 2e-2, "float32": 3e-5, "complex64": 3e-5, "float64": 1e-6}  # bounds of sums in another order


def cast(array, dtype):
    return tf.cast(array, dtype)


def compare(results, line):
    wanted = ROWS[line]["results"]
    assert len(results) == len(wanted)
    for result, (values, dtype) in zip(results, wanted):
        found = type(result).__name__ if isinstance(result, (bool, int, float, str)) else getattr(result.dtype, "name", str(result.dtype))
        assert found == dtype
        close(result, values, TOLERANCE.get(dtype, 0))


def close(result, values, tolerance):
    if values.dtype.kind == "U":
        assert result == str(values)
        return
    if hasattr(result, "numpy"):
        result = (tf.cast(result, "float32") if result.dtype == tf.bfloat16 else result).numpy()
    assert np.shape(result) == values.shape
    np.testing.assert_allclose(result, values, rtol=tolerance, atol=tolerance)


def test_every_line_has_stored_results():
    assert [line for line in LINES if line not in ROWS] == []


@pytest.mark.parametrize("line", LINES)
def test_values(line):
    compare(ops_rows.flatten(ops_rows.Makers(line, cast=cast).evaluate(keras.ops)), line)


@pytest.mark.parametrize("line", [line for line in LINES if not ops_rows.is_static(line)])
def test_inside_a_function(line):
    arrays = ops_rows.Makers(line, cast=cast)
    arrays.evaluate(keras.ops)
    given = [tf.convert_to_tensor(a) for a in arrays.arrays]
    known = ops_rows.needs_sizes(line)
    signature = [tf.TensorSpec(a.shape if known or len(a.shape) < 2 else [None, *a.shape[1:]], a.dtype) for a in given]

    @tf.function(input_signature=signature)
    def traced(*inputs):
        return [tf.convert_to_tensor(r) for r in ops_rows.flatten(ops_rows.Makers(line, lambda i, _: inputs[i]).evaluate(keras.ops))]

    for result, (values, dtype) in zip(traced(*given), ROWS[line]["results"]):
        close(result, values, TOLERANCE.get(dtype, 0))


@pytest.mark.parametrize("line", [line for line in LINES if not ops_rows.is_static(line)])
def test_on_keras_tensors(line):
    makers = ops_rows.Makers(line, lambda i, a: keras.Input(batch_shape=a.shape, dtype=a.dtype.name), cast=cast)
    results = ops_rows.flatten(makers.evaluate(keras.ops))
    for result, (values, dtype) in zip(results, ROWS[line]["results"]):
        if not isinstance(result, (bool, int, float, str)):
            assert tuple(result.shape) == values.shape
            assert getattr(result.dtype, "name", result.dtype) == dtype


@pytest.mark.parametrize("line", [line for line in LINES if ROWS.get(line, {}).get("gradients")])
def test_gradients(line):
    inputs = []
    with tf.GradientTape() as tape:
        def replace(i, array):
            tensor = tf.convert_to_tensor(array)
            if tensor.dtype == tf.float32:
                inputs.append(tensor)
                tape.watch(tensor)
            return tensor

        results = ops_rows.flatten(ops_rows.Makers(line, replace).evaluate(keras.ops))
        floats = [r for r in results if tf.is_tensor(r) and r.dtype == tf.float32]
        total = sum(tf.reduce_sum(r * ops_rows.weights(r.shape).astype("float32")) for r in floats)
    for gradient, wanted in zip(tape.gradient(total, inputs), ROWS[line]["gradients"]):
        if wanted:
            close(tf.convert_to_tensor(gradient), wanted[0], 2e-4)
        else:
            assert gradient is None or not np.any(tf.convert_to_tensor(gradient).numpy())


PROMOTIONS = json.loads((Path(__file__).parent / "expected_promotion.json").read_text())


def test_promotion_of_every_pair_of_dtypes():
    kinds = {"int": int, "float": float}
    for names, wanted in PROMOTIONS.items():
        dtypes = [kinds.get(name, name) for name in names.split()]
        if wanted is None:
            with pytest.raises(ValueError):
                keras.backend.result_type(*dtypes)
        else:
            assert keras.backend.result_type(*dtypes) == wanted, names


def model_of_operations():
    i, j = keras.Input((4,)), keras.Input((4,))
    x = keras.ops.mean(keras.ops.concatenate([keras.ops.add(i, 1.5), j], axis=-1), axis=1, keepdims=True)
    x = keras.ops.where(x > 0, x, keras.ops.multiply(2, x))
    a, b = keras.ops.split(keras.ops.clip(i, -1.0, 1.0), 2, axis=1)
    y = keras.ops.softmax(keras.ops.einsum("ij,ik->ijk", a, b), axis=-1)
    z = keras.ops.norm(keras.ops.take(j, [0, 2], axis=1), axis=-1)
    return keras.Model([i, j], [keras.ops.max(keras.ops.stack([x, x * 2], axis=1), axis=1), y, z])


def test_operations_are_saved_with_a_model(tmp_path):
    model = model_of_operations()
    data = [np.random.RandomState(i).randn(3, 4).astype("float32") for i in range(2)]
    model.save(tmp_path / "ops.keras")
    again = keras.models.load_model(tmp_path / "ops.keras")
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    for a, b in zip(model.predict(data, verbose=0), again.predict(data, verbose=0)):
        np.testing.assert_array_equal(a, b)


def test_operations_on_keras_tensors_are_called_as_in_keras():
    names = [layer.name for layer in model_of_operations().operations]
    for name in ("add", "concatenate", "mean", "where", "split", "clip", "einsum", "softmax", "norm", "take", "stack", "max"):
        assert any(n == name or n.startswith(name + "_") for n in names), (name, names)


def test_every_name_of_keras_ops_has_its_signature():
    import inspect

    for name in ("add", "mean", "gelu", "image.resize", "linalg.svd", "scan", "nn.conv"):
        place = keras.ops
        for part in name.split("."):
            place = getattr(place, part)
        assert "name" not in inspect.signature(place).parameters
