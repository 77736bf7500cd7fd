"""What a layer's call() takes, by its signature."""

import inspect


def call_parameters(layer_class):
    """([names after the inputs], whether it takes any keyword) of a class's call()."""
    try:
        parameters = list(inspect.signature(layer_class.call).parameters.values())
    except (TypeError, ValueError):
        return ["training", "mask"], False
    if _takes_self(layer_class) and parameters and parameters[0].kind != inspect.Parameter.VAR_POSITIONAL:
        parameters = parameters[1:]
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    return names[1:], any(p.kind == p.VAR_KEYWORD for p in parameters)


def _takes_self(layer_class):
    # By what it is, not by the word "self": nobody has to write that. A class method is bound already.
    found = inspect.getattr_static(layer_class, "call")
    return hasattr(type(found), "__get__") and not isinstance(found, (staticmethod, classmethod))


def takes(function, parameter):
    """Whether a function has a parameter of that name."""
    try:
        return parameter in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
