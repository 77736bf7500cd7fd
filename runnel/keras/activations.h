// keras.activations: functions by name, or one's own.
#pragma once

#include <functional>
#include <string>

#include "runnel/core/tensor.h"
#include "runnel/keras/config.h"
#include "runnel/keras/function.h"
#include "runnel/keras/object.h"

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

  /// A function of another language.
  explicit Activation(const Ref<keras::Function>& function);

  Tensor operator()(const Tensor& x) const { return function_ ? function_(x) : x; }
  bool is_linear() const { return !function_; }
  const std::string& name() const { return name_; }
  /// Set where it was made from a function or a layer of another language.
  const Ref<RefCounted>& source() const { return source_; }

 private:
  friend void from_config(const Config& config, Activation& out);
  std::string name_ = "linear";
  Function function_;
  Ref<RefCounted> source_;
};

Config to_config(const Activation& activation);
/// Its name, or the live function.
Config live(const Activation& activation);
inline void visit_field(const Activation& activation, OwnedVisitor& visitor) { visitor.owned(activation.source().get()); }
void from_config(const Config& config, Activation& out);
/// Makes a function of one's own known by name: load_model() finds it.
void register_activation(const std::string& name, Activation::Function function);

}  // namespace runnel::inline v0::keras
