"""tf.cond, case, switch_case, while_loop, map_fn, scan, foldl, foldr, vectorized_map, TensorArray."""

from runnel import _runnel, nest
from runnel._dtypes import as_dtype
from runnel._parts import Parts
from runnel._shape import TensorShape
from runnel._spec import TensorSpec
from runnel._tensor import Tensor, convert_to_tensor

_SAME = ("true_fn and false_fn arguments to tf.cond must have the same number, type, and overall structure of return values.\n\n"
         "true_fn output: {}\nfalse_fn output: {}\n\nError details:\n{}")


def _is_decided(value):
    """True where Python can choose now."""
    return not (isinstance(value, Tensor) and _runnel.is_symbolic(value))


def _traced_branches(fns, run):
    """run(callables that give lists of tensors) with branches that give structures; the result in the first one's structure."""
    made = {}

    def flat(index, fn):
        def branch():
            result = fn()
            parts = made[index] = Parts(result)
            made[index, "result"] = result
            if index:
                _check_same(made[0, "result"], result, made[0], parts)
            return parts.tensors

        return branch

    tensors = run([flat(i, fn) for i, fn in enumerate(fns)])
    return made[0].build(tensors)


def _check_same(first, other, first_parts, other_parts):
    try:
        nest.assert_same_structure(first, other)
    except (TypeError, ValueError) as error:
        raise TypeError(_SAME.format(first, other, error)) from None
    for a, b in zip(first_parts.tensors, other_parts.tensors):
        if a.dtype != b.dtype:
            raise TypeError(_SAME.format(first, other, f"{a} and {b} have different types"))
    if len(first_parts.tensors) != len(other_parts.tensors):
        raise TypeError(_SAME.format(first, other, "one of them returns None where the other returns a tensor"))


def cond(pred, true_fn=None, false_fn=None, name=None):
    """true_fn() where `pred` holds, else false_fn()."""
    if not callable(true_fn):
        raise TypeError("'true_fn' must be callable.")
    if not callable(false_fn):
        raise TypeError("'false_fn' must be callable.")
    pred = pred if isinstance(pred, bool) else convert_to_tensor(pred)
    if _is_decided(pred):
        return _apart(true_fn() if pred else false_fn())
    return _traced_branches([true_fn, false_fn], lambda fns: _runnel.cond(pred, *fns))


def switch_case(branch_index, branch_fns, default=None, name="switch_case"):
    """The function of the given index, else the default or the last one."""
    if isinstance(branch_fns, dict):
        branch_fns = list(branch_fns.items())
    if branch_fns and isinstance(branch_fns[0], (list, tuple)):
        pairs = sorted(branch_fns, key=lambda pair: pair[0])
        if [int(i) for i, _ in pairs] != list(range(len(pairs))):
            raise ValueError(f"branch indices must form contiguous range of [0 to {len(pairs)}) but found {{{[i for i, _ in pairs]}}}")
        branch_fns = [fn for _, fn in pairs]
    if not branch_fns:
        raise ValueError("Must provide at least one item in branch_fns")
    fns = [*branch_fns, default or branch_fns[-1]]
    branch_index = convert_to_tensor(branch_index)
    if not branch_index.dtype.is_integer:
        raise TypeError(f"'branch_index' must be an integer, found {branch_index.dtype}")
    if branch_index.dtype != "int32":
        branch_index = _runnel.call_raw("Cast", {"x": branch_index, "DstT": "int32"})
    if _is_decided(branch_index):
        i = int(branch_index)
        return _apart(fns[i if 0 <= i < len(fns) else -1]())
    return _traced_branches(fns, lambda branches: _runnel.switch_case(branch_index, branches))


def case(pred_fn_pairs, default=None, exclusive=False, strict=False, name="case"):
    """The function of the first predicate that holds, else the default."""
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs)
    pairs = [(p.deref() if hasattr(p, "deref") else p, fn) for p, fn in pairs]
    if not pairs:
        if default is None:
            raise ValueError("case: pred_fn_pairs must not be empty without a default")
        return default()
    if exclusive and all(_is_decided(p) for p, _ in pairs) and sum(bool(p) for p, _ in pairs) > 1:
        from runnel import errors

        raise errors.InvalidArgumentError(None, None, "Input error: exclusive=True: more than one predicate evaluates to True")
    (pred, fn), rest = pairs[0], pairs[1:]
    if not rest and default is None:
        from runnel import debugging

        debugging.Assert(pred, ["Input error: None of conditions evaluated as True"])
        return fn()
    return cond(pred, fn, lambda: case(rest, default) if rest else default())


def _packed(result, single):
    """What a loop's body gave, as a list of the loop's variables."""
    return [result] if single else result


def while_loop(cond, body, loop_vars, shape_invariants=None, parallel_iterations=10, back_prop=True, swap_memory=False,
               maximum_iterations=None, name=None):
    """body(*loop_vars) again and again while cond(*loop_vars) holds; the last variables, in the structure of loop_vars."""
    if not callable(cond):
        raise TypeError("'cond' must be callable.")
    if not callable(body):
        raise TypeError("'body' must be callable.")
    if nest.is_nested(loop_vars) and not loop_vars:
        raise ValueError("'loop_vars' must be provided.")
    single = not isinstance(loop_vars, (list, tuple))
    variables = [loop_vars] if single else loop_vars
    if not _runnel.is_tracing():
        return _eager_loop(cond, body, variables, maximum_iterations, single)
    return _traced_loop(cond, body, variables, shape_invariants, maximum_iterations, single)


def _apart(result):
    """The tensors under handles of their own while tapes record: gradients then add up as in a graph, bit for bit."""
    if not _runnel.is_recording():
        return result
    import runnel

    def own(item):
        moves = isinstance(item, Tensor) and (item.dtype.is_floating or item.dtype.is_complex)
        return runnel.identity(item) if moves else item

    return nest.map_structure(own, result)


def _eager_loop(cond, body, variables, maximum_iterations, single):
    count = 0
    original = variables
    if not single:
        variables = nest.map_structure(_tensor_or_array, variables)
    variables = _apart(variables)
    while cond(*variables):
        if maximum_iterations is not None and count >= int(maximum_iterations):
            break
        result = body(*variables)
        if len(variables) == 1 and not isinstance(result, (list, tuple)):
            result = [result]
        nest.assert_same_structure(list(original), list(result), check_types=False)
        variables = _apart(nest.map_structure(_tensor_or_array, result))
        count += 1
    if single:
        return variables[0]
    return nest.pack_sequence_as(original, nest.flatten(variables))


def _tensor_or_array(item):
    return item if item is None or isinstance(item, (Tensor, TensorArray)) else Parts(item).build(Parts(item).tensors)


def _traced_loop(cond, body, variables, shape_invariants, maximum_iterations, single):
    parts = Parts(variables)
    # The body's results may be known better than the initial values (a TensorArray's element shape).
    last = [parts]

    def condition(tensors):
        return [convert_to_tensor(cond(*parts.build(tensors)))]

    def step(tensors):
        result = body(*parts.build(tensors))
        if len(variables) == 1 and not isinstance(result, (list, tuple)):
            result = [result]
        if not isinstance(result, (list, tuple)) or len(result) != len(variables):
            raise ValueError(f"The two structures don't have the same nested structure: the loop has {len(variables)} variables, the body "
                             f"gave {result}")
        nest.assert_same_structure(list(variables), list(result), check_types=False)
        made = Parts(list(result), lambda leaf: _like_variable(leaf, tensors))
        if len(made.tensors) != len(tensors):
            raise ValueError("The body returns None where a loop variable is a tensor, or the other way round.")
        last[0] = made
        return [_as_dtype(t, v) for t, v in zip(made.tensors, tensors)]

    invariants = None if shape_invariants is None else _flat_invariants(shape_invariants, variables, parts)
    results = _runnel.while_loop(condition, step, parts.tensors, invariants, maximum_iterations)
    made = last[0].build(results)
    if single:
        return made[0]
    return nest.pack_sequence_as(variables, nest.flatten(made)) if isinstance(variables, tuple) else made


def _like_variable(leaf, tensors):
    return convert_to_tensor(leaf)


def _as_dtype(result, variable):
    """A Python number that the body returned takes the variable's dtype."""
    known = _runnel.known_value(result)
    if result.dtype != variable.dtype and known is not None and _runnel.has_node(result) and result.op.type == "Const":
        try:
            return convert_to_tensor(known.numpy().item(), dtype=variable.dtype) if known.shape.rank == 0 else result
        except (TypeError, ValueError):
            return result
    return result


def _flat_invariants(shape_invariants, variables, parts):
    """A shape for each tensor among the loop's variables."""
    def is_shape(item):
        return isinstance(item, TensorShape) or item is None or hasattr(item, "shape")

    shapes = []

    def walk(invariant, variable):
        if is_shape(invariant) or not nest.is_nested(variable):
            for leaf in nest.flatten(variable):
                count = 0 if leaf is None else 1
                shape = invariant.shape if hasattr(invariant, "shape") and not isinstance(invariant, TensorShape) else invariant
                shapes.extend([TensorShape([]) if isinstance(leaf, TensorArray) else TensorShape(shape)] * count)
            return
        children = [invariant[k] for k in sorted(invariant)] if isinstance(invariant, dict) else invariant
        for i, v in zip(children, nest._children(variable)):
            walk(i, v)

    walk(shape_invariants, variables if isinstance(variables, (list, tuple)) else [variables])
    return shapes


class TensorArray:
    """A list of tensors that loops write and read. write() and its kin return the array with the change.

    Outside of functions an element may be read once, unless `clear_after_read` is False: InvalidArgumentError, as in TensorFlow.
    """

    _read = None  # the indices that were read; None where that does not matter

    def __init__(self, dtype, size=None, dynamic_size=None, clear_after_read=None, tensor_array_name=None, handle=None, flow=None,
                 infer_shape=True, element_shape=None, colocate_with_first_write_call=True, name=None):
        self._array = _runnel.TensorArray(as_dtype(dtype), 0 if size is None else size, bool(dynamic_size), bool(infer_shape),
                                          TensorShape(element_shape))
        if flow is not None:
            self._array = self._array.with_flow(flow)
        if clear_after_read in (None, True):
            self._read = set()

    @classmethod
    def _of(cls, array):
        made = cls.__new__(cls)
        made._array = array
        return made

    def _changed(self, array):
        made = TensorArray._of(array)
        made._read = self._read
        return made

    def _flow_parts(self):
        return [self._array.flow]

    def _with_flow_parts(self, tensors):
        return TensorArray._of(self._array.with_flow(tensors[0]))

    dtype = property(lambda self: self._array.dtype, doc="The dtype of the elements.")
    flow = property(lambda self: self._array.flow, doc="The list as a tensor.")
    handle = property(lambda self: None, doc="None: a list is a value.")
    element_shape = property(lambda self: self._array.element_shape, doc="What is known of the shape of the elements.")
    dynamic_size = property(lambda self: self._array.dynamic_size, doc="True where it grows when it is written to.")

    def identity(self):
        """The same list."""
        return self

    def close(self, name=None):
        """Does nothing: memory is freed by itself."""
        return None

    def write(self, index, value, name=None):
        """The list with `value` at `index`."""
        if self._read and not _runnel.is_tracing():
            self._read.discard(int(index))
        return self._changed(self._array.write(index, value))

    def unstack(self, value, name=None):
        """The list of the rows of a tensor."""
        return self._changed(self._array.unstack(value))

    def scatter(self, indices, value, name=None):
        """The list with row i of `value` at indices[i]."""
        return self._changed(self._array.scatter(indices, convert_to_tensor(value, self.dtype)))

    def split(self, value, lengths, name=None):
        """The list of pieces of a tensor with these lengths."""
        return self._changed(self._array.split(convert_to_tensor(value, self.dtype), convert_to_tensor(lengths)))

    def read(self, index, name=None):
        """The element at `index`."""
        value = self._array.read(index)
        if self._read is not None and not _runnel.is_tracing():
            if int(index) in self._read:
                from runnel import errors

                raise errors.InvalidArgumentError(None, None, f"Could not read index {int(index)} twice because it was cleared after a previous "
                                                  "read (perhaps try setting clear_after_read = false?)")
            self._read.add(int(index))
        return value

    def gather(self, indices, name=None):
        """The elements at `indices` as one tensor."""
        return self._array.gather(convert_to_tensor(indices))

    def stack(self, name=None):
        """All elements as one tensor with a new first axis."""
        return self._array.stack()

    def concat(self, name=None):
        """All elements joined along their first axis."""
        return self._array.concat()

    def size(self, name=None):
        """The number of elements."""
        return self._array.size()

    def set_shape(self, shape):
        """Accepted: the shape of the elements is known from them."""
        pass


def _rows(elems):
    parts = Parts(elems)
    if not parts.tensors:
        raise ValueError("elems must be a Tensor or (possibly nested) sequence of Tensors. Got []")
    return parts


def map_fn(fn, elems, dtype=None, parallel_iterations=None, back_prop=True, swap_memory=False, infer_shape=True, name=None,
           fn_output_signature=None):
    """fn of each row of `elems`, stacked."""
    if not callable(fn):
        raise TypeError(f"The provided function {getattr(fn, '__name__', fn)} is not callable. fn must be callable.")
    parts = _rows(elems)
    signature = dtype if fn_output_signature is None else fn_output_signature
    if signature is None:
        signature = parts.build([t.dtype for t in parts.tensors])
    specs = [spec if isinstance(spec, TensorSpec) else TensorSpec(None, spec) for spec in nest.flatten(signature)]

    def flat(tensors):
        result = fn(parts.build(tensors))
        nest.assert_same_structure(signature, result)
        return [v if isinstance(v, Tensor) else convert_to_tensor(v, spec.dtype) for v, spec in zip(nest.flatten(result), specs)]

    return nest.pack_sequence_as(signature, _runnel.map_fn(flat, parts.tensors, specs))


def vectorized_map(fn, elems, fallback_to_while_loop=True, warn=True):
    """fn of each row of `elems`, stacked: fn is called once, and each operator in it runs for all rows at once."""
    return _mapped(lambda flat, rows: _runnel.vectorized_map(flat, rows, bool(fallback_to_while_loop)), fn, elems)


def _mapped(call, fn, elems):
    parts, made = _rows(elems), {}

    def flat(tensors):
        made["out"] = Parts(fn(parts.build(tensors)))
        return made["out"].tensors

    return _build(call(flat, parts.tensors), made)


def _build(tensors, made):
    return made["out"].build(tensors)


def _folded(call, fn, elems, initializer, reverse):
    if not callable(fn):
        raise TypeError(f"{getattr(fn, '__name__', fn)} is not callable. Please provide a callable function.")
    rows = _rows(elems)
    start = rows if initializer is None else Parts(initializer)
    made = {"out": start}

    def flat(accumulated, row):
        result = fn(made["out"].build(accumulated), rows.build(row))
        made["out"] = Parts(result)
        return made["out"].tensors

    return _build(call(flat, rows.tensors, [] if initializer is None else start.tensors, reverse), made)


def foldl(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, name=None):
    """fn(... fn(fn(initializer, row 0), row 1) ...)."""
    return _folded(_runnel.fold, fn, elems, initializer, False)


def foldr(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, name=None):
    """foldl from the last row to the first."""
    return _folded(_runnel.fold, fn, elems, initializer, True)


def scan(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, infer_shape=True, reverse=False, name=None):
    """All intermediate results of foldl, stacked."""
    return _folded(_runnel.scan, fn, elems, initializer, reverse)
