#!/usr/bin/env python3
"""Writes the docstrings of Keras's classes from the comments above their C++ declarations, and the sentences of operators.

A class's docstring is the `///` comment above it (or, for a class that a macro makes, above or behind that line), followed by those
fields of its options that carry a `///<`. A template that makes several classes gives its comment to each of them.

    docgen.py --out FILE.cc header.h ...

What an operator computes is said by a line `/// Pack: Joins tensors ...` beside its card, unless a public function has its name.

    docgen.py --ops --out FILE.cc card.cc ...
"""

import argparse
import re
from pathlib import Path

CLASS = re.compile(r"(?:class|struct) (\w+)\b[^;]*\{")
MACRO = re.compile(r"RUNNEL_[A-Z_]+\((\w+)(?:, (\w+))?[^)]*\)(?:\s*///< ?(.*))?")
FIELD = re.compile(r"\s+\w.*?(\w+)(?:\{[^}]*\}| = [^;]*)?;\s*///< (.*)")
SENTENCE = re.compile(r"^/// ([A-Z]\w*): (.*)$", re.M)
KINDS = {"layers", "losses", "metrics", "optimizers", "callbacks", "initializers", "regularizers", "constraints", "schedules", "models", "quantizers"}


def kind_of(header):
    """layers/core.h -> layers; initializers.h -> initializers; optimizers/schedules.h -> schedules."""
    stem = Path(header).stem
    return stem if stem in KINDS else Path(header).parent.name


def declarations(header):
    """Yields (comment above, first line, all lines) of each declaration at the left margin."""
    comment, lines = [], Path(header).read_text().splitlines()
    for number, line in enumerate(lines):
        if line.startswith("///"):
            comment.append(line[3:].strip())
        elif not line.startswith("template <"):
            end = next((k for k in range(number, len(lines)) if lines[k].startswith("}")), number)
            yield "\n".join(comment), line, lines[number:end]
            comment = []


def class_names(cpp_name, lines):
    """The names that users see: all strings in the declarations of kName or kNames."""
    declared = re.findall(r"\bkNames?\b[^;]*?=([^;]*);", "\n".join(lines))
    return [name for text in declared for name in re.findall(r'"(\w+)"', text)] or [cpp_name.removesuffix("Body")]


def arguments(lines):
    return "".join(f"\n  {found[1]}: {found[2]}" for line in lines if (found := FIELD.match(line)))


def docs_of(header):
    found, fields = {}, {"": ""}
    for comment, line, lines in declarations(header):
        if made := CLASS.match(line):
            if made[1].endswith("Options"):
                fields[made[1]] = arguments(lines)
            elif comment and not made[1].endswith("BaseBody"):
                used = re.search(r"\b(\w+Options)>", line)
                found |= {name: (comment, used[1] if used else "") for name in class_names(made[1], lines)}
        elif (made := MACRO.match(line)) and (comment or made[3]):
            found[made[1]] = (comment or made[3], made[2] or "")
    return {name: text + (f"\n\nArguments:{known}" if (known := fields.get(options)) else "") for name, (text, options) in found.items()}


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def write_ops(out, cards):
    rows = {name: text for card in cards for name, text in SENTENCE.findall(Path(card).read_text())}
    lines = "".join(f"    {{{quoted(name)}, {quoted(text)}}},\n" for name, text in sorted(rows.items()))
    Path(out).write_text(
        '// Written by tools/docgen.py.\n#include "python/op_docs.h"\n\nnamespace runnel::python {\n\n'
        f"std::span<const OpSentence> op_sentences() {{\n  static constexpr OpSentence kSentences[] = {{\n{lines}  }};\n  return kSentences;\n}}\n\n"
        "}  // namespace runnel::python\n")


def write_classes(out, headers):
    rows = {(name, kind_of(header)): doc for header in headers for name, doc in docs_of(header).items()}
    lines = "".join(f"    {{{quoted(name)}, {quoted(kind)}, {quoted(doc)}}},\n" for (name, kind), doc in sorted(rows.items()))
    Path(out).write_text(
        '// Written by tools/docgen.py.\n#include "python/keras/docs.h"\n\nnamespace runnel::python {\n\n'
        f"std::span<const KerasDoc> keras_docs() {{\n  static constexpr KerasDoc kDocs[] = {{\n{lines}  }};\n  return kDocs;\n}}\n\n"
        "}  // namespace runnel::python\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True)
    parser.add_argument("--ops", action="store_true")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    (write_ops if options.ops else write_classes)(options.out, options.files)


if __name__ == "__main__":
    main()
