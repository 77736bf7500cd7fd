"""tf.nest: lists, tuples, namedtuples and dicts (by sorted keys) of anything, nested."""


def _is_namedtuple(value):
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _is_mapping(value):
    return isinstance(value, dict) or (hasattr(value, "keys") and hasattr(value, "__getitem__") and not hasattr(value, "dtype"))


def is_nested(structure):
    """True for lists, tuples, dicts and what is like them."""
    return isinstance(structure, (list, tuple)) or _is_mapping(structure)


def _sorted_keys(mapping):
    try:
        return sorted(mapping)
    except TypeError:
        raise TypeError("nest only supports dicts with sortable keys.") from None


def _children(structure):
    if _is_mapping(structure):
        return [structure[key] for key in _sorted_keys(structure)]
    return structure


def flatten(structure, expand_composites=False):
    """The leaves, in order."""
    if not is_nested(structure):
        return [structure]
    leaves = []
    for child in _children(structure):
        leaves.extend(flatten(child))
    return leaves


def _like(structure, children):
    """A container of the same kind around other children."""
    if _is_mapping(structure):
        made = dict(zip(_sorted_keys(structure), children))
        pairs = [(key, made[key]) for key in structure]  # keeps the order of the keys
        if hasattr(structure, "default_factory"):
            return type(structure)(structure.default_factory, pairs)
        return type(structure)(pairs)
    if _is_namedtuple(structure):
        return type(structure)(*children)
    return type(structure)(children)


def pack_sequence_as(structure, flat_sequence, expand_composites=False):
    """The leaves `flat_sequence`, arranged as `structure`."""
    if not isinstance(flat_sequence, (list, tuple)):
        raise TypeError(f"Attempted to pack value:\n  {flat_sequence}\ninto a structure, but found incompatible type "
                        f"`{type(flat_sequence)}` instead.")
    flat = list(flat_sequence)
    if not is_nested(structure):
        if len(flat) != 1:
            raise ValueError("The target structure is of type `" + str(type(structure)) + "`\n  " + str(structure) +
                             f"\nHowever the input is a sequence ({type(flat_sequence)}) of length {len(flat)}.")
        return flat[0]
    expected = len(flatten(structure))
    if expected != len(flat):
        raise ValueError(f"Could not pack sequence. Structure had {expected} atoms, but flat_sequence had {len(flat)} items.  "
                         f"Structure: {structure}, flat_sequence: {flat_sequence}.")
    leaves = iter(flat)

    def build(part):
        return _like(part, [build(c) for c in _children(part)]) if is_nested(part) else next(leaves)

    return build(structure)


def assert_same_structure(nest1, nest2, check_types=True, expand_composites=False):
    """ValueError where lengths or keys differ, TypeError where types do."""
    def fail(kind, what):
        raise kind(f"The two structures don't have the same nested structure.\n\nFirst structure: type={type(nest1).__name__} "
                   f"str={nest1}\n\nSecond structure: type={type(nest2).__name__} str={nest2}\n\nMore specifically: {what}")

    def compare(a, b):
        if is_nested(a) != is_nested(b):
            fail(ValueError, f"Substructure \"{a if is_nested(a) else b}\" is a sequence, while the other is not")
        if not is_nested(a):
            return
        if check_types and type(a) is not type(b) and not (_is_mapping(a) and _is_mapping(b)):
            fail(TypeError, f"The two namedtuples or sequences don't have the same type: {type(a)} and {type(b)}")
        if len(a) != len(b):
            fail(ValueError, f"The two structures don't have the same number of elements: {len(a)} and {len(b)}")
        if _is_mapping(a) and set(a) != set(b):
            fail(ValueError, f"The two dictionaries don't have the same set of keys: {list(a)} and {list(b)}")
        for x, y in zip(_children(a), _children(b)):
            compare(x, y)

    compare(nest1, nest2)


def map_structure(func, *structure, **kwargs):
    """func of the leaves that stand at the same place of each structure."""
    if not callable(func):
        raise TypeError(f"`func` must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    for other in structure[1:]:
        assert_same_structure(structure[0], other, kwargs.get("check_types", True))
    return pack_sequence_as(structure[0], [func(*leaves) for leaves in zip(*map(flatten, structure))])
