#!/usr/bin/env python3
"""Packs housing.csv (California, census of 1990) into runnel/keras/datasets/data/california_housing.bin.

usage: tools/pack_housing.py housing.csv [output]

The file is one zlib stream. Unpacked, it holds nine columns, one after the other; a column is its 20,640 values as
little-endian int32, stored as four byte planes (all lowest bytes first), each value as the difference to the row above.
Values are whole numbers after the scaling below; a missing value is -1 (only total_bedrooms has any).
"""
import csv
import struct
import sys
import zlib

SCALES = {
    "longitude": 100, "latitude": 100, "housing_median_age": 1, "total_rooms": 1, "total_bedrooms": 1,
    "population": 1, "households": 1, "median_income": 10000, "median_house_value": 1,
}


def whole(text, scale):
    if text == "":
        return -1
    value = round(float(text) * scale)
    assert abs(value - float(text) * scale) < 1e-6, text
    return value


def planes(values):
    differences = [b - a for a, b in zip([0] + values, values)]
    raw = struct.pack(f"<{len(values)}i", *differences)
    return b"".join(raw[k::4] for k in range(4))


def main():
    source = sys.argv[1]
    target = sys.argv[2] if len(sys.argv) > 2 else "runnel/keras/datasets/data/california_housing.bin"
    with open(source, newline="") as file:
        rows = list(csv.DictReader(file))
    packed = b"".join(planes([whole(row[name], scale) for row in rows]) for name, scale in SCALES.items())
    data = zlib.compress(packed, 9)
    with open(target, "wb") as file:
        file.write(data)
    print(f"{target}: {len(rows)} rows, {len(data)} bytes")


if __name__ == "__main__":
    main()
