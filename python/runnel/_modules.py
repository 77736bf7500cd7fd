"""tf.math, tf.nn, ... : the modules that hold the functions of the C++ library."""

import collections
import functools
import importlib
import sys
import types

from runnel import _runnel
from runnel._random import Algorithm

# Modules that other code adds to, or that users import from, even where no function is in them yet.
_ALWAYS = ("math", "nn", "linalg", "random", "strings", "bitwise", "autodiff", "dtypes", "experimental", "experimental.dlpack",
           "compat", "compat.v1", "io", "types", "types.experimental", "__internal__", "__internal__.types", "version")


def submodule(dotted):
    """The module runnel.<dotted>, made where there is none."""
    full = "runnel." + dotted
    if full in sys.modules:
        return sys.modules[full]
    parent, _, last = dotted.rpartition(".")
    owner = submodule(parent) if parent else sys.modules["runnel"]
    if not parent and last in _FILES:
        module = importlib.import_module(full)
    else:
        module = types.ModuleType(full, f"The functions of tf.{dotted}.")
        module.__path__ = []
        sys.modules[full] = module
    setattr(owner, last, module)
    return module


_FILES = ("nest", "errors", "config", "debugging", "autograph")


def put(dotted, thing):
    """Makes `thing` known as tf.<dotted>."""
    home, _, last = dotted.rpartition(".")
    setattr(submodule(home) if home else sys.modules["runnel"], last, thing)


def install_functions():
    for name in _ALWAYS:
        submodule(name)
    for dotted, function in _runnel.functions.items():
        if not dotted.startswith("keras."):  # those go into a package of their own, keras/_namespaces.py
            put(dotted, function)


class _RawOps(types.ModuleType):
    """tf.raw_ops: every operator of the registry, with keyword arguments."""

    def __getattr__(self, name):
        if name.startswith("__") or not _runnel.has_op(name):
            raise AttributeError(f"module 'runnel.raw_ops' has no attribute '{name}'")

        def call(*args, **kwargs):
            if args:
                keys = [*_runnel.op_keys(name), "name"]
                raise TypeError(f"{name} only takes keyword args (possible keys: {keys}). Please pass these args as kwargs instead.")
            return _named(name, _runnel.call_raw(name, kwargs))

        call.__name__ = call.__qualname__ = name
        call.__module__ = "runnel.raw_ops"
        call.__doc__ = _runnel.op_doc(name, "" if _runnel.op_has_sentence(name) else _sentence(name))
        call.__signature__ = _signature(name)
        setattr(self, name, call)
        return call

    def __dir__(self):
        return sorted(op["name"] for op in _runnel.list_ops())


@functools.cache
def _results_of(op):
    """The named tuple of an operator's results; None where there is one, or a list."""
    outputs = next(known["outputs"] for known in _runnel.list_ops() if known["name"] == op)
    return collections.namedtuple(op, outputs, rename=True) if len(outputs) > 1 else None


def _named(op, results):
    kind = _results_of(op) if isinstance(results, list) else None
    return kind(*results) if kind and len(kind._fields) == len(results) else results


def _signature(op):
    from inspect import Parameter, Signature

    keywords = [Parameter(name, Parameter.KEYWORD_ONLY, default=None if optional else Parameter.empty)
                for name, _, optional in _runnel.op_parameters(op)]
    return Signature([*keywords, Parameter("name", Parameter.KEYWORD_ONLY, default=None)])


def _key(name):
    """softmax of Softmax, add of AddV2, of nn.softmax and of math.add."""
    key = name.rpartition(".")[2].replace("_", "").lower()
    return key[:-2] if key[-2:-1] == "v" and key[-1].isdigit() else key


@functools.cache
def _sentences():
    found = {}
    for name, function in _runnel.functions.items():
        if not name.startswith("keras.") and function.__doc__:
            found.setdefault(_key(name), function.__doc__.strip())
    return found


def _sentence(op):
    """What the public function of the operator's name says of itself."""
    return _sentences().get(_key(op), "")


def install_raw_ops():
    module = _RawOps("runnel.raw_ops")
    sys.modules["runnel.raw_ops"] = module
    sys.modules["runnel"].raw_ops = module


def install_aliases(tf):
    """Names under a second place."""
    from runnel import _tape

    install_raw_ops()
    for name in ("DType", "as_dtype", "float16", "float32", "float64", "bfloat16", "half", "double", "int8", "int16", "int32", "int64",
                 "uint8", "uint16", "uint32", "uint64", "bool", "string", "complex64", "complex128", "resource", "variant"):
        put("dtypes." + name, getattr(tf, name))
    put("experimental.dlpack.to_dlpack", _runnel.to_dlpack)
    put("experimental.dlpack.from_dlpack", _runnel.from_dlpack)
    put("autodiff.ForwardAccumulator", _tape.ForwardAccumulator)
    put("autodiff.GradientTape", tf.GradientTape)
    put("version.VERSION", tf.__version__)
    put("version.RUNNEL", _runnel.__version__)
    put("types.experimental.TensorLike", object)
    put("__internal__.EagerTensor", _runnel.EagerTensor)
    put("__internal__.types.Tensor", tf.Tensor)
    for name in ("TensorShape", "Tensor", "Variable", "constant", "executing_eagerly"):
        put("compat.v1." + name, getattr(tf, name))
    for name in ("Generator", "get_global_generator", "set_global_generator"):
        put("random." + name, getattr(_runnel, name))
        put("random.experimental." + name, getattr(_runnel, name))
    for place in ("random.", "random.experimental."):
        put(place + "Algorithm", Algorithm)
    for name in ("KeyValueTensorInitializer", "StaticHashTable", "StaticVocabularyTable", "TextFileIndex", "TextFileInitializer"):
        put("lookup." + name, getattr(_runnel.lookup, name))
    for name in ("DenseHashTable", "MutableHashTable"):
        put("lookup.experimental." + name, getattr(_runnel.lookup, name))
    from runnel import _graph

    put("compat.v1.placeholder", _graph.placeholder)
    put("compat.v1.get_default_graph", _graph.get_default_graph)
    put("compat.v1.reset_default_graph", _graph.reset_default_graph)
    for name in ("Graph", "Operation", "gradients", "control_dependencies", "cond", "while_loop", "case", "group", "no_op", "py_function",
                 "TensorArray", "name_scope"):
        put("compat.v1." + name, getattr(tf, name))
    put("types.experimental.GenericFunction", tf._function.Function)
    put("types.experimental.ConcreteFunction", tf._function.ConcreteFunction)
    put("types.experimental.PolymorphicFunction", tf._function.Function)
    from runnel import _names

    _names.install(tf, put)
    put("stop_gradient", getattr(tf, "stop_gradient", _stop_gradient))
    for name in dir(tf.errors):
        if name.endswith("Error"):
            put("compat.v1." + name, getattr(tf.errors, name))


def _stop_gradient(input, name=None):
    """The identity whose gradient is zero."""
    return _runnel.call_raw("StopGradient", {"input": input})
