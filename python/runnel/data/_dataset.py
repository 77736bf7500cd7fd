"""tf.data.Dataset."""

import atexit
import functools

from runnel import _runnel, errors, nest
from runnel._dtypes import as_dtype, int64, string
from runnel._shape import TensorShape
from runnel._spec import TensorSpec, TypeSpec
from runnel._tensor import Tensor, constant, convert_to_tensor
from runnel.autograph import tf_convert

AUTOTUNE = -1
INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2

atexit.register(_runnel.end_walks)  # a prefetching thread must not need Python when Python is gone


class _DataSpec(TypeSpec):
    """What the elements of a data set, or of a walk through one, are."""

    def __init__(self, element_spec=None):
        self.element_spec = element_spec

    value_type = property(lambda self: _VALUES[type(self)], doc="The class of what it describes.")

    def __eq__(self, other):
        return type(other) is type(self) and self.element_spec == other.element_spec

    def __hash__(self):
        return hash(repr(self))

    def is_compatible_with(self, other):
        """Whether the value, or the spec, has such elements."""
        return repr(self) == repr(other if isinstance(other, _DataSpec) else type(self)(other.element_spec))

    def _made_of_one(self, tensors):
        return self._made_of(tensors[0])

    def _made_of(self, tensor):
        """What a variant tensor in a trace stands for."""
        return _VALUES[type(self)]._from_variant(tensor, _stand_ins(self.element_spec))


class DatasetSpec(_DataSpec):
    """The spec of a data set: as an element (see Dataset.window), or as an argument of a function."""

    def __init__(self, element_spec=None, dataset_shape=()):
        super().__init__(element_spec)

    @staticmethod
    def from_value(value):
        """That of a data set."""
        return DatasetSpec(value.element_spec)

    def __repr__(self):
        return f"DatasetSpec({self.element_spec!r}, TensorShape([]))"


class IteratorSpec(_DataSpec):
    """The spec of a walk through a data set, as an argument of a function."""

    @staticmethod
    def from_value(value):
        """That of an iterator."""
        return IteratorSpec(value.element_spec)

    def __repr__(self):
        return f"IteratorSpec({self.element_spec!r},)"


class ThreadingOptions:
    """Accepted: there is one pool of threads."""

    max_intra_op_parallelism = None
    private_threadpool_size = None


class _Hints:
    """Takes any attribute: hints to TensorFlow's runtime, of which ours needs none."""


class Options:
    """Hints for running a pipeline. `deterministic` always holds here: elements keep their order."""

    def __init__(self):
        self.deterministic = None
        self.autotune, self.threading = _Hints(), ThreadingOptions()
        self.experimental_optimization = self.experimental_distribute = _Hints()

    def merge(self, options):
        """Both, the other ones first."""
        merged = Options()
        merged.__dict__.update(self.__dict__)
        merged.__dict__.update({key: value for key, value in options.__dict__.items() if value is not None})
        return merged


class _TracedWalk:
    """A walk of a function that is being traced."""

    def __init__(self, tensor):
        self._tensor = tensor

    def variant(self):
        return self._tensor

    def next(self):
        raise TypeError("The iterator belongs to a tf.function, and gives elements there only.")


class Iterator:
    """A walk through a data set: for loops, next(), get_next(). In a function it begins with each run."""

    def __init__(self, dataset):
        walk = _TracedWalk(_runnel.start_walk(dataset._handle)) if _runnel.is_tracing() else dataset._handle.walk()
        self._stand_ins, self._walk = dataset._handle.element_spec(), walk

    @classmethod
    def _from_variant(cls, tensor, stand_ins):
        self = object.__new__(cls)
        self._stand_ins, self._walk = stand_ins, _TracedWalk(tensor)
        return self

    element_spec = property(lambda self: _public_spec(self._stand_ins), doc="What describes an element: a nest of tf.TensorSpec.")
    _type_spec = property(lambda self: IteratorSpec(self.element_spec))
    _spec_text = functools.cached_property(lambda self: repr(self._type_spec))
    _variant_tensor = property(lambda self: self._walk.variant())

    def __iter__(self):
        return self

    def __next__(self):
        if _runnel.is_tracing():
            from runnel.data import _traced

            return _traced.next_element(self)
        return _public(self._walk.next())

    def get_next(self, name=None):
        """The next element; OutOfRangeError at the end."""
        try:
            return next(self)
        except StopIteration:
            raise errors.OutOfRangeError(None, None, "End of sequence") from None


class _NumpyIterator:
    def __init__(self, dataset):
        self._iterator = iter(dataset)

    def __iter__(self):
        return self

    def __next__(self):
        return nest.map_structure(lambda x: list(x.as_numpy_iterator()) if isinstance(x, Dataset) else x.numpy(), next(self._iterator))


def _public_spec(stand_ins):
    def public(leaf):
        return DatasetSpec(_public_spec(_runnel.nested_spec(leaf))) if leaf.dtype.name == "variant" else TensorSpec(leaf.shape, leaf.dtype)

    return nest.map_structure(public, stand_ins)


def _stand_ins(specs):
    """What describes elements to C++."""
    def stand_in(spec):
        return _runnel.dataset_spec(_stand_ins(spec.element_spec)) if isinstance(spec, DatasetSpec) else _runnel.data_spec(spec.dtype, spec.shape)

    return nest.map_structure(stand_in, specs)


def _like(stand_ins, element):
    """An element in a trace, whose variant tensors stand for data sets."""
    def one(stand_in, leaf):
        is_dataset = isinstance(leaf, Tensor) and leaf.dtype.name == "variant"
        return Dataset._from_variant(leaf, _runnel.nested_spec(stand_in)) if is_dataset else leaf

    return nest.map_structure(one, stand_ins, element)


def _public(element):
    """Elements that are data sets get their class."""
    if isinstance(element, _runnel.Dataset):
        return Dataset._of(element)
    if isinstance(element, (tuple, dict)):
        return nest.map_structure(lambda x: Dataset._of(x) if isinstance(x, _runnel.Dataset) else x, element)
    return element


def _tensors(value):
    """Tuples and dicts are structure, lists are values: of tensors of a function, if it traces one."""
    if isinstance(value, dict):
        return {key: _tensors(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(_tensors(part) for part in value)
    return convert_to_tensor(value) if isinstance(value, list) and _runnel.is_tracing() else value


def _with_integers(make, *values, like=None):
    """make(*integers), a C++ data set; where some are tensors of a function, when it runs."""
    known = [_runnel.known_value(v) if v is not None and _runnel.is_symbolic(v) else v for v in values]
    late = [v is not None and k is None for v, k in zip(values, known)]
    waiting = [v for v, is_late in zip(values, late) if is_late]
    fixed = [None if k is None else int(k) for k in known]

    def filled(numbers):  # the data set keeps it: no tensor of the graph may stand in it
        rest = iter(numbers)
        return make(*[int(next(rest)) if is_late else v for v, is_late in zip(fixed, late)])

    if not waiting:
        return filled([])

    if like is None:  # the elements' sizes follow from the numbers: they may be either
        like = filled([2] * len(waiting)).concatenate(filled([3] * len(waiting)))
    return _runnel.Dataset.late(waiting, filled, like)


def _spread(function):
    """Calls it as TensorFlow does: the components of a tuple are arguments of their own."""
    function = tf_convert(function)
    return lambda element: function(*map(_public, element)) if type(element) is tuple else function(_public(element))


def _placeholders(signature):
    def placeholder(spec):
        if not isinstance(spec, TensorSpec):
            raise TypeError(f"`output_signature` must contain objects that are subclass of `tf.TypeSpec` but found {type(spec)} which is not.")
        return _runnel.data_spec(spec.dtype, spec.shape)

    return nest.map_structure(placeholder, _tuples(signature))


def _tuples(structure):
    """Lists as tuples, all the way down: in a signature both are structure."""
    if isinstance(structure, (list, tuple)) and not isinstance(structure, TensorShape):
        return tuple(_tuples(item) for item in structure)
    return structure


class Dataset:
    """A sequence of elements, each a tensor or a tuple or dict of tensors."""

    def __init__(self, handle):
        self._handle = handle
        self._options = Options()

    @classmethod
    def _of(cls, handle, like=None):
        self = object.__new__(Dataset)
        Dataset.__init__(self, handle)
        if like is not None:
            self._options = like._options
        return self

    def _next(self, handle):
        return Dataset._of(handle, self)

    @classmethod
    def _from_variant(cls, tensor, stand_ins):
        return cls._of(_runnel.Dataset.from_variant(tensor, stand_ins))

    _variant = property(lambda self: self._handle)
    _variant_tensor = property(lambda self: self._handle.variant())
    _type_spec = property(lambda self: DatasetSpec(self.element_spec))
    _spec_text = functools.cached_property(lambda self: repr(self._type_spec))

    # --- sources

    @staticmethod
    def from_tensors(tensors, name=None):
        """One element: the tensors, or the nest of tensors."""
        return Dataset._of(_runnel.Dataset.from_tensors(_tensors(tensors)))

    @staticmethod
    def from_tensor_slices(tensors, name=None):
        """An element for each row of the tensors."""
        return Dataset._of(_runnel.Dataset.from_tensor_slices(_tensors(tensors)))

    @staticmethod
    def range(*args, output_type=int64, name=None):
        """Integers, by the arguments of range()."""
        if not 1 <= len(args) <= 3:
            raise ValueError(f"Invalid `args`. The length of `args` should be between 1 and 3 but was {len(args)}.")
        start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
        return Dataset._of(_with_integers(lambda *n: _runnel.Dataset.range(*n, as_dtype(output_type)), start, stop, step))

    @staticmethod
    def counter(start=0, step=1, dtype=int64, name=None):
        """start, start + step, ... without end."""
        return Dataset._of(_runnel.Dataset.range(start, 2**63 - 1 if step > 0 else -(2**63 - 1), step, as_dtype(dtype)))

    @staticmethod
    def from_generator(generator, output_types=None, output_shapes=None, args=None, output_signature=None, name=None):
        """`generator(*args)` is called at the beginning of each walk and gives an iterable."""
        if not callable(generator):
            raise TypeError("`generator` must be a Python callable.")
        if output_signature is None:
            if output_types is None:
                raise TypeError("Either `output_signature` or `output_types` must be specified.")
            types = _tuples(output_types)
            shapes = nest.map_structure(lambda t: TensorShape(None), types) if output_shapes is None else _shapes_like(types, output_shapes)
            output_signature = nest.map_structure(lambda t, s: TensorSpec(s, t), types, shapes)
        elif output_types is not None or output_shapes is not None:
            raise TypeError("The arguments `output_types` and `output_shapes` can not be used with `output_signature`.")
        signature = _placeholders(output_signature)
        arguments = [convert_to_tensor(a).numpy() for a in args or ()]

        def converted(item):
            try:
                return _arranged(signature, item)
            except (TypeError, ValueError) as error:
                raise TypeError(f"`generator` yielded an element that did not match the expected structure. The expected structure was "
                                f"{nest.map_structure(lambda s: s.dtype, signature)}, but the yielded element was {item}. ({error})") from None

        return Dataset._of(_runnel.Dataset.from_generator(lambda: map(converted, iter(generator(*arguments))), signature))

    @staticmethod
    def zip(*args, datasets=None, name=None):
        """Elements of all data sets side by side, in the structure of the argument."""
        structure = datasets if datasets is not None else args[0] if len(args) == 1 else args
        leaves = nest.flatten(structure)
        for leaf in leaves:
            if not isinstance(leaf, Dataset):
                raise TypeError(f"Invalid input to `zip`. Inputs are expected to be (nested) structures of `tf.data.Dataset` objects but encountered object of type {type(leaf)}.")
        zipped = Dataset._of(_runnel.Dataset.zip([leaf._handle for leaf in leaves]))
        if isinstance(structure, tuple) and all(isinstance(item, Dataset) for item in structure):
            return zipped
        return zipped.map(lambda *items: nest.pack_sequence_as(structure, list(items)))

    # --- functions

    def map(self, map_func, num_parallel_calls=None, deterministic=None, synchronous=None, use_unbounded_threadpool=False, name=None):
        """The function is traced once, as tf.function does; Python runs for no element."""
        parallel = 1 if num_parallel_calls is None else int(num_parallel_calls)
        traced = _traced(map_func, self._handle.element_spec())
        if traced is None:
            return self._next(self._handle.map(_spread(map_func), parallel))
        return self._next(self._handle.map_traced(*traced, parallel))

    def filter(self, predicate, name=None):
        """The elements for which `predicate` is true."""
        traced = _traced_predicate(predicate, self._handle.element_spec())
        return self._next(self._handle.filter(_truth(predicate)) if traced is None else self._handle.filter_traced(*traced))

    def take_while(self, predicate, name=None):
        """The elements up to the first for which `predicate` is false."""
        traced = _traced_predicate(predicate, self._handle.element_spec())
        return self._next(self._handle.take_while(_truth(predicate)) if traced is None else self._handle.take_while_traced(*traced))

    def flat_map(self, map_func, name=None):
        """The elements of the data sets that `map_func` gives, one after the other."""
        return self._interleaved(map_func, "flat_map", 1, 1)

    def interleave(self, map_func, cycle_length=None, block_length=None, num_parallel_calls=None, deterministic=None, name=None):
        """The elements of the data sets that `map_func` gives, `block_length` of each by turns."""
        return self._interleaved(map_func, "interleave", AUTOTUNE if cycle_length is None else int(cycle_length), 1 if block_length is None else int(block_length))

    def _interleaved(self, map_func, name, cycle, block):
        if not _runnel.is_tracing():
            return self._next(self._handle.interleave(_handle_of(map_func, name), cycle, block))
        inner = {}

        def variant(*element):
            made = _spread_arguments(map_func, element)
            _check_dataset(made, name)
            inner["spec"] = made._handle.element_spec()
            return made

        concrete, _ = _traced(variant, self._handle.element_spec())
        return self._next(self._handle.interleave_traced(concrete, inner["spec"], cycle, block))

    def scan(self, initial_state, scan_func, name=None):
        """(state, element) -> (state, result) for each element: the results."""
        if not _runnel.is_tracing():
            return self._next(self._handle.scan(initial_state, lambda state, element: scan_func(state, _public(element))))
        state = nest.map_structure(convert_to_tensor, initial_state)
        traced = _traced(scan_func, (nest.map_structure(lambda t: _runnel.data_spec(t.dtype, t.shape), state), self._handle.element_spec()))
        return self._next(self._handle.scan_traced(state, *traced))

    def reduce(self, initial_state, reduce_func, name=None):
        """(state, element) -> state for all elements: the last state."""
        state = nest.map_structure(convert_to_tensor, initial_state)
        if _runnel.is_tracing():
            from runnel.data import _traced

            return _traced.reduce(self, state, reduce_func)
        for element in self:
            state = nest.map_structure(convert_to_tensor, reduce_func(state, element))
        return state

    def enumerate(self, start=0, name=None):
        """(number, element) of each."""
        return self._next(_with_integers(self._handle.enumerate, start))

    def apply(self, transformation_func):
        """transformation_func(self)."""
        result = transformation_func(self)
        if not isinstance(result, Dataset):
            raise TypeError(f"`transformation_func` must return a `tf.data.Dataset` object. Got {type(result)}.")
        return result

    # --- joining and choosing

    def batch(self, batch_size, drop_remainder=False, num_parallel_calls=None, deterministic=None, name=None):
        """Elements joined along a new first axis, `batch_size` at a time."""
        return self._next(_with_integers(lambda size: self._handle.batch(size, bool(drop_remainder)), batch_size))

    def padded_batch(self, batch_size, padded_shapes=None, padding_values=None, drop_remainder=False, name=None):
        """The same of elements of several shapes, which are padded."""
        spec = self.element_spec
        specs = _leaves(spec)
        shapes = [] if padded_shapes is None else _leaves(_shapes_like(spec, padded_shapes))
        values = [] if padding_values is None else _leaves(padding_values)
        if len(values) == 1:
            values *= len(specs)
        values = [None if value is None else constant(value, leaf.dtype) for value, leaf in zip(values, specs)]
        return self._next(_with_integers(lambda size: self._handle.padded_batch(size, shapes, values, bool(drop_remainder)), batch_size))

    def unbatch(self, name=None):
        """An element for each row of every element."""
        return self._next(self._handle.unbatch())

    def window(self, size, shift=None, stride=1, drop_remainder=False, name=None):
        """Data sets of `size` elements, which begin `shift` apart."""
        return self._next(_with_integers(lambda *n: self._handle.window(*n, bool(drop_remainder)), size, 0 if shift is None else shift, stride))

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=True, name=None):
        """The elements in random order, each drawn from the next `buffer_size`."""
        return self._next(_with_integers(lambda *n: self._handle.shuffle(*n, reshuffle_each_iteration is not False), buffer_size, seed, like=self._handle))

    def repeat(self, count=None, name=None):
        """The elements `count` times, or without end."""
        return self._next(_with_integers(self._handle.repeat, -1 if count is None else count, like=self._handle))

    def take(self, count, name=None):
        """The first `count` elements."""
        return self._next(_with_integers(self._handle.take, count, like=self._handle))

    def skip(self, count, name=None):
        """The elements after the first `count`."""
        return self._next(_with_integers(self._handle.skip, count, like=self._handle))

    def concatenate(self, dataset, name=None):
        """These elements, then those of the other data set."""
        return self._next(self._handle.concatenate(dataset._handle))

    def shard(self, num_shards, index, name=None):
        """Every `num_shards`-th element, from `index` on."""
        return self._next(_with_integers(self._handle.shard, num_shards, index, like=self._handle))

    def cache(self, filename="", name=None):
        """The elements, which are computed the first time only."""
        if filename:
            raise NotImplementedError("Dataset.cache: caching in a file is not there yet. Got filename=" + repr(filename) + ". Hint: cache() keeps the elements in memory.")
        return self._next(self._handle.cache())

    def prefetch(self, buffer_size, name=None):
        """The elements, of which `buffer_size` are computed ahead."""
        return self._next(_with_integers(self._handle.prefetch, buffer_size, like=self._handle))

    # --- looking at it

    def __iter__(self):
        return Iterator(self)

    def as_numpy_iterator(self):
        """The elements as NumPy arrays."""
        return _NumpyIterator(self)

    @property
    def element_spec(self):
        """What describes an element: a nest of tf.TensorSpec."""
        return _public_spec(self._handle.element_spec())

    def cardinality(self, name=None):
        """The number of elements, INFINITE or UNKNOWN."""
        return constant(self._handle.cardinality(), int64)

    def __len__(self):
        length = self._handle.cardinality()
        if length == INFINITE_CARDINALITY:
            raise TypeError("The dataset is infinite.")
        if length == UNKNOWN_CARDINALITY:
            raise TypeError("The dataset length is unknown.")
        return length

    def __bool__(self):
        return True

    def get_single_element(self, name=None):
        """The one element. InvalidArgumentError where there are more or none."""
        elements = list(self.take(2))
        if len(elements) != 1:
            what = "Dataset was empty." if not elements else "Dataset had more than one element."
            raise errors.InvalidArgumentError(None, None, what)
        return elements[0]

    def options(self):
        """What was set by with_options()."""
        return self._options

    def with_options(self, options, name=None):
        """The same elements with other options."""
        result = Dataset._of(self._handle)
        result._options = self._options.merge(options)
        return result

    def __repr__(self):
        return f"<_{type(self).__name__} element_spec={self.element_spec!r}>"


def _structured(result):
    """What a function returned, as an element: tuples and dicts of tensors."""
    if isinstance(result, dict):
        return {key: _structured(value) for key, value in result.items()}
    if isinstance(result, tuple):
        return tuple(_structured(value) for value in result)
    return result if isinstance(result, Dataset) else convert_to_tensor(result)


def _packed(structure, leaves):
    """The leaves of an iterator, arranged as `structure`; dicts by insertion, as C++ orders them."""
    if isinstance(structure, dict):
        return {key: _packed(part, leaves) for key, part in structure.items()}
    if isinstance(structure, tuple):
        return tuple(_packed(part, leaves) for part in structure)
    return next(leaves)


def _traced(function, spec):
    """(concrete function, spec of its results) for elements of this spec; None where functions run eagerly, or elements are data sets."""
    from runnel._function import Function, _converted, functions_run_eagerly

    if not _runnel.is_tracing() and (functions_run_eagerly() or any(leaf.dtype.name == "variant" for leaf in _leaves(spec))):
        return None
    made = {}

    def call(*components):
        element = _like(spec, _packed(spec, iter(components)))
        converted = _converted(function, True, None)
        result = _structured(converted(*element) if type(element) is tuple else converted(element))
        made["spec"] = nest.map_structure(_stand_in_of, result)
        return [leaf._variant_tensor if isinstance(leaf, Dataset) else leaf for leaf in _leaves(result)]

    concrete = Function(call, autograph=False).get_concrete_function(*[TensorSpec(leaf.shape, leaf.dtype) for leaf in _leaves(spec)])
    return concrete._handle, made["spec"]


def _stand_in_of(leaf):
    return _runnel.dataset_spec(leaf._handle.element_spec()) if isinstance(leaf, Dataset) else _runnel.data_spec(leaf.dtype, leaf.shape)


def _spread_arguments(function, element):
    from runnel._function import _converted

    return _converted(function, True, None)(*element)


def _traced_predicate(predicate, spec):
    traced = _traced(predicate, spec)
    if traced is not None and (isinstance(traced[1], (tuple, dict)) or traced[1].dtype.name != "bool"):
        raise ValueError(f"Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, but its return type is {traced[1]!r}.")
    return traced


def _truth(predicate):
    spread = _spread(predicate)
    return lambda element: bool(spread(element))


def _check_dataset(result, name):
    if not isinstance(result, Dataset):
        raise TypeError(f"The `map_func` argument of {name} must return a `Dataset` object. Got {type(result)!r}.")


def _handle_of(function, name):
    spread = _spread(function)

    def handle(element):
        result = spread(element)
        _check_dataset(result, name)
        return result._handle

    return handle


def _shapes_like(structure, shapes):
    """TensorShapes in the structure; what stands at a leaf (a list of sizes, say) is one shape."""
    if isinstance(structure, dict):
        return {key: _shapes_like(part, shapes[key]) for key, part in structure.items()}
    if isinstance(structure, tuple):
        return tuple(_shapes_like(part, shape) for part, shape in zip(structure, shapes, strict=True))
    return TensorShape(shapes)


def _leaves(structure):
    """The leaves in C++'s order: dicts by insertion."""
    children = structure.values() if isinstance(structure, dict) else structure if isinstance(structure, tuple) else None
    return [structure] if children is None else [leaf for child in children for leaf in _leaves(child)]


def _arranged(signature, item):
    """The yielded item in the structure of the signature; what stands at a leaf is one tensor's value."""
    if isinstance(signature, tuple):
        if not isinstance(item, (tuple, list)) or len(item) != len(signature):
            raise TypeError("it is no tuple of the same length")
        return tuple(_arranged(s, x) for s, x in zip(signature, item))
    if isinstance(signature, dict):
        return {key: _arranged(s, item[key]) for key, s in signature.items()}
    return _component(item, signature.dtype)


def _component(item, dtype):
    """What a generator yielded as a tensor of the promised dtype; numbers are cast, as NumPy casts."""
    if dtype == string:
        return convert_to_tensor(item) if hasattr(item, "dtype") else constant(item, dtype)
    if isinstance(item, _runnel.Tensor):
        return item  # C++ casts it
    import numpy

    return convert_to_tensor(numpy.asarray(item, dtype=dtype.as_numpy_dtype))


_VALUES = {DatasetSpec: Dataset, IteratorSpec: Iterator}
_runnel.set_data_classes([Dataset, Iterator])
