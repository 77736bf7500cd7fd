"""tf.function as users meet it: polymorphism, state, names, errors. The expected texts and names are real TensorFlow 2.21's."""

import os
import threading

import numpy as np
import pytest


def test_one_trace_for_each_kind_of_arguments(tf):
    traces = []

    @tf.function
    def f(x, n=2, *, flag=False):
        traces.append((n, flag))
        return x * n

    assert f(tf.constant([1.0, 2.0])).numpy().tolist() == [2, 4]
    f(tf.constant([3.0, 4.0]))
    f(tf.constant([3.0, 4.0]), 2)
    f(x=tf.constant([3.0, 4.0]))
    f(np.array([3.0, 4.0], np.float32))
    assert len(traces) == 1
    f(tf.constant([1.0]))
    f(tf.constant([1.0]), 3)
    f(tf.constant([1.0]), 3, flag=True)
    assert traces == [(2, False), (2, False), (3, False), (3, True)]
    assert f.experimental_get_tracing_count() == 4


def test_structures_come_back(tf):
    @tf.function
    def f(pair, table):
        a, b = pair
        return {"sum": a + b, "rest": [table["k"], None, (a,)]}

    out = f((tf.constant(1), tf.constant(2)), {"k": tf.constant(3)})
    assert out["sum"].numpy() == 3
    assert out["rest"][0].numpy() == 3 and out["rest"][1] is None and isinstance(out["rest"][2], tuple)


def test_names_and_operations_of_the_graph(tf):
    @tf.function
    def cube(x):
        return x**3

    concrete = cube.get_concrete_function(tf.constant(2.0))
    operations = concrete.graph.get_operations()
    assert [(o.name, o.type) for o in operations] == [("x", "Placeholder"), ("pow/y", "Const"), ("pow", "Pow"), ("Identity", "Identity")]
    power = concrete.graph.get_operation_by_name("pow")
    assert [t.name for t in power.inputs] == ["x:0", "pow/y:0"] and [t.name for t in power.outputs] == ["pow:0"]
    assert repr(power) == "<tf.Operation 'pow' type=Pow>"
    assert concrete.graph.get_tensor_by_name("x:0").dtype == tf.float32
    assert str(concrete.structured_outputs) == 'Tensor("Identity:0", shape=(), dtype=float32)'
    assert concrete.pretty_printed_signature() == (
        "Input Parameters:\n  x (POSITIONAL_OR_KEYWORD): TensorSpec(shape=(), dtype=tf.float32, name=None)\n"
        "Output Type:\n  TensorSpec(shape=(), dtype=tf.float32, name=None)\nCaptures:\n  None")
    with pytest.raises(KeyError, match="refers to an Operation not in the graph"):
        concrete.graph.get_operation_by_name("zz")
    assert concrete(tf.constant(3.0)).numpy() == 27 and concrete(x=tf.constant(3.0)).numpy() == 27


def test_variables_are_made_once_and_used_by_reference(tf):
    class Layer(tf.Module):
        def __init__(self):
            self.w = None

        @tf.function
        def __call__(self, x):
            if self.w is None:
                self.w = tf.Variable(2.0)
            self.w.assign_add(1.0)
            return self.w * x

    a, b = Layer(), Layer()
    assert a(tf.constant(1.0)).numpy() == 3 and a(tf.constant(1.0)).numpy() == 4
    assert b(tf.constant(1.0)).numpy() == 3
    assert a.w.numpy() == 4

    @tf.function
    def bad(x):
        return tf.Variable(1.0) + x

    with pytest.raises(ValueError, match="tf.function only supports singleton tf.Variables created on the first call"):
        bad(tf.constant(1.0))


def test_methods_have_traces_of_their_own_and_free_their_objects(tf):
    import gc
    import weakref

    class Scale:
        def __init__(self, k):
            self.k = k

        @tf.function
        def __call__(self, x):
            return x * self.k if x > 0 else x

    assert Scale(3)(tf.constant(2)).numpy() == 6 and Scale(4).__call__(tf.constant(2)).numpy() == 8
    kept = Scale(5)
    assert kept(tf.constant(2)).numpy() == 10 and kept.__call__.experimental_get_tracing_count() == 1
    gone = weakref.ref(kept)
    del kept
    gc.collect()
    assert gone() is None


def test_effects_are_kept_and_the_rest_goes(tf):
    v = tf.Variable(0.0)
    calls = []

    @tf.function
    def f(x):
        v.assign(x)
        y = v + 1.0
        v.assign(10.0 * x)
        tf.py_function(lambda t: calls.append(t.numpy()), [v], [])
        return y

    assert f(tf.constant(2.0)).numpy() == 3
    assert v.numpy() == 20 and calls == [20]


def test_a_signature_serves_all_sizes(tf):
    traces = []

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def f(x):
        traces.append(x.shape)
        return tf.reduce_sum(x)

    assert f(tf.ones([3, 2])).numpy() == 6 and f([[1.0, 2.0]]).numpy() == 3
    assert [s.as_list() for s in traces] == [[None, 2]]
    with pytest.raises(TypeError, match="Can not cast TensorSpec\\(shape=\\(2, 3\\), dtype=tf.float32, name=None\\)"):
        f(tf.ones([2, 3]))


def test_wrong_calls(tf):
    @tf.function
    def f(a, b=2):
        return a

    with pytest.raises(TypeError, match="Binding inputs to tf.function failed due to `missing a required argument: 'a'`"):
        f()
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'zz'"):
        f(tf.constant(1), zz=1)
    concrete = f.get_concrete_function(tf.constant([1.0]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="was expected to be a float tensor but is a double tensor"):
        concrete(tf.constant([1.0], tf.float64))


def test_a_leaked_tensor_is_refused(tf):
    leak = []

    @tf.function
    def f(x):
        leak.append(x * 2)
        return x

    f(tf.constant(1.0))
    for use in (lambda: leak[0] + 1, lambda: tf.function(lambda x: leak[0] + x)(tf.constant(1.0))):
        with pytest.raises((TypeError, ValueError), match="<tf.Tensor 'mul:0' shape=\\(\\) dtype=float32> is out of scope and cannot be used here"):
            use()


def test_python_control_flow_on_tensors_needs_autograph(tf):
    @tf.function(autograph=False)
    def f(x):
        return x if x > 0 else -x

    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError, match="Using a symbolic `tf.Tensor` as a Python `bool` is not allowed"):
        f(tf.constant(1.0))


def test_branches_must_agree(tf):
    @tf.function(autograph=False)
    def f(x):
        return tf.cond(x > 0, lambda: x, lambda: tf.constant(1))

    with pytest.raises(TypeError, match="true_fn and false_fn arguments to tf.cond must have the same number, type, and overall structure"):
        f(tf.constant(1.0))


def test_loop_variables_keep_dtype_and_shape(tf):
    def grow(x):
        return tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, tf.concat([a, a], 0)), [0, x])

    with pytest.raises(ValueError, match="enters the loop with shape \\(2,\\), but has shape \\(4,\\) after one iteration"):
        tf.function(grow, autograph=False)(tf.ones([2]))
    with pytest.raises(TypeError, match="enters the loop with type <dtype: 'float32'> but has type <dtype: 'float64'> after 1 iteration"):
        tf.function(lambda x: tf.while_loop(lambda a: True, lambda a: [tf.cast(a, tf.float64)], [x]), autograph=False)(tf.ones([2]))
    allowed = tf.function(lambda x: tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, tf.concat([a, a], 0)), [0, x],
                                                  shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])])[1], autograph=False)
    assert allowed(tf.ones([2])).shape == [16]


def test_nested_control_flow_has_gradients_of_second_order(tf):
    def f(x):
        def body(i, a):
            return i + 1, tf.cond(a > 1.0, lambda: a * x, lambda: a + x * x)

        return tf.while_loop(lambda i, a: i < 4, body, [0, x])[1]

    def derivatives(fn, x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = fn(x)
            first = inner.gradient(y, x)
        return [y.numpy(), first.numpy(), outer.gradient(first, x).numpy()]

    x = tf.constant(0.9, tf.float64)
    eager = derivatives(f, x)
    np.testing.assert_allclose(derivatives(tf.function(f, autograph=False), x), eager, rtol=1e-14)
    inside = tf.function(lambda t: derivatives_in_graph(tf, f, t), autograph=False)(x)
    np.testing.assert_allclose([t.numpy() for t in inside], eager, rtol=1e-14)


def derivatives_in_graph(tf, fn, x):
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = fn(x)
        first = inner.gradient(y, x)
    return y, first, outer.gradient(first, x)


def test_maps_scans_and_arrays_agree_with_eager_code(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    functions = [
        lambda t: tf.map_fn(lambda r: r * tf.reduce_sum(r), t),
        lambda t: tf.map_fn(lambda p: p[0] * p[1], (t, t + 1.0), fn_output_signature=tf.float32),
        lambda t: tf.scan(lambda a, r: a * 2.0 + r, t),
        lambda t: tf.scan(lambda a, r: a + r, t, initializer=tf.zeros([2]), reverse=True),
        lambda t: tf.foldl(lambda a, r: a * r, t),
        lambda t: tf.foldr(lambda a, r: a - r, t),
        lambda t: tf.TensorArray(tf.float32, 3).unstack(t).write(1, [7.0, 8.0]).stack(),
        lambda t: tf.TensorArray(tf.float32, 0, dynamic_size=True).write(0, t[0]).write(1, t[1] * t[2]).concat(),
        lambda t: tf.TensorArray(tf.float32, 3, element_shape=[2]).scatter([2, 0], t[:2]).gather([0, 2]),
    ]
    for number, f in enumerate(functions):
        results = []
        for fn in (f, tf.function(f, autograph=False)):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = fn(x)
            results.append((y.numpy(), tape.gradient(y, x).numpy()))
        np.testing.assert_array_equal(results[0][0], results[1][0], err_msg=f"value of {number}")
        np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-6, err_msg=f"gradient of {number}")


def test_case_and_switch_case(tf):
    f = tf.function(lambda i: tf.switch_case(i, [lambda: 10.0, lambda: 20.0], default=lambda: 30.0), autograph=False)
    assert [f(tf.constant(i)).numpy() for i in (0, 1, 2, -1)] == [10, 20, 30, 30]
    g = tf.function(lambda x: tf.case([(x < 0.0, lambda: x * 2), (x < 10.0, lambda: x * 3)], default=lambda: x), autograph=False)
    assert [g(tf.constant(v)).numpy() for v in (-1.0, 2.0, 20.0)] == [-2, 6, 20]


def test_custom_gradients_inside_functions(tf):
    @tf.custom_gradient
    def double_but_ten(x):
        return x * 2.0, lambda g: g * 10.0

    x = tf.constant(3.0)
    for fn in (double_but_ten, tf.function(double_but_ten, autograph=False), tf.function(tf.recompute_grad(lambda t: t * t * t), autograph=False)):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = fn(x)
        assert tape.gradient(y, x).numpy() in (10, 27)
    stopped = tf.function(lambda t: tf.stop_gradient(t) * t, autograph=False)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = stopped(x)
    assert tape.gradient(y, x).numpy() == 3


def test_code_of_the_host_inside_graphs(tf):
    x = tf.constant([1.0, 2.0])
    f = tf.function(lambda t: tf.py_function(lambda a: a * a, [t], tf.float32), autograph=False)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    assert y.numpy().tolist() == [1, 4] and tape.gradient(y, x).numpy().tolist() == [2, 4]
    g = tf.function(lambda t: tf.numpy_function(lambda a: np.cumsum(a), [t], tf.float32), autograph=False)
    assert g(x).numpy().tolist() == [1, 3]


def test_printing_happens_when_the_graph_runs(tf, capfd):
    f = tf.function(lambda t: [tf.print("t =", t, {"k": t}), t][1], autograph=False)
    f(tf.constant([1, 2]))
    f(tf.constant([1, 2]))
    assert capfd.readouterr().err == "t = [1 2] {'k': [1 2]}\n" * 2


def test_scopes(tf):
    seen = []

    @tf.function(autograph=False)
    def f(x):
        seen.append(tf.executing_eagerly())
        with tf.init_scope():
            seen.append(tf.executing_eagerly())
        with tf.name_scope("outer"), tf.name_scope("inner"):
            return tf.square(x, name="sq")

    graph = f.get_concrete_function(tf.constant(1.0)).graph
    assert seen == [False, True]
    assert "outer/inner/sq" in [o.name for o in graph.get_operations()]


def test_graphs_with_placeholders(tf):
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [None, 2], name="x")
        y = tf.reduce_sum(x * 3.0)
        gradient = tf.gradients(y, x)[0]
        assert x.graph is graph and x.shape.as_list() == [None, 2] and tf.compat.v1.get_default_graph() is graph
        assert y.eval({x.ref(): np.ones([4, 2], np.float32)}).item() == 24
        assert gradient.eval({x.ref(): np.ones([1, 2], np.float32)}).tolist() == [[3, 3]]


def test_traces_leave_no_memory_behind(tf):
    import gc
    import resource

    def make(count):
        for i in range(count):
            f = tf.function(lambda x: tf.cond(x > 0.0, lambda: x * 2.0, lambda: x), autograph=False)
            x = tf.constant(1.0)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = f(x)
            tape.gradient(y, x)

    make(100)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    make(400)
    gc.collect()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8000  # kilobytes


def test_threads_call_one_function_at_the_same_time(tf):
    import threading

    f = tf.function(lambda x, n: x * n + tf.cast(tf.shape(x)[0], tf.float32), autograph=False)
    wrong = []

    def work(k):
        for i in range(50):
            size = 1 + (i + k) % 5
            if not (f(tf.ones([size]), k).numpy() == k + size).all():
                wrong.append((k, i))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


@pytest.mark.parametrize("shape", [[2, 3], [None, None]], ids=["known", "unknown"])
@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_cumprod_is_differentiated_exactly_where_factors_are_zero(tf, shape, exclusive, reverse):
    value = np.array([[2.0, 0.0, 3.0], [0.0, 5.0, 0.0]])
    weights = np.array([[1.0, -2.0, 0.5], [3.0, 1.0, -1.0]])

    def numeric(x, i, j):  # the derivative of sum(weights * cumprod(x)) with respect to x[i, j]: it is linear in x[i, j]
        def total(v):
            y = x.copy()
            y[i, j] = v
            y = y[:, ::-1] if reverse else y
            y = np.cumprod(np.concatenate([np.ones((2, 1)), y[:, :-1]], 1) if exclusive else y, 1)
            return (weights * (y[:, ::-1] if reverse else y)).sum()
        return total(1.0) - total(0.0)

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float64)])
    def derivatives(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(weights * tf.math.cumprod(x, 1, exclusive=exclusive, reverse=reverse))
            first = inner.gradient(y, x)
            picked = first[0, 0]
        return first, outer.gradient(picked, x)

    first, second = derivatives(tf.constant(value))
    np.testing.assert_allclose(first, [[numeric(value, i, j) for j in range(3)] for i in range(2)], atol=1e-12)
    shifted = [[numeric(value + np.eye(6)[3 * i + j].reshape(2, 3), 0, 0) - numeric(value, 0, 0) for j in range(3)] for i in range(2)]
    shifted[0][0] = 0.0
    np.testing.assert_allclose(second, shifted, atol=1e-12)


def test_a_relaxed_signature_is_compiled_once_for_all_lengths(tf):
    w = tf.Variable(tf.ones([4, 3]))

    @tf.function(input_signature=[tf.TensorSpec([None, None, 4])])
    def step(x):
        with tf.GradientTape() as tape:
            y = tf.reduce_mean(tf.tanh(tf.einsum("btf,fu->btu", x, w)))
        w.assign_sub(0.01 * tape.gradient(y, w))
        return y

    sizes = np.random.default_rng(1).integers(1, 20, (1000, 2))
    for batch, time in sizes:
        step(tf.ones([batch, time, 4]))
    assert step.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("bad", [3, "a", [1]])
def test_only_callables_become_functions(tf, bad):
    with pytest.raises(TypeError, match="is not a callable object"):
        tf.function(bad)
    with pytest.raises(TypeError, match="is not a callable object"):
        tf.function(autograph=False)(bad)


def test_an_element_of_an_array_is_read_once_outside_of_functions(tf):
    def read_twice(**options):
        array = tf.TensorArray(tf.float32, 3, **options).write(0, 1.0).write(1, 2.0)
        return array.read(0), array.read(1), array.read(0)

    for options in ({}, {"clear_after_read": True}):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Could not read index 0 twice because it was cleared"):
            read_twice(**options)
        assert [float(t) for t in tf.function(lambda options=options: read_twice(**options))()] == [1, 2, 1]
    assert [float(t) for t in read_twice(clear_after_read=False)] == [1, 2, 1]
    array = tf.TensorArray(tf.float32, 1).write(0, 1.0)
    assert float(array.read(0)) == 1 and float(array.write(0, 7.0).read(0)) == 7


def test_known_parts_of_shapes_survive_arithmetic(tf):
    shapes = {}

    @tf.function(input_signature=[tf.TensorSpec([None, None, 6])])
    def f(x):
        b, t = tf.shape(x)[0], tf.shape(x)[1]
        shapes.update(
            concat=tf.reshape(x, tf.concat([tf.shape(x)[:-1], [3, 2]], 0)).shape, pack=tf.reshape(x, [b, t * 2, 3]).shape,
            inferred=tf.reshape(x, tf.stack([b, -1, 6 // 2])).shape, fill=tf.zeros([b, t, 5]).shape,
            slice=tf.slice(x, [0, 0, 0], [b, 1, 2]).shape, broadcast=tf.broadcast_to(x[:, :1], [b, 4, 6]).shape,
            arithmetic=tf.reshape(x, tf.concat([tf.shape(x)[:1] * 3, tf.shape(x)[2:] // 3, [-1]], 0)).shape,
            gathered=tf.zeros(tf.gather(tf.shape(x), [2, 0])).shape, cast=tf.zeros(tf.cast(tf.shape(x), tf.int64)[1:]).shape,
            branch=tf.cond(b > 1, lambda: tf.zeros([b, 6]), lambda: tf.ones([b, 6])).shape)
        return x

    f(tf.zeros([2, 3, 6]))
    assert {k: v.as_list() for k, v in shapes.items()} == {
        "concat": [None, None, 3, 2], "pack": [None, None, 3], "inferred": [None, None, 3], "fill": [None, None, 5],
        "slice": [None, 1, 2], "broadcast": [None, 4, 6], "arithmetic": [None, 2, None], "gathered": [6, None], "cast": [None, 6],
        "branch": [None, 6]}


def test_known_parts_of_shapes_survive_in_models_and_data_sets(tf):
    class DepthPool(tf.keras.layers.Layer):
        def call(self, inputs):
            shape = tf.shape(inputs)
            return tf.reduce_max(tf.reshape(inputs, tf.concat([shape[:-1], [shape[-1] // 2, 2]], axis=0)), axis=-1)

    inputs = tf.keras.Input([None, None, 6])
    pooled = DepthPool()(inputs)
    assert pooled.shape[1:] == (None, None, 3)
    model = tf.keras.Model(inputs, tf.keras.layers.Conv2D(4, 3)(pooled))
    assert model.predict(np.zeros((2, 5, 5, 6), np.float32), verbose=0).shape == (2, 3, 3, 4)
    data = tf.data.Dataset.from_tensor_slices(np.zeros((4, 5, 6), np.float32)).batch(2)
    assert data.map(lambda x: tf.reshape(x, tf.concat([tf.shape(x)[:-1], [2, 3]], 0))).element_spec.shape.as_list() == [None, 5, 2, 3]
    assert data.map(DepthPool()).element_spec.shape.as_list() == [None, 5, 3]


GRAPH = """
import sys
from tensorflow.core.framework import graph_pb2, function_pb2
graph = graph_pb2.GraphDef.FromString(open(sys.argv[1], "rb").read())
again = graph_pb2.GraphDef.FromString(open(sys.argv[2], "rb").read())
assert graph == again
for node in graph.node:
    print(node.name, node.op, *node.input, *sorted(node.attr))
print(sorted(f.signature.name.rsplit("_", 1)[0] for f in graph.library.function))
"""


def graph_with_everything(tf):
    @tf.function
    def f(x):
        y = tf.concat([x, x * 2.0], 1)
        y = tf.cond(tf.reduce_sum(x) > 0.0, lambda: y, lambda: y * 3.0)
        return tf.nn.conv2d(y[None, :, :, None], tf.ones([1, 2, 1, 1]), [1, 1], "SAME")

    return f.get_concrete_function(tf.TensorSpec([None, 3])).graph


def test_a_graph_def_has_tensorflows_fields(tf):
    graph = graph_with_everything(tf)
    definition = graph.as_graph_def()
    nodes = {node.name: node for node in definition.node}
    assert [node.op for node in definition.node] == [op.type for op in graph.get_operations()]
    x = nodes["x"]
    assert (x.op, list(x.input), x.device, x.attr["dtype"].type) == ("Placeholder", [], "", 1)
    assert [d.size for d in x.attr["shape"].shape.dim] == [-1, 3]
    joined = nodes["ConcatV2"]
    assert list(joined.input)[:2] == ["x", "mul"] and nodes[joined.input[2]].op == "Const" and joined.attr["N"].i == 2
    convolution = next(node for node in definition.node if node.op == "Conv2D")
    assert list(convolution.attr["strides"].list.i) == [1, 1, 1, 1] and convolution.attr["padding"].s == b"SAME"
    assert convolution.attr["use_cudnn_on_gpu"].b is True
    two = next(node for node in definition.node if node.name == "mul/y").attr["value"].tensor
    assert np.frombuffer(two.tensor_content, np.float32).tolist() == [2.0] and two.dtype == 1
    functions = {f.signature.name for f in definition.library.function}
    choice = next(node for node in definition.node if node.op in ("If", "StatelessIf"))
    assert {choice.attr["then_branch"].func.name, choice.attr["else_branch"].func.name} == functions
    assert type(definition).FromString(definition.SerializeToString()) == definition
    assert 'op: "ConcatV2"' in str(definition) and definition.versions.producer > 0


def test_a_graph_def_can_be_changed(tf):
    definition = graph_with_everything(tf).as_graph_def()
    definition.node[0].device = "/cpu:0"
    definition.node[0].attr["note"].s = b"text"
    copy = type(definition)()
    copy.CopyFrom(definition)
    assert copy.node[0].device == "/cpu:0" and copy.node[0].attr["note"].s == b"text"
    with pytest.raises(AttributeError):
        copy.nodes = []


@pytest.mark.peers
@pytest.mark.skipif("RUNNEL_PEERS_PYTHON" not in os.environ, reason="RUNNEL_PEERS_PYTHON is not set")
def test_tensorflow_reads_a_graph_def(tf, tmp_path):
    import subprocess

    graph = graph_with_everything(tf)
    (tmp_path / "a.pb").write_bytes(graph._handle.graph_def())
    (tmp_path / "b.pb").write_bytes(graph.as_graph_def().SerializeToString())
    run = subprocess.run([os.environ["RUNNEL_PEERS_PYTHON"], "-c", GRAPH, tmp_path / "a.pb", tmp_path / "b.pb"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "mul Mul x mul/y T" in run.stdout and "['cond', 'cond']" in run.stdout


def test_a_custom_gradient_lets_go_of_what_its_code_holds(tf):
    import gc
    import weakref

    class Probe:
        pass

    def make():
        probe = Probe()

        @tf.function
        def f(x):
            @tf.custom_gradient
            def g(x):
                y = tf.exp(x)

                def gradient(dy):
                    assert probe is not None
                    return dy * y * 2.0

                return y, gradient

            return g(x)

        x = tf.constant(0.0)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = f(x)
            first = inner.gradient(y, x)
        assert float(first) == 2 and float(outer.gradient(first, x)) == 2  # of dy * exp(x) * 2
        return weakref.ref(probe)

    kept = [make() for _ in range(3)]
    gc.collect()
    assert [ref() for ref in kept] == [None] * 3


def test_a_data_set_over_a_function_of_its_module_ends_silently(tmp_path):
    import subprocess
    import sys

    program = tmp_path / "program.py"
    program.write_text("import numpy as np\nimport runnel as tf\n"
                       "model = tf.keras.Sequential([tf.keras.layers.Dense(1)])\n"
                       "def numbers():\n    yield model(np.zeros((1, 2), np.float32))\n"
                       "data = tf.data.Dataset.from_generator(numbers, output_signature=tf.TensorSpec([1, 1]))\n"
                       "print(len(list(data)))\n")
    run = subprocess.run([sys.executable, program], capture_output=True, text=True)
    assert (run.stdout, run.stderr, run.returncode) == ("1\n", "", 0)


def test_a_recurrent_layer_needs_a_rank(tf):
    data = tf.data.Dataset.from_generator(lambda: iter([np.zeros((2, 5, 6), np.float32)]), output_types=tf.float32)
    layer = tf.keras.layers.LSTM(4)
    with pytest.raises(ValueError, match="its rank is undefined, but the layer requires a defined rank"):
        data.map(lambda x: layer(x))


def test_groups_of_fused_operators_wait_for_each_other(tf):
    """Groups that meet again behind an earlier one: a path through them must not close."""
    def f(a, b, c):
        w = tf.where(c > c, c, c)
        r = tf.nn.relu6(tf.nn.relu6(tf.nn.relu6(a)))
        results = [tf.math.xdivy(c, b), w, tf.exp(w), r, tf.math.atan2(b, w)]
        return tf.gradients(tf.add_n([tf.reduce_sum(x) for x in results]), [a, b, c])

    numbers = [g.numpy() for g in tf.function(f)(tf.constant(0.5), tf.constant(1.5), tf.constant(2.5))]
    np.testing.assert_allclose(numbers, [1.0, -2.5 / 1.5**2 + 2.5 / 8.5, 1 / 1.5 + 1 + np.exp(2.5) - 1.5 / 8.5], rtol=1e-6)


def test_eight_threads_may_make_the_first_call_together(tf):
    failures = []

    def call(function):
        try:
            function(tf.ones([3, 4]))
        except Exception as error:
            failures.append(error)

    for _ in range(10):
        function = tf.function(lambda x: tf.nn.softmax(tf.sin(x) * x), input_signature=[tf.TensorSpec([None, None])])
        threads = [threading.Thread(target=call, args=(function,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failures
