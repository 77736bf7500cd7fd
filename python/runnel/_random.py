"""tf.random.Generator: a random number generator with a state of its own."""

import os

from runnel import _runnel
from runnel._dtypes import as_dtype

_ALGORITHMS = {1: "philox", "philox": "philox", 3: "auto_select", "auto_select": "auto_select", None: "auto_select"}


def _check_algorithm(alg):
    name = getattr(alg, "value", alg)
    if name not in _ALGORITHMS:
        raise ValueError(f"Unsupported algorithm: {alg}. This build draws with 'philox'.")


def _entropy():
    return int.from_bytes(os.urandom(8), "little", signed=True)


class Generator:
    """Draws numbers from a state that nobody else changes. The numbers are TensorFlow's for the same seed (Philox)."""

    def __init__(self, copy_from=None, state=None, alg=None):
        _check_algorithm(alg)
        if copy_from is not None:
            state = copy_from.state
        if state is None:
            raise ValueError("Generator needs `copy_from` or `state`; Generator.from_seed makes one of a seed.")
        self._generator = state if isinstance(state, _runnel.RandomGenerator) else _runnel.generator_from_state(_value(state))

    @classmethod
    def from_seed(cls, seed, alg=None):
        _check_algorithm(alg)
        return cls(state=_runnel.generator_from_seed(int(seed)))

    @classmethod
    def from_state(cls, state, alg):
        return cls(state=state, alg=alg)

    @classmethod
    def from_non_deterministic_state(cls, alg=None):
        return cls.from_seed(_entropy(), alg)

    @classmethod
    def from_key_counter(cls, key, counter, alg):
        counter = [int(c) for c in counter]
        return cls(state=[*counter, *[0] * (2 - len(counter)), int(key)], alg=alg)

    @property
    def state(self):
        return self._generator.state()

    @property
    def algorithm(self):
        return 1

    @property
    def key(self):
        return self.state[2]

    def normal(self, shape, mean=0.0, stddev=1.0, dtype="float32", name=None):
        return self._generator.normal(shape, mean, stddev, as_dtype(dtype))

    def truncated_normal(self, shape, mean=0.0, stddev=1.0, dtype="float32", name=None):
        return self._generator.truncated_normal(shape, mean, stddev, as_dtype(dtype))

    def uniform(self, shape, minval=0, maxval=None, dtype="float32", name=None):
        return self._generator.uniform(shape, minval, maxval, as_dtype(dtype))

    def uniform_full_int(self, shape, dtype="uint64", name=None):
        return self._generator.uniform_full_int(shape, as_dtype(dtype))

    def make_seeds(self, count=1):
        """(2, count): seeds for the stateless functions."""
        return self._generator.make_seeds(int(count))

    def split(self, count=1):
        """Independent generators."""
        return [Generator(state=g) for g in self._generator.split(int(count))]

    def skip(self, delta):
        return self._generator.skip(delta)

    def reset(self, state):
        self.state.assign(_value(state))

    def reset_from_seed(self, seed):
        self._generator.reset_from_seed(int(seed))


def _value(state):
    return _runnel.convert(state, as_dtype("int64"), None)


_global = None


def get_global_generator():
    """The generator of the process; made with a seed of its own at the first use."""
    global _global
    if _global is None:
        _global = Generator.from_non_deterministic_state()
    return _global


def set_global_generator(generator):
    global _global
    _global = generator
