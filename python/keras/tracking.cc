#include "python/keras/tracking.h"

#include <algorithm>

#include "python/keras/value.h"
#include "runnel/base/error.h"
#include "runnel/keras/seed_states.h"
#include "runnel/keras/tracing.h"

namespace runnel::python {

namespace {

using keras::LayerBody;

// keras.random.SeedGenerator is a class of Python's; others may have its name.
void track_seeds_in(LayerBody& owner, nb::handle value) {
  if (std::string_view(Py_TYPE(value.ptr())->tp_name) != "SeedGenerator") return;
  nb::object state = nb::getattr(value, "state", nb::none());
  if (is_variable(state.ptr())) keras::track_seeds(owner, variable_of(state.ptr()));
}

void track_in(LayerBody& owner, nb::handle value) {
  if (is_variable(value.ptr())) {
    const Variable& v = variable_of(value.ptr());
    std::vector<Variable> own = owner.own_weights();
    bool known = std::any_of(own.begin(), own.end(), [&](const Variable& other) { return other.is(v); });
    if (!known) owner.track_variable(v, v.trainable());
    return;
  }
  if (!is_instance(value.ptr())) return track_seeds_in(owner, value);
  if (auto* layer = body_or_null<LayerBody>(value)) {
    if (layer != &owner && !owner.tracks(layer)) owner.track(Ref<LayerBody>(layer));
  } else {
    owner.track_object(Ref<KerasObject>(&body_of(value)));
  }
}

// The value as it is stored; containers inside are tracked as well.
nb::object tracked(nb::handle self, LayerBody& owner, nb::handle value) {
  if (PyList_CheckExact(value.ptr())) return keras_helper("_tracking", "TrackedList")(self, value);
  if (PyDict_CheckExact(value.ptr())) return keras_helper("_tracking", "TrackedDict")(self, value);
  if (PyTuple_Check(value.ptr()))
    for (nb::handle item : nb::borrow<nb::tuple>(value)) tracked(self, owner, item);
  else track_in(owner, value);
  return nb::borrow(value);
}

// A layer that call() makes anew every time would never learn.
void check_not_remade(const LayerBody& owner, nb::handle old, nb::handle value) {
  if (!value.is_valid() || !body_or_null<LayerBody>(old) || !body_or_null<LayerBody>(value) || !keras::is_in_call(owner)) return;
  fail<ValueError>("", cat("You cannot add new elements of state (variables or sub-layers) to a layer that is already built. All state must be created in "
                           "the `__init__()` method or in the `build()` method."),
                   {.got = cat("a new layer for an attribute of '", owner.name(), "' within its call()")});
}

// A built layer that owned a model around it would never be freed: their graph is none that Python sees through.
void check_not_around(LayerBody& owner, nb::handle value) {
  auto* around = value.is_valid() ? body_or_null<LayerBody>(value) : nullptr;
  if (!around || around == &owner || !owner.built()) return;
  std::vector<LayerBody*> inside = around->all_layers();
  if (std::find(inside.begin(), inside.end(), &owner) == inside.end()) return;
  fail<ValueError>("", "You cannot add new elements of state (variables or sub-layers) to a layer that is already built. All state must be created in "
                       "the `__init__()` method or in the `build()` method.",
                   {.got = cat("the model '", around->name(), "', which holds '", owner.name(), "', as an attribute of it"),
                    .hint = "keep it in a weakref.ref()."});
}

nb::object dict_of(nb::handle self) { return nb::getattr(self, "__dict__"); }

}  // namespace

void track_item(nb::handle owner, nb::handle value) { tracked(owner, body_as<LayerBody>(owner), value); }

void untrack_item(nb::handle owner, nb::handle value) {
  LayerBody& layer = body_as<LayerBody>(owner);
  if (is_variable(value.ptr())) return layer.untrack_variable(variable_of(value.ptr()));
  if (auto* below = body_or_null<LayerBody>(value)) layer.untrack(below);
  if (is_sequence(value.ptr()))
    for (nb::handle item : nb::borrow<nb::sequence>(value)) untrack_item(owner, item);
}

nb::object track_attribute(nb::handle self, nb::handle name, nb::handle value) {
  Instance* instance = reinterpret_cast<Instance*>(self.ptr());
  auto* owner = instance->body ? dynamic_cast<LayerBody*>(instance->body) : nullptr;
  if (!owner) return nb::borrow(value);
  check_not_around(*owner, value);
  nb::object old = dict_of(self).attr("get")(name);
  if (!old.is_none() && !old.is(value)) {
    check_not_remade(*owner, old, value);
    untrack_item(self, old);
  }
  return value.is_valid() ? tracked(self, *owner, value) : nb::object();
}

void track_earlier_attributes(nb::handle self) {
  auto* owner = body_or_null<LayerBody>(self);
  if (!owner) return;
  nb::object attributes = dict_of(self);
  for (nb::handle item : nb::list(attributes.attr("items")())) attributes[item[0]] = tracked(self, *owner, item[1]);
}

}  // namespace runnel::python
