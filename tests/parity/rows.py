"""The table of rows. One row per operator or public function; a row gives many cases (see README.md)."""

import importlib
import os
import sys
import zlib

from inputs import Arg, Source, spread

GROUPS = {
    "float": "float32 float64 float16 bfloat16",
    "single": "float32 float64",
    "complex": "complex64 complex128",
    "signed": "int32 int64 int8 int16",
    "unsigned": "uint8 uint16 uint32 uint64",
    "int": "int32 int64 int8 int16 uint8 uint16 uint32 uint64",
    "real": "float32 float64 float16 bfloat16 int32 int64 int8 int16 uint8 uint16 uint32 uint64",
    "number": "float32 float64 float16 bfloat16 int32 int64 int8 int16 uint8 uint16 uint32 uint64 complex64 complex128",
    "any": "float32 float64 float16 bfloat16 int32 int64 int8 int16 uint8 uint16 uint32 uint64 complex64 complex128 bool string",
    "none": "none",
}
FAMILIES = ["math", "reduce", "array", "index", "nn", "conv", "gradops", "linalg", "random", "signal", "variable", "printing", "strings", "lookup", "encode"]
# The types that carry every case of a row; the others run the first few cases only.
FULL = ("float32", "float64", "complex128", "int32", "none")
FEW = 3

REGISTRY = {}
_family = ""


class Case:
    """One call: the specs of the arguments, the attributes, and what to check."""

    def __init__(self, args, attrs, grad, fails, dtypes):
        self.args, self.attrs, self.grad, self.fails, self.dtypes = args, attrs, grad, fails, dtypes


def A(*args, grad_=True, fails_=False, dtypes_=None, **attrs):
    """A case. A bare tuple is a shape filled with `spread`. `fails_`: TensorFlow raises, and so must we."""
    specs = [a if isinstance(a, Arg) else spread(a) for a in args]
    return Case(specs, attrs, grad_, fails_, dtypes_)


class Row:
    def __init__(self, name, ops, fn, cases, dtypes, family, **options):
        self.name, self.ops, self.fn, self.cases, self.family = name, ops, fn, cases, family
        self.dtypes = expand(dtypes)
        self.grad = options.get("grad", True)
        self.fd = options.get("fd", True)
        self.exact = options.get("exact", False)
        self.tol = options.get("tol", 1.0)
        self.wrt = options.get("wrt")
        self.tf_wrong = expand(options.get("tf_wrong", ""))
        self.oracle = options.get("oracle")
        self.later = options.get("later", False)
        self.why = options.get("why", "")
        self.tf_nan = options.get("tf_nan", "")

    def function(self, tf):
        """Where TensorFlow's CPU kernels miss a layout, `oracle` says the same with others."""
        return self.oracle if self.oracle and tf.__name__ == "tensorflow" else self.fn

    def runs(self):
        """(case number, dtype) of everything this row runs."""
        for dtype in self.dtypes:
            limit = len(self.cases) if dtype in FULL or len(self.dtypes) == 1 else FEW
            for number, case in enumerate(self.cases):
                if case.dtypes is not None:
                    if dtype not in expand(case.dtypes):
                        continue
                elif number >= limit:
                    continue
                yield number, dtype

    def inputs(self, number, dtype):
        """The arrays of a case with their dtypes, and a source for what is drawn afterwards (directions, cotangents)."""
        source = Source(f"{self.name}/{number}")
        return [spec.array(source, dtype) for spec in self.cases[number].args], source

    def fingerprint(self, number, dtype):
        """Changes when the inputs or attributes of a case change, so that a stale store is noticed."""
        arrays, _ = self.inputs(number, dtype)
        attrs = self.cases[number].attrs
        text = repr([(key, "a function" if callable(attrs[key]) else attrs[key]) for key in sorted(attrs)])
        for array, name in arrays:
            data = repr(array.tolist()) if array.dtype == object else array.tobytes()
            text += f"{name}{array.shape}{zlib.crc32(data if isinstance(data, bytes) else data.encode()):x}"
        return f"{zlib.crc32(text.encode()):08x}"


def expand(dtypes):
    names = []
    for word in dtypes.split():
        for name in GROUPS.get(word, word).split():
            if name not in names:
                names.append(name)
    return names


def row(name, fn, cases, dtypes="float", *, ops=None, **options):
    """Adds a row.

    name    the raw operator, or "Operator:what" when it has several rows
    fn      fn(tf, *tensors, **attrs) -> tensor or nest of tensors; `tf` is the module under test
    cases   list of A(...)
    dtypes  names or groups ("float complex int"); a type that TensorFlow lacks for a case is left out of the store
    ops     raw operators that the row exercises, when not just the name's
    grad    False: not differentiable; 1: first order only; True: first and second order
    wrt     positions of the arguments that have a gradient, when not all
    tf_wrong  types in which TensorFlow's gradient is not the derivative: only differences count
    fd      False where finite differences are not the gradient (stop_gradient, a jump)
    exact   bits must be equal (moves of data, + - * /, comparisons, random numbers)
    tol     factor on the tolerance, with the reason in `why`
    tf_nan  why TensorFlow gives NaN where there is a value: its NaNs are not compared
    oracle  what to run in TensorFlow instead of fn
    later   not owed yet: skipped while the module lacks it
    """
    if name in REGISTRY:
        raise ValueError(f"two rows are named {name}")
    REGISTRY[name] = Row(name, (ops or name.split(":")[0]).split(), fn, cases, dtypes, _family, **options)


def load(families=None):
    global _family
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    for family in FAMILIES:
        if families is None or family in families:
            _family = family
            importlib.import_module(f"rows_{family}")
    return REGISTRY
