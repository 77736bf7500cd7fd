"""Calls, and/or/not, chained comparisons, conditional expressions and asserts become calls of staging functions."""

import ast

from runnel.autograph import names, refuse
from runnel.autograph.blocks import is_plain, is_plain_call
from runnel.autograph.build import parsed, staging, thunk

# These look at the frame that calls them.
_FRAME_CALLS = ("locals", "globals", "vars", "dir", "eval", "exec", "breakpoint", "super")
_SYMBOLS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


def transform(node, features):
    """Rewrites the expressions of a def."""
    return _Expressions(node, features).visit(node)


class _Expressions(ast.NodeTransformer):
    def __init__(self, function, features):
        self.function, self.features = function, features

    def visit_FunctionDef(self, node):
        if refuse.is_generator(node):
            return node
        around, self.function = self.function, self.function if hasattr(node, "is_generated") else node
        node.args.defaults = [self.visit(d) for d in node.args.defaults]
        node.args.kw_defaults = [d and self.visit(d) for d in node.args.kw_defaults]
        node.body = [self.visit(s) for s in node.body]
        self.function = around
        return node

    def visit_AsyncFunctionDef(self, node):
        return node

    visit_ClassDef = visit_AsyncFunctionDef

    def visit_AnnAssign(self, node):
        node.target = self.visit(node.target)
        node.value = node.value and self.visit(node.value)
        return node

    def visit_withitem(self, node):
        return node  # as in TensorFlow: what makes the context is not converted

    def visit_Call(self, node):
        if is_plain_call(node) or self._is_staging(node.func):
            return self.generic_visit(node)
        text = ast.unparse(node.func) if isinstance(node.func, (ast.Name, ast.Attribute)) else ""
        if text == "super" and not node.args and not node.keywords:
            return self._super(node)
        if text in _FRAME_CALLS or text in ("pdb.set_trace", "ipdb.set_trace"):
            return self.generic_visit(node)
        if text == "print" and "BUILTIN_FUNCTIONS" not in self.features:
            return self.generic_visit(node)
        node = self.generic_visit(node)
        call = staging("converted_call", node.func, *node.args)
        call.keywords = node.keywords
        return _at(node, call)

    @staticmethod
    def _is_staging(node):
        return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ag__"

    def _super(self, node):
        """super() finds its class and object in the frame; nested functions have another."""
        first = [*self.function.args.posonlyargs, *self.function.args.args][:1]
        return _at(node, parsed(f"super(__class__, {first[0].arg})")) if first else node

    def visit_BoolOp(self, node):
        if is_plain(node) or any(map(names.has_walrus, node.values[1:])):
            return self.generic_visit(node)
        first, *rest = [self.visit(v) for v in node.values]
        kind = "and_" if isinstance(node.op, ast.And) else "or_"
        return _at(node, staging(kind, first, *map(thunk, rest)))

    def visit_UnaryOp(self, node):
        if not isinstance(node.op, ast.Not) or is_plain(node.operand):
            return self.generic_visit(node)
        return _at(node, staging("not_", self.visit(node.operand)))

    def visit_IfExp(self, node):
        if is_plain(node.test) or names.has_walrus(node.body) or names.has_walrus(node.orelse):
            return self.generic_visit(node)
        text = ast.Constant(ast.unparse(node.test))
        node = self.generic_visit(node)
        return _at(node, staging("if_exp", node.test, thunk(node.body), thunk(node.orelse), text))

    def visit_Compare(self, node):
        symbols = [_SYMBOLS.get(type(op)) for op in node.ops]
        if len(symbols) > 1 and None not in symbols and not any(map(names.has_walrus, node.comparators)):
            node = self.generic_visit(node)
            parts = [p for s, c in zip(symbols, node.comparators) for p in (ast.Constant(s), thunk(c))]
            return _at(node, staging("compare", node.left, *parts))
        node = self.generic_visit(node)
        if symbols[0] not in ("==", "!=") or len(symbols) > 1 or "EQUALITY_OPERATORS" not in self.features:
            return node
        return _at(node, staging("eq" if symbols[0] == "==" else "not_eq", node.left, node.comparators[0]))

    def visit_Assert(self, node):
        if is_plain(node.test):
            return self.generic_visit(node)
        node = self.generic_visit(node)
        message = node.msg or ast.Constant("Assertion error")
        return _at(node, ast.Expr(staging("assert_stmt", node.test, thunk(message))))


def _at(node, made):
    return ast.copy_location(made, node)
