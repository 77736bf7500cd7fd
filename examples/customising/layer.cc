// Layers of one's own: with weights, behaving otherwise in training, and with sub-layers, two inputs and two outputs.
#include "housing.h"

struct AffineOptions {
  Int units{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("units", s.units);
    v("name", s.name);
    v("trainable", s.trainable);
    v("dtype", s.dtype);
  }
};

/// x @ kernel + bias; in training, the output is pulled a little towards zero.
struct AffineBody : LayerWith<AffineOptions> {
  static constexpr const char* kName = "Affine";
  using LayerWith::LayerWith;
  std::string class_name() const override { return kName; }
  void build(const tf::PartialShape& input) override {
    kernel_ = add_weight({.name = "kernel", .shape = {input.dim(-1), options().units}, .initializer = "he_normal"});
    bias_ = add_weight({.name = "bias", .shape = {options().units}, .initializer = "zeros"});
  }
  tf::Tensor call(const tf::Tensor& x, const CallArgs& args) override {
    tf::Tensor y = tf::matmul(x, kernel_) + bias_;
    return args.training.value_or(false) ? 0.9f * y : y;
  }

 private:
  tf::Variable kernel_, bias_;
};
using Affine = LayerOf<AffineBody>;

/// (a, b) -> (tanh(affine(a)) + b, a - b)
struct CrossBody : LayerWith<AffineOptions> {
  static constexpr const char* kName = "Cross";
  explicit CrossBody(const AffineOptions& options) : LayerWith(options), affine_(track("affine", Affine({.units = options.units}))) {}
  std::string class_name() const override { return kName; }
  void build(const std::vector<tf::PartialShape>& inputs) override { affine_.body()->ensure_built({inputs[0]}); }
  Nest call(const Nest& inputs, const CallArgs&) override {
    tf::Tensor a = inputs[0].tensor(), b = inputs[1].tensor();
    return Nest{tf::tanh(affine_(a)) + b, a - b};
  }

 private:
  Affine affine_;
};
using Cross = LayerOf<CrossBody>;

int main() {
  utils::set_random_seed(42);
  tf::Tensor x = Input({8});
  Nest crossed = Cross({.units = 8})(Nest{Affine({.units = 8})(x), x});
  tf::Tensor price = layers::Dense({.units = 1})(crossed[0].tensor() * crossed[1].tensor());
  Model model(x, price);
  model.compile({.optimizer = "nadam", .loss = "mse"});
  train_save_load_train(model, {own_class<AffineBody>(), own_class<CrossBody>()});
}
