// From a tensor's values to Python's: numpy(), bool(), the buffer protocol.
#include <cstring>

#include "python/tensor.h"
#include "runnel/base/error.h"
#include "runnel/keras/functional_graph.h"

namespace runnel::python {

namespace {

void check_eager(const Tensor& t) {
  if (t.is_symbolic())
    fail<NotImplementedError>("", "numpy() is only available when eager execution is enabled.");
}

PyObject* shape_tuple(const Shape& shape) {
  Owned tuple(checked(PyTuple_New(shape.rank())));
  for (int i = 0; i < shape.rank(); ++i) PyTuple_SET_ITEM(tuple.get(), i, checked(PyLong_FromLongLong(shape[i])));
  return tuple.release();
}

// The bytes of an array that NumPy has just made, through the buffer protocol.
void fill_array(PyObject* array, const Tensor& t) {
  Py_buffer view;
  checked(PyObject_GetBuffer(array, &view, PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS | PyBUF_FORMAT));
  if (t.nbytes() > 0) std::memcpy(view.buf, t.raw(), size_t(t.nbytes()));
  PyBuffer_Release(&view);
}

PyObject* empty_array(const Tensor& t, const char* dtype) {
  static PyObject* empty = nullptr;
  if (!empty) {
    Owned numpy(checked(PyImport_ImportModule("numpy")));
    empty = checked(PyObject_GetAttrString(numpy.get(), "empty"));
  }
  Owned shape(shape_tuple(t.shape()));
  Owned name(checked(PyUnicode_InternFromString(dtype)));
  return checked(PyObject_CallFunctionObjArgs(empty, shape.get(), name.get(), nullptr));
}

PyObject* bfloat16_array(const Tensor& t) {
  Owned extra(PyImport_ImportModule("ml_dtypes"));
  if (!extra) {  // without that package NumPy has no such type; float32 holds every value exactly
    PyErr_Clear();
    return numpy_of(cast_tensor(t, float32));
  }
  Owned type(checked(PyObject_GetAttrString(extra.get(), "bfloat16")));
  Owned bits(empty_array(t, "uint16"));
  fill_array(bits.get(), t);
  return checked(PyObject_CallMethod(bits.get(), "view", "O", type.get()));
}

PyObject* string_array(const Tensor& t) {
  Owned array(empty_array(t, "object"));
  Owned flat(checked(PyObject_GetAttrString(array.get(), "flat")));
  std::span<const std::string> values = t.values<std::string>();
  for (size_t i = 0; i < values.size(); ++i) {
    Owned text(checked(PyBytes_FromStringAndSize(values[i].data(), Py_ssize_t(values[i].size()))));
    Owned place(checked(PyLong_FromSize_t(i)));  // array.flat is a mapping, not a sequence
    checked(PyObject_SetItem(flat.get(), place.get(), text.get()));
  }
  return array.release();
}

const char* buffer_format(DType dtype) {
  switch (dtype.code()) {
    case DType::kFloat32: return "f";
    case DType::kFloat64: return "d";
    case DType::kFloat16: return "e";
    case DType::kInt8: return "b";
    case DType::kInt16: return "h";
    case DType::kInt32: return "i";
    case DType::kInt64: return "l";
    case DType::kUint8: return "B";
    case DType::kUint16: return "H";
    case DType::kUint32: return "I";
    case DType::kUint64: return "L";
    case DType::kBool: return "?";
    case DType::kComplex64: return "Zf";
    case DType::kComplex128: return "Zd";
    default: return nullptr;
  }
}

struct ViewShape {  // what Py_buffer points to
  std::vector<Py_ssize_t> sizes, strides;
};

}  // namespace

PyObject* numpy_of(const Tensor& t) {
  check_eager(t);
  if (t.dtype() == string && t.rank() == 0) {
    const std::string& text = *t.data<std::string>();
    return PyBytes_FromStringAndSize(text.data(), Py_ssize_t(text.size()));
  }
  if (!t.dtype().is_plain() && t.dtype() != string)
    fail<errors::InvalidArgumentError>("", cat("Cannot convert a Tensor of dtype ", t.dtype(), " to a NumPy array."));
  Owned array;
  if (t.dtype() == string) array = Owned(string_array(t));
  else if (t.dtype() == bfloat16) array = Owned(bfloat16_array(t));
  else {
    array = Owned(empty_array(t, t.dtype().name()));
    fill_array(array.get(), t);
  }
  if (t.rank() > 0) return array.release();
  Owned whole(checked(PyTuple_New(0)));
  return PyObject_GetItem(array.get(), whole.get());  // a NumPy scalar
}

int is_true(PyObject* self) {
  return guarded_int([&] {
    Tensor t = to_tensor(self);
    if (keras::is_keras_tensor(t)) fail<TypeError>("", "A symbolic KerasTensor cannot be used as a boolean.");
    if (t.is_symbolic()) fail_not_allowed("Using a symbolic `tf.Tensor` as a Python `bool`");
    if (t.num_elements() == 0) return 0;
    if (t.num_elements() > 1)
      fail<ValueError>("", "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()");
    if (t.dtype() == string) return t.data<std::string>()->empty() ? 0 : 1;
    return *cast_tensor(t, bool_).data<bool>() ? 1 : 0;
  });
}

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  const Tensor& t = tensor_of(self);
  const char* format = buffer_format(t.dtype());
  if (!format || t.is_symbolic() || (flags & PyBUF_WRITABLE) == PyBUF_WRITABLE) {
    PyErr_SetString(PyExc_BufferError, format ? "a tensor's memory is read-only" : "this dtype has no buffer format");
    view->obj = nullptr;
    return -1;
  }
  auto* shape = new ViewShape{{t.shape().begin(), t.shape().end()}, std::vector<Py_ssize_t>(size_t(t.rank()))};
  Py_ssize_t stride = t.dtype().size();
  for (int i = t.rank() - 1; i >= 0; --i) {
    shape->strides[size_t(i)] = stride;
    stride *= t.dim(i);
  }
  *view = {};
  view->buf = t.mutable_raw();
  view->obj = Py_NewRef(self);
  view->len = Py_ssize_t(t.nbytes());
  view->itemsize = t.dtype().size();
  view->readonly = 1;
  view->ndim = t.rank();
  view->format = const_cast<char*>(format);
  view->shape = shape->sizes.data();
  view->strides = shape->strides.data();
  view->internal = shape;
  return 0;
}

void release_buffer(PyObject*, Py_buffer* view) { delete static_cast<ViewShape*>(view->internal); }

}  // namespace runnel::python
