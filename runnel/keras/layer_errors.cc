#include "runnel/keras/layer_errors.h"

#include <algorithm>

#include "runnel/base/rethrow.h"
#include "runnel/keras/axis_names.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/tensor_notes.h"
#include "runnel/keras/warn.h"

namespace runnel::inline v0::keras {

namespace {

constexpr std::string_view kBeginning = "Exception encountered when calling ";

bool has_channels_first(const LayerBody& layer) {
  std::optional<Config> format = layer.argument("data_format");
  return format && format->is_string() && format->as_string() == "channels_first";
}

std::string shapes_with_names(const std::vector<PartialShape>& shapes, bool channels_first) {
  std::vector<std::string> parts;
  for (const PartialShape& shape : shapes) parts.push_back(with_axis_names(shape, channels_first));
  return parts.size() == 1 ? parts[0] : cat("[", join(parts), "]");
}

std::vector<PartialShape> shapes_of(const Nest& inputs) {
  std::vector<PartialShape> out;
  for (const Tensor& t : inputs.flatten()) out.push_back(t.partial_shape());
  return out;
}

std::string tensor_text(const Tensor& t) {
  std::string inside = cat("shape=", to_text(t.partial_shape()), ", dtype=", t.dtype().name());
  return is_keras_tensor(t) ? cat("<KerasTensor ", inside, ">") : cat("tf.Tensor(", inside, ")");
}
std::string inputs_text(const Nest& inputs) {
  if (inputs.is_tensor()) return tensor_text(inputs.tensor());
  std::vector<std::string> parts;
  for (const Tensor& t : inputs.flatten()) parts.push_back(tensor_text(t));
  return cat("[", join(parts), "]");
}

// Only a layer with weights minds for what it was built.
std::string built_for(const LayerBody& layer, const std::vector<PartialShape>& given) {
  const std::vector<PartialShape>& built = layer.build_shapes();
  if (built.empty() || built.size() != given.size() || layer.weights().empty()) return "";
  std::vector<PartialShape> wanted = built;
  bool fits = true;
  for (size_t i = 0; i < built.size(); ++i) {
    if (!built[i].has_rank() || built[i].rank() == 0) return "";
    wanted[i].set_dim(0, PartialShape::kUnknown);
    fits = fits && wanted[i].is_compatible_with(given[i]);
  }
  return fits ? "" : cat("; the layer was built for ", shapes_with_names(wanted, has_channels_first(layer)));
}

std::string explained(const LayerBody& layer, const Nest& inputs, const CallArgs& args, const std::string& text) {
  if (text.starts_with(kBeginning)) return text;
  std::string call = cat(layer.class_name(), ".call()");
  std::vector<PartialShape> shapes = shapes_of(inputs);
  std::string training = args.training ? (*args.training ? "True" : "False") : "None";
  return cat(kBeginning, call, ".\n\n", text, "\nLayer: ", current_layer_path(), layer.made_at().empty() ? "" : ", made at ", layer.made_at(), ".\nInput: ",
             shapes_with_names(shapes, has_channels_first(layer)), built_for(layer, shapes), ".\nArguments received by ", call,
             ":\n  • inputs=", inputs_text(inputs), "\n  • training=", training);
}

}  // namespace

void rethrow_from(const LayerBody& layer, const Nest& inputs, const CallArgs& args) {
  ErrorText text = [&](const std::string& said) { return explained(layer, inputs, args, said); };
  if (has_binding()) binding().explain_error(text);
  rethrow_with(text);
}

void warn_of_unbuilt_parts(const LayerBody& layer) {
  const auto& parts = layer.sublayers();
  if (std::all_of(parts.begin(), parts.end(), [](const auto& part) { return part->built(); })) return;
  warn(cat("`build()` was called on layer '", layer.name(), "', however the layer does not have a `build()` method implemented and it looks like it has "
           "unbuilt state. This will cause the layer to be marked as built, despite not being actually built, which may cause failures down the line. Make "
           "sure to implement a proper `build()` method."));
}

void warn_of_lost_mask(const LayerBody& layer, const Nest& inputs) {
  const std::vector<Tensor> flat = inputs.flatten();
  if (std::none_of(flat.begin(), flat.end(), [](const Tensor& t) { return bool(mask_of(t)); })) return;
  warn(cat("Layer '", layer.name(), "' (of type ", layer.class_name(), ") was passed an input with a mask attached to it. However, this layer does not support "
           "masking and will therefore destroy the mask information. Downstream layers will not see the mask."));
}

}  // namespace runnel::inline v0::keras
