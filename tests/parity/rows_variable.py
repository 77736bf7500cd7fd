"""Variables: reading, assigning, scattering, slices, and their gradients."""

from inputs import const, index, integers, positive, spread
from rows import A, row


def var(name, fn, cases, dtypes="single", **options):
    """fn(tf, v, ...) gets a fresh Variable that holds the first argument."""
    row(name, lambda tf, x, *rest, **k: fn(tf, tf.Variable(x), *rest, **k), cases, dtypes, grad=options.pop("grad", False), **options)


def shared_handles(tf, x):
    """Who names a variable gets it; an anonymous one is new."""
    raw, about = tf.raw_ops, {"dtype": x.dtype, "shape": x.shape}
    name = f"runnel_{x.dtype.name}_{x.shape.rank}"
    raw.AssignVariableOp(resource=raw.VarHandleOp(shared_name=name, **about), value=x)
    again, alone = (raw.VarHandleOp(shared_name=n, **about) for n in (name, "cd2c89b7-88b7-44c8-ad83-06c2a9158347"))
    return raw.ReadVariableOp(resource=again, dtype=x.dtype), raw.VarIsInitializedOp(resource=again), raw.VarIsInitializedOp(resource=alone)


ONE = [A((3, 2), (3, 2)), A((), ()), A((0, 2), (0, 2))]
var("AssignVariableOp", lambda tf, v, y: (v.assign(y), v, v.read_value()), ONE, "any", ops="AssignVariableOp ReadVariableOp VarHandleOp", exact=True)
var("AssignAddVariableOp", lambda tf, v, y: (v.assign_add(y), v), ONE, "number", exact=True)
var("AssignSubVariableOp", lambda tf, v, y: (v.assign_sub(y), v), ONE, "number", exact=True)
var("ReadVariableOp", lambda tf, v, y: (v + y, y - v, v.value(), v * 2, tf.square(v)), ONE, "single int32", tol=1)
var("VariableShape", lambda tf, v: (tf.shape(v), v.shape.as_list(), v.dtype.name, v.trainable, v.shape.rank), [A((3, 2)), A(())], exact=True)
var("VarIsInitializedOp", lambda tf, v: tf.raw_ops.VarIsInitializedOp(resource=v.handle), [A((2,))])
row("VarHandleOp", shared_handles, [A((3, 2)), A(())], "float32 float64 int32", grad=False, exact=True)
var("ResourceGather", lambda tf, v, i: (tf.gather(v, i), v.sparse_read(i), tf.nn.embedding_lookup(v, i)), [A((4, 3), index((2, 2), 4)), A((4,), index((3,), 4))], "any", exact=True)
var("ResourceGatherNd", lambda tf, v, i: (tf.gather_nd(v, i), v.gather_nd(i)), [A((4, 3), index((2, 2), 3)), A((4, 3), index((2, 1), 3))], "any", exact=True)
SPARSE = [A((4, 2), spread((2, 2)), const([1, 3], "int32")), A((5,), spread((2,)), const([0, 4], "int64"))]
for method, op in [("scatter_add", "ResourceScatterAdd"), ("scatter_sub", "ResourceScatterSub"), ("scatter_mul", "ResourceScatterMul"), ("scatter_div", "ResourceScatterDiv"), ("scatter_max", "ResourceScatterMax"),
                   ("scatter_min", "ResourceScatterMin"), ("scatter_update", "ResourceScatterUpdate"), ("batch_scatter_update", "ResourceScatterNdUpdate")]:
    cases = SPARSE if method != "batch_scatter_update" else [A((2, 3), spread((2, 2)), const([[0, 2], [1, 0]], "int32"))]
    var(op if method != "batch_scatter_update" else "batch_scatter_update", lambda tf, v, u, i, m=method: (getattr(v, m)(tf.IndexedSlices(u, i)), v), cases, "float32 float64 int32 int64", ops=op, exact=method != "scatter_div")
ND = [A((5,), const([[1], [3]], "int32"), (2,)), A((3, 2), const([[0, 1], [2, 0]], "int32"), (2,)), A((4, 3), const([[1], [3]], "int32"), (2, 3))]
for method, op in [("scatter_nd_add", "ResourceScatterNdAdd"), ("scatter_nd_sub", "ResourceScatterNdSub"), ("scatter_nd_max", "ResourceScatterNdMax"), ("scatter_nd_min", "ResourceScatterNdMin"), ("scatter_nd_update", "ResourceScatterNdUpdate")]:
    var(op, lambda tf, v, i, u, m=method: (getattr(v, m)(i, u), v), ND, "float32 float64 int32 int64", exact=True)
var("ResourceStridedSliceAssign", lambda tf, v, y: (v[1:3].assign(y), v), [A((4, 2), (2, 2)), A((4, 2), ()), A((4, 3), (3,))], "any", exact=True)
var("slice_assign", lambda tf, v: (v[0, 1].assign(tf.cast(7, v.dtype)), v[:, ::2].assign(tf.zeros([3, 2], v.dtype)), v[..., -1].assign(tf.ones([3], v.dtype))), [A((3, 4))], "single int32", exact=True, ops="ResourceStridedSliceAssign")
var("Variable:wrong", lambda tf, v, call: call(tf, v), [A((2, 3), call=call, fails_=True) for call in (
    lambda tf, v: v.assign(tf.zeros([3, 2])), lambda tf, v: v.assign_add(tf.zeros([2, 2])), lambda tf, v: v.assign(tf.zeros([2, 3], tf.int32)), lambda tf, v: v.scatter_nd_update([[5, 0]], [1.0]), lambda tf, v: tf.gather(v, [9]),
    lambda tf, v: v[5].assign(1.0), lambda tf, v: tf.Variable(), lambda tf, v: tf.Variable([1, "a"]), lambda tf, v: bool(v == v), lambda tf, v: hash(v))], "float32", ops="AssignVariableOp")
var("Variable:shape", lambda tf, v, y: (lambda w: (w.assign(y), w.read_value()))(tf.Variable(v, shape=tf.TensorShape(None))), [A((2, 3), (4,))], exact=True, ops="AssignVariableOp")
var("Variable:kinds", lambda tf, v: (tf.Variable(lambda: v * 2).value(), tf.Variable([1, 2], dtype=tf.float64).value(), tf.Variable(3).dtype.name, tf.Variable(True).value(), tf.Variable("a").value(), tf.Variable(v, name="w").name, v.name, tf.Variable(v, trainable=False).trainable,
                                     tf.Variable(v, constraint=lambda t: t).constraint is not None, tf.is_tensor(v), isinstance(v, tf.Variable)), [A((2,))], ops="VarHandleOp")

# Gradients to Variables: the argument goes into a Variable, so the tape is used inside the row.
def slopes(tf, x, call):
    v = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = call(tf, v)
    g = tape.gradient(y, v)
    return (tf.convert_to_tensor(g),) if not hasattr(g, "indices") else (tf.convert_to_tensor(g), g.indices, g.values)


row("Variable:gradient", slopes, [A((4, 3), call=call) for call in (
    lambda tf, v: tf.reduce_sum(v * v), lambda tf, v: tf.reduce_sum(tf.gather(v, [1, 1, 3]) ** 2), lambda tf, v: tf.reduce_sum(v[1:3] * 3), lambda tf, v: tf.matmul(v, v, transpose_b=True), lambda tf, v: tf.reduce_sum(tf.nn.embedding_lookup(v, [[0, 2]])),
    lambda tf, v: tf.reduce_sum(v.read_value()) + tf.reduce_sum(tf.exp(v)))], "single", grad=False, ops="ReadVariableOp ResourceGather", tol=4, why="another order of the sum")


def trace_of_two(tf, x):
    """assign between two uses: each use sees the value at its time."""
    v = tf.Variable(x)
    with tf.GradientTape(persistent=True) as tape:
        a = v * v
        v.assign_add(tf.ones_like(x))
        b = v * v * v
        c = tf.reduce_sum(a + b)
    return a, b, tape.gradient(c, v), tape.gradient(a, v), tape.gradient(b, v)


row("Variable:assigned", trace_of_two, [A((3,)), A(())], "single", grad=False, ops="AssignAddVariableOp", tol=4, why="powers")


# The tape itself.
def tape_forms(tf, x, y):
    with tf.GradientTape(persistent=True) as t:
        t.watch([x, y])
        z = {"a": x * y, "b": [tf.sin(x), y]}
        w = x * 2
        with t.stop_recording():
            lost = w * w
    return (t.gradient(z, [x, y]), t.gradient(z, {"p": x, "q": (y,)}), t.gradient(w, y), t.gradient(w, y, unconnected_gradients="zero"), t.gradient(lost, x), t.gradient(w, x, output_gradients=y), t.watched_variables())


row("tape:forms", tape_forms, [A((3,), (3,)), A((), ())], "single", grad=False, ops="Mul", tol=2, why="sums")


def jacobians(tf, x):
    with tf.GradientTape(persistent=True) as t:
        t.watch(x)
        y = tf.sin(x) * tf.reduce_sum(x)
        z = x * x[:, ::-1]
    return (t.jacobian(y, x), t.jacobian(y, x, experimental_use_pfor=False), t.batch_jacobian(z, x))


row("tape:jacobian", jacobians, [A((2, 3)), A((3, 1))], "single", grad=False, ops="Sin Mul Sum", tol=4, why="sums")


def custom(tf, x):
    @tf.custom_gradient
    def clip(v):
        def grad(upstream):
            return tf.clip_by_value(upstream, -0.5, 0.5) * 2
        return v * 3, grad
    with tf.GradientTape() as t:
        t.watch(x)
        y = tf.reduce_sum(clip(x) ** 2) + tf.reduce_sum(tf.stop_gradient(x) * x)
    return y, t.gradient(y, x)


row("tape:custom_gradient", custom, [A((3,)), A(())], "single", grad=False, ops="StopGradient", tol=4, why="sums")


def higher(tf, x):
    with tf.GradientTape() as a:
        a.watch(x)
        with tf.GradientTape() as b:
            b.watch(x)
            with tf.GradientTape() as c:
                c.watch(x)
                y = tf.sin(x) * x * x
            first = c.gradient(y, x)
        second = b.gradient(first, x)
    return first, second, a.gradient(second, x)


row("tape:third", higher, [A((3,)), A(())], "single", grad=False, ops="Sin Mul Cos Neg", tol=8, why="sums that cancel")


def call_functions(tf, x):
    with tf.GradientTape() as t:
        t.watch(x)
        y = tf.recompute_grad(lambda v: tf.sin(v) * v)(x)
    return y, t.gradient(y, x), tf.grad_pass_through(tf.round)(x)


row("tape:recompute", call_functions, [A((3,))], "single", grad=False, later=True, ops="Sin")


def tape_errors(tf, x, call):
    return call(tf, x)


def used_twice(tf, x):
    with tf.GradientTape() as t:
        t.watch(x)
        y = x * x
    t.gradient(y, x)
    t.gradient(y, x)


def inside_not_persistent(tf, x):
    t = tf.GradientTape()
    t.watch(x)


row("tape:wrong", tape_errors, [A((3,), call=call, fails_=True) for call in (
    used_twice, lambda tf, x: tf.GradientTape().gradient(x, x, unconnected_gradients="some"), lambda tf, x: tf.GradientTape().__enter__().batch_jacobian(x, x))], "float32", grad=False, ops="Mul")
