"""tf.summary.experimental: the default step, tags, raw messages."""

import contextlib
import re

from runnel import _runnel, _variable
from runnel._graph import name_scope
from runnel._tensor import convert_to_tensor


def set_step(step):
    """The default step of this thread's summaries: an integer, a tensor, a Variable (read at each summary, also in functions), or None."""
    _runnel.set_summary_step(step)


def get_step():
    """What set_step() was given on this thread, or None."""
    return _runnel.get_summary_step()


@contextlib.contextmanager
def summary_scope(name, default_name="summary", values=None):
    """Gives (tag, scope) for a summary operator of one's own.

    The tag is `name` behind the layers of Keras that are being called and the name scopes around, with any characters and not made unique; in the name scope, which is entered, only
    letters, digits and "-_/." are kept.
    """
    name = name or default_name
    tag = _runnel.summary_tag("".join(scope + "/" for scope in _variable._default_names), name)
    with name_scope(re.sub(r"[^-_/.A-Za-z0-9]", "", name) or default_name) as scope:
        yield tag, scope


def write_raw_pb(tensor, step=None, name=None):
    """Writes serialised tf.compat.v1.Summary messages, a string tensor. DataLossError where they are none; ValueError without a step."""
    return _runnel.summary_write_raw_pb(convert_to_tensor(tensor), step)


__all__ = ["get_step", "set_step", "summary_scope", "write_raw_pb"]
