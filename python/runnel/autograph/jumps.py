"""break, continue and return become flags, so that each block has one way in and one way out.

    for x in xs:                    break_ = False
        if x > 3:                   for x in xs:                        # goes on while: not break_
            break                       if x > 3:
        total += x            =>            break_ = True
                                        else:
                                            total += x
"""

import ast

from runnel.autograph import names, refuse
from runnel.autograph.build import assign, flag, name, staging

_JUMPS = (ast.Return, ast.Break, ast.Continue)


def lower(function, namer):
    """Rewrites a def, and the defs inside it."""
    _Lowering(function, namer).run()


class _Lowering:
    def __init__(self, function, namer):
        self.function, self.namer = function, namer
        self.loops = []  # (break flag, continue flag) of the loops around
        self.read = set()  # flags that something asks for
        self.do_return, self.value = namer.fresh("do_return"), namer.fresh("retval_")

    def run(self):
        body = self.function.body
        bound = names.writes(body)
        self.early = _returns(body[:-1]) or not isinstance(body[-1], ast.Return) and _returns(body[-1:])
        ends = _ends(body)
        lowered, _ = self.block(body)
        if self.early:
            lowered = self._with_one_return(body, lowered, ends)
        self.function.body = _without_unread(lowered, self.read)
        self.function.lost = bound - names.writes(self.function.body)  # bound only in code that is never reached

    def _with_one_return(self, body, lowered, ends):
        docstring = lowered[:1] if ast.get_docstring(self.function, clean=False) is not None else []
        whole = ends and self.do_return not in self.read
        before = [] if whole else [flag(self.do_return, False), assign(self.value, staging("UndefinedReturnValue"))]
        result = name(self.value) if whole else staging("returned", name(self.value))
        end = ast.copy_location(ast.Return(result), body[-1])
        before = [ast.copy_location(s, body[0]) for s in before]
        return [*docstring, *before, *lowered[len(docstring):], end]

    def block(self, statements):
        """The statements without jumps, and the flags that may be set after them."""
        out, flags = [], set()
        for i, statement in enumerate(statements):
            rest = statements[i + 1:]
            if isinstance(statement, _JUMPS):
                done, more = self._jump(statement)
                return out + done, flags | more
            if isinstance(statement, ast.If) and _jumps([statement]):
                statement, rest = _take_in(statement, rest)
            done, more = self._statement(statement)
            out, flags = out + done, flags | more
            if not rest:
                break
            if more:
                later, last = self.block(rest)
                return out + self._guarded(more, later), flags | last
        return out, flags

    def _jump(self, node):
        if isinstance(node, ast.Return):
            if not self.early:
                return [node], set()
            value = assign(self.value, node.value or ast.Constant(None))
            return [ast.copy_location(s, node) for s in (value, flag(self.do_return, True))], {self.do_return}
        jump = self.loops[-1][isinstance(node, ast.Continue)]
        return [ast.copy_location(flag(jump, True), node)], {jump}

    def _guarded(self, flags, statements):
        if not statements or not flags:
            return statements
        return [ast.copy_location(ast.If(self._none_of(flags), statements, []), statements[0])]

    def _none_of(self, flags):
        self.read |= flags
        tests = [ast.UnaryOp(ast.Not(), name(f)) for f in sorted(flags)]
        return tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)

    def _statement(self, node):
        if isinstance(node, (ast.While, ast.For)):
            return self._loop(node)
        if isinstance(node, ast.FunctionDef) and not refuse.is_generator(node):
            lower(node, self.namer)
            return [node], set()
        return [node], self._inner_blocks(node)

    def _inner_blocks(self, node):
        """Lowers the blocks of an if, with, try or match."""
        if isinstance(node, (*names.FUNCTIONS, ast.ClassDef)):
            return set()
        flags = self._inner_block(node, "body")
        for part in [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]:
            flags = flags | self._inner_block(part, "body")
        return flags | self._inner_block(node, "orelse") | self._inner_block(node, "finalbody")

    def _inner_block(self, node, part):
        inner = getattr(node, part, None)
        if not isinstance(inner, list):
            return set()
        lowered, flags = self.block(inner)
        if part == "body":
            node.flags_of_body = flags
        elif part == "orelse" and isinstance(node, ast.Try):
            lowered = self._guarded(node.flags_of_body, lowered)
        setattr(node, part, lowered)
        return flags

    def _loop(self, node):
        break_flag, continue_flag = self.namer.fresh("break_"), self.namer.fresh("continue_")
        self.loops.append((break_flag, continue_flag))
        body, flags = self.block(node.body)
        self.loops.pop()
        orelse, later = self.block(node.orelse)
        leaves = flags - {continue_flag}
        if continue_flag in flags:
            body.insert(0, ast.copy_location(flag(continue_flag, False), node))
        before = [ast.copy_location(flag(break_flag, False), node)] if break_flag in flags else []
        node.body, node.orelse = body, []
        if leaves:
            self._end_early(node, leaves)
        return [*before, node, *self._guarded(leaves, orelse)], (leaves | later) - {break_flag}

    def _end_early(self, node, flags):
        going = self._none_of(flags)
        if isinstance(node, ast.For):
            node.extra_test = ast.copy_location(going, node)
        else:
            tests = going.values if isinstance(going, ast.BoolOp) else [going]
            node.test = ast.copy_location(ast.BoolOp(ast.And(), [*tests, node.test]), node.test)


def _take_in(node, rest):
    """What follows an if one branch of which jumps away belongs to the other branch."""
    if _ends(node.body):
        node.orelse, rest = node.orelse + rest, []
    elif _ends(node.orelse):
        node.body, rest = node.body + rest, []
    return node, rest


def _ends(statements):
    """Whether the end of the block is never reached."""
    if not statements:
        return False
    last = statements[-1]
    if isinstance(last, ast.If):
        return _ends(last.body) and _ends(last.orelse)
    return isinstance(last, (*_JUMPS, ast.Raise))


def _jumps(statements):
    return any(isinstance(n, _JUMPS) for n in names.own_nodes(statements))


def _returns(statements):
    return any(isinstance(n, ast.Return) for n in names.own_nodes(statements))


class _Unread(ast.NodeTransformer):
    def __init__(self, unread):
        self.unread = unread

    def visit_Assign(self, node):
        target = node.targets[0]
        return None if isinstance(target, ast.Name) and target.id in self.unread else node

    def generic_visit(self, node):
        super().generic_visit(node)
        if getattr(node, "body", None) == []:
            node.body = [ast.Pass()]
        return node


def _without_unread(statements, read):
    flags = {n.targets[0].id for n in names.own_nodes(statements) if getattr(n, "is_flag", False)}
    return _Unread(flags - read).visit(ast.Module(statements, [])).body
