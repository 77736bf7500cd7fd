"""Lookup tables against what real TensorFlow gives (make_expected.py): values, error classes and sentences."""

import json
import os
import subprocess
import threading
from pathlib import Path

import pytest
import runnel
import scenarios

EXPECTED = json.loads(Path(__file__).with_name("expected.json").read_text())
# A function knows the shape of the values of a table that it refers to.
OURS = {"function_shapes": [[[None, 3], "int64"], [[None, 3, 2], "float32"], [[], "int64"]]}


def same(got, expected):
    """Equal; of errors the class, and TensorFlow's sentence inside of ours. Which kernels TensorFlow names is its own affair."""
    if isinstance(expected, dict) and "sentence" in expected:
        words = expected["sentence"].split("[container")[0]
        return isinstance(got, dict) and got.get("error") == expected["error"] and words in got["sentence"]
    if isinstance(expected, list) and any(isinstance(item, dict) for item in expected):
        return isinstance(got, list) and len(got) == len(expected) and all(map(same, got, expected))
    return got == expected


@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_scenario(name, monkeypatch):
    monkeypatch.setattr(scenarios, "tf", runnel)
    got, expected = scenarios.outcome(scenarios.SCENARIOS[name]), OURS.get(name, EXPECTED[name])
    if name.startswith("dtypes_of"):  # here keys of any dtype go with values of any
        got, expected = sorted(set(got) & set(expected)), sorted(expected)
    assert same(got, expected), f"\n{got}\n{expected}"


@pytest.mark.peers
@pytest.mark.skipif("RUNNEL_PEERS_PYTHON" not in os.environ, reason="RUNNEL_PEERS_PYTHON is not set")
def test_what_is_stored_is_what_tensorflow_gives(tmp_path):
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    script = Path(__file__).with_name("make_expected.py")
    subprocess.run([os.environ["RUNNEL_PEERS_PYTHON"], script, tmp_path / "now.json"], env=environment, check=True, timeout=600)
    assert json.loads((tmp_path / "now.json").read_text()) == EXPECTED


def test_a_function_holds_its_table():
    """The name may go: what was traced refers to the table."""
    tf = runnel
    table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, 0)
    f = tf.function(lambda k: table.lookup(k))
    table.insert(["a"], [4])
    f(tf.constant(["a"]))
    del table
    assert f(tf.constant(["a"])).numpy().tolist() == [4] and f(tf.constant(["b"])).numpy().tolist() == [0]


def test_threads_share_a_table_and_a_function():
    tf = runnel
    table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.int64, -1)

    @tf.function
    def put_and_get(k):
        table.insert(k, k * 2)
        return table.lookup(k)

    wrong = []

    def work(start):
        for i in range(start, start + 100):
            if put_and_get(tf.constant([i, i + 1000], tf.int64)).numpy().tolist() != [2 * i, 2 * i + 2000]:
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(n * 100,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and int(table.size()) == 800


def test_a_table_takes_lists_arrays_and_variables():
    tf = runnel
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer([1, 2], ["a", "b"], key_dtype=tf.int64), "?")
    assert table.lookup([2, 3]).numpy().tolist() == [b"b", b"?"]
    assert table.lookup(tf.Variable(1, dtype=tf.int64)).numpy() == b"a"


def test_what_is_compiled_gives_what_eager_code_gives():
    tf = runnel
    table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, [0.5, -0.5])

    def step(k):
        before = table.lookup(k)
        table.insert(k, tf.cast(tf.stack([k, k * k], 1), tf.float32))
        return before + 2 * table.lookup(k), table.size()

    keys = tf.constant([3, 5, 3], tf.int64)
    table.insert([5], [[1.0, 2.0]])
    compiled = [x.numpy().tolist() for x in tf.function(step)(keys)]
    table.remove(keys)
    table.insert([5], [[1.0, 2.0]])
    assert compiled == [x.numpy().tolist() for x in step(keys)] == [[[6.5, 17.5], [11.0, 52.0], [6.5, 17.5]], 2]


def test_a_function_knows_the_shapes_of_what_is_exported():
    tf = runnel
    vectors = tf.lookup.experimental.MutableHashTable(tf.string, tf.float32, [0.5, -0.5])
    dense = tf.lookup.experimental.DenseHashTable(tf.int64, tf.int64, 0, empty_key=[-1, -1], deleted_key=[-2, -2], initial_num_buckets=4)
    shapes = []

    @tf.function
    def export():
        shapes.extend(t.shape.as_list() for t in (*vectors.export(), *dense.export()))
        return dense.export()

    assert [t.shape.as_list() for t in export()] == [[4, 2], [4, 1]]
    assert shapes == [[None], [None, 2], [None, 2], [None, 1]]
