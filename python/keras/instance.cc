#include "python/keras/instance.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <unordered_map>

#include "python/keras/collected.h"
#include "python/keras/construct.h"
#include "python/keras/docs.h"
#include "python/keras/tracking.h"
#include "python/keras/value.h"
#include "runnel/base/error.h"
#include "runnel/keras/layers/adaptable.h"
#include "runnel/keras/layers/rnn.h"
#include "runnel/keras/metrics/metric.h"

namespace runnel::python {

PyTypeObject* instance_type = nullptr;

namespace {

Instance* self_of(PyObject* self) { return reinterpret_cast<Instance*>(self); }

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  return self_of(self)->body ? visit_references(*self_of(self)->body, visit, arg) : 0;
}

int clear(PyObject* self) {
  if (KerasObject* body = self_of(self)->body) body->clear_owned();
  return 0;
}

void deallocate(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  delete std::exchange(self_of(self)->body, nullptr);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* create(PyTypeObject* type, PyObject*, PyObject*) { return type->tp_alloc(type, 0); }

int initialize(PyObject* self, PyObject* args, PyObject* keywords) {
  return guarded_int([&] {
    construct(self, nb::borrow<nb::args>(args), keywords ? nb::borrow<nb::kwargs>(keywords) : nb::kwargs());
    return 0;
  });
}

// An own weight ("kernel"), a layer inside ("cell"), or nullptr.
PyObject* part_of_layer(const keras::LayerBody& layer, std::string name) {
  if (auto* adaptable = dynamic_cast<const keras::AdaptableBody*>(&layer)) {
    if (Tensor used = adaptable->weight_in_use(name)) return wrap(used);
    if (name == "_kernel" || name == "_embeddings") name.erase(0, 1);  // as it is kept
  }
  for (const Variable& v : layer.own_weights())
    if (v.name().ends_with("/" + name + ":0")) return wrap(v);
  for (const keras::SavedMember& member : layer.LayerBody::named_members())
    if (member.attribute == name && member.object) return wrap(member.object).release().ptr();
  auto* recurrent = dynamic_cast<const keras::RecurrentBody*>(&layer);
  return recurrent && name == "states" ? variable_list(recurrent->states()).release().ptr() : nullptr;
}

// A part of a layer, or an argument ("units").
PyObject* fallback_attribute(KerasObject& body, const std::string& name) {
  if (auto* layer = dynamic_cast<keras::LayerBody*>(&body))
    if (PyObject* part = part_of_layer(*layer, name)) return part;
  if (auto* metric = dynamic_cast<keras::MetricBody*>(&body))
    for (const Variable& v : metric->variables())
      if (v.name() == name + ":0" || v.name().ends_with("/" + name + ":0")) return wrap(v);
  std::optional<Config> argument = body.argument(name);
  if (!argument && name == "activity_regularizer") return Py_NewRef(Py_None);  // every layer of Keras's has one, or none
  if (!argument) return nullptr;
  return argument_object(name, *argument).release().ptr();
}

PyObject* get_attribute(PyObject* self, PyObject* name) {
  PyObject* found = PyObject_GenericGetAttr(self, name);
  bool is_special = found || PyUnicode_Tailmatch(name, Owned(PyUnicode_FromString("__")).get(), 0, 2, -1) == 1;  // Python's own
  if (is_special || !self_of(self)->body || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
  nb::python_error missing;
  return guarded([&]() -> PyObject* {
    if (PyObject* other = fallback_attribute(*self_of(self)->body, to_string(name))) return other;
    missing.restore();
    return nullptr;
  });
}

int set_attribute(PyObject* self, PyObject* name, PyObject* value) {
  return guarded_int([&] {
    PyObject* descriptor = _PyType_Lookup(Py_TYPE(self), name);
    if (descriptor && Py_TYPE(descriptor)->tp_descr_set) return PyObject_GenericSetAttr(self, name, value);
    if (value && self_of(self)->body && set_argument(self, to_string(name), value)) return 0;
    nb::object tracked = track_attribute(self, name, value);
    return PyObject_GenericSetAttr(self, name, tracked.ptr());
  });
}

// Classes.
std::unordered_map<PyTypeObject*, const keras::KerasClass*>& builtins() {
  static auto& map = *new std::unordered_map<PyTypeObject*, const keras::KerasClass*>;
  return map;
}
std::unordered_map<std::string, nb::object>& classes() {
  static auto& map = *new std::unordered_map<std::string, nb::object>;
  return map;
}

PyTypeObject* builtin_base(PyTypeObject* type) {
  for (nb::handle base : nb::borrow<nb::tuple>(type->tp_mro))
    if (builtins().count(reinterpret_cast<PyTypeObject*>(base.ptr()))) return reinterpret_cast<PyTypeObject*>(base.ptr());
  fail<TypeError>(type->tp_name, "is not derived from a class of Keras");
}

uint32_t overridden_methods(PyTypeObject* type, PyTypeObject* builtin, std::span<const char* const> methods) {
  uint32_t bits = 0;
  for (size_t i = 0; i < methods.size(); ++i) {
    nb::str name(methods[i]);
    if (_PyType_Lookup(type, name.ptr()) != _PyType_Lookup(builtin, name.ptr())) bits |= 1u << i;
  }
  return bits;
}

void read_signature(ClassRecord& record, nb::handle type) {
  nb::object call = nb::getattr(type, "call", nb::none());
  if (call.is_none() || !record.foreign) return;
  auto [names, anything] = nb::cast<std::pair<std::vector<std::string>, bool>>(keras_helper("_signature", "call_parameters")(type));
  record.takes_anything = anything;
  if (!names.empty()) record.first_parameter = names[0];
  for (const std::string& name : std::span(names).subspan(std::min<size_t>(names.size(), 1))) {
    record.takes_training |= name == "training";
    record.takes_mask |= name == "mask";
    record.call_parameters.push_back(name);
  }
}

ClassRecord* make_record(PyTypeObject* type) {
  auto record = std::make_unique<ClassRecord>();
  PyTypeObject* builtin = builtin_base(type);
  record->builtin = builtins()[builtin];
  if (builtin != type) {
    auto foreign = std::make_shared<keras::ForeignClass>();
    foreign->name = nb::cast<std::string>(nb::handle(reinterpret_cast<PyObject*>(type)).attr("__name__"));
    foreign->module = nb::cast<std::string>(nb::handle(reinterpret_cast<PyObject*>(type)).attr("__module__"));
    foreign->registered_name = nb::cast<std::string>(keras_helper("_registry", "registered_name")(nb::handle(reinterpret_cast<PyObject*>(type))));
    foreign->overridden = overridden_methods(type, builtin, record->builtin->methods);
    record->foreign = std::move(foreign);
  }
  read_signature(*record, reinterpret_cast<PyObject*>(type));
  return record.release();
}

}  // namespace

const ClassRecord& record_of(nb::handle type) {
  auto* cls = reinterpret_cast<PyTypeObject*>(type.ptr());
  if (PyObject* known = PyDict_GetItemString(cls->tp_dict, "_keras_record")) return *static_cast<ClassRecord*>(PyCapsule_GetPointer(known, nullptr));
  ClassRecord* record = make_record(cls);
  type.attr("_keras_record") = nb::capsule(record, [](void* p) noexcept { delete static_cast<ClassRecord*>(p); });
  return *record;
}

void make_instance_type(nb::module_& m) {
  auto slot = [](auto* f) { return reinterpret_cast<void*>(f); };
  static PyType_Slot slots[] = {
      {Py_tp_new, slot(create)},           {Py_tp_init, slot(initialize)},      {Py_tp_dealloc, slot(deallocate)},
      {Py_tp_traverse, slot(traverse)},    {Py_tp_clear, slot(clear)},          {Py_tp_getattro, slot(get_attribute)},
      {Py_tp_setattro, slot(set_attribute)}, {0, nullptr},
  };
  static PyType_Spec spec{"runnel._runnel.KerasObject", sizeof(Instance), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE, slots};
  instance_type = reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&spec)));
  m.attr("KerasObject") = nb::borrow(reinterpret_cast<PyObject*>(instance_type));
}

namespace {
// Kinds whose subclasses need not call super().__init__(), as in Keras.
bool is_optional_init(const char* kind) {
  for (const char* lenient : {"initializers", "regularizers", "constraints", "schedules", "callbacks", "losses", "quantizers"})
    if (!std::strcmp(kind, lenient)) return true;
  return false;
}
}  // namespace

KerasObject& body_of(nb::handle object) {
  if (!self_of(object.ptr())->body && is_optional_init(record_of(object.type()).builtin->kind)) construct(object, nb::args(), nb::kwargs());
  KerasObject* body = self_of(object.ptr())->body;
  if (body) return *body;
  const char* name = Py_TYPE(object.ptr())->tp_name;
  fail<RuntimeError>("", cat("In layer '", name, "', you forgot to call `super().__init__()` in the `__init__()` method. Go add it!"));
}

void attach(nb::handle self, Ref<KerasObject> body) {
  Instance* instance = self_of(self.ptr());
  if (instance->body) fail<RuntimeError>("", cat(Py_TYPE(self.ptr())->tp_name, ".__init__() was called twice"));
  instance->body = body.get();
  body->set_foreign(&kCountedByPython, self.ptr());
}

nb::object wrap(const Ref<KerasObject>& object) {
  if (object->foreign()) return nb::borrow(static_cast<PyObject*>(object->foreign()));
  std::string module = object->module(), kind = module.substr(module.rfind('.') + 1);
  nb::object type = builtin_class(kind, object->class_name());
  auto* cls = reinterpret_cast<PyTypeObject*>(type.ptr());
  nb::object self = nb::steal(checked(cls->tp_alloc(cls, 0)));
  attach(self, object);
  return self;
}

void register_builtin(nb::handle type, const keras::KerasClass* row) {
  builtins()[reinterpret_cast<PyTypeObject*>(type.ptr())] = row;
  classes()[cat(row->kind, ".", row->name)] = nb::borrow(type);
}
void register_base(const std::string& kind, nb::handle type) { classes()[kind] = nb::borrow(type); }

nb::object base_class(const std::string& kind) {
  auto found = classes().find(kind);
  if (found == classes().end()) fail<TypeError>("keras", cat("no classes of kind '", kind, "'"));
  return found->second;
}
nb::object builtin_class(const std::string& kind, const std::string& name) {
  auto found = classes().find(cat(kind, ".", name));
  return found != classes().end() ? found->second : base_class(kind);
}

ClassBuilder::ClassBuilder(nb::handle base, const char* name, const std::string& module) {
  nb::dict contents;
  contents["__module__"] = nb::str(module.c_str());
  if (const char* text = keras_doc(name, module.c_str() + module.rfind('.') + 1)) contents["__doc__"] = nb::str(text);
  type_ = nb::borrow(reinterpret_cast<PyObject*>(&PyType_Type))(nb::str(name), nb::make_tuple(base), contents);
}
ClassBuilder& ClassBuilder::alias(const char* name, const char* of) {
  type_.attr(name) = type_.attr(of);
  return *this;
}
ClassBuilder& ClassBuilder::add_property(const char* name, nb::object get, nb::object set) {
  type_.attr(name) = nb::borrow(reinterpret_cast<PyObject*>(&PyProperty_Type))(get, set);
  return *this;
}

}  // namespace runnel::python
