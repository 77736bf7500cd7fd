#!/usr/bin/env python3
"""Writes type stubs (.pyi) beside the modules of the package.

The functions of the C++ library come from bindgen's functions.json, with the types and the documentation of their
declarations; the classes from tools/stubs/classes.pyi; everything else is asked of the imported package itself, so that
stubs and package have the same names.

    stubgen.py --functions build/python/generated/functions.json --out build/python/runnel       (with runnel importable)
"""

import argparse
import importlib
import inspect
import json
import keyword
import re
import sys
import types
from pathlib import Path

CLASSES = Path(__file__).resolve().parent / "stubs" / "classes.pyi"
IMPORTS = "import builtins as _b\nfrom collections.abc import Sequence\nfrom typing import Any\nfrom runnel import _types as _t\n"


# What tf.raw_ops takes: an input, or an attribute by its kind (op/schema.h).
RAW_TYPES = {"tensor": "_t.TensorLike", "tensors": "Sequence[_t.TensorLike]"} | dict(enumerate([
    "_t.DTypeLike", "_b.int", "_b.float", "_b.bool", "_b.str", "_t.ShapeLike", "_t.TensorLike", "Any", "Any", "Sequence[_t.DTypeLike]",
    "Sequence[_b.int]", "Sequence[_b.float]", "Sequence[_b.bool]", "Sequence[_b.str]", "Sequence[_t.ShapeLike]"]))


def raw_result(op):
    if not op["outputs"]:
        return "None"
    one = len(op["outputs"]) == 1 and not re.search(r"->.*(\*|list\()", op["signature"])
    return "_t.Tensor" if one else "_b.list[Any]"


def typed_classes():
    """The names that classes.pyi defines, and its text."""
    text = CLASSES.read_text()
    return text, {name for name in re.findall(r"^(?:class|def) (\w+)", text, re.M) if not name.startswith("_")}


def doc_lines(doc, indent="    "):
    text = "\n".join(doc).strip().replace("\\", "\\\\").replace('"""', "'''")
    return "" if not text else indent + '"""' + text.replace("\n", "\n" + indent) + '"""\n'


def typed_function(name, row):
    """A function of the library, in the types of its declaration."""
    signature = re.sub(r"\b(bool|int|float|str|list)\b", r"_b.\1", row["signature"])  # tf has a bool of its own
    signature = re.sub(r"\b(Tensor|TensorLike|IntsLike|ShapeLike|DTypeLike|Variable|DType|TensorShape)\b", r"_t.\1", signature)
    signature = re.sub(r"-> (?!_|None)(\w+)", r"-> _t.\1", signature)
    doc = doc_lines(row["doc"])
    return f"def {name}{signature}:\n{doc}    ...\n" if doc else f"def {name}{signature}: ...\n"


def parameters_of(thing):
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return "*args: Any, **kwargs: Any"
    parts, star = [], False
    for p in signature.parameters.values():
        if p.kind is p.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        if p.kind is p.VAR_POSITIONAL:
            star = True
            parts.append(f"*{p.name}: Any")
        elif p.kind is p.VAR_KEYWORD:
            parts.append(f"**{p.name}: Any")
        elif p.name in ("self", "cls"):
            parts.append(p.name)
        else:
            parts.append(f"{p.name}: Any" + ("" if p.default is p.empty else " = ..."))
    return ", ".join(parts)


def plain_function(name, thing):
    doc = doc_lines([inspect.getdoc(thing) or ""])
    head = f"def {name}({parameters_of(thing)}) -> Any:"
    return f"{head}\n{doc}    ...\n" if doc else f"{head} ...\n"


def class_stub(name, cls):
    """The public members of a class, without types."""
    bases = " (Exception)" if issubclass(cls, BaseException) else ""
    lines = [f"class {name}{bases.strip()}:\n", doc_lines([(cls.__doc__ or "").strip()])]
    if "__init__" in vars(cls):
        lines.append(f"    def __init__({parameters_of(cls.__init__) or 'self'}) -> None: ...\n")
    for key, member in sorted(vars(cls).items()):
        if key.startswith("_") or keyword.iskeyword(key):
            continue
        if isinstance(member, property):
            lines.append(f"    @_b.property\n    def {key}(self) -> Any: ...\n")
        elif isinstance(member, (staticmethod, classmethod)):
            lines.append(f"    @_b.{type(member).__name__}\n    def {key}({parameters_of(member.__func__)}) -> Any: ...\n")
        elif isinstance(member, types.FunctionType):
            lines.append(f"    def {key}({parameters_of(member)}) -> Any: ...\n")
        else:
            lines.append(f"    {key}: Any\n")
    lines.append("    def __getattr__(self, name: _b.str) -> Any: ...\n")
    return "".join(lines)


def namedtuple_stub(name, fields):
    lines = [f"    {f}: {'Tensor' if f != 'list_clipped' else 'list[Tensor]'}" for f in fields]
    body = "".join(line + ("  # type: ignore[assignment]\n" if f in dir(tuple) else "\n") for f, line in zip(fields, lines))
    return f"class {name}(NamedTuple):\n{body}"


def is_public(key):
    return not key.startswith("_") and key.isidentifier() and not keyword.iskeyword(key)


def write_if_changed(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


class Generator:
    def __init__(self, functions):
        self.classes, self.class_names = typed_classes()
        self.rows = {name: row for row in functions["functions"] for name in row["names"]}
        self.structs = functions["structs"]
        self.package = importlib.import_module("runnel")

    def modules(self):
        """The package's public modules, by dotted name below it."""
        found = {"": self.package}
        for full, module in sorted(sys.modules.items()):
            dotted = full.removeprefix("runnel.")
            if full.startswith("runnel.") and all(is_public(part) for part in dotted.split(".")):
                found[dotted] = module
        return found

    def member(self, dotted, key, thing):
        """The lines of one name of a module."""
        full = f"{dotted}.{key}" if dotted else key
        if isinstance(thing, types.ModuleType):
            home, _, last = thing.__name__.rpartition(".")
            return f"from {home} import {last} as {key}\n" if home.startswith("runnel") else ""
        if full in self.rows:
            return typed_function(key, self.rows[full])
        if key in self.class_names and getattr(self.package, key, None) is thing:
            return f"from runnel._types import {key} as {key}\n"
        if isinstance(thing, self.package.DType):
            return f"{key}: _t.DType\n"
        if inspect.isclass(thing):
            return class_stub(key, thing) if thing.__module__ != "builtins" else f"{key}: Any\n"
        if callable(thing):
            return plain_function(key, thing)
        return f"{key}: {'_b.' + type(thing).__name__ if isinstance(thing, (str, int, float)) else 'Any'}\n"

    def raw_ops(self, module):
        """Every operator, with the types of its card."""
        library = self.package._runnel
        for op in library.list_ops():
            if not op["name"].startswith("_"):
                parameters = [f"{name}: {RAW_TYPES[kind]}" + (" = ..." if optional else "") for name, kind, optional in library.op_parameters(op["name"])
                              if not keyword.iskeyword(name)]
                head = f"def {op['name']}({', '.join(['*', *parameters, 'name: _b.str | None = None'])}) -> {raw_result(op)}:\n"
                yield head + doc_lines([getattr(module, op["name"]).__doc__]) + "    ...\n"

    def text(self, dotted, module):
        if dotted == "raw_ops":
            return "".join(["# Written by tools/stubgen.py.\n", IMPORTS, "\n", *self.raw_ops(module)])
        parts = ["# Written by tools/stubgen.py.\n", IMPORTS, "\n"]
        parts += [self.member(dotted, key, thing) for key, thing in sorted(vars(module).items()) if is_public(key)]
        if hasattr(module, "__getattr__"):
            parts.append("def __getattr__(name: _b.str) -> Any: ...\n")
        return "".join(parts)

    def write(self, out):
        modules, written = self.modules(), {out / "_types.pyi"}
        for dotted, module in modules.items():
            has_children = any(other.startswith(dotted + ".") for other in modules) or dotted == ""
            path = out / dotted.replace(".", "/") / "__init__.pyi" if has_children else out / (dotted.replace(".", "/") + ".pyi")
            write_if_changed(path, self.text(dotted, module))
            written.add(path)
        structs = "".join("\n" + namedtuple_stub(name, fields) for name, fields in self.structs.items())
        write_if_changed(out / "_types.pyi", self.classes + structs)
        for path in set(out.rglob("*.pyi")) - written:  # of a module that is gone, or has become a package
            path.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--functions", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    Generator(json.loads(options.functions.read_text())).write(options.out)


if __name__ == "__main__":
    main()
