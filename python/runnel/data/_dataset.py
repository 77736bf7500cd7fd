"""tf.data.Dataset."""

import atexit

from runnel import _runnel, errors, nest
from runnel._dtypes import as_dtype, int64, string
from runnel._shape import TensorShape
from runnel._spec import TensorSpec, TypeSpec
from runnel._tensor import constant, convert_to_tensor
from runnel.autograph import tf_convert

AUTOTUNE = -1
INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2

atexit.register(_runnel.end_walks)  # a prefetching thread must not need Python when Python is gone


class DatasetSpec(TypeSpec):
    """The spec of an element that is a data set (see Dataset.window)."""

    def __init__(self, element_spec=None, dataset_shape=()):
        self.element_spec = element_spec

    def __repr__(self):
        return f"DatasetSpec({self.element_spec!r}, TensorShape([]))"


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


class Iterator:
    """A walk through a data set: for loops, next(), get_next()."""

    def __init__(self, dataset):
        self._stand_ins, self._walk = dataset._handle.element_spec(), dataset._handle.walk()

    element_spec = property(lambda self: _public_spec(self._stand_ins), doc="What describes an element: a nest of tf.TensorSpec.")

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
        return DatasetSpec() if leaf.dtype.name == "variant" else TensorSpec(leaf.shape, leaf.dtype)

    return nest.map_structure(public, stand_ins)


def _public(element):
    """Elements that are data sets get their class."""
    if isinstance(element, _runnel.Dataset):
        return Dataset._of(element)
    if isinstance(element, (tuple, dict)):
        return nest.map_structure(lambda x: Dataset._of(x) if isinstance(x, _runnel.Dataset) else x, element)
    return element


def _refuse_symbolic(tensor, what):
    raise NotImplementedError(f"Dataset: {what} depends on a tensor of the function that is being traced. Got {tensor!r}. "
                              "Hint: build the data set outside of the function, or use the tensor in the loop over the elements.")


def _known(value, what):
    """What a data set may hold: a tensor of a function has a value only while the function runs, unless it is a constant."""
    if isinstance(value, list) and _runnel.is_tracing():
        value = convert_to_tensor(value)
    if not _runnel.is_symbolic(value):
        return value
    constant_value = _runnel.known_value(value)
    return _refuse_symbolic(value, what) if constant_value is None else constant_value


def _known_nest(tensors):
    if isinstance(tensors, dict):
        return {key: _known_nest(part) for key, part in tensors.items()}
    if isinstance(tensors, tuple):
        return tuple(_known_nest(part) for part in tensors)
    return _known(tensors, "`tensors`")


def _integer(value, what):
    return int(_known(value, what))


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

    _variant = property(lambda self: self._handle)
    _variant_tensor = property(lambda self: self._handle.variant())

    # --- sources

    @staticmethod
    def from_tensors(tensors, name=None):
        """One element: the tensors, or the nest of tensors."""
        return Dataset._of(_runnel.Dataset.from_tensors(_known_nest(tensors)))

    @staticmethod
    def from_tensor_slices(tensors, name=None):
        """An element for each row of the tensors."""
        return Dataset._of(_runnel.Dataset.from_tensor_slices(_known_nest(tensors)))

    @staticmethod
    def range(*args, output_type=int64, name=None):
        """Integers, by the arguments of range()."""
        if not 1 <= len(args) <= 3:
            raise ValueError(f"Invalid `args`. The length of `args` should be between 1 and 3 but was {len(args)}.")
        start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
        return Dataset._of(_runnel.Dataset.range(*(_integer(n, "range") for n in (start, stop, step)), as_dtype(output_type)))

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
        return self._next(self._handle.flat_map(_handle_of(map_func, "flat_map")))

    def interleave(self, map_func, cycle_length=None, block_length=None, num_parallel_calls=None, deterministic=None, name=None):
        """The elements of the data sets that `map_func` gives, `block_length` of each by turns."""
        return self._next(self._handle.interleave(_handle_of(map_func, "interleave"), AUTOTUNE if cycle_length is None else int(cycle_length),
                                                  1 if block_length is None else int(block_length)))

    def scan(self, initial_state, scan_func, name=None):
        """(state, element) -> (state, result) for each element: the results."""
        return self._next(self._handle.scan(initial_state, lambda state, element: scan_func(state, _public(element))))

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
        return self._next(self._handle.enumerate(_integer(start, "`start`")))

    def apply(self, transformation_func):
        """transformation_func(self)."""
        result = transformation_func(self)
        if not isinstance(result, Dataset):
            raise TypeError(f"`transformation_func` must return a `tf.data.Dataset` object. Got {type(result)}.")
        return result

    # --- joining and choosing

    def batch(self, batch_size, drop_remainder=False, num_parallel_calls=None, deterministic=None, name=None):
        """Elements joined along a new first axis, `batch_size` at a time."""
        return self._next(self._handle.batch(_integer(batch_size, "`batch_size`"), bool(drop_remainder)))

    def padded_batch(self, batch_size, padded_shapes=None, padding_values=None, drop_remainder=False, name=None):
        """The same of elements of several shapes, which are padded."""
        spec = self.element_spec
        specs = _leaves(spec)
        shapes = [] if padded_shapes is None else _leaves(_shapes_like(spec, padded_shapes))
        values = [] if padding_values is None else _leaves(padding_values)
        if len(values) == 1:
            values *= len(specs)
        values = [None if value is None else constant(value, leaf.dtype) for value, leaf in zip(values, specs)]
        return self._next(self._handle.padded_batch(_integer(batch_size, "`batch_size`"), shapes, values, bool(drop_remainder)))

    def unbatch(self, name=None):
        """An element for each row of every element."""
        return self._next(self._handle.unbatch())

    def window(self, size, shift=None, stride=1, drop_remainder=False, name=None):
        """Data sets of `size` elements, which begin `shift` apart."""
        return self._next(self._handle.window(_integer(size, "`size`"), 0 if shift is None else _integer(shift, "`shift`"),
                                               _integer(stride, "`stride`"), bool(drop_remainder)))

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=True, name=None):
        """The elements in random order, each drawn from the next `buffer_size`."""
        return self._next(self._handle.shuffle(_integer(buffer_size, "`buffer_size`"), None if seed is None else _integer(seed, "`seed`"), reshuffle_each_iteration is not False))

    def repeat(self, count=None, name=None):
        """The elements `count` times, or without end."""
        return self._next(self._handle.repeat(-1 if count is None else _integer(count, "`count`")))

    def take(self, count, name=None):
        """The first `count` elements."""
        return self._next(self._handle.take(_integer(count, "`count`")))

    def skip(self, count, name=None):
        """The elements after the first `count`."""
        return self._next(self._handle.skip(_integer(count, "`count`")))

    def concatenate(self, dataset, name=None):
        """These elements, then those of the other data set."""
        return self._next(self._handle.concatenate(dataset._handle))

    def shard(self, num_shards, index, name=None):
        """Every `num_shards`-th element, from `index` on."""
        return self._next(self._handle.shard(_integer(num_shards, "`num_shards`"), _integer(index, "`index`")))

    def cache(self, filename="", name=None):
        """The elements, which are computed the first time only."""
        if filename:
            raise NotImplementedError("Dataset.cache: caching in a file is not there yet. Got filename=" + repr(filename) + ". Hint: cache() keeps the elements in memory.")
        return self._next(self._handle.cache())

    def prefetch(self, buffer_size, name=None):
        """The elements, of which `buffer_size` are computed ahead."""
        return self._next(self._handle.prefetch(_integer(buffer_size, "`buffer_size`")))

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
    return convert_to_tensor(result)


def _packed(structure, leaves):
    """The leaves of an iterator, arranged as `structure`; dicts by insertion, as C++ orders them."""
    if isinstance(structure, dict):
        return {key: _packed(part, leaves) for key, part in structure.items()}
    if isinstance(structure, tuple):
        return tuple(_packed(part, leaves) for part in structure)
    return next(leaves)


def _traced(function, spec):
    """(concrete function, spec of its results) for elements of this spec; None where elements are data sets."""
    from runnel._function import Function, _converted, functions_run_eagerly

    if functions_run_eagerly() or any(leaf.dtype.name == "variant" for leaf in _leaves(spec)):
        return None
    made = {}

    def call(*components):
        element = _packed(spec, iter(components))
        converted = _converted(function, True, None)
        made["result"] = _structured(converted(*element) if type(element) is tuple else converted(element))
        return _leaves(made["result"])

    concrete = Function(call, autograph=False).get_concrete_function(*[TensorSpec(leaf.shape, leaf.dtype) for leaf in _leaves(spec)])
    outputs = iter([_runnel.data_spec(t.dtype, t.shape) for t in concrete.structured_outputs])
    for capture in concrete.captured_inputs:
        if _runnel.is_symbolic(capture):
            _refuse_symbolic(capture, "the function of the elements")
    return concrete._handle, _packed(made["result"], outputs)


def _traced_predicate(predicate, spec):
    traced = _traced(predicate, spec)
    if traced is not None and (isinstance(traced[1], (tuple, dict)) or traced[1].dtype.name != "bool"):
        raise ValueError(f"Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, but its return type is {traced[1]!r}.")
    return traced


def _truth(predicate):
    spread = _spread(predicate)
    return lambda element: bool(spread(element))


def _handle_of(function, name):
    spread = _spread(function)

    def handle(element):
        result = spread(element)
        if not isinstance(result, Dataset):
            raise TypeError(f"The `map_func` argument of {name} must return a `Dataset` object. Got {type(result)!r}.")
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
        return item if item.dtype == dtype else _runnel.call_raw("Cast", {"x": item, "DstT": dtype})
    import numpy

    return convert_to_tensor(numpy.asarray(item, dtype=dtype.as_numpy_dtype))
