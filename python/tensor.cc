// tf.Tensor: the type, its construction and destruction, attributes and plain methods.
#include "python/tensor.h"

#include <structmember.h>

#include <cstring>

#include "python/dlpack.h"
#include "runnel/base/error.h"

namespace runnel::python {

PyTypeObject* tensor_type = nullptr;
PyTypeObject* eager_tensor_type = nullptr;
PyTypeObject* symbolic_tensor_type = nullptr;

namespace {

// Memory of dead tensor objects, kept for the next ones.
constexpr int kFreeObjects = 64;
PyObject* free_objects[kFreeObjects];
int free_count = 0;

TensorObject* self_of(PyObject* self) { return reinterpret_cast<TensorObject*>(self); }

void deallocate(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  TensorObject* object = self_of(self);
  if (object->weakrefs) PyObject_ClearWeakRefs(self);
  Py_CLEAR(object->dict);
  object->tensor.~Tensor();
  if (type == eager_tensor_type && free_count < kFreeObjects) free_objects[free_count++] = self;
  else PyObject_GC_Del(self);
  Py_DECREF(type);
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  const Tensor& t = self_of(self)->tensor;
  if (t && t.is_symbolic() && t.is_unique() && t.symbol().graph) Py_VISIT(static_cast<PyObject*>(t.symbol().graph->foreign()));  // of a Keras tensor
  Py_VISIT(self_of(self)->dict);
  Py_VISIT(Py_TYPE(self));
  return 0;
}
int clear(PyObject* self) {
  Py_CLEAR(self_of(self)->dict);
  return 0;
}

PyObject* allocate(PyTypeObject* type) {
  if (type == eager_tensor_type && free_count > 0) {
    PyObject* self = free_objects[--free_count];
    Py_INCREF(type);
    return PyObject_Init(self, type) ? (Py_DECREF(type), self) : nullptr;
  }
  return reinterpret_cast<PyObject*>(PyObject_GC_New(TensorObject, type));
}

PyObject* get_shape(PyObject* self, void*) {
  return guarded([&] { return wrap(tensor_of(self).partial_shape()); });
}
PyObject* get_dtype(PyObject* self, void*) { return wrap(tensor_of(self).dtype()); }
PyObject* get_ndim(PyObject* self, void*) {
  PartialShape shape = tensor_of(self).partial_shape();
  if (!shape.has_rank()) Py_RETURN_NONE;
  return PyLong_FromLong(shape.rank());
}
PyObject* get_handle_id(PyObject* self, void*) { return PyLong_FromVoidPtr(const_cast<void*>(tensor_of(self).id())); }

Py_ssize_t length(PyObject* self) {
  return guarded_int([&]() -> int {
    PartialShape shape = tensor_of(self).partial_shape();
    if (shape.has_rank() && shape.rank() == 0) fail<TypeError>("", "Scalar tensor has no `len()`");
    if (!shape.has_rank() || shape[0] < 0)
      fail<TypeError>("", "len is not well defined for a symbolic Tensor. Please call `x.shape` rather than `len(x)` for shape information.");
    return int(shape[0]);
  });
}

Py_hash_t hash(PyObject*) {
  PyErr_SetString(PyExc_TypeError, "Tensor is unhashable. Instead, use tensor.ref() as the key.");
  return -1;
}

PyObject* numpy(PyObject* self, PyObject*) {
  return guarded([&] { return numpy_of(tensor_of(self)); });
}
// Some code makes tensors known under another identity (a gradient that passes through): the same values, a new handle.
PyObject* alias(PyObject* self, PyObject*) {
  return guarded([&] { return wrap(tensor_of(self).alias()); });
}

PyGetSetDef getters[] = {
    {"shape", get_shape, nullptr, "The static shape, a TensorShape.", nullptr},
    {"dtype", get_dtype, nullptr, "The dtype of the elements.", nullptr},
    {"ndim", get_ndim, nullptr, "The number of dimensions.", nullptr},
    {"_id", get_handle_id, nullptr, "Identity of the handle.", nullptr},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyMemberDef members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(TensorObject, dict), READONLY, nullptr},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(TensorObject, weakrefs), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};
PyMethodDef methods[] = {
    {"_alias", alias, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyMethodDef eager_methods[] = {
    {"numpy", numpy, METH_NOARGS, "The values as a NumPy array of their own (a NumPy scalar for a scalar)."},
    {nullptr, nullptr, 0, nullptr},
};

template <class F>
void* slot(F* f) {
  return reinterpret_cast<void*>(f);
}

}  // namespace

PyObject* wrap(Tensor tensor) {
  if (!tensor) Py_RETURN_NONE;
  PyObject* self = allocate(tensor.is_symbolic() ? symbolic_tensor_type : eager_tensor_type);
  if (!self) throw PythonError{};
  TensorObject* object = self_of(self);
  new (&object->tensor) Tensor(std::move(tensor));
  object->dict = nullptr;
  object->weakrefs = nullptr;
  PyObject_GC_Track(self);
  return self;
}

PyObject* wrap(const std::vector<Tensor>& tensors) {
  Owned list(checked(PyList_New(Py_ssize_t(tensors.size()))));
  for (size_t i = 0; i < tensors.size(); ++i) PyList_SET_ITEM(list.get(), Py_ssize_t(i), tensors[i] ? checked(wrap(tensors[i])) : Py_NewRef(Py_None));
  return list.release();
}

PyTypeObject* make_type(const char* name, const char* module, int size, std::initializer_list<const PyType_Slot*> lists,
                        PyTypeObject* base, unsigned flags) {
  std::vector<PyType_Slot> slots;
  for (const PyType_Slot* list : lists)
    for (; list && list->slot; ++list) slots.push_back(*list);
  slots.push_back({0, nullptr});
  PyType_Spec spec{strdup(cat(module, ".", name).c_str()), size, 0, flags, slots.data()};  // the type keeps the name
  return reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpecWithBases(&spec, reinterpret_cast<PyObject*>(base))));
}

void make_tensor_types() {
  static PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("An immutable, dense, row-major array of one dtype.")},
      {Py_tp_dealloc, slot(deallocate)},     {Py_tp_traverse, slot(traverse)},
      {Py_tp_clear, slot(clear)},            {Py_tp_getset, getters},
      {Py_tp_members, members},              {Py_tp_methods, methods},
      {Py_tp_hash, slot(hash)},              {Py_tp_richcompare, slot(compare)},
      {Py_tp_iter, slot(iterate)},           {Py_mp_subscript, slot(subscript)},
      {Py_mp_length, slot(length)},          {Py_nb_bool, slot(is_true)},
      {Py_sq_length, slot(length)},          {Py_sq_item, slot(item)},
      {Py_bf_getbuffer, slot(get_buffer)},   {Py_bf_releasebuffer, slot(release_buffer)},
      {0, nullptr},
  };
  // The names are TensorFlow's: libraries recognise a tensor by its class's name and module.
  unsigned flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION;
  constexpr const char* kOps = "tensorflow.python.framework.ops";
  tensor_type = make_type("Tensor", "tensorflow.python.framework.tensor", sizeof(TensorObject), {slots, number_slots}, nullptr, flags);
  static PyType_Slot none[] = {{0, nullptr}};
  static PyType_Slot eager_slots[] = {{Py_tp_methods, eager_methods}, {0, nullptr}};
  unsigned inherited = flags & ~Py_TPFLAGS_HAVE_GC;  // with its functions, from the base
  eager_tensor_type = make_type("EagerTensor", kOps, sizeof(TensorObject), {eager_slots}, tensor_type, inherited);
  symbolic_tensor_type = make_type("SymbolicTensor", kOps, sizeof(TensorObject), {none}, tensor_type, inherited);
}

}  // namespace runnel::python
