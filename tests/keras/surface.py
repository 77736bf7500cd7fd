"""Keras's public names, surface.csv, and what there is of each: the object, its arguments, and a test that uses it.

    python tests/keras/surface.py           what is missing, unlinked or otherwise than Keras's
    python tests/keras/surface.py --link    looks for tests that use the names, and writes them into surface.csv

A row is one object: its name, other names of it, Keras's signature, the test, and `remark`: why it is missing, or why its
arguments are others. A test is linked if its code, or what it calls in the same folder, uses the name.
"""

import argparse
import ast
import csv
import functools
import inspect
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import runnel as tf

HERE = Path(__file__).resolve().parent
TESTS, FILE = HERE.parent, HERE / "surface.csv"
FOLDERS = [HERE, TESTS / "python", TESTS / "autograph", TESTS / "function"]
COLUMNS = ("name", "aliases", "signature", "test", "remark")
_MISSING = object()


def read():
    with FILE.open(newline="") as file:
        return list(csv.DictReader(file))


def write(rows):
    with FILE.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def find(dotted):
    """The object tf.keras.<dotted>, or _MISSING."""
    found = tf.keras
    for part in dotted.split("."):
        found = getattr(found, part, _MISSING)
    return found


def exists(row):
    return find(row["name"]) is not _MISSING


# --- signatures

def keras_parameters(signature):
    """{name: default} of a signature as text; defaults are texts, None where there is none."""
    function = ast.parse(f"def f{re.sub(r'=<[^>]*>', '=...', signature)}: pass").body[0].args
    names = [a.arg for a in function.posonlyargs + function.args]
    defaults = [None] * (len(names) - len(function.defaults)) + [ast.unparse(d) for d in function.defaults]
    found = dict(zip(names, defaults))
    found.update((a.arg, d and ast.unparse(d)) for a, d in zip(function.kwonlyargs, function.kw_defaults))
    return found


def _of_class(cls):
    """The arguments of a class of C++, from its table."""
    for base in cls.__mro__:
        kind = base.__module__.rpartition("keras.")[2].replace("optimizers.schedules", "schedules")
        if base.__name__ in tf._runnel.keras_classes(kind):
            return {name: repr(value) for name, value in tf._runnel.keras_default_arguments(kind, base.__name__).items()}
    return None


def parameters(thing):
    """({name: default}, takes anything) of an object of ours, or None where nothing tells them."""
    if inspect.isclass(thing) and issubclass(thing, tf._runnel.KerasObject) and not inspect.isfunction(thing.__init__):
        own = _of_class(thing)
        return None if own is None else (own, False)
    try:
        found = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return _of_doc(thing.__doc__ or "")
    named = {p.name: None if p.default is p.empty else repr(p.default) for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    return named, any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in found)


def _of_doc(doc):
    """nanobind's functions tell their arguments in their first line."""
    inside = re.match(r"\w+\((.*)\) -> ", doc)
    if not inside:
        return None
    names = re.findall(r"(\w+): ", inside[1])
    return {name: "?" for name in names}, "*" in inside[1]


def _leaves(value):
    """The different numbers in a default: (1, 1), [1] and 1 say the same."""
    return {leaf for item in value for leaf in _leaves(item)} if isinstance(value, (list, tuple)) else {value}


def _same_default(theirs, ours):
    """Defaults that cannot be compared as texts (initializers, functions, None for "the usual") count as the same."""
    if theirs is None or ours is None:
        return theirs is ours
    try:
        a, b = ast.literal_eval(theirs), ast.literal_eval(ours)
    except (ValueError, SyntaxError):
        return True
    if a is None or b in ("", None) or isinstance(b, dict) or str(a).lower() == str(b).lower():
        return True
    return _leaves(a) == _leaves(b)


_ACCEPTED = {"self", "args", "kwargs", "name", "dtype", "data_format", "sparse", "layout", "axis_name", "device", "ragged"}


def difference(row):
    """What is otherwise in the arguments, as text; "" where nothing is."""
    ours = parameters(find(row["name"]))
    if ours is None or row["signature"] in ("", "(/, *args, **kwargs)") or not row["signature"].startswith("("):
        return ""
    theirs, (own, anything) = keras_parameters(row["signature"]), ours
    missing = [] if anything else [name for name in theirs if name not in own and name not in _ACCEPTED]
    other = [f"{name}={own[name]}" for name, default in theirs.items() if own.get(name, "?") != "?" and default is not None
             and not _same_default(default, own[name])]
    shared = [name for name in own if name in theirs]
    order = "" if shared == [name for name in theirs if name in own] else "another order"
    return "; ".join(filter(None, ["lacks " + ", ".join(missing) if missing else "", "has " + ", ".join(other) if other else "", order]))


# --- tests

class _Names(ast.NodeVisitor):
    """What a piece of code mentions: names, attributes with what they are taken from, texts; of a test, the names of its rows."""

    def __init__(self):
        self.words, self.pairs, self.texts, self.rows = set(), set(), set(), set()

    def visit_Name(self, node):
        self.words.add(node.id)

    def visit_Attribute(self, node):
        self.words.add(node.attr)
        owner = getattr(node.value, "attr", getattr(node.value, "id", ""))
        self.pairs.add((owner, node.attr))
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            self.texts.update(node.value.split())

    def visit_ImportFrom(self, node):
        self.words.update(alias.name for alias in node.names)
        self.pairs.update(((node.module or "").rpartition(".")[2], alias.name) for alias in node.names)

    def add(self, other):
        for mine, theirs in ((self.words, other.words), (self.pairs, other.pairs), (self.texts, other.texts)):
            mine |= theirs


def _defined(node):
    targets = node.targets if isinstance(node, ast.Assign) else []
    names = [t.id for target in targets for t in ast.walk(target) if isinstance(t, ast.Name)]
    return names + ([node.name] if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else [])


@functools.lru_cache(maxsize=None)
def _module(path):
    """({global name: what its definition mentions}, what the rest mentions with {imported module of the folder})."""
    tree, known, rest, imported = ast.parse(path.read_text()), defaultdict(_Names), _Names(), []
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            imported += [path.with_name(name + ".py") for name in names if path.with_name(name + ".py").exists()]
        for name in _defined(node) or [""]:
            (known[name] if name else rest).visit(node)
    return known, rest, imported


def _whole(path, seen):
    """Everything that a helper module mentions."""
    out = _Names()
    if path in seen:
        return out
    seen.add(path)
    known, rest, imported = _module(path)
    for part in (*known.values(), rest):
        out.add(part)
    for other in imported:
        out.add(_whole(other, seen))
    return out


def mentions(path, test):
    """What a test mentions, with the helpers that it uses."""
    known, rest, imported = _module(path)
    out, wanted, seen = _Names(), [test], set()
    out.add(rest)
    while wanted:
        name = wanted.pop()
        if name in seen or name not in known:
            continue
        seen.add(name)
        out.add(known[name])
        wanted += known[name].words
    for other in imported:
        out.add(_whole(other, {path}))
    return out


def _collected():
    """{"keras/test_x.py::test_y": the words in the names of its rows}: the tests that pytest runs."""
    folders = [str(folder) for folder in FOLDERS if any(folder.glob("test_*.py"))]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "--rootdir", str(TESTS), *folders]
    environment = {**os.environ, "PYTHONPATH": str(Path(tf.__file__).absolute().parent.parent)}
    listed = subprocess.run(command, cwd=TESTS, env=environment, capture_output=True, text=True).stdout
    out = defaultdict(set)
    for line in listed.splitlines():
        test, _, row = line.partition("[")
        if "::" in test:
            out[test].update(re.findall(r"\w+", row))
    return out


@functools.lru_cache(maxsize=None)
def all_tests():
    """{"keras/test_x.py::test_y": what it mentions}."""
    out = {}
    for test, rows in _collected().items():
        file, _, name = test.partition("::")
        if file != "keras/test_surface.py":
            out[test] = mentions(TESTS / file, name)
            out[test].rows = rows
    return out


_HOMES = {"backend": ("backend", "K"), "optimizers": ("optimizers", "schedules")}


def uses(mentioned, name):
    """Whether code with these words uses the name: classes by their name, functions with their module's."""
    home, _, last = ("keras." + name).rpartition(".")
    homes = _HOMES.get(home.rpartition(".")[2], (home.rpartition(".")[2],))
    if last[0].isupper() and (last in mentioned.rows or len(last) > 3 and last in mentioned.words | mentioned.texts):
        return True
    if any((owner, last) in mentioned.pairs or last in mentioned.words and owner in mentioned.rows for owner in homes):
        return True
    return last in mentioned.texts | mentioned.rows and any(h in mentioned.words for h in homes)


def names_of(row):
    return [row["name"], *row["aliases"].split()]


def linked(row):
    """Whether the row's test is there and uses one of its names."""
    mentioned = all_tests().get(row["test"])
    return mentioned is not None and any(uses(mentioned, name) for name in names_of(row))


def link(row):
    """The first test that uses one of the row's names, or "".

    Of two tests the one with fewer words tells more about the name."""
    found = [(len(mentioned.words), test) for test, mentioned in all_tests().items() if any(uses(mentioned, name) for name in names_of(row))]
    return min(found)[1] if found else ""


def update(rows):
    for row in rows:
        if not exists(row):
            row["test"] = ""
        elif not (row["test"] and linked(row)):
            row["test"] = link(row)
            if row["test"] and row["remark"] and not difference(row):
                row["remark"] = ""
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--link", action="store_true")
    rows = read()
    if parser.parse_args().link:
        write(update(rows))
    missing = [row for row in rows if not exists(row)]
    unlinked = [row for row in rows if exists(row) and not linked(row)]
    different = [row for row in rows if exists(row) and difference(row)]
    for title, some in (("missing", missing), ("without a test", unlinked), ("with other arguments", different)):
        print(f"--- {len(some)} {title}")
        for row in some:
            print(f"{row['name']:50} {row['remark'] or (difference(row) if exists(row) else '')}")
    print(f"{len(rows)} objects, {len(rows) - len(missing)} there, {len(rows) - len(missing) - len(unlinked)} of them linked to a test")


if __name__ == "__main__":
    main()
