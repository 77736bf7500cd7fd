#include "python/dtype.h"

#include "python/convert.h"
#include "runnel/base/error.h"

namespace runnel::python {

namespace {
PyTypeObject* dtype_class = nullptr;
PyTypeObject* shape_class = nullptr;
PyObject* as_dtype = nullptr;
PyObject* dtype_objects[DType::kCodes] = {};
PyObject* dims_name = nullptr;
}  // namespace

bool is_shape(PyObject* object) { return shape_class && PyObject_TypeCheck(object, shape_class); }
bool is_dtype(PyObject* object) { return dtype_class && PyObject_TypeCheck(object, dtype_class); }

void set_dtype_classes(PyObject* dtypes, PyObject* objects, PyObject* converter, PyObject* shapes) {
  dtype_class = reinterpret_cast<PyTypeObject*>(Py_NewRef(dtypes));
  shape_class = reinterpret_cast<PyTypeObject*>(Py_NewRef(shapes));
  as_dtype = Py_NewRef(converter);
  dims_name = checked(PyUnicode_InternFromString("_dims"));
  PyObject *key, *value;
  Py_ssize_t at = 0;
  while (PyDict_Next(objects, &at, &key, &value)) dtype_objects[PyLong_AsLong(key)] = Py_NewRef(value);
}

PyObject* wrap(DType dtype) {
  PyObject* object = dtype_objects[dtype.code()];
  return Py_NewRef(object ? object : Py_None);
}

PyObject* wrap(const PartialShape& shape) {
  Owned dims(Py_NewRef(Py_None));
  if (shape.has_rank()) {
    dims = Owned(checked(PyTuple_New(shape.rank())));
    for (int i = 0; i < shape.rank(); ++i)
      PyTuple_SET_ITEM(dims.get(), i, shape[i] < 0 ? Py_NewRef(Py_None) : checked(PyLong_FromLongLong(shape[i])));
  }
  Owned object(checked(shape_class->tp_alloc(shape_class, 0)));
  checked(PyObject_SetAttr(object.get(), dims_name, dims.get()));
  return object.release();
}

DType to_dtype(PyObject* object) {
  if (!is_dtype(object)) {
    Owned converted(checked(PyObject_CallOneArg(as_dtype, object)));
    return to_dtype(converted.get());
  }
  for (int code = 0; code < DType::kCodes; ++code)
    if (dtype_objects[code] == object) return DType(DType::Code(code));
  fail<TypeError>("", "this dtype is not supported by Runnel");
}

PartialShape to_partial_shape(PyObject* object) {
  if (object == Py_None) return PartialShape::unknown_rank();
  if (!is_shape(object)) {
    Owned shape(checked(PyObject_CallOneArg(reinterpret_cast<PyObject*>(shape_class), object)));
    return to_partial_shape(shape.get());
  }
  Owned dims(checked(PyObject_GetAttr(object, dims_name)));
  if (dims.get() == Py_None) return PartialShape::unknown_rank();
  Dims out;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(dims.get()); ++i) {
    PyObject* size = PyTuple_GET_ITEM(dims.get(), i);
    out.push_back(size == Py_None ? -1 : PyLong_AsLongLong(size));
  }
  return PartialShape(out);
}

}  // namespace runnel::python
