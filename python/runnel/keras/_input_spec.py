"""keras.InputSpec: what a layer wants an input to look like; C++ checks it (runnel/keras/input_spec.h)."""

import runnel as tf


class InputSpec:
    """Rank, dtype, shape and sizes of an input: InputSpec(min_ndim=2, axes={-1: 8})."""

    def __init__(self, dtype=None, shape=None, ndim=None, max_ndim=None, min_ndim=None, axes=None, allow_last_axis_squeeze=False, name=None,
                 optional=False):
        self.dtype = None if dtype is None else tf.as_dtype(dtype).name
        self.shape = None if shape is None else tuple(shape)
        self.ndim = ndim if shape is None else len(self.shape)
        self.max_ndim, self.min_ndim, self.name, self.optional = max_ndim, min_ndim, name, optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (AttributeError, ValueError, TypeError):
            raise TypeError(f"Argument `axes` must be a dict with integer keys. Received: axes={axes}") from None
        self._check_axes()

    def _check_axes(self):
        most = self.ndim or self.max_ndim
        if self.axes and most is not None and max(self.axes) > most - 1:
            raise ValueError(f"Axis {max(self.axes)} is greater than the maximum allowed value: {most - 1}")

    def __repr__(self):
        shown = [f"{name}={getattr(self, name)}" for name in ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes") if getattr(self, name)]
        return f"InputSpec({', '.join(shown)})"

    def get_config(self):
        return {name: getattr(self, name) for name in ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def _keras_config(self):
        rank = {} if self.shape is None else {"ndim": None}  # the shape says it
        return {**self.get_config(), "allow_last_axis_squeeze": self.allow_last_axis_squeeze, "name": self.name, **rank}


def _of(config):
    return InputSpec(**config)


def get(layer):
    """layer.input_spec: None, one InputSpec, or a list of them."""
    kept = layer.__dict__.get("_input_spec_given")
    if kept is not None:
        return kept
    specs = [_of(config) for config in layer._input_spec]
    return None if not specs else specs[0] if len(specs) == 1 else specs


def set(layer, value):
    layer.__dict__["_input_spec_given"] = value
    layer._input_spec = None if value is None else tf.nest.flatten(value)
