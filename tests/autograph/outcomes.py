"""Runs rows of the table; what comes out is plain data that a file can hold."""

import re

import table


def outcome(call):
    """{"value": ...} of what a function returns, or {"error": its class, "line": ..., "says": ...}."""
    try:
        return {"value": plain(call())}
    except Exception as error:
        return {"error": type(error).__name__, "line": user_line(str(error)), "says": last_words(str(error))}


def plain(value):
    """Numbers and lists in place of tensors."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    value = value.numpy() if hasattr(value, "numpy") else value
    return value.tolist() if hasattr(value, "tolist") else value


def user_line(message):
    """The text of the innermost line of table.py that a message of a trace names."""
    lines = re.findall(r'table\.py", line \d+, in .*\n\s*(.*)', message) if message.startswith("in user code:") else []
    return lines[-1].strip() if lines else None


def last_words(message):
    """The first line of what is said below the user's lines, without the shown tensor."""
    told = message.split("\n\n", 2)[-1].strip() if message.startswith("in user code:") else ""
    return re.sub(r"got (one of shape )?(Tensor)?[(\[].*", "got ...", told.partition("\n")[0])


def inputs_of(row, tensors=True):
    for inputs in row.inputs:
        yield [(i.tensor() if tensors else i.value) if isinstance(i, table.T) else i for i in inputs]


def staged(row):
    """The outcomes of a row under tf.function."""
    features = row.features and getattr(table.tf.autograph.experimental.Feature, row.features)
    return [outcome(lambda: table.tf.function(row.function, experimental_autograph_options=features)(*inputs))
            for inputs in inputs_of(row)]
