"""keras.optimizers.OptimizerMap: what MultiOptimizer takes; the choosing is done in C++ (runnel/keras/optimizers/multi.cc)."""

from collections.abc import MutableMapping


class OptimizerMap(MutableMapping):
    """Optimizers by the paths of weights ("encoder/dense/kernel") or by patterns that fit whole paths ("encoder/.*")."""

    def __init__(self, default_optimizer, optimizer_map=None):
        self.default_optimizer, self._optimizers = default_optimizer, dict(optimizer_map or {})

    def __getitem__(self, key):
        return self._optimizers[key]

    def __setitem__(self, key, optimizer):
        if key in self._optimizers:
            raise ValueError(f"'{key}' already exists in the OptimizerMap with value {self._optimizers[key]}. "
                             "Please make sure to not use duplicated keys.")
        self._optimizers[key] = optimizer

    def __delitem__(self, key):
        del self._optimizers[key]

    def __iter__(self):
        return iter(self._optimizers)

    def __len__(self):
        return len(self._optimizers)

    def _keras_config(self):
        return {"default_optimizer": self.default_optimizer, "optimizer_map": self._optimizers}
