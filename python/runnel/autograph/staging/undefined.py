"""Variables that have no value yet."""


class Undefined:
    """Stands for a variable that is not bound; reading it raises UnboundLocalError, as Python would."""

    __slots__ = ("symbol_name",)

    def __init__(self, symbol_name):
        self.symbol_name = symbol_name

    def __repr__(self):
        return self.symbol_name


class UndefinedReturnValue:
    """Stands for the result of a function that did not return yet."""


def ld(value):
    """The value of a variable that may be unbound."""
    if isinstance(value, Undefined):
        raise UnboundLocalError(f"'{value.symbol_name}' is used before assignment")
    return value


def ldu(read, name):
    """The value that `read` gives, or Undefined where there is none."""
    try:
        return read()
    except (KeyError, AttributeError, NameError, IndexError):
        return Undefined(name)


def returned(value):
    """The result of a function whose end was reached."""
    return None if isinstance(value, UndefinedReturnValue) else value


def is_none_or_undefined(value):
    return value is None or isinstance(value, (Undefined, UndefinedReturnValue))
