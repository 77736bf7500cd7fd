"""Pipelines that both TensorFlow and Runnel run. expected.json holds TensorFlow's elements:
    .venv-peers/bin/python tests/data/pipelines.py > tests/data/expected.json
"""

import numpy as np

X = np.arange(12.0).reshape(6, 2).astype("float32")
Y = np.arange(6)


def plain(element):
    """Values and shapes, as JSON can hold them."""
    if isinstance(element, (tuple, list)):
        return [plain(item) for item in element]
    if isinstance(element, dict):
        return {key: plain(value) for key, value in element.items()}
    array = np.asarray(element)
    values = [v.decode() if isinstance(v, bytes) else v for v in np.ravel(array).tolist()]
    return {"dtype": "string" if array.dtype.kind in "OS" else array.dtype.name, "shape": list(array.shape), "values": values}


def elements(dataset):
    """All elements, or the class of the error."""
    try:
        return [plain(element) for element in dataset().as_numpy_iterator()]
    except Exception as error:
        return {"error": type(error).__name__}


def pipelines(tf):
    D = tf.data.Dataset

    def numbers():
        for i in range(3):
            yield i, [i, i + 1]

    signature = (tf.TensorSpec((), tf.int32), tf.TensorSpec((None,), tf.float32))
    return {
        "slices": lambda: D.from_tensor_slices((X, Y)),
        "slices of a dict": lambda: D.from_tensor_slices({"b": X, "a": Y}).batch(4),
        "strings": lambda: D.from_tensor_slices(["a", "bc", "d"]).batch(2),
        "map of a tuple": lambda: D.from_tensor_slices((X, Y)).map(lambda a, b: (a * 2, b + 1), num_parallel_calls=tf.data.AUTOTUNE).batch(4),
        "map of a dict": lambda: D.from_tensor_slices({"b": X, "a": Y}).map(lambda d: d["b"] + tf.cast(d["a"], tf.float32)),
        "filter": lambda: D.range(20).filter(lambda v: v % 3 == 0),
        "window": lambda: D.range(10).window(4, shift=2, drop_remainder=True).flat_map(lambda w: w.batch(4)),
        "window with gaps": lambda: D.range(7).window(3, shift=4, stride=2).flat_map(lambda w: w.batch(3)),
        "interleave": lambda: D.range(4).interleave(lambda v: D.from_tensors(v).repeat(4), cycle_length=3, block_length=2),
        "zip": lambda: D.zip((D.range(3), D.range(10, 20))),
        "zip of arguments": lambda: D.zip(D.range(3), D.range(10, 20)),
        "zip of a dict": lambda: D.zip({"a": D.range(3), "b": D.range(10, 20)}),
        "shuffle and repeat": lambda: D.range(30).shuffle(7, seed=5).repeat(2),
        "repeat and shuffle": lambda: D.range(6).repeat(2).shuffle(5, seed=9),
        "shuffle, one order": lambda: D.range(9).shuffle(4, seed=3, reshuffle_each_iteration=False).repeat(2),
        "generator": lambda: D.from_generator(numbers, output_signature=signature),
        "generator with arguments": lambda: D.from_generator(lambda n: range(n), tf.int64, args=(4,)),
        "generator with types and shapes": lambda: D.from_generator(numbers, (tf.int32, tf.float32), ([], [2])).batch(2),
        "padded_batch": lambda: D.range(1, 5).map(lambda v: tf.fill([v], v)).padded_batch(2, padding_values=tf.constant(-1, tf.int64)),
        "padded_batch to a shape": lambda: D.range(1, 4).map(lambda v: (v, tf.fill([v], v))).padded_batch(2, ([], [5])),
        "unbatch": lambda: D.from_tensor_slices(X).unbatch(),
        "enumerate": lambda: D.from_tensor_slices(["a", "b"]).enumerate(3),
        "reduce": lambda: D.from_tensors(D.range(5).reduce(np.int64(0), lambda state, v: state + v)),
        "scan": lambda: D.range(5).scan(np.int64(0), lambda state, v: (state + v, state * v)),
        "take all and skip": lambda: D.range(10).take(-1).skip(8),
        "shard": lambda: D.range(10).shard(3, 1),
        "take_while": lambda: D.range(10).take_while(lambda v: v < 4),
        "concatenate": lambda: D.range(3).concatenate(D.range(2)),
        "cache": lambda: D.range(3).cache().repeat(2),
        "prefetch": lambda: D.range(5).map(lambda v: v * v).prefetch(tf.data.AUTOTUNE).batch(3, drop_remainder=True),
        "range of floats": lambda: D.range(1, 10, 3, output_type=tf.float32),
        "cardinalities": lambda: D.from_tensor_slices([int(D.range(10).repeat().cardinality()), int(D.range(10).filter(lambda v: True).cardinality()),
                                                       len(D.range(10).batch(3)), len(D.range(10).window(3, 2)), len(D.range(10).padded_batch(4))]),
        "the only element": lambda: D.from_tensors(D.from_tensors([1, 2]).get_single_element()),
        "apply": lambda: D.range(3).apply(lambda d: d.map(lambda v: v + 1)),
        "wrong: slices of different lengths": lambda: D.from_tensor_slices((X, Y[:3])),
        "wrong: slices of a scalar": lambda: D.from_tensor_slices(3.0),
        "wrong: batch of different shapes": lambda: D.range(1, 3).map(lambda v: tf.fill([v], v)).batch(2),
        "wrong: no batch": lambda: D.range(3).batch(0),
        "wrong: concatenate": lambda: D.range(3).concatenate(D.from_tensors(1.0)),
    }


if __name__ == "__main__":
    import json

    import tensorflow

    results = {name: elements(make) for name, make in pipelines(tensorflow).items()}
    print("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in results.items()) + "\n}")
