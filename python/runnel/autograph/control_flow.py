"""if, while and for become functions of their variables, which the staging functions run or trace.

    if x > 0:              def get_state(): return (y,)
        y = 1              def set_state(values): nonlocal y; (y,) = values
    else:           =>     def if_body(): nonlocal y; y = 1
        y = 2              def else_body(): nonlocal y; y = 2
                           ag__.if_stmt(x > 0, if_body, else_body, get_state, set_state, ("y",), 1)
"""

import ast

from runnel.autograph import assigned, blocks, liveness, names, refuse
from runnel.autograph.build import as_target, assign, function, name, parsed, staging, texts, thunk


def transform(node, context):
    """Rewrites a def without jumps, and the defs inside it. `context` names things and knows the loop options."""
    facts = names.collect(node.body)
    around = getattr(node, "doubtful", set()) & names.free(node)
    lost = node.lost & facts.reads - facts.outer - set(names.parameters(node))
    liveness.annotate(node)
    for statement in names.own_nodes(node.body):
        if blocks.is_staged(statement):
            statement.block = blocks.Block(statement, facts)
    assigned.annotate(node, facts, around | lost)
    _Rewriter(node, facts, context).run(lost)


class _Scope:
    """A function being written: the names it takes from around it, and those it must bind at its beginning."""

    def __init__(self, outer, bound=()):
        self.outer, self.bound, self.undefined = outer, set(bound), set()


class _Rewriter:
    def __init__(self, node, facts, context):
        self.function, self.facts, self.context = node, facts, context
        self.scope = _Scope(facts.outer, names.parameters(node))

    def run(self, lost):
        self.scope.undefined |= lost
        body = self.function.body
        has_docstring = ast.get_docstring(self.function, clean=False) is not None
        docstring, rest = body[:has_docstring], body[has_docstring:]
        written = self._block(rest)
        first = [*self._declarations(self.facts.outer), *map(_undefined, sorted(self.scope.undefined))]
        self.function.body = [*docstring, *first, *written] or [ast.Pass()]

    def _block(self, statements):
        return [made for s in statements for made in self._statement(s)]

    def _statement(self, node):
        if blocks.is_staged(node):
            return self._staged(node)
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            return []  # declared at the function's beginning
        if isinstance(node, ast.FunctionDef) and not refuse.is_generator(node):
            transform(node, self.context)
        elif isinstance(node, ast.AugAssign) and getattr(node, "doubtful", False):
            return [_check(node, node.target.id), node]
        elif isinstance(node, ast.Delete):
            return self._delete(node)
        elif not isinstance(node, (*names.FUNCTIONS, ast.ClassDef)):
            self._inner_blocks(node)
        return [node]

    def _delete(self, node):
        """Variables become undefined; `del` would leave nothing for get_state to read."""
        made = []
        for target in node.targets:
            doubtful = node.undefines.get(getattr(target, "id", None))
            if doubtful is None:
                made.append(_at(node, ast.Delete([target])))
                continue
            made += [_check(node, target.id)] if doubtful else []
            made.append(_at(node, _undefined(target.id)))
        return made

    def _inner_blocks(self, node):
        for part in ("body", "orelse", "finalbody"):
            if isinstance(getattr(node, part, None), list):
                old = getattr(node, part)
                setattr(node, part, self._block(old) or old and [ast.Pass()])
        for inner in [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]:
            self._inner_blocks(inner)

    def _staged(self, node):
        missing = node.block.shared - node.assigned - self.scope.outer - self.scope.bound
        self.scope.undefined |= missing
        step = getattr(self, "_" + type(node).__name__.lower())
        return [_at(node, made) for made in step(node, node.block)]

    def _if(self, node, block):
        state = self._state(block)
        body = self._function("if_body", (), node.body, block)
        orelse = self._function("else_body", (), node.orelse, block)
        call = staging("if_stmt", node.test, name(body.name), name(orelse.name), *state.names, texts(block.state),
                       ast.Constant(block.results))
        return [*state.functions, body, orelse, ast.Expr(call)]

    def _while(self, node, block):
        options = self._options(node)
        state = self._state(block)
        body = self._function("loop_body", (), node.body, block)
        test = self._returning("loop_test", node.test, block)
        call = staging("while_stmt", name(test.name), name(body.name), *state.names, texts(block.state), options)
        return [*state.functions, body, test, ast.Expr(call)]

    def _for(self, node, block):
        options = self._options(node)
        options.keys.append(ast.Constant("iterate_names"))
        options.values.append(ast.Constant(ast.unparse(node.target)))
        state = self._state(block)
        simple = isinstance(node.target, ast.Name) and node.target.id not in block.shared
        item = node.target.id if simple else self.context.namer.fresh("itr")
        bind = [] if simple else [_at(node, ast.Assign([node.target], name(item)))]
        body = self._function("loop_body", (item,), [*bind, *node.body], block)
        tests = [self._returning("extra_test", node.extra_test, block)] if hasattr(node, "extra_test") else []
        extra_test = name(tests[0].name) if tests else ast.Constant(None)
        call = staging("for_stmt", node.iter, extra_test, name(body.name), *state.names, texts(block.state), options)
        return [*state.functions, body, *tests, ast.Expr(call)]

    def _function(self, wanted, arguments, statements, block):
        """A branch or the body of a loop as a function."""
        around, self.scope = self.scope, _Scope(block.shared & names.writes(statements), arguments)
        written = self._block(statements)
        first = [*self._declarations(self.scope.outer), *map(_undefined, sorted(self.scope.undefined))]
        self.scope = around
        return function(self._name(wanted), arguments, first + written or [ast.Pass()])

    def _returning(self, wanted, value, block):
        declared = self._declarations(block.shared & names.writes(value))
        return function(self._name(wanted), (), [*declared, ast.Return(value)])

    def _state(self, block):
        if not block.state:
            return _State([], [parsed("ag__.no_state")] * 2)
        getter, setter = self._name("get_state"), self._name("set_state")
        values = [staging("ldu", thunk(parsed(s)), ast.Constant(s)) if s in block.unsure else parsed(s) for s in block.state]
        get = function(getter, (), [ast.Return(ast.Tuple(values, ast.Load()))])
        targets = ast.Tuple([as_target(s) for s in block.state], ast.Store())
        declared = self._declarations(block.shared & set(block.state))
        put = function(setter, ("values",), [*declared, ast.Assign([targets], name("values"))])
        return _State([get, put], [name(getter), name(setter)])

    def _name(self, wanted):
        made = self.context.namer.fresh(wanted)
        self.context.made.add(made)
        return made

    def _declarations(self, shared):
        kinds = (ast.Global, shared & self.facts.globals), (ast.Nonlocal, shared - self.facts.globals)
        return [kind(sorted(found)) for kind, found in kinds if found]

    def _options(self, node):
        """The arguments of set_loop_options, which leaves the loop's body."""
        for statement in node.body:
            if isinstance(statement, ast.Expr) and self.context.is_loop_options(statement.value):
                node.body = [s for s in node.body if s is not statement] or [ast.Pass()]
                keywords = statement.value.keywords
                return ast.Dict([ast.Constant(k.arg) for k in keywords], [k.value for k in keywords])
        return ast.Dict([], [])


class _State:
    def __init__(self, functions, references):
        self.functions, self.names = functions, references


def _undefined(variable):
    return assign(variable, staging("Undefined", ast.Constant(variable)))


def _check(node, variable):
    return _at(node, ast.Expr(staging("ld", name(variable))))


def _at(node, made):
    return ast.copy_location(made, node)
