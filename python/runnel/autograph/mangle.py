"""Inside a class, Python reads `__x` as `_Class__x`; converted code stands outside the class."""

import ast


def transform(node, class_name):
    """Writes private names in full."""
    stripped = (class_name or "").lstrip("_")
    return _Mangle(f"_{stripped}").visit(node) if stripped else node


class _Mangle(ast.NodeTransformer):
    def __init__(self, prefix):
        self.prefix = prefix

    def _full(self, name):
        private = name and name.startswith("__") and not name.endswith("__") and "." not in name
        return self.prefix + name if private else name

    def generic_visit(self, node):
        for field in ("id", "attr", "arg", "name", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                setattr(node, field, self._full(value))
        return super().generic_visit(node)

    def visit_Global(self, node):
        node.names = list(map(self._full, node.names))
        return node

    visit_Nonlocal = visit_Global

    def visit_ClassDef(self, node):
        return node  # has names of its own
