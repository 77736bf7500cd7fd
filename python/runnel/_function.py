"""tf.function: Python functions traced into graphs."""

import contextlib
import functools
import inspect
import threading
import weakref

from runnel import _runnel, errors, nest
from runnel._dtypes import variant
from runnel._graph import _graph
from runnel._parts import Parts
from runnel._shape import TensorShape
from runnel._spec import TensorSpec, TypeSpec
from runnel._tensor import Tensor, convert_to_tensor

_run_eagerly = [False]


def run_functions_eagerly(run_eagerly):
    """Makes every tf.function run its Python code (config.run_functions_eagerly)."""
    _run_eagerly[0] = bool(run_eagerly)


def functions_run_eagerly():
    """What run_functions_eagerly() was told."""
    return _run_eagerly[0]


class _Leaf:
    """A tensor among a call's arguments: which one, what is known of it, and while it is traced its value (None for a TensorSpec)."""

    __slots__ = ("index", "dtype", "shape", "name", "value", "spec")

    def __init__(self, index, dtype, shape, name=None, value=None, spec=None):
        self.index, self.dtype, self.shape, self.name, self.value = index, dtype, shape, name, value
        self.spec = spec  # of a data set or an iterator, which is a variant tensor to the graph

    def inside(self, tensor):
        """What the function gets in a trace."""
        return tensor if self.spec is None else self.spec._made_of(tensor)


def _is_array(value):
    return type(value).__module__ == "numpy" and hasattr(value, "__array__")


class _Leaves:
    """The arguments of a call with _Leaf in place of tensors, numbered as FastCalls numbers them."""

    def __init__(self):
        self.count = 0

    def replace(self, value):
        kind = type(value)
        if isinstance(value, (list, tuple)):
            children = [self.replace(v) for v in value]
            return kind(*children) if hasattr(value, "_fields") else kind(children)
        if isinstance(value, dict):
            return {k: self.replace(v) for k, v in value.items()}
        index, self.count = self.count, self.count + 1
        if isinstance(value, Tensor):
            return _Leaf(index, value.dtype, value.shape, value=value)
        if isinstance(value, TensorSpec):
            return _Leaf(index, value.dtype, value.shape, value.name)
        if _is_array(value):
            tensor = convert_to_tensor(value) if not _runnel.is_tracing() else _runnel.convert(value, None, None)
            return _Leaf(index, tensor.dtype, tensor.shape, value=tensor)
        spec = getattr(value, "_type_spec", value)
        return _Leaf(index, variant, TensorShape([]), spec=spec) if hasattr(spec, "_made_of") else value


def _callable_name(f):
    name = getattr(f, "__name__", None) or type(f).__name__
    return name if name.isidentifier() else "lambda" if "lambda" in name else "function"


class _Values:
    """Texts for arguments that are no tensors: equal values have equal texts, other objects are told apart by identity."""

    def __init__(self):
        self._known, self._kept = {}, []

    def text(self, value):
        if isinstance(value, _runnel.ResourceVariable):
            return f"V{value._id}"
        try:
            key = (type(value), value)
            number = self._known.setdefault(key, len(self._known))
            return f"P{number}"
        except TypeError:
            self._kept.append(value)
            return f"O{id(value)}"


class ConcreteFunction:
    """A function traced for one signature."""

    def __init__(self, handle, arguments, structure, signature_text):
        self._handle, self._arguments = handle, arguments
        self._structure, self._signature_text = structure, signature_text
        literals = (bool, int, float, str)
        self._literals = [(at, name, value) for at, (name, _, value) in enumerate(signature_text.parameters) if isinstance(value, literals)]

    name = property(lambda self: self._handle.name.encode(), doc="The name of the graph function, as bytes.")
    graph = property(lambda self: _graph(self._handle.inputs[0].graph._handle if self._handle.inputs else
                                         self._handle.outputs[0].graph._handle if self._handle.outputs else self._handle.graph),
                     doc="The graph.")
    inputs = property(lambda self: list(self._handle.inputs), doc="The placeholders of the graph, captured tensors last.")
    outputs = property(lambda self: list(self._handle.outputs), doc="The tensors that the graph returns.")
    captured_inputs = property(lambda self: list(self._handle.captures), doc="The tensors and handles from outside that the graph uses.")
    variables = property(lambda self: tuple(self._handle.variables), doc="The Variables that it uses.")
    trainable_variables = property(lambda self: tuple(v for v in self._handle.variables if v.trainable), doc="Those of the Variables that are trainable.")
    structured_outputs = property(lambda self: self._structure.build(self._handle.outputs), doc="The outputs in the structure of the results.")
    structured_input_signature = property(lambda self: _specs(self._arguments), doc="What describes the arguments: (args, kwargs).")
    output_dtypes = property(lambda self: nest.map_structure(lambda t: None if t is None else t.dtype, self.structured_outputs), doc="The dtypes in the structure of the results.")
    output_shapes = property(lambda self: nest.map_structure(lambda t: None if t is None else t.shape, self.structured_outputs), doc="The shapes in the structure of the results.")

    @property
    def function_def(self):
        """The function as a FunctionDef."""
        from runnel._protos import FunctionDef

        return FunctionDef.FromString(self._handle.function_def())

    @property
    def function_type(self):
        """The signature with the types of the arguments."""
        return self._signature_text

    def __call__(self, *args, **kwargs):
        self._check_literals(args, kwargs)
        return self._structure.build(self._handle.call(self._flat(args, kwargs)))

    def _check_literals(self, args, kwargs):
        """Python values are part of the trace: a call may repeat them, not change them."""
        for at, name, traced in self._literals:
            given = args[at] if at < len(args) else kwargs.get(name)
            if isinstance(given, (bool, int, float, str)) and given != traced:
                raise TypeError(f"Binding inputs to tf.function failed due to `Can not cast {given!r} to type Literal[{traced!r}]` for the "
                                f"argument {name!r}. Received args: {args} and kwargs: {kwargs} for signature: {self._signature_text}.")

    def _flat(self, args, kwargs):
        args, kwargs = nest.map_structure(lambda a: a._variant_tensor if hasattr(type(a), "_from_variant") else a, (list(args), kwargs))
        given = [a for a in nest.flatten(list(args)) if self._is_tensor(a)]
        wanted = [name for _, _, name in self._handle.arguments]
        rest = wanted[len(given):]
        missing = [n for n in rest if n not in kwargs]
        if missing and not (len(kwargs) and self._fill(kwargs, rest)):
            raise TypeError(f"Binding inputs to tf.function failed due to `missing a required argument: '{missing[0]}'`. Received args: "
                            f"{args} and kwargs: {kwargs} for signature: {self._signature_text}.\nFallback to flat signature also failed due "
                            f"to: {self._short_name()}({', '.join(wanted)}) missing required arguments: {', '.join(missing)}.")
        named = self._fill(kwargs, rest) if rest else []
        flat = given[:len(wanted)] + named
        return [v if isinstance(v, Tensor) else convert_to_tensor(v, dtype=dtype) for v, (dtype, _, _) in zip(flat, self._handle.arguments)]

    def _is_tensor(self, value):
        return isinstance(value, (Tensor, _runnel.ResourceVariable)) and not isinstance(value, _runnel.ResourceVariable) or _is_array(value) or (
            isinstance(value, (int, float)) and len(self._handle.arguments) > 0 and not self._has_values())

    def _has_values(self):
        return any(not isinstance(leaf, (_Leaf, type(None))) for leaf in nest.flatten(list(self._arguments)))

    def _fill(self, kwargs, rest):
        flat = [a for key in kwargs for a in nest.flatten(kwargs[key]) if self._is_tensor(a)] if not all(
            n in kwargs for n in rest) else [kwargs[n] for n in rest]
        return flat if len(flat) == len(rest) else []

    def _short_name(self):
        return self._handle.name.removeprefix("__inference_").rpartition("_")[0]

    def pretty_printed_signature(self, verbose=True):
        """The signature in text."""
        lines = ["Input Parameters:"]
        lines += [f"  {name} ({kind}): {_type_text(value)}" for name, kind, value in self._arguments_list()]
        lines += ["Output Type:", f"  {_type_text(self.structured_outputs)}", "Captures:"]
        captures = [f"  {id(c)}: TensorSpec(shape={c.shape}, dtype={c.dtype!r}, name=None)" for c in self.captured_inputs]
        return "\n".join(lines + (captures or ["  None"]))

    def _arguments_list(self):
        return self._signature_text.parameters

    def __repr__(self):
        return f"<ConcreteFunction {self._signature_text} -> {_type_text(self.structured_outputs)} at 0x{id(self):X}>"

    def __str__(self):
        return "ConcreteFunction " + self.pretty_printed_signature()


class _SignatureText:
    """A signature as text, and its parameters as (name, kind, value)."""

    def __init__(self, parameters):
        self.parameters = parameters

    def __str__(self):
        return "(" + ", ".join(f"{name}: {_type_text(value)}" for name, _, value in self.parameters) + ")"


def _type_text(value):
    if isinstance(value, _Leaf) and value.spec is not None:
        return repr(value.spec)
    if isinstance(value, (_Leaf, Tensor, TensorSpec)):
        return f"TensorSpec(shape={value.shape}, dtype={value.dtype!r}, name=None)"
    if value is None:
        return "None"
    if isinstance(value, dict):
        return "Dict[" + ", ".join(f"[{k!r}, {_type_text(v)}]" for k, v in value.items()) + "]"
    if nest._is_namedtuple(value):
        return f"{type(value).__name__}[" + ", ".join(f"[{n!r}, {_type_text(v)}]" for n, v in zip(value._fields, value)) + "]"
    if isinstance(value, tuple):
        return "Tuple[" + ", ".join(map(_type_text, value)) + "]"
    if isinstance(value, list):
        return "List[" + ", ".join(map(_type_text, value)) + "]"
    return f"Literal[{value!r}]"


def _specs(arguments):
    args, kwargs = arguments

    def spec(leaf):
        return leaf if not isinstance(leaf, _Leaf) else leaf.spec or TensorSpec(leaf.shape, leaf.dtype, leaf.name)

    return nest.map_structure(spec, tuple(args)), nest.map_structure(spec, dict(kwargs))


def _signature_of(f):
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):
        return inspect.Signature([inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL),
                                  inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)])


def _shown_signature(signature):
    parts = []
    for p in signature.parameters.values():
        if p.kind is p.KEYWORD_ONLY and not any(x.startswith("*") for x in parts):
            parts.append("*")
        star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        parts.append(star + p.name + ("" if p.default is p.empty else "=<captured_default_value>"))
    return f"({', '.join(parts)})"


def _converted(f, autograph, features):
    """The function with its control flow over tensors turned into graph control flow."""
    if not autograph:
        return f
    if isinstance(f, _Method):
        inner = _converted(f._function, autograph, features)
        return lambda *args, **kwargs: inner(f._instance(), *args, **kwargs)
    from runnel.autograph import tf_convert

    return tf_convert(f, features)


def _checked_specs(input_signature):
    """The specs of an input signature. TypeError for what is no list or tuple of nested specs."""
    if not isinstance(input_signature, (list, tuple)):
        raise TypeError(f"input_signature must be either a tuple or a list, got {type(input_signature)}.")
    wrong = [leaf for leaf in nest.flatten(list(input_signature)) if not isinstance(leaf, TypeSpec)]
    if wrong:
        raise TypeError(f"input_signature must be a possibly nested sequence of TensorSpec objects, got invalid args {wrong} with types "
                        f"{list(map(type, wrong))}.")
    return tuple(input_signature)


def _check_parameters(signature, specs):
    """TypeError where the parameters and the number of specs do not go together."""
    for p in signature.parameters.values():
        if p.kind is p.KEYWORD_ONLY and p.default is p.empty:
            raise TypeError(f"Since input_signature is defined, keyword-only parameter `{p.name}` must have a default value")
        if p.name == "self" or p.kind is p.VAR_KEYWORD:
            continue
        if p.kind is p.VAR_POSITIONAL:
            specs = 0
        elif specs == 0 and p.default is p.empty:
            raise TypeError(f"input_signature missing type constraint for {p.name}")
        specs = max(specs - 1, 0)
    if specs:
        raise TypeError(f"input_signature contains {specs} extra type constraints.")


class Function:
    """What tf.function makes of a Python function: one trace for each kind of arguments."""

    def __init__(self, python_function, name=None, input_signature=None, autograph=True, jit_compile=None, reduce_retracing=False,
                 experimental_implements=None, experimental_autograph_options=None, experimental_attributes=None):
        self._python_function = python_function
        self._name = name or _callable_name(python_function)
        self._input_signature = None if input_signature is None else _checked_specs(input_signature)
        self._autograph, self._autograph_options, self._jit_compile = autograph, experimental_autograph_options, jit_compile
        self._options = dict(input_signature=input_signature, autograph=autograph, jit_compile=jit_compile, reduce_retracing=reduce_retracing,
                             experimental_autograph_options=experimental_autograph_options)
        self._signature = _signature_of(python_function)
        if input_signature is not None:
            _check_parameters(self._signature, len(self._input_signature))
        self._traces = _runnel.TraceCache(self._name, bool(reduce_retracing), bool(jit_compile))
        self._fast = _runnel.FastCalls()
        self._values = _Values()
        self._concrete = {}  # by identity of the C++ function
        self._lock = threading.RLock()  # one trace at a time; a function may call itself
        self._bound = weakref.WeakKeyDictionary()
        self._call = self._fast.call
        functools.update_wrapper(self, python_function) if hasattr(python_function, "__name__") else None

    python_function = property(lambda self: self._python_function, doc="The Python function.")
    input_signature = property(lambda self: self._input_signature, doc="The specs that it was made with, or None.")
    function_spec = property(lambda self: self._signature, doc="The signature.")
    name = property(lambda self: self._name, doc="The name.")

    def __call__(self, *args, **kwargs):
        if _run_eagerly[0]:
            return self._python_function(*args, **kwargs)
        if self._input_signature is not None:
            args, kwargs = self._fitted(args, kwargs)
        return self._call(args, kwargs, self._prepare)

    def __get__(self, instance, owner=None):
        """As a method: each object has traces of its own, which go with it."""
        if instance is None:
            return self
        try:
            if instance not in self._bound:
                self._bound[instance] = Function(_Method(self._python_function, instance), self._name, **self._options)
            return self._bound[instance]._holding(instance)
        except TypeError:  # no weak references to it, or no hash: the object is an argument
            return functools.partial(self, instance)

    def _holding(self, instance):
        """The same function, which keeps its object alive, as a bound method does."""
        view = Function.__new__(Function)
        view.__dict__ = {**self.__dict__, "_instance": instance}
        return view

    def _bind(self, args, kwargs):
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"Binding inputs to tf.function failed due to `{error}`. Received args: {args} and kwargs: {kwargs} for signature: "
                            f"{self._shown()}.") from None
        bound.apply_defaults()
        return bound

    def _shown(self):
        if self._input_signature is None:
            return _shown_signature(self._signature)
        names = list(self._signature.parameters)
        return "(" + ", ".join(f"{n}: {_spec_text(s)}" for n, s in zip(names, self._input_signature)) + ")"

    def _fitted(self, args, kwargs):
        """The arguments as the input signature wants them: all positional, converted to its dtypes."""
        bound = self._bind(args, kwargs)
        positional, specs = list(bound.args), self._input_signature
        if len(positional) < len(specs):
            self._bind_error(f"missing a required argument: '{list(self._signature.parameters)[len(positional)]}'", args, kwargs)
        given = [self._fit(value, spec, args, kwargs) for value, spec in zip(positional, specs)]
        return tuple(given + positional[len(specs):]), bound.kwargs

    def _bind_error(self, what, args, kwargs):
        raise TypeError(f"Binding inputs to tf.function failed due to `{what}`. Received args: {args} and kwargs: {kwargs} for signature: "
                        f"{self._shown()}.")

    def _fit(self, value, spec, args, kwargs):
        if not isinstance(spec, TensorSpec):
            if nest.is_nested(spec):
                if wrong := _unlike(value, spec):
                    self._bind_error(wrong, args, kwargs)
                return nest._like(spec, [self._fit(v, s, args, kwargs) for v, s in zip(nest._children(value), nest._children(spec))])
            return value
        if isinstance(value, TensorSpec):
            return value
        if not isinstance(value, Tensor):
            try:
                value = convert_to_tensor(value, dtype=spec.dtype)
            except (TypeError, ValueError):
                self._bind_error(f"Can not cast {type(value).__name__} to {_spec_text(spec)}", args, kwargs)
        if value.dtype != spec.dtype or not spec.shape.is_compatible_with(value.shape):
            self._bind_error(f"Can not cast {_spec_text(value)} to {_spec_text(spec)}", args, kwargs)
        return value

    def _prepare(self, args, kwargs):
        """(concrete handle, which leaf each argument of the trace is, packer) for a kind of call that is new."""
        leaves = _Leaves()
        args, kwargs = leaves.replace(tuple(args)), leaves.replace(dict(kwargs))
        concrete = self._concrete_for(args, kwargs)
        packer = concrete._structure
        kind = 1 if packer.is_single() else packer.build
        return concrete._handle, concrete._order_now, kind

    def _concrete_for(self, args, kwargs):
        bound = self._bind(args, kwargs)
        arguments = (bound.args, bound.kwargs)
        tensors, texts = [], []
        names = _Names()
        for (path, leaf) in self._named_leaves(bound):
            if isinstance(leaf, _Leaf):
                leaf.name = leaf.name or path
                tensors.append((leaf, names.unique(leaf.name)))
                texts.append("T" if leaf.spec is None else repr(leaf.spec))
            else:
                texts.append(self._values.text(leaf))
        self._apply_signature([leaf for leaf, _ in tensors])
        structure = _structure_text(arguments) + "|" + ",".join(texts)
        made = {}
        specs = [(leaf.dtype, leaf.shape, name, leaf.value) for leaf, name in tensors]
        for leaf, _ in tensors:
            leaf.value = None
        with self._lock:
            handle = self._traces.find_or_trace(structure, specs, lambda inputs: self._trace(arguments, [leaf for leaf, _ in tensors], inputs, made))
            concrete = self._concrete.get(handle.id)
            if concrete is None:
                concrete = self._concrete[handle.id] = self._new_concrete(handle, bound, arguments, made)
        concrete._order_now = [leaf.index for leaf, _ in tensors]
        return concrete

    def _new_concrete(self, handle, bound, arguments, made):
        parameters = [(p.name, p.kind.name, bound.arguments[p.name]) for p in self._signature.parameters.values()]
        return ConcreteFunction(handle, arguments, made["parts"].forget_tensors(), _SignatureText(parameters))

    def _apply_signature(self, leaves):
        if self._input_signature is None:
            return
        specs = [s for s in nest.flatten(list(self._input_signature)) if isinstance(s, TensorSpec)]
        for leaf, spec in zip([leaf for leaf in leaves if leaf.spec is None], specs):
            leaf.shape = spec.shape
            leaf.name = spec.name or leaf.name

    def _named_leaves(self, bound):
        """(name, leaf) of all arguments, in the order of the trace's inputs."""
        for p in self._signature.parameters.values():
            value = bound.arguments[p.name]
            if p.kind is p.VAR_POSITIONAL:
                for i, item in enumerate(value):
                    yield from ((f"{p.name}_{i}", leaf) for leaf in nest.flatten(item))
            elif p.kind is p.VAR_KEYWORD:
                for key in sorted(value):
                    yield from ((key, leaf) for leaf in nest.flatten(value[key]))
            else:
                yield from ((p.name, leaf) for leaf in nest.flatten(value))

    def _trace(self, arguments, leaves, inputs, made):
        by_leaf = {id(leaf): leaf.inside(tensor) for leaf, tensor in zip(leaves, inputs)}
        args, kwargs = nest.map_structure(lambda leaf: by_leaf.get(id(leaf), leaf), [list(arguments[0]), dict(arguments[1])])
        before = nest.map_structure(lambda leaf: leaf, [args, kwargs])
        result = _converted(self._python_function, self._autograph, self._autograph_options)(*args, **kwargs)
        if not _is_unchanged(before, [args, kwargs]):
            raise ValueError(f"{self._name}{_shown_signature(self._signature)} should not modify its Python input arguments. Check if it "
                             "modifies any lists or dicts passed as arguments. Modifying a copy is allowed.")
        parts = made["parts"] = Parts(result, self._convert_result)
        return parts.tensors

    def _convert_result(self, leaf):
        try:
            return convert_to_tensor(leaf)
        except (TypeError, ValueError):
            raise TypeError("To be compatible with tf.function, Python functions must return zero or more Tensors or ExtensionTypes or None "
                            f"values; in compilation of {self._python_function}, found return value of type {type(leaf).__name__}, which is "
                            "not a Tensor or ExtensionType.") from None

    def get_concrete_function(self, *args, **kwargs):
        """The trace for arguments like these: tensors, TensorSpecs, or Python values."""
        if self._input_signature is not None and not args and not kwargs:
            args = self._input_signature
        elif self._input_signature is not None:
            args, kwargs = self._fitted(args, kwargs)
        leaves = _Leaves()
        return self._concrete_for(leaves.replace(tuple(args)), leaves.replace(dict(kwargs)))

    def experimental_get_tracing_count(self):
        """How often it was traced."""
        return self._traces.count

    def explain(self):
        """For each trace: what caused it, what was fused, what was not and why, and how much memory a run holds."""
        return self._traces.explain()

    def experimental_get_compiler_ir(self, *args, **kwargs):
        """f(stage): the text form of the graph for arguments like these as it was traced ("hlo"), or as it runs ("optimized_hlo")."""
        concrete = self.get_concrete_function(*args, **kwargs)
        return lambda stage="hlo", **options: concrete._handle.optimised_text() if stage.startswith("optimized") else concrete.graph._handle.text

    def pretty_printed_concrete_signatures(self, verbose=True):
        """The signatures of all traces in text."""
        return "\n\n".join(f"{self._name}{c._signature_text}\n" + c.pretty_printed_signature() for c in self._concrete.values())

    @property
    def _variables(self):
        seen = {}
        for concrete in self._concrete.values():
            seen.update({id(v): v for v in concrete.variables})
        return list(seen.values())

    def __repr__(self):
        return f"<runnel.Function {self._name} at {hex(id(self))}>"


def _spec_text(spec):
    if nest.is_nested(spec):
        return _type_text(spec)
    return f"TensorSpec(shape={spec.shape}, dtype={spec.dtype!r}, name=None)"


class _Names:
    def __init__(self):
        self._seen = {}

    def unique(self, name):
        count = self._seen[name] = self._seen.get(name, -1) + 1
        return name if count == 0 else f"{name}_{count}"


def _structure_text(value):
    if isinstance(value, dict) or (nest._is_mapping(value) and not isinstance(value, _Leaf)):
        return "{" + ",".join(f"{k!r}:{_structure_text(value[k])}" for k in sorted(value, key=str)) + "}"
    if isinstance(value, (list, tuple)):
        kind = "" if type(value) in (list, tuple) else type(value).__name__
        return kind + ("[" if isinstance(value, list) else "(") + ",".join(map(_structure_text, value)) + ")"
    return "."


def _unlike(value, spec):
    """Why a container cannot stand where `spec`, another one, was promised; "" where it can."""
    kind = type(spec) if nest._is_namedtuple(spec) else dict if nest._is_mapping(spec) else list if isinstance(spec, list) else tuple
    if not (nest._is_mapping(value) if kind is dict else isinstance(value, kind)):
        return f"Can not cast {value!r} to {_type_text(spec)}"
    if kind is dict and set(value) != set(spec):
        return f"{value!r} has different keys with the TraceType {_type_text(spec)}."
    return "" if len(value) == len(spec) else f"Expected {value!r} to have length of {len(spec)}"


def _is_unchanged(before, after):
    if _structure_text(before) != _structure_text(after):
        return False
    return all(a is b for a, b in zip(nest.flatten(before), nest.flatten(after)))


class _Method:
    """A function bound to an object that it does not keep alive."""

    def __init__(self, function, instance):
        self._function, self._instance = function, weakref.ref(instance)
        self.__name__, self.__doc__ = getattr(function, "__name__", "method"), getattr(function, "__doc__", None)
        self.__signature__ = self._without_self(_signature_of(function))

    @staticmethod
    def _without_self(signature):
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    __self__ = property(lambda self: self._instance())
    __func__ = property(lambda self: self._function)

    def __call__(self, *args, **kwargs):
        return self._function(self._instance(), *args, **kwargs)


def function(func=None, input_signature=None, autograph=True, jit_compile=None, reduce_retracing=False, experimental_implements=None,
             experimental_autograph_options=None, experimental_attributes=None, experimental_relax_shapes=None, experimental_compile=None,
             experimental_follow_type_hints=None):
    """Compiles a function: traced once for each kind of arguments, then run as a graph."""
    options = dict(input_signature=input_signature, autograph=autograph,
                   jit_compile=experimental_compile if jit_compile is None else jit_compile,
                   reduce_retracing=bool(reduce_retracing or experimental_relax_shapes),
                   experimental_autograph_options=experimental_autograph_options)
    if func is None:
        return lambda f: function(f, **options)
    if not callable(func) and not hasattr(func, "__func__"):
        raise TypeError(f"{func!r} is not a callable object")
    return Function(func, **options)


# --- code of the host program inside graphs ---


def _gradient_of(func, count):
    """(inputs and output gradients) -> gradients of the floating inputs, by a tape around the Python function."""
    from runnel._tape import GradientTape, UnconnectedGradients

    def gradient(values):
        inputs, seeds = values[:count], values[count:]
        floating = [t for t in inputs if t.dtype.is_floating or t.dtype.is_complex]
        with GradientTape() as tape:
            tape.watch(floating)
            results = [r for r in _host_results(func(*inputs)) if r.dtype.is_floating or r.dtype.is_complex]
        return tape.gradient(results, floating, output_gradients=seeds, unconnected_gradients=UnconnectedGradients.ZERO)

    return gradient


def _host_results(result):
    if result is None:
        return []
    return [convert_to_tensor(r) for r in nest.flatten(result)]


_HOST_ERRORS = ((ValueError, errors.InvalidArgumentError), (TypeError, errors.InvalidArgumentError), (StopIteration, errors.OutOfRangeError),
                (MemoryError, errors.ResourceExhaustedError), (NotImplementedError, errors.UnimplementedError))


@contextlib.contextmanager
def _host_errors():
    """What code of the host program raises becomes the error of an operator, as in TensorFlow."""
    try:
        yield
    except errors.CancelledError:
        raise
    except Exception as error:
        kind = next((kind for base, kind in _HOST_ERRORS if isinstance(error, base)), errors.UnknownError)
        raise kind(None, None, f"{type(error).__name__}: {error}") from error


def _host_values(result, dtypes):
    """What a Python function returned, as tensors of these dtypes. TypeError or ValueError for what is of another one."""
    items = result if isinstance(result, (list, tuple)) else [] if result is None else nest.flatten(result)
    return [convert_to_tensor(item, dtype=dtype) for item, dtype in zip(items, dtypes)]


def py_function(func=None, inp=None, Tout=None, name=None):  # noqa: N803
    """Calls a Python function on eager tensors whenever the graph runs; gradients flow through it.

    What the function raises arrives as InvalidArgumentError (of ValueError and TypeError, and for results of another dtype),
    OutOfRangeError (StopIteration), UnimplementedError (NotImplementedError), ResourceExhaustedError (MemoryError) or UnknownError.
    """
    inputs = [convert_to_tensor(i) for i in (inp if inp is not None else [])]
    dtypes = [] if Tout is None else list(map(_as_dtype, nest.flatten(Tout)))

    def call(values):
        with _host_errors():
            return _host_values(func(*values), dtypes)

    if _runnel.is_tracing():
        results = _runnel.host_call(inputs, call, dtypes, _gradient_of(func, len(inputs)), _callable_name(func), True)
    elif len(results := call(inputs)) != len(dtypes):
        raise errors.InvalidArgumentError(None, None, f"{_callable_name(func)} returns {len(results)} values, but expects to see {len(dtypes)} values.")
    return _host_output(results, Tout)


def _as_dtype(dtype):
    from runnel._dtypes import as_dtype

    return as_dtype(getattr(dtype, "dtype", dtype))


def _host_output(results, Tout):  # noqa: N803
    if Tout is None or (nest.is_nested(Tout) and not Tout):
        return []
    for result, spec in zip(results, nest.flatten(Tout)):
        if isinstance(spec, TensorSpec) and _runnel.is_tracing():
            result.set_shape(spec.shape)
    return nest.pack_sequence_as(Tout, results)


def numpy_function(func=None, inp=None, Tout=None, stateful=True, name=None):  # noqa: N803
    """Calls a Python function on NumPy arrays whenever the graph runs; its errors as py_function's, in graphs."""
    inputs = [convert_to_tensor(i) for i in (inp if inp is not None else [])]
    dtypes = [] if Tout is None else [_as_dtype(d) for d in nest.flatten(Tout)]
    if not _runnel.is_tracing():
        results = [None if r is None else convert_to_tensor(r) for r in nest.flatten(func(*[i.numpy() for i in inputs]))]
        return results[0] if len(results) == 1 else results

    def call(values):
        with _host_errors():
            return [_runnel.convert(r, None, None) for r in _arrays(func(*[v.numpy() for v in values]))]

    return _host_output(_runnel.host_call(inputs, call, dtypes, None, _callable_name(func), bool(stateful)), Tout)


def _arrays(result):
    import numpy

    return [] if result is None else [numpy.asarray(r) for r in nest.flatten(result)]
