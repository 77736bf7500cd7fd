"""Which variables are still wanted before and after each branch and loop.

Runs on code without jumps (see jumps.py): one walk backwards, twice through loops.
"""

import ast

from runnel.autograph import names

BRANCHES = (ast.If, ast.While, ast.For)


def annotate(function):
    """Gives every if, while and for of a def `live_in` and `live_out`."""
    _Liveness(function).block(function.body, set())


class _Liveness:
    def __init__(self, function):
        self.lasting = names.collect(function.body).outer  # globals and nonlocals outlive the function
        self.closures = _closures(function.body)
        self.escape = set()  # wanted wherever an exception may lead

    def block(self, statements, out):
        live = out | self.lasting
        for statement in reversed(statements):
            live = self._statement(statement, live) | self.escape
        return live

    def reads(self, *nodes):
        found = names.reads([n for n in nodes if n is not None])
        return found.union(*(self.closures[n] for n in found if n in self.closures))

    def _statement(self, node, out):
        step = getattr(self, "_" + type(node).__name__.lower(), None)
        if step is None:
            return out - names.writes(node) | self.reads(node)
        node.live_out = out
        node.live_in = step(node, out) | self.escape
        return node.live_in

    def _if(self, node, out):
        return self.block(node.body, out) | self.block(node.orelse, out) | self.reads(node.test)

    def _while(self, node, out):
        return self._loop(node, out | self.reads(node.test), set())

    def _for(self, node, out):
        target = names.collect(node.target)
        around = out | self.reads(getattr(node, "extra_test", None)) | target.reads
        return self._loop(node, around, target.writes) | self.reads(node.iter)

    def _loop(self, node, out, bound):
        live = out | self.block(node.body, out) - bound
        return out | self.block(node.body, live) - bound

    def _with(self, node, out):
        return self._risky(lambda: self._with_items(node, out), out)

    def _with_items(self, node, out):
        live = self.block(node.body, out)
        for item in reversed(node.items):
            bound = names.writes(item.optional_vars) if item.optional_vars else set()
            live = live - bound | self.reads(item.context_expr)
        return live

    def _try(self, node, out):
        after = self.block(node.finalbody, out)
        handled = after.union(*(self._handler(h, after) for h in node.handlers))
        return self._risky(lambda: self.block(node.body, self.block(node.orelse, after)), handled)

    _trystar = _try

    def _handler(self, node, out):
        return self.block(node.body, out) - {node.name} | self.reads(node.type)

    def _match(self, node, out):
        live = out.union(*(self._case(c, out) for c in node.cases))
        return live | self.reads(node.subject)

    def _case(self, node, out):
        pattern = names.collect(node.pattern)
        return (self.block(node.body, out) | self.reads(node.guard)) - pattern.writes | pattern.reads

    def _risky(self, step, handled):
        before, self.escape = self.escape, self.escape | handled
        try:
            return step()
        finally:
            self.escape = before


def _closures(body):
    """What calling a local function may read, by the function's name."""
    found = {}
    for node in names.own_nodes(body):
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, set()).update(names.free(node))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, set()).update(names.free(node.value))
    return found
