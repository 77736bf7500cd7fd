"""keras.tree: nested lists, tuples, namedtuples and dicts (by sorted keys) of anything. What tf.nest has is taken from there."""

from runnel import nest
from runnel.nest import is_nested, pack_sequence_as


class MAP_TO_NONE:
    """What a function of traverse() returns for None."""


def _replacement(value):
    return None if value is MAP_TO_NONE else value


def traverse(func, structure, top_down=True):
    """func of every part and leaf: where it returns something, that takes the part's place (and top down its parts are left out)."""
    if not callable(func):
        raise TypeError(f"`func` must be callable, got {func} instead.")
    if top_down:
        found = func(structure)
        if found is not None:
            return _replacement(found)
    if is_nested(structure):
        structure = nest._like(structure, [traverse(func, child, top_down) for child in nest._children(structure)])
    if top_down:
        return structure
    found = func(structure)
    return structure if found is None else _replacement(found)


def flatten(structure):
    """The leaves, in order."""
    return nest.flatten(structure)


def flatten_with_path(structure):
    """Pairs (path, leaf): a path is a tuple of keys, names of fields and places."""
    if not is_nested(structure):
        return [((), structure)]
    keys = nest._sorted_keys(structure) if nest._is_mapping(structure) else getattr(structure, "_fields", range(len(structure)))
    pairs = zip(keys, nest._children(structure))
    return [((key, *path), leaf) for key, child in pairs for path, leaf in flatten_with_path(child)]


def map_structure(func, *structures, none_is_leaf=True):
    """func of the leaves that stand at the same place of each structure. none_is_leaf=False: None stays None, where all are."""
    if not callable(func):
        raise TypeError(f"`func` must be callable, got {func} instead.")
    if not structures:
        raise ValueError("Must provide at least one structure")

    def of_leaves(*leaves):
        if none_is_leaf or any(leaf is not None for leaf in leaves):
            return func(*leaves)
        return None

    return nest.map_structure(of_leaves, *structures)


def map_structure_up_to(shallow_structure, func, *structures):
    """func of the parts of each structure that stand where `shallow_structure` has leaves."""
    if not structures:
        raise ValueError("Must provide at least one structure")

    def parts(shallow, structure):
        if not is_nested(shallow):
            return [structure]
        if not is_nested(structure) or len(structure) != len(shallow):
            raise ValueError(f"The two structures don't have the same number of elements: {shallow} and {structure}")
        return [part for pair in zip(nest._children(shallow), nest._children(structure)) for part in parts(*pair)]

    return pack_sequence_as(shallow_structure, [func(*leaves) for leaves in zip(*[parts(shallow_structure, s) for s in structures])])


def assert_same_structure(a, b, check_types=None):
    """ValueError where the structures differ, in their kinds of containers too."""
    try:
        nest.assert_same_structure(a, b)
    except TypeError as error:
        raise ValueError(str(error)) from None


def assert_same_paths(a, b):
    """ValueError where the leaves' paths differ; kinds of containers do not matter."""
    paths_a, paths_b = ({path for path, _ in flatten_with_path(s)} for s in (a, b))
    if paths_a != paths_b:
        raise ValueError(f"`a` and `b` don't have the same paths. Only in a: {sorted(paths_a - paths_b)}, only in b: {sorted(paths_b - paths_a)}")


def lists_to_tuples(structure):
    """Lists become tuples."""
    if not is_nested(structure):
        return structure
    children = [lists_to_tuples(child) for child in nest._children(structure)]
    return tuple(children) if isinstance(structure, list) else nest._like(structure, children)


def _is_shape(x):
    return isinstance(x, (list, tuple)) and all(size is None or isinstance(size, int) for size in x)


def map_shape_structure(func, structure):
    """func of the shapes: lists and tuples of ints and None."""
    if not callable(func):
        raise TypeError(f"`func` must be callable, got {func} instead.")
    if _is_shape(structure):
        return func(tuple(structure))
    if not is_nested(structure):
        raise ValueError(f"Cannot map function to unknown object {structure}")
    return nest._like(structure, [map_shape_structure(func, child) for child in nest._children(structure)])


def install(module):
    for thing in (MAP_TO_NONE, assert_same_paths, assert_same_structure, flatten, flatten_with_path, is_nested, lists_to_tuples, map_shape_structure,
                  map_structure, map_structure_up_to, pack_sequence_as, traverse):
        setattr(module, thing.__name__, thing)
