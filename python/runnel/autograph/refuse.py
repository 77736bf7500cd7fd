"""What the conversion does not take on: such functions run as they are."""

import ast

from runnel.autograph import names


class UnsupportedLanguageElementError(Exception):
    """A piece of Python that has no converted form."""


def refuse_unsupported(function):
    for node in names.own_nodes(function.body if isinstance(function.body, list) else [function.body]):
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            raise UnsupportedLanguageElementError("generators are not supported")
        if isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)):
            raise UnsupportedLanguageElementError("coroutines are not supported")
        if isinstance(node, ast.Try) and any(_jumps_out(s) for s in node.finalbody):
            raise UnsupportedLanguageElementError("return, break and continue in a finally block are not supported")


def is_generator(function):
    """A nested def that is left as it is."""
    if isinstance(function, ast.AsyncFunctionDef):
        return True
    return any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in names.own_nodes(function.body))


def _jumps_out(statement):
    return any(isinstance(n, (ast.Return, ast.Break, ast.Continue)) for n in names.own_nodes([statement]))
