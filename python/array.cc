// Arrays of other libraries: through the buffer protocol (NumPy's arrays and scalars, array.array, memoryview), through
// __array__, or through DLPack. No header of NumPy's is needed.
#include <cstring>
#include <string_view>

#include "python/convert.h"
#include "python/dlpack.h"
#include "runnel/base/error.h"

namespace runnel::python {

namespace {

// A buffer's element type from its format character and size; invalid where tensors have no such type.
DType buffer_dtype(const Py_buffer& view) {
  const char* format = view.format ? view.format : "B";
  if (*format == '@' || *format == '=' || *format == '<') ++format;
  if (!std::strcmp(format, "Zf")) return complex64;
  if (!std::strcmp(format, "Zd")) return complex128;
  if (std::strlen(format) != 1) return DType();
  static constexpr DType kSigned[] = {DType(), int8, int16, DType(), int32, DType(), DType(), DType(), int64};
  static constexpr DType kUnsigned[] = {DType(), uint8, uint16, DType(), uint32, DType(), DType(), DType(), uint64};
  switch (*format) {
    case '?': return bool_;
    case 'b': case 'h': case 'i': case 'l': case 'q': return view.itemsize <= 8 ? kSigned[view.itemsize] : DType();
    case 'B': case 'H': case 'I': case 'L': case 'Q': return view.itemsize <= 8 ? kUnsigned[view.itemsize] : DType();
    case 'e': return float16;
    case 'f': return float32;
    case 'd': return float64;
    case 'E': return bfloat16;  // of ml_dtypes
  }
  return DType();
}

class Buffer_ {
 public:
  explicit Buffer_(PyObject* object) : good_(PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) == 0) {
    if (!good_) PyErr_Clear();
  }
  ~Buffer_() {
    if (good_) PyBuffer_Release(&view);
  }
  explicit operator bool() const { return good_; }
  Py_buffer view;

 private:
  bool good_;
};

bool from_buffer(PyObject* object, Tensor& out) {
  Buffer_ buffer(object);
  if (!buffer) return false;
  DType dtype = buffer_dtype(buffer.view);
  if (!dtype) return false;
  Dims dims;
  for (int i = 0; i < buffer.view.ndim; ++i) dims.push_back(buffer.view.shape[i]);
  out = Tensor(dtype, Shape(dims));
  if (out.nbytes() > 0) checked(PyBuffer_ToContiguous(out.mutable_raw(), &buffer.view, buffer.view.len, 'C'));
  return true;
}


[[noreturn]] void unsupported_array(const char* what) {
  fail<ValueError>("", cat("Failed to convert a NumPy array to a Tensor (", what, ")."));
}

Tensor string_array(PyObject* array) {
  Owned flat(checked(PyObject_CallMethod(array, "ravel", nullptr)));
  Owned list(checked(PyObject_CallMethod(flat.get(), "tolist", nullptr)));
  Owned shape(checked(PyObject_GetAttrString(array, "shape")));
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list.get()); ++i) {
    PyObject* item = PyList_GET_ITEM(list.get(), i);
    if (!PyUnicode_Check(item) && !PyBytes_Check(item))
      unsupported_array(cat("Unsupported object type ", Py_TYPE(item)->tp_name).c_str());
  }
  Tensor values = PyList_GET_SIZE(list.get()) ? list_operand(list.get(), DType()).tensor() : Tensor(string, Shape({0}));
  Dims dims;
  for (int64_t d : to_int_list(shape.get())) dims.push_back(d);
  return values.reshaped(Shape(dims));
}

// Arrays that the buffer protocol does not describe: text, objects, other byte orders, bfloat16.
Tensor from_odd_array(PyObject* array) {
  Owned dtype(checked(PyObject_GetAttrString(array, "dtype")));
  Owned kind(checked(PyObject_GetAttrString(dtype.get(), "kind")));
  Owned name(checked(PyObject_GetAttrString(dtype.get(), "name")));
  char k = PyUnicode_AsUTF8(kind.get())[0];
  if (k == 'U' || k == 'S' || k == 'O') return string_array(array);
  Tensor out;
  if (!std::strcmp(PyUnicode_AsUTF8(name.get()), "bfloat16")) {
    Owned bits(checked(PyObject_CallMethod(array, "view", "s", "uint16")));
    if (!from_buffer(bits.get(), out)) unsupported_array("Unsupported bfloat16 layout");
    return Tensor::view(bfloat16, out.shape(), out.buffer(), out.mutable_raw());
  }
  Owned native(checked(PyObject_CallMethod(dtype.get(), "newbyteorder", "s", "=")));
  Owned copy(checked(PyObject_CallMethod(array, "astype", "O", native.get())));
  if (!from_buffer(copy.get(), out)) unsupported_array(cat("Unsupported numpy type ", PyUnicode_AsUTF8(name.get())).c_str());
  return out;
}

bool is_numpy(PyObject* object) {
  return PyObject_HasAttrString(object, "dtype") && PyObject_HasAttrString(object, "ravel");
}

// NumPy's scalars of dates show their bytes as a buffer.
bool is_date(PyObject* object) {
  const std::string_view type = Py_TYPE(object)->tp_name;
  return type == "numpy.datetime64" || type == "numpy.timedelta64";
}

bool own_values(PyObject* object, Tensor& out) {
  if (is_date(object)) unsupported_array(cat("Unsupported numpy type ", Py_TYPE(object)->tp_name).c_str());
  if (PyObject_CheckBuffer(object) && from_buffer(object, out)) return true;
  if (is_numpy(object) && PyObject_HasAttrString(object, "__array_interface__")) return out = from_odd_array(object), true;
  if (PyObject_HasAttrString(object, "__array__")) {
    Owned array(checked(PyObject_CallMethod(object, "__array__", nullptr)));
    if (PyObject_CheckBuffer(array.get()) && from_buffer(array.get(), out)) return true;
    return out = from_odd_array(array.get()), true;
  }
  if (PyObject_HasAttrString(object, "__dlpack__")) return out = from_dlpack(object), true;
  return false;
}

}  // namespace

Tensor cast_tensor(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  static const Op& cast = get_op("Cast");
  return run(cast, {x}, {{"DstT", dtype}});
}

Tensor cast_array(const Tensor& values, DType dtype) {
  if (values.dtype() == dtype || values.dtype() == string || !dtype.is_plain()) return values;
  return cast_tensor(values, dtype);
}

bool array_tensor(PyObject* object, DType like, Tensor& out) {
  if (PyBytes_Check(object) || PyUnicode_Check(object) || PyType_Check(object) || !own_values(object, out)) return false;
  if (like) out = cast_array(out, like);
  return true;
}

}  // namespace runnel::python
