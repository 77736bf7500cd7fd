"""What users do with tf.function, as functions that give plain data; `tf` is set by whoever runs them."""

import collections
import functools

tf = None
SCENARIOS = {}


def scenario(function):
    SCENARIOS[function.__name__] = function
    return function


def outcome(function):
    try:
        return plain(function())
    except Exception as error:
        return {"error": type(error).__name__}


def plain(value):
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    value = value.numpy() if hasattr(value, "numpy") else value
    value = value.tolist() if hasattr(value, "tolist") else value
    return value.decode() if isinstance(value, bytes) else value


def outcomes():
    return {name: outcome(function) for name, function in SCENARIOS.items()}


class Traces:
    """A tf.function that counts how often its Python code runs."""

    def __init__(self, f, **options):
        self.count = 0

        @functools.wraps(f)
        def counted(*args, **kwargs):
            self.count += 1
            return f(*args, **kwargs)

        self.function = tf.function(counted, **options)

    def after(self, *calls):
        """The number of traces after each call."""
        counts = []
        for args in calls:
            self.function(*args)
            counts.append(self.count)
        return counts


# retracing


@scenario
def traces_by_dtype_and_shape():
    c = tf.constant
    return Traces(lambda x: x + x).after((c(1),), (c(2),), (c(1.0),), (c([1]),), (c([2]),), (c([1, 2]),), (c([[1]]),), (c(3),))


@scenario
def traces_by_python_value():
    return Traces(lambda x: x).after((1,), (2,), (1,), (1.0,), (True,), ("a",), ("a",), (None,), (None,))


@scenario
def traces_by_structure():
    c = tf.constant
    return Traces(lambda x: x).after(([c(1), c(2)],), ([c(3), c(4)],), ((c(1), c(2)),), ([c(1)],), ({"a": c(1)},), ({"a": c(2)},), ({"b": c(2)},))


@scenario
def traces_by_keyword_and_default():
    t = Traces(lambda x, y=2: x + y)
    x = tf.constant(1)
    counts = []
    for call in (lambda f: f(x), lambda f: f(x, 2), lambda f: f(x, y=2), lambda f: f(x=x), lambda f: f(x, 3), lambda f: f(y=3, x=x)):
        call(t.function)
        counts.append(t.count)
    return counts


@scenario
def traces_with_input_signature():
    t = Traces(lambda x: tf.reduce_sum(x), input_signature=[tf.TensorSpec([None], tf.float32)])
    c = tf.constant
    return t.after((c([1.0]),), (c([1.0, 2.0]),), ([1.0, 2.0, 3.0],))


@scenario
def input_signature_refuses_shape():
    t = Traces(lambda x: x, input_signature=[tf.TensorSpec([None], tf.float32)])
    return t.after((tf.constant([[1.0]]),))


@scenario
def input_signature_refuses_dtype():
    t = Traces(lambda x: x, input_signature=[tf.TensorSpec([None], tf.float32)])
    return t.after((tf.constant([1]),))


@scenario
def traces_with_reduce_retracing():
    c = tf.constant
    t = Traces(lambda x: tf.reduce_sum(x), reduce_retracing=True)
    return t.after((c([1.0]),), (c([1.0, 2.0]),), (c([1.0, 2.0, 3.0]),), (c([1.0] * 9),))


@scenario
def traces_by_variable_identity():
    v, w = tf.Variable(1.0), tf.Variable(2.0)
    return Traces(lambda x: x + 1).after((v,), (v,), (w,), (w,))


@scenario
def traces_by_object_identity():
    class Thing:
        pass

    a, b = Thing(), Thing()
    return Traces(lambda x: tf.constant(1)).after((a,), (a,), (b,), (a,))


@scenario
def traces_of_method():
    class Model:
        def __init__(self):
            self.count = 0

        @tf.function
        def call(self, x):
            self.count += 1
            return x * 2

    a, b = Model(), Model()
    results = [a.call(tf.constant(1)), a.call(tf.constant(2)), b.call(tf.constant(3)), a.call(tf.constant(1.0))]
    return [results, a.count, b.count]


@scenario
def python_side_effects_happen_once():
    seen = []

    @tf.function
    def f(x):
        seen.append("traced")
        return x + 1

    f(tf.constant(1)), f(tf.constant(2))
    return [len(seen), f(tf.constant(3))]


@scenario
def tracing_count():
    f = tf.function(lambda x: x)
    f(tf.constant(1)), f(tf.constant(1.0)), f(tf.constant(2))
    return f.experimental_get_tracing_count()


# state


@scenario
def captured_variable():
    v = tf.Variable(1.0)
    f = tf.function(lambda x: x * v)
    first = plain(f(tf.constant(2.0)))
    v.assign(10.0)
    return [first, f(tf.constant(2.0))]


@scenario
def assignments_in_order():
    v = tf.Variable(1.0)

    @tf.function
    def f():
        v.assign_add(1.0)
        a = v.read_value()
        v.assign(a * 10.0)
        b = v.read_value()
        v.assign_sub(5.0)
        return a, b, v.read_value()

    return [f(), f(), v]


@scenario
def assignment_returns_new_value():
    v = tf.Variable([1, 2])
    return tf.function(lambda: v.assign_add([10, 10]))()


@scenario
def variable_created_once():
    class Counter(tf.Module):
        def __init__(self):
            super().__init__()
            self.total = None

        @tf.function
        def add(self, x):
            if self.total is None:
                self.total = tf.Variable(0.0)
            self.total.assign_add(x)
            return self.total.read_value()

    c = Counter()
    return [c.add(tf.constant(1.0)), c.add(tf.constant(2.0)), c.total]


@scenario
def variable_created_every_time():
    @tf.function
    def f(x):
        return tf.Variable(x) + 1.0

    return f(tf.constant(1.0))


@scenario
def captured_tensor_is_a_snapshot():
    box = [tf.constant(1)]
    f = tf.function(lambda x: x + box[0])
    first = plain(f(tf.constant(1)))
    box[0] = tf.constant(100)
    return [first, f(tf.constant(1))]


@scenario
def python_global_is_a_snapshot():
    state = {"k": 1}
    f = tf.function(lambda x: x + state["k"])
    first = plain(f(tf.constant(1)))
    state["k"] = 100
    return [first, f(tf.constant(1)), f(tf.constant(1.0))]


@scenario
def assignment_in_branch():
    v = tf.Variable(0)

    @tf.function
    def f(x):
        if x > 0:
            v.assign_add(x)
        else:
            v.assign(-1)
        return v.read_value()

    return [f(tf.constant(3)), f(tf.constant(4)), f(tf.constant(-4)), f(tf.constant(2))]


@scenario
def assignment_in_loop():
    v = tf.Variable(0)

    @tf.function
    def f(n):
        for i in tf.range(n):
            v.assign_add(i)
        return v.read_value()

    return [f(tf.constant(4)), f(tf.constant(3))]


@scenario
def variable_read_in_loop_condition():
    v = tf.Variable(5)

    @tf.function
    def f():
        steps = 0
        while v > 0:
            v.assign_sub(1)
            steps += 1
        return steps

    return [f(), v]


@scenario
def leaked_tensor():
    kept = []

    @tf.function
    def f(x):
        kept.append(x + 1)
        return x

    f(tf.constant(1))
    return kept[0] + 1


# results


@scenario
def results_keep_their_structure():
    f = tf.function(lambda x: {"a": x, "b": (x + 1, [x * 2, None])})
    found = f(tf.constant(1))
    return [type(found["b"]).__name__, type(found["b"][1]).__name__, found]


@scenario
def python_values_become_tensors():
    return tf.function(lambda: (1, 2.5, "text", True, [1, 2]))()


@scenario
def no_result():
    return tf.function(lambda x: None)(tf.constant(1))


@scenario
def argument_passed_through():
    return tf.function(lambda x, y: (y, x))(tf.constant(1), tf.constant(2))


@scenario
def result_that_is_no_tensor():
    return tf.function(lambda x: object())(tf.constant(1))


@scenario
def numpy_arguments():
    import numpy

    t = Traces(lambda x: x * 2)
    counts = t.after((numpy.array([1, 2]),), (numpy.array([3, 4]),), (tf.constant([1, 2], tf.int64),))
    return [counts, t.function(numpy.array([1, 2]))]


# functions of functions


@scenario
def function_in_function():
    inner = Traces(lambda x: x * 2)
    outer = Traces(lambda x: inner.function(x) + inner.function(x + 1))
    return [outer.function(tf.constant(1)), outer.function(tf.constant(5)), inner.count, outer.count]


@scenario
def recursion_through_functions():
    @tf.function
    def factorial(n):
        if n <= 1:
            return 1
        return n * factorial(n - 1)

    return factorial(5)


@scenario
def gradient_outside():
    f = tf.function(lambda x: x * x * x)
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


@scenario
def gradient_inside():
    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x * x
        return tape.gradient(y, x)

    return f(tf.constant(2.0))


@scenario
def second_gradient_across():
    @tf.function
    def first(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x ** 4.0
        return tape.gradient(y, x)

    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = first(x)
    return tape.gradient(y, x)


@scenario
def second_gradient_of_function():
    f = tf.function(lambda x: x ** 4.0)
    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        first = inner.gradient(y, x)
    return [first, outer.gradient(first, x)]


@scenario
def gradients_of_variables():
    v = tf.Variable([1.0, 2.0])
    f = tf.function(lambda x: tf.reduce_sum(v * v * x))
    with tf.GradientTape() as tape:
        y = f(tf.constant(3.0))
    return tape.gradient(y, v)


@scenario
def gradient_through_while():
    @tf.function
    def f(x):
        while tf.reduce_sum(x) < 100.0:
            x = x * x
        return x

    x = tf.constant([2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return [y, tape.gradient(y, x)]


@scenario
def second_gradient_through_loop():
    @tf.function
    def f(x):
        y = x
        for _ in tf.range(3):
            y = y * x
        return y

    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        first = inner.gradient(y, x)
    return [y, first, outer.gradient(first, x)]


@scenario
def gradients_of_results_passed_on():
    f = tf.function(lambda x, w: (x, x, x * w, w))
    x, w = tf.constant(2.0), tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, w])
        a, b, c, d = f(x, w)
        total = a + 10.0 * b + c * d
    return tape.gradient(total, [x, w])


@scenario
def mixed_second_gradients_through_loop():
    f = tf.function(lambda x, w: tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * w), (0, x))[1])
    x, w = tf.constant(2.0), tf.constant(3.0)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch([x, w])
        with tf.GradientTape() as inner:
            inner.watch([x, w])
            y = f(x, w)
        gx, gw = inner.gradient(y, [x, w])
    return [gx, gw, outer.gradient(gx, w), outer.gradient(gw, [x, w])]


@scenario
def custom_gradient_inside():
    @tf.custom_gradient
    def clipped(x):
        return x, lambda g: tf.clip_by_value(g, -0.5, 0.5)

    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = clipped(x) * 3.0
        return tape.gradient(y, x)

    return f(tf.constant(1.0))


@scenario
def jacobian_inside():
    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        return tape.jacobian(y, x)

    return f(tf.constant([1.0, 2.0, 3.0]))


@scenario
def forward_accumulator_inside():
    @tf.function
    def f(x, v):
        with tf.autodiff.ForwardAccumulator(x, v) as acc:
            y = x * x * x
        return acc.jvp(y)

    return f(tf.constant([1.0, 2.0]), tf.constant([1.0, 10.0]))


@scenario
def forward_accumulator_outside():
    f = tf.function(lambda x: tf.reduce_sum(x * x))
    x = tf.constant([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator(x, tf.constant([1.0, 10.0])) as acc:
        y = f(x)
    return acc.jvp(y)


@scenario
def gradient_step():
    v = tf.Variable([1.0, -2.0])

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.reduce_sum(x * v, 1) - y) ** 2.0)
        v.assign_sub(0.1 * tape.gradient(loss, v))
        return loss

    x, y = tf.constant([[1.0, 2.0], [3.0, -1.0]]), tf.constant([1.0, 2.0])
    return [[round(float(step(x, y)), 4) for _ in range(3)], [round(float(w), 4) for w in v.numpy()]]


# concrete functions


@scenario
def concrete_function():
    f = tf.function(lambda x, y: x + y)
    c = f.get_concrete_function(tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.float32))
    return [c(tf.constant([1.0, 2.0]), tf.constant(3.0)), str(c.structured_outputs.shape), len(c.inputs), len(c.captured_inputs)]


@scenario
def concrete_function_with_python_value():
    f = tf.function(lambda x, n: x * n)
    c = f.get_concrete_function(tf.TensorSpec([], tf.int32), 3)
    return c(tf.constant(5))


@scenario
def concrete_function_refuses_dtype():
    f = tf.function(lambda x: x)
    return f.get_concrete_function(tf.TensorSpec([], tf.float32))(tf.constant(1))


@scenario
def operation_names():
    f = tf.function(lambda x: tf.square(x) + 2.0)
    graph = f.get_concrete_function(tf.TensorSpec([], tf.float32)).graph
    return [[op.name, op.type] for op in graph.get_operations()]


@scenario
def documented_operation_names():
    @tf.function
    def cube(x):
        return x ** 3

    graph = cube.get_concrete_function(tf.constant(2.0)).graph
    pow_op = graph.get_operations()[2]
    return [[op.name for op in graph.get_operations()], [i.name for i in pow_op.inputs], [o.name for o in pow_op.outputs]]


@scenario
def variables_of_concrete_function():
    v = tf.Variable(1.0, name="weight")
    c = tf.function(lambda x: x * v).get_concrete_function(tf.TensorSpec([], tf.float32))
    return [len(c.variables), len(c.trainable_variables), len(c.captured_inputs), c.variables[0] is v]


# inside a trace


@scenario
def executing_eagerly():
    seen = []
    f = tf.function(lambda: seen.append(tf.executing_eagerly()))
    f()
    with tf.init_scope():
        seen.append(tf.executing_eagerly())
    return [seen, tf.executing_eagerly()]


@scenario
def init_scope_lifts():
    seen = []

    @tf.function
    def f(x):
        with tf.init_scope():
            seen.append(plain(tf.constant(3) + 1))
        return x

    f(tf.constant(1))
    return seen


@scenario
def unknown_shapes():
    seen = []

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
    def f(x):
        y = tf.matmul(x, tf.ones([3, 2]))
        seen.append([str(x.shape), str(y.shape), str(tf.reshape(y, [-1]).shape), str(tf.transpose(y).shape)])
        return tf.shape(y)

    return [f(tf.ones([5, 3])), seen]


@scenario
def python_bool_of_tensor():
    return tf.function(lambda x: 1 if bool(x > 0) else 2, autograph=False)(tf.constant(1))


@scenario
def if_without_autograph():
    def f(x):
        if x > 0:
            return x
        return -x

    return tf.function(f, autograph=False)(tf.constant(1))


@scenario
def iteration_without_autograph():
    def f(x):
        return [v for v in x]

    return tf.function(f, autograph=False)(tf.constant([1, 2]))


@scenario
def numpy_of_symbolic():
    return tf.function(lambda x: x.numpy())(tf.constant(1))


@scenario
def run_functions_eagerly():
    seen = []

    @tf.function
    def f(x):
        seen.append(tf.executing_eagerly())
        return x

    tf.config.run_functions_eagerly(True)
    try:
        f(tf.constant(1)), f(tf.constant(1))
    finally:
        tf.config.run_functions_eagerly(False)
    return [seen, tf.config.functions_run_eagerly()]


@scenario
def py_function_inside():
    calls = []

    def host(x):
        calls.append(int(x))
        return x * 2

    f = tf.function(lambda x: tf.py_function(host, [x], tf.int32) + 1)
    return [f(tf.constant(1)), f(tf.constant(5)), calls]


@scenario
def numpy_function_inside():
    import numpy

    f = tf.function(lambda x: tf.numpy_function(lambda a: numpy.sum(a, keepdims=True), [x], tf.float32))
    return f(tf.constant([1.0, 2.0, 3.0]))


@scenario
def py_function_gradient():
    f = tf.function(lambda x: tf.py_function(lambda a: a * a, [x], tf.float32))
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


@scenario
def recompute_grad_inside():
    @tf.recompute_grad
    def g(x):
        return tf.sin(x) * x

    @tf.function
    def f(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = g(x)
        return tape.gradient(y, x)

    return round(float(f(tf.constant(2.0))), 5)


@scenario
def stateful_random_differs_between_calls():
    f = tf.function(lambda: tf.random.uniform([]))
    a, b = float(f()), float(f())
    return a != b


@scenario
def seeded_random():
    tf.random.set_seed(42)
    f = tf.function(lambda: tf.random.uniform([2], seed=1))
    return [f(), f()]


@scenario
def control_flow_functions():
    @tf.function
    def f(x):
        a = tf.cond(x > 0, lambda: x * 2, lambda: -x)
        b = tf.switch_case(x, [lambda: 10, lambda: 20], default=lambda: 30)
        c = tf.case([(x < 0, lambda: 1), (x < 2, lambda: 2)], default=lambda: 3)
        d = tf.while_loop(lambda i, s: i < x, lambda i, s: (i + 1, s + i), (0, 0))
        return a, b, c, d

    return [f(tf.constant(1)), f(tf.constant(5)), f(tf.constant(-1))]


@scenario
def mapping_functions():
    @tf.function
    def f(x):
        return (tf.map_fn(lambda v: v * v if v > 2 else -v, x), tf.foldl(lambda a, v: a * 2 + v, x), tf.foldr(lambda a, v: a * 2 + v, x),
                tf.scan(lambda a, v: a + v, x), tf.vectorized_map(lambda v: v + 1, x))

    return f(tf.constant([1, 2, 3, 4]))


@scenario
def dataset_loop():
    @tf.function
    def f(ds):
        total = tf.constant(0, tf.int64)
        for x in ds:
            if x % 2 == 0:
                continue
            if x > 7:
                break
            total += x
        return total

    return [f(tf.data.Dataset.range(6)), f(tf.data.Dataset.range(20))]


@scenario
def dataset_loop_of_pairs():
    @tf.function
    def f(ds):
        total = 0.0
        for x, y in ds:
            total += tf.reduce_sum(x) * y
        return total

    ds = tf.data.Dataset.from_tensor_slices(([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [1.0, 10.0, 100.0]))
    return f(ds)


@scenario
def dataset_loop_with_unknown_batch():
    @tf.function
    def f(ds):
        total, count = 0.0, 0
        for x in ds.batch(2):
            total += tf.reduce_mean(x)
            count += tf.shape(x)[0]
        return total, count

    return f(tf.data.Dataset.from_tensor_slices([1.0, 2.0, 3.0, 4.0, 5.0]))


@scenario
def dataset_map_with_autograph():
    def f(x):
        if x % 2 == 0:
            return x * 10
        return x

    return list(tf.data.Dataset.range(4).map(f).as_numpy_iterator())


@scenario
def iterator_across_calls():
    it = iter(tf.data.Dataset.range(10))

    @tf.function
    def f(it):
        return next(it) * 10

    return [f(it), f(it), f(it)]


@scenario
def iterator_loop_with_break():
    it = iter(tf.data.Dataset.range(10))

    @tf.function
    def f(it):
        total = tf.constant(0, tf.int64)
        for x in it:
            total += x
            if x >= 3:
                break
        return total

    return [f(it), next(it)]


# random numbers: each graph has the seed that held when it was traced, and counts its operators


def draw(**options):
    return tf.random.uniform([], **options)


@scenario
def random_operators_are_counted_in_each_graph():
    tf.random.set_seed(3)
    f = tf.function(lambda: (draw(), draw()))
    nodes = f.get_concrete_function().graph.as_graph_def().node
    return [[n.attr["seed"].i, n.attr["seed2"].i] for n in nodes if "seed" in n.attr], f(), f(), draw()


@scenario
def random_functions_have_streams_of_their_own():
    tf.random.set_seed(3)
    inner = tf.function(lambda: draw())
    outer = tf.function(lambda: (inner(), inner(), draw()))
    first = outer(), outer(), inner(), inner()
    tf.random.set_seed(3)
    return first, outer(), inner()


@scenario
def random_streams_begin_anew_with_set_seed():
    tf.random.set_seed(3)
    f = tf.function(lambda: draw())
    before = f(), f()
    tf.random.set_seed(5)
    return before, f(), f()


@scenario
def random_operators_of_one_seed():
    tf.random.set_seed(3)
    f = tf.function(lambda: (draw(seed=7), draw(seed=7), tf.random.normal([], seed=7)))
    return f(), f(), draw(seed=7), f()


@scenario
def random_retraces_begin_anew():
    tf.random.set_seed(3)
    f = tf.function(lambda x: (draw(), draw()))
    return f(1), f(2), f(1), f(tf.constant(1))


@scenario
def random_in_loops_and_branches():
    @tf.function
    def f(n):
        drawn = tf.TensorArray(tf.float32, n)
        for i in tf.range(n):
            drawn = drawn.write(i, draw())
        return drawn.stack(), draw(), tf.cond(n > 2, lambda: tf.random.normal([2]), lambda: tf.zeros([2]))

    tf.random.set_seed(3)
    return f(tf.constant(3)), f(tf.constant(3))


@scenario
def random_under_a_tape():
    @tf.function
    def f(x):
        return x * draw()

    tf.random.set_seed(3)
    x, out = tf.constant(1.0), []
    for _ in range(2):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        out.append((y, tape.gradient(y, x)))
    return out, f(x)


@scenario
def random_of_several_kinds():
    @tf.function
    def f():
        return (tf.random.shuffle(tf.range(5)), tf.random.normal([2]), tf.random.truncated_normal([2]),
                tf.random.uniform([3], maxval=100, dtype=tf.int32))

    tf.random.set_seed(9)
    return f(), f()


@scenario
def random_in_a_graph():
    with tf.Graph().as_default() as graph:
        tf.random.set_seed(11)
        draw(), draw()
        return [[n.attr["seed"].i, n.attr["seed2"].i] for n in graph.as_graph_def().node if "seed" in n.attr]


@scenario
def random_outside_by_init_scope():
    @tf.function
    def f():
        with tf.init_scope():
            outside = draw()
        return draw(), outside

    tf.random.set_seed(3)
    return f()


@scenario
def shuffled_data_in_a_function():
    @tf.function
    def f():
        out = tf.constant(0, tf.int64)
        for x in tf.data.Dataset.range(6).shuffle(6):
            out = out * 10 + x
        return out

    tf.random.set_seed(3)
    return f(), f()


# Variables that only a branch, a loop, or a function called there reads


def gradient_of(step, *args):
    w = tf.Variable(2.0)
    square = tf.function(lambda a: a * w * w)

    @tf.function
    def f(*args):
        with tf.GradientTape() as tape:
            y = step(square, w, *args)
        return y, tape.gradient(y, w), [v is w for v in tape.watched_variables()]

    return f(*args)


@scenario
def variables_of_a_branch():
    return gradient_of(lambda square, w, a: tf.cond(a > 0, lambda: a * w * w, lambda: a), tf.constant(1.0))


@scenario
def variables_of_a_function_in_a_branch():
    return gradient_of(lambda square, w, a: tf.cond(a > 0, lambda: square(a), lambda: a), tf.constant(1.0))


@scenario
def variables_of_a_loop():
    def step(square, w, a):
        return tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s + square(a) * w), (0, a))[1]

    return gradient_of(step, tf.constant(1.0))


@scenario
def variables_of_map_fn():
    return gradient_of(lambda square, w, a: tf.map_fn(square, a), tf.constant([1.0, 2.0]))


@scenario
def variables_of_scan():
    return gradient_of(lambda square, w, a: tf.scan(lambda s, x: s + square(x), a, 0.0), tf.constant([1.0, 2.0]))


@scenario
def variables_of_a_loop_in_a_branch():
    def step(square, w, a):
        loop = lambda: tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s * w), (0, a))[1]  # noqa: E731
        return tf.switch_case(tf.cast(a, tf.int32), [lambda: a, loop])

    return gradient_of(step, tf.constant(1.0))


@scenario
def variables_that_start_from_arguments():
    made = []

    @tf.function
    def f(x):
        if not made:
            made.append(tf.Variable(x * 2))
        return made[0].assign_add(x)

    return f(tf.constant(3.0)), f(tf.constant(1.0))


@scenario
def variables_that_start_from_an_outer_functions_arguments():
    made = []

    @tf.function
    def inner(x):
        if not made:
            made.append(tf.Variable(tf.ones_like(x) * x))
        return x + made[0]

    return tf.function(lambda x: inner(x * 2))(tf.constant([1.0, 2.0]))


@scenario
def text_of_a_variable_while_tracing():
    v, texts = tf.Variable([1.0, 2.0], name="vv"), []

    @tf.function
    def f(x):
        texts.append(f"{v} {v!r}")
        return x

    f(1)
    return texts


# Python's functions over data sets


@scenario
def zip_of_data_sets():
    @tf.function
    def f(a, b):
        total = tf.constant(0, tf.int64)
        for x, y in zip(a, b):
            total += x * y
        return total

    return f(tf.data.Dataset.range(10), tf.data.Dataset.range(10))


@scenario
def enumerate_of_a_data_set_with_jumps():
    @tf.function
    def f(ds):
        total, count = tf.constant(0, tf.int64), 0
        for i, x in enumerate(ds):
            if x == 3:
                continue
            if x > 6:
                break
            total += x * tf.cast(i, tf.int64)
            count += 1
        return total, count

    return f(tf.data.Dataset.range(10))


@scenario
def map_filter_any_all_of_data_sets():
    @tf.function
    def f(ds):
        total = tf.constant(0, tf.int64)
        for x in map(lambda x: x * x, filter(lambda x: x % 2 == 0, ds)):
            total += x
        return total, any(ds.map(lambda x: x > 8)), all(ds.map(lambda x: x > 8))

    return f(tf.data.Dataset.range(10))


# arguments


@scenario
def arguments_that_are_changed():
    @tf.function
    def f(x, items):
        items.append(x)
        return x

    return f(tf.constant(2.0), [])


@scenario
def concrete_function_with_another_literal():
    @tf.function
    def f(x, n):
        return x * n

    return f.get_concrete_function(tf.constant(1), 2)(tf.constant(4), 3)


@scenario
def concrete_function_with_another_literal_by_name():
    @tf.function
    def f(x, training=False):
        return x + (1.0 if training else 2.0)

    return f.get_concrete_function(tf.TensorSpec([]), training=False)(tf.constant(1.0), training=True)


Point = collections.namedtuple("Point", "x v")


def signature_of_points(given):
    @tf.function(input_signature=[Point(tf.TensorSpec([None, 3], tf.float32), tf.TensorSpec([], tf.int32))])
    def f(p):
        return p.x * 2

    return f(given)


@scenario
def namedtuple_in_a_signature():
    return signature_of_points(Point(tf.ones([2, 3]), 3))


@scenario
def namedtuple_of_another_shape():
    return signature_of_points(Point(tf.ones([2, 4]), 3))


@scenario
def tuple_for_a_namedtuple():
    return signature_of_points((tf.ones([2, 3]), 3))


# what tapes watch


def tape_over_a_constant(**options):
    x, y = tf.Variable(2.0), tf.constant(3.0)
    with tf.GradientTape() as tape:
        z = x * y
    return [tape.gradient(z, [x, y], **options)]


@scenario
def gradient_of_what_is_not_watched():
    return [[g is None for g in grads] for grads in tape_over_a_constant()]


@scenario
def zero_gradient_of_what_is_not_watched():
    return tape_over_a_constant(unconnected_gradients="zero")


@scenario
def gradient_of_what_is_not_watched_in_a_function():
    x = tf.Variable(2.0)

    @tf.function
    def f(y):
        with tf.GradientTape() as tape:
            z = x * y
        return tape.gradient(z, y) is None

    return f(tf.constant(3.0))


@scenario
def watched_integers():
    with tf.GradientTape() as tape:
        i = tf.constant(1)
        tape.watch(i)
        z = i * 2
    return tape.gradient(z, i) is None


@scenario
def gradients_at_infinite_slopes():
    x, out = tf.constant([0.0, 4.0]), []
    for f in (tf.sqrt, tf.math.rsqrt, tf.math.reciprocal, lambda v: tf.norm(v[:1]), lambda v: tf.math.reduce_std(v[:1])):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            chosen, nothing = tf.where(x > 0, f(x), 0.0), f(x) * 0.0
        out.append([tape.gradient(chosen, x), tape.gradient(nothing, x)])
    return repr(plain(out))


@scenario
def custom_gradient_of_a_method():
    class Layer(tf.Module):
        @tf.custom_gradient
        def op(self, x):
            return x * 2, lambda d: d * 7

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = Layer().op(x)
    return y, tape.gradient(y, x)


@scenario
def case_where_nothing_holds():
    return tf.case([(tf.constant(False), lambda: 1)])


@scenario
def case_where_nothing_holds_in_a_function():
    return tf.function(lambda p: tf.case([(p, lambda: 1)]))(tf.constant(False))


@scenario
def periodic_windows():
    return [tf.signal.hann_window(n) for n in (1, 4, 5)] + [tf.signal.hamming_window(5), tf.signal.hann_window(5, periodic=False)]


# mistakes with specs, host functions and tapes


def names_of_errors(calls):
    return [outcome(call) for call in calls]


@scenario
def input_signatures_at_decoration():
    spec = tf.TensorSpec([], tf.float32)

    def keyword_only(a, *, k):
        return a

    def defaults(a, b=1, *, k=2, **rest):
        return a

    def made(f, signature):
        return lambda: type(tf.function(f, input_signature=signature)).__name__

    return names_of_errors([made(lambda a, b: a, [spec]), made(lambda a: a, [spec, spec]), made(lambda a: a, [3]), made(lambda a: a, [None]),
                            made(lambda a: a, spec), made(lambda a: a, {"a": spec}), made(lambda a: a, [[spec, {"b": tf.float32}]]),
                            made(keyword_only, [spec]), made(defaults, [spec]), made(lambda a, *r: a, [spec, spec, spec])])


@scenario
def containers_for_specs():
    spec = tf.TensorSpec([], tf.float32)

    def called(signature, value):
        return lambda: tf.function(lambda d: tf.add_n(tf.nest.flatten(d)), input_signature=[signature])(value)

    values = [{"a": 1.0}, {"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 1.0, "c": 3.0}, [1.0, 2.0], (1.0, 2.0), (1.0, 2.0, 3.0), [1.0]]
    return [names_of_errors([called(signature, v) for v in values]) for signature in ({"a": spec, "b": spec}, [spec, spec], (spec, spec))]


def host_functions():
    def fails(error):
        def f(a):
            raise error

        return f

    errors = [ValueError("oops"), TypeError("t"), StopIteration(), NotImplementedError("n"), MemoryError("m"), KeyError("k"), tf.errors.NotFoundError(None, None, "x")]
    return [fails(e) for e in errors] + [lambda a: tf.cast(a, tf.float64), lambda a: 1.5, lambda a: "a", lambda a: None, lambda a: [a]]


@scenario
def errors_of_py_functions():
    x, out = tf.constant(1.0), []
    for f in host_functions():
        def call(v, f=f):
            return tf.py_function(f, [v], tf.float32)

        out += [lambda call=call: call(x), lambda call=call: tf.function(call, autograph=False)(x)]
    return names_of_errors(out)


@scenario
def errors_of_numpy_functions():
    x, out = tf.constant(1.0), []
    for f in host_functions():
        def call(v, f=f):
            return tf.numpy_function(lambda a: f(a), [v], tf.float32)

        out += [lambda call=call: call(x), lambda call=call: tf.function(call, autograph=False)(x)]
    return names_of_errors(out)


@scenario
def text_of_a_py_function_error():
    def bad(a):
        raise ValueError("oops")

    try:
        tf.function(lambda v: tf.py_function(bad, [v], tf.float32), autograph=False)(tf.constant(1.0))
    except tf.errors.OpError as error:
        return ["ValueError: oops" in str(error)]


@scenario
def py_function_with_a_spec():
    f = tf.function(lambda v: tf.py_function(lambda a: (a * 2, a), [v], [tf.TensorSpec([2], tf.float32), tf.float32]), autograph=False)
    return f(tf.constant([1.0, 2.0]))


@scenario
def gradients_of_what_is_no_tensor():
    def gradient(target, source):
        x = tf.constant(3.0)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        return tape.gradient(y if target is ... else target, x if source is ... else source)

    import numpy

    wrong = ["a", 3.0, None, [3.0], ["a"], numpy.array(1.0)]
    return names_of_errors([lambda w=w: gradient(..., w) for w in wrong] + [lambda w=w: gradient(w, ...) for w in wrong])


@scenario
def limits_of_dtypes():
    return names_of_errors([lambda d=d: repr(d.max) for d in (tf.bool, tf.string, tf.complex64)])


@scenario
def results_of_raw_operators():
    made = [tf.raw_ops.UniqueV2(x=[1, 1, 2], axis=[0]), tf.raw_ops.ListDiff(x=[1, 1, 2], y=[1]), tf.raw_ops.TopKV2(input=[1.0, 2.0], k=1)]
    return [[type(m).__name__, m._fields, m] for m in made] + [type(tf.raw_ops.Split(axis=0, value=[1.0, 2.0], num_split=2)).__name__]


@scenario
def numbers_of_symbolic_tensors():
    def called(kind):
        return lambda: tf.function(lambda x: kind(x), autograph=False)(tf.constant(1.0))

    return names_of_errors([called(kind) for kind in (float, int, complex, [1, 2].__getitem__)])


@scenario
def fills_of_one_size():
    return names_of_errors([lambda: tf.fill(3, 1), lambda: tf.fill(tf.constant(2), 0.5), lambda: tf.fill([[3]], 1), lambda: tf.ones([2], tf.string)])


@scenario
def variable_of_a_tensor_that_leaked():
    leaked = []
    tf.function(lambda x: leaked.append(x * 2), autograph=False)(tf.constant(1.0))
    return tf.Variable(leaked[0])
