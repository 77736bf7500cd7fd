"""A Python function becomes one whose branches, loops and calls go through the staging functions.

The converted code keeps the user's file name and lines, and shares the original's globals and closure.
"""

import ast
import copy
import types
import weakref

from runnel.autograph import control_flow, expressions, jumps, lists, mangle, names, refuse, source
from runnel.autograph.build import Namer, locate, no_arguments

MARK = "converted by runnel.autograph"  # the last constant of each converted code object
_made = {}  # (id of a code object, features): (weak reference to it, converted code object)


def convert(function, staging, features=frozenset()):
    """The converted function; `staging` is what its code knows as ag__."""
    code = function.__code__
    key = id(code), features
    if key not in _made:
        made = compiled(function, features)
        _made[key] = weakref.ref(code, lambda _: _made.pop(key, None)), made
    return _instance(function, _made[key][1], staging)


def is_converted(code):
    return code.co_consts[-1:] == (MARK,)


def syntax_tree(function, features=frozenset(), made=None):
    """The converted def, and the names of the functions that were made for it."""
    definition = source.definition_of(function)
    node = _as_def(copy.deepcopy(definition.node))
    refuse.refuse_unsupported(node)
    node = mangle.transform(node, definition.class_name)
    context = _Context(function, node, made if made is not None else set())
    if "LISTS" in features:
        node = lists.transform(node)
    jumps.lower(node, context.namer)
    control_flow.transform(node, context)
    return locate(expressions.transform(node, features))


def compiled(function, features):
    """The code object of the converted function."""
    made = set()
    node = syntax_tree(function, features, made)
    code = function.__code__
    around = ast.FunctionDef("around", no_arguments("ag__", *code.co_freevars), [node], [])
    around.type_params = []
    module = locate(ast.Module([around], []), node.lineno)
    whole = compile(module, code.co_filename, "exec", dont_inherit=True)
    return _finished(_code_in(_code_in(whole)), code.co_name, made)


def _as_def(node):
    """A lambda becomes a def; decorators and annotations were used when the function was made."""
    if isinstance(node, ast.Lambda):
        value = ast.copy_location(ast.Return(node.body), node.body)
        node = ast.copy_location(ast.FunctionDef("lam", node.args, [value], []), node)
        node.type_params = []
    node.name, node.decorator_list, node.returns = "tf__" + node.name, [], None
    for argument in ast.walk(node.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    return node


class _Context:
    """What the passes share: new names, the names of the functions made, what is a call of set_loop_options."""

    def __init__(self, function, node, made):
        self.function, self.made = function, made
        taken = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
        self.namer = Namer(taken | {"ag__"} | {n.name for n in ast.walk(node) if hasattr(n, "name") and n.name})

    def is_loop_options(self, node):
        if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("set_loop_options"):
            return False
        from runnel.autograph.experimental import set_loop_options

        return self._value(node.func) is set_loop_options

    def _value(self, node):
        if isinstance(node, ast.Attribute):
            return getattr(self._value(node.value), node.attr, None)
        return _outside(self.function).get(node.id) if isinstance(node, ast.Name) else None


def _outside(function):
    """The variables that a function sees around it."""
    found = dict(function.__globals__)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not bound yet
            pass
    return found


def _code_in(code):
    """The one function that a code object makes."""
    return [c for c in code.co_consts if isinstance(c, types.CodeType)][-1]


def _finished(code, name, made):
    """Marks the code; the branches and loop bodies in it carry the user's function's name in tracebacks."""
    changes = {"co_name": name, "co_qualname": name} if hasattr(code, "co_qualname") else {"co_name": name}
    inner = [_finished(c, name if c.co_name in made else c.co_name, made) if isinstance(c, types.CodeType) else c
             for c in code.co_consts]
    return code.replace(co_consts=(*inner, MARK), **changes)


def _instance(function, code, staging):
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    cells["ag__"] = types.CellType(staging)
    made = types.FunctionType(code, function.__globals__, function.__name__, function.__defaults__,
                              tuple(cells[n] for n in code.co_freevars))
    made.__kwdefaults__ = function.__kwdefaults__
    made.__qualname__, made.__module__, made.__doc__ = function.__qualname__, function.__module__, function.__doc__
    return made
