// Function: a function where Keras takes one (a loss, a metric, an initializer, a regularizer, a constraint, an activation), of another
// language or of C++:
//
//   Tensor my_l1(const Tensor& weights) { return reduce_sum(abs(weights)) * 0.01f; }
//   register_class(own_function<my_l1>("my_l1"));
//   layers::Dense dense({.units = 3, .kernel_regularizer = "my_l1"});
#pragma once

#include <span>
#include <utility>
#include <variant>

#include "runnel/keras/config.h"
#include "runnel/keras/nest.h"
#include "runnel/keras/object.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0::keras {

/// An argument or a result on its way to or from another language.
class Value {
 public:
  using Shapes = std::vector<PartialShape>;
  Value();
  Value(const Value&);  // all of these in function.cc: a variant's cost every file that includes this much time to compile
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();
  Value(bool b);
  Value(int64_t n);
  Value(const std::string& text);
  Value(const Tensor& tensor);
  Value(const Nest& nest);
  Value(const PartialShape& shape);
  Value(const Shape& shape);
  Value(const Shapes& shapes);
  Value(DType dtype);
  Value(const Variable& variable);
  Value(const std::vector<Variable>& variables);
  Value(const Config& config);
  Value(const Ref<RefCounted>& object);

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

/// The function of one's own that a name or a serialized dict stands for, or nothing.
Ref<Function> find_function(const Config& identifier);

namespace detail {
inline void from_value(const Value& value, Tensor& out) { out = std::get<Nest>(value.held()).tensor(); }
inline void from_value(const Value& value, Shape& out) { out = std::get<Value::Shapes>(value.held()).at(0).known(); }
inline void from_value(const Value& value, DType& out) { out = std::get<DType>(value.held()); }

template <class... Args, size_t... I>
Tensor call_with(Tensor (*f)(Args...), std::span<const Value> given, std::index_sequence<I...>) {
  std::tuple<std::remove_cvref_t<Args>...> arguments;
  (from_value(given[I], std::get<I>(arguments)), ...);
  return f(std::get<I>(arguments)...);
}
template <class... Args>
Tensor call_with(Tensor (*f)(Args...), std::span<const Value> given) {
  return call_with(f, given, std::index_sequence_for<Args...>());
}

template <auto F>
class CppFunction final : public Function {
 public:
  explicit CppFunction(const char* name) : name_(name) {}
  std::string name() const override { return name_; }
  Value call(std::span<const Value> arguments, Wanted) const override { return call_with(+F, arguments); }
  Config serialized() const override {
    return Config::Dict{{"module", "builtins"}, {"class_name", "function"}, {"config", name_}, {"registered_name", name_}};
  }

 private:
  std::string name_;
};

template <auto F>
Ref<Function> make_function(const char* name) {
  return make_ref<CppFunction<F>>(name);
}
}  // namespace detail

/// The row of a function of one's own (a function pointer or a lambda without captures), for register_class() and load_model().
template <auto F>
constexpr KerasClass own_function(const char* name) {
  KerasClass out{"", name, nullptr};
  out.function = &detail::make_function<F>;
  return out;
}

/// An object of a kind that is a function: its config names the function.
template <class Base>
class FromFunction : public Base {
 public:
  explicit FromFunction(Ref<Function> function) : function_(std::move(function)) {}
  std::string class_name() const override { return function_->name(); }
  Config serialized() const override { return function_->serialized(); }
  void visit_owned(OwnedVisitor& visitor) const override { visitor.owned(function_.get()); }
  const Ref<Function>& function() const { return function_; }

 protected:
  Ref<Function> function_;
};

}  // namespace runnel::inline v0::keras
