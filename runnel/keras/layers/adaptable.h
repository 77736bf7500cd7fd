// AdaptableBody: a layer whose weight can be kept in few bits (quantize) and adapted by a product of two thin matrices (LoRA).
#pragma once

#include "runnel/keras/layers/float8_product.h"
#include "runnel/keras/layers/stored_matrix.h"
#include "runnel/keras/saving/saveable.h"

namespace runnel::inline v0::keras {

struct LoraOptions {
  Int rank{};
  std::optional<Int> lora_alpha{};  ///< The product counts lora_alpha / rank times; unset: once.
  Initializer a_initializer = "he_uniform";
  Initializer b_initializer = "zeros";
};

/// Lists the arguments that adaptable layers have in common.
template <class S, class V>
void adaptable_fields(S& s, V&& v) {
  v("lora_rank", s.lora_rank);
  v("lora_alpha", s.lora_alpha);
  v("quantization_config", s.quantization_config);
}

/// How a layer multiplies its inputs with its weight.
struct WeightProduct {
  std::function<Tensor(const Tensor& x, const Tensor& weight)> multiply;
  std::function<Tensor(const Tensor& gradient, const Tensor& weight)> multiply_back;  ///< From the outputs' gradient to that of x.
  Axes summed = -1;                                                                    ///< The axes of x.
  std::function<Tensor(const Tensor& scale)> align = [](const Tensor& scale) { return scale; };  ///< A scale of x as the outputs need it.
};

class AdaptableBody : public LayerBody {
 public:
  /// "int8" or "int4": what the weight is kept in; "float8": what it is multiplied in; "".
  std::string quantization_mode() const { return dtype_policy().quantization_mode(); }
  /// From now on the weight is kept as `config` says, and no longer trained; or, with mode "float8", multiplied so, and trained. NotImplementedError
  /// for a mode that the layer does not have.
  void quantize(const QuantizationConfig& config);
  /// Freezes the weight W; from now on W + a @ b * alpha / rank is used, where a (..., rank) and b (rank, last) are trained.
  /// Hu et al., "LoRA", 2021. ValueError where it was done before, or the layer has a constraint or is not built.
  void enable_lora(const LoraOptions& options);
  bool lora_enabled() const { return bool(lora_a_); }
  /// The weight in use, where that is none of the Variables: with LoRA's product, or as whole numbers out of packed ones. Else unset.
  virtual Tensor weight_in_use(const std::string& name) const;
  /// The weight, the others, and what a quantized one needs. With LoRA the weight is saved as adapted.
  std::vector<SavedVariable> saved_variables() const override;

 protected:
  /// In few bits, by mode.
  virtual MatrixForm form_in(const std::string& mode) const = 0;
  /// Variables that are saved after the weight, and after its scales.
  virtual std::vector<Variable> saved_after_weight() const { return {}; }
  virtual std::vector<Variable> saved_last() const { return {}; }
  /// Whether int4 quantizes inputs as well, where no config says.
  virtual bool usually_quantizes_inputs(const std::string& mode) const { return mode == "int8"; }
  virtual bool has_float8() const { return false; }
  /// Further matrices are quantized here.
  virtual void quantize_others(const std::string& mode, int64_t block) {}

  /// Makes the weight, in floats or in few bits as the policy says.
  void build_weight(const WeightSpec& spec);
  /// At the end of build().
  void build_lora(bool with_alpha);
  bool is_quantized() const { return !stored_.mode.empty(); }
  /// The weight in floats, in the dtype that the layer computes with.
  Tensor weight() const;
  /// product(x, weight), whatever the weight is kept as, without the bias.
  Tensor multiply_weight(const Tensor& x, const WeightProduct& product, bool training) const;
  /// As Keras adds it.
  Tensor bias_in_use(const Variable& bias) const;
  /// The same with a quantized matrix and without LoRA. Nothing is trained but what x comes from.
  Tensor multiply_kept(const Tensor& x, const KeptMatrix& kept, const MatrixForm& form, const WeightProduct& product) const;
  Quantizer inputs_quantizer() const;
  /// Of a policy "int4/64" or of the config: 64; -1 without blocks.
  int64_t block_size() const;
  double lora_scale() const;
  /// What the layer was made with.
  void set_adaptation(const std::optional<Int>& rank, const std::optional<Int>& alpha, const QuantizationConfig& config);

  StoredMatrix stored_;
  Float8Product float8_;
  Variable lora_a_, lora_b_;

 private:
  Tensor lora_product() const;
  void check_for_lora(const std::string& name) const;
  KeptMatrix kept_as_saved() const;
  int64_t size_in_policy(int64_t usual) const;

  std::optional<Int> lora_rank_, lora_alpha_;
  QuantizationConfig config_;
};

/// The config of a layer with the policies of the quantized layers inside of it, which it makes anew from its own.
Config with_policies_below(Config config, const LayerBody& layer);

/// An adaptable layer made from its options.
template <class Options, class Base = AdaptableBody>
class AdaptableWith : public LayerWith<Options, Base> {
 public:
  explicit AdaptableWith(const Options& options) : LayerWith<Options, Base>(options) {
    this->set_adaptation(options.lora_rank, options.lora_alpha, options.quantization_config);
  }
  Config get_config() const override {
    Config all = LayerWith<Options, Base>::get_config(), out = Config::dict();
    for (const auto& [name, value] : all.as_dict())
      if (!(name.starts_with("lora_") && value.is_null()) && name != "weights") out.set(name, value);
    out.set("dtype", to_config(this->dtype_policy()));  // quantize() changes it
    return out;
  }
};

}  // namespace runnel::inline v0::keras
