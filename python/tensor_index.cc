// x[...]: every index form becomes one StridedSlice; a boolean mask becomes boolean_mask.
#include "python/tensor_index.h"

#include "python/call.h"
#include "python/tensor.h"
#include "runnel/base/error.h"
#include "runnel/op/context.h"
#include "runnel/ops/array.h"

namespace runnel::python {

namespace {

[[noreturn]] void wrong_index(PyObject* item) {
  Owned text(checked(PyObject_Repr(item)));
  fail<TypeError>("", cat("Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 "
                          "tensors are valid indices, got ", PyUnicode_AsUTF8(text.get())));
}

Place place_of(PyObject* item) {
  if (is_tensor(item) || is_variable(item)) {
    Tensor t = to_tensor(item);
    PartialShape shape = t.partial_shape();
    if (!t.dtype().is_integer() || (shape.has_rank() && shape.rank() != 0)) wrong_index(item);
    return t;
  }
  if (!PyIndex_Check(item)) wrong_index(item);
  return to_int(item);
}

Index index_of(PyObject* item) {
  if (item == Py_Ellipsis) return ellipsis;
  if (item == Py_None) return newaxis;
  if (!PySlice_Check(item)) {
    Place place = place_of(item);
    return place.tensor() ? Index(place.tensor()) : Index(place.number());
  }
  auto* given = reinterpret_cast<PySliceObject*>(item);
  Slice slice;
  if (given->start != Py_None) slice.begin = place_of(given->start);
  if (given->stop != Py_None) slice.end = place_of(given->stop);
  if (given->step != Py_None) slice.step = place_of(given->step);
  return slice;
}

bool is_mask(PyObject* index) {
  if (is_tensor(index)) return tensor_of(index).dtype() == bool_;
  if (is_variable(index)) return variable_of(index).dtype() == bool_;
  if (PyBool_Check(index)) return true;
  if (is_sequence(index) || PyLong_Check(index) || !PyObject_CheckBuffer(index)) return false;
  Tensor values;
  return array_tensor(index, DType(), values) && values.dtype() == bool_;
}

}  // namespace

SliceArguments slice_arguments(PyObject* index) {
  std::vector<Index> entries;
  if (is_sequence(index))
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(index); ++i) entries.push_back(index_of(PySequence_Fast_GET_ITEM(index, i)));
  else
    entries.push_back(index_of(index));
  return runnel::slice_arguments(entries);
}

PyObject* subscript(PyObject* self, PyObject* index) {
  return guarded([&] {
    Tensor x = to_tensor(self);
    if (is_mask(index)) return wrap(boolean_mask(x, to_operand(index)));
    if (is_sequence(index) && PySequence_Fast_GET_SIZE(index) == 0 && PyTuple_Check(index)) return wrap(x.alias());
    SliceArguments spec = slice_arguments(index);
    static const Op& op = get_op("StridedSlice");
    return wrap(without_gil(work_of(x), [&] { return run(op, {x, spec.begin, spec.end, spec.strides}, spec.masks()); }));
  });
}

// Where NumPy takes a shape, it asks for a sequence.
PyObject* item(PyObject* self, Py_ssize_t i) {
  Owned index(PyLong_FromSsize_t(i));
  return index ? subscript(self, index.get()) : nullptr;
}

PyObject* iterate(PyObject* self) {
  return guarded([&]() -> PyObject* {
    Tensor x = to_tensor(self);
    PartialShape shape = x.partial_shape();
    if (x.is_symbolic() && thread_context().tracer) fail_not_allowed("Iterating over a symbolic `tf.Tensor`");
    if (shape.has_rank() && shape.rank() == 0) fail<TypeError>("", "Cannot iterate over a scalar tensor.");
    if (!shape.has_rank() || shape[0] < 0)
      fail<TypeError>("", "Iterating over a symbolic `tf.Tensor` is not allowed: its first dimension is not known.");
    std::vector<Tensor> rows;
    if (shape[0] > 0) rows = run_all(get_op("Unpack"), {x}, {{"num", shape[0]}, {"axis", int64_t(0)}});
    Owned list(wrap(rows));
    return PyObject_GetIter(list.get());
  });
}

}  // namespace runnel::python
