#include "runnel/keras/quantizers.h"

#include "runnel/base/pattern.h"
#include "runnel/keras/layers/adaptable.h"
#include "runnel/keras/model.h"
#include "runnel/keras/model_steps.h"
#include "runnel/keras/saving/hooks.h"
#include "runnel/keras/warn.h"

namespace runnel::inline v0::keras {

Config QuantizerBaseBody::get_config() const {
  fail<NotImplementedError>("", cat("<", class_name(), " object> does not implement get_config()"));
}

AbsMaxQuantizerBody::AbsMaxQuantizerBody(const AbsMaxQuantizerOptions& options) : BodyWith(options) {
  const std::vector<int64_t>& range = options.value_range;
  bool fits = range.size() == 2 && range[0] >= -128 && range[1] <= 127;
  if (options.output_dtype == "int8" && !fits)
    fail<ValueError>("", cat("Quantizer with output_dtype='int8' requires value_range to be within the interval [-128, 127]. Received: value_range=(",
                             join(range), ")"));
}

Results AbsMaxQuantizerBody::call(const Tensor& x, const Axes& axis) {
  Axes along = !axis.is_all() ? axis : options_.axis.is_set() ? Axes(options_.axis.values()) : Axes(-1);
  return quantizers::abs_max_quantize(x, along, options_.value_range, DType::from_name(options_.output_dtype), options_.epsilon);
}

Config AbsMaxQuantizerBody::get_config() const {
  Config config = fields_to_config(options_), out = Config::dict();
  for (const auto& [name, value] : config.as_dict())
    if (name != "axis" || !value.is_null()) out.set(name, value);
  return out;
}

Config to_config(const ActivationQuantizer& value) { return value.usual ? Config("default") : to_config(value.quantizer); }
Config live(const ActivationQuantizer& value) { return live(value.quantizer); }
void from_config(const Config& c, ActivationQuantizer& out) {
  out = {.usual = c.is_string() && c.as_string() == "default"};
  if (!out.usual) from_config(c, out.quantizer);
}

std::string QuantizationConfigBaseBody::mode() const {
  fail<NotImplementedError>("", "Subclasses must implement this property. Do not instantiate QuantizationConfig directly.");
}

namespace {

void expect_int8(const char* name, const Quantizer& quantizer) {
  if (!quantizer || quantizer.body()->output_dtype() == "int8") return;
  fail<ValueError>("", cat(name, " requires a weight_quantizer with output_dtype='int8'. Received: output_dtype=", quantizer.body()->output_dtype()));
}

}  // namespace

Int8QuantizationConfigBody::Int8QuantizationConfigBody(const Int8QuantizationConfigOptions& options) : QuantizationConfigWith(options) {
  if (options.activation_quantizer.usual) options_.activation_quantizer = {false, quantizers::AbsMaxQuantizer()};
  expect_int8(kName, options.weight_quantizer);
}

Int4QuantizationConfigBody::Int4QuantizationConfigBody(const Int4QuantizationConfigOptions& options) : QuantizationConfigWith(options) {
  options_.activation_quantizer.usual = false;
  const int64_t block = options.block_size.value_or(-1);
  if (block < -1 || block == 0) fail<ValueError>("", cat("block_size must be None, -1, or a positive integer. Received: block_size=", block));
  if (block > 0 && (options.weight_quantizer || options.activation_quantizer.quantizer))
    fail<ValueError>("", cat("Int4 sub-channel quantization (block_size > 0) does not support custom quantizers. Either set block_size to None or -1 for "
                             "per-channel quantization, or remove the custom quantizer arguments. Received: block_size=", block));
  if (!options.weight_quantizer) return;
  std::vector<int64_t> range{-8, 7};
  if (std::optional<Config> given = options.weight_quantizer.body()->argument("value_range")) from_config(*given, range);
  if (range != std::vector<int64_t>{-8, 7})
    fail<ValueError>("", cat("Int4QuantizationConfig requires a weight_quantizer with value_range=(-8, 7). Received: value_range=(", join(range), ")"));
  expect_int8(kName, options.weight_quantizer);
}

namespace {

constexpr const char* kModes = "('int8', 'float8', 'int4', 'gptq', 'awq')";

QuantizationConfig usual_config(const std::string& mode) {
  if (mode == "int8") return quantizers::Int8QuantizationConfig();
  if (mode == "int4") return quantizers::Int4QuantizationConfig();
  if (mode == "float8") return quantizers::Float8QuantizationConfig();
  if (mode.empty()) fail<ValueError>("", "You must provide either `mode` or `config` to `quantize`.");
  if (mode == "gptq" || mode == "awq")
    fail<NotImplementedError>("", cat("Quantization by calibration ('", mode, "') is not there"), {.expected = "'int8' or 'int4'"});
  fail<ValueError>("", cat("Invalid quantization mode. Expected one of ", kModes, ". Received: mode=", mode));
}

}  // namespace

QuantizationConfig resolved_config(const std::string& mode, const QuantizationConfig& config) {
  if (!config) return usual_config(mode);
  const std::string own = config.body()->mode();
  if (!mode.empty() && mode != own) fail<ValueError>("", cat("Contradictory arguments: mode='", mode, "' but config.mode='", own, "'"));
  return config;
}

void quantize_layer(LayerBody& layer, const QuantizeOptions& options) {
  QuantizationConfig config = resolved_config(options.mode, options.config);
  const std::string mode = config.body()->mode();
  if (!layer.built())
    fail<ValueError>("", cat("Cannot quantize a layer that isn't yet built. Layer '", layer.name(), "' (of type '", layer.class_name(), "') is not built yet."));
  if (!layer.dtype_policy().quantization_mode().empty())
    fail<ValueError>("", cat("Layer '", layer.name(), "' is already quantized with dtype_policy='", layer.dtype_policy().name(), "'. Received: mode=", mode));
  if (mode == "int8" && layer.compute_dtype() == float16)
    fail<ValueError>("", "Quantization mode='int8' doesn't work well with compute_dtype='float16'. Consider loading model/layer with another dtype policy "
                         "such as 'mixed_bfloat16' or 'mixed_float16' before calling `quantize()`.");
  auto* adaptable = dynamic_cast<AdaptableBody*>(&layer);
  if (!adaptable || (options.type_check && layer.foreign_class()))
    fail<NotImplementedError>("", cat("Layer ", layer.class_name(), " does not have a `quantize` method implemented."));
  adaptable->quantize(config);
}

namespace {

bool is_wanted(const Layer& layer, const QuantizeOptions& options) {
  if (options.filter) return options.filter(layer);
  if (options.filters.empty()) return true;
  for (const std::string& pattern : options.filters)
    if (pattern_found(pattern, layer.name())) return true;
  return false;
}

// A class of another language may quantize itself.
void quantize_any(LayerBody& layer, const QuantizeOptions& options) {
  if (!hooks::overrides(layer, "quantize")) return quantize_layer(layer, options);
  binding().call(layer, "quantize", std::vector<Value>{Value(options.mode), Value(options.type_check), Value(live(options.config))}, Wanted::kNothing);
}

}  // namespace

void ModelBody::quantize(const QuantizeOptions& given) {
  QuantizeOptions options = given;
  options.config = resolved_config(given.mode, given.config);
  options.mode = options.config.body()->mode();
  for (LayerBody* layer : all_layers()) {
    if (!layer->sublayers().empty() || layer == this || !is_wanted(Layer(Ref<LayerBody>(layer)), options)) continue;
    try {
      quantize_any(*layer, options);
    } catch (const NotImplementedError& error) {
      warn(error.what());
    }
  }
  steps_ = std::make_unique<Steps>(compiled_ && compiled_->options().jit_compile.value_or(false));  // they hold the old weights
}

RUNNEL_KERAS_CLASS(quantizers, Quantizer, QuantizerBaseBody)
RUNNEL_KERAS_CLASS(quantizers, AbsMaxQuantizer, AbsMaxQuantizerBody)
RUNNEL_KERAS_CLASS(quantizers, QuantizationConfig, QuantizationConfigBaseBody)
RUNNEL_KERAS_CLASS(quantizers, Int8QuantizationConfig, Int8QuantizationConfigBody)
RUNNEL_KERAS_CLASS(quantizers, Int4QuantizationConfig, Int4QuantizationConfigBody)
RUNNEL_KERAS_CLASS(quantizers, Float8QuantizationConfig, Float8QuantizationConfigBody)

}  // namespace runnel::inline v0::keras
