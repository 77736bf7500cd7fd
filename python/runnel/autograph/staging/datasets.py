"""for over data sets and their iterators, while a graph is traced.

An element is taken before each iteration and none after a break, so that an iterator goes on where the loop left it.
"""

import runnel as tf
from runnel.autograph.staging import backend
from runnel.autograph.staging.loops import staged_while
from runnel.data import _dataset, _traced


def is_staged(items):
    return backend.tracing() and isinstance(items, (_dataset.Dataset, _dataset.Iterator))


def for_stmt(items, extra_test, body, get_state, set_state, names, options):
    walk = _traced.Walk(items)
    found, element = walk.advance()

    def get_all():
        return found, element, *get_state()

    def set_all(values):
        nonlocal found, element
        found, element, *rest = values
        set_state(tuple(rest))

    def run_body():
        nonlocal found, element
        old = element
        body(walk.public(element))
        if extra_test is None:
            found, element = walk.advance()
        else:
            found, element = backend.cond(extra_test(), walk.advance, lambda: (tf.constant(False), old))
            element = walk.element(tf.nest.flatten(element))

    staged_while(lambda: found, run_body, get_all, set_all, ("<internal has_next>", "<internal element>", *names), options)
