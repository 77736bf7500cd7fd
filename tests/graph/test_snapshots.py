"""The optimised graphs of a dozen models, as text: a change of the compiler shows here what it changed. To write them anew:

    PYTHONPATH=build/python python tests/graph/test_snapshots.py [NAME...]
"""

import difflib
import pathlib
import re
import sys

import pytest
import snapshot_models

FOLDER = pathlib.Path(__file__).parent / "snapshots"
NAMES = [*snapshot_models.MODELS, *snapshot_models.FUNCTIONS]
COMMAND = "PYTHONPATH=build/python .venv/bin/python tests/graph/test_snapshots.py"


def numbered_from_one(text):
    """Functions carry numbers that no other function of the process has; here they are counted anew."""
    numbers = {}

    def rename(found):
        return f"{found[1]}_{numbers.setdefault(found[0], len(numbers) + 1)}"

    functions = set(re.findall(r"^// (\S+?)(?:_\d+)+\(", text, flags=re.M))
    return re.sub(r"(?<=[@ ])(%s)(?:_\d+)+(?=[(,}\]])" % "|".join(map(re.escape, functions)), rename, text)


def taken(tf, name):
    return numbered_from_one(snapshot_models.optimised_text(tf, name))


@pytest.mark.parametrize("name", NAMES)
def test_optimised_graph(tf, name):
    kept, now = (FOLDER / f"{name}.txt").read_text(), taken(tf, name)
    difference = list(difflib.unified_diff(kept.splitlines(), now.splitlines(), f"snapshots/{name}.txt", "now", lineterm="", n=1))
    assert not difference, "\n".join([*difference, "", f"If that is what you want: {COMMAND} {name}"])


@pytest.mark.parametrize("name", NAMES)
def test_a_snapshot_reads_back(tf, name):
    for part in re.split(r"^(?=// )", (FOLDER / f"{name}.txt").read_text(), flags=re.M)[1:]:
        lines = [line for line in part.splitlines()[1:] if line]
        assert tf._runnel.parse_graph(part).text.splitlines() == lines


def test_each_snapshot_has_its_model():
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == sorted(NAMES)


if __name__ == "__main__":
    import runnel

    FOLDER.mkdir(exist_ok=True)
    for wanted in sys.argv[1:] or NAMES:
        (FOLDER / f"{wanted}.txt").write_text(taken(runnel, wanted))
