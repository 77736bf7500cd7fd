"""The type stubs: a checker understands them, finds wrong calls, and they name what the package names."""

import ast
import importlib
import keyword
import sys
import types
from pathlib import Path

import pytest

import runnel

HERE, PACKAGE = Path(__file__).parent, Path(runnel.__file__).parent
WRONG = {
    "import runnel as tf\ntf.matmul(tf.zeros([2, 2]))\n": "Missing positional argument",
    "import runnel as tf\ntf.zeros([2], colour=3)\n": 'Unexpected keyword argument "colour"',
    "import runnel as tf\ntf.reduce_sum(tf.zeros([2]), keepdims='yes')\n": 'has incompatible type "str"; expected "bool"',
    "import runnel as tf\nx: int = tf.add(1, 2)\n": "Incompatible types in assignment",
    "import runnel as tf\ntf.nn.softmaxx(1)\n": 'Module has no attribute "softmaxx"',
}


def check(path):
    api = pytest.importorskip("mypy.api")
    return api.run(["--no-incremental", "--cache-dir=/dev/null", "--follow-imports=silent", str(path)])


@pytest.fixture(autouse=True)
def found(monkeypatch):
    monkeypatch.setenv("MYPYPATH", str(PACKAGE.parent))


def test_a_typed_program_passes():
    output, errors, status = check(HERE / "typed_program.py")
    assert status == 0, output + errors


def test_wrong_calls_are_reported(tmp_path):
    for number, (code, words) in enumerate(WRONG.items()):
        (tmp_path / f"wrong{number}.py").write_text(code)
    output, _, status = check(tmp_path)
    assert status == 1
    for number, words in enumerate(WRONG.values()):
        lines = [line for line in output.splitlines() if f"wrong{number}.py" in line]
        assert any(words in line for line in lines), (words, output)


def stub_files():
    return [path for path in sorted(PACKAGE.rglob("*.pyi")) if path.stem != "_types"]  # for type checkers only


def module_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def names_of(path):
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign):
            names.add(node.target.id)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("runnel"):
            names.update(alias.asname or alias.name for alias in node.names)
    return {name for name in names if not name.startswith("_")}


def test_stubs_and_package_have_the_same_names():
    assert len(stub_files()) > 10
    for path in stub_files():
        module = importlib.import_module(module_of(path))
        missing = sorted(name for name in names_of(path) if not hasattr(module, name))
        assert not missing, f"{path} names what {module.__name__} lacks: {missing}"


def test_every_function_of_the_library_is_typed():
    for name in runnel._runnel.functions:
        home, _, last = ("runnel." + name).rpartition(".")
        if last.startswith("_"):  # for the package alone
            continue
        file = PACKAGE / Path(*home.split(".")[1:])
        path = file / "__init__.pyi" if file.is_dir() else file.with_suffix(".pyi")
        assert last in names_of(path), f"{name} is not in {path}"


@pytest.mark.parametrize("name", ["Tensor", "Variable", "GradientTape", "TensorShape", "DType", "IndexedSlices"])
def test_typed_classes_have_the_members_of_the_package(name):
    tree = ast.parse((PACKAGE / "_types.pyi").read_text())
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    typed = set()
    for node in [classes[name], *([classes["_Operators"]] if name in ("Tensor", "Variable") else [])]:
        for member in node.body:
            typed.update([member.name] if isinstance(member, ast.FunctionDef) else [member.target.id] if isinstance(member, ast.AnnAssign) else [t.id for t in getattr(member, "targets", [])])
    cls = type(runnel.constant(1)) if name == "Tensor" else getattr(runnel, name)  # a tensor of a graph has no numpy()
    missing = sorted(key for key in typed if not hasattr(cls, key) and key not in ("__getattr__",))
    assert not missing, missing


def test_every_public_name_has_a_stub():
    for path in stub_files():
        module = importlib.import_module(module_of(path))
        named = names_of(path) | {alias.asname or alias.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom) for alias in node.names}
        names = {op["name"] for op in runnel._runnel.list_ops()} if module.__name__ == "runnel.raw_ops" else vars(module)
        missing = sorted(name for name in names if not name.startswith("_") and name.isidentifier() and not keyword.iskeyword(name) and name not in named
                         and not is_foreign_module(vars(module).get(name)))
        assert not missing, f"{path} lacks what {module.__name__} has: {missing}"


def is_foreign_module(thing):
    """What a module imports for itself: os, sys, ..."""
    return isinstance(thing, types.ModuleType) and not thing.__name__.startswith("runnel")


def test_raw_operators_are_typed(tmp_path):
    program = tmp_path / "raw.py"
    program.write_text("import runnel as tf\nx: tf.Tensor = tf.raw_ops.Softmax(logits=[1.0])\ntf.raw_ops.Pack(values=[x], axis='a')\ntf.raw_ops.Softmax()\n")
    output, _, status = check(program)
    assert status == 1
    assert 'Missing named argument "logits" for "Softmax"' in output
    assert 'Argument "axis" to "Pack" has incompatible type "str"; expected "int"' in output and output.count("error") == 3, output
