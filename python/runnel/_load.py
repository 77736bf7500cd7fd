"""Loads the compiled module."""

import os
import sys


def load_module():
    # Functions are bound when they are first called: the process starts faster.
    before = sys.getdlopenflags() if hasattr(sys, "getdlopenflags") else None
    if before is not None:
        sys.setdlopenflags(os.RTLD_LAZY | os.RTLD_LOCAL)
    try:
        from runnel import _runnel
    finally:
        if before is not None:
            sys.setdlopenflags(before)
    return _runnel
