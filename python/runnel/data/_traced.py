"""Walks through data sets while a graph runs: its nodes take the elements, in C++."""

import runnel as tf
from runnel import _runnel, nest
from runnel.data import _dataset


def next_element(iterator):
    """next(iterator) as a node; OutOfRangeError at the end when the graph runs."""
    return _dataset._like(iterator._stand_ins, _runnel.next_of_walk(iterator._walk.variant(), iterator._stand_ins))


class Walk:
    """A walk through a data set that begins with each run of the graph, or an iterator that goes on with each."""

    def __init__(self, items):
        is_iterator = hasattr(items, "_walk")
        self._tensor = items._walk.variant() if is_iterator else _runnel.start_walk(items._handle)
        self._stand_ins = items._stand_ins if is_iterator else items._handle.element_spec()

    def advance(self):
        """(is there another element, the element or zeros)."""
        return _runnel.advance_walk(self._tensor, self._stand_ins)

    def public(self, element):
        """The element as the code of the loop sees it."""
        return _dataset._like(self._stand_ins, element)

    def element(self, leaves):
        """The element of these leaves, which have the shapes that its spec tells."""
        for leaf, like in zip(leaves, nest.flatten(self._stand_ins)):
            leaf.set_shape(like.shape)
        return nest.pack_sequence_as(self._stand_ins, leaves)


def reduce(dataset, state, function):
    def step(leaves, element):
        result = function(nest.pack_sequence_as(state, list(leaves)), _dataset._like(dataset._handle.element_spec(), element))
        return tuple(nest.flatten(nest.map_structure(_like, state, result, check_types=False)))

    return nest.pack_sequence_as(state, list(dataset._handle.reduce(tuple(nest.flatten(state)), step)))


def _like(old, new):
    return new if isinstance(new, tf.Tensor) else tf.convert_to_tensor(new, dtype=old.dtype)
