"""The text of an example's result, and (run by itself, with TensorFlow) the stored file of all of them."""

import copy
import json
import os
import pickle
import re

import numpy as np

import api_examples

STORED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stored", "api_examples.json")


def text_of(tf, expression):
    """What the interactive interpreter would show; an error's class where it raises."""
    try:
        value = eval(expression, {"tf": tf, "np": np, "copy": copy, "pickle": pickle})
    except Exception as error:  # noqa: BLE001
        return f"raises {type(error).__name__}"
    return re.sub(r" at 0x[0-9a-f]+", "", value if isinstance(value, str) else repr(value))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow
    with open(STORED, "w") as file:
        json.dump({e: text_of(tensorflow, e) for e in api_examples.EXPRESSIONS}, file, indent=0)
