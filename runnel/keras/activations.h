// keras.activations: functions by name, or one's own.
#pragma once

#include <functional>
#include <string>

#include "runnel/core/tensor.h"
#include "runnel/keras/config.h"

namespace runnel::inline v0::keras {

class Activation final {
 public:
  using Function = std::function<Tensor(const Tensor&)>;
  /// Linear: f(x) = x.
  Activation() = default;
  Activation(std::nullptr_t) {}
  /// "relu", "softmax", ...; ValueError for an unknown name.
  Activation(const char* name) : Activation(std::string(name)) {}
  Activation(const std::string& name);
  /// One's own; the name is what a config says.
  Activation(std::string name, Function function) : name_(std::move(name)), function_(std::move(function)) {}
  template <class F>
    requires std::is_invocable_r_v<Tensor, F, const Tensor&>
  Activation(F function) : name_("function"), function_(std::move(function)) {}

  Tensor operator()(const Tensor& x) const { return function_ ? function_(x) : x; }
  bool is_linear() const { return !function_; }
  const std::string& name() const { return name_; }

 private:
  std::string name_ = "linear";
  Function function_;
};

Config to_config(const Activation& activation);
void from_config(const Config& config, Activation& out);
/// Makes a function of one's own known by name: load_model() finds it.
void register_activation(const std::string& name, Activation::Function function);

}  // namespace runnel::inline v0::keras
