"""Structures taken apart into tensors and put together again: what functions, branches and loops return."""

from runnel import _runnel, nest
from runnel._tensor import Tensor, convert_to_tensor
from runnel._variable import IndexedSlices


class _Leaf:
    """A place in a structure that `count` tensors fill; build(tensors) makes the leaf."""

    def __init__(self, count, build):
        self.count, self.build = count, build


_ONE = _Leaf(1, lambda tensors: tensors[0])


def _split(leaf, convert):
    """(tensors, _Leaf) of a leaf."""
    if isinstance(leaf, Tensor):
        return [leaf], _ONE
    if isinstance(leaf, _runnel.ResourceVariable):
        return [leaf.read_value()], _ONE
    if isinstance(leaf, IndexedSlices):
        parts = [leaf.values, leaf.indices] + ([] if leaf.dense_shape is None else [leaf.dense_shape])
        return [convert_to_tensor(p) for p in parts], _Leaf(len(parts), lambda tensors: IndexedSlices(*tensors))
    if hasattr(leaf, "_flow_parts"):  # a TensorArray
        return leaf._flow_parts(), _Leaf(1, leaf._with_flow_parts)
    if hasattr(type(leaf), "_from_variant"):  # a data set, or a walk through one
        return [leaf._variant_tensor], _Leaf(1, leaf._type_spec._made_of_one)
    return [convert(leaf)], _ONE


class Parts:
    """The tensors of a structure, and how to build the structure from others in their place. None stays None."""

    def __init__(self, structure, convert=convert_to_tensor):
        self.tensors = []

        def leaf(item):
            if item is None:
                return None
            tensors, place = _split(item, convert)
            self.tensors.extend(tensors)
            return place

        self.template = nest.map_structure(leaf, structure)

    def build(self, tensors):
        rest = iter(tensors)

        def leaf(place):
            return None if place is None else place.build([next(rest) for _ in range(place.count)])

        return nest.map_structure(leaf, self.template)

    def forget_tensors(self):
        """The structure alone: symbolic tensors would keep their graph alive."""
        self.tensors = None
        return self

    def is_single(self):
        return self.template is _ONE
