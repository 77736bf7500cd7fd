"""Writes expected_mistakes.json: the class of the exception that real Keras raises for each row of mistakes.py.

    .venv-peers/bin/python tests/keras/make_expected_mistakes.py
"""

import json
import os
import pathlib

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
import keras  # noqa: E402
import mistakes  # noqa: E402


def raised(function):
    try:
        function(keras)
    except Exception as error:
        return type(error).__name__
    return None


if __name__ == "__main__":
    rows = {name: raised(function) for name, (function, _) in mistakes.ROWS.items()}
    (pathlib.Path(__file__).parent / "expected_mistakes.json").write_text(json.dumps(rows, indent=0) + "\n")
