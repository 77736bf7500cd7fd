"""Installs the C++ package, builds the wheel, and uses both as strangers would."""

import os
import re
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
EXAMPLES = [ROOT / "examples/customising", ROOT / "examples/programs"]
HAS_PYTHON = (ROOT / "python/CMakeLists.txt").exists()


def run(*command, **how):
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, **how)
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def build_project(package, folder, target):
    """Builds a program of tests/package against an installed package."""
    run("cmake", "-S", ROOT / "tests/package", "-B", folder, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={package}", "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--build", folder, "--target", target)
    return folder / target


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    first = tmp_path_factory.mktemp("install") / "first"
    run("cmake", "--install", BUILD, "--prefix", first)
    moved = first.parent / "moved"  # a package must not remember where it was installed
    first.rename(moved)
    return moved


def compiler():
    """That of build/, so that ccache finds what is compiled there."""
    return re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text(), re.M)[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    if not HAS_PYTHON:
        pytest.skip("there is no Python module yet")
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT, env={**os.environ, "CXX": compiler()})
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory):
    """The wheel, installed into a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, wheel)
    return folder


def check_app(output):
    lines = output.splitlines()
    assert lines[0] == "(480, 8) (120,)"
    assert "Argument `version` must be one of 'small', 'large'" in lines[1]


def test_a_bare_project_builds_and_runs(prefix, tmp_path):
    check_app(run(build_project(prefix, tmp_path, "app")))


def fingerprint(output):
    return re.search(r"SHA-256 of all weights: ([0-9a-f]{64})", output)[1]


@pytest.fixture(scope="module")
def built(prefix, tmp_path_factory):
    """{folder of examples: where its programs are}, built against the installed package."""
    out = {}
    for folder in EXAMPLES:
        out[folder] = tmp_path_factory.mktemp(folder.name)
        run("cmake", "-S", folder, "-B", out[folder], "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release")
        run("cmake", "--build", out[folder])
    return out


@pytest.mark.parametrize("source", [path for folder in EXAMPLES for path in sorted(folder.glob("*.cc"))], ids=lambda path: path.stem)
def test_twins_end_with_the_same_weights(built, source, tmp_path):
    ours = run(built[source.parent] / source.stem, cwd=tmp_path)
    python = run(sys.executable, source.with_suffix(".py"), cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(BUILD / "python")})
    assert fingerprint(ours) == fingerprint(python)


def test_the_same_weights_from_an_installed_build_and_from_the_wheel_whatever_the_threads(prefix, site, tmp_path):
    def train(*command, threads, **more):
        output = run(*command, env={**os.environ, "RUNNEL_NUM_THREADS": str(threads), **more})
        assert f"threads: {threads}\n" in output
        return fingerprint(output)

    program, script = build_project(prefix, tmp_path, "weights"), ROOT / "tests/package/weights.py"
    alone = train(program, threads=1)
    for threads in (2, 5):
        assert train(program, threads=threads) == alone
    for threads in (1, 2, 5):
        assert train(sys.executable, script, threads=threads, PYTHONPATH=str(site)) == alone


def test_installed_headers_are_public_only(prefix):
    headers = list((prefix / "include").rglob("*.h"))
    assert any(header.name == "runnel.h" for header in headers)
    for header in headers:
        for included in re.findall(r'^#\s*include\s+"([^"]+)"', header.read_text(), re.MULTILINE):
            assert (prefix / "include" / included).exists(), f"{header} includes {included}, which is not installed"
        for included in re.findall(r"^#\s*include\s+<([^>]+)>", header.read_text(), re.MULTILINE):
            assert "/" not in included, f"{header} includes <{included}>"


def test_the_library_needs_only_the_system(prefix):
    library = next((prefix / "lib").glob("**/librunnel.so"))
    needed = re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", library))
    allowed = re.compile(r"^(libstdc\+\+|libm|libgcc_s|libc|libpthread|ld-linux[-a-z0-9_]*)\.so")
    assert all(allowed.match(name) for name in needed), needed


def test_each_public_header_compiles_alone(prefix, tmp_path):
    def compile_alone(header):
        name = header.relative_to(prefix / "include")
        source = tmp_path / (str(name).replace("/", "_") + ".cc")
        source.write_text(f"#include <{name}>\n")
        run("g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-missing-field-initializers",
            "-I", prefix / "include", source)

    headers = sorted((prefix / "include").rglob("*.h"))
    assert headers
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_alone, headers))


def test_the_wheel_holds_the_cpp_package(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "runnel/__init__.py" in names
    assert "runnel/lib/librunnel.so" in names
    assert "runnel/include/runnel/runnel.h" in names
    assert "runnel/lib/cmake/runnel/runnel-config.cmake" in names
    assert not [name for name in names if name.endswith((".cc", ".o", ".a")) or "__pycache__" in name]
    assert wheel.stat().st_size < 20e6


def test_the_wheel_works_in_python(site):
    program = "import runnel as tf, sys; print(tf.__file__); print(int(tf.constant(1) + 1)); assert 'tensorflow' not in sys.modules"
    lines = run(sys.executable, "-c", program, env={**os.environ, "PYTHONPATH": str(site)}).splitlines()
    assert lines[0].startswith(str(site))
    assert lines[1] == "2"


def test_a_bare_project_builds_against_the_wheel(site, tmp_path):
    check_app(run(build_project(site / "runnel", tmp_path, "app")))
