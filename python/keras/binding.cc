// C++ calls Python: overridden methods, functions as arguments, classes of one's own by name.
#include "python/keras/call_extras.h"
#include "python/keras/collected.h"
#include "python/keras/value.h"
#include "runnel/base/error.h"
#include "runnel/keras/collected.h"
#include "runnel/keras/keyword_function.h"
#include "runnel/keras/overrides.h"
#include "runnel/keras/saving/serialization.h"

namespace runnel::python {

namespace {

using keras::Value;
using keras::Wanted;

nb::handle instance_of(const KerasObject& object) { return static_cast<PyObject*>(object.foreign()); }

nb::tuple packed(std::span<const Value> arguments) {
  nb::list out;
  for (const Value& value : arguments) out.append(from_value(value));
  return nb::tuple(out);
}

// The data of a step: x alone stands for itself, as in Keras, unless it is a list.
nb::tuple packed_for(const char* method, std::span<const Value> arguments) {
  nb::tuple out = packed(arguments);
  if (!std::string_view(method).ends_with("_step") || out.size() != 1 || !PyTuple_Check(nb::object(out[0]).ptr())) return out;
  nb::tuple data = nb::tuple(out[0]);
  return data.size() == 1 && !is_sequence(nb::object(data[0]).ptr()) ? data : out;
}

/// A Python function, held until C++ lets go of it.
class PythonFunction final : public keras::KeywordFunction {
 public:
  explicit PythonFunction(nb::handle callable) : callable_(Py_NewRef(callable.ptr())) {}
  ~PythonFunction() override {
    if (!Py_IsInitialized()) return;
    HoldGil gil;
    Py_DECREF(callable_);
  }
  std::string name() const override {
    HoldGil gil;
    nb::object fallback = nb::handle(reinterpret_cast<PyObject*>(Py_TYPE(callable_))).attr("__name__");
    return nb::cast<std::string>(nb::getattr(callable_, "__name__", fallback));
  }
  using keras::KeywordFunction::call;
  Value call(std::span<const Value> arguments, const Keywords& keywords, Wanted wanted) const override {
    HoldGil gil;
    nb::dict named;
    for (const auto& [key, value] : keywords) named[key.c_str()] = from_value(value);
    return to_value(nb::handle(callable_)(*packed(arguments), **named), wanted);
  }
  bool takes(const std::string& parameter) const override {
    HoldGil gil;
    return nb::cast<bool>(keras_helper("_signature", "takes")(nb::handle(callable_), parameter));
  }
  Config serialized() const override {
    HoldGil gil;
    return to_config(keras_helper("_registry", "serialize_function")(nb::handle(callable_)));
  }
  void visit_owned(OwnedVisitor& visitor) const override { visitor.foreign(callable_); }
  nb::handle callable() const { return callable_; }

 private:
  PyObject* callable_;
};

// An attribute that holds an object, or a list with objects somewhere inside; nothing for other values.
std::optional<keras::SavedMember> saved_member(const std::string& name, nb::handle value, int depth) {
  constexpr int kMaxDepth = 32;  // a list may hold itself
  if (is_instance(value.ptr())) return keras::SavedMember{name, Ref<KerasObject>(&body_of(value)), {}};
  nb::object items = nb::borrow(value);
  if (PyDict_Check(value.ptr())) items = nb::list(value.attr("values")());
  else if (!PyList_Check(value.ptr()) && !PyTuple_Check(value.ptr())) return {};
  keras::SavedMember out{name, {}, {}};
  if (depth < kMaxDepth)
    for (nb::handle item : items)
      if (auto member = saved_member("", item, depth + 1)) out.items.push_back(std::move(*member));
  if (out.items.empty()) return {};
  return out;
}

// The text of an exception whose only argument it is, or of an operator's error.
void change_text(nb::handle exception, const ErrorText& text) {
  if (!PyObject_IsInstance(exception.ptr(), PyExc_Exception)) return;
  nb::object args = exception.attr("args");
  if (nb::hasattr(exception, "_message")) {
    std::string changed = text(nb::cast<std::string>(nb::str(exception)));
    exception.attr("_message") = changed;
    return;
  }
  if (nb::len(args) != 1 || !PyUnicode_Check(nb::object(args[0]).ptr())) return;
  exception.attr("args") = nb::make_tuple(text(nb::cast<std::string>(args[0])));
}

// The exception that Python's error indicator holds.
void change_indicated(const ErrorText& text) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  if (value) change_text(value, text);
  PyErr_Restore(type, value, trace);
}

// Scores or states that call() keeps for a later look; a NumPy number is an argument like others.
bool keeps_tensors(nb::handle value) {
  if (is_tensor(value.ptr()) || is_variable(value.ptr())) return true;
  return (is_sequence(value.ptr()) || PyDict_Check(value.ptr())) && holds_tensors(value);
}

class PythonBinding final : public keras::Binding {
 public:
  Value call(const KerasObject& self, const char* method, std::span<const Value> arguments, Wanted wanted) override {
    HoldGil gil;
    return to_value(instance_of(self).attr(method)(*packed_for(method, arguments)), wanted);
  }

  Nest call_layer(keras::LayerBody& self, const Nest& inputs, const keras::CallArgs& args) override {
    HoldGil gil;
    nb::handle instance = instance_of(self);
    nb::dict keywords = call_keywords(record_of(instance.type()), args);
    auto [first, more] = call_positionals(inputs, args);
    return to_nest(instance.attr("call")(first, *more, **keywords));
  }

  Value call_with_shapes(keras::LayerBody& self, const char* method, const Nest& inputs, const keras::CallArgs& args, Wanted wanted) override {
    HoldGil gil;
    nb::handle instance = instance_of(self);
    nb::dict shapes = call_shapes(record_of(instance.type()), inputs, args);
    return to_value(keras_helper("_signature", "call_with_shapes")(instance, method, shapes), wanted);
  }

  // Looked for where attributes are kept, not by asking for it: asking may come back here.
  std::optional<Config> attribute(const KerasObject& self, std::string_view name) override {
    HoldGil gil;
    nb::handle instance = instance_of(self);
    nb::object key = nb::str(name.data(), name.size()), found;
    if (nb::object kept = nb::getattr(instance, "__dict__", nb::none()); !kept.is_none() && kept.attr("__contains__")(key).equal(nb::bool_(true))) found = kept[key];
    else if (nb::hasattr(instance.type(), key)) found = nb::steal(PyObject_GenericGetAttr(instance.ptr(), key.ptr()));  // getattr() would ask here again
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_AttributeError)) throw nb::python_error();
    PyErr_Clear();
    if (!found.is_valid() || PyCallable_Check(found.ptr()) || keeps_tensors(found)) return {};
    return to_config(found);
  }

  Ref<RefCounted> find(const char* kind, const Config& identifier) override {
    keras::check_safe(identifier);
    HoldGil gil;
    nb::object registry = keras_helper("_registry", "find");
    nb::object found = registry(kind, from_config(identifier));
    if (found.is_none()) return nullptr;
    return to_config(found).as_object();
  }

  std::vector<keras::SavedMember> saved_members(const KerasObject& self) override {
    HoldGil gil;
    std::vector<keras::SavedMember> out;
    for (nb::handle item : nb::list(instance_of(self).attr("__dict__").attr("items")()))
      if (auto member = saved_member(nb::cast<std::string>(item[0]), item[1], 0)) out.push_back(std::move(*member));
    return out;
  }

  void explain_error(const ErrorText& text) override {
    HoldGil gil;
    try {
      throw;
    } catch (const nb::python_error& error) {
      change_text(error.value(), text);
    } catch (const PythonError&) {
      change_indicated(text);
    } catch (...) {  // C++'s own
    }
  }
};

}  // namespace

Ref<keras::Function> python_function(nb::handle callable) {
  auto function = make_ref<PythonFunction>(callable);
  keras::announce(function);
  return function;
}

nb::object callable_of(const Ref<RefCounted>& object) {
  auto* function = dynamic_cast<PythonFunction*>(object.get());
  return function ? nb::borrow(function->callable()) : nb::object();
}

void install_binding() {
  static PythonBinding& binding = *new PythonBinding;
  keras::set_binding(&binding);
  install_collector();
}

}  // namespace runnel::python
