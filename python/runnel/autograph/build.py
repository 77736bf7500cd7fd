"""Small makers of syntax trees."""

import ast


def name(text):
    return ast.Name(text, ast.Load())


def staging(function, *arguments):
    """ag__.function(arguments)"""
    return ast.Call(ast.Attribute(name("ag__"), function, ast.Load()), list(arguments), [])


def assign(target, value):
    return ast.Assign([ast.Name(target, ast.Store())], value)


def flag(target, value):
    """The assignment of a flag of jumps.py."""
    node = assign(target, ast.Constant(value))
    node.is_flag = True
    return node


def thunk(value):
    """lambda: value"""
    return ast.Lambda(no_arguments(), value)


def no_arguments(*names):
    return ast.arguments([], [ast.arg(n) for n in names], None, [], [], None, [])


def function(name, arguments, body):
    made = ast.FunctionDef(name, no_arguments(*arguments), body, [])
    made.type_params = []
    made.is_generated = True
    return made


def parsed(text):
    return ast.parse(text, mode="eval").body


def as_target(text):
    """The place that a text such as `self.x` names, to be assigned to."""
    node = parsed(text)
    node.ctx = ast.Store()
    return node


def texts(values):
    return ast.Tuple([ast.Constant(v) for v in values], ast.Load())


def locate(node, line=1, column=0):
    """Gives new nodes the place where the node around them begins: errors then show that line."""
    if hasattr(node, "lineno"):
        line, column = node.lineno, node.col_offset
    elif "lineno" in node._attributes:
        node.lineno = node.end_lineno = line
        node.col_offset = node.end_col_offset = column
    for child in ast.iter_child_nodes(node):
        locate(child, line, column)
    return node


class Namer:
    """New names that nothing else in the code uses."""

    def __init__(self, taken):
        self.taken = set(taken)

    def fresh(self, wanted):
        made, i = wanted, 0
        while made in self.taken:
            i += 1
            made = f"{wanted}_{i}"
        self.taken.add(made)
        return made
