"""First values for loop variables that only the loop itself defines.

An iteration is traced into a graph that is thrown away; what it leaves in a variable says its dtype and shape. Zeros of
that kind stand in until the first real iteration, and the loop fails at run time if there is none.
"""

import runnel as tf
from runnel.autograph.staging import backend, checks
from runnel.autograph.staging.undefined import Undefined, UndefinedReturnValue, is_none_or_undefined


def with_placeholders(body, get_state, set_state, names, before, invariants):
    """The variables before the loop, with zeros where they had no value, and the shape invariants."""
    start, first, note = before, None, None
    try:
        with backend.scratch():
            set_state(tuple(tf.nest.map_structure(_symbolic, v) for v in before))
            body()
            first = get_state()
        made = [_placeholder(end, i, v) if is_none_or_undefined(v) else (v, i) for v, end, i in zip(before, first, invariants)]
        start, invariants = tuple(m[0] for m in made), [m[1] for m in made]
    except (UnboundLocalError, TypeError, ValueError, KeyError) as error:
        note = f"Note: AutoGraph tried to define it automatically, but ran into a {type(error).__name__}: {error}"
    finally:
        set_state(start)
    checks.loop_begins_defined(start, names, first, note)
    return start, invariants


def _symbolic(value):
    """Python numbers become tensors in a loop: their values are not known in its body."""
    if isinstance(value, (bool, int, float, str)) or type(value).__module__ == "numpy":
        value = tf.convert_to_tensor(value)
        return backend.placeholder(value.dtype, value.shape)
    return value


def _placeholder(like, invariant, original):
    """Zeros like the value, and the shape invariant that they need."""
    if is_none_or_undefined(like):
        return original, invariant
    if isinstance(like, (bool, int, float)):
        return type(like)(0), invariant
    if backend.is_tensor(like):
        return _zeros(like, invariant)
    if tf.nest.is_nested(like):
        parts = [_placeholder(leaf, None, None) for leaf in tf.nest.flatten(like)]
        shapes = [tf.TensorShape(getattr(v, "shape", ())) if s is None else s for v, s in parts]
        return tuple(tf.nest.pack_sequence_as(like, list(p)) for p in ([v for v, _ in parts], shapes))
    raise TypeError(f"Found an unsupported type '{type(like).__name__}' while creating placeholder for {like}."
                    " Supported types include Tensor, int, float, bool, list, tuple or dict.")


def _zeros(like, invariant):
    wanted = tf.TensorShape(invariant) if invariant is not None else like.shape
    if wanted.rank is None or like.shape.rank is None:
        return tf.zeros((), like.dtype), wanted
    sizes = [(w or 0) if s is None else s for s, w in zip(like.shape.as_list(), wanted.as_list())]
    return tf.zeros(sizes, like.dtype), wanted if None in like.shape.as_list() else invariant
