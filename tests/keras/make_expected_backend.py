"""Writes expected_backend.json: what real tf.keras.backend computes for the calls of backend_rows.py.

    .venv-peers/bin/python tests/keras/make_expected_backend.py
"""

import json
import os
import pathlib

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
import backend_rows  # noqa: E402
import tensorflow as tf  # noqa: E402

answers = {name: backend_rows.evaluate(tf, name) for name in backend_rows.CALLS}
pathlib.Path(__file__).with_name("expected_backend.json").write_text(json.dumps(answers, indent=None, separators=(",", ":")).replace('],"', '],\n"') + "\n")
