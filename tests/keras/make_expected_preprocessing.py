"""Writes expected_preprocessing.json: what real Keras makes of the texts and series of preprocessing_rows.py.

    .venv-peers/bin/python tests/keras/make_expected_preprocessing.py
"""

import json
import os
import pathlib

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
import preprocessing_rows  # noqa: E402
import tensorflow as tf  # noqa: E402

answers = {name: call(tf.keras) for name, call in preprocessing_rows.CALLS.items()}
lines = [f"{json.dumps(name)}:{json.dumps(answer, separators=(',', ':'))}" for name, answer in answers.items()]
pathlib.Path(__file__).with_name("expected_preprocessing.json").write_text("{" + ",\n".join(lines) + "}\n")
