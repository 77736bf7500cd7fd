// x[...] in C++: the forms of Python's index.
//
//   x[0]   x[-1]   x[{0, all, -1}]   x[{ellipsis, newaxis}]   x[Slice{1, 5}]   x[{Slice{.step = -1}, Slice{.begin = 2}}]
//   x[i]   x[{all, Slice{i, n}}]      i, n: integer scalars
//   x[mask]                           a bool tensor: boolean_mask
//   v[{0, all}].assign(2.f)           a Variable's slice
//
// An index out of range is an InvalidArgumentError, a tensor that is no integer scalar a TypeError.
#pragma once

#include <concepts>
#include <optional>
#include <span>

#include "runnel/core/attr.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0 {

/// A place along an axis: a number, or an integer scalar. Negative ones count from the end.
class Place {
 public:
  template <std::integral T>
  Place(T at) : at_(int64_t(at)) {}
  template <std::same_as<Tensor> T>
  Place(const T& at) : tensor_(at) {}

  const Tensor& tensor() const { return tensor_; }  ///< Empty where it is a number.
  int64_t number() const { return at_; }

 private:
  int64_t at_ = 0;
  Tensor tensor_;
};

/// Python's begin:end:step; what is left out reaches to the border.
struct Slice {
  std::optional<Place> begin{}, end{};
  Place step = 1;
};

struct Ellipsis {};
struct NewAxis {};
inline constexpr Ellipsis ellipsis;  ///< As many whole axes as the other entries leave.
inline constexpr NewAxis newaxis;    ///< An axis of size 1.
inline constexpr struct All {} all;  ///< A whole axis: Python's ":".

/// One entry of an index.
class Index {
 public:
  enum Kind { kPlace, kSlice, kEllipsis, kNewAxis };
  template <std::integral T>
  Index(T at) : kind_(kPlace), place_(at) {}
  template <std::same_as<Tensor> T>
  Index(const T& at) : kind_(kPlace), place_(at) {}
  Index(const Slice& slice) : kind_(kSlice), slice_(slice) {}
  Index(All) : kind_(kSlice) {}
  Index(Ellipsis) : kind_(kEllipsis) {}
  Index(NewAxis) : kind_(kNewAxis) {}

  Kind kind() const { return kind_; }
  const Place& place() const { return place_; }
  const Slice& slice() const { return slice_; }
  /// True for a bool tensor.
  bool is_mask() const { return place_.tensor() && place_.tensor().dtype() == bool_; }

 private:
  Kind kind_;
  Place place_ = 0;
  Slice slice_;
};

/// What StridedSlice and its family take for an index.
struct SliceArguments {
  Tensor begin, end, strides;
  int64_t begin_mask = 0, end_mask = 0, ellipsis_mask = 0, new_axis_mask = 0, shrink_axis_mask = 0;
  Attrs masks() const;
};
SliceArguments slice_arguments(std::span<const Index> index);

/// The tensor with the slice replaced by `value`, which is broadcast to it.
Tensor slice_update(const Tensor& x, std::initializer_list<Index> index, const Operand& value);

/// A slice of a Variable: a Tensor where one is wanted, and a place to assign to.
class VariableSlice {
 public:
  VariableSlice(Variable variable, SliceArguments slice) : variable_(std::move(variable)), slice_(std::move(slice)) {}
  operator Tensor() const { return value(); }
  operator Operand() const { return value(); }
  Tensor value() const;
  /// The variable with `value`, broadcast to the slice, written there.
  const Variable& assign(const Operand& value) const;

 private:
  Variable variable_;
  SliceArguments slice_;
};

}  // namespace runnel::inline v0
