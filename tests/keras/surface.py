"""Keras's public names, surface.csv, and what there is of each: the object, its arguments, and a test that uses it.

    python tests/keras/surface.py           what is missing, unlinked or otherwise than Keras's
    pytest tests/keras --link-surface       runs the tests, and writes into surface.csv which of them uses each name

A row is one object: its name, other names of it, Keras's signature, the test, and `remark`: why it is missing, or why its
arguments are others. A link holds if the test passes and takes the name from its module while it runs.
"""

import ast
import csv
import inspect
import re
from pathlib import Path

import runnel as tf

HERE = Path(__file__).resolve().parent
FILE = HERE / "surface.csv"
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


# --- tests. conftest.py hears which names each test takes from the modules: {test: [(names, name of the row)]}

def names_of(row):
    return [row["name"], *row["aliases"].split()]


def uses(row, calls):
    """Whether one of a test's runs took one of the row's names."""
    return any(used.intersection(names_of(row)) for used, _ in calls)


def link(row, used):
    """The test that tells most about the row: one whose name or row has the name in it, of those the one that uses the fewest others."""
    last = row["name"].rpartition(".")[2].lower()
    found = [(last not in f"{test} {item}".lower(), len(names), test) for test, calls in used.items() for names, item in calls
             if names.intersection(names_of(row))]
    return min(found)[2] if found else ""


def linked_anew(rows, used):
    """The rows with their tests; a link that holds stays."""
    for row in rows:
        if not exists(row):
            row["test"] = ""
        elif not (row["test"] in used and uses(row, used[row["test"]])):
            row["test"] = link(row, used)
        if row["test"] and not difference(row):
            row["remark"] = ""
    return rows


def main():
    rows = read()
    missing = [row for row in rows if not exists(row)]
    unlinked = [row for row in rows if exists(row) and not row["test"]]
    different = [row for row in rows if exists(row) and difference(row)]
    for title, some in (("missing", missing), ("without a test", unlinked), ("with other arguments", different)):
        print(f"--- {len(some)} {title}")
        for row in some:
            print(f"{row['name']:50} {row['remark'] or (difference(row) if exists(row) else '')}")
    print(f"{len(rows)} objects, {len(rows) - len(missing)} there, {len(rows) - len(missing) - len(unlinked)} of them linked to a test")


if __name__ == "__main__":
    main()
