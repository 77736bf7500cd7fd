"""keras.legacy.saving: objects as {"class_name", "config"}, found among the classes that the caller names."""

import inspect

from runnel.keras import _registry


def serialize_keras_object(instance):
    """{"class_name", "config"} of an object, the name of a function, None for None."""
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        return {"class_name": _registry.get_registered_name(type(instance)), "config": instance.get_config()}
    if hasattr(instance, "__name__"):
        return _registry.get_registered_name(instance)
    raise ValueError(f"Cannot serialize {instance} because it doesn't implement `get_config()`.")


def _found(name, module_objects, custom_objects, what):
    found = _registry.get_registered_object(name, custom_objects, module_objects)
    if found is None:
        raise ValueError(f"Unknown {what}: '{name}'. Please ensure you are using a `keras.utils.custom_object_scope` and that this object is "
                         "included in the scope.")
    return found


def deserialize_keras_object(identifier, module_objects=None, custom_objects=None, printable_module_name="object"):
    """The object of a dict, or what a name stands for, among `custom_objects` and `module_objects`. ValueError where nobody knows it."""
    if identifier is None or callable(identifier):
        return identifier
    if isinstance(identifier, str):
        found = _found(identifier, module_objects, custom_objects, printable_module_name)
        return found() if inspect.isclass(found) else found
    if not isinstance(identifier, dict) or "class_name" not in identifier:
        raise ValueError(f"Could not interpret serialized {printable_module_name}: {identifier}")
    found = _found(identifier["class_name"], module_objects, custom_objects, printable_module_name)
    with _registry.CustomObjectScope(custom_objects):
        return found.from_config(identifier.get("config", {})) if hasattr(found, "from_config") else found(**identifier.get("config", {}))


def install(module):
    for home in (module("legacy.saving"), module("utils.legacy")):
        home.serialize_keras_object, home.deserialize_keras_object = serialize_keras_object, deserialize_keras_object
