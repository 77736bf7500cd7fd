"""keras.random: numbers from a seed, as Keras draws them."""

from runnel import _runnel


_MODULUS = 2147483646  # Keras folds seeds so


class SeedGenerator:
    """A sequence of seeds; each draw takes the next one, so that a layer's numbers follow from its seed."""

    def __init__(self, seed=None, name=None, **kwargs):
        import runnel as tf

        self._initial_seed = _runnel.keras_default_seed() if seed is None else int(seed)
        self.name = name or "seed_generator"
        self.state = tf.Variable([self._initial_seed, 0], dtype="int64", trainable=False, name=f"{self.name}/seed_generator_state")

    seed = property(lambda self: self._initial_seed)

    def next(self, ordered=True):
        """An int32 pair."""
        import runnel as tf

        value = self.state.value()
        self.state.assign_add([0, 1])
        return tf.cast(value % _MODULUS, "int32")

    def get_config(self):
        return {"seed": self._initial_seed}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def _pair(seed):
    if isinstance(seed, SeedGenerator):
        return seed.next()
    seed = _runnel.keras_default_seed() if seed is None else int(seed)
    return _runnel.constant([seed % _MODULUS, 0], "int32")


def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    return _runnel.keras_draw("normal", shape, mean, stddev, dtype, _pair(seed))


def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    return _runnel.keras_draw("uniform", shape, minval, maxval, dtype, _pair(seed))


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    return _runnel.keras_draw("truncated_normal", shape, mean, stddev, dtype, _pair(seed))
