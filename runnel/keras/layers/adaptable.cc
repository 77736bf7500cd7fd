#include "runnel/keras/layers/adaptable.h"

#include <algorithm>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/error.h"
#include "runnel/keras/name_scope.h"
#include "runnel/keras/tracing.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace {

constexpr int64_t kHistoryLength = 1024;  // Keras's

bool keeps_few_bits(const std::string& mode) { return mode == "int8" || mode == "int4"; }

[[noreturn]] void refuse_mode(const std::string& mode) {
  fail<NotImplementedError>("", cat("Invalid quantization mode. Expected one of ('int8', 'int4'). Received: quantization_mode=", mode));
}

// Sums of products of int8's numbers are exact in float32 as long as they stay below 2^24, and always in float64.
DType exact_for(int64_t terms) { return terms * 128 * 128 < (int64_t(1) << 24) ? float32 : float64; }

int64_t summed_terms(const MatrixForm& form) {
  int64_t terms = 1;
  for (int64_t axis : form.reduced) terms *= form.shape[int(axis)];
  return terms;
}

}  // namespace

void AdaptableBody::set_adaptation(const std::optional<Int>& rank, const std::optional<Int>& alpha, const QuantizationConfig& config) {
  lora_rank_ = rank;
  lora_alpha_ = alpha ? alpha : rank;
  config_ = config;
  if (lora_alpha_) set_argument("lora_alpha", int64_t(*lora_alpha_));
}

// The number of "int4/64".
int64_t AdaptableBody::size_in_policy(int64_t usual) const {
  const std::string mode = dtype_policy().mode_and_source().first;
  const size_t slash = mode.find('/');
  return slash == std::string::npos ? usual : std::stoll(mode.substr(slash + 1));
}

int64_t AdaptableBody::block_size() const {
  return config_ && config_.body()->mode() == "int4" ? config_.body()->block_size() : size_in_policy(-1);
}

Quantizer AdaptableBody::inputs_quantizer() const {
  if (config_) return config_.body()->activation_quantizer();
  return usually_quantizes_inputs(stored_.mode) ? Quantizer(quantizers::AbsMaxQuantizer()) : Quantizer();
}

void AdaptableBody::build_weight(const WeightSpec& spec) {
  if (!dtype_policy().by_path().empty()) set_dtype_policy(dtype_policy().at(current_layer_path()));
  const std::string mode = quantization_mode();
  if (keeps_few_bits(mode)) return stored_.build(*this, form_in(mode), mode, block_size());
  if (mode == "float8" && has_float8()) float8_.build(*this, size_in_policy(kHistoryLength));
  else if (!mode.empty()) refuse_mode(mode);
  stored_.values = add_weight(spec);
}

// Keras hands lora_alpha on in some layers only; in the others it becomes the rank.
void AdaptableBody::build_lora(bool with_alpha) {
  if (!lora_rank_) return;
  set_built(true);
  enable_lora({.rank = *lora_rank_, .lora_alpha = with_alpha ? lora_alpha_ : std::nullopt});
}

void AdaptableBody::quantize(const QuantizationConfig& config) {
  const std::string mode = config.body()->mode();
  if (!keeps_few_bits(mode) && !(mode == "float8" && has_float8())) refuse_mode(mode);
  config_ = config;
  set_argument("quantization_config", live(config));
  const int64_t block = block_size();
  outside_of_traces([&] {
    if (mode == "float8") return float8_.build(*this, kHistoryLength);
    const MatrixForm form = form_in(mode);
    KeptMatrix kept = to_bits(stored_.values.value(), form, mode, block, config.body()->weight_quantizer());
    untrack_variable(stored_.values);
    stored_.build(*this, form, mode, block);
    stored_.assign(kept);
    quantize_others(mode, block);
  });
  const std::string sized = mode == "int4" ? cat(mode, "/", block) : mode;
  set_dtype_policy(DTypePolicy(cat(sized, "_from_", dtype_policy().name())));
}

void AdaptableBody::check_for_lora(const std::string& name) const {
  const std::optional<Config> constraint = argument(name + "_constraint");
  if (constraint && constraint->is_object() && constraint->as_object())
    fail<ValueError>("", cat("Lora is incompatible with ", name == "kernel" ? "kernel" : "embedding",
                             " constraints. In order to enable lora on this layer, remove the `", name, "_constraint` argument."));
  if (!built()) fail<ValueError>("", "Cannot enable lora on a layer that isn't yet built.");
  if (lora_enabled()) fail<ValueError>("", "lora is already enabled. This can only be done once per layer.");
}

void AdaptableBody::enable_lora(const LoraOptions& options) {
  const MatrixForm form = form_in("int8");
  check_for_lora(form.name);
  Regularizer regularizer;
  if (std::optional<Config> given = argument(form.name + "_regularizer")) from_config(*given, regularizer);
  auto add = [&](const char* which, const Dims& shape, const Initializer& initializer) {
    return add_weight({.name = cat("lora_", form.name, which), .shape = Shape(shape), .initializer = initializer, .regularizer = regularizer, .dtype = float32});
  };
  Dims leading = form.shape.dims();
  const int64_t last = std::exchange(leading[int(leading.size()) - 1], int64_t(options.rank));
  lora_a_ = add("_a", leading, options.a_initializer);
  lora_b_ = add("_b", {options.rank, last}, options.b_initializer);
  stored_.values.set_trainable(false);
  lora_rank_ = options.rank;
  lora_alpha_ = options.lora_alpha ? options.lora_alpha : options.rank;
  set_argument("lora_rank", int64_t(*lora_rank_));
  set_argument("lora_alpha", int64_t(*lora_alpha_));
}

double AdaptableBody::lora_scale() const { return double(*lora_alpha_) / double(*lora_rank_); }
Tensor AdaptableBody::lora_product() const { return tensordot(lora_a_.value(), lora_b_.value(), 1) * float(lora_scale()); }

Tensor AdaptableBody::weight() const {
  if (!lora_enabled()) return computed(*this, stored_.values);
  return cast(cast(stored_.values.value(), float32) + lora_product(), compute_dtype());
}

Tensor AdaptableBody::weight_in_use(const std::string& name) const {
  if (!built() || name != form_in("int8").name || !(lora_enabled() || stored_.mode == "int4")) return {};
  if (!is_quantized()) return weight();
  Tensor numbers = whole_numbers(stored_.kept(compute_dtype()), stored_.form);
  return lora_enabled() ? cast(cast(numbers, float32) + lora_product(), compute_dtype()) : numbers;
}

Tensor AdaptableBody::multiply_kept(const Tensor& x, const KeptMatrix& kept, const MatrixForm& form, const WeightProduct& product) const {
  const DType compute = compute_dtype();
  const Quantizer quantizer = inputs_quantizer();
  auto forward = [=](std::span<const Tensor> in) {
    Tensor numbers = in[0], scale;
    if (quantizer) {
      Results found = quantizer.body()->call(in[0], product.summed);
      check_quantized(found);
      numbers = found[0];
      scale = cast(product.align(found[1]), compute);
    }
    const DType wide = quantizer && !kept.packed ? exact_for(summed_terms(form)) : compute;
    Tensor weight = kept.packed ? to_floats(kept, form, wide) : cast(whole_numbers(kept, form), wide);
    Tensor y = cast(product.multiply(cast(numbers, wide), weight), compute);
    if (!kept.packed) scale = scale ? scale * kept.scale : kept.scale;
    auto backward = [=](std::span<const Tensor> grads) { return std::vector<Tensor>{product.multiply_back(grads[0], to_floats(kept, form, compute))}; };
    return WithGradient{{scale ? y / scale : y}, backward};
  };
  return custom_gradient(forward, std::vector<Tensor>{x})[0];
}

Tensor AdaptableBody::bias_in_use(const Variable& bias) const {
  Tensor value = computed(*this, bias);
  return float8_ && compute_dtype() == float32 ? cast(cast(value, bfloat16), float32) : value;
}

Tensor AdaptableBody::multiply_weight(const Tensor& x, const WeightProduct& product, bool training) const {
  if (float8_ && lora_enabled()) fail<NotImplementedError>("", "Currently, `_float8_call` doesn't support LoRA");
  if (float8_) return float8_(x, weight(), product.multiply, training);
  if (!is_quantized()) return product.multiply(x, weight());
  Tensor y = multiply_kept(x, stored_.kept(compute_dtype()), stored_.form, product);
  if (!lora_enabled()) return y;
  Tensor thin = tensordot(product.multiply(cast(x, float32), lora_a_.value()), lora_b_.value(), 1);
  return cast(cast(y, float32) + thin * float(lora_scale()), compute_dtype());
}

// The weight with LoRA's product in it, in as few bits as it is kept.
KeptMatrix AdaptableBody::kept_as_saved() const {
  if (!lora_enabled()) return {};
  if (!is_quantized()) return {.values = weight()};
  Tensor floats = to_floats(stored_.kept(compute_dtype()), stored_.form, compute_dtype());
  return to_bits(cast(cast(floats, float32) + lora_product(), variable_dtype()), stored_.form, stored_.mode, block_size(), {});
}

Config with_policies_below(Config config, const LayerBody& layer) {
  DTypePolicy::ByPath others;
  for (LayerBody* below : const_cast<LayerBody&>(layer).all_layers()) {
    const std::vector<Variable> weights = below->own_weights();
    if (below == &layer || weights.empty() || below->dtype_policy().quantization_mode().empty()) continue;
    const std::string path = weights[0].name();
    others.emplace_back(path.substr(0, path.rfind('/')), below->dtype_policy().name());
  }
  if (!others.empty()) config.set("dtype", to_config(layer.dtype_policy().with(std::move(others))));
  return config;
}

std::vector<SavedVariable> AdaptableBody::saved_variables() const {
  const KeptMatrix saved = kept_as_saved();
  std::vector<SavedVariable> out;
  auto add = [&](const Variable& variable, const Tensor& value = {}) {
    if (variable) out.push_back({to_text(out.size()), variable, value});
  };
  add(stored_.values, saved.values);
  for (const Variable& v : saved_after_weight()) add(v);
  add(stored_.scale, saved.scale);
  add(stored_.zero, saved.zero);
  add(stored_.group_index);
  for (const Variable& v : saved_last()) add(v);
  for (const Variable& v : float8_.variables()) add(v);
  auto listed = [&](const Variable& v) { return std::any_of(out.begin(), out.end(), [&](const SavedVariable& s) { return s.variable.is(v); }); };
  for (const Variable& v : own_weights())  // LoRA's, which what is saved contains, and those of a derived class
    if (!listed(v)) v.is(lora_a_) || v.is(lora_b_) ? out.push_back({"", v}) : add(v);
  return out;
}

}  // namespace runnel::inline v0::keras
