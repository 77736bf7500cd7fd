"""keras.random: numbers from a seed, as Keras draws them."""

from runnel import _runnel


_MODULUS = 2147483646  # Keras folds seeds so


class SeedGenerator:
    """A sequence of seeds; each draw takes the next one, so that a layer's numbers follow from its seed."""

    def __init__(self, seed=None, name=None, **kwargs):
        import runnel as tf

        self._initial_seed = _runnel.keras_default_seed() if seed is None else int(seed)
        self.name = name or _runnel.keras_unique_name("seed_generator")
        self.state = tf.Variable([self._initial_seed, 0], dtype="int64", trainable=False, name=f"{self.name}/seed_generator_state")

    seed = property(lambda self: self._initial_seed)

    def next(self, ordered=True):
        """An int32 pair."""
        import runnel as tf

        value = self.state.read_value()
        self.state.assign_add([0, 1])
        return tf.cast(value % _MODULUS, "int32")

    def get_config(self):
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def seed_pair(seed):
    """The two integers that a draw follows from: the next ones of a SeedGenerator, or those of a number (None: a new one)."""
    if isinstance(seed, SeedGenerator):
        return seed.next()
    seed = _runnel.keras_default_seed() if seed is None else int(seed)
    return _runnel.constant([seed % _MODULUS, 0], "int32")


def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Numbers of the normal distribution. seed: a number, or a SeedGenerator that counts on; dtype: floatx() unless given."""
    return _runnel.keras_draw("normal", shape, mean, stddev, dtype, seed_pair(seed))


def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Numbers from minval up to maxval, each as likely. seed: a number, or a SeedGenerator that counts on; dtype: floatx() unless given."""
    return _runnel.keras_draw("uniform", shape, minval, maxval, dtype, seed_pair(seed))


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Numbers of the normal distribution within two standard deviations of the mean. seed: as of normal()."""
    return _runnel.keras_draw("truncated_normal", shape, mean, stddev, dtype, seed_pair(seed))


def categorical(logits, num_samples, dtype="int32", seed=None):
    """(batch, num_samples) classes with probabilities softmax(logits)."""
    return _drawn("categorical")(logits, num_samples, seed_pair(seed), dtype)


def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Whole numbers in [minval, maxval)."""
    return _drawn("randint")(shape, minval, maxval, seed_pair(seed), dtype)


def shuffle(x, axis=0, seed=None):
    """The slices of an axis in random order."""
    return _drawn("shuffle")(x, axis, seed_pair(seed))


def dropout(inputs, rate, noise_shape=None, seed=None):
    """The inputs with a share `rate` of zeros, the others divided by 1 - rate."""
    shape = tuple(inputs.shape) if noise_shape is None else noise_shape
    return _drawn("dropout")(inputs, rate, shape, seed_pair(seed))


def gamma(shape, alpha, dtype=None, seed=None):
    """Numbers with the density of the gamma distribution."""
    return _drawn("gamma")(shape, alpha, seed_pair(seed), dtype)


def binomial(shape, counts, probabilities, dtype=None, seed=None):
    """Numbers of successes in `counts` trials."""
    return _drawn("binomial")(shape, counts, probabilities, seed_pair(seed), dtype)


def beta(shape, alpha, beta, dtype=None, seed=None):
    """Numbers between 0 and 1 with the density of the beta distribution."""
    return _drawn("beta")(shape, alpha, beta, seed_pair(seed), dtype)


def _drawn(name):
    return _runnel.functions["keras.random._" + name]
