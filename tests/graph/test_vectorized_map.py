"""tf.vectorized_map and the jacobians of tapes: the numbers of a loop, in graphs that hold no loop."""

import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

N = 3


def numbers(*shape, low=-2.0, seed=7):
    return np.random.default_rng(seed).uniform(low, 2.0, shape).astype(np.float32)


def square_gradient(tf, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(tf.tanh(x) * x)
    return tape.gradient(y, x)


def hessian_row(tf, x):
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_prod(x) + tf.reduce_sum(x ** 3)
        g = inner.gradient(y, x)
        z = tf.reduce_sum(g * g)
    return outer.gradient(z, x)


def convolution_gradient(tf, x):
    kernel = tf.constant(numbers(3, 3, 2, 4, seed=1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.max_pool2d(tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME")), 2, 2, "VALID")
    return tape.gradient(y, x)


def norm_gradient(tf, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.compat.v1.nn.fused_batch_norm(x, W[0, :3], W[1, :3], is_training=True)[0]
        loss = tf.reduce_sum(y * tf.sin(x))
    return tape.gradient(loss, x)


W = numbers(4, 5, seed=3)
SEEDS = np.array([[1, 2], [3, 4], [-5, 2**40]], np.int64)
V = numbers(2, 4, 4, seed=4)
# name: (function of one row, the arguments stacked)
FUNCTIONS = {
    "elementwise": (lambda tf, x: tf.sin(x) * 2.0 + tf.maximum(x, 0.3), [numbers(N, 4)]),
    "broadcast": (lambda tf, x, y: x[:, None] * y + W[0, 0], [numbers(N, 4), numbers(N, 5)]),
    "ranks": (lambda tf, x, y: x + y, [numbers(N, 2, 3, 4), numbers(N, 4)]),
    "scalar": (lambda tf, x, s: x * s, [numbers(N, 2, 3), numbers(N)]),
    "matmul": (lambda tf, x: tf.matmul(x, W), [numbers(N, 2, 4)]),
    "matmul_both": (lambda tf, x, y: tf.matmul(x, y, transpose_b=True), [numbers(N, 2, 4), numbers(N, 3, 4)]),
    "matmul_right": (lambda tf, x: tf.matmul(W, x), [numbers(N, 5, 2)]),
    "matmul_transposed": (lambda tf, x: tf.matmul(x, W, transpose_a=True), [numbers(N, 4, 2)]),
    "batch_matmul": (lambda tf, x: tf.matmul(x, V), [numbers(N, 3, 4)]),
    "einsum": (lambda tf, x, y: tf.einsum("ij,kj->ik", x, y) + tf.einsum("ij,jk->ik", x, W[:, :3]), [numbers(N, 2, 4), numbers(N, 3, 4)]),
    "reduce": (lambda tf, x: (tf.reduce_sum(x), tf.reduce_max(x, 0), tf.reduce_mean(x, -1, keepdims=True)), [numbers(N, 4, 3)]),
    "all": (lambda tf, x: (tf.reduce_all(x > -1.0), tf.argmax(x, 0), tf.cumsum(x, 1)), [numbers(N, 4, 3)]),
    "reshape": (lambda tf, x: (tf.reshape(x, [-1]), tf.reshape(x, [3, 2, 2]), tf.reshape(x, tf.shape(x)[::-1])), [numbers(N, 4, 3)]),
    "shapes": (lambda tf, x: (tf.shape(x), tf.size(x), tf.rank(x)), [numbers(N, 4, 3)]),
    "squeeze": (lambda tf, x: tf.expand_dims(tf.squeeze(x), -1) + tf.expand_dims(tf.squeeze(x, [0]), 0)[0], [numbers(N, 1, 3, 1)]),
    "transpose": (lambda tf, x: tf.transpose(x, [2, 0, 1]) + tf.transpose(tf.transpose(x, [2, 0, 1]), [0, 1, 2]), [numbers(N, 2, 3, 4)]),
    "concat": (lambda tf, x, y: tf.concat([x, y, tf.zeros([1, 4])], 0), [numbers(N, 2, 4), numbers(N, 3, 4)]),
    "stack": (lambda tf, x: tf.stack([x, x * 2.0, tf.ones([4])], 1), [numbers(N, 4)]),
    "unstack": (lambda tf, x: tf.unstack(x, axis=1) + tf.split(x, 2, 0) + tf.split(x, [1, 3], -1), [numbers(N, 2, 4)]),
    "slices": (lambda tf, x: (x[1:, ::-1], x[..., 0], x[:, None, 2], tf.slice(x, [0, 1], [-1, 2])), [numbers(N, 3, 4)]),
    "gather": (lambda tf, x: (tf.gather(x, [2, 0, 0]), tf.gather(x, [1, 3], axis=1), tf.gather_nd(x, [[0, 1], [2, 2]])), [numbers(N, 3, 4)]),
    "lookup": (lambda tf, i: (tf.gather(W, i), tf.gather(W, i, axis=1), tf.gather_nd(W, i[:, None])), [np.array([[0, 1], [3, 2], [1, 1]])]),
    "gather_both": (lambda tf, x, i: (tf.gather(x, i), tf.gather(x, i, axis=1)), [numbers(N, 4, 4), np.array([[0, 1], [3, 2], [1, 1]])]),
    "batch_gather": (lambda tf, x, i: tf.gather(x, i, batch_dims=1), [numbers(N, 2, 4), np.array([[[0], [1]], [[3], [2]], [[1], [1]]])]),
    "one_hot": (lambda tf, i: (tf.one_hot(i, 4), tf.one_hot(i, 4, axis=0)), [np.array([[0, 1], [3, 2], [1, 1]])]),
    "pad": (lambda tf, x: tf.pad(x, [[1, 0], [2, 1]]) + tf.reduce_sum(tf.pad(x, [[1, 1], [0, 0]], "REFLECT")), [numbers(N, 3, 4)]),
    "tile": (lambda tf, x: (tf.tile(x, [2, 1]), tf.reverse(x, [0]), tf.broadcast_to(x[0], [2, 4]), tf.fill([2, 2], x[0, 0])), [numbers(N, 3, 4)]),
    "where": (lambda tf, x: tf.where(x > 0.0, x, tf.constant(-1.0)) + tf.where([True, False, True, False], x, 0.0), [numbers(N, 3, 4)]),
    "scatter": (lambda tf, x: tf.scatter_nd([[1], [0], [1]], x, [3, 2]), [numbers(N, 3, 2)]),
    "scatter_into": (lambda tf, x, i: tf.tensor_scatter_nd_add(x, i[:, None], tf.ones([2, 2])), [numbers(N, 3, 2), np.array([[0, 1], [2, 2], [1, 0]])]),
    "segments": (lambda tf, x: tf.math.unsorted_segment_sum(x, [0, 2, 0], 4), [numbers(N, 3, 2)]),
    "segments_of_each": (lambda tf, x, i: tf.math.unsorted_segment_max(x, i, 3), [numbers(N, 3), np.array([[0, 2, 0], [-1, 1, 1], [2, 2, 2]])]),
    "top_k": (lambda tf, x: tf.math.top_k(x, 2), [numbers(N, 2, 5)]),
    "softmax": (lambda tf, x: (tf.nn.softmax(x), tf.nn.log_softmax(x, -1)), [numbers(N, 2, 5)]),
    "crossentropy": (lambda tf, x, y: (tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(x), x),
                                       tf.nn.sparse_softmax_cross_entropy_with_logits(y, x)), [numbers(N, 2, 5), np.array([[0, 4], [1, 1], [3, 2]])]),
    "bias": (lambda tf, x, b: (tf.nn.bias_add(x, W[0]), tf.nn.bias_add(x, b)), [numbers(N, 2, 5), numbers(N, 5)]),
    "conv2d": (lambda tf, x: tf.nn.conv2d(x, numbers(2, 2, 3, 4), 1, "SAME"), [numbers(N, 2, 5, 5, 3)]),
    "pools": (lambda tf, x: (tf.nn.max_pool2d(x, 2, 2, "VALID"), tf.nn.avg_pool2d(x, 2, 1, "SAME")), [numbers(N, 2, 5, 5, 3)]),
    "patches": (lambda tf, x: tf.image.extract_patches(x, [1, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], "VALID"), [numbers(N, 2, 4, 4, 3)]),
    "l2_loss": (lambda tf, x: (tf.nn.l2_loss(x), tf.clip_by_value(x, -0.5, 0.5), tf.norm(x)), [numbers(N, 2, 3)]),
    "gradient": (square_gradient, [numbers(N, 4)]),
    "second_gradient": (hessian_row, [numbers(N, 4)]),
    "convolution_gradient": (convolution_gradient, [numbers(N, 2, 6, 6, 2)]),
    "shared_result": (lambda tf, x: tf.constant(W), [numbers(N, 2)]),
    "structure": (lambda tf, x: {"a": x, "b": (x + 1.0, [x[0]])}, [numbers(N, 2)]),
    "shared_condition": (lambda tf, x: tf.cond(tf.reduce_sum(tf.constant(W)) > 1e9, lambda: x, lambda: x * 3.0), [numbers(N, 2)]),
    "shared_loop": (lambda tf, x: tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x), (0, tf.ones([2])))[1], [numbers(N, 2)]),
    "loop_of_each": (lambda tf, x: tf.while_loop(lambda y: y < 10.0, lambda y: (y * 2.0,), (x,)), [numbers(N, low=0.5)]),
    "loops_of_each": (lambda tf, x, n: tf.while_loop(
        lambda i, y: i < n, lambda i, y: (i + 1, tf.while_loop(lambda z: tf.reduce_sum(z) < 9.0, lambda z: (z + y * y,), (y,))[0] * 0.5), (0, x)),
        [numbers(N, 2, low=0.5), np.array([3, 0, 1], np.int32)]),
    "shared_case": (lambda tf, x: tf.switch_case(tf.size(x), [lambda: x, lambda: x + 1.0, lambda: x * 3.0]), [numbers(N, 2)]),
    "condition_of_each": (lambda tf, x: tf.cond(x[0] > 0.0, lambda: x, lambda: x * 3.0), [numbers(N, 2)]),
    "condition_of_none": (lambda tf, x: tf.cond(x[0] > 9.0, lambda: (x, tf.size(x)), lambda: (x * 3.0, tf.rank(x))), [numbers(N, 2)]),
    "conditions_in_conditions": (lambda tf, x: tf.cond(x[0] > 0.0, lambda: tf.cond(x[1] > 0.0, lambda: x, lambda: -x), lambda: x * 3.0),
                                 [numbers(N, 2)]),
    "case_of_each": (lambda tf, x, i: tf.switch_case(i, [lambda: x, lambda: x @ x, lambda: tf.transpose(x)]),
                     [numbers(N, 2, 2), np.array([1, 0, 7], np.int32)]),
    "case_by_conditions": (lambda tf, x: tf.case([(x > 1.0, lambda: x), (x > 0.0, lambda: -x)], default=lambda: x * 3.0), [numbers(N)]),
    "decompositions": (lambda tf, x: (tf.linalg.cholesky(x @ tf.transpose(x) + tf.eye(3)), tf.linalg.inv(x), tf.linalg.det(x), tf.linalg.slogdet(x)),
                       [numbers(N, 3, 3)]),
    "solvers": (lambda tf, x, y: (tf.linalg.solve(x, y), tf.linalg.triangular_solve(x, y), tf.linalg.solve(tf.constant(W[:3, :3]), y)),
                [numbers(N, 3, 3), numbers(N, 3, 2)]),
    "eigenvalues": (lambda tf, x: (tf.linalg.eigvalsh(x + tf.transpose(x)), tf.linalg.svd(x, compute_uv=False)), [numbers(N, 3, 3)]),
    "diagonals": (lambda tf, x, y: (tf.linalg.set_diag(x, y), tf.linalg.tensor_diag(y), tf.linalg.tensor_diag_part(x), tf.linalg.diag_part(x)),
                  [numbers(N, 3, 3), numbers(N, 3)]),
    "transforms": (lambda tf, x: (tf.math.real(tf.signal.fft(tf.complex(x, x))), tf.signal.irfft(tf.signal.rfft(x)),
                                  tf.abs(tf.signal.fft2d(tf.complex(x, x)))), [numbers(N, 4, 8)]),
    "rolled": (lambda tf, x: (tf.roll(x, 1, 0), tf.roll(x, [1, -2], [0, -1])), [numbers(N, 3, 4)]),
    "searched": (lambda tf, x: (tf.searchsorted(tf.sort(x), x), tf.searchsorted(tf.constant([0.0, 1.0]), x[0])), [numbers(N, 2, 4)]),
    "depth": (lambda tf, x: tf.nn.depth_to_space(tf.nn.space_to_depth(x, 2) * 2.0, 2), [numbers(N, 1, 4, 4, 2)]),
    "training_batch_norm": (lambda tf, x: tf.compat.v1.nn.fused_batch_norm(x, W[0, :3], W[1, :3], is_training=True)[:3], [numbers(N, 4, 2, 2, 3)]),
    "training_batch_norm_of_each": (lambda tf, x, s: tf.compat.v1.nn.fused_batch_norm(x, s, s * 2.0, data_format="NCHW")[0], [numbers(N, 4, 3, 2, 2), numbers(N, 3)]),
    "batch_norm": (lambda tf, x: tf.compat.v1.nn.fused_batch_norm(x, W[0, :3], W[1, :3], W[2, :3], W[3, :3] ** 2, is_training=False)[0], [numbers(N, 4, 2, 2, 3)]),
    "batch_norm_gradient": (lambda tf, x: norm_gradient(tf, x), [numbers(N, 4, 2, 2, 3)]),
    "space_to_batch": (lambda tf, x: (tf.space_to_batch(x, [2, 3], [[0, 0], [1, 1]]), tf.raw_ops.SpaceToBatch(input=x, paddings=[[0, 0], [0, 0]], block_size=2)),
                       [numbers(N, 2, 4, 4, 3)]),
    "batch_to_space": (lambda tf, x: (tf.batch_to_space(x, [2, 3], [[0, 1], [1, 0]]), tf.raw_ops.BatchToSpace(input=x[:4], crops=[[0, 0], [0, 0]], block_size=2)),
                       [numbers(N, 12, 4, 4, 3)]),
    "atrous_convolution": (lambda tf, x: tf.nn.convolution(x, numbers(3, 3, 2, 4, seed=1), padding="SAME", dilations=2), [numbers(N, 2, 6, 6, 2)]),
    "seeds_of_each": (lambda tf, seed: (tf.random.stateless_uniform([2, 3], seed), tf.random.stateless_normal([3], seed), tf.random.stateless_truncated_normal([2], seed),
                                        tf.random.stateless_uniform([4], seed, 0, 1000, tf.int32), tf.random.stateless_poisson([3], seed, 4.0)), [SEEDS]),
    "parameters_of_each": (lambda tf, seed, p: (tf.random.stateless_binomial([2, 3], seed, 9.0, p), tf.random.stateless_categorical(p[None], 4, seed)), [SEEDS, numbers(N, 3, low=0.1) / 3]),
    "shared_seed": (lambda tf, x: tf.random.stateless_uniform([2], [3, 4]) * x, [numbers(N, 2)]),
    "function": (lambda tf, x: tf.function(lambda y: tf.reduce_sum(tf.sin(y)) * 2.0)(x), [numbers(N, 2)]),
}
# These need the loop, for the operator or for all of it.
LOOPED = {
    "growing_loop_of_each": (lambda tf, x: tf.reduce_sum(tf.while_loop(lambda y: tf.reduce_sum(y) < 10.0, lambda y: (tf.concat([y, y], 0),), (x,),
                                                                       shape_invariants=[tf.TensorShape([None])])[0]), [numbers(N, 1, low=0.5)]),
    "no_rule": (lambda tf, x: tf.sort(x)[0] + tf.cast(tf.math.bincount(tf.cast(tf.abs(x), tf.int32), minlength=3)[0], tf.float32), [numbers(N, 5)]),
    "filter_of_each": (lambda tf, x, k: tf.nn.conv2d(x, k, 1, "SAME"), [numbers(N, 1, 4, 4, 2), numbers(N, 2, 2, 2, 3)]),
    "scan": (lambda tf, x: tf.scan(lambda a, b: a + b, x), [numbers(N, 4)]),
}


def flat(tf, result):
    return [np.asarray(t) for t in tf.nest.flatten(result)]


def looped(tf, f, args):
    rows = [flat(tf, f(tf, *[tf.constant(a[i]) for a in args])) for i in range(N)]
    return [np.stack(column) for column in zip(*rows)]


def batched(tf, f, args):
    row = (lambda rows: f(tf, *rows)) if len(args) > 1 else (lambda x: f(tf, x))
    return tf.vectorized_map(row, tuple(args) if len(args) > 1 else args[0])


def check(tf, got, expected):
    got = flat(tf, got)
    assert len(got) == len(expected)
    for a, b in zip(got, expected):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("name", [*FUNCTIONS, *LOOPED])
@pytest.mark.parametrize("mode", ["eager", "graph", "unknown"])
def test_a_vectorised_function_gives_what_a_loop_gives(tf, name, mode):
    f, args = {**FUNCTIONS, **LOOPED}[name]
    tensors = [tf.constant(a) for a in args]
    if mode == "eager":
        got = batched(tf, f, tensors)
    else:
        specs = [tf.TensorSpec([None, *t.shape[1:]] if mode == "unknown" else t.shape, t.dtype) for t in tensors]
        got = tf.function(lambda *rows: batched(tf, f, list(rows)), input_signature=specs, autograph=False)(*tensors)
    check(tf, got, looped(tf, f, args))


def loops_in(graph):
    return [op.type for op in graph.get_operations() if "While" in op.type or "Map" in op.type]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_loop_is_left(tf, name):
    f, args = FUNCTIONS[name]
    specs = [tf.TensorSpec([None, *a.shape[1:]], a.dtype) for a in args]
    graph = tf.function(lambda *rows: batched(tf, f, list(rows)), autograph=False).get_concrete_function(*specs).graph
    assert len(loops_in(graph)) == (name in ("shared_loop", "loop_of_each", "loops_of_each"))  # for all rows at once
    assert len(graph.get_operations()) < 400


def test_every_rule_belongs_to_an_operator(tf):
    root = pathlib.Path(__file__).parents[2] / "runnel/ops"
    files = [*root.glob("*/batching.cc"), *root.glob("*/partial_values.cc")]
    names = [name for file in files for name in re.findall(r'\{"([A-Z]\w+)", ', file.read_text())]
    assert len(names) > 130 and not [name for name in names if not hasattr(tf.raw_ops, name)]


def test_the_function_is_called_once_and_sees_rows(tf):
    seen = []

    def f(row):
        seen.append(row.shape.as_list())
        return row * 2.0

    assert tf.vectorized_map(f, tf.ones([5, 3])).shape == (5, 3)
    assert seen == [[3]]


def test_without_a_fallback_missing_rules_are_errors(tf):
    with pytest.raises(ValueError, match="No pfor vectorization defined for"):
        tf.vectorized_map(lambda x: LOOPED["growing_loop_of_each"][0](tf, x), tf.constant([[1.0], [2.0]]), fallback_to_while_loop=False)
    with pytest.raises(ValueError, match="1\\+ dimensional"):
        tf.vectorized_map(lambda x: x, tf.constant(1.0))


def test_gradients_flow_through(tf):
    x, w = tf.constant(numbers(N, 4)), tf.Variable(numbers(4, seed=2))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(tf.vectorized_map(lambda row: tf.sin(row * w) * tf.reduce_sum(row), x) ** 2)
    got = tape.gradient(y, [x, w])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum((tf.sin(x * w) * tf.reduce_sum(x, 1, keepdims=True)) ** 2)
    for a, b in zip(got, tape.gradient(y, [x, w])):
        np.testing.assert_allclose(a, b, rtol=1e-4)


def test_per_example_gradients_of_a_model(tf):
    model = tf.keras.Sequential([tf.keras.layers.Dense(5, activation="tanh"), tf.keras.layers.Dense(1)])
    x, y = tf.constant(numbers(8, 3)), tf.constant(numbers(8, 1, seed=9))
    model(x)

    def gradients(row):
        inputs, target = row
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(inputs[None]) - target[None]) ** 2)
        return tape.gradient(loss, model.trainable_variables)

    each = tf.vectorized_map(gradients, (x, y))
    for i in (0, 7):
        for got, expected in zip(each, gradients((x[i], y[i]))):
            np.testing.assert_allclose(got[i], expected, rtol=1e-4, atol=1e-6)


def test_random_numbers_differ_from_row_to_row(tf):
    def draw(x):
        return tf.random.uniform([]) + 0.0 * x, tf.random.normal([2])[0], tf.random.gamma([], 0.5), tf.random.uniform([], 0, 10**9, tf.int32)

    for got in tf.vectorized_map(draw, tf.zeros([6]), fallback_to_while_loop=False):
        assert len(set(got.numpy().tolist())) == 6


DRAWN = """
import runnel as tf
tf.random.set_seed(3)
rows = tf.vectorized_map(lambda x: tf.random.uniform([2], seed=5), tf.zeros([3]))
tf.random.set_seed(3)
assert (rows.numpy() == tf.random.uniform([3, 2], seed=5).numpy()).all()
"""


def test_the_numbers_of_all_rows_are_drawn_at_once():
    subprocess.run([sys.executable, "-c", DRAWN], check=True)  # in a process whose seed is nobody else's


def test_gradients_flow_through_the_loops_of_each_row(tf):
    def grown(x):
        return tf.while_loop(lambda y: y < 10.0, lambda y: (y * y + y,), (x,))[0]

    x = tf.constant([3.0, 1.0, 20.0])
    for f in (lambda x: tf.vectorized_map(grown, x, fallback_to_while_loop=False), tf.function(lambda x: tf.vectorized_map(grown, x))):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        assert y.numpy().tolist() == [12.0, 42.0, 20.0]
        assert tape.gradient(y, x).numpy().tolist() == [7.0, 3.0 * 5.0 * 13.0, 1.0]


def test_branches_of_each_row_change_state_only_where_they_are_taken(tf):
    taken = tf.Variable([0, 0])

    @tf.function
    def f(x):
        def one(x):
            def count(i):
                taken.scatter_nd_add([[i]], [1])
                return x

            return tf.cond(x > 0.0, lambda: count(0), lambda: count(1))

        return tf.vectorized_map(one, x)

    f(tf.constant([1.0, 2.0, -1.0]))
    assert taken.numpy().tolist() == [2, 1]
    f(tf.constant([1.0]))
    assert taken.numpy().tolist() == [3, 1]


def test_gradients_flow_through_the_branches_of_each_row(tf):
    x = tf.constant([2.0, -3.0, 0.5])
    for g in (lambda x: tf.cond(x > 0.0, lambda: x * x, lambda: 5.0 * x), lambda x: tf.switch_case(tf.cast(x > 0.0, tf.int32), [lambda: 5.0 * x, lambda: x * x])):
        for f in (lambda x: tf.vectorized_map(g, x), tf.function(lambda x: tf.vectorized_map(g, x))):
            with tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    y = f(x)
                dy = tape.gradient(y, x)
            assert y.numpy().tolist() == [4.0, -15.0, 0.25] and dy.numpy().tolist() == [4.0, 5.0, 1.0]
            assert outer.gradient(dy, x).numpy().tolist() == [2.0, 0.0, 2.0]


def test_vectorised_functions_nest(tf):
    x, y = tf.constant(numbers(3)), tf.constant(numbers(4, seed=5))
    got = tf.vectorized_map(lambda a: tf.vectorized_map(lambda b: tf.sin(a) * b, y), x)
    np.testing.assert_allclose(got, np.sin(x.numpy())[:, None] * y.numpy(), rtol=1e-5)


@pytest.mark.parametrize("pfor", [True, False])
@pytest.mark.parametrize("mode", ["eager", "graph", "unknown"])
def test_jacobians(tf, pfor, mode):
    x = tf.constant(numbers(3, 4))

    def jacobians(x):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = tf.matmul(tf.tanh(x), W) * tf.reduce_sum(x)
            z = tf.sin(tf.matmul(x, W))
        return tape.jacobian(y, x, experimental_use_pfor=pfor), tape.batch_jacobian(z, x, experimental_use_pfor=pfor)

    if mode != "eager":
        jacobians = tf.function(jacobians, input_signature=[tf.TensorSpec([None, 4] if mode == "unknown" else [3, 4])])
    full, per_row = jacobians(x)
    t, v = np.tanh(x.numpy()), x.numpy()
    expected = np.einsum("ac,cj,jk->akcj", np.eye(3), 1 - t * t, W) * v.sum() + (t @ W)[:, :, None, None]
    np.testing.assert_allclose(full, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(per_row, np.einsum("ak,jk->akj", np.cos(v @ W), W), rtol=1e-4, atol=1e-4)


def test_a_jacobian_in_a_graph_holds_no_loop_and_grows_with_nothing(tf):
    def count(n):
        @tf.function
        def f(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.reduce_sum(tf.tanh(x) * x[:, None], 1)
            return tape.jacobian(y, x)

        graph = f.get_concrete_function(tf.TensorSpec([n])).graph
        assert not loops_in(graph)
        return len(graph.get_operations())

    assert count(3) == count(50)
