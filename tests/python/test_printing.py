"""tf.print and tf.strings.format: the texts are real TensorFlow's, of the same calls."""

import sys

import numpy as np
import pytest
import runnel as tf


def printed(capsys, *inputs, **options):
    tf.print(*inputs, output_stream=sys.stdout, **options)
    return capsys.readouterr().out


def test_structures_and_texts(capsys):
    one = tf.constant(1)
    assert printed(capsys, [one, "a", 2.5, None], {"b": tf.constant([1, 2]), "a": (1, "x")}, 7, True, "end", sep="|", end="<\n") == (
        "[1, 'a', 2.5, None]|{'a': (1, 'x'), 'b': [1 2]}|7|True|end<\n")
    assert printed(capsys, {"x": tf.constant("s")}, ("t",), [], {}, (tf.constant(1.0),)) == "{'x': \"s\"} ('t',) [] {} (1,)\n"
    assert printed(capsys, tf.Variable([1.0, 2.0]), np.array([1.0, 2.5])) == "[1 2] array([1. , 2.5])\n"
    assert printed(capsys, "{}", one, "%s") == "{} 1 %s\n"
    assert printed(capsys, tf.constant("a\nb")) == "a\nb\n"
    assert printed(capsys) == "\n"


def test_every_call_of_a_function_prints(capsys):
    @tf.function
    def f(x):
        tf.print("x =", x, {"k": x})
        return x

    f(tf.constant([1.5]))
    f(tf.constant([2.5]))
    assert capsys.readouterr().err == "x = [1.5] {'k': [1.5]}\nx = [2.5] {'k': [2.5]}\n"


def test_files_and_what_is_refused(tmp_path):
    path = tmp_path / "lines.txt"
    tf.print("a", output_stream=f"file://{path}")
    tf.print("b", output_stream=f"file://{path}")
    assert path.read_text() == "a\nb\n"
    with pytest.raises(ValueError, match="Unsupported output stream, logging level, or file. bad"):
        tf.print(1, output_stream="bad")
    with pytest.raises(ValueError, match="Unrecognized keyword arguments for tf.print: {'colour': 3}"):
        tf.print(1, colour=3)


def test_formatted_strings():
    assert tf.strings.format("a {} b {}", (tf.constant([1.5, 2]), tf.constant("q"))) == b'a [1.5 2] b "q"'
    assert tf.strings.format("a {}", tf.range(10)) == b"a [0 1 2 ... 7 8 9]"
    with pytest.raises(ValueError, match="The template expects 0 tensors, but the inputs only has 1"):
        tf.strings.format(template="a", inputs=tf.range(10))
