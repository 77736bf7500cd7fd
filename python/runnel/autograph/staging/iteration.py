"""for."""

import runnel as tf
from runnel.autograph.staging import backend, datasets
from runnel.autograph.staging.loops import _SEE, staged_while
from runnel.autograph.staging.undefined import Undefined


def for_stmt(items, extra_test, body, get_state, set_state, names, options):
    """Runs the loop, or stages it where `items` is a tensor or a data set. `extra_test` tells whether to go on (None: always)."""
    if datasets.is_staged(items):
        return datasets.for_stmt(items, extra_test, body, get_state, set_state, names, options)
    if not backend.is_staged(items):
        _python_for(items, extra_test, body)
        return
    bounds = backend.range_bounds(items)
    steps = _RangeSteps(*bounds) if bounds else _RowSteps(items)

    def get_all():
        state = get_state()
        if bounds:  # the target of a range has a value before the first step
            state = tuple(steps.now if n == options["iterate_names"] and isinstance(v, Undefined) else v
                          for n, v in zip(names, state))
        return steps.now, *state

    def set_all(values):
        steps.now, *rest = values
        set_state(tuple(rest))

    def run_body():
        body(steps.item())
        steps.advance()

    def test():
        goes_on = steps.test()
        return goes_on if extra_test is None else backend.cond(goes_on, extra_test, lambda: False)

    staged_while(test, run_body, get_all, set_all, ("<internal iterate>", *names), options)


class _RangeSteps:
    """The items of tf.range(start, limit, delta), without making the range."""

    def __init__(self, start, limit, delta):
        self.now, self.limit, self.delta = start, limit, delta

    def item(self):
        return self.now

    def advance(self):
        self.now = self.now + self.delta

    def test(self):
        known = tf.get_static_value(self.delta)
        if known is not None:
            return self.now < self.limit if known >= 0 else self.now > self.limit
        up = tf.logical_and(self.delta >= 0, self.now < self.limit)
        return tf.logical_or(up, tf.logical_and(self.delta < 0, self.now > self.limit))


class _RowSteps:
    """The items of a tensor along its first dimension."""

    def __init__(self, items):
        items = tf.convert_to_tensor(items)
        if items.shape.rank == 0:
            raise ValueError(f"len requires a non-scalar tensor, got one of shape {items.shape}")
        size = items.shape[0] if items.shape.rank else None
        self.count = tf.shape(items)[0] if size is None else size
        self.rows = tf.TensorArray(items.dtype, size=self.count).unstack(items)
        self.now = 0

    def item(self):
        return self.rows.read(self.now)

    def advance(self):
        self.now = self.now + 1

    def test(self):
        return self.now < self.count


def _python_for(items, extra_test, body):
    if extra_test is None:
        for item in items:
            body(item)
        return
    if not _python_test(extra_test()):
        return
    for item in items:
        body(item)
        if not _python_test(extra_test()):
            break


def _python_test(value):
    if backend.is_staged(value):
        raise NotImplementedError("break and return statements which depend on a TF condition are not supported in Python for loops."
                                  " Did you intend to make it a TF loop?" + _SEE)
    return value
