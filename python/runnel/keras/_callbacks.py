"""Callbacks that are easier said in Python."""

from runnel import _runnel
from runnel.keras._layer import Callback, Layer


class LambdaCallback(Callback):
    """Calls functions: LambdaCallback(on_epoch_end=lambda epoch, logs: ...)."""

    def __new__(cls, **functions):
        # A class of its own for each set of functions: hooks that were not given cost nothing.
        hooks = {name: staticmethod(function) for name, function in functions.items() if function is not None}
        return super().__new__(type(cls.__name__, (cls,), hooks))

    def __init__(self, **functions):
        super().__init__()


def install(callbacks):
    callbacks.EarlyStopping.best_weights = property(lambda self: _runnel.keras_best_weights(self) or None)
    callbacks.EarlyStopping.get_monitor_value = lambda self, logs: (logs or {}).get(self.monitor)
    Callback._overrides = Layer._overrides
    callbacks.ReduceLROnPlateau.in_cooldown = lambda self: self.cooldown_counter > 0
    Callback.on_batch_begin, Callback.on_batch_end = Callback.on_train_batch_begin, Callback.on_train_batch_end


class CallbackList:
    """Several callbacks as one, for training loops of one's own."""

    def __init__(self, callbacks=None, add_history=False, add_progbar=False, model=None, **params):
        self.callbacks = list(callbacks or [])
        for callback in self.callbacks:
            callback.set_params(params)
            if model is not None:
                callback.set_model(model)

    def append(self, callback):
        self.callbacks.append(callback)

    def __iter__(self):
        return iter(self.callbacks)

    def __getattr__(self, hook):
        if not hook.startswith("on_"):
            raise AttributeError(hook)

        def call(*args, **kwargs):
            for callback in self.callbacks:
                getattr(callback, hook)(*args, **kwargs)

        return call
