#include "python/keras/collected.h"

#include "python/keras/instance.h"
#include "runnel/keras/collected.h"

namespace runnel::python {

namespace {

void add_reference(void* object) {
  if (PyGILState_Check()) return Py_INCREF(static_cast<PyObject*>(object));
  HoldGil gil;
  Py_INCREF(static_cast<PyObject*>(object));
}
void drop_reference(void* object) {
  if (!Py_IsInitialized()) return;
  if (PyGILState_Check()) return Py_DECREF(static_cast<PyObject*>(object));
  HoldGil gil;
  Py_DECREF(static_cast<PyObject*>(object));
}

struct GarbageVisitor : OwnedVisitor {
  GarbageVisitor(visitproc visit, void* arg) : visit(visit), arg(arg) {}
  void foreign(void* object) override {
    if (result == 0) result = visit(static_cast<PyObject*>(object), arg);
  }
  visitproc visit;
  void* arg;
  int result = 0;
};

/// Stands for an object that Python code never sees: a node of a graph, a function on its C++ side.
struct StandIn {
  PyObject_HEAD
  RefCounted* object;
};
PyTypeObject* stand_in_type = nullptr;

RefCounted*& object_of(PyObject* self) { return reinterpret_cast<StandIn*>(self)->object; }

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  return visit_references(*object_of(self), visit, arg);
}

void deallocate(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  delete object_of(self);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

void make_stand_in_type() {
  static PyType_Slot slots[] = {
      {Py_tp_dealloc, reinterpret_cast<void*>(deallocate)}, {Py_tp_traverse, reinterpret_cast<void*>(traverse)}, {0, nullptr}};
  static PyType_Spec spec{"runnel._runnel.StandIn", sizeof(StandIn), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
  stand_in_type = reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&spec)));
}

void collect(const Ref<RefCounted>& object) {
  HoldGil gil;
  if (auto* known = dynamic_cast<KerasObject*>(object.get())) {
    wrap(Ref<KerasObject>(known));
    return;
  }
  PyObject* self = checked(reinterpret_cast<PyObject*>(PyObject_GC_New(StandIn, stand_in_type)));
  object_of(self) = object.get();
  object->set_foreign(&kCountedByPython, self);
  PyObject_GC_Track(self);
  Py_DECREF(self);
}

}  // namespace

const ForeignOwner kCountedByPython{add_reference, drop_reference};

int visit_references(const RefCounted& owner, visitproc visit, void* arg) {
  GarbageVisitor visitor(visit, arg);
  owner.visit_owned(visitor);
  return visitor.result;
}

void install_collector() {
  make_stand_in_type();
  keras::set_collector(collect);
}

}  // namespace runnel::python
