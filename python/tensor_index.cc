// x[...]: every index form becomes one StridedSlice; a boolean mask becomes boolean_mask.
#include "python/tensor_index.h"

#include "python/call.h"
#include "python/tensor.h"
#include "runnel/base/error.h"
#include "runnel/op/context.h"

namespace runnel::python {

namespace {

[[noreturn]] void wrong_index(PyObject* item) {
  Owned text(checked(PyObject_Repr(item)));
  fail<TypeError>("", cat("Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 "
                          "tensors are valid indices, got ", PyUnicode_AsUTF8(text.get())));
}

// An index as an int where it is known now, otherwise a scalar tensor.
struct Position {
  int64_t value = 0;
  Tensor symbolic;
};

Position position(PyObject* item) {
  if (is_tensor(item) || is_variable(item)) {
    Tensor t = to_tensor(item);
    PartialShape shape = t.partial_shape();
    if (!t.dtype().is_integer() || (shape.has_rank() && shape.rank() != 0)) wrong_index(item);
    if (t.is_symbolic()) return {0, cast_tensor(t, int64)};
    return {*cast_tensor(t, int64).data<int64_t>(), {}};
  }
  if (!PyIndex_Check(item)) wrong_index(item);
  return {to_int(item), {}};
}

class SpecBuilder {
 public:
  void add(PyObject* item) {
    int64_t bit = int64_t(1) << begin_.size();
    if (item == Py_Ellipsis) {
      spec_.ellipsis_mask |= bit;
      push({}, {}, {1, {}});
    } else if (item == Py_None) {
      spec_.new_axis_mask |= bit;
      push({}, {}, {1, {}});
    } else if (PySlice_Check(item)) {
      add_slice(reinterpret_cast<PySliceObject*>(item), bit);
    } else {
      Position at = position(item);
      spec_.shrink_axis_mask |= bit;
      push(at, at.symbolic ? Position{0, next(at.symbolic)} : Position{at.value + 1, {}}, {1, {}});
    }
  }
  SliceSpec finish() {
    spec_.begin = pack(begin_);
    spec_.end = pack(end_);
    spec_.strides = pack(strides_);
    return spec_;
  }

 private:
  static Tensor next(const Tensor& at) { return run(get_op("AddV2"), {at, Tensor::scalar(int64_t(1))}); }

  void add_slice(PySliceObject* slice, int64_t bit) {
    Position begin, end, stride{1, {}};
    if (slice->start == Py_None) spec_.begin_mask |= bit;
    else begin = position(slice->start);
    if (slice->stop == Py_None) spec_.end_mask |= bit;
    else end = position(slice->stop);
    if (slice->step != Py_None) stride = position(slice->step);
    push(begin, end, stride);
  }
  void push(Position begin, Position end, Position stride) {
    begin_.push_back(std::move(begin));
    end_.push_back(std::move(end));
    strides_.push_back(std::move(stride));
    if (begin_.size() > 30) fail<IndexError>("", "too many indices for a tensor");
  }
  // int32 where every index fits, as TensorFlow; int64 beside symbolic ones.
  static Tensor pack(const std::vector<Position>& positions) {
    bool symbolic = false;
    for (const Position& p : positions) symbolic |= bool(p.symbolic);
    if (!symbolic) {
      Dims dims;
      for (const Position& p : positions) dims.push_back(p.value);
      return Ints(dims).tensor();
    }
    std::vector<Tensor> parts;
    for (const Position& p : positions) parts.push_back(p.symbolic ? p.symbolic : Tensor::scalar(p.value));
    return run(get_op("Pack"), parts, {{"N", int64_t(parts.size())}, {"axis", int64_t(0)}});
  }

  SliceSpec spec_;
  std::vector<Position> begin_, end_, strides_;
};

// begin, end and strides must share a dtype.
void unify(SliceSpec& spec) {
  if (spec.begin.dtype() == spec.end.dtype() && spec.end.dtype() == spec.strides.dtype()) return;
  for (Tensor* t : {&spec.begin, &spec.end, &spec.strides}) *t = cast_tensor(*t, int64);
}

bool is_mask(PyObject* index) {
  if (is_tensor(index)) return tensor_of(index).dtype() == bool_;
  if (is_variable(index)) return variable_of(index).dtype() == bool_;
  if (PyBool_Check(index)) return true;
  if (is_sequence(index) || PyLong_Check(index) || !PyObject_CheckBuffer(index)) return false;
  Tensor values;
  return array_tensor(index, DType(), values) && values.dtype() == bool_;
}

PyObject* masked(const Tensor& x, PyObject* mask) {
  static PyObject* boolean_mask = nullptr;
  if (!boolean_mask) {
    Owned module(checked(PyImport_ImportModule("runnel")));
    boolean_mask = checked(PyObject_GetAttrString(module.get(), "boolean_mask"));
  }
  Owned tensor(wrap(x));
  return checked(PyObject_CallFunctionObjArgs(boolean_mask, tensor.get(), mask, nullptr));
}

}  // namespace

SliceSpec slice_spec(PyObject* index) {
  SpecBuilder builder;
  if (is_sequence(index)) {
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(index); ++i) builder.add(PySequence_Fast_GET_ITEM(index, i));
  } else {
    builder.add(index);
  }
  SliceSpec spec = builder.finish();
  unify(spec);
  return spec;
}

Attrs SliceSpec::attrs() const {
  return {{"begin_mask", begin_mask},
          {"end_mask", end_mask},
          {"ellipsis_mask", ellipsis_mask},
          {"new_axis_mask", new_axis_mask},
          {"shrink_axis_mask", shrink_axis_mask}};
}

PyObject* subscript(PyObject* self, PyObject* index) {
  return guarded([&] {
    Tensor x = to_tensor(self);
    if (is_mask(index)) return masked(x, index);
    if (is_sequence(index) && PySequence_Fast_GET_SIZE(index) == 0 && PyTuple_Check(index)) return wrap(x.alias());
    SliceSpec spec = slice_spec(index);
    static const Op& op = get_op("StridedSlice");
    return wrap(without_gil(work_of(x), [&] { return run(op, {x, spec.begin, spec.end, spec.strides}, spec.attrs()); }));
  });
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
