#include "runnel/keras/input_spec.h"

#include <algorithm>

#include "runnel/base/error.h"

namespace runnel::inline v0::keras {

Config to_config(const AxisSizes& axes) {
  Config out = Config::dict();
  for (auto [axis, size] : axes) out.set(to_text(axis), size);
  return out;
}
void from_config(const Config& config, AxisSizes& out) {
  out.clear();
  if (config.is_null()) return;
  for (const auto& [axis, size] : config.as_dict())
    if (!size.is_null()) out.emplace_back(std::stoll(axis), size.as_int());
}

Config to_config(const std::vector<InputSpec>& specs) {
  Config out = Config::list();
  for (const InputSpec& spec : specs) out.push_back(fields_to_config(spec));
  return out;
}
void from_config(const Config& config, std::vector<InputSpec>& out) {
  out.clear();
  if (config.is_null()) return;
  for (const Config& item : config.as_list()) out.push_back(item.is_null() ? InputSpec() : fields_from_config<InputSpec>(item, "InputSpec"));
}

namespace {

/// The specs of a layer are one of the objects that it holds.
struct HeldSpecs : KerasObject {
  std::vector<InputSpec> specs;
  std::string class_name() const override { return "InputSpec"; }
  std::string module() const override { return "keras"; }
};
HeldSpecs* held_specs(const LayerBody& layer) {
  for (const Ref<KerasObject>& object : layer.tracked_objects())
    if (auto* held = dynamic_cast<HeldSpecs*>(object.get())) return held;
  return nullptr;
}

}  // namespace

const std::vector<InputSpec>& input_spec(const LayerBody& layer) {
  static const std::vector<InputSpec> none;
  HeldSpecs* held = held_specs(layer);
  return held ? held->specs : none;
}

void set_input_spec(LayerBody& layer, std::vector<InputSpec> specs) {
  HeldSpecs* held = held_specs(layer);
  if (!held) {
    auto made = make_ref<HeldSpecs>();
    held = made.get();
    layer.track_object(made);
  }
  held->specs = std::move(specs);
}

namespace {

/// One input against its spec.
struct Check {
  const InputSpec& spec;
  size_t index;
  const std::string& layer;

  [[noreturn]] void differs(const std::string& problem) const {
    fail<ValueError>("", cat("Input ", index, " with name '", spec.name.empty() ? "None" : spec.name, "' of layer '", layer,
                             "' is incompatible with the layer: ", problem));
  }
  void ranks(const PartialShape& shape) const {
    int64_t rank = shape.rank();
    std::optional<int64_t> wanted = spec.shape.is_set() ? spec.shape.shape().rank() : spec.ndim;
    std::string whole = cat(". Full shape received: ", to_text(shape));
    if (wanted && !spec.allow_last_axis_squeeze && rank != *wanted) differs(cat("expected ndim=", *wanted, ", found ndim=", rank, whole));
    if (spec.max_ndim && rank > *spec.max_ndim) differs(cat("expected max_ndim=", *spec.max_ndim, ", found ndim=", rank));
    if (spec.min_ndim && rank < *spec.min_ndim) differs(cat("expected min_ndim=", *spec.min_ndim, ", found ndim=", rank, whole));
  }
  void sizes_of_axes(const PartialShape& shape) const {
    for (auto [axis, size] : spec.axes)
      if (int64_t found = shape.dim(int(axis)); found >= 0 && found != size)
        differs(cat("expected axis ", axis, " of input shape to have value ", size, ", but received input with shape ", to_text(shape)));
  }
  void sizes(PartialShape shape) const {
    if (!spec.shape.is_set()) return;
    PartialShape wanted = spec.shape.shape();
    for (PartialShape* s : {&shape, &wanted})
      if (spec.allow_last_axis_squeeze && s->rank() > 0 && s->dim(-1) == 1) *s = s->slice(0, s->rank() - 1);
    for (int i = 0; i < std::min(wanted.rank(), shape.rank()); ++i)
      if (wanted[i] >= 0 && shape[i] >= 0 && wanted[i] != shape[i])
        differs(cat("expected shape=", to_text(spec.shape.shape()), ", found shape=", to_text(shape)));
  }
  void all(const Tensor& x) const {
    PartialShape shape = x.partial_shape();
    if (shape.has_rank()) ranks(shape);
    if (spec.dtype && x.dtype() != spec.dtype) differs(cat("expected dtype=", spec.dtype.name(), ", found dtype=", x.dtype().name()));
    if (!shape.has_rank()) return;
    sizes_of_axes(shape);
    sizes(shape);
  }
};

bool all_named(const std::vector<InputSpec>& specs) {
  return std::none_of(specs.begin(), specs.end(), [](const InputSpec& s) { return s.name.empty(); });
}

std::string keys_text(const Nest& inputs) {
  std::vector<std::string> keys;
  for (const auto& [key, item] : inputs.dict()) keys.push_back("'" + key + "'");
  return cat("[", join(keys, ", "), "]");
}
std::string names_text(const std::vector<InputSpec>& specs) {
  std::vector<std::string> names;
  for (const InputSpec& spec : specs) names.push_back("'" + spec.name + "'");
  return cat("[", join(names, ", "), "]");
}

// The leaves in the order of the specs; None stays as an empty tensor.
void leaves(const Nest& nest, std::vector<Tensor>& out) {
  if (nest.is_tensor() || !nest) return out.push_back(nest ? nest.tensor() : Tensor());
  if (nest.is_list())
    for (const Nest& item : nest.list()) leaves(item, out);
  if (nest.is_dict())
    for (const auto& [key, item] : nest.dict()) leaves(item, out);
}
std::vector<Tensor> inputs_in_order(const std::vector<InputSpec>& specs, const Nest& inputs) {
  std::vector<Tensor> out;
  if (!inputs.is_dict() || !all_named(specs)) return leaves(inputs, out), out;
  for (const InputSpec& spec : specs) {
    auto found = std::find_if(inputs.dict().begin(), inputs.dict().end(), [&](const auto& item) { return item.first == spec.name; });
    if (found == inputs.dict().end())
      fail<ValueError>("", cat("Missing data for input \"", spec.name, "\". You passed a data dictionary with keys ", keys_text(inputs),
                               ". Expected the following keys: ", names_text(specs)));
    leaves(found->second, out);
  }
  return out;
}

}  // namespace

void check_inputs(const std::vector<InputSpec>& specs, const Nest& inputs, const std::string& layer_name) {
  if (specs.empty()) return;
  if (specs.size() == 1 && inputs.is_tensor()) return Check{specs[0], 0, layer_name}.all(inputs.tensor());
  std::vector<Tensor> given = inputs_in_order(specs, inputs);
  if (given.size() != specs.size())
    fail<ValueError>("", cat("Layer \"", layer_name, "\" expects ", specs.size(), " input(s), but it received ", given.size(), " input tensors. Inputs received: ", shapes_text(inputs)));
  for (size_t i = 0; i < specs.size(); ++i) {
    if (!given[i] && specs[i].optional) continue;
    if (!given[i]) fail<ValueError>("", cat("Inputs to a layer should be tensors. Got 'None' as input for layer '", layer_name, "'."));
    Check{specs[i], i, layer_name}.all(given[i]);
  }
}

}  // namespace runnel::inline v0::keras
