#!/usr/bin/env python3
"""Prints sizes and times against the budgets of ARCHITECTURE.md, as a table.

usage: tools/sizes.py [--build build] [--wheel file.whl] [--json file]
       tools/sizes.py --compile runnel/ops/nn     compiles those files again and prints their user seconds, slowest first

A size over its budget fails. A time over its budget is marked only: on a shared machine it says little.
"""

import argparse
import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MB = 1e6


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_seconds(command, repeats, **how):
    """The least CPU time of several runs."""
    best = float("inf")
    for _ in range(repeats):
        before = children_seconds()
        subprocess.run(command, check=True, capture_output=True, **how)
        best = min(best, children_seconds() - before)
    return best


def stripped_size(library):
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "library"
        subprocess.run(["strip", "-o", copy, library], check=True)
        return copy.stat().st_size / MB


def include_seconds():
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "user.cc"
        source.write_text("#include <runnel/runnel.h>\nint main() { return 0; }\n")
        command = [os.environ.get("CXX", "g++"), "-std=c++20", "-I", ROOT, "-c", source, "-o", Path(folder) / "user.o"]
        return cpu_seconds(command, 3)


def import_milliseconds(build):
    """As of an installed package, whose modules are compiled once."""
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPATH": str(build / "python"), "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        python = ROOT / ".venv/bin/python"
        bare = cpu_seconds([python, "-c", "pass"], 7, env=environment)
        return 1e3 * (cpu_seconds([python, "-c", "import runnel"], 7, env=environment) - bare)


def slowest_unit(build):
    """Seconds of the slowest C++ file of the last builds (0.0 where the compiler cache had it)."""
    slowest = 0.0
    for line in (build / ".ninja_log").read_text().splitlines()[1:]:
        start, end, _, output = line.split("\t")[:4]
        if output.endswith(".cc.o"):
            slowest = max(slowest, (int(end) - int(start)) / 1000)
    return slowest


def compile_seconds(build, word):
    """Pairs of (user seconds, source and object) of the files whose source or object has `word` in its path."""
    for unit in json.loads((build / "compile_commands.json").read_text()):
        command = shlex.split(unit["command"])
        target = command[command.index("-o") + 1]
        name = os.path.relpath(unit["file"], ROOT)
        if word not in name and word not in target:
            continue
        command = [part for part in command if not part.endswith("ccache")]
        command[command.index("-o") + 1] = os.devnull
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run(command, check=True, capture_output=True, cwd=unit["directory"])
        yield resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, f"{name} ({target.split('.dir')[0]})"


def print_slowest(build, word):
    for seconds, name in sorted(compile_seconds(build, word), reverse=True)[:20]:
        print(f"{seconds:7.1f} s  {name}")


def measure(options):
    """Rows of (what, value, unit, budget, whether going over it fails)."""
    build = Path(options.build).resolve()
    if not (build / "librunnel.so").exists():
        sys.exit(f"tools/sizes.py: there is no librunnel.so in {build}. Build first (./test sizes), or name a folder: --build FOLDER")
    yield "C++ library, stripped", stripped_size((build / "librunnel.so").resolve()), "MB", 15, True
    for module in (build / "python/runnel").glob("_*.so"):
        yield "Python module, stripped", stripped_size(module), "MB", 5, True
    if options.wheel:
        yield "wheel", Path(options.wheel).stat().st_size / MB, "MB", 20, True
    if (ROOT / "runnel/runnel.h").exists():
        yield "a file that includes <runnel/runnel.h>", include_seconds(), "s", 1.5, False
    if (build / "python/runnel").exists():
        yield "import runnel, CPU beyond bare Python", import_milliseconds(build), "ms", 60, False
    if (build / ".ninja_log").exists():
        yield "slowest translation unit, wall", slowest_unit(build), "s", 5, False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=ROOT / "build")
    parser.add_argument("--wheel", help="a wheel to weigh")
    parser.add_argument("--json", help="also write the figures here")
    parser.add_argument("--compile", metavar="WORD", help="only time the compilation of files with WORD in their path")
    options = parser.parse_args()
    if options.compile:
        return print_slowest(Path(options.build).resolve(), options.compile)
    over, figures = 0, {}
    for what, value, unit, budget, fails in measure(options):
        verdict = "" if value <= budget else ("  OVER" if fails else "  over (a time: not counted)")
        over += value > budget and fails
        figures[what] = value
        print(f"{what:<42}{value:9.2f} {unit:<3} of {budget:>5} {unit}{verdict}", flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=1) + "\n")
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
