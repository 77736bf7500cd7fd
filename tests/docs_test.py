"""Runs the code blocks of README.md, CONTRIBUTING.md, ARCHITECTURE.md and docs/: what they show must work.

A block is run when it is marked ```python or ```cpp. Python blocks of one file run one after the other in one process, as a
reader types them; a C++ block with a main() is compiled against the built library and run, others are only compiled, inside
a function. The line <!-- not run: why --> before a block leaves it out. Sources shown in docs (examples/*) are not repeated here.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
BLOCK = re.compile(r"(?P<skip><!-- not run:[^\n]*-->\n+)?^```(?P<language>python|cpp)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")] + sorted((ROOT / "docs").rglob("*.md"))
HAS_MODULE = any((BUILD / "python/runnel").glob("_*.so"))
WRAPPED = """#include <runnel/runnel.h>
namespace tf = runnel;
using namespace tf::keras;
void block() {{
{code}}}
"""


def blocks(language):
    """(name, code blocks) of each page that has blocks of the language."""
    for page in PAGES:
        if page.exists():
            found = [match["code"] for match in BLOCK.finditer(page.read_text()) if match["language"] == language and not match["skip"]]
            if found:
                yield page.relative_to(ROOT).as_posix(), found


def numbered(language):
    return [pytest.param(code, id=f"{name}:{index}") for name, found in blocks(language) for index, code in enumerate(found, 1)]


def run(command, folder, **more):
    environment = {**os.environ, "PYTHONPATH": str(BUILD / "python"), **more}
    done = subprocess.run(list(map(str, command)), cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, f"status {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.mark.skipif(not HAS_MODULE, reason="the Python module is not built")
@pytest.mark.parametrize("code", [pytest.param("\n".join(found), id=name) for name, found in blocks("python")])
def test_python_blocks(code, tmp_path):
    (tmp_path / "blocks.py").write_text(code)
    run([sys.executable, "blocks.py"], tmp_path)


@pytest.mark.parametrize("code", numbered("cpp"))
def test_cpp_block(code, tmp_path):
    is_program = "int main(" in code
    (tmp_path / "block.cc").write_text(code if is_program else WRAPPED.format(code=code))
    compile_command = ["g++", "-std=c++20", "-Wall", "-I", ROOT, "block.cc"]
    if not is_program:
        return run([*compile_command, "-fsyntax-only", "-Wno-unused-variable"], tmp_path)
    run([*compile_command, "-o", "block", f"-L{BUILD}", "-lrunnel", f"-Wl,-rpath,{BUILD}"], tmp_path)
    run(["./block"], tmp_path)
