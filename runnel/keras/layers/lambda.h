// Lambda: a function as a layer.
#pragma once

#include <functional>

#include "runnel/keras/keyword_function.h"
#include "runnel/keras/layers/base_fields.h"

namespace runnel::inline v0::keras {

/// What a Lambda computes: a function of C++, or one of another language.
class LambdaFunction {
 public:
  using Body = std::function<Nest(const Nest& inputs, const CallArgs& args)>;
  LambdaFunction() = default;
  /// The name is what a config says; see register_lambda().
  LambdaFunction(std::string name, Body body) : name_(std::move(name)), body_(std::move(body)) {}
  template <class F>
    requires std::is_invocable_r_v<Tensor, F, const Tensor&>
  LambdaFunction(F function) : LambdaFunction("function", [function](const Nest& x, const CallArgs&) { return Nest(function(x.tensor())); }) {}
  explicit LambdaFunction(Ref<KeywordFunction> function) : name_(function->name()), function_(std::move(function)) {}

  explicit operator bool() const { return body_ || function_; }
  const std::string& name() const { return name_; }
  const Body& body() const { return body_; }
  /// Set where it is one of another language.
  const Ref<KeywordFunction>& function() const { return function_; }

 private:
  std::string name_;
  Body body_;
  Ref<KeywordFunction> function_;
};
Config to_config(const LambdaFunction& function);
Config live(const LambdaFunction& function);
void from_config(const Config& config, LambdaFunction& out);
inline void visit_field(const LambdaFunction& function, OwnedVisitor& visitor) { visitor.owned(function.function().get()); }
/// Makes a function of one's own known by name: load_model() finds it.
void register_lambda(const LambdaFunction& function);

/// A shape without the batch axis, or a function of another language from the input's shape to the output's, with it.
struct LambdaShape {
  ShapeOption shape{};
  LambdaFunction function{};
  LambdaShape() = default;
  LambdaShape(std::initializer_list<int64_t> dims) : shape(dims) {}
  bool is_set() const { return shape.is_set() || function; }
};
Config to_config(const LambdaShape& shape);
Config live(const LambdaShape& shape);
void from_config(const Config& config, LambdaShape& out);
inline void visit_field(const LambdaShape& shape, OwnedVisitor& visitor) { visit_field(shape.function, visitor); }

/// Further arguments of the function, by name.
struct LambdaArguments {
  Config::Dict items{};
};
inline Config to_config(const LambdaArguments& arguments) { return arguments.items; }
inline void from_config(const Config& config, LambdaArguments& out) { out.items = config.is_null() ? Config::Dict() : config.as_dict(); }

struct LambdaOptions {
  LambdaFunction function{};
  LambdaShape output_shape{};    ///< By default found by tracing the function.
  LambdaFunction mask{};         ///< (inputs, mask) -> the mask of the outputs; by default none.
  LambdaArguments arguments{};
  std::string name{};
  bool trainable = true;
  DTypePolicy dtype{};
  ShapeOption input_shape{};

  template <class S, class V>
  static void fields(S& s, V&& v) {
    v("function", s.function);
    v("output_shape", s.output_shape);
    v("mask", s.mask);
    v("arguments", s.arguments);
    base_fields(s, v);
  }
};

/// function(inputs, **arguments), which is also given `training` and `mask` where it has parameters of these names.
class LambdaBody : public LayerWith<LambdaOptions> {
 public:
  static constexpr const char* kName = "Lambda";
  explicit LambdaBody(const LambdaOptions& options);
  std::string class_name() const override { return kName; }
  Config get_config() const override;
  Nest call(const Nest& inputs, const CallArgs& args) override;
  std::vector<std::string> call_arguments() const override { return {"mask", "training"}; }
  std::vector<PartialShape> compute_output_shapes(const std::vector<PartialShape>& input_shapes) override;
  Tensor compute_mask(const Nest& inputs, const Tensor& mask) override;

 private:
  bool knows_output_shapes() const override { return options_.output_shape.is_set(); }
};

namespace layers {
using Lambda = LayerOf<LambdaBody>;
}  // namespace layers

}  // namespace runnel::inline v0::keras
