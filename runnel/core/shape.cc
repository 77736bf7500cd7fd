#include "runnel/core/shape.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/core/named_size.h"

namespace runnel::inline v0 {

namespace {
std::string tuple_text(const Dims& dims) {
  std::string out = "(";
  for (int i = 0; i < dims.size(); ++i) {
    if (i > 0) out += ", ";
    out += dims[i] < 0 ? "None" : to_text(dims[i]);
  }
  if (dims.size() == 1) out += ",";
  return out + ")";
}
std::string bracket_text(const Dims& dims) {
  std::string out = "[";
  for (int i = 0; i < dims.size(); ++i) {
    if (i > 0) out += ",";
    out += dims[i] < 0 ? "?" : to_text(dims[i]);
  }
  return out + "]";
}
}  // namespace

Shape::Shape(Dims dims) : dims_(std::move(dims)) {
  bool empty = false, overflow = false;
  int64_t n = 1;
  for (int64_t d : dims_) {
    if (d < 0) fail<ValueError>("Shape", "a dimension must not be negative", {.got = tuple_text(dims_)});
    if (d == 0) empty = true;
    overflow |= d != 0 && __builtin_mul_overflow(n, d, &n);
  }
  if (overflow && !empty)
    fail<errors::InvalidArgumentError>("", cat("Shape ", bracket_text(dims_), " would have more than 2**63 - 1 elements"));
  num_elements_ = empty ? 0 : n;
}

std::string to_text(const Shape& shape) { return tuple_text(shape.dims()); }
std::string bracketed(const Shape& shape) { return bracket_text(shape.dims()); }

PartialShape::PartialShape(Dims dims) : dims_(std::move(dims)) {
  for (int64_t d : dims_)
    if (d < -1 && !is_named(d)) fail<ValueError>("TensorShape", "Dimension must be >= 0 or None", {.got = to_text(d)});
}

PartialShape PartialShape::unknown_rank() {
  PartialShape s;
  s.has_rank_ = false;
  return s;
}
PartialShape PartialShape::unknown_dims(int rank) { return PartialShape(Dims(rank, kUnknown)); }

bool PartialShape::is_fully_known() const {
  if (!has_rank_) return false;
  for (int64_t d : dims_)
    if (d < 0) return false;
  return true;
}

Shape PartialShape::known() const {
  RUNNEL_ASSERT(is_fully_known());
  return Shape(dims_);
}

int64_t PartialShape::num_elements() const { return is_fully_known() ? Shape(dims_).num_elements() : -1; }

bool PartialShape::is_compatible_with(const PartialShape& other) const {
  if (!has_rank_ || !other.has_rank_) return true;
  if (rank() != other.rank()) return false;
  for (int i = 0; i < rank(); ++i)
    if (dims_[i] >= 0 && other[i] >= 0 && dims_[i] != other[i]) return false;
  return true;
}

PartialShape PartialShape::merge_with(const PartialShape& other) const {
  if (!has_rank_) return other;
  if (!other.has_rank_) return *this;
  if (!is_compatible_with(other))
    fail<ValueError>("", cat("Shapes ", to_text(*this), " and ", to_text(other), " are incompatible"));
  PartialShape out = *this;
  for (int i = 0; i < rank(); ++i)
    if (dims_[i] < 0 && other[i] != kUnknown) out.dims_[i] = other[i];
  return out;
}

PartialShape PartialShape::concatenate(const PartialShape& other) const {
  if (!has_rank_ || !other.has_rank_) return unknown_rank();
  PartialShape out = *this;
  for (int64_t d : other) out.dims_.push_back(d);
  return out;
}

PartialShape PartialShape::slice(int begin, int end) const {
  if (!has_rank_) return unknown_rank();
  auto place = [&](int i) { return std::min(std::max(i < 0 ? i + rank() : i, 0), rank()); };
  PartialShape out;
  for (int i = place(begin); i < place(end); ++i) out.dims_.push_back(dims_[i]);
  return out;
}

PartialShape PartialShape::with_rank_at_least(int rank) const {
  if (has_rank_ && this->rank() < rank)
    fail<ValueError>("", cat("Shape ", to_text(*this), " must have rank at least ", rank));
  return *this;
}

std::string to_text(const PartialShape& shape) { return shape.has_rank() ? tuple_text(shape.dims()) : "<unknown>"; }
std::string bracketed(const PartialShape& shape) { return shape.has_rank() ? bracket_text(shape.dims()) : "<unknown>"; }

namespace {
[[noreturn]] void incompatible(const PartialShape& a, const PartialShape& b, const char* where) {
  fail<errors::InvalidArgumentError>(where, cat("Incompatible shapes: ", bracketed(a), " vs. ", bracketed(b)),
                                     {.expected = "equal sizes, or 1, in each dimension counted from the last"});
}
}  // namespace

PartialShape broadcast_shapes(const PartialShape& a, const PartialShape& b, const char* where) {
  if (!a.has_rank() || !b.has_rank()) return PartialShape::unknown_rank();
  int rank = std::max(a.rank(), b.rank());
  Dims dims(rank);
  for (int i = 1; i <= rank; ++i) {
    int64_t x = i <= a.rank() ? a[a.rank() - i] : 1, y = i <= b.rank() ? b[b.rank() - i] : 1;
    int64_t& out = dims[rank - i];
    if (x == y || y == 1) out = x;
    else if (x == 1) out = y;
    else if (x < 0 && y < 0) out = PartialShape::kUnknown;  // either may be 1
    else if (x < 0) out = y;  // the unknown size is 1 or y
    else if (y < 0) out = x;
    else incompatible(a, b, where);
  }
  return PartialShape(dims);
}

Shape broadcast_shapes(const Shape& a, const Shape& b, const char* where) {
  if (a == b) return a;
  return broadcast_shapes(PartialShape(a), PartialShape(b), where).known();
}

int normalize_axis(int64_t axis, int rank, const char* where) {
  if (axis < -rank || axis >= rank)
    fail<errors::InvalidArgumentError>(where, cat("Axis ", axis, " is out of range"),
                                       {.got = cat("axis=", axis, " for rank ", rank),
                                        .expected = cat("a value in [", -rank, ", ", rank, ")")});
  return int(axis < 0 ? axis + rank : axis);
}

}  // namespace runnel::inline v0
