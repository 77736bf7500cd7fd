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
    rows = self.__dict__.get("_rows", {}).get(variable.ref())
    if rows is None:
        return self._resource_apply_dense(gradient, variable)
    values, indices = _without_duplicates(rows)
    return self._resource_apply_sparse(values, variable, indices)


def _without_duplicates(slices):
    import runnel as tf

    indices, places = tf.unique(slices.indices)
    return tf.math.unsorted_segment_sum(slices.values, places, tf.size(indices)), indices


def _apply_with_rows(self, grads_and_vars, *args, **kwargs):
    """apply_gradients() that keeps IndexedSlices for _resource_apply_sparse()."""
    from runnel._variable import IndexedSlices

    pairs = list(grads_and_vars)
    self.__dict__["_rows"] = {variable.ref(): grad for grad, variable in pairs if isinstance(grad, IndexedSlices)}
    try:
        return _runnel.keras_class("optimizers", "").apply_gradients(self, pairs, *args, **kwargs)
    finally:
        self.__dict__["_rows"] = {}


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


def _prepare_local(self, var_device, var_dtype, apply_state):
    apply_state[var_device, var_dtype]["lr_t"] = self._decayed_lr(var_dtype)


def _fallback_apply_state(self, var_device, var_dtype):
    apply_state = {(var_device, var_dtype): {}}
    self._prepare_local(var_device, var_dtype, apply_state)
    return apply_state[var_device, var_dtype]


def _get_slot_names(self):
    return sorted({name for _, name in self.__dict__.get("_slots", {})})


def _compute_gradients(self, loss, var_list, grad_loss=None, tape=None):
    """[(gradient, variable)] of a loss: a function, or a tensor with its tape."""
    import runnel as tf

    if callable(loss):
        with tf.GradientTape() as tape:
            loss = loss()
    variables = var_list() if callable(var_list) else var_list
    return list(zip(tape.gradient(loss, variables, grad_loss), variables))


def _serialize_hyperparameter(self, name):
    value = self._get_hyper(name)
    return float(value) if hasattr(value, "numpy") else value


def _minimize(self, loss, var_list, tape=None, grad_loss=None, name=None):
    """Computes the gradients of a loss (a function, or a tensor with its tape) and applies them."""
    return self.apply_gradients(_compute_gradients(self, loss, var_list, grad_loss, tape))


def settle(args, keywords):
    """The arguments of Keras 2's Optimizer(name, decay=...) in Keras 3's form. The rate decays as rate / (1 + decay * steps)."""
    keywords = dict(keywords)
    if args and isinstance(args[0], str):
        keywords["name"], args = args[0], args[1:]
    decay = keywords.pop("decay", None)
    if decay:
        rate = args[0] if args else keywords.pop("learning_rate", 0.01)
        keywords["learning_rate"], args = _runnel.keras_class("schedules", "InverseTimeDecay")(rate, 1, decay), args[1:]
    return tuple(args), keywords


def _hyperparameter(self, name):
    """What _set_hyper() was told is an attribute."""
    hyper = self.__dict__.get("_hyper", {})
    if name not in hyper:
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
    return hyper[name]


class VariableList(list):
    """optimizer.variables and, as in Keras 2, optimizer.variables()."""

    def __call__(self):
        return self


def adapt(cls):
    """Called for each subclass of Optimizer."""
    own = cls.__dict__
    if "update_step" in own and len(_parameters(own["update_step"])) == 3:
        cls.update_step = _with_rate(own["update_step"])
    if "_resource_apply_dense" in own and "update_step" not in own:
        cls.update_step = _update_by_apply_dense
        cls.__getattr__ = _hyperparameter
    if "_resource_apply_sparse" in own and "apply_gradients" not in own:
        cls.apply_gradients = _apply_with_rows
    if "_create_slots" in own and "build" not in own:
        cls.build = _build_by_create_slots


def install():
    optimizer = _runnel.keras_class("optimizers", "")
    variables = optimizer.variables.fget
    optimizer.variables = optimizer.weights = property(lambda self: VariableList(variables(self)))
    optimizer._build_learning_rate = staticmethod(lambda learning_rate: learning_rate)
    optimizer._initial_decay = 0.0
    for function, name in ((_add_slot, "add_slot"), (_get_slot, "get_slot"), (_set_hyper, "_set_hyper"), (_get_hyper, "_get_hyper"),
                           (_decayed_lr, "_decayed_lr"), (_serialize_hyperparameter, "_serialize_hyperparameter"), (_minimize, "minimize"),
                           (_compute_gradients, "compute_gradients"), (_get_slot_names, "get_slot_names"), (_prepare_local, "_prepare_local"),
                           (_fallback_apply_state, "_fallback_apply_state")):
        setattr(optimizer, name, function)
