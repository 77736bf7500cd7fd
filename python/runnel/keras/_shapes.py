"""The shape that build() and compute_output_shape() get: a tuple, with the methods of tf.TensorShape besides."""

from runnel._shape import TensorShape


class InputShape(tuple):
    """(None, 28, 28): Keras 3 gives a tuple, Keras 2 a TensorShape; this can be used as either."""

    def __getitem__(self, key):
        item = tuple.__getitem__(self, key)
        return InputShape(item) if isinstance(key, slice) else item

    def __add__(self, other):
        return InputShape(tuple(self) + tuple(other))

    def __radd__(self, other):
        return InputShape(tuple(other) + tuple(self))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(TensorShape(self), name)

    def as_list(self):
        return list(self)
