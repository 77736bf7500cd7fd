#include "python/keras/call_extras.h"

#include "runnel/base/error.h"

namespace runnel::python {

namespace {

/// Python's own form of the arguments; tensors among them may be replaced when a functional model runs.
class Extras final : public RefCounted {
 public:
  explicit Extras(nb::dict items) : items_(items.release().ptr()) {}
  ~Extras() override {
    if (!Py_IsInitialized()) return;
    HoldGil gil;
    Py_DECREF(items_);
  }
  void visit_owned(OwnedVisitor& visitor) const override { visitor.foreign(items_); }
  nb::dict items() const { return nb::borrow<nb::dict>(items_); }

 private:
  PyObject* items_;
};

bool is_positional(const std::string& name) { return name[0] == '*'; }

const Nest* find(const Nest::Dict& more, const std::string& name) {
  for (const auto& [key, nest] : more)
    if (key == name) return &nest;
  return nullptr;
}

// Positional arguments get the names of call()'s parameters; those of *args are numbered.
nb::dict named(nb::handle self, nb::args args, nb::kwargs keywords, size_t skip) {
  const ClassRecord& record = record_of(self.type());
  const auto& layer = body_as<keras::LayerBody>(self);
  const bool own_call = overrides(layer, keras::OverridableLayer<keras::LayerBaseBody>::kCall);
  std::vector<std::string> names = own_call ? record.call_parameters : layer.call_arguments();
  nb::dict out;
  for (size_t i = skip; i < args.size(); ++i) {
    size_t at = i - skip;
    if (at >= names.size() && !own_call)
      fail<TypeError>("", cat(Py_TYPE(self.ptr())->tp_name, ".call() takes at most ", names.size() + 1, " positional arguments but ", args.size(), " were given"));
    out[at < names.size() ? names[at].c_str() : cat("*", at).c_str()] = args[i];
  }
  for (auto [key, value] : keywords) out[key] = value;
  return out;
}

// What a file can hold.
bool is_plain(nb::handle value) {
  PyObject* o = value.ptr();
  if (PyDict_Check(o)) return is_plain(nb::list(value.attr("values")()));
  if (PyList_Check(o) || PyTuple_Check(o)) {
    for (nb::handle item : value)
      if (!is_plain(item)) return false;
    return true;
  }
  return o == Py_None || PyBool_Check(o) || PyLong_Check(o) || PyFloat_Check(o) || PyUnicode_Check(o);
}

std::optional<bool> training_of(nb::dict& items) {
  nb::object given = items.attr("pop")("training", nb::none());
  if (given.is_none()) return {};
  return nb::cast<bool>(nb::bool_(given));
}

}  // namespace

keras::CallArgs make_call_args(nb::handle self, nb::args args, nb::kwargs keywords, size_t skip) {
  keras::CallArgs out;
  if (args.size() == skip && keywords.size() == 0) return out;
  nb::dict items = named(self, args, keywords, skip);
  out.training = training_of(items);
  nb::object mask = items.attr("pop")("mask", nb::none());
  if (!mask.is_none() && (is_tensor(mask.ptr()) || nb::hasattr(mask, "__array__"))) out.mask = to_tensor(mask.ptr());
  else if (holds_tensors(mask)) out.more.emplace_back("mask", to_nest(mask));
  bool foreign = bool(record_of(self.type()).foreign);
  for (auto [key, value] : items) {
    std::string name = nb::cast<std::string>(key);
    if (holds_tensors(value)) out.more.emplace_back(name, to_nest(value));
    else if (!foreign || (is_plain(value) && !is_positional(name))) out.options.emplace_back(name, to_config(value));
  }
  if (items.size() > 0) out.foreign = make_ref<Extras>(items);
  return out;
}

nb::dict call_keywords(const ClassRecord& record, const keras::CallArgs& args) {
  nb::dict out;
  if (auto* extras = dynamic_cast<Extras*>(args.foreign.get()))
    for (auto [key, value] : extras->items()) {
      std::string name = nb::cast<std::string>(key);
      if (is_positional(name)) continue;
      const Nest* replaced = find(args.more, name);
      out[key] = replaced ? packed_like(value, *replaced) : nb::borrow(value);
    }
  else {
    for (const auto& [name, nest] : args.more)
      if (!is_positional(name)) out[name.c_str()] = from_nest(nest);
    for (const auto& [name, value] : args.options)
      if (!is_positional(name)) out[name.c_str()] = from_config(value);
  }
  if (record.takes_training && args.training) out["training"] = *args.training;
  if (record.takes_mask && args.mask) out["mask"] = nb::steal(wrap(args.mask));
  return out;
}

std::pair<nb::object, nb::list> call_positionals(const Nest& inputs, const keras::CallArgs& args) {
  nb::list more;
  if (auto* extras = dynamic_cast<Extras*>(args.foreign.get()))
    for (auto [key, value] : extras->items()) {
      std::string name = nb::cast<std::string>(key);
      const Nest* replaced = find(args.more, name);
      if (is_positional(name)) more.append(replaced ? packed_like(value, *replaced) : nb::borrow(value));
    }
  else
    for (const auto& [name, nest] : args.more)
      if (is_positional(name)) more.append(from_nest(nest));
  return {from_nest(inputs), more};
}

namespace {
nb::object shapes_in_structure(const Nest& nest) {
  if (nest.is_dict()) {
    nb::dict out;
    for (const auto& [key, item] : nest.dict()) out[key.c_str()] = shapes_in_structure(item);
    return out;
  }
  if (!nest.is_list()) return nest ? shape_tuple(nest.tensor().partial_shape()) : nb::none();
  nb::list out;
  for (const Nest& item : nest.list()) out.append(shapes_in_structure(item));
  if (nest.is_tuple()) return nb::tuple(out);
  return out;
}
}  // namespace

nb::dict call_shapes(const ClassRecord& record, const Nest& inputs, const keras::CallArgs& args) {
  nb::dict out;
  out[cat(record.first_parameter, "_shape").c_str()] = shapes_in_structure(inputs);
  for (const auto& [name, nest] : args.more)
    if (!is_positional(name) && name != "mask") out[cat(name, "_shape").c_str()] = shapes_in_structure(nest);
  return out;
}

}  // namespace runnel::python
