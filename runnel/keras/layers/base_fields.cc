#include "runnel/keras/layers/base_fields.h"

#include "runnel/keras/axis_names.h"
#include "runnel/keras/settings.h"
#include "runnel/ops/array.h"

namespace runnel::inline v0::keras {

namespace {

[[noreturn]] void incompatible(const LayerBody& layer, const std::string& problem, const PartialShape& shape, const PartialShape& wanted) {
  std::optional<Config> format = layer.argument("data_format");
  bool first = format && format->is_string() && format->as_string() == "channels_first";
  fail<ValueError>("", cat("Input 0 with name 'None' of layer '", layer.name(), "' is incompatible with the layer: ", problem, to_text(shape)),
                   {.expected = with_axis_names(wanted, first), .hint = shape_hint(shape, wanted)});
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return text;
}

}  // namespace

Config without(const Config& config, std::string_view name) {
  Config out = Config::dict();
  for (const auto& [key, value] : config.as_dict())
    if (key != name) out.set(key, value);
  return out;
}

void from_config(const Config& config, Unsupported&) {
  if (config.is_null() || (config.is_bool() && !config.as_bool())) return;
  fail<NotImplementedError>("", "This argument of the layer is not supported yet", {.got = config.to_json(), .expected = "null"});
}

Tensor computed(const LayerBody& layer, const Variable& weight) {
  Tensor value = weight.value();
  return value.dtype() == layer.compute_dtype() ? value : cast(value, layer.compute_dtype());
}

void check_min_rank(const LayerBody& layer, const PartialShape& shape, int min_rank) {
  if (!shape.has_rank() && !layer.built()) incompatible(layer, "its rank is undefined, but the layer requires a defined rank. Full shape received: ", shape, PartialShape::unknown_dims(min_rank));
  if (!shape.has_rank() || shape.rank() >= min_rank) return;
  incompatible(layer, cat("expected min_ndim=", min_rank, ", found ndim=", shape.rank(), ". Full shape received: "), shape, PartialShape::unknown_dims(min_rank));
}

void check_rank(const LayerBody& layer, const PartialShape& shape, int rank) {
  if (!shape.has_rank() || shape.rank() == rank) return;
  incompatible(layer, cat("expected ndim=", rank, ", found ndim=", shape.rank(), ". Full shape received: "), shape, PartialShape::unknown_dims(rank));
}

void check_axis(const LayerBody& layer, const PartialShape& shape, int axis, int64_t size) {
  if (!shape.has_rank() || shape.dim(axis) < 0 || shape.dim(axis) == size) return;
  PartialShape wanted = PartialShape::unknown_dims(shape.rank());
  wanted.set_dim(axis, size);
  incompatible(layer, cat("expected axis ", axis, " of input shape to have value ", size, ", but received input with shape "), shape, wanted);
}

std::string checked_data_format(const std::string& data_format) {
  std::string format = lower(data_format);
  if (format.empty()) return config::image_data_format();
  if (format == "channels_last" || format == "channels_first") return format;
  fail<ValueError>("", cat("The `data_format` argument must be one of {'channels_first', 'channels_last'}. Received: data_format=", data_format));
}

std::string checked_padding(const std::string& padding) {
  std::string checked = lower(padding);
  if (checked == "valid" || checked == "same") return checked;
  fail<ValueError>("", cat("The `padding` argument must be a list/tuple or one of {'same', 'valid'}. Received: ", padding));
}

}  // namespace runnel::inline v0::keras
