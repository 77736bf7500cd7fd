"""Whether a result is close enough to the stored one, and a sentence that says where it is not."""

import numpy as np

# Relative tolerance by type: a few units in the last place; float16 and bfloat16 get one unit.
RELATIVE = {"float32": 3e-6, "float64": 1e-12, "complex64": 4e-6, "complex128": 2e-12,
            "float16": 2.0**-10, "bfloat16": 2.0**-7}


def difference(got, expected, exact=False, factor=1.0):
    """None when equal enough. `got` and `expected` are (array, dtype name) or None."""
    if expected is None or got is None:
        return None if expected is None and got is None else f"got {describe(got)}, expected {describe(expected)}"
    (mine, mine_type), (theirs, their_type) = got, expected
    if mine_type != their_type:
        return f"dtype is {mine_type}, expected {their_type}"
    if mine.shape != theirs.shape:
        return f"shape is {mine.shape}, expected {theirs.shape}"
    if mine_type not in RELATIVE:
        same = mine == theirs
        return None if np.all(same) else where(mine, theirs, ~np.asarray(same, bool))
    return numeric(mine, theirs, 0.0 if exact else RELATIVE[mine_type] * factor)


def without_nan(got, expected):
    """The pair with our values in the place of the expected NaNs."""
    (mine, mine_type), (theirs, their_type) = got, expected
    theirs = np.array(theirs)
    pairs = [(theirs.real, mine.real), (theirs.imag, mine.imag)] if np.iscomplexobj(theirs) else [(theirs, mine)]
    for part, ours in pairs:
        np.copyto(part, ours, where=np.isnan(part))
    return got, (theirs, their_type)


def numeric(mine, theirs, relative):
    """Close means: within `relative` of the value, or within a third of it of the largest value (sums that cancel)."""
    if np.iscomplexobj(mine):
        mine, theirs = parts(mine), parts(theirs)
    wide = np.float64
    a, b = np.asarray(mine, wide), np.asarray(theirs, wide)
    finite = np.isfinite(b)
    scale = np.max(np.abs(b[finite]), initial=0.0)
    with np.errstate(all="ignore"):
        close = np.abs(a - b) <= relative * np.abs(b) + 0.34 * relative * scale
    bad = ~((a == b) | (np.isnan(a) & np.isnan(b)) | (finite & close))
    return where(mine, theirs, bad) if bad.any() else None


def parts(array):
    return np.stack([array.real, array.imag], -1)


def where(mine, theirs, bad):
    at = tuple(int(i) for i in np.argwhere(np.atleast_1d(bad))[0])
    a, b = np.atleast_1d(mine)[at], np.atleast_1d(theirs)[at]
    return f"{int(np.sum(bad))} of {np.size(theirs)} differ; at {list(at)} got {a!r}, expected {b!r}"


def describe(value):
    return "nothing" if value is None else f"{value[1]}{list(value[0].shape)}"


def gradient_difference(got, expected, factor):
    """As difference(), for bare arrays; no gradient and a gradient of zeros are the same."""
    if got is None and expected is None:
        return None
    zero = np.zeros_like(expected if got is None else got)
    mine, theirs = (zero if got is None else got), (zero if expected is None else expected)
    if mine.shape != theirs.shape:
        return f"shape is {mine.shape}, expected {theirs.shape}"
    return numeric(mine, theirs, factor)
