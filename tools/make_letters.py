#!/usr/bin/env python3
"""Prints runnel/base/letters_table.h: which letters are capital and small ones of each other, by Unicode's data as Python has it.

    tools/make_letters.py > runnel/base/letters_table.h
"""

import unicodedata

HEAD = f"""// Written by tools/make_letters.py from Unicode {unicodedata.unidata_version}: capital and small letters.
#pragma once

#include <cstdint>

namespace runnel::inline v0 {{

/// Letters first, first + step, ..., last: the other case lies `distance` away.
struct LetterRange {{
  uint32_t first, last;
  int32_t distance;
  uint8_t step;
}};
/// One letter that becomes several.
struct LetterParts {{
  uint32_t letter;
  const char* parts;
}};
"""


def changed(function):
    """{letter: what it becomes}"""
    return {code: function(chr(code)) for code in range(0x80, 0x20000) if not 0xD800 <= code < 0xE000 and function(chr(code)) != chr(code)}


def ranges(pairs):
    found = []  # [first, last, distance, step]
    for code, distance in pairs:
        last = found[-1] if found else None
        if last and distance == last[2] and code - last[1] in (1, 2) and (last[0] == last[1] or code - last[1] == last[3]):
            last[1], last[3] = code, code - last[1]
        else:
            found.append([code, code, distance, 1])
    return found


def table(name, function):
    letters = changed(function)
    single = [(code, ord(text) - code) for code, text in letters.items() if len(text) == 1]
    parts = [(code, text) for code, text in letters.items() if len(text) > 1]
    yield f"\ninline constexpr LetterRange k{name}[] = {{"
    yield from (f"    {{{first}, {last}, {distance}, {step}}}," for first, last, distance, step in ranges(single))
    yield f"}};\ninline constexpr LetterParts k{name}Parts[] = {{"
    yield from (f'    {{{code}, "{"".join(f"{chr(92)}x{b:02x}" for b in text.encode())}"}},' for code, text in parts)
    yield "};"


print(HEAD + "\n".join([*table("Capitals", str.upper), *table("Smalls", str.lower)]) + "\n\n}  // namespace runnel::inline v0")
