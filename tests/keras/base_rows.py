"""Which of Keras's classes are derived from which: bases(keras) gives {"layers.LSTM": ["Layer", "Operation", "RNN"]}."""

import inspect

MODULES = ("layers", "losses", "metrics", "optimizers", "optimizers.schedules", "initializers", "regularizers", "constraints", "callbacks", "models")


def _module(keras, dotted):
    for part in dotted.split("."):
        keras = getattr(keras, part)
    return keras


def bases(keras):
    found = {}
    for dotted in MODULES:
        module = _module(keras, dotted)
        names = [name for name in dir(module) if not name.startswith("_") and inspect.isclass(getattr(module, name))]
        found.update({f"{dotted}.{name}": getattr(module, name) for name in names})
    public = {cls.__name__: cls for cls in found.values()}
    public["Operation"] = keras.Operation
    return {name: sorted({other for other, base in public.items() if base is not cls and issubclass(cls, base)}) for name, cls in found.items()}
