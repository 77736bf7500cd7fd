// tf::constant: tensors of numbers and texts in braces, and std::cout << tensor.
//
//   tf::Tensor x = tf::constant({{1.f, 2.f}, {3.f, 4.f}});      // float32, shape (2, 2)
//   tf::Tensor i = tf::constant({3, 4}), s = tf::constant("text");
//   tf::Tensor y = tf::constant(readings, {2, 3});               // of a std::vector, with a shape
#pragma once

#include <complex>
#include <concepts>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

class Variable;

/// A number, a text, or braces around more of these.
class NestedValues {
 public:
  using Items = std::vector<NestedValues>;
  NestedValues(bool value) : value_(value) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  NestedValues(T value) : value_(int64_t(value)) {}
  template <std::floating_point T>
  NestedValues(T value) : value_(double(value)) {}
  NestedValues(std::complex<double> value) : value_(value) {}
  NestedValues(const char* text) : value_(std::string(text)) {}
  NestedValues(std::string text) : value_(std::move(text)) {}
  NestedValues(std::initializer_list<NestedValues> items) : value_(Items(items)) {}

  bool is_list() const { return std::holds_alternative<Items>(value_); }
  const Items& items() const { return std::get<Items>(value_); }
  using Value = std::variant<bool, int64_t, double, std::complex<double>, std::string, Items>;
  const Value& value() const { return value_; }

 private:
  Value value_;
};

/// A tensor of these values. Without a dtype whole numbers are int32 (int64 where one needs it), others float32, complex ones complex128.
/// ValueError for rows of different lengths; TypeError for values that are not of the dtype.
Tensor constant(const NestedValues& values, DType dtype = {});

/// The elements of a vector, in this shape, or as a vector.
template <class T>
Tensor constant(const std::vector<T>& values) {
  return Tensor::from(values);
}
template <class T>
Tensor constant(const std::vector<T>& values, const Shape& shape) {
  return Tensor::from(values).reshaped(shape);
}

/// What to_text() gives, as tf.Tensor prints itself.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);
std::ostream& operator<<(std::ostream& out, const Variable& variable);
std::ostream& operator<<(std::ostream& out, const Shape& shape);
std::ostream& operator<<(std::ostream& out, const PartialShape& shape);
std::ostream& operator<<(std::ostream& out, DType dtype);

}  // namespace runnel::inline v0
