"""What ./run and ./test share: one aligned line a step, the output of commands in log files, and how the build is called."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOGS = BUILD / "logs"
PYTHON = ROOT / ".venv/bin/python"
TERMINAL = sys.stdout.isatty()
PROGRESS = re.compile(r"^\[(\d+)/(\d+)\]")


def environment(**more):
    """Tests and examples find the module in the build tree, and nothing waits for a keyboard or draws on a screen."""
    path = str(BUILD / "python") + (":" + os.environ["PYTHONPATH"] if os.environ.get("PYTHONPATH") else "")
    return {**os.environ, "PYTHONPATH": path, "MPLBACKEND": "Agg", **more}


def colour(text, code):
    return f"\033[{code}m{text}\033[0m" if TERMINAL else text


def say(name, result, seconds, good=True):
    clear = "\r\033[K" if TERMINAL else ""
    padded = f"{result:<46}"
    print(f"{clear}  {name:<18} {colour(padded, 32 if good else 31)} {seconds:7.1f} s", flush=True)


def show_waiting(name, text):
    if TERMINAL:
        print(f"\r\033[K  {name:<18} {text}", end="", flush=True)


def log_path(name):
    return LOGS / (re.sub(r"[^A-Za-z0-9+]+", "-", name).strip("-") + ".log")


def run(name, command, *, limit=1800, env=None, cwd=ROOT):
    """Runs a command into its log file. Gives (exit status, output, seconds); 124 where it ran past `limit` seconds."""
    LOGS.mkdir(parents=True, exist_ok=True)
    show_waiting(name, "...")
    start = time.monotonic()
    lines = []
    with open(log_path(name), "w") as log:
        print("$", shlex.join(map(str, command)), file=log, flush=True)
        process = subprocess.Popen(list(map(str, command)), cwd=cwd, env=env or environment(), text=True, errors="replace",
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        alarm = Alarm(process, limit)
        for line in process.stdout:
            log.write(line)
            lines.append(line)
            if progress := PROGRESS.match(line):
                show_waiting(name, f"{progress[1]} of {progress[2]}")
        status = process.wait()
        alarm.stop()
    return (124 if alarm.rang else status), "".join(lines), time.monotonic() - start


class Alarm:
    """Ends the process and its children after some seconds."""

    def __init__(self, process, seconds):
        import threading
        self.rang = False
        self.process = process
        self.timer = threading.Timer(seconds, self.ring)
        self.timer.daemon = True
        self.timer.start()

    def ring(self):
        self.rang = True
        os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self):
        self.timer.cancel()


def show_tail(name, output, count=40):
    print(f"\n--- the last lines of {log_path(name).relative_to(ROOT)}")
    print("\n".join(output.rstrip().splitlines()[-count:]))
    print("---\n", flush=True)


def configure_command(folder=BUILD, preset=None, **options):
    command = ["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja"]
    if preset:
        command += ["--preset", preset]
    return command + [f"-D{key}={value}" for key, value in options.items()]


def configure_options():
    with_python = (ROOT / "python/CMakeLists.txt").exists()
    return {"CMAKE_BUILD_TYPE": "Release", "RUNNEL_BUILD_PYTHON": "ON" if with_python else "OFF", "Python_EXECUTABLE": PYTHON}


def is_configured(folder, command):
    """True where the folder was configured by the same command; ninja itself notices changed CMake files."""
    stamp = folder / "configured"
    return (folder / "build.ninja").exists() and stamp.exists() and stamp.read_text() == shlex.join(map(str, command))


def build(targets=(), folder=BUILD, preset=None, label="build", **options):
    """Configures where needed, and builds. Gives True where all went well."""
    command = configure_command(folder, preset, **(options or configure_options()))
    if not is_configured(folder, command):
        status, output, seconds = run("configure" if label == "build" else f"{label} configure", command)
        if status != 0:
            say("configure", "failed", seconds, good=False)
            show_tail("configure", output)
            return False
        (folder / "configured").write_text(shlex.join(map(str, command)))
    status, output, seconds = run(label, ["cmake", "--build", folder, "--", f"-j{os.cpu_count()}", *targets], limit=5400)
    if status != 0:
        say(label, "failed", seconds, good=False)
        show_tail(label, output, 80)
        return False
    counts = [int(m[2]) for m in map(PROGRESS.match, output.splitlines()) if m]
    # The one step of an unchanged tree is the look for new files.
    say(label, f"{counts[-1]} steps" if counts and counts[-1] > 2 else "nothing to do", seconds)
    return True
