#!/usr/bin/env python3
"""Writes the Python bindings of the public headers runnel/ops/*.h and runnel/keras/ops/*.h, and their type stubs.

A function is bound when a comment line `/// python: add, math.add` stands above its declaration; `einsum(*inputs)` says that
Python gives the parameter `inputs` as the rest of the positional arguments. A header with a line `// python module: keras.ops,
keras.ops.numpy` puts its names into each of those modules; operands then keep their own dtypes. Each header gives one C++ file; what converts the arguments is python/convert.h, what calls is python/call.h.

    bindgen.py --out DIR header.h ...        writes DIR/bind_<header>.cc, DIR/functions.cc and DIR/functions.json
"""

import argparse
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

# C++ parameter type -> (C++ value type, converter, type in stubs)
TYPES = {
    "Operand": ("Operand", "to_operand", "TensorLike"),
    "Operands": ("Operands", "to_operands", "Sequence[TensorLike] | TensorLike"),
    "Tensor": ("Tensor", "to_tensor", "TensorLike"),
    "std::vector<Tensor>": ("std::vector<Tensor>", "to_tensors", "Sequence[TensorLike]"),
    "MaybeTensors": ("std::vector<Tensor>", "to_maybe_tensors", "Sequence[TensorLike | None]"),
    "Ints": ("Ints", "to_ints", "IntsLike"),
    "Axes": ("Axes", "to_axes", "IntsLike"),
    "DType": ("DType", "to_dtype", "DTypeLike"),
    "PartialShape": ("PartialShape", "to_partial_shape", "ShapeLike"),
    "int64_t": ("int64_t", "to_int", "int"),
    "int": ("int", "to_int", "int"),
    "double": ("double", "to_double", "float"),
    "bool": ("bool", "to_bool", "bool"),
    "std::string": ("std::string", "to_string", "str"),
    "std::vector<std::string>": ("std::vector<std::string>", "to_strings", "Sequence[str]"),
    "std::vector<int64_t>": ("std::vector<int64_t>", "to_int_list", "Sequence[int]"),
    "std::vector<double>": ("std::vector<double>", "to_double_list", "Sequence[float]"),
    "Variable": ("Variable", "to_variable", "Variable"),
}
RESULTS = {"Tensor": "Tensor", "std::vector<Tensor>": "list[Tensor]", "void": "None", "DType": "DType", "PartialShape": "TensorShape",
           "int64_t": "int", "Results": "Tensor | tuple[Tensor, ...]"}
HAS_WORK = {"Operand", "Operands", "Tensor", "std::vector<Tensor>", "MaybeTensors"}


@dataclass
class Parameter:
    type: str
    name: str
    default: str | None
    optional: bool = False

    def python_name(self):
        """`default_` stands for Python's `default`, which is a word of C++. Keras itself says `abs_`."""
        return self.name.removesuffix("_") if self.name in ("default_", "template_") else self.name


@dataclass
class Function:
    name: str
    namespace: str
    result: str
    parameters: list
    python: list
    doc: list
    place: str
    variadic: str | None = None  # the parameter that takes the rest of the positional arguments
    modules: tuple = ()  # of the header's line `python module:`

    def required(self):
        return sum(p.default is None for p in self.parameters)

    def rest(self):
        return [p.name for p in self.parameters].index(self.variadic) if self.variadic else -1


@dataclass
class Header:
    path: str
    functions: list = field(default_factory=list)
    structs: dict = field(default_factory=dict)  # name -> field names


class SyntaxProblem(Exception):
    pass


def split_top(text, separator=","):
    """Splits at separators outside of (), <>, {} and quotes."""
    parts, depth, quote, start = [], 0, None, 0
    for i, c in enumerate(text):
        if quote:
            quote = None if c == quote and text[i - 1] != "\\" else quote
        elif c in "\"'":
            quote = c
        elif c in "(<{[":
            depth += 1
        elif c in ")>}]":
            depth -= 1
        elif c == separator and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    parts.append(text[start:])
    return [p.strip() for p in parts if p.strip()]


def parse_parameter(text, place):
    declaration, _, default = text.partition("=")
    match = re.fullmatch(r"(.*?)\s*&?\s*(\w+)", declaration.strip())
    if not match:
        raise SyntaxProblem(f"{place}: cannot read the parameter `{text}`")
    kind, name = match[1].removeprefix("const ").strip().rstrip("&").strip(), match[2]
    optional = re.fullmatch(r"std::optional<(.*)>", kind)
    kind = optional[1].strip() if optional else kind
    if kind not in TYPES:
        raise SyntaxProblem(f"{place}: parameter `{name}` has the type `{kind}`, which Python has no conversion for")
    return Parameter(kind, name, default.strip() or None, bool(optional))


def parse_function(text, namespace, names, doc, place, modules):
    match = re.fullmatch(r"(?:RUNNEL_\w+\s+)?([\w:<>\s]+?)\s+(\w+)\((.*)\)", text.strip(), re.S)
    if not match:
        raise SyntaxProblem(f"{place}: cannot read the declaration `{text}`")
    parameters = [parse_parameter(p, place) for p in split_top(match[3])]
    variadic = next((n.partition("(*")[2].rstrip(")") for n in names if "(*" in n), None)
    plain = [n.partition("(")[0] for n in names]
    if modules:
        plain = [f"{module}.{name}" for name in plain for module in modules]
    return Function(match[2], namespace, match[1].strip(), parameters, plain, doc, place, variadic, modules)


def parse_struct(text):
    """The members that are tensors of `struct X { Tensor a, b; ... }`."""
    name = re.match(r"struct (\w+)", text)[1]
    body = re.sub(r"//.*", "", text[text.index("{") + 1 : text.rindex("}")])
    fields = []
    for statement in body.split(";"):
        match = re.match(r"\s*(?:std::vector<Tensor>|MaybeTensors|std::optional<Tensor>|Tensor)\s+(.*)", statement.strip(), re.S)
        if match:
            fields += [part.split("=")[0].split("{")[0].strip() for part in match[1].split(",")]
    return name, fields


def python_line(doc):
    """The names of the `python:` line, and the documentation without it."""
    names, rest = [], []
    for line in doc:
        if line.startswith("python:"):
            names += [n.strip() for n in line.removeprefix("python:").split(",") if n.strip()]
        else:
            rest.append(line)
    return names, rest


def parse_header(path):
    header, spaces, doc = Header(str(path)), [], []
    lines = Path(path).read_text().splitlines()
    modules = tuple(m.strip() for line in lines if line.startswith("// python module:") for m in line.partition(":")[2].split(","))
    i = 0
    while i < len(lines):
        line = lines[i].strip()
        place = f"{path}:{i + 1}"
        i += 1
        if line.startswith("///"):
            doc.append(line[3:].strip())
            continue
        if opened := re.match(r"namespace ([\w:\s]+)\{", line):
            spaces.append(opened[1].strip())
        elif re.match(r"\}\s*//\s*namespace", line) and spaces:
            spaces.pop()
        elif line and not line.startswith(("//", "#")):
            text = re.sub(r"\s//.*", "", line)
            while i < len(lines) and not (text.count("{") == text.count("}") and text.rstrip().endswith((";", "}"))):
                text += " " + re.sub(r"\s//.*|^\s*//.*", "", lines[i]).strip()
                i += 1
            names, rest = python_line(doc)
            if re.match(r"struct \w+\s*\{", text):
                name, fields = parse_struct(text)
                header.structs[name] = fields
            elif names:
                header.functions.append(parse_function(text.rstrip().rstrip(";"), "::".join(spaces), names, rest, place, modules))
        if line:
            doc = []
    return header


def value_of(parameter, i, group):
    """The C++ expression that converts argument i."""
    kind, converter, _ = TYPES[parameter.type]
    extra = ", group" if parameter.type == "Operand" and group else ""
    cast = "int" if kind == "int" else ""
    converted = f"{cast}(python::{converter}(a[{i}]{extra}))" if cast else f"python::{converter}(a[{i}]{extra})"
    if parameter.default is None and not parameter.optional:
        return converted
    if parameter.default is None:
        return f"a[{i}] != Py_None ? std::optional<{kind}>({converted}) : std::nullopt"
    whole = f"std::optional<{kind}>" if parameter.optional else kind
    if parameter.optional and parameter.default != "{}":  # None is a value of its own
        return f"!a[{i}] ? {whole}({parameter.default}) : a[{i}] == Py_None ? {whole}() : {whole}({converted})"
    default = f"{whole}{parameter.default}" if parameter.default.startswith("{") else f"{whole}({parameter.default})"
    return f"python::is_given(a[{i}]) ? {whole}({converted}) : {default}"


def call_text(f, structs, index):
    operands = [i for i, p in enumerate(f.parameters) if p.type == "Operand"]
    grouped = len(operands) > 1 and not f.modules
    lines = [f"PyObject* call_{index}(PyObject* const* a) {{"]
    if grouped:
        lines.append(f"  const python::Group group{{{', '.join(f'a[{i}]' for i in operands)}}};")
    for i, p in enumerate(f.parameters):
        kind = f"std::optional<{TYPES[p.type][0]}>" if p.optional else TYPES[p.type][0]
        lines.append(f"  {kind} p{i} = {value_of(p, i, grouped)};")
    works = [f"python::work_of(p{i})" for i, p in enumerate(f.parameters) if p.type in HAS_WORK]
    work = " + ".join(works) if works else "python::ReleaseGil::kWorthwhile + 1"
    arguments = ", ".join(f"p{i}" for i in range(len(f.parameters)))
    if f.result == "void":
        lines += [f"  python::without_gil({work}, [&] {{ return {f.name}({arguments}), 0; }});", "  Py_RETURN_NONE;"]
    elif f.result in structs:
        fields = structs[f.result]
        lines += [
            f"  {f.result} r = python::without_gil({work}, [&] {{ return {f.name}({arguments}); }});",
            "  static PyObject* type = nullptr;",
            f'  return python::make_named_tuple(type, "{f.result}", "{" ".join(fields)}", {{{", ".join(f"python::wrap(r.{x})" for x in fields)}}});',
        ]
    elif f.result in RESULTS:
        lines.append(f"  return python::wrap(python::without_gil({work}, [&] {{ return {f.name}({arguments}); }}));")
    else:
        raise SyntaxProblem(f"{f.place}: the result type `{f.result}` has no form in Python")
    return "\n".join([*lines, "}"])


def python_default(p):
    d = p.default
    if d in ("true", "false"):
        return d.capitalize()
    if re.fullmatch(r"-?\d+(\.\d*)?(e-?\d+)?f?|\"[^\"]*\"", d):
        return d.rstrip("f") if d[0] != '"' else d
    return f'"{d.rstrip("_")}"' if p.type == "DType" and d[0].isalpha() else "None"


def signature(f):
    parts = [("*" if p.name == f.variadic else "") + (p.python_name() if p.default is None else f"{p.python_name()}={python_default(p)}") for p in f.parameters]
    return f"({', '.join(parts if f.modules else [*parts, 'name=None'])})"


def c_string(text):
    return json.dumps(text, ensure_ascii=True)


def table_text(f, index, number):
    name = f.python[0].rpartition(".")[2]
    doc = f"{name}{signature(f)}\n--\n\n" + "\n".join(f.doc)
    parameters = ", ".join(c_string(p.python_name()) for p in f.parameters) or "nullptr"
    return "\n".join([
        f"constexpr const char* kParameters{index}[] = {{{parameters}}};",
        f"constexpr python::Function kFunction{index}{{{c_string(', '.join(f.python))},",
        f"    {c_string(doc)},",
        f"    kParameters{index}, {len(f.parameters)}, {f.required()}, {'true' if f.modules else 'false'}, {f.rest()}, call_{index}}};",
        f"PyObject* enter_{index}(PyObject*, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {{",
        f"  return python::call_function(kFunction{index}, args, count, keywords);",
        "}",
        f"constexpr python::Binding kBinding{index}{{&kFunction{index}, enter_{index}}};",
    ])


def header_text(header, stem, structs):
    out = [f"// Written by tools/bindgen.py from {stem}.h.", '#include "python/arguments.h"', f'#include "{header.path}"', ""]
    ends = []
    for index, f in enumerate(header.functions):
        out += [f"namespace {f.namespace} {{", "namespace {", call_text(f, structs, index), table_text(f, index, index), "}  // namespace",
                f"extern const python::Binding k_{stem}_{index};", f"const python::Binding k_{stem}_{index} = kBinding{index};", "}", ""]
        ends.append(f.namespace.replace("inline ", "") + f"::k_{stem}_{index}")
    out += ["namespace runnel::python {", f"void add_{stem}(PyObject* functions) {{", f"  const Binding rows[] = {{{', '.join(ends)}}};",
            "  add_functions(functions, rows);", "}", "}", ""]
    return "\n".join(out)


def functions_text(stems):
    out = ["// Written by tools/bindgen.py.", '#include "python/call.h"', "", "namespace runnel::python {"]
    out += [f"void add_{s}(PyObject* functions);" for s in stems]
    out += ["void add_all_functions(PyObject* functions) {", *[f"  add_{s}(functions);" for s in stems], "}", "}", ""]
    return "\n".join(out)


def stub_row(f, structs):
    parameters = []
    for p in f.parameters:
        hint = TYPES[p.type][2]
        if p.name == f.variadic:
            parameters.append(f"*{p.name}: TensorLike")
        elif p.default is None:
            parameters.append(f"{p.python_name()}: {hint}{' | None' if p.optional else ''}")
        else:
            default = python_default(p)
            parameters.append(f"{p.python_name()}: {hint}{' | None' if 'None' == default else ''} = {default}")
    result = f"{f.result}" if f.result in structs else RESULTS[f.result]
    if not f.modules:
        parameters.append("name: str | None = None")
    return {"names": f.python, "signature": f"({', '.join(parameters)}) -> {result}", "doc": f.doc}


def stem_of(header):
    """nn of runnel/ops/nn.h, keras_nn of runnel/keras/ops/nn.h."""
    return ("keras_" if "keras/ops/" in header else "") + Path(header).stem


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("headers", nargs="+")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        headers = {stem_of(h): parse_header(h) for h in options.headers}
        structs = {name: fields for h in headers.values() for name, fields in h.structs.items()}
        for stem, header in headers.items():
            write_if_changed(options.out / f"bind_{stem}.cc", header_text(header, stem, structs))
    except SyntaxProblem as problem:
        raise SystemExit(f"bindgen: {problem}")
    write_if_changed(options.out / "functions.cc", functions_text(headers))
    rows = [stub_row(f, structs) for h in headers.values() for f in h.functions]
    used = {f.result: structs[f.result] for h in headers.values() for f in h.functions if f.result in structs}
    write_if_changed(options.out / "functions.json", json.dumps({"functions": rows, "structs": used}, indent=1))


if __name__ == "__main__":
    main()
