"""Walks through data sets while a graph runs: the graph calls back for each element."""

import itertools

import runnel as tf
from runnel import nest

_numbers = itertools.count()
_walks = {}  # of the runs of graphs that are on their way: number: iterator


def next_element(iterator):
    """next(iterator) as a node; OutOfRangeError at the end when the graph runs."""
    return _element(iterator.element_spec, lambda: nest.flatten(iterator.get_next()), [])


def start(dataset):
    """A number for a new walk, each time that the graph runs."""

    def begin():
        number = next(_numbers)
        _walks[number] = iter(dataset)
        return tf.constant(number, tf.int64)

    number = tf.py_function(begin, [], tf.int64)
    number.set_shape([])
    return number


def finish(number):
    tf.py_function(lambda n: _walks.pop(int(n), None) and None, [number], [])


def advance(spec, number=None, iterator=None):
    """(is there another element, the element or zeros) of a walk that was started, or of an iterator."""
    dtypes = [tf.bool, *(s.dtype for s in nest.flatten(spec))]

    def take(*number):
        walk = iterator if iterator is not None else _walks[int(number[0])]
        element = next(walk, None)
        if element is None:
            return [tf.constant(False), *(tf.zeros([d or 0 for d in s.shape or ()], s.dtype) for s in nest.flatten(spec))]
        return [tf.constant(True), *nest.flatten(element)]

    found, *leaves = tf.py_function(take, [] if number is None else [number], dtypes)
    found.set_shape([])
    return found, with_shapes(spec, leaves)


def with_shapes(spec, leaves):
    """The element of these leaves, which have the shapes that its spec tells."""
    for leaf, s in zip(leaves, nest.flatten(spec)):
        leaf.set_shape(s.shape)
    return nest.pack_sequence_as(spec, leaves)


def _element(spec, take, inputs):
    return with_shapes(spec, tf.py_function(lambda *_: take(), inputs, [s.dtype for s in nest.flatten(spec)]))
