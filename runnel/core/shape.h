// Shape: the sizes of a tensor. PartialShape: the same where some sizes, or the rank itself, may be unknown.
#pragma once

#include <cstdint>
#include <string>

#include "runnel/base/small_vector.h"

namespace runnel::inline v0 {

using Dims = SmallVector<int64_t, 6>;

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : Shape(Dims(dims)) {}
  /// Throws ValueError for a negative size, InvalidArgumentError when the element count overflows 63 bits.
  explicit Shape(Dims dims);

  int rank() const { return dims_.size(); }
  int64_t operator[](int axis) const { return dims_[axis]; }
  int64_t dim(int axis) const { return dims_[axis < 0 ? axis + rank() : axis]; }
  const Dims& dims() const { return dims_; }
  const int64_t* begin() const { return dims_.begin(); }
  const int64_t* end() const { return dims_.end(); }
  int64_t num_elements() const { return num_elements_; }
  friend bool operator==(const Shape& a, const Shape& b) { return a.dims_ == b.dims_; }

 private:
  Dims dims_;
  int64_t num_elements_ = 1;
};

/// "(2, 3)", "(2,)", "()", as Python prints tuples.
std::string to_text(const Shape& shape);
/// "[2,3]", as TensorFlow's operators print shapes in their errors.
std::string bracketed(const Shape& shape);

class PartialShape {
 public:
  static constexpr int64_t kUnknown = -1;

  /// A scalar's shape.
  PartialShape() = default;
  PartialShape(std::initializer_list<int64_t> dims) : PartialShape(Dims(dims)) {}
  explicit PartialShape(Dims dims);  ///< A size of -1 is unknown; other negative sizes throw ValueError.
  PartialShape(const Shape& shape) : dims_(shape.dims()) {}
  static PartialShape unknown_rank();
  static PartialShape unknown_dims(int rank);

  bool has_rank() const { return has_rank_; }
  int rank() const { return dims_.size(); }  ///< Call only where has_rank().
  int64_t operator[](int axis) const { return dims_[axis]; }
  int64_t dim(int axis) const { return dims_[axis < 0 ? axis + rank() : axis]; }
  void set_dim(int axis, int64_t size) { dims_[axis < 0 ? axis + rank() : axis] = size; }
  const Dims& dims() const { return dims_; }
  const int64_t* begin() const { return dims_.begin(); }
  const int64_t* end() const { return dims_.end(); }

  bool is_fully_known() const;
  Shape known() const;           ///< The Shape; RUNNEL_ASSERTs is_fully_known().
  int64_t num_elements() const;  ///< -1 where unknown.

  bool is_compatible_with(const PartialShape& other) const;
  /// The shape that satisfies both. Throws ValueError where they contradict each other.
  PartialShape merge_with(const PartialShape& other) const;
  PartialShape concatenate(const PartialShape& other) const;
  /// Dimensions [begin, end); negative positions count from the end.
  PartialShape slice(int begin, int end) const;
  PartialShape with_rank_at_least(int rank) const;  ///< Throws ValueError where the rank is smaller.
  friend bool operator==(const PartialShape& a, const PartialShape& b) {
    return a.has_rank_ == b.has_rank_ && a.dims_ == b.dims_;
  }

 private:
  Dims dims_;
  bool has_rank_ = true;
};

/// "(None, 3)"; "<unknown>" without a rank.
std::string to_text(const PartialShape& shape);
/// "[?,3]", as TensorFlow's operators print it.
std::string bracketed(const PartialShape& shape);

/// NumPy's broadcasting of two shapes. Throws InvalidArgumentError "Incompatible shapes: [2] vs. [3]".
Shape broadcast_shapes(const Shape& a, const Shape& b, const char* where = "");
PartialShape broadcast_shapes(const PartialShape& a, const PartialShape& b, const char* where = "");

/// Maps an axis in [-rank, rank) to [0, rank). Throws InvalidArgumentError otherwise.
int normalize_axis(int64_t axis, int rank, const char* where);

}  // namespace runnel::inline v0
