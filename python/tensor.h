// The parts of tf.Tensor's type, one file each.
#pragma once

#include "python/convert.h"

namespace runnel::python {

/// tensor_number.cc: the slots of + - * / // % ** @ & | ^ ~ -x abs(x); Variables share them.
extern PyType_Slot* const number_slots;
PyObject* compare(PyObject* a, PyObject* b, int kind);
/// tensor_index.cc
PyObject* subscript(PyObject* self, PyObject* index);
PyObject* item(PyObject* self, Py_ssize_t i);
PyObject* iterate(PyObject* self);
/// tensor_value.cc
int is_true(PyObject* self);
PyObject* numpy_of(const Tensor& tensor);
int get_buffer(PyObject* self, Py_buffer* view, int flags);
void release_buffer(PyObject* self, Py_buffer* view);

/// Methods that are not called often are written in Python: runnel/_tensor.py, runnel/_variable.py.
void make_tensor_types();
void make_variable_type();
/// What new Python objects for Variables of C++ are instances of.
void set_variable_class(PyObject* type);
void set_weight_class(PyObject* type);

/// All slots of a type, from several lists.
PyTypeObject* make_type(const char* name, const char* module, int size, std::initializer_list<const PyType_Slot*> slots,
                        PyTypeObject* base, unsigned flags);

}  // namespace runnel::python
