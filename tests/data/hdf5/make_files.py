#!/usr/bin/env python3
"""Writes the HDF5 files of this folder with h5py: every option that runnel/interop/hdf5 reads. Run with .venv-peers' Python.

Every numeric dataset holds arange(size) in its shape, so that the reader's test needs no second copy of the values.
"""

from pathlib import Path

import h5py
import numpy as np

HERE = Path(__file__).parent


def counted(shape, dtype):
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)


def add_types(f):
    for code in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"):
        for order in "<>":
            f[f"types/{code}{'le' if order == '<' else 'be'}"] = counted((3, 5), order + code)
    f["types/bool"] = np.array([True, False, True])
    f["types/enum"] = np.array([2, 0, 1], "i2")
    f.create_dataset("types/enum16", data=[2, 0, 1], dtype=h5py.enum_dtype({"A": 0, "B": 1, "C": 2}, basetype="i2"))
    f["types/fixed"] = np.array([b"one", b"three", b""], "S5")
    f.create_dataset("types/text", data=["eins", "", "drei äöü"], dtype=h5py.string_dtype())
    f.create_dataset("types/opaque", data=np.array([b"\x01\x02\x03"] * 2, "V3"))
    f["types/bfloat16"] = np.array([0x3F80, 0x4000], "u2").view("V2")
    f["types/bfloat16"].attrs["dtype"] = "bfloat16"
    f["types/null"] = h5py.Empty("f4")
    f["types/scalar"] = np.float32(7)
    f["types/empty"] = np.zeros((0, 3), "f4")


def add_attributes(f):
    f.attrs["text"] = "schön"
    f.attrs["bytes"] = b"bytes"
    f.attrs["list"] = ["a", "bb", "ccc"]
    f.attrs["fixed"] = np.array([b"x", b"yy"])
    f.attrs["number"] = 3
    f.attrs["numbers"] = counted((4,), "f8")
    f.attrs["none"] = np.zeros((0,))
    f.attrs["null"] = h5py.Empty("f4")


def add_chunks(f):
    f.create_dataset("chunks/plain", data=counted((7, 5, 3), "f4"), chunks=(4, 2, 2))
    f.create_dataset("chunks/gzip", data=counted((50, 40), "i4"), chunks=(16, 16), compression="gzip")
    f.create_dataset("chunks/shuffle", data=counted((50, 40), "f8"), chunks=(7, 40), compression="gzip", shuffle=True, fletcher32=True)
    f.create_dataset("chunks/single", data=counted((5, 4), "f4"), chunks=(5, 4), compression="gzip")
    holes = f.create_dataset("chunks/holes", shape=(6, 6), chunks=(3, 3), dtype="i4", fillvalue=-1)
    holes[:3, :3] = counted((3, 3), "i4")


def add_compact(f):
    space, plist = h5py.h5s.create_simple((3,)), h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    h5py.h5d.create(f.id, b"compact", h5py.h5t.IEEE_F32LE, space, plist).write(h5py.h5s.ALL, h5py.h5s.ALL, counted((3,), "f4"))


def write(name, many, **options):
    with h5py.File(HERE / name, "w", **options) as f:
        add_types(f)
        add_attributes(f)
        add_chunks(f)
        add_compact(f)
        f["soft"] = h5py.SoftLink("/types/i4le")
        f["again"] = f["compact"]
        for i in range(many):
            f[f"many/group_{i:03}"] = f["chunks"]


write("default.h5", many=700)
write("userblock.h5", many=9, userblock_size=1024)
for name, libver in (("v18.h5", ("v108", "v108")), ("latest.h5", "latest")):
    with h5py.File(HERE / name, "w", libver=libver) as f:
        add_attributes(f)
        add_chunks(f)
        f["types/f4le"] = counted((3, 5), "f4")
        f["types/text"] = ["a", "b"]
with h5py.File(HERE / "dense.h5", "w", libver="latest") as f:
    for i in range(9):
        f.create_group(f"group_{i}")
with h5py.File(HERE / "growing.h5", "w", libver="latest") as f:
    f.create_dataset("x", data=counted((9, 4), "f4"), chunks=(2, 2), maxshape=(None, 4))
with h5py.File(HERE / "cycle.h5", "w") as f:
    f.create_group("a/b")
    f["a/b/c"] = f["a"]
