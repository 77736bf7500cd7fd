"""Runs random attempts in child processes: what crashes, hangs or eats memory is reported with its seed, and the hunt goes on.

    python tests/fuzz/fuzz_layers.py [--seconds 120] [--first 0] [--only SEED]
"""

import argparse
import mmap
import os
import random
import resource
import signal
import sys
import time

SECONDS_EACH = 20  # for one attempt; all of them work on small data
BYTES = 6 << 30
NOTE = 4096
# Texts of exceptions that say that a check is missing.
SUSPICIOUS = ("std::", "bad_", "_M_", "basic_string", "vector", "SystemError", "internal error")


class Notes:
    """What the child does just now, where the parent can read it after the child's end."""

    def __init__(self):
        self.memory = mmap.mmap(-1, NOTE + 8)

    def write(self, seed, text=""):
        raw = text.encode(errors="replace")[: NOTE - 1]
        self.memory[:] = seed.to_bytes(8, "little") + raw + bytes(NOTE - len(raw))

    def read(self):
        raw = self.memory[:]
        return int.from_bytes(raw[:8], "little"), raw[8:].rstrip(b"\0").decode(errors="replace")


def child(attempt, notes, first, deadline):
    if "asan" not in os.environ.get("LD_PRELOAD", ""):  # which maps terabytes that it never touches
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    seed = first
    while time.monotonic() < deadline:
        notes.write(seed)
        signal.alarm(SECONDS_EACH)
        try:
            attempt(random.Random(seed), lambda text: notes.write(seed, text))
        except Exception as error:  # noqa: BLE001 - a typed error is what a wrong call shall give
            text = f"{type(error).__name__}: {error}"
            if any(word in text.split("\n")[0] for word in SUSPICIOUS):
                print(f"seed {seed}: {notes.read()[1]}\n    {text[:300]}", flush=True)
                os._exit(3)
        seed += 1
    os._exit(0)


def hunt(attempt, seconds, first):
    """Counts the attempts and the failures among them."""
    notes, deadline, failures, seed = Notes(), time.monotonic() + seconds, 0, first
    while time.monotonic() < deadline:
        pid = os.fork()
        if pid == 0:
            child(attempt, notes, seed, deadline)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        last, text = notes.read()
        seed = last + 1
        if status != 0:
            failures += 1
        if status not in (0, 3):
            how = "took too long" if status == -signal.SIGALRM else f"ended with {status}"
            print(f"seed {last}: {text}\n    {how}", flush=True)
    return seed - first, failures


def main(attempt):
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--only", type=int, help="run this seed in this process, and show what it gives")
    options = parser.parse_args()
    if options.only is not None:
        attempt(random.Random(options.only), print)
        return
    attempts, failures = hunt(attempt, options.seconds, options.first)
    print(f"{attempts} attempts, {failures} failures")
    sys.exit(1 if failures or not attempts else 0)


EXTREMES = [0, -1, 1, 2, 3, 7, 2**31 - 1, 2**31, -(2**31), 2**32 + 1, 2**62, 2**63 - 1, -(2**63)]
ODD = [None, True, "", "x", "same", 0.5, -1.5, float("nan"), float("inf"), [], [0], [1, 2, 3], {}, {"a": 1}]


def changed(value, rng):
    """The value (numbers, text, lists, dicts) with something in it replaced."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        out = dict(value)
        if rng.random() < 0.08:
            del out[key]
        else:
            out[key] = changed(value[key], rng)
        return out
    if isinstance(value, (list, tuple)) and value and rng.random() < 0.85:
        out = list(value)
        at = rng.randrange(len(out))
        what = rng.random()
        if what < 0.1:
            del out[at]
        elif what < 0.2:
            out.insert(at, out[at])
        else:
            out[at] = changed(out[at], rng)
        return type(value)(out)
    return rng.choice(EXTREMES if rng.random() < 0.65 else ODD)
