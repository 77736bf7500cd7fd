"""What a layer's call() takes, by its signature."""

import inspect


def call_parameters(layer_class):
    """([names, that of the inputs first], whether it takes any keyword) of a class's call()."""
    try:
        parameters = list(inspect.signature(layer_class.call).parameters.values())
    except (TypeError, ValueError):
        return ["inputs", "training", "mask"], False
    if _takes_self(layer_class) and parameters and parameters[0].kind != inspect.Parameter.VAR_POSITIONAL:
        parameters = parameters[1:]
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    return names, any(p.kind == p.VAR_KEYWORD for p in parameters)


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


def _named(function):
    """The parameters of a bound method, without *args and **kwargs."""
    return [p for p in inspect.signature(function).parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def call_with_shapes(layer, method, shapes):
    """layer.method() with the shapes of a call's arguments, {"query_shape": ..., ...}, the first of which is that of the inputs.

    A method of one parameter gets the first, any other those that it names, as in Keras 3. In Keras 2 what came after the first had
    defaults, and kept them. ValueError where a parameter has neither.
    """
    function, (first, *_) = getattr(layer, method), shapes
    parameters = _named(function)
    if len(parameters) < 2:
        return function(shapes[first])
    known = {f"{p.name}_shape" for p in _named(layer.call)}
    given = {p.name: shapes[p.name] for p in parameters if p.name in shapes}
    strange = [p.name for p in parameters if p.name not in known and p.default is p.empty]
    if parameters[0].name in strange[:1] and len(strange) == 1 and len(given) == 0:
        return function(shapes[first])
    if strange:
        raise ValueError(_strange(type(layer).__name__, method, strange[0]))
    return function(**given)


def _strange(layer, method, name):
    rule = (f"For a `{method}()` method with more than one argument, all arguments should have a `_shape` suffix and match an argument from "
            f"`call()`. E.g. `{method}(self, foo_shape, bar_shape)` For layer '{layer}', ")
    if not name.endswith("_shape"):
        return rule + f"Received `{method}()` argument `{name}`, which does not end in `_shape`."
    return rule + f"received `{method}()` argument `{name}`, but `call()` does not have argument `{name.removesuffix('_shape')}`."
