// Parameter types of public functions that accept more than a Tensor.
//   Operand  a Tensor, a Variable or a bare number; numbers take the dtype of the tensors beside them
//   Operands a list of those
//   Ints     a list of integers ({2, 3}) or an integer tensor
//   Axes     none (all axes), one axis, or several
#pragma once

#include <array>
#include <complex>
#include <concepts>
#include <optional>
#include <vector>

#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

class Operand {
 public:
  Operand(const Tensor& tensor) : tensor_(tensor) {}
  Operand(Tensor&& tensor) : tensor_(std::move(tensor)) {}
  Operand(bool value) : tensor_(Tensor::scalar(value)), default_(bool_) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Operand(T value) : tensor_(Tensor::scalar(int64_t(value))), default_(int32) {}
  Operand(double value) : tensor_(Tensor::scalar(value)), default_(float32) {}
  Operand(float value) : Operand(double(value)) {}
  Operand(std::complex<double> value) : tensor_(Tensor::scalar(value)), default_(complex128) {}
  Operand(const char* text) : tensor_(Tensor::scalar(std::string(text))) {}
  /// Values without a dtype of their own: `wide` holds them exactly, `fallback` is the dtype they get when alone.
  static Operand weak(Tensor wide, DType fallback);

  bool is_weak() const { return bool(default_); }
  /// The dtype of a strong operand; invalid for a weak one.
  DType dtype() const { return is_weak() ? DType() : tensor_.dtype(); }
  /// The tensor. A weak operand becomes one of dtype `like`, or of its own default where `like` is invalid.
  /// Throws TypeError where the values cannot be of that dtype (1.5 as int32).
  Tensor tensor(DType like = DType()) const;

 private:
  Tensor tensor_;
  DType default_;  // valid for weak operands only
};

/// A list of operands of one dtype: tf.stack({a, b, 1.f}), or a vector of tensors.
class Operands {
 public:
  Operands() = default;
  Operands(std::initializer_list<Operand> items) : items_(items) {}
  Operands(const std::vector<Operand>& items) : items_(items) {}
  Operands(const std::vector<Tensor>& items) : items_(items.begin(), items.end()) {}
  const std::vector<Operand>& items() const { return items_; }

 private:
  std::vector<Operand> items_;
};

/// The tensors of operands that belong together: weak ones take the first strong one's dtype.
std::array<Tensor, 2> match(const Operand& a, const Operand& b);
std::array<Tensor, 3> match(const Operand& a, const Operand& b, const Operand& c);
std::vector<Tensor> match(const Operands& operands);

class Ints {
 public:
  Ints() = default;
  Ints(std::initializer_list<int64_t> values) : Ints(Dims(values)) {}
  Ints(const std::vector<int64_t>& values) : Ints(Dims(std::span<const int64_t>(values))) {}
  Ints(const Dims& values) : values_(values), known_(true) {}
  Ints(const Shape& shape) : Ints(shape.dims()) {}
  template <std::same_as<Tensor> T>
  Ints(const T& tensor) : tensor_(tensor) {}

  bool is_set() const { return known_ || tensor_; }
  /// The integers where they are known now (a list, an eager tensor, a constant of a graph).
  std::optional<Dims> values() const;
  /// An int32 vector (int64 where a value needs it), or the tensor as given.
  Tensor tensor() const;

 private:
  Dims values_;
  bool known_ = false;
  Tensor tensor_;
};

class Axes {
 public:
  Axes() = default;
  Axes(std::nullopt_t) {}
  template <std::integral T>
  Axes(T axis) : ints_(Dims{int64_t(axis)}) {}
  Axes(std::initializer_list<int64_t> axes) : ints_(axes) {}
  Axes(const std::vector<int64_t>& axes) : ints_(axes) {}
  Axes(const Dims& axes) : ints_(axes) {}
  template <std::same_as<Tensor> T>
  Axes(const T& axes) : ints_(axes) {}

  bool is_all() const { return !ints_.is_set(); }
  const Ints& ints() const { return ints_; }

 private:
  Ints ints_;
};

}  // namespace runnel::inline v0
