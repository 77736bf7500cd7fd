// tf.Variable's type. Its constructor and most methods are Python's (runnel/_variable.py); here is what touches the state.
#include "python/call.h"

#include <structmember.h>

#include <unordered_map>

#include "python/held.h"
#include "python/tensor.h"
#include "python/tensor_index.h"
#include "runnel/base/error.h"
#include "runnel/ops/scatter.h"
#include "runnel/ops/state/variable_state.h"

namespace runnel::python {

PyTypeObject* variable_type = nullptr;

namespace {
PyTypeObject *variable_class = nullptr, *weight_class = nullptr;  // the package's subclasses tf.Variable and keras.Variable
}
void set_variable_class(PyObject* type) { variable_class = reinterpret_cast<PyTypeObject*>(Py_NewRef(type)); }
void set_weight_class(PyObject* type) { weight_class = reinterpret_cast<PyTypeObject*>(Py_NewRef(type)); }

namespace {

VariableObject* self_of(PyObject* self) { return reinterpret_cast<VariableObject*>(self); }

// The living Python object of each variable, so that a variable keeps its identity (and attributes) across the border.
std::unordered_map<const void*, PyObject*>& objects() {
  static auto& map = *new std::unordered_map<const void*, PyObject*>;
  return map;
}
const void* key_of(const Variable& variable) { return variable.handle().data<ResourceRef>()->get(); }

void forget(PyObject* self) {
  if (!variable_of(self)) return;
  auto it = objects().find(key_of(variable_of(self)));
  if (it != objects().end() && it->second == self) objects().erase(it);
}

void deallocate(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (self_of(self)->weakrefs) PyObject_ClearWeakRefs(self);
  forget(self);
  Py_CLEAR(self_of(self)->dict);
  self_of(self)->variable.~Variable();
  type->tp_free(self);
  Py_DECREF(type);
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(self_of(self)->dict);
  Py_VISIT(Py_TYPE(self));
  return 0;
}
int clear(PyObject* self) {
  Py_CLEAR(self_of(self)->dict);
  return 0;
}

PyObject* create(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* self = type->tp_alloc(type, 0);
  if (self) new (&self_of(self)->variable) Variable();
  return self;
}

// The tf.Variable holds its function, for Python sees no circle that goes through the state.
std::function<Tensor(const Tensor&)> constraint_of(PyObject* self) {
  Owned reference(checked(PyWeakref_NewRef(self, nullptr)));
  return [weak = Held(reference.get())](const Tensor& x) {
    return with_gil([&] {
      Owned owner(Py_NewRef(PyWeakref_GetObject(weak.get().ptr())));
      if (owner.get() == Py_None) fail<RuntimeError>("Variable", "the tf.Variable that holds the constraint is gone", {.hint = "keep it."});
      Owned function(checked(PyObject_GetAttrString(owner.get(), "_constraint"))), argument(wrap(x));
      Owned result(checked(PyObject_CallOneArg(function.get(), argument.get())));
      return to_tensor(result.get());
    });
  };
}

// _create(initial_value, trainable, name, dtype, shape, constraint, synchronization, aggregation), all given.
PyObject* initialize(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded([&]() -> PyObject* {
    if (count != 8) fail<TypeError>("Variable", "8 values are needed");
    VariableOptions options;
    if (args[1] != Py_None) options.trainable = to_bool(args[1]);
    options.name = to_string(args[2]);
    if (args[3] != Py_None) options.dtype = to_dtype(args[3]);
    if (args[4] != Py_None) options.shape = to_partial_shape(args[4]);
    checked(PyObject_SetAttrString(self, "_constraint", args[5]));
    if (args[5] != Py_None) options.constraint = constraint_of(self);
    options.synchronization = VariableSynchronization(to_int(args[6]));
    options.aggregation = VariableAggregation(to_int(args[7]));
    Tensor initial = to_tensor(args[0], options.dtype);
    forget(self);
    self_of(self)->variable = Variable(Operand(initial), options);
    objects()[key_of(variable_of(self))] = self;
    // TensorShape(None), given, lets later values have any shape.
    if (args[4] != Py_None && !options.shape.has_rank())
      variable_state(variable_of(self).handle(), "Variable").shape = PartialShape::unknown_rank();
    Py_RETURN_NONE;
  });
}

// _show(variable): this object shows that one's state, and does not stand for it.
PyObject* show(PyObject* self, PyObject* shown) {
  return guarded([&]() -> PyObject* {
    forget(self);
    self_of(self)->variable = variable_of(shown);
    Py_RETURN_NONE;
  });
}
PyObject* note_weight(PyObject* self, PyObject*) {
  notes_of(variable_of(self)).is_weight = true;
  Py_RETURN_NONE;
}

const Variable& checked_variable(PyObject* self) {
  const Variable& v = variable_of(self);
  if (!v) fail<RuntimeError>("Variable", "__init__ of tf.Variable has not been called");
  return v;
}

PyObject* value(PyObject* self, PyObject*) {
  return guarded([&] { return wrap(checked_variable(self).value()); });
}
PyObject* numpy(PyObject* self, PyObject*) {
  return guarded([&] { return numpy_of(checked_variable(self).value()); });
}

template <const Variable& (Variable::*Method)(const Operand&) const>
PyObject* change(PyObject* self, PyObject* argument) {
  return guarded([&]() -> PyObject* {
    const Variable& v = checked_variable(self);
    Tensor update = to_tensor(argument, v.dtype());
    without_gil(work_of(update), [&] { return (v.*Method)(update), 0; });
    Py_RETURN_NONE;
  });
}

template <const Variable& (Variable::*Method)(const Tensor&, const Operand&) const>
PyObject* scatter(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded([&]() -> PyObject* {
    if (count != 2) fail<TypeError>("scatter", "indices and updates are needed");
    const Variable& v = checked_variable(self);
    Tensor indices = to_tensor(args[0]), updates = to_tensor(args[1], v.dtype());
    without_gil(work_of(updates), [&] { return (v.*Method)(indices, updates), 0; });
    Py_RETURN_NONE;
  });
}

template <const Variable& (*Function)(const Variable&, const Tensor&, const Operand&)>
PyObject* scatter_by(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded([&]() -> PyObject* {
    if (count != 2) fail<TypeError>("scatter", "indices and updates are needed");
    const Variable& v = checked_variable(self);
    Function(v, to_tensor(args[0]), to_tensor(args[1], v.dtype()));
    Py_RETURN_NONE;
  });
}

PyObject* assign_slice(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return guarded([&]() -> PyObject* {
    if (count != 2) fail<TypeError>("assign", "an index and a value are needed");
    const Variable& v = checked_variable(self);
    SliceArguments spec = slice_arguments(args[0]);
    run(get_op("ResourceStridedSliceAssign"), {v.handle(), spec.begin, spec.end, spec.strides, to_tensor(args[1], v.dtype())},
        spec.masks());
    Py_RETURN_NONE;
  });
}

PyObject* set_trainable(PyObject* self, PyObject* argument) {
  return guarded([&]() -> PyObject* {
    checked_variable(self).set_trainable(to_bool(argument));
    Py_RETURN_NONE;
  });
}

PyObject* get_shape(PyObject* self, void*) {
  return guarded([&] { return wrap(checked_variable(self).shape()); });
}
PyObject* get_dtype(PyObject* self, void*) {
  return guarded([&] { return wrap(checked_variable(self).dtype()); });
}
PyObject* get_name(PyObject* self, void*) {
  return guarded([&] { return PyUnicode_FromString(checked_variable(self).name().c_str()); });
}
PyObject* get_trainable(PyObject* self, void*) {
  return guarded([&] { return PyBool_FromLong(checked_variable(self).trainable()); });
}
PyObject* get_handle(PyObject* self, void*) {
  return guarded([&] { return wrap(checked_variable(self).handle()); });
}
PyObject* get_synchronization(PyObject* self, void*) {
  return guarded([&] { return PyLong_FromLong(int(checked_variable(self).synchronization())); });
}
PyObject* get_aggregation(PyObject* self, void*) {
  return guarded([&] { return PyLong_FromLong(int(checked_variable(self).aggregation())); });
}
PyObject* get_id(PyObject* self, void*) {
  return guarded([&] { return PyLong_FromVoidPtr(const_cast<void*>(key_of(checked_variable(self)))); });
}

Py_ssize_t length(PyObject* self) {
  return guarded_int([&]() -> int {
    PartialShape shape = checked_variable(self).shape();
    if (shape.has_rank() && shape.rank() == 0) fail<TypeError>("", "Scalar tensor has no `len()`");
    if (!shape.has_rank() || shape[0] < 0) fail<TypeError>("", "the first dimension of the variable is not known");
    return int(shape[0]);
  });
}

Py_hash_t hash(PyObject* self) {
  Owned text(PyObject_Repr(self));
  if (text)
    PyErr_Format(PyExc_TypeError, "Variable is unhashable. Instead, use variable.ref() as the key. (Variable: %U)", text.get());
  return -1;
}

PyGetSetDef getters[] = {
    {"shape", get_shape, nullptr, "The static shape, a TensorShape.", nullptr},
    {"dtype", get_dtype, nullptr, "The dtype of the value.", nullptr},
    {"name", get_name, nullptr, "The name, \"w:0\".", nullptr},
    {"trainable", get_trainable, nullptr, "True where GradientTapes watch it.", nullptr},
    {"handle", get_handle, nullptr, "The resource tensor that operators take.", nullptr},
    {"_synchronization", get_synchronization, nullptr, nullptr, nullptr},
    {"_aggregation", get_aggregation, nullptr, nullptr, nullptr},
    {"_id", get_id, nullptr, "Identity of the state.", nullptr},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyMemberDef members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(VariableObject, dict), READONLY, nullptr},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(VariableObject, weakrefs), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

#define FAST(F) reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(F)), METH_FASTCALL
PyMethodDef methods[] = {
    {"_create", FAST(initialize), nullptr},
    {"_show", show, METH_O, nullptr},
    {"_note_weight", note_weight, METH_NOARGS, nullptr},
    {"value", value, METH_NOARGS, "A snapshot of the value, which later assignments do not change."},
    {"read_value", value, METH_NOARGS, "A snapshot of the value, which later assignments do not change."},
    {"numpy", numpy, METH_NOARGS, "The value as a NumPy array of its own."},
    {"_set_trainable", set_trainable, METH_O, nullptr},
    {"_assign", change<&Variable::assign>, METH_O, nullptr},
    {"_assign_add", change<&Variable::assign_add>, METH_O, nullptr},
    {"_assign_sub", change<&Variable::assign_sub>, METH_O, nullptr},
    {"_assign_slice", FAST(assign_slice), nullptr},
    {"_scatter_update", FAST(scatter<&Variable::scatter_update>), nullptr},
    {"_scatter_add", FAST(scatter<&Variable::scatter_add>), nullptr},
    {"_scatter_sub", FAST(scatter<&Variable::scatter_sub>), nullptr},
    {"_scatter_mul", FAST(scatter<&Variable::scatter_mul>), nullptr},
    {"_scatter_div", FAST(scatter<&Variable::scatter_div>), nullptr},
    {"_scatter_min", FAST(scatter<&Variable::scatter_min>), nullptr},
    {"_scatter_max", FAST(scatter<&Variable::scatter_max>), nullptr},
    {"_scatter_nd_update", FAST(scatter<&Variable::scatter_nd_update>), nullptr},
    {"_scatter_nd_add", FAST(scatter<&Variable::scatter_nd_add>), nullptr},
    {"_scatter_nd_sub", FAST(scatter<&Variable::scatter_nd_sub>), nullptr},
    {"_scatter_nd_min", FAST(scatter_by<scatter_nd_min>), nullptr},
    {"_scatter_nd_max", FAST(scatter_by<scatter_nd_max>), nullptr},
    {"_batch_scatter_update", FAST(scatter_by<batch_scatter_update>), nullptr},
    {nullptr, nullptr, 0, nullptr},
};
#undef FAST

template <class F>
void* slot(F* f) {
  return reinterpret_cast<void*>(f);
}

}  // namespace

PyObject* wrap(const Variable& variable) {
  if (!variable) Py_RETURN_NONE;
  PyObject*& object = objects()[key_of(variable)];
  if (object) return Py_NewRef(object);
  PyTypeObject* made = notes_of(variable).is_weight ? weight_class : variable_class;
  PyObject* self = checked(create(made ? made : variable_type, nullptr, nullptr));
  self_of(self)->variable = variable;
  return object = self;
}

void make_variable_type() {
  static PyType_Slot slots[] = {
      {Py_tp_new, slot(create)},           {Py_tp_dealloc, slot(deallocate)},
      {Py_tp_traverse, slot(traverse)},    {Py_tp_clear, slot(clear)},
      {Py_tp_getset, getters},             {Py_tp_members, members},
      {Py_tp_methods, methods},            {Py_tp_hash, slot(hash)},
      {Py_tp_richcompare, slot(compare)},  {Py_tp_iter, slot(iterate)},
      {Py_mp_length, slot(length)},        {Py_nb_bool, slot(is_true)},
      {0, nullptr},
  };
  unsigned flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE;
  variable_type = make_type("ResourceVariable", "tensorflow.python.ops.resource_variable_ops", sizeof(VariableObject),
                            {slots, number_slots}, nullptr, flags);
}

}  // namespace runnel::python
