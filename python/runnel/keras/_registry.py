"""Classes and functions of one's own, by name: custom_objects, register_keras_serializable, serialize and deserialize."""

import codecs
import inspect
import marshal
import types

from runnel import _runnel

_KINDS = ("layers", "models", "losses", "metrics", "optimizers", "schedules", "initializers", "regularizers", "constraints", "callbacks",
          "quantizers")
_by_name, _names = {}, {}  # what was registered: Keras's get_custom_objects() holds it
_scopes = [_by_name]  # the first is the global one


def register_keras_serializable(package="Custom", name=None):
    """A decorator: the class or function can be found again when a model is loaded, as "package>name"."""

    def register(thing):
        if inspect.isclass(thing) and not hasattr(thing, "get_config"):
            raise ValueError("Cannot register a class that does not have a get_config() method.")
        registered = f"{package}>{name or thing.__name__}"
        _by_name[registered], _names[thing] = thing, registered
        if inspect.isclass(thing) and "_keras_record" in thing.__dict__:
            del thing._keras_record  # it holds the name
        return thing

    return register


def get_registered_name(obj):
    """The name that files give to a class or function: "package>Name" where it was registered, else its own."""
    return _names.get(obj, obj.__name__)


def registered_name(cls):
    """The name under which objects of a Python class are saved."""
    return get_registered_name(cls)


def get_registered_object(name, custom_objects=None, module_objects=None):
    """The class or function of that name in the scopes, then in the two dicts; None where there is none."""
    for scope in reversed(_scopes):
        if name in scope:
            return scope[name]
    for place in (custom_objects or {}, module_objects or {}):
        if name in place:
            return place[name]
    return None


def get_custom_objects():
    """The global dictionary of names and objects; it can be changed."""
    return _scopes[0]


class CustomObjectScope:
    """with keras.saving.custom_object_scope({"MyLayer": MyLayer}): ..."""

    def __init__(self, *custom_objects):
        self.custom_objects = {}
        for items in custom_objects:
            self.custom_objects.update(items or {})

    def __enter__(self):
        _scopes.append(self.custom_objects)
        return self

    def __exit__(self, *exception):
        _scopes.pop()


custom_object_scope = CustomObjectScope


def serialize_function(function):
    """A function by its name, for it is found again by that; a lambda as its bytecode, which only safe_mode=False loads."""
    if inspect.isfunction(function) and function.__name__ == "<lambda>":
        return {"class_name": "__lambda__", "config": {"value": list(_dumped(function))}}
    name = getattr(function, "__name__", type(function).__name__)
    module = getattr(function, "__module__", None)
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": _names.get(function, name) if module else name}


def _dumped(function):
    """(code in base64, defaults, values of the closure), as Keras writes them."""
    code = codecs.encode(marshal.dumps(function.__code__), "base64").decode("ascii")
    closure = function.__closure__
    return code, function.__defaults__, tuple(_plain(cell.cell_contents) for cell in closure) if closure else None


def _plain(value):
    """A file has no other values: modules and objects around a lambda are named in it, and missing after loading."""
    return value if isinstance(value, (bool, int, float, str, list, tuple, dict, type(None))) else repr(value)


def _lambda_from(config):
    """Runs no code by itself, but makes a function of the file's: C++ has checked that this is allowed."""
    parts = config["value"] if "value" in config else [config["code"], config.get("defaults"), config.get("closure")]
    code = marshal.loads(codecs.decode(parts[0].encode("ascii"), "base64"))
    closure = tuple(types.CellType(value) for value in parts[2]) if parts[2] else None
    return types.FunctionType(code, globals(), code.co_name, tuple(parts[1]) if parts[1] else None, closure)


def _identifiers(identifier):
    if isinstance(identifier, str):
        return [identifier]
    names = [identifier.get("registered_name"), identifier.get("class_name")]
    if identifier.get("class_name") == "function":
        config = identifier.get("config")
        names.insert(1, config if isinstance(config, str) else (config or {}).get("name"))
    return [name for name in names if isinstance(name, str)]


def find(kind, identifier):
    """For C++: the object or function of one's own that a name or a serialized dict stands for, or None."""
    if isinstance(identifier, dict) and identifier.get("class_name") == "__lambda__":
        return _lambda_from(identifier["config"])
    if not any(_scopes):
        return None
    for name in _identifiers(identifier):
        found = get_registered_object(name)
        if found is not None:
            return _made(found, identifier)
    return None


def _made(found, identifier):
    if not inspect.isclass(found):
        return found
    config = identifier.get("config", {}) if isinstance(identifier, dict) else {}
    return found.from_config(config)


def serialize_keras_object(obj):
    """A structure of plain values from which deserialize_keras_object() makes an equal object."""
    if isinstance(obj, (list, tuple)):
        return [serialize_keras_object(item) for item in obj]
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    if isinstance(obj, _runnel.KerasObject):
        return _runnel.keras_serialize(obj)
    if hasattr(obj, "get_config"):
        return {"module": type(obj).__module__, "class_name": type(obj).__name__, "config": obj.get_config(),
                "registered_name": get_registered_name(type(obj))}
    if callable(obj) and not inspect.isclass(obj):
        return serialize_function(obj)
    return obj


def deserialize_keras_object(config, custom_objects=None, safe_mode=True):
    """The object of a serialized structure. TypeError for a class that nobody knows."""
    if isinstance(config, list):
        return [deserialize_keras_object(item, custom_objects) for item in config]
    if not isinstance(config, dict):
        return config
    if "class_name" not in config:
        return {key: deserialize_keras_object(value, custom_objects) for key, value in config.items()}
    with CustomObjectScope(custom_objects):
        return _deserialized(config)


def _class_of(module, name):
    """A public class of Keras's that is written in Python, by the module that a file says."""
    import runnel as tf

    home = tf.keras
    for part in module.removeprefix("runnel.").split(".")[1:] if module.startswith(("keras.", "runnel.keras.")) else ["no module"]:
        home = getattr(home, part, None)
    found = getattr(home, name, None)
    return found if inspect.isclass(found) and found.__module__ == module else None


def _deserialized(config):
    found = find("", config)
    if found is not None:
        return found
    name = config["class_name"]
    if name == "function":
        from runnel.keras import activations

        return activations.get(config["config"])
    of_keras = _class_of(config.get("module") or "", name)
    if of_keras is not None:
        return of_keras.from_config(config.get("config", {}))
    module = (config.get("module") or "").rpartition(".")[2]
    for kind in [module] if module in _KINDS else _KINDS:
        if name in _runnel.keras_classes(kind) or name in ("Sequential", "Functional"):
            return _runnel.keras_deserialize({**config, "module": config.get("module") or f"keras.{kind}"})
    raise TypeError(f"Could not locate class '{name}'. Make sure custom classes and functions are decorated with "
                    f"`@keras.saving.register_keras_serializable()`. Full object config: {config}")
