// assert_shapes: sizes of several tensors that must fit each other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runnel/core/tensor.h"

namespace runnel::inline v0::debugging {

/// A size in the shape that a tensor must have: a number, a name that means one size everywhere, any size, or, only as the first, any
/// number of axes: 3, "N", AxisSize::any(), AxisSize::rest().
class AxisSize {
 public:
  template <std::integral I>
  AxisSize(I size) : size_(int64_t(size)), kind_(kNumber) {}
  AxisSize(const char* name) : AxisSize(std::string(name)) {}
  AxisSize(std::string name) : name_(std::move(name)), kind_(kName) {}
  static AxisSize any() { return AxisSize(kAny); }
  static AxisSize rest() { return AxisSize(kRest); }

  bool is_number() const { return kind_ == kNumber; }
  bool is_name() const { return kind_ == kName; }
  bool is_rest() const { return kind_ == kRest; }
  int64_t size() const { return size_; }
  const std::string& name() const { return name_; }

 private:
  enum Kind { kNumber, kName, kAny, kRest };
  explicit AxisSize(Kind kind) : kind_(kind) {}
  std::string name_;
  int64_t size_ = 0;
  Kind kind_;
};

struct ExpectedShape {
  Tensor tensor;
  std::vector<AxisSize> sizes;
};

/// assert_shapes({{x, {"N", "D"}}, {y, {"N", 3}}}). ValueError where known ranks or sizes do not fit; sizes that are not known yet are
/// checked when the graph runs (InvalidArgumentError). A scalar counts as one element, so one size also fits a scalar.
void assert_shapes(const std::vector<ExpectedShape>& shapes, const std::string& message = "", int64_t summarize = 3);

}  // namespace runnel::inline v0::debugging
