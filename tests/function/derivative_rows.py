"""Forms of loops and branches, and ways to differentiate them; `tf` is set by whoever runs them."""

tf = None
FORMS = {}
WAYS = {}


def form(function):
    FORMS[function.__name__] = function
    return function


def way(function):
    WAYS[function.__name__] = function
    return function


def point():
    return tf.constant([0.5, -0.25, 0.75])


# Forms: a vector of 3 to a vector of 3


@form
def plain(x):
    return tf.sin(x) * tf.reduce_sum(x)


@form
def branch(x):
    return tf.cond(tf.reduce_sum(x) > 0.0, lambda: x * x * x, lambda: tf.sin(x))


@form
def switch(x):
    return tf.switch_case(tf.cast(tf.reduce_sum(x) > 0.0, tf.int32), [lambda: tf.sin(x), lambda: x * x * x])


@form
def while_loop(x):
    return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * tf.sin(x) + y * y), [0, x])[1]


@form
def while_on_data(x):
    return tf.while_loop(lambda y: tf.reduce_sum(y) < 5.0, lambda y: [y * (1.5 + x * x) + 0.1], [x])[0]


@form
def bounded_loop(x):
    return tf.while_loop(lambda y: True, lambda y: [y * tf.cos(x)], [x], maximum_iterations=4)[0]


@form
def nested_loops(x):
    def outer(i, y):
        inner = tf.while_loop(lambda j, z: j < i + 1, lambda j, z: (j + 1, z * tf.sin(y)), [0, y])[1]
        return i + 1, inner + x * y

    return tf.while_loop(lambda i, y: i < 3, outer, [0, x])[1]


@form
def branch_in_loop(x):
    def step(i, y):
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: y * tf.sin(x), lambda: y * y + x)

    return tf.while_loop(lambda i, y: i < 4, step, [0, x])[1]


@form
def branch_on_data_in_loop(x):
    def step(i, y):
        return i + 1, tf.cond(tf.reduce_sum(y) > 0.5, lambda: y * tf.sin(x), lambda: y * y + x)

    return tf.while_loop(lambda i, y: i < 4, step, [0, x])[1]


@form
def loop_in_branch(x):
    loop = lambda: tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * tf.sin(x)), [0, x])[1]
    return tf.cond(tf.reduce_sum(x) > 0.0, loop, lambda: x)


@form
def mapped(x):
    return tf.map_fn(lambda e: e * tf.reduce_sum(x * e), x)


@form
def mapped_rows(x):
    return tf.reduce_sum(tf.map_fn(lambda row: tf.sin(row) * row, tf.tensordot(x, x, 0)), 0)


@form
def scanned(x):
    return tf.scan(lambda a, e: tf.sin(a) * e + a, x)


@form
def folded(x):
    return tf.foldl(lambda a, e: a * e + x, x, initializer=x)


@form
def folded_right(x):
    return tf.foldr(lambda a, e: tf.sin(a) * e, x, initializer=x)


@form
def array(x):
    a = tf.TensorArray(tf.float32, size=3)
    for i in range(3):
        a = a.write(i, x[i] * x)
    return tf.reduce_sum(a.stack(), 0) * a.read(1)


@form
def array_in_loop(x):
    def step(i, y, a):
        y = y * tf.sin(x)
        return i + 1, y, a.write(i, y * y)

    a = tf.TensorArray(tf.float32, size=3, element_shape=[3])
    return tf.reduce_prod(tf.while_loop(lambda i, y, a: i < 3, step, [0, x, a])[2].stack() + 1.0, 0)


@form
def array_grows(x):
    def step(i, a):
        return i + 1, a.write(i, x[i] * x)

    a = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=[3])
    return tf.reduce_sum(tf.while_loop(lambda i, a: i < 3, step, [0, a])[1].stack() * x, 0)


@form
def array_read_in_loop(x):
    a = tf.TensorArray(tf.float32, size=3).unstack(x)
    step = lambda i, y: (i + 1, y + a.read(i) * tf.sin(y))
    return tf.while_loop(lambda i, y: i < 3, step, [0, x])[1]


@form
def array_gathered(x):
    a = tf.TensorArray(tf.float32, size=3).scatter([2, 0, 1], tf.sin(x))
    return a.gather([0, 1, 1]) * x


@form
def recomputed(x):
    return tf.recompute_grad(lambda y: tf.sin(y) * tf.reduce_sum(y))(x)


@form
def custom(x):
    @tf.custom_gradient
    def cube(y):
        return y * y * y, lambda upstream: upstream * y * y * 3.5

    return cube(tf.sin(x))


@form
def custom_with_values(x):
    @tf.custom_gradient
    def softplus(y):
        e = tf.exp(y)
        return tf.math.log(1.0 + e), lambda upstream: upstream * (1.0 - 1.0 / (1.0 + e))

    return softplus(x * x)


@form
def custom_in_loop(x):
    @tf.custom_gradient
    def half(y):
        return y * 0.5, lambda upstream: upstream * y * 0.25

    return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, half(y) + x), [0, x])[1]


@form
def function_call(x):
    inner = tf.function(lambda y: tf.sin(y) * tf.reduce_sum(y))
    return inner(inner(x))


@form
def function_of_loop(x):
    inner = tf.function(lambda y: tf.while_loop(lambda i, z: i < 3, lambda i, z: (i + 1, z * tf.sin(y)), [0, y])[1])
    return inner(x) * x


@form
def vectorized(x):
    return tf.vectorized_map(lambda e: e * tf.reduce_sum(tf.sin(x * e)), x)


# Ways to differentiate


def reverse(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(f(x) * tf.constant([1.0, 2.0, 3.0]))
    return tape.gradient(y, x)


@way
def gradient(f):
    return reverse(f, point())


@way
def gradient_at_half(f):
    return reverse(f, point() * 0.5)


@way
def gradient_of_gradient(f):
    return reverse(lambda x: reverse(f, x), point())


@way
def jacobian(f, x=None, **options):
    x = point() if x is None else x
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.jacobian(y, x, **options)


@way
def jacobian_by_rows(f):
    return jacobian(f, experimental_use_pfor=False)


@way
def hessian(f):
    return jacobian(lambda x: reverse(f, x))


@way
def batch_jacobian(f):
    x = tf.stack([point(), point() + 0.25])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.stack([f(x[0]), f(x[1])])
    return tape.batch_jacobian(y, x)


def push(f, x, direction=(1.0, -0.5, 2.0)):
    with tf.autodiff.ForwardAccumulator(x, tf.constant(direction)) as acc:
        y = f(x)
    return acc.jvp(y)


@way
def forward(f):
    return push(f, point())


@way
def forward_over_reverse(f):
    return push(lambda x: reverse(f, x), point())


@way
def reverse_over_forward(f):
    return reverse(lambda x: push(f, x), point())


@way
def forward_over_forward(f):
    return push(lambda x: push(f, x), point())


@way
def mapped_gradients(f):
    return tf.vectorized_map(lambda x: reverse(f, x), tf.stack([point(), point() * 0.5]))


PLACES = {
    "eager": lambda way, f: way(f),
    "around": lambda way, f: way(tf.function(f)),
    "inside": lambda way, f: tf.function(lambda: way(f))(),
}


def outcome(way, form, place="eager"):
    result = PLACES[place](WAYS[way], FORMS[form])
    return None if result is None else result.numpy().tolist()


def outcomes():
    """What derivatives are, wherever they are computed; None where that fails."""

    def attempt(way, form):
        try:
            return outcome(way, form)
        except Exception:
            return None

    return {f"{way} of {form}": attempt(way, form) for way in WAYS for form in FORMS}
