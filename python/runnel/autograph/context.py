"""Whether conversion is on in this thread, how much is told about it, and the optional features."""

import enum
import os
import threading


class Feature(enum.Enum):
    """Optional parts of the conversion; see `tf.function(experimental_autograph_options=...)`.

    ALL                  all of them
    AUTO_CONTROL_DEPS    side effects in order (functions of tf.function always keep them)
    ASSERT_STATEMENTS    `assert` on tensors (always on here)
    BUILTIN_FUNCTIONS    `print` of tensors becomes tf.print
    EQUALITY_OPERATORS   == and != through tf.equal
    LISTS                `l.append(x)`, `l[i] = x` of TensorArrays and tensors
    NAME_SCOPES          a name scope for each function
    """

    ALL = "ALL"
    AUTO_CONTROL_DEPS = "AUTO_CONTROL_DEPS"
    ASSERT_STATEMENTS = "ASSERT_STATEMENTS"
    BUILTIN_FUNCTIONS = "BUILTIN_FUNCTIONS"
    EQUALITY_OPERATORS = "EQUALITY_OPERATORS"
    LISTS = "LISTS"
    NAME_SCOPES = "NAME_SCOPES"


_CHANGING_CODE = frozenset({"BUILTIN_FUNCTIONS", "EQUALITY_OPERATORS", "LISTS"})


def feature_names(features):
    """The features that change the code, from None, a Feature or several."""
    several = () if features is None else features if isinstance(features, (tuple, list, set, frozenset)) else (features,)
    names = frozenset(f.name for f in several)
    return _CHANGING_CODE if "ALL" in names else names & _CHANGING_CODE


class _Thread(threading.local):
    disabled = False


thread = _Thread()


class disabled:
    """Calls made inside are not converted."""

    def __enter__(self):
        self.before, thread.disabled = thread.disabled, True

    def __exit__(self, *error):
        thread.disabled = self.before


_verbosity = int(os.environ.get("AUTOGRAPH_VERBOSITY", "0"))
_to_stdout = False


def set_verbosity(level, alsologtostdout=False):
    """How much is told of the conversion: 0 nothing (the default), higher numbers more; 10 for a report of an error."""
    global _verbosity, _to_stdout
    _verbosity, _to_stdout = level, alsologtostdout


def tell(level, text, *values):
    if level <= _verbosity:
        _say("info", text % values)


def warn(text):
    _say("warning", text)


def _say(level, text):
    import logging  # not needed by most programs

    getattr(logging.getLogger("runnel"), level)(text)
    if _to_stdout:
        print(text)


def trace(*args):
    """Prints its arguments when a function is traced."""
    print(*args)
