"""Which names a piece of Python reads, binds and mutates. Facts for the passes; nothing is changed here."""

import ast

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class _Names(ast.NodeVisitor):
    """Reads and writes of one scope; what nested scopes read from it counts as read, and as captured."""

    def __init__(self):
        self.reads, self.writes, self.captured = set(), set(), set()
        self.unsure = set()  # may be deleted again
        self.globals, self.outer = set(), set()  # declared global; global or nonlocal

    def visit_Name(self, node):
        (self.reads if isinstance(node.ctx, ast.Load) else self.writes).add(node.id)
        if isinstance(node.ctx, ast.Del):
            self.reads.add(node.id)
            self.unsure.add(node.id)

    def visit_AugAssign(self, node):
        if isinstance(node.target, ast.Name):
            self.reads.add(node.target.id)
        self.generic_visit(node)

    def visit_Global(self, node):
        self.globals.update(node.names)
        self.outer.update(node.names)

    def visit_Nonlocal(self, node):
        self.outer.update(node.names)

    def visit_FunctionDef(self, node):
        self.writes.add(node.name)
        for outside in [*node.decorator_list, *_defaults(node.args), *_annotations(node)]:
            self.visit(outside)
        self._capture(free(node))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        for default in _defaults(node.args):
            self.visit(default)
        self._capture(free(node))

    def visit_ClassDef(self, node):
        self.writes.add(node.name)
        for outside in [*node.decorator_list, *node.bases, *node.keywords]:
            self.visit(outside)
        inner = collect(node.body)
        self.reads |= inner.reads
        self._capture(inner.captured - inner.writes | inner.reads & inner.outer)

    def _capture(self, names):
        self.reads |= names
        self.captured |= names

    def visit_ListComp(self, node):
        inner = _Names()
        for generator in node.generators:
            inner.visit(generator)
        for part in ("elt", "key", "value"):
            if hasattr(node, part):
                inner.visit(getattr(node, part))
        walrus = {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
        own = inner.writes - walrus
        self.writes |= walrus
        self.reads |= inner.reads - own
        self.captured |= inner.captured - own
        if isinstance(node, ast.GeneratorExp):  # runs later
            self.captured |= inner.reads - own

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def visit_ExceptHandler(self, node):
        if node.name:
            self.writes.add(node.name)
            self.unsure.add(node.name)
        self.generic_visit(node)

    def visit_alias(self, node):
        self.writes.add((node.asname or node.name).partition(".")[0])

    def visit_MatchAs(self, node):
        if node.name:
            self.writes.add(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node):
        if node.rest:
            self.writes.add(node.rest)
        self.generic_visit(node)


def _defaults(args):
    return [d for d in [*args.defaults, *args.kw_defaults] if d is not None]


def _annotations(node):
    found = [a.annotation for a in _all_arguments(node.args) if a.annotation]
    return [*found, node.returns] if node.returns else found


def _all_arguments(args):
    named = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    return named + [a for a in (args.vararg, args.kwarg) if a]


def parameters(function):
    return [a.arg for a in _all_arguments(function.args)]


def collect(nodes):
    """The names of a node or of several, as one scope."""
    names = _Names()
    for node in nodes if isinstance(nodes, list) else [nodes]:
        if node is not None:
            names.visit(node)
    return names


def reads(nodes):
    return collect(nodes).reads


def writes(nodes):
    return collect(nodes).writes


def free(function):
    """The names that a def or a lambda takes from around it."""
    inner = collect(function.body)
    own = inner.writes - inner.outer | set(parameters(function))
    return (inner.reads | inner.outer) - own


def has_walrus(node):
    return any(isinstance(n, ast.NamedExpr) for n in ast.walk(node))


def own_nodes(body):
    """Every node of a function's body that is not in a nested function or class."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))


def mutated_places(body, changed):
    """Assigned attributes and items, such as `self.x` and `d["a"]`, as {text: root names}.

    Places that depend on a name of `changed` (bound by the same block) are left out: they are no fixed place.
    """
    found = {}
    for node in own_nodes(body):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            roots = _place_roots(node)
            if roots and not roots & changed:
                found[ast.unparse(node)] = roots
    return found


def _place_roots(node):
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Attribute):
        return _place_roots(node.value)
    if isinstance(node, ast.Subscript):
        base = _place_roots(node.value)
        index = node.slice
        if isinstance(index, ast.Constant):
            return base
        return base | {index.id} if base and isinstance(index, ast.Name) else set()
    return set()
