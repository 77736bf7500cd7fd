"""What goes in and out of a branch or a loop, from the facts of liveness.py."""

import ast

from runnel.autograph import names

_PLAIN_COMPARISONS = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
_PLAIN_CALLS = ("isinstance", "issubclass", "hasattr", "callable")


def is_plain(test):
    """Whether the condition is a Python bool, whatever its operands are: such code needs no conversion."""
    if isinstance(test, ast.BoolOp):
        return all(map(is_plain, test.values))
    if isinstance(test, ast.UnaryOp):
        return isinstance(test.op, ast.Not) and is_plain(test.operand)
    if isinstance(test, ast.Compare):
        return all(isinstance(op, _PLAIN_COMPARISONS) for op in test.ops)
    return isinstance(test, ast.Constant) or is_plain_call(test)


def is_plain_call(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _PLAIN_CALLS


def is_staged(node):
    """Whether the statement becomes functions."""
    return isinstance(node, (ast.While, ast.For)) or isinstance(node, ast.If) and not is_plain(node.test)


class Block:
    """Variables of one staged statement.

    shared    names that the new functions take from the scope around (nonlocal)
    state     the variables, and places such as `self.x`, that the statement changes: first its results
    results   how many of the state are wanted afterwards
    unsure    names of the state that may be unbound at any time
    """

    def __init__(self, node, function_names):
        bodies = [*node.body, *node.orelse]
        bound = names.collect(bodies + [getattr(node, "target", None), getattr(node, "extra_test", None)] + _tests(node))
        lasting = bound.writes & function_names.outer
        wanted = {n for n in bound.writes if n in node.live_in or n in node.live_out} | lasting
        places = names.mutated_places(bodies, bound.writes)
        places = {p for p, roots in places.items() if roots <= node.live_in}
        inputs = wanted - node.live_out if isinstance(node, ast.If) else set()
        self.shared = wanted | bound.writes & function_names.captured
        self.state = sorted((wanted | places) - inputs) + sorted(inputs)
        self.results = len(self.state) - len(inputs)
        self.unsure = self.shared & (function_names.unsure | function_names.outer) | places


def _tests(node):
    return [node.test] if isinstance(node, ast.While) else []
