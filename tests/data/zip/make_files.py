#!/usr/bin/env python3
"""Writes the archives of this folder with Python's zipfile."""

import warnings
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
warnings.simplefilter("ignore")  # of two members with one name

with zipfile.ZipFile(HERE / "packed.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("a.txt", "a" * 5000)
with zipfile.ZipFile(HERE / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
    z.writestr("bomb", bytes(65 << 20))
with zipfile.ZipFile(HERE / "double.zip", "w") as z:
    z.writestr("a", "1")
    z.writestr("a", "2")
