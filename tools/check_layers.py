#!/usr/bin/env python3
"""Holds the sources against the house's rules and fails on any breach.

1. Every #include of another room is an edge of the table below (the layers of ARCHITECTURE.md).
2. Public headers (those that runnel/runnel.h leads to) include nothing but the standard library and public headers.
3. No file is longer than 800 lines. Functions of more than 40 lines are listed, as a warning.
4. No committed file names a package registry's host or a path of somebody's machine.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "runnel"
MOST_LINES, MOST_FUNCTION_LINES = 800, 40

# Room: the rooms whose headers it may include besides its own. base and core are open to every room above them.
EDGES = {
    "base": set(),
    "core": set(),
    "runtime": set(),
    "op": {"runtime"},
    "ops": {"op", "runtime"},
    "autodiff": {"op", "ops"},
    "graph": {"op", "ops", "autodiff", "runtime"},
    "lookup": {"op", "ops", "runtime"},
    "data": {"graph", "op", "ops", "runtime"},
    "interop": {"graph", "op"},
    "summary": {"op", "ops", "graph"},
    "keras": {"op", "ops", "autodiff", "graph", "lookup", "data", "interop", "summary"},
    "serving": {"interop", "graph", "op"},
}
OPEN = {"core": {"base"}, "base": set()}

# Kernels' inner parts, which only files with these endings may include.
INNER = {"runtime/cpu": (".cpu.cc", ".simd.cc", ".cpu.h", ".simd.h"), "runtime/cuda": (".cuda.cc", ".cuda.cu", ".cuda.h")}
UNWANTED = {"iostream", "sstream", "iomanip", "regex", "format"}  # slow to compile; base/text.h does what we need
STANDARD = re.compile(r"^([a-z_0-9]+|(assert|errno|float|inttypes|limits|math|stdarg|stddef|stdint|stdio|stdlib|string|time)\.h)$")
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
PRIVATE_WORDS = ["/wo" "rk/", "pypi" ".org", "pythonhosted" ".org", "deb.debian" ".org", "archive.ubuntu" ".com"]


def includes(path):
    """Pairs of (ours, header) of a file."""
    for line in path.read_text(errors="replace").splitlines():
        if found := INCLUDE.match(line):
            yield (True, found[1]) if found[1] else (False, found[2])


def room_of(name):
    """'runnel/core/shape.h' is in room core; 'runnel/runnel.h' in none."""
    parts = name.split("/")
    return parts[1] if len(parts) > 2 else ""


def edge_problem(name, header):
    source, target = room_of(name), room_of(header)
    for inner, endings in INNER.items():
        if header.startswith(f"runnel/{inner}/") and source != "runtime" and not name.endswith(endings):
            return f"only files named *{' *'.join(endings)} may include {inner}"
    if source == target or not source:
        return None
    if source not in EDGES:
        return f"room {source} is not in the table of {Path(__file__).name}"
    if not target or target not in EDGES[source] | OPEN.get(source, {"base", "core"}):
        return f"room {source} may not include room {target or 'runnel.h'}"
    return None


def layer_problems(files):
    for path in files:
        name = str(path.relative_to(ROOT))
        is_test = name.endswith("_test.cc")
        for ours, header in includes(path):
            if ours and header.startswith("runnel/") and not is_test:
                if problem := edge_problem(name, header):
                    yield f"{name}: includes {header}: {problem}"
            if not ours and header in UNWANTED and not is_test:
                yield f"{name}: includes <{header}>, which is slow to compile"


def public_headers():
    """The headers that runnel/runnel.h leads to."""
    waiting, seen = [SOURCE / "runnel.h"], set()
    while waiting:
        path = waiting.pop()
        if path in seen or not path.exists():
            continue
        seen.add(path)
        waiting += [ROOT / header for ours, header in includes(path) if ours]
    return sorted(seen)


def public_problems():
    for path in public_headers():
        for ours, header in includes(path):
            if not ours and not STANDARD.match(header):
                yield f"{path.relative_to(ROOT)}: public, but includes <{header}>"
            if ours and not (ROOT / header).exists():
                yield f"{path.relative_to(ROOT)}: includes \"{header}\", which is not there"


def length_problems(files):
    for path in files:
        count = len(path.read_text(errors="replace").splitlines())
        if count > MOST_LINES:
            yield f"{path.relative_to(ROOT)}: {count} lines, {MOST_LINES} is the end"


def long_functions(files):
    """Functions are found by their shape: a line that ends with '{' after ')', and the next '}' in the same column."""
    opening = re.compile(r"^( {0,2})(?!class |struct |enum |namespace )[A-Za-z~].*\)[^;]*\{$")
    for path in files:
        lines = path.read_text(errors="replace").splitlines()
        for start, line in enumerate(lines):
            if found := opening.match(line):
                end = next((i for i in range(start, len(lines)) if lines[i].startswith(found[1] + "}")), start)
                if end - start + 1 > MOST_FUNCTION_LINES:
                    yield f"{path.relative_to(ROOT)}:{start + 1}: a function of {end - start + 1} lines"


def word_problems():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if not path.is_file() or path.stat().st_size > 2_000_000:
            continue
        data = path.read_bytes()
        for word in PRIVATE_WORDS:
            if word.encode() in data:
                yield f"{name}: names {word}"


def main():
    files = sorted([*SOURCE.rglob("*.h"), *SOURCE.rglob("*.cc")])
    others = sorted([*(ROOT / "python").rglob("*.cc"), *(ROOT / "python").rglob("*.h"), *(ROOT / "bench").rglob("*.cc")])
    for warning in long_functions([*files, *others]):
        print(f"warning: {warning}")
    problems = [*layer_problems(files), *public_problems(), *length_problems([*files, *others]), *word_problems()]
    for problem in problems:
        print(f"error: {problem}")
    print(f"{len(files)} files, {len(public_headers())} public headers, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
