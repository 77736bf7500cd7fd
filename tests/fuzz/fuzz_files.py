#!/usr/bin/env python3
"""Many more rounds of the mutation tests of file readers than ./test runs, with the sanitizers' build where there is one."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROUNDS = "20000"


def main():
    binaries = [ROOT / folder / "tests/runnel_tests" for folder in ("build-asan", "build", "build-dev")]
    binary = next((b for b in binaries if b.exists()), None)
    if not binary:
        sys.exit("no test binary was built")
    environment = {**os.environ, "RUNNEL_FUZZ_ROUNDS": ROUNDS}
    sys.exit(subprocess.run([binary, "-tc=*survives mutated*"], env=environment).returncode)


if __name__ == "__main__":
    main()
