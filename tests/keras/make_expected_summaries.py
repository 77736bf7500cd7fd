"""Writes expected_summaries.json: what real Keras prints for the models of summary_rows.py.

    .venv-peers/bin/python tests/keras/make_expected_summaries.py
"""

import json
import os
import pathlib

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", COLUMNS="80")
import keras  # noqa: E402
import summary_rows  # noqa: E402

texts = {name: summary_rows.text(keras, name).splitlines() for name in summary_rows.ROWS}
pathlib.Path(__file__).with_name("expected_summaries.json").write_text(json.dumps(texts, indent=1, ensure_ascii=False) + "\n")
