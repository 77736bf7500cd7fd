"""Writes expected_quantization.json: what real Keras answers for the rows of quantization_rows.py.

    .venv-peers/bin/python tests/keras/make_expected_quantization.py
"""

import json
import os
import pathlib

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
import keras  # noqa: E402
import quantization_rows  # noqa: E402
import tensorflow as tf  # noqa: E402

lines = [f"{json.dumps(name)}: {json.dumps(quantization_rows.answer(keras, tf, name))}" for name in quantization_rows.ROWS]
pathlib.Path(__file__).with_name("expected_quantization.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
