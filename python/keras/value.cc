#include "python/keras/value.h"

#include "runnel/base/error.h"
#include "runnel/keras/losses/loss.h"

namespace runnel::python {

nb::object keras_helper(const char* module, const char* name) {
  return nb::module_::import_(cat("runnel.keras.", module).c_str()).attr(name);
}

namespace {

Config config_of_items(nb::handle items) {
  Config out = Config::list();
  for (nb::handle item : items) out.push_back(to_config(item));
  return out;
}

Config config_of_dict(nb::dict items) {
  Config out = Config::dict();
  for (auto [key, value] : items) out.set(nb::cast<std::string>(nb::str(key)), to_config(value));
  return out;
}

// Arrays, tensors and Variables are taken as numbers; a scalar is one number.
bool numeric_config(nb::handle object, Config& out) {
  if (is_tensor(object.ptr()) || is_variable(object.ptr())) return numeric_config(object.attr("numpy")(), out);
  if (!nb::hasattr(object, "tolist") || !nb::hasattr(object, "dtype")) return false;
  out = to_config(object.attr("tolist")());
  return true;
}

Config config_of_class(nb::handle type) {
  if (PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(type.ptr()), instance_type)) return to_config(type());
  return Config(Ref<RefCounted>(python_function(type)));
}

}  // namespace

Config to_config(nb::handle object) {
  PyObject* o = object.ptr();
  if (o == Py_None) return Config();
  if (PyBool_Check(o)) return Config(o == Py_True);
  if (PyLong_Check(o)) return Config(to_int(o));
  if (PyFloat_Check(o)) return Config(PyFloat_AS_DOUBLE(o));
  if (PyUnicode_Check(o)) return Config(to_string(o));
  if (is_instance(o)) return Config(Ref<RefCounted>(&body_of(object)));
  if (is_sequence(o)) return config_of_items(object);
  if (PyDict_Check(o)) return config_of_dict(nb::borrow<nb::dict>(object));
  if (PyType_Check(o)) return config_of_class(object);
  Config out;
  if (numeric_config(object, out)) return out;
  if (nb::hasattr(object, "__fspath__")) return to_config(object.attr("__fspath__")());
  if (nb::hasattr(object, "as_list")) return to_config(object.attr("as_list")());
  if (nb::hasattr(object, "_keras_config")) return to_config(object.attr("_keras_config")());
  if (nb::hasattr(object, "as_numpy_dtype")) return Config(nb::cast<std::string>(object.attr("name")));
  if (PyCallable_Check(o)) return Config(Ref<RefCounted>(python_function(object)));
  if (nb::hasattr(object, "__iter__")) return config_of_items(object);
  fail<TypeError>("", "a value cannot be an argument of Keras", {.got = nb::cast<std::string>(nb::repr(object))});
}

namespace {

template <class Base>
nb::object function_behind(KerasObject& object) {
  auto* made = dynamic_cast<keras::FromFunction<Base>*>(&object);
  return made ? callable_of(made->function()) : nb::object();
}

// An object that was made from a Python function is shown as that function.
nb::object from_object(KerasObject& object) {
  for (auto behind : {function_behind<keras::InitializerBody>, function_behind<keras::RegularizerBody>, function_behind<keras::ConstraintBody>,
                      function_behind<keras::LossBody>})
    if (nb::object function = behind(object); function.is_valid()) return function;
  return wrap(Ref<KerasObject>(&object));
}

}  // namespace

nb::object from_config(const Config& c) {
  if (c.is_bool()) return nb::bool_(c.as_bool());
  if (c.is_int()) return nb::int_(c.as_int());
  if (c.is_number()) return nb::float_(c.as_double());
  if (c.is_string()) return nb::str(c.as_string().c_str());
  if (c.is_object()) {
    if (nb::object callable = callable_of(c.as_object()); callable.is_valid()) return callable;
    if (auto* object = dynamic_cast<KerasObject*>(c.as_object().get())) return from_object(*object);
    return nb::none();
  }
  if (c.is_list()) {
    nb::list out;
    for (const Config& item : c.as_list()) out.append(from_config(item));
    return out;
  }
  if (!c.is_dict()) return nb::none();
  nb::dict out;
  for (const auto& [key, value] : c.as_dict()) out[key.c_str()] = from_config(value);
  return out;
}

namespace {
bool is_leaf_tensor(PyObject* o) { return is_tensor(o) || is_variable(o) || PyObject_HasAttrString(o, "__array__") || PyObject_HasAttrString(o, "__tf_tensor__"); }
}  // namespace

bool holds_tensors(nb::handle object) {
  if (is_sequence(object.ptr())) {
    for (nb::handle item : object)
      if (holds_tensors(item)) return true;
    return false;
  }
  if (PyDict_Check(object.ptr())) return holds_tensors(nb::list(object.attr("values")()));
  return object.ptr() != Py_None && is_leaf_tensor(object.ptr());
}

Nest to_nest(nb::handle object) {
  PyObject* o = object.ptr();
  if (is_tensor(o)) return tensor_of(o);
  if (o == Py_None) return {};
  if (PyDict_Check(o)) {
    Nest::Dict items;
    for (auto [key, value] : nb::borrow<nb::dict>(object)) items.emplace_back(nb::cast<std::string>(nb::str(key)), to_nest(value));
    return items;
  }
  if (!is_sequence(o) || (nb::len(object) > 0 && !holds_tensors(object))) return to_tensor(o);
  Nest::List items;
  for (nb::handle item : object) items.push_back(to_nest(item));
  return PyTuple_Check(o) ? Nest::tuple(std::move(items)) : Nest(std::move(items));
}

nb::object from_nest(const Nest& nest) {
  if (nest.is_tensor()) return nb::steal(wrap(nest.tensor()));
  if (nest.is_list()) {
    nb::list out;
    for (const Nest& item : nest.list()) out.append(from_nest(item));
    return nest.is_tuple() ? nb::object(nb::tuple(out)) : nb::object(out);
  }
  if (!nest.is_dict()) return nb::none();
  nb::dict out;
  for (const auto& [name, item] : nest.dict()) out[name.c_str()] = from_nest(item);
  return out;
}

nb::object packed_like(nb::handle like, const Nest& nest) {
  if (nest.is_tensor()) return nb::steal(wrap(nest.tensor()));
  if (is_sequence(like.ptr()) && nest.is_list() && nest.list().size() == nb::len(like)) {
    nb::list out;
    for (size_t i = 0; i < nb::len(like); ++i) out.append(packed_like(nb::object(like[i]), nest[i]));
    return nb::hasattr(like, "_fields") ? like.type()(*out) : PyTuple_Check(like.ptr()) ? nb::object(nb::tuple(out)) : nb::object(out);
  }
  return from_nest(nest);
}

nb::object shape_tuple(const PartialShape& shape) {
  if (!shape.has_rank()) return nb::none();
  nb::list sizes;
  for (int64_t d : shape) sizes.append(d < 0 ? nb::none() : nb::object(nb::int_(d)));
  return keras_helper("_shapes", "InputShape")(sizes);
}

nb::object shapes_object(const std::vector<PartialShape>& shapes) {
  if (shapes.size() == 1) return shape_tuple(shapes[0]);
  nb::list out;
  for (const PartialShape& shape : shapes) out.append(shape_tuple(shape));
  return out;
}

std::vector<PartialShape> to_shapes(nb::handle object) {
  std::vector<PartialShape> out;
  auto is_size = [](nb::handle item) { return item.is_none() || PyLong_Check(item.ptr()); };
  bool nested = PyDict_Check(object.ptr()) || (is_sequence(object.ptr()) && nb::len(object) > 0 && !is_size(nb::object(object[0])));
  if (!nested) return {to_partial_shape(object.ptr())};
  nb::object items = PyDict_Check(object.ptr()) ? nb::object(nb::list(object.attr("values")())) : nb::borrow(object);
  for (nb::handle item : items)
    for (PartialShape& shape : to_shapes(item)) out.push_back(std::move(shape));
  return out;
}

nb::object without_first(nb::handle shape) {
  nb::object rest = nb::list(shape);
  rest.attr("pop")(0);
  return rest;
}

nb::list variable_list(const std::vector<Variable>& variables) {
  nb::list out;
  for (const Variable& v : variables) out.append(nb::steal(wrap(v)));
  return out;
}
nb::list tensor_list(const std::vector<Tensor>& tensors) { return nb::steal<nb::list>(wrap(tensors)); }
nb::list arrays(const std::vector<Tensor>& tensors) {
  nb::list out;
  for (const Tensor& t : tensors) out.append(nb::steal(wrap(t)).attr("numpy")());
  return out;
}

namespace {
struct FromHeld {
  nb::object operator()(std::monostate) const { return nb::none(); }
  nb::object operator()(bool b) const { return nb::bool_(b); }
  nb::object operator()(int64_t n) const { return nb::int_(n); }
  nb::object operator()(const std::string& text) const { return nb::str(text.c_str()); }
  nb::object operator()(const Nest& nest) const { return from_nest(nest); }
  nb::object operator()(const keras::Value::Shapes& shapes) const { return shapes_object(shapes); }
  nb::object operator()(DType dtype) const { return nb::steal(runnel::python::wrap(dtype)); }
  nb::object operator()(const Variable& v) const { return nb::steal(runnel::python::wrap(v)); }
  nb::object operator()(const std::vector<Variable>& v) const { return variable_list(v); }
  nb::object operator()(const Config& config) const { return from_config(config); }
};
}  // namespace

nb::object from_value(const keras::Value& value) { return std::visit(FromHeld{}, value.held()); }

keras::Value to_value(nb::handle object, keras::Wanted wanted) {
  switch (wanted) {
    case keras::Wanted::kNothing: return {};
    case keras::Wanted::kNest: return to_nest(object);
    case keras::Wanted::kShapes: return to_shapes(object);
    case keras::Wanted::kConfig:
    case keras::Wanted::kNumber: return to_config(object);
  }
  return {};
}

}  // namespace runnel::python
