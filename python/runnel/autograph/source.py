"""From a Python function to the syntax tree of its definition."""

import ast
import linecache


class SourceError(Exception):
    """The source of a function cannot be read, or does not hold the function."""


class Definition:
    """A def or lambda of a file, and the class around it (for names that Python mangles)."""

    def __init__(self, node, class_name):
        self.node, self.class_name = node, class_name


_files = {}  # file name: (its text, {first line: [Definition]}), for the few files last read
_KEPT_FILES = 8


def definition_of(function):
    """The Definition of a function, or SourceError."""
    code = function.__code__
    try:
        index = _index_of(code.co_filename, function.__globals__)
    except (OSError, SyntaxError, ValueError) as error:
        raise SourceError(f"the source of {function!r} cannot be read: {error}") from None
    found = [d for d in index.get(code.co_firstlineno, ()) if _fits(d.node, code)]
    if len(found) > 1:
        found = _at_columns(found, code)
    if len(found) != 1:
        raise SourceError(f"line {code.co_firstlineno} of {code.co_filename} does not hold {code.co_name}")
    return found[0]


def _index_of(filename, module_globals):
    linecache.checkcache(filename)
    text = "".join(linecache.getlines(filename, module_globals))
    if not text:
        raise OSError("no such file")
    known = _files.pop(filename, None)
    if known is None or known[0] != text:
        known = text, _definitions(ast.parse(text))
    _files[filename] = known  # the last one used is the last one dropped
    while len(_files) > _KEPT_FILES:
        del _files[next(iter(_files))]
    return known[1]


def _definitions(tree):
    index = {}
    waiting = [(tree, None)]
    while waiting:
        node, class_name = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            index.setdefault(_first_line(node), []).append(Definition(node, class_name))
        inner = node.name if isinstance(node, ast.ClassDef) else class_name
        waiting.extend((child, inner) for child in ast.iter_child_nodes(node))
    return index


def _first_line(node):
    decorators = getattr(node, "decorator_list", ())
    return min([node.lineno, *(d.lineno for d in decorators)])


def _fits(node, code):
    """Whether the code object may have been compiled from the node."""
    arguments = node.args
    positional = [a.arg for a in [*arguments.posonlyargs, *arguments.args]]
    count = code.co_argcount
    if [_unmangled(n) for n in code.co_varnames[:count]] != [_unmangled(n) for n in positional]:
        return False
    return _unmangled(getattr(node, "name", "<lambda>")) == _unmangled(code.co_name)


def _unmangled(name):
    return "__" + name.partition("__")[2] if "__" in name[1:] and not name.endswith("__") else name


def _at_columns(found, code):
    """Several lambdas of a line: the innermost that spans the columns of the code object (known since Python 3.11)."""
    if not hasattr(code, "co_positions"):
        return found
    spans = [p for p in code.co_positions() if None not in p and p[3] > p[2]]
    around = [d for d in found if _spans(d.node.body, spans)]
    return sorted(around, key=lambda d: (d.node.lineno, d.node.col_offset))[-1:]


def _spans(body, spans):
    first, last = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
    return all(first <= (line, column) and (end, end_column) <= last for line, end, column, end_column in spans)
