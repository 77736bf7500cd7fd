"""Feature.LISTS: `l.append(x)` and `l[i] = x` for TensorArrays and tensors as well."""

import ast

from runnel.autograph.build import staging


def transform(node):
    return _Lists().visit(node)


class _Lists(ast.NodeTransformer):
    def visit_Expr(self, node):
        call = node.value
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "append":
            return node
        owner = call.func.value
        if not isinstance(owner, ast.Name) or len(call.args) != 1 or call.keywords:
            return node
        return _assigned(node, owner.id, staging("list_append", owner, call.args[0]))

    def visit_Assign(self, node):
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name):
            return node
        if isinstance(target.slice, (ast.Slice, ast.Tuple)):
            return node
        owner = ast.Name(target.value.id, ast.Load())
        return _assigned(node, owner.id, staging("set_item", owner, target.slice, node.value))


def _assigned(node, name, value):
    made = ast.Assign([ast.Name(name, ast.Store())], value)
    return ast.copy_location(made, node)
