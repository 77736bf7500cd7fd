"""What conversion keeps of a function, what it writes, and what it leaves alone."""

import functools
import gc
import linecache

import pytest
import runnel as tf
from runnel.autograph import ConversionError, convert, tf_convert, to_code, to_graph


def test_code_is_readable():
    def f(x):
        if x > 0:
            y = x * x
        else:
            y = -x
        return y

    assert to_code(f) == '''\
def tf__f(x):
    y = ag__.Undefined('y')

    def get_state():
        return (y,)

    def set_state(values):
        nonlocal y
        y, = values

    def if_body():
        nonlocal y
        y = x * x

    def else_body():
        nonlocal y
        y = -x
    ag__.if_stmt(x > 0, if_body, else_body, get_state, set_state, ('y',), 1)
    return y
'''


def test_code_of_calls_and_logic():
    assert to_code(lambda x, f: f(x, k=1) if x and not x > 2 else 0) == (
        "def tf__lam(x, f):\n    return ag__.if_exp(ag__.and_(x, lambda: ag__.not_(x > 2)), lambda: ag__.converted_call(f, x, k=1),"
        " lambda: 0, 'x and (not x > 2)')\n")


def test_tests_that_are_python_bools_stay():
    def f(x, y=None):
        if y is None and isinstance(x, int):
            return x
        return y

    assert "    if y is None and isinstance(x, int):\n" in to_code(f)


def test_a_single_return_needs_no_flags():
    def f(x):
        """Text."""
        if x > 0:
            return 1
        return 2

    code = to_code(f)
    assert "do_return" not in code and code.startswith('def tf__f(x):\n    """Text."""\n')


def test_closures_share_their_cells():
    count = 0

    def add(n):
        nonlocal count
        for i in range(n):
            count += i

    to_graph(add)(4)
    assert count == 6
    count = 100
    to_graph(add)(2)
    assert count == 101


def test_a_cell_may_be_filled_later():
    def f():
        return later() if True else 0

    converted = to_graph(f)
    with pytest.raises(NameError):
        converted()

    def later():
        return 5

    assert converted() == 5


def test_names_defaults_and_documentation_stay():
    def f(a, b=2, *args, c=3, **options):
        """Adds."""
        return a + b + c

    converted = to_graph(f)
    assert (converted.__name__, converted.__doc__, converted(1), converted(1, 1, c=1)) == ("f", "Adds.", 6, 3)


def test_two_lambdas_of_a_line():
    first, second = (lambda x: x + 1 if x > 0 else 0), (lambda x: x + 2 if x > 0 else 0)
    assert (to_graph(first)(1), to_graph(second)(1)) == (2, 3)


def test_lambda_in_a_lambda():
    outer = lambda x: lambda x: x * 2 if x else 7
    assert to_graph(outer(1))(0) == 7 and to_graph(outer)(1)(3) == 6


def test_private_names_in_a_class():
    class Counter:
        __start = 5

        def __next(self, n):
            return n + 1

        def run(self, n):
            total = self.__start
            for _ in range(n):
                total = self.__next(total)
            return total

    assert to_graph(Counter.run)(Counter(), 3) == 8


def test_super_without_arguments():
    class Base:
        def f(self, x):
            return x + 1

    class Child(Base):
        def f(self, x):
            if x > 0:
                return super().f(x) * 2
            return 0

    assert to_graph(Child.f)(Child(), 3) == 8


def test_loop_variables_of_lambdas_are_shared_as_in_python():
    def f():
        made = []
        for i in range(3):
            made.append(lambda: i)
        return [g() for g in made]

    assert to_graph(f)() == f() == [2, 2, 2]


def test_match_statement():
    def f(x):
        total = 0
        for item in x:
            match item:
                case [a, b]:
                    total += a * b
                case {"skip": _}:
                    continue
                case None:
                    break
                case n if n > 10:
                    return n
                case n:
                    total += n
        return total

    converted = to_graph(f)
    for x in ([1, [2, 3], {"skip": 1}, 4], [1, None, 5], [1, 20, 3], []):
        assert converted(x) == f(x)


def test_while_else_and_for_else():
    def f(n):
        for i in range(n):
            if i == 3:
                break
        else:
            return "all"
        while n:
            n -= 1
        else:
            return "done"

    assert [to_graph(f)(n) for n in (2, 5)] == ["all", "done"]


def test_called_functions_are_converted_once_each():
    def helper(x):
        return x + 1 if x > 0 else x

    def f(x):
        return [helper(x), functools.partial(helper, x)(), list(map(helper, [x]))]

    assert to_graph(f)(1) == [2, 2, [2]]


def test_generators_are_refused():
    def f(x):
        yield x

    with pytest.raises(ConversionError, match="generators are not supported"):
        to_graph(f)


def test_generators_run_as_they_are(caplog):
    def f(x):
        yield x

    def g(x):
        return list(f(x))

    assert tf_convert(g)(3) == [3] and not caplog.records

    def h(x):
        yield x * 2

    assert list(tf_convert(h)(3)) == [6]


def test_code_without_source_runs_silently(caplog):
    space = {}
    exec("def f(x):\n    return x + 1 if x > 0 else x\n", space)
    assert tf_convert(space["f"])(3) == 4 and not caplog.records
    with pytest.raises(ConversionError, match="cannot be read"):
        to_code(space["f"])


def test_errors_show_the_users_lines():
    def inner(x):
        for i in range(3):
            if i == 1:
                raise ValueError("no good")

    def outer(x):
        return inner(x)

    with pytest.raises(ValueError) as caught:
        tf_convert(outer)(1)
    first = outer.__code__.co_firstlineno
    text = str(caught.value)
    assert text == (f'in user code:\n\n    File "{__file__}", line {first + 1}, in outer  *\n        return inner(x)\n'
                    f'    File "{__file__}", line {first - 2}, in inner  *\n        raise ValueError("no good")\n\n'
                    "    ValueError: no good\n")


class OwnError(ValueError):
    pass


class TwoPartError(Exception):
    def __init__(self, a, b):
        super().__init__(a + b)


def test_classes_of_errors():
    def key():
        return {}["k"]

    def own():
        raise TwoPartError("a", "b")

    def plain():
        raise OwnError("text")

    with pytest.raises(OwnError, match="in user code:(.|\n)*OwnError: text"):
        tf_convert(plain)()
    with pytest.raises(KeyError, match="in user code:\n\n"):
        tf_convert(key)()
    with pytest.raises(Exception, match="TwoPartError: ab") as caught:
        tf_convert(own)()
    assert type(caught.value).__name__ == "StagingError"


def test_unconverted_functions_keep_their_errors():
    @tf.autograph.experimental.do_not_convert
    def f():
        raise ValueError("plain")

    with pytest.raises(ValueError, match="^plain$"):
        f()


def test_converted_code_is_dropped_with_its_function():
    text = "def f(x):\n    return x if x > 0 else 1\n"
    before = len(convert._made)
    for i in range(20):
        name = f"<dropped {i}>"
        linecache.cache[name] = len(text), None, text.splitlines(True), name
        space = {}
        exec(compile(text, name, "exec"), space)
        assert to_graph(space["f"])(3) == 3
    assert len(convert._made) > before
    del space
    gc.collect()
    assert len(convert._made) == before


def test_trace_prints(capsys):
    tf.autograph.trace("a", 1)
    assert capsys.readouterr().out == "a 1\n"


def test_features():
    names = {f.name for f in tf.autograph.experimental.Feature}
    assert names == {"ALL", "AUTO_CONTROL_DEPS", "ASSERT_STATEMENTS", "BUILTIN_FUNCTIONS", "EQUALITY_OPERATORS", "LISTS", "NAME_SCOPES"}

    def f(l, x):
        print(x == 1)
        l.append(x)

    plain = to_code(f)
    every = to_code(f, experimental_optional_features=tf.autograph.experimental.Feature.ALL)
    assert "    print(x == 1)\n    ag__.converted_call(l.append, x)" in plain
    assert "    ag__.converted_call(print, ag__.eq(x, 1))\n    l = ag__.list_append(l, x)" in every
