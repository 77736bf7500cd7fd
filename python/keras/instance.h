// The Python side of Keras's objects. An instance owns the C++ body of its object; C++ counts its references on the
// instance, so that identity and attributes stay as long as either side holds it.
//
// Every class of the C++ tables is a Python class. A subclass written in Python gets a body that asks back for the methods
// which the subclass overrides (runnel/keras/overrides.h).
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>

#include "python/casters.h"
#include "runnel/keras/layer.h"

namespace runnel::python {

namespace nb = nanobind;
using keras::KerasObject;

struct Instance {
  PyObject_HEAD
  KerasObject* body;  ///< Set by __init__.
};

/// The root of all Keras classes: runnel.keras.KerasObject.
extern PyTypeObject* instance_type;
void make_instance_type(nb::module_& m);

inline bool is_instance(PyObject* object) { return PyObject_TypeCheck(object, instance_type); }
/// The body; Keras's RuntimeError where super().__init__() was not called.
KerasObject& body_of(nb::handle object);
/// nullptr where the object is none of Keras's, or of another kind.
template <class Body>
Body* body_or_null(nb::handle object) {
  return is_instance(object.ptr()) ? dynamic_cast<Body*>(&body_of(object)) : nullptr;
}
template <class Body>
Body& body_as(nb::handle object) {
  if (Body* body = body_or_null<Body>(object)) return *body;
  fail<TypeError>("", cat("an object of keras.", Body::kKind, " is needed"), {.got = Py_TYPE(object.ptr())->tp_name});
}
/// The instance of an object of C++, the same one while it lives.
nb::object wrap(const Ref<KerasObject>& object);
template <class Body>
nb::object wrap_object(const Ref<Body>& object) {
  return object ? wrap(Ref<KerasObject>(object)) : nb::none();
}

/// What is known of a Python class: the built-in one that it is or comes from, and what it overrides.
struct ClassRecord {
  const keras::KerasClass* builtin = nullptr;
  std::shared_ptr<const keras::ForeignClass> foreign;  ///< Unset for a built-in class.
  bool takes_training = false, takes_mask = false, takes_anything = false;  ///< By the signature of call().
  std::string first_parameter = "inputs";                                   ///< Of call(): what the inputs are named.
  std::vector<std::string> call_parameters;                                 ///< After the inputs.
};
const ClassRecord& record_of(nb::handle type);
/// Whether the object's class is written in Python and has that method (of its kind's kMethods) of its own.
inline bool overrides(const KerasObject& object, int method) {
  return object.foreign_class() && (object.foreign_class()->overridden >> method & 1);
}
/// Gives a new instance its body.
void attach(nb::handle self, Ref<KerasObject> body);

/// Builds a class: methods and properties are nanobind functions whose first argument is the instance.
class ClassBuilder {
 public:
  ClassBuilder(nb::handle base, const char* name, const std::string& module);
  template <class F, class... Extra>
  ClassBuilder& def(const char* name, F&& f, const Extra&... extra) {
    type_.attr(name) = nb::cpp_function(std::forward<F>(f), nb::name(name), nb::is_method(), extra...);
    return *this;
  }
  template <class Get>
  ClassBuilder& property(const char* name, Get&& get) {
    return add_property(name, nb::cpp_function(std::forward<Get>(get)), nb::none());
  }
  template <class Get, class Set>
  ClassBuilder& property(const char* name, Get&& get, Set&& set) {
    return add_property(name, nb::cpp_function(std::forward<Get>(get)), nb::cpp_function(std::forward<Set>(set)));
  }
  ClassBuilder& alias(const char* name, const char* of);
  nb::object type() const { return type_; }

 private:
  ClassBuilder& add_property(const char* name, nb::object get, nb::object set);
  nb::object type_;
};

/// The Python class of a C++ one; made by bind_keras for each row of the tables.
void register_builtin(nb::handle type, const keras::KerasClass* row);
nb::object builtin_class(const std::string& kind, const std::string& name);
/// The base class of a kind ("layers" -> Layer).
void register_base(const std::string& kind, nb::handle type);
nb::object base_class(const std::string& kind);

}  // namespace runnel::python

namespace nanobind::detail {

template <class T>
struct type_caster<T, enable_if_t<std::is_base_of_v<runnel::keras::KerasObject, T>>> {
  using Value = T;
  template <class>
  using Cast = T&;
  static constexpr auto Name = const_name("KerasObject");
  static constexpr bool IsClass = false;
  bool from_python(handle source, uint8_t, cleanup_list*) {
    value_ = runnel::python::body_or_null<T>(source);
    return value_ != nullptr;
  }
  template <class>
  bool can_cast() const {
    return true;
  }
  operator T&() { return *value_; }

 private:
  T* value_ = nullptr;
};

template <class T>
struct type_caster<runnel::Ref<T>, enable_if_t<std::is_base_of_v<runnel::keras::KerasObject, T>>> {
  NB_TYPE_CASTER(runnel::Ref<T>, const_name("KerasObject"))
  bool from_python(handle source, uint8_t, cleanup_list*) {
    value = runnel::Ref<T>(runnel::python::body_or_null<T>(source));
    return bool(value);
  }
  static handle from_cpp(const runnel::Ref<T>& object, rv_policy, cleanup_list*) { return runnel::python::wrap_object(object).release(); }
};

}  // namespace nanobind::detail
