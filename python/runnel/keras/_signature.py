"""What a layer's call() takes, by its signature."""

import inspect


def call_parameters(call):
    """([names after the inputs], whether it takes any keyword) of an unbound call()."""
    try:
        parameters = list(inspect.signature(call).parameters.values())
    except (TypeError, ValueError):
        return ["training", "mask"], False
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    first = 2 if parameters and parameters[0].name == "self" else 1
    variable = any(p.kind == p.VAR_POSITIONAL for p in parameters)
    return names[1:] if variable and first == 2 and len(names) < 2 else names[first:], any(p.kind == p.VAR_KEYWORD for p in parameters)


def takes(function, parameter):
    """Whether a function has a parameter of that name."""
    try:
        return parameter in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
