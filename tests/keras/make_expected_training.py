"""Writes expected_training.json: the losses of real Keras for training_rows.py and program_rows.py, and what it reports for log_rows.py.

    PYTHONPATH=build/python .venv-peers/bin/python tests/keras/make_expected_training.py
"""

import json
import os

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
import keras  # noqa: E402
import log_rows  # noqa: E402
import program_rows  # noqa: E402
import training_rows  # noqa: E402

if __name__ == "__main__":
    rows = {name: training_rows.losses(keras, name) for name in training_rows.names()}
    rows |= {name: training_rows.short_run(keras, name) for name in training_rows.optimizer_names()}
    rows |= {name: training_rows.combined(keras, name) for name in training_rows.combined_names()}
    rows |= {name: program(keras) for name, program in training_rows.WHOLE.items()}
    rows |= {name: program(keras) for name, program in program_rows.PROGRAMS.items()}
    rows["two optimizers"] = training_rows.two_optimizers(keras)
    rows |= {name: log_rows.form(keras, name) for name in log_rows.FORMS}
    rows |= {name: log_rows.text(keras, name) for name in log_rows.TEXTS}
    training_rows.EXPECTED.write_text(json.dumps(rows, indent=0) + "\n")
