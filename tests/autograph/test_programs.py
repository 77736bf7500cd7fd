"""Property: whatever the program, its converted form returns or raises what the program does."""

import linecache

import pytest
import programs
import runnel


def compiled(text, name):
    linecache.cache[name] = len(text), None, text.splitlines(True), name
    space = {}
    exec(compile(text, name, "exec"), space)
    return space["f"]


def outcome(function, *inputs):
    try:
        return function(*inputs)
    except NameError:  # also UnboundLocalError: which of the two depends on the function that reads
        return NameError
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_converted_equals_plain(first):
    for seed in range(first, first + 100):
        text = programs.Writer(seed).program()
        plain = compiled(text, f"<program {seed}>")
        converted = runnel.autograph.to_graph(plain)
        for inputs in [(0, 1), (5, -2), (-7, 3)]:
            expected, got = outcome(plain, *inputs), outcome(converted, *inputs)
            assert got == expected, f"seed {seed}, inputs {inputs}\n{text}\n{runnel.autograph.to_code(plain)}"
