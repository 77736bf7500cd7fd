#include "runnel/keras/function.h"

namespace runnel::inline v0::keras {

Value::Value() = default;
Value::Value(const Value&) = default;
Value::Value(Value&&) noexcept = default;
Value& Value::operator=(const Value&) = default;
Value& Value::operator=(Value&&) noexcept = default;
Value::~Value() = default;
Value::Value(bool b) : held_(b) {}
Value::Value(int64_t n) : held_(n) {}
Value::Value(const std::string& text) : held_(text) {}
Value::Value(const Tensor& tensor) : held_(Nest(tensor)) {}
Value::Value(const Nest& nest) : held_(nest) {}
Value::Value(const PartialShape& shape) : held_(Shapes{shape}) {}
Value::Value(const Shape& shape) : held_(Shapes{shape}) {}
Value::Value(const Shapes& shapes) : held_(shapes) {}
Value::Value(DType dtype) : held_(dtype) {}
Value::Value(const Variable& variable) : held_(variable) {}
Value::Value(const std::vector<Variable>& variables) : held_(variables) {}
Value::Value(const Config& config) : held_(config) {}
Value::Value(const Ref<RefCounted>& object) : held_(Config(object)) {}

}  // namespace runnel::inline v0::keras
