"""Optimizers written for Keras 2: its extension points, expressed by those of Keras 3."""

import inspect

from runnel import _runnel


def _parameters(function):
    return [p for p in inspect.signature(function).parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _with_rate(update_step):
    """update_step(gradient, variable) of Keras 2.11 reads self.learning_rate by itself."""

    def wrapper(self, gradient, variable, learning_rate=None):
        return update_step(self, gradient, variable)

    return wrapper


def _update_by_apply_dense(self, gradient, variable, learning_rate=None):
    return self._resource_apply_dense(gradient, variable)


def _build_by_create_slots(self, variables):
    _runnel.keras_class("optimizers", "").build(self, variables)
    self._create_slots(list(variables))


def _add_slot(self, variable, slot_name, initializer="zeros", shape=None):
    slots = self.__dict__.setdefault("_slots", {})
    key = (variable.ref(), slot_name)
    if key not in slots:
        slots[key] = self.add_variable_from_reference(variable, slot_name, initializer=initializer)
    return slots[key]


def _get_slot(self, variable, slot_name):
    return self.__dict__["_slots"][variable.ref(), slot_name]


def _set_hyper(self, name, value):
    if name == "learning_rate":
        self.learning_rate = value
    else:
        self.__dict__.setdefault("_hyper", {})[name] = value


def _get_hyper(self, name, dtype=None):
    import runnel as tf

    value = self.learning_rate if name == "learning_rate" else self.__dict__["_hyper"][name]
    return value if dtype is None else tf.cast(value, dtype)


def _decayed_lr(self, var_dtype):
    import runnel as tf

    return tf.cast(self.learning_rate, var_dtype)


def _serialize_hyperparameter(self, name):
    value = self._get_hyper(name)
    return float(value) if hasattr(value, "numpy") else value


def _minimize(self, loss, var_list, tape=None, grad_loss=None, name=None):
    """Computes the gradients of a loss (a function, or a tensor with its tape) and applies them."""
    import runnel as tf

    if callable(loss):
        with tf.GradientTape() as tape:
            loss = loss()
    variables = var_list() if callable(var_list) else var_list
    return self.apply_gradients(list(zip(tape.gradient(loss, variables), variables)))


def adapt(cls):
    """Called for each subclass of Optimizer."""
    own = cls.__dict__
    if "update_step" in own and len(_parameters(own["update_step"])) == 3:
        cls.update_step = _with_rate(own["update_step"])
    if "_resource_apply_dense" in own and "update_step" not in own:
        cls.update_step = _update_by_apply_dense
    if "_create_slots" in own and "build" not in own:
        cls.build = _build_by_create_slots


def install():
    optimizer = _runnel.keras_class("optimizers", "")
    for function, name in ((_add_slot, "add_slot"), (_get_slot, "get_slot"), (_set_hyper, "_set_hyper"), (_get_hyper, "_get_hyper"),
                           (_decayed_lr, "_decayed_lr"), (_serialize_hyperparameter, "_serialize_hyperparameter"), (_minimize, "minimize")):
        setattr(optimizer, name, function)
