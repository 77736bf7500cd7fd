"""Which variables are surely bound at each point. Other reads become `ag__.ld(x)`, which raises where x is undefined.

One walk forward, after liveness.py and blocks.py.
"""

import ast

from runnel.autograph import names
from runnel.autograph.blocks import is_staged


class _Everything(set):
    """The state after code that is never left, where all holds."""

    def __and__(self, other):
        return other

    def __or__(self, other):
        return self

    def __sub__(self, other):
        return self

    def __rsub__(self, other):
        return set()

    __rand__, __ror__ = __and__, __or__

    def __contains__(self, name):
        return True


def annotate(function, facts, doubtful_around=frozenset()):
    """Gives every staged statement of a def `assigned`, the variables bound before it, and wraps doubtful reads."""
    walk = _Walk(facts.writes - facts.outer | doubtful_around, facts.unsure)
    walk.block(function.body, set(names.parameters(function)) - facts.unsure)


class _Walk:
    def __init__(self, own, unsure):
        self.own, self.unsure = own, unsure

    def block(self, statements, assigned):
        for statement in statements:
            step = getattr(self, "_" + type(statement).__name__.lower(), self._simple)
            assigned = step(statement, assigned)
        return assigned

    def _simple(self, node, assigned):
        self.guard(node, assigned)
        if isinstance(node, ast.Raise):
            return _Everything()
        return assigned | (names.writes(node) - self.unsure)

    def _delete(self, node, assigned):
        self.guard(node, assigned)
        deleted = {t.id for t in node.targets if isinstance(t, ast.Name)} & self.own
        node.undefines = {name: name not in assigned for name in deleted}
        return assigned - deleted

    def guard(self, node, assigned):
        """Wraps the doubtful reads below a node; returns what stands in the node's place."""
        doubtful = self.own - assigned
        return _Guard(doubtful).visit(node) if doubtful and node is not None else node

    def _augassign(self, node, assigned):
        node.value = self.guard(node.value, assigned)
        if isinstance(node.target, ast.Name):
            node.doubtful = node.target.id in self.own and node.target.id not in assigned
            return assigned | ({node.target.id} - self.unsure)
        node.target = self.guard(node.target, assigned)
        return assigned

    def _enter(self, node, assigned):
        """Names that live only inside a block are new in it."""
        if not is_staged(node):
            return assigned
        node.assigned = assigned
        return assigned - (names.writes(node) - node.block.shared)

    def _test(self, node, assigned):
        bound = names.writes(node.test)
        node.test = self.guard(node.test, assigned)
        return assigned | bound - self.unsure

    def _if(self, node, assigned):
        assigned = self._test(node, assigned)
        inside = self._enter(node, assigned)
        return self.block(node.body, inside) & self.block(node.orelse, inside) | assigned

    def _while(self, node, assigned):
        assigned = self._test(node, assigned)
        self.block(node.body, self._enter(node, assigned))
        return assigned

    def _for(self, node, assigned):
        node.iter = self.guard(node.iter, assigned)
        self.block(node.body, self._enter(node, assigned) | (names.writes(node.target) - self.unsure))
        if hasattr(node, "extra_test"):
            node.extra_test = self.guard(node.extra_test, assigned)
        return assigned

    def _with(self, node, assigned):
        for item in node.items:
            item.context_expr = self.guard(item.context_expr, assigned)
            assigned = assigned | (names.writes(item.optional_vars) if item.optional_vars else set())
        return self.block(node.body, assigned)

    def _try(self, node, assigned):
        ends = [self.block(node.orelse, self.block(node.body, assigned))]
        for handler in node.handlers:
            handler.type = self.guard(handler.type, assigned)
            ends.append(self.block(handler.body, assigned | ({handler.name} if handler.name else set())) - {handler.name})
        after = ends[0]
        for end in ends[1:]:
            after = after & end
        return after | self.block(node.finalbody, assigned)

    _trystar = _try

    def _match(self, node, assigned):
        node.subject = self.guard(node.subject, assigned)
        for case in node.cases:
            bound = assigned | names.writes(case.pattern)
            case.guard = self.guard(case.guard, bound)
            self.block(case.body, bound)
        return assigned

    def _functiondef(self, node, assigned):
        node.doubtful = self.own - assigned
        node.args = self.guard(node.args, assigned)
        node.decorator_list = [self.guard(d, assigned) for d in node.decorator_list]
        return assigned | {node.name} - self.unsure

    def _classdef(self, node, assigned):
        return assigned | {node.name} - self.unsure

    _asyncfunctiondef = _classdef


class _Guard(ast.NodeTransformer):
    def __init__(self, doubtful):
        self.doubtful = doubtful

    def visit_Name(self, node):
        if node.id not in self.doubtful or not isinstance(node.ctx, ast.Load):
            return node
        load = ast.Attribute(ast.Name("ag__", ast.Load()), "ld", ast.Load())
        return ast.copy_location(ast.Call(load, [node], []), node)

    def _inside(self, node, own):
        inner = _Guard(self.doubtful - own)
        return ast.NodeTransformer.generic_visit(inner, node)

    def visit_Lambda(self, node):
        return self._inside(node, set(names.parameters(node)))

    def visit_ListComp(self, node):
        walrus = {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
        return self._inside(node, names.writes(node.generators) - walrus)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def visit_FunctionDef(self, node):
        return node

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef
