"""Errors of converted code, told with the lines that the user wrote ("in user code:")."""

import linecache
import os
import types

from runnel import errors
from runnel.autograph import convert

_HERE = os.path.dirname(os.path.abspath(__file__))
_PACKAGE = os.path.dirname(_HERE) + os.sep
_CALLS = os.path.join(_HERE, "calls.py")


class StagingError(Exception):
    """An error of converted code whose own class takes other arguments than a text."""


class _KeyError(KeyError):
    """A KeyError that prints its message in several lines."""

    def __init__(self, message, key):
        super().__init__(key)
        self._message = message

    def __str__(self):
        return self._message


_KeyError.__name__ = "KeyError"


class _Frame:
    def __init__(self, file, line, function, mark):
        self.file, self.line, self.function, self.mark = file, line, function, mark

    def lines(self):
        code = linecache.getline(self.file, self.line).strip() or "<source unavailable>"
        return [f'    File "{self.file}", line {self.line}, in {self.function}{self.mark}', f"        {code}"]


def in_user_code(error):
    """The error again, of its class where that takes a text, its message preceded by the user's frames."""
    known = getattr(error, "ag_user_code", None)
    frames = _user_frames(error.__traceback__)
    cause = f"{type(error).__name__}: {error}"
    if known is not None:
        frames, cause = frames[:1] + known[0], known[1]
    if not frames:
        return error
    shown = [line for frame in frames for line in frame.lines()]
    told = "\n".join(["in user code:", "", *shown, "", *("    " + line for line in cause.split("\n")), ""])
    made = _like(error, told, cause)
    made.ag_user_code = frames, cause
    made.__suppress_context__ = True
    return made.with_traceback(error.__traceback__)


def _like(error, message, cause):
    kind = type(error)
    if kind is KeyError or kind is _KeyError:
        return _KeyError(message, cause)
    if isinstance(error, errors.OpError):
        return kind(error.node_def, error.op, message)
    if not _takes_text(kind) or len(error.args) > 1:
        return StagingError(message)
    made = kind(message)
    made.__dict__.update(error.__dict__)
    return made


def _takes_text(kind):
    """Whether the class is made as Exception is: neither it nor a base of it has an __init__ of its own."""
    return isinstance(kind.__init__, types.WrapperDescriptorType) and not issubclass(kind, UnicodeError)


def _user_frames(traceback):
    """The frames of user code, outermost first: converted ones (*) and those that converted code calls as they are (**).

    The branches and loops of a function are frames of their own; only the innermost one of a function is shown.
    """
    frames, open_function, called = [], None, False
    while traceback is not None:
        code, line = traceback.tb_frame.f_code, traceback.tb_lineno
        traceback = traceback.tb_next
        if convert.is_converted(code):
            if open_function is None:
                open_function = _Frame(code.co_filename, line, code.co_name, "  *")
                frames.append(open_function)
            open_function.line = line
        elif code.co_filename.startswith(_PACKAGE):
            called = code.co_filename == _CALLS
            open_function = None if called else open_function
        else:
            frames.append(_Frame(code.co_filename, line, code.co_name, "  **" if called else ""))
            open_function, called = None, False
    first = next((i for i, f in enumerate(frames) if f.mark), len(frames))
    return frames[first:]
