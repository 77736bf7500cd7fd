// Function: a function of another language where Keras takes one (a loss, an initializer, an activation, ...).
#pragma once

#include <span>
#include <variant>

#include "runnel/keras/config.h"
#include "runnel/keras/nest.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0::keras {

/// An argument or a result on its way to or from another language.
class Value {
 public:
  using Shapes = std::vector<PartialShape>;
  Value() = default;
  Value(bool b) : held_(b) {}
  Value(int64_t n) : held_(n) {}
  Value(const std::string& text) : held_(text) {}
  Value(const Tensor& tensor) : held_(Nest(tensor)) {}
  Value(const Nest& nest) : held_(nest) {}
  Value(const PartialShape& shape) : held_(Shapes{shape}) {}
  Value(const Shape& shape) : held_(Shapes{shape}) {}
  Value(const Shapes& shapes) : held_(shapes) {}
  Value(DType dtype) : held_(dtype) {}
  Value(const Variable& variable) : held_(variable) {}
  Value(const std::vector<Variable>& variables) : held_(variables) {}
  Value(const Config& config) : held_(config) {}
  Value(const Ref<RefCounted>& object) : held_(Config(object)) {}

  using Held = std::variant<std::monostate, bool, int64_t, std::string, Nest, Shapes, DType, Variable, std::vector<Variable>, Config>;
  const Held& held() const { return held_; }

 private:
  Held held_;
};

/// What the result of an overridden method shall be.
enum class Wanted { kNothing, kNest, kShapes, kConfig, kNumber };

class Function : public RefCounted {
 public:
  virtual std::string name() const = 0;
  virtual Value call(std::span<const Value> arguments, Wanted wanted) const = 0;
  /// {"module", "class_name": "function", "config": name, "registered_name"}
  virtual Config serialized() const = 0;
  Tensor operator()(std::initializer_list<Value> arguments) const {
    return std::get<Nest>(call({arguments.begin(), arguments.size()}, Wanted::kNest).held()).tensor();
  }
};

/// An object of a kind that is a function of another language: its config names the function.
template <class Base>
class FromFunction : public Base {
 public:
  explicit FromFunction(Ref<Function> function) : function_(std::move(function)) {}
  std::string class_name() const override { return function_->name(); }
  Config serialized() const override { return function_->serialized(); }
  void visit_owned(OwnedVisitor& visitor) const override { visitor.owned(function_.get()); }
  Ref<RefCounted> source() const override { return function_; }

 protected:
  Ref<Function> function_;
};

}  // namespace runnel::inline v0::keras
