"""The table: functions whose control flow depends on tensors, each with the inputs that it is run on.

`tf` is set by whoever runs them: real TensorFlow (make_expected.py) or Runnel (test_table.py).
"""

import collections
import functools

tf = None
ROWS = {}


class T:
    """A tensor among the inputs."""

    def __init__(self, value, dtype=None):
        self.value, self.dtype = value, dtype

    def tensor(self):
        return tf.constant(self.value, self.dtype and getattr(tf, self.dtype))


class Row:
    def __init__(self, function, inputs, features):
        self.function, self.inputs, self.features = function, inputs, features


def row(*inputs, features=None):
    """Adds the function to the table, to be run on each of the tuples of inputs."""

    def add(function):
        assert function.__name__ not in ROWS
        ROWS[function.__name__] = Row(function, inputs, features)
        return function

    return add


# if


@row((T(1),), (T(-1),), (3,))
def if_else(x):
    if x > 0:
        y = x * 2
    else:
        y = -x
    return y


@row((T(1),), (T(-1),))
def if_without_else(x):
    y = x
    if x > 0:
        y = x * 10
    return y


@row((T(5),), (T(0),), (T(-5),))
def elif_chain(x):
    if x > 3:
        r = 1
    elif x > -1:
        r = 2
    else:
        r = 3
    return r


@row((T(5), T(1)), (T(5), T(-1)), (T(-5), T(1)), (T(-5), T(-1)))
def nested_if(x, y):
    if x > 0:
        if y > 0:
            r = x + y
        else:
            r = x - y
    else:
        if y > 0:
            r = y * 2
        else:
            r = x * y
    return r


@row((T(1.0),), (T(-1.0),))
def returns_in_both_branches(x):
    if x > 0:
        return x * 2
    else:
        return x * 3


@row((T(1.0),), (T(-1.0),))
def early_return(x):
    if x < 0:
        return -x
    x = x + 1
    return x * x


@row((T(5),), (T(1),), (T(-5),))
def several_early_returns(x):
    if x > 3:
        return 1
    if x > 0:
        return 2
    return 3


@row((T(1),), (T(-1),))
def temporary_in_one_branch(x):
    y = 0
    if x > 0:
        t = x * 2
        y = t + 1
    return y


@row((T(1),), (T(-1),))
def two_results(x):
    if x > 0:
        a, b = x, x + 1
    else:
        a, b = x - 1, x
    return a, b


@row((T(1),))
def dict_result(x):
    r = {"a": x, "b": 0}
    if x > 0:
        r = {"a": x * 2, "b": 1}
    return r


@row((T([1, 2]), True), (T([1, 2]), False))
def python_condition(x, flag):
    if flag:
        x = x + 1
    return x


@row((T(3), None), (T(3), T(4)))
def none_check(x, y):
    if y is None:
        return x
    return x + y


@row((T(True),), (T(False),))
def bool_tensor(x):
    if x:
        return 1
    return 0


@row((T([1.0]),), (T([-1.0]),))
def one_element_condition(x):
    if x > 0:
        return 1
    return 0


@row((T(3),))
def pass_branches(x):
    if x > 0:
        pass
    else:
        pass
    return x


# if that fails


@row((T(1),))
def one_branch_only(x):
    if x > 0:
        y = 1
    return y


@row((T(1),))
def else_branch_only(x):
    if x > 0:
        pass
    else:
        y = 1
    return y


@row((T(1),))
def no_return_in_else(x):
    if x > 0:
        return 1


@row((T(1),))
def none_in_else(x):
    if x > 0:
        return 1
    return None


@row((T(1),))
def dtypes_differ(x):
    if x > 0:
        y = 1
    else:
        y = 1.5
    return y


@row((T(1),))
def structures_differ(x):
    if x > 0:
        y = (1, 2)
    else:
        y = 1
    return y


@row((T([1, 2]),))
def vector_condition(x):
    if x > 0:
        return 1
    return 0


@row((T(1),))
def integer_condition(x):
    if x:
        return 1
    return 0


@row((T(1),))
def error_in_branch(x):
    if x > 0:
        y = x + "text"
    else:
        y = x
    return y


@row((T(1),))
def raises_in_python(x):
    if x is not None:
        raise ValueError("no good")
    return x


@row((T([[1.0, 2.0]]),))
def wrong_shapes(x):
    y = x + 1
    return tf.matmul(x, y)


# while


@row((T(5),), (T(0),), (4,))
def while_counts(n):
    i = 0
    while i < n:
        i += 1
    return i


@row((T(5),))
def while_two_variables(n):
    total = 0
    while n > 0:
        total += n
        n -= 1
    return total, n


@row((T(20),), (T(3),))
def while_break(n):
    i = 0
    while i < n:
        if i * i > 50:
            break
        i += 1
    return i


@row((T(10),))
def while_continue(n):
    i = 0
    total = 0
    while i < n:
        i += 1
        if i % 2 == 0:
            continue
        total += i
    return total


@row((T(30),))
def while_break_and_continue(n):
    i = 0
    total = 0
    while i < n:
        i += 1
        if i % 3 == 0:
            continue
        if total > 40:
            break
        total += i
    return total, i


@row((T(6),))
def while_nested(n):
    total = 0
    i = 0
    while i < n:
        j = 0
        while j < i:
            total += j
            j += 1
        i += 1
    return total


@row((T(27),))
def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


@row((T(48), T(18)), (T(7), T(0)))
def gcd(a, b):
    while b != 0:
        a, b = b, a % b
    return a


@row((T(4),))
def temporary_in_loop(n):
    total = 0
    while n > 0:
        square = n * n
        total += square
        n -= 1
    return total


@row((T(10), 3),)
def python_while_around_tensors(x, n):
    while n > 0:
        x = x + n
        n -= 1
    return x


@row((T(1.0),))
def while_float(x):
    while x < 100.0:
        x = x * 3
    return x


@row((T(3), T(2)))
def while_and_condition(a, b):
    while a > 0 and b > 0:
        a -= 1
        b -= 1
    return a, b


@row((T(3),))
def while_without_variables(n):
    v = _variable()
    v.assign(n)
    while v > 0:
        v.assign_sub(1)
    if v:
        return 1
    return v.read_value()


@row((T(4),))
def for_without_variables(n):
    v = _variable()
    v.assign(0)
    for i in tf.range(n):
        v.assign_add(i)
    return v.read_value()


@functools.cache
def _variable():
    return tf.Variable(0)


@row((T(3),))
def several_targets(n):
    a = b = n
    while a > 0:
        a, (b, c) = a - 1, (b + a, n)
    return a, b, c


@row((T([[1.0, 2.0], [3.0, 4.0]]),))
def slices_in_loop(x):
    total = tf.zeros([2])
    for i in range(2):
        if x[i, 0] > 1.0:
            total = total + x[i, :]
    return total


@row((T(5),))
def starred_target(n):
    first, *rest = [n, n + 1, n + 2]
    if n > 3:
        first, *rest = rest
    return first, rest


@row((T(2),))
def loop_in_branch_in_loop(n):
    total = 0
    for i in tf.range(n + 2):
        if i > 0:
            j = i
            while j > 0:
                j -= 1
                if j == 1:
                    continue
                total += j + 1
        else:
            total -= 1
    return total


@row((T(3),))
def break_out_of_python_loop_on_python_value(n):
    total = n
    for i in range(10):
        if i == 3:
            break
        if n > i:
            total += i
    return total


@row((T(3.0),))
def variable_of_other_dtype_in_one_branch(x):
    y = 0
    if x > 1.0:
        y = x
    return y


@row((T(3),))
def shapes_differ_between_branches(x):
    if x > 0:
        y = tf.zeros([2])
    else:
        y = tf.zeros([3])
    return tf.shape(y)


@row((T([1, 2, 3]),), (T([[1, 2, 3]]),))
def length_and_range(x):
    total = 0
    for i in range(len(x)):
        total += x[i]
    return total


@row((T(3),))
def sorted_and_reversed(x):
    return sorted([3, 1, 2]), list(reversed([1, x]))


# while that fails


@row((T(3),))
def loop_changes_dtype(n):
    x = 0
    while n > 0:
        x = x + 0.5
        x = tf.cast(x, tf.float32)
        n -= 1
    return x


@row((T(3),))
def loop_changes_shape(n):
    x = tf.constant([1])
    while n > 0:
        x = tf.concat([x, [1]], 0)
        n -= 1
    return x


@row((T(3),))
def none_before_loop(n):
    x = None
    while n > 0:
        x = "text"
        n -= 1
    return x


@row((T(3),))
def undefined_in_loop(n):
    while n > 0:
        x = x + 1
        n -= 1
    return x


@row((T(3),))
def python_loop_becomes_tensor(n):
    i = 0
    while i < 5:
        i = n + i
    return i


@row((T(3),))
def break_on_tensor_in_python_loop(n):
    total = 0
    for i in range(5):
        if n > i:
            break
        total += i
    return total


@row((T(3),))
def while_true_with_tensor_break(n):
    i = 0
    while True:
        i += 1
        if i > n:
            break
    return i


@row((T(3),))
def loop_structure_changes(n):
    x = (1, 2)
    while n > 0:
        x = (1, 2, 3)
        n -= 1
    return x


@row((T(3),))
def none_at_end_of_iteration(n):
    x = 1
    while n > 0:
        x = None
        n -= 1
    return x


# variables that only the loop defines


@row((T(3),))
def defined_by_loop(n):
    i = 0
    while i < n:
        last = i * 10
        i += 1
    return last


@row((T(0),))
def never_defined_by_loop(n):
    i = 0
    while i < n:
        last = i * 10
        i += 1
    return last


@row((T(10),))
def return_in_while(n):
    i = 0
    while i < n:
        if i > 3:
            return i * 100
        i += 1
    return -1


@row((T([3, 1, 4]),))
def return_in_for(xs):
    for x in xs:
        if x > 3:
            return x
    return -1


@row((T(3),))
def always_returns_in_loop(n):
    for i in tf.range(n):
        return i


# for


@row((T(5),), (T(0),), (5,))
def for_range(n):
    total = 0
    for i in tf.range(n):
        total += i
    return total


@row((T(5),), (T(-2),))
def for_python_range_of_tensor(n):
    total = 0
    for i in range(n):
        total += i
    return total


@row((T(2), T(11), T(3)), (T(10), T(0), T(-4)))
def for_range_with_step(start, stop, step):
    total = 0
    for i in tf.range(start, stop, step):
        total = total * 10 + i
    return total


@row((T([1.5, 2.5, 3.5]),))
def for_vector(xs):
    total = 0.0
    for x in xs:
        total += x
    return total


@row((T([[1, 2], [3, 4], [5, 6]]),))
def for_rows(xs):
    total = tf.zeros([2], tf.int32)
    for x in xs:
        total = total * 2 + x
    return total


@row((T([5, 2, 9, 1]),))
def for_break(xs):
    total = 0
    for x in xs:
        if x == 9:
            break
        total += x
    return total


@row((T([5, 2, 9, 1]),))
def for_continue(xs):
    total = 0
    for x in xs:
        if x % 2 == 0:
            continue
        total += x
    return total


@row((T(4),))
def for_nested(n):
    total = 0
    for i in tf.range(n):
        for j in tf.range(i):
            total += i * j
    return total


@row((T(6),))
def for_nested_break(n):
    total = 0
    for i in tf.range(n):
        for j in tf.range(n):
            if j > i:
                break
            if j == 2:
                continue
            total += j + 1
        if total > 20:
            break
    return total


@row((T(5),))
def target_after_loop(n):
    for i in tf.range(n):
        pass
    return i


@row((T([1, 2, 3]),))
def for_in_python_list_of_tensors(xs):
    total = 0
    for x in [xs, xs * 2]:
        total += x
    return total


@row((T(3),))
def python_for(n):
    total = n
    for i in range(4):
        if i == 2:
            continue
        total += i
    return total


@row((T([1, 2, 3]),))
def python_for_with_enumerate(x):
    total = 0
    for i, w in enumerate([10, 20]):
        total += i * x + w
    return total


@row((T([3, 1, 2]),))
def for_with_if(xs):
    best = 0
    for x in xs:
        if x > best:
            best = x
    return best


@row((T(10),))
def fibonacci(n):
    a, b = 0, 1
    for _ in tf.range(n):
        a, b = b, a + b
    return a


@row((T(3),))
def for_over_scalar(n):
    total = 0
    for x in n:
        total += x
    return total


@row((T([1, 2]),))
def comprehension_over_tensor(xs):
    return [x + 1 for x in xs]


@row((T([1, 2, 3]),))
def comprehension_over_python(x):
    return sum([x * w for w in (1, 2, 3) if w != 2])


@row((T(3),))
def tensor_array_in_loop(n):
    ta = tf.TensorArray(tf.int32, size=n)
    for i in tf.range(n):
        ta = ta.write(i, i * i)
    return ta.stack()


@row((T([1, 2, 3]),))
def tensor_array_grows(xs):
    ta = tf.TensorArray(tf.int32, size=0, dynamic_size=True)
    for x in xs:
        if x != 2:
            ta = ta.write(ta.size(), x)
    return ta.stack()


@row((T(3),))
def list_append_in_tensor_loop(n):
    made = []
    for i in tf.range(n):
        made.append(i)
    return made[0]


@row((T(3),))
def list_append_in_python_loop(n):
    made = []
    for i in range(3):
        made.append(n + i)
    return made


@row((T(3),))
def loop_options_invariant(n):
    v = tf.constant((0,))
    for i in tf.range(n):
        tf.autograph.experimental.set_loop_options(shape_invariants=[(v, tf.TensorShape([None]))])
        v = tf.concat((v, [i]), 0)
    return v


@row((T(10),))
def loop_options_maximum(n):
    k = 0
    for i in tf.range(n):
        tf.autograph.experimental.set_loop_options(maximum_iterations=3)
        k += 1
    return k


# logic


@row((T(3),), (T(7),), (T(12),))
def chained_comparison(x):
    if 5 < x <= 10:
        return 1
    return 0


@row((T(3),), (T(7),), (T(12),))
def and_or_not(x):
    if x > 5 and not x > 10 or x == 3:
        return 1
    return 0


@row((T(3), True), (T(3), False), (T(-3), True))
def mixed_and(x, flag):
    if flag and x > 0:
        return 1
    return 0


@row((T(3), T(0)), (T(3), T(2)))
def and_guards_division(x, y):
    if y != 0 and x // y > 0:
        return 1
    return 0


@row((T(True),))
def not_of_tensor(x):
    return not x


@row((T(3), T(3)), (T(3), T(4)))
def equality(x, y):
    if x == y:
        return 1
    if x != y:
        return 2
    return 3


@row((T(3),), (T(-3),))
def ternary(x):
    return x * 2 if x > 0 else -x


@row((T(3),), (T(-3),), (T(30),))
def ternary_nested(x):
    return 1 if x > 10 else 2 if x > 0 else 3


@row((T(3),))
def ternary_dtypes_differ(x):
    return 1 if x > 0 else 1.0


@row((T([1, 2, 3]), 2), (T([1, 2, 3]), 5))
def python_membership(x, k):
    if k in (1, 2, 3):
        return x + k
    return x


@row((T([1, 2]),))
def and_of_vectors(x):
    if x > 0 and x > 1:
        return 1
    return 0


# functions


def _absolute(x):
    if x < 0:
        return -x
    return x


@row((T(3),), (T(-3),))
def calls_function(x):
    return _absolute(x) + _absolute(-x)


@row((T(4),))
def recursion_on_python_value(x):
    return _power(x, 3)


def _power(x, n):
    if n == 0:
        return 1
    if x > 100:
        return x
    return x * _power(x, n - 1)


@row((T(3),), (T(-3),))
def inner_function(x):
    def clip(v):
        if v < 0:
            return 0
        return v

    return clip(x) + clip(-x)


@row((T(3),), (T(-3),))
def closure(x):
    scale = 10

    def scaled(v):
        if v > 0:
            return v * scale
        return v

    return scaled(x)


@row((T(3),), (T(-3),))
def lambda_with_ternary(x):
    f = lambda v: v + 1 if v > 0 else v - 1
    return f(x)


@row((T(3),), (T(-3),))
def lambda_as_argument(x):
    return _apply(lambda v: v * 2 if v > 0 else v, x)


def _apply(f, x):
    return f(x)


@row((T(3),), (T(-3),))
def partial(x):
    return functools.partial(_clamped, low=-1)(x)


def _clamped(x, low):
    if x < low:
        return low
    return x


class _Scaler:
    factor = 3

    def __init__(self, offset=1):
        self.offset = offset

    def scale(self, x):
        if x > 0:
            return x * self.factor + self.offset
        return x

    def __call__(self, x):
        if x < 0:
            return -x
        return self.scale(x)


class _Child(_Scaler):
    def scale(self, x):
        if x > 10:
            return x
        return super().scale(x) * 2


@row((T(3),), (T(-3),))
def method(x):
    return _Scaler().scale(x)


@row((T(3),), (T(-3),))
def callable_object(x):
    return _Scaler(5)(x)


@row((T(3),), (T(-3),), (T(20),))
def super_call(x):
    return _Child().scale(x)


def _doubled(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return 2 * f(*args, **kwargs)

    return wrapper


@_doubled
def _decorated(x, *, low=0):
    if x < low:
        return low
    return x


@row((T(3),), (T(-3),))
def decorated(x):
    return _decorated(x) + _decorated(x, low=1)


@row((T(3),), (T(-3),))
def star_arguments(x):
    args, options = (x,), {"low": 0}
    return _clamped(*args, **options)


@row((T(3),))
def attribute_changes(x):
    holder = _Scaler(0)
    if x > 0:
        holder.offset = x * 2
    else:
        holder.offset = x
    return holder.offset


@row((T(3),))
def attribute_in_loop(n):
    holder = _Scaler(0)
    for i in tf.range(n):
        holder.offset += i
    return holder.offset


@row((T(3),))
def item_changes(x):
    d = {"a": 1, "b": 2}
    if x > 0:
        d["a"] = 5
    return d["a"] + d["b"]


@row((T(3),))
def item_in_loop(n):
    d = {"total": 0}
    for i in tf.range(n):
        d["total"] += i
    return d["total"]


@row((T(3),))
def namedtuple_state(x):
    p = _Pair(x, 0)
    for i in tf.range(3):
        p = _Pair(p.a + i, p.b + 1)
    return p.a, p.b


_Pair = collections.namedtuple("_Pair", "a b")


@row((T(2),))
def generator_consumed(x):
    def numbers():
        yield x
        yield x * 10

    total = 0
    for v in numbers():
        total += v
    return total


@row((T(3),))
def generator_function(x):
    yield x


@row((T(3),), (T(-3),))
def not_converted(x):
    @tf.autograph.experimental.do_not_convert
    def plain(v):
        return v * 2

    return plain(x)


@row((T(3),))
def not_converted_with_if(x):
    @tf.autograph.experimental.do_not_convert
    def plain(v):
        if v > 0:
            return v
        return -v

    return plain(x)


@row((T(3),))
def error_in_called_function(x):
    return _fails(x) + 1


def _fails(x):
    if x > 0:
        y = 1
    return y


@row((T(3),))
def key_error(x):
    d = {}
    return d["missing"] + x


@row((T(3),))
def unbound_variable(x):
    if x is None:
        y = 1
    return y


# statements around


@row((T(3),), (T(-3),))
def with_statement(x):
    with tf.name_scope("scope"):
        if x > 0:
            return x * 2
    return x


@row((T(3),), (T(-3),))
def try_statement(x):
    try:
        if x > 0:
            y = x * 2
        else:
            y = x
    finally:
        z = 1
    return y + z


@row((T(3), 0), (T(3), 1))
def python_exception_handled(x, n):
    try:
        y = x + 1 // n
    except ZeroDivisionError:
        y = x
    return y


@row((T(3),))
def walrus(x):
    if (y := x * 2) > 3:
        return y
    return x


@row((T([1, 2, 3]),))
def augmented_item_of_list(x):
    parts = [x, x]
    for i in range(2):
        parts[i] += i
    return parts


@row((T([1, 2, 3, 4]),), (T([[1, 2], [3, 4]]),))
def python_builtins(x):
    return len(x), abs(-3), int(x[0] > 0) if False else 1, float(2)


@row((T(3),))
def casts(x):
    return float(x), int(float(x) * 1.5), abs(-x)


@row((T(3),))
def global_variable(x):
    global _counter
    _counter = 0
    if x > 0:
        _counter = x
    return _counter


_counter = 0


@row((T(3),))
def nonlocal_variable(x):
    count = x * 0

    def add():
        nonlocal count
        if x > 0:
            count = count + 1
        return count

    add()
    add()
    return count


@row((T(3),))
def delete_variable(x):
    y = x
    del y
    return y


@row((T(3.0),))
def gradient_through_if(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        if x > 0:
            y = x * x
        else:
            y = -x
    return tape.gradient(y, x)


@row((T(2.0),))
def gradient_through_loop(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        for _ in tf.range(3):
            y = y * x
    return tape.gradient(y, x)


@row((T(2.0),), (T(-2.0),))
def gradient_of_branch_in_loop(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.constant(1.0)
        for i in tf.range(4):
            if i % 2 == 0:
                y = y * x
            else:
                y = y + x
    return tape.gradient(y, x)


@row((T(3),), (T(-3),), features="ALL")
def assert_with_all_features(x):
    assert x > 0, "positive"
    return x


@row((T([1, 2, 3]),), features="LISTS")
def item_assignment_with_lists(x):
    x[1] = 10
    return x


@row((T(5),))
def bubble_of_conditions(n):
    state = 0
    while state != 3:
        if state == 0:
            if n > 4:
                state = 2
            else:
                state = 1
        elif state == 1:
            state = 3
        else:
            n -= 1
            state = 0
    return n


@row((T([2, 4, 5, 6]),))
def first_odd(xs):
    found = -1
    for x in xs:
        if x % 2 == 1:
            found = x
            break
    return found


@row((T([1.0, 2.0, 3.0]), T(0.5)))
def exponential_average(xs, decay):
    average = 0.0
    for x in xs:
        average = decay * average + (1 - decay) * x
    return average


@row((T(13),), (T(12),))
def is_prime(n):
    if n < 2:
        return False
    i = 2
    while i * i <= n:
        if n % i == 0:
            return False
        i += 1
    return True


@row((T([[0, 1], [2, 3]]),))
def nested_for_over_rows(m):
    total = 0
    for r in m:
        for v in r:
            if v == 2:
                continue
            total = total * 10 + v
    return total


@row((T(9.0),))
def newton(x):
    guess = x
    while tf.abs(guess * guess - x) > 0.001:
        guess = (guess + x / guess) / 2.0
    return guess
