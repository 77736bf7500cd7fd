"""What converted code calls as ag__: each decides when it runs whether to stage or to do what Python does."""

import functools
import types

from runnel.autograph.staging.conditions import if_exp, if_stmt
from runnel.autograph.staging.iteration import for_stmt
from runnel.autograph.staging.lists import list_append, set_item
from runnel.autograph.staging.logic import and_, assert_stmt, compare, eq, not_, not_eq, or_
from runnel.autograph.staging.loops import while_stmt
from runnel.autograph.staging.undefined import Undefined, UndefinedReturnValue, ld, ldu, returned


def no_state(values=()):
    """The state of code that changes no variable."""
    return ()


_FUNCTIONS = (if_exp, if_stmt, for_stmt, while_stmt, list_append, set_item, and_, or_, not_, eq, not_eq, compare, assert_stmt,
              Undefined, UndefinedReturnValue, ld, ldu, returned, no_state)


@functools.cache
def namespace(recursive, features):
    """The ag__ of code that was converted with these options."""
    from runnel.autograph import calls

    converted_call = calls.recursive_call(features) if recursive else calls.plain_call
    return types.SimpleNamespace(**{f.__name__: f for f in _FUNCTIONS}, converted_call=converted_call)
