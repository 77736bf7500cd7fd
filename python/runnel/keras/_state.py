"""The state of models, optimizers and metrics as trees of values, and losses as functions of it."""

from runnel import _runnel
from runnel.keras._stateless import StatelessScope, _pairs, _values

_PARTS = ("trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables")


def stateless_compute_loss(self, trainable_variables, non_trainable_variables, metrics_variables, x=None, y=None, y_pred=None, sample_weight=None,
                           training=True):
    """(loss, (trainable_variables, non_trainable_variables, metrics_variables)): compute_loss() with these values of the Variables."""
    others, of_metrics = self.non_trainable_variables, self.metrics_variables
    mapping = _pairs(self, "trainable_variables", self.trainable_variables, trainable_variables)
    mapping += _pairs(self, "non_trainable_variables", others, non_trainable_variables)
    mapping += _pairs(self, "metrics_variables", of_metrics, metrics_variables)
    with StatelessScope(mapping) as scope:
        loss = self.compute_loss(x, y, y_pred, sample_weight=sample_weight, training=training)
    return loss, (trainable_variables, _values(scope, others, non_trainable_variables), _values(scope, of_metrics, metrics_variables))


def _variables_of(model, part):
    if part == "optimizer_variables":
        return model.optimizer.variables if model.optimizer is not None else []
    return getattr(model, part)


def _by_path(variables):
    found = {}
    for variable in variables:
        if variable.path in found:
            raise ValueError(f"The following variable path is found twice in the model: '{variable.path}'. `get_state_tree()` can only be called when "
                             "all variable paths are unique. Make sure to give unique names to your layers (and other objects).")
        found[variable.path] = variable
    return found


def get_state_tree(self, value_format="backend_tensor"):
    """{"trainable_variables": {"model": {"dense": {"kernel": value}}}, ...}: all state by path, as tensors or ("numpy_array") as arrays."""
    if value_format not in ("backend_tensor", "numpy_array"):
        raise ValueError("Invalid `value_format` argument. Expected one of {'numpy_array', 'backend_tensor'}. Received: "
                         f"value_format={value_format}")
    tree = {}
    for part in _PARTS:
        inner = tree[part] = {}
        for path, variable in _by_path(_variables_of(self, part)).items():
            *folders, last = path.split("/")
            at = inner
            for folder in folders:
                at = at.setdefault(folder, {})
            at[last] = variable.value if value_format == "backend_tensor" else variable.numpy()
    return tree


def _leaves(tree, path=""):
    for key, item in tree.items():
        here = f"{path}/{key}" if path else key
        if isinstance(item, dict):
            yield from _leaves(item, here)
        else:
            yield here, item


def set_state_tree(self, state_tree):
    """Assigns the values of a tree as get_state_tree() gives it; parts and paths that it lacks stay as they are."""
    for part, tree in state_tree.items():
        if part not in _PARTS:
            raise ValueError(f"Unknown variable name: {part}")
        variables = {v.path: v for v in _variables_of(self, part)}
        for path, value in _leaves(tree):
            if path in variables:
                variables[path].assign(value)


def save_own_variables(self, store):
    """Puts the optimizer's Variables into a dict, as "0", "1", ..."""
    for i, variable in enumerate(self.variables):
        store[str(i)] = variable.numpy()


def load_own_variables(self, store):
    """Takes the Variables from such a dict; warns, and changes nothing, where their number differs."""
    if len(store) != len(self.variables):
        import warnings

        hint = "This is likely because the optimizer has not been called/built yet." if not self.variables else ""
        warnings.warn(f"Skipping variable loading for optimizer '{self.name}', because it has {len(self.variables)} variables whereas the saved "
                      f"optimizer has {len(store)} variables. {hint}", stacklevel=2)
        return
    for i, variable in enumerate(self.variables):
        variable.assign(store[str(i)])


def add_optimizer_variables(self, trainable_variables, name, initializer="zeros"):
    """For each of several names a list with a Variable like each trainable one; for one name that list alone."""
    names = [name] if isinstance(name, str) else list(name)
    initializers = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
    if len(initializers) != len(names):
        raise ValueError(f"The number of provided names must match the number of provided initializers. Received name='{name}', "
                         f"initializer='{initializer}'")
    lists = tuple([self.add_variable_from_reference(v, one, initializer=how) for v in trainable_variables] for one, how in zip(names, initializers))
    return lists[0] if isinstance(name, str) else lists


def install(model, optimizer):
    for function in (stateless_compute_loss, get_state_tree, set_state_tree):
        setattr(model, function.__name__, function)
    for function in (save_own_variables, load_own_variables, add_optimizer_variables):
        setattr(optimizer, function.__name__, function)
    _runnel.keras_class("initializers", "").clone = lambda self: type(self).from_config(self.get_config())
