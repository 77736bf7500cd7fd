#!/usr/bin/env python3
"""Fails where a shared library of ours shows a symbol that is not ours, or calls a function that nobody has.

usage: tools/check_symbols.py build/librunnel.so [...]
"""

import re
import subprocess
import sys

OURS = re.compile(r"^(runnel::|(typeinfo|typeinfo name|vtable|VTT|guard variable) for runnel::|(non-virtual|virtual) thunk to runnel::)")
MODULE = re.compile(r"^PyInit_\w+$")  # the one function that Python looks for in a module


def foreign_symbols(library):
    listing = subprocess.run(["nm", "-D", "-C", "--defined-only", library], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        name = line.split(" ", 2)[2]
        if not OURS.match(name) and not MODULE.match(name):
            yield name


def missing_functions(library):
    """ldd -r binds every symbol, as the first call would."""
    told = subprocess.run(["ldd", "-r", library], capture_output=True, text=True)
    for mangled in re.findall(r"undefined symbol: (\S+)", told.stdout + told.stderr):
        yield subprocess.run(["c++filt", mangled], capture_output=True, text=True).stdout.strip()


def main():
    bad = 0
    for library in sys.argv[1:]:
        foreign = list(foreign_symbols(library))
        missing = list(missing_functions(library)) if library.startswith("lib") or "/lib" in library else []
        for name in foreign:
            print(f"error: {library} shows {name}")
        for name in missing:
            print(f"error: {library} needs {name}, which is nowhere")
        print(f"{library}: {len(foreign)} foreign symbols, {len(missing)} missing functions")
        bad += len(foreign) + len(missing)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
