"""Runs the tests in parts and counts them; ./test calls it. Keeps going over failures."""

import argparse
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import steps
from steps import BUILD, PYTHON, ROOT

DOCTEST = re.compile(r"test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped")
PYTEST_SUMMARY = re.compile(r"^=* ?((?:\d+ [a-z]+(?:, )?)+) in [0-9.]+s", re.MULTILINE)
PYTEST_KINDS = {"passed": "passed", "xpassed": "passed", "failed": "failed", "error": "failed", "errors": "failed",
                "skipped": "skipped", "xfailed": "skipped"}


def count_doctest(status, output):
    found = DOCTEST.findall(output)
    counts = Counter()
    for passed, failed, skipped in found:
        counts += Counter(passed=int(passed), failed=int(failed), skipped=int(skipped))
    return counts if found else Counter(failed=1)  # it ended before its summary


def count_pytest(status, output):
    if status == 5:  # no test was collected
        return Counter()
    found = PYTEST_SUMMARY.findall(output)
    if not found:
        return Counter(failed=1)
    counts = Counter()
    for number, kind in re.findall(r"(\d+) ([a-z]+)", found[-1]):
        if kind in PYTEST_KINDS:
            counts[PYTEST_KINDS[kind]] += int(number)
    return counts


def count_check(status, output):
    return Counter(passed=1) if status == 0 else Counter(failed=1)


def count_report(status, output):
    """A report of what is still owed: shown, and counted as skipped until nothing is missing."""
    return Counter(passed=1) if status == 0 else Counter(skipped=1)


class Runner:
    def __init__(self, chosen):
        self.chosen = chosen
        self.total = Counter()

    def part(self, name, command, count, **how):
        if self.chosen and not any(name.startswith(prefix) for prefix in self.chosen):
            return
        status, output, seconds = steps.run(name, command, **how)
        counts = count(status, output)
        if status not in (0, 5) and count is not count_report and not counts["failed"]:
            counts["failed"] += 1
        self.total += counts
        words = [f"{counts[kind]} {kind}" for kind in ("passed", "failed", "skipped") if counts[kind]]
        text = ", ".join(words) or "no tests"
        steps.say(name, text + (" (out of time)" if status == 124 else ""), seconds, good=not counts["failed"])
        if counts["failed"]:
            steps.show_tail(name, output)

    def build(self, **how):
        if steps.build(**how):
            return True
        self.total["failed"] += 1
        return False


def pytest(*arguments):
    return [PYTHON, "-m", "pytest", "-q", "-rfE", "--tb=short", "-p", "no:cacheprovider", *arguments]


def python_parts():
    """One part for each folder of tests/ with Python tests, and for each tests/*_test.py."""
    for folder in sorted([*(ROOT / "tests").iterdir(), ROOT / "python/tests"]):
        if folder.is_dir() and (any(folder.rglob("*_test.py")) or any(folder.rglob("test_*.py"))):
            yield folder.name if folder.name != "tests" else "python", folder
    for file in sorted((ROOT / "tests").glob("*_test.py")):
        yield file.stem.removesuffix("_test").replace("_", " "), file


def check_parts():
    yield "layers", ["tools/check_layers.py"]
    yield "symbols", ["tools/check_symbols.py", BUILD / "librunnel.so", *(BUILD / "python/runnel").glob("_*.so")]
    yield "sizes", ["tools/sizes.py"]


def run_default(runner):
    if not runner.build():
        return
    for name, command in check_parts():
        runner.part(name, [PYTHON, *command], count_check)
    runner.part("audit", [PYTHON, "tools/audit"], count_report)
    runner.part("c++", [BUILD / "tests/runnel_tests"], count_doctest)
    for name, path in python_parts():
        runner.part(name, pytest(path), count_pytest, limit=3600)  # "package" builds the library a second time


def run_peers(runner):
    peers = steps.environment(RUNNEL_PEERS_PYTHON=str(ROOT / ".venv-peers/bin/python"))
    runner.part("peers: operators", pytest(ROOT / "tests/parity", "--live"), count_pytest, limit=3000, env=peers)
    for name in ("graph", "keras", "lookup", "peers", "summary"):
        if (ROOT / "tests" / name).is_dir():
            runner.part(f"peers: {name}", pytest(ROOT / "tests" / name, "-m", "peers"), count_pytest, env=peers)


SANITIZERS = {  # preset: the libraries that Python must load before everything else
    "asan": ("libasan.so", "libubsan.so", "libstdc++.so"),
    "tsan": ("libtsan.so", "libstdc++.so"),
}


def preloaded(libraries):
    found = [subprocess.run(["g++", f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip() for name in libraries]
    return ":".join(str(Path(path).resolve()) for path in found)


def run_slow(runner):
    """The C++ and the Python tests again under the sanitizers; a report of theirs ends the process and counts as failed. Then what
    only takes long: many random graphs, and the fuzzers."""
    memory = "allocator_may_return_null=1"  # tests ask for more memory than there is
    strict = {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", "TSAN_OPTIONS": f"halt_on_error=1:die_after_fork=0:{memory}",
              "ASAN_OPTIONS": memory}
    with_python = steps.configure_options()["RUNNEL_BUILD_PYTHON"]
    for preset, libraries in SANITIZERS.items():
        folder = ROOT / f"build-{preset}"
        options = {"RUNNEL_BUILD_EXAMPLES": "OFF", "RUNNEL_BUILD_PYTHON": with_python, "Python_EXECUTABLE": PYTHON}
        if not runner.build(folder=folder, preset=preset, label=f"{preset} build", **options):
            continue
        runner.part(f"{preset} c++", [folder / "tests/runnel_tests"], count_doctest, limit=3600, env=steps.environment(**strict))
        # CPython frees little at its end, so leaks are looked for in C++ only.
        python = {**strict, "LD_PRELOAD": preloaded(libraries), "ASAN_OPTIONS": f"detect_leaks=0:{memory}", "PYTHONPATH": str(folder / "python")}
        for name, path in python_parts():
            if with_python == "ON" and name not in ("docs", "package"):
                runner.part(f"{preset} {name}", pytest(path), count_pytest, limit=3600, env=steps.environment(**python))
    runner.part("random graphs", [BUILD / "tests/runnel_tests", "-tc=random graphs*"], count_doctest, limit=3600,
                env=steps.environment(RUNNEL_RANDOM_GRAPHS="10000"))
    for script in sorted((ROOT / "tests/fuzz").glob("fuzz_*.py")):
        runner.part(f"fuzz {script.stem.removeprefix('fuzz_')}", [PYTHON, script], count_check)


def main():
    parser = argparse.ArgumentParser(prog="./test")
    parser.add_argument("--peers", action="store_true", help="also compare with real TensorFlow, run now")
    parser.add_argument("--slow", action="store_true", help="also the sanitizer builds and the fuzzers")
    parser.add_argument("part", nargs="*", help="run only parts whose names begin so")
    options = parser.parse_args()

    start = time.monotonic()
    print("Runnel's tests" + (f" ({' '.join(sys.argv[1:])})" if sys.argv[1:] else ""), flush=True)
    runner = Runner(options.part)
    run_default(runner)
    if options.peers:
        run_peers(runner)
    if options.slow:
        run_slow(runner)
    total = runner.total
    print(f"  in all {time.monotonic() - start:.0f} s; logs lie in {steps.LOGS.relative_to(ROOT)}/")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped", flush=True)
    sys.exit(1 if total["failed"] or not total["passed"] else 0)


if __name__ == "__main__":
    main()
