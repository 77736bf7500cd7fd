"""if, and `a if c else b`."""

from runnel.autograph.staging import backend, checks


def if_stmt(test, body, orelse, get_state, set_state, names, results):
    """Runs one of the branches, or stages both as tf.cond.

    The branches work on the variables `names`, which get_state reads and set_state assigns; the first `results` of
    them are wanted afterwards.
    """
    if not backend.is_staged(test):
        body() if test else orelse()
        return
    test = checks.condition(test, "if statement")
    before = get_state()
    traced = {}

    def branch(run, which):
        set_state(before)
        run()
        after = traced[which] = get_state()[:results]
        checks.branch_ends_defined(after, names, which)
        if len(traced) == 2:
            checks.branches_agree(traced["main"], traced["else"], names)
        return after or (0,)

    after = backend.cond(test, lambda: branch(body, "main"), lambda: branch(orelse, "else"))
    set_state((*after, *before[results:]) if results else before)


def if_exp(test, if_true, if_false, text):
    """`if_true() if test else if_false()`; `text` is how the test is written."""
    if not backend.is_staged(test):
        return if_true() if test else if_false()
    values = []

    def branch(run):
        values.append(run())
        if len(values) == 2:
            checks.values_agree(text, *values)
        return values[-1]

    return backend.cond(test, lambda: branch(if_true), lambda: branch(if_false))
