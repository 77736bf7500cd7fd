"""Writes expected_surface.json: what real Keras answers for the rows of surface_rows.py.

    .venv-peers/bin/python tests/keras/make_expected_surface.py
"""

import json
import os
import pathlib

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
import keras  # noqa: E402
import surface_rows  # noqa: E402
import tensorflow as tf  # noqa: E402

lines = [f"{json.dumps(name)}: {json.dumps(surface_rows.answer(keras, tf, name))}" for name in surface_rows.ROWS]
pathlib.Path(__file__).with_name("expected_surface.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
