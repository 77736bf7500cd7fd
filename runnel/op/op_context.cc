#include "runnel/op/op_context.h"

#include <limits>

#include "runnel/core/named_size.h"
#include "runnel/op/partial_value.h"
#include "runnel/op/shape_inference.h"

namespace runnel::inline v0 {

const AttrValue& AttrReader::lookup(std::string_view name) const {
  if (const AttrValue* given = attrs_.find(name)) return *given;
  int i = op_.schema().attr_index(name);
  if (i < 0) fail<errors::InternalError>(op_.name(), cat("its card has no attribute '", name, "'"));
  const AttrValue& fallback = op_.schema().attrs[size_t(i)].default_value;
  if (std::holds_alternative<std::monostate>(fallback)) fail<TypeError>(op_.name(), cat("needs the attribute ", name));
  return fallback;
}

void AttrReader::wrong_kind(std::string_view name) const {
  fail<TypeError>(op_.name(), cat("the attribute ", name, " has another type"), {.got = attr_text(lookup(name))});
}

DType AttrReader::type(std::string_view name) const {
  int i = op_.schema().attr_index(name);
  if (i >= 0 && types_[size_t(i)]) return types_[size_t(i)];
  return attr<DType>(name);
}

const Tensor* ShapeContext::constant(int i) const {
  const Tensor& t = inputs_[size_t(i)];
  return t.is_symbolic() ? t.symbol().constant : &t;
}

namespace {
Dims ints_of(const Tensor& t) {
  Dims out;
  if (t.dtype() == int32)
    for (int32_t v : t.values<int32_t>()) out.push_back(v);
  else
    for (int64_t v : t.values<int64_t>()) out.push_back(v);
  return out;
}
}  // namespace

bool ShapeContext::constant_ints(int i, Dims& out) const {
  const Tensor* t = constant(i);
  if (!t) return false;
  out = ints_of(*t);
  return true;
}

PartialShape ShapeContext::constant_shape(int i) const {
  PartialShape shape = with_rank(i, 1);
  if (const Tensor* value = partial_value(inputs_[size_t(i)])) {
    Dims dims = ints_of(*value);
    for (int64_t& d : dims) {
      if (d == kUnknownElement) d = -1;
      if (d < -1 && (constant(i) || !is_named(d))) invalid(cat("a dimension must be at least 0, but is ", d));
    }
    return PartialShape(dims);
  }
  if (shape[0] >= 0) return PartialShape::unknown_dims(int(shape[0]));
  return PartialShape::unknown_rank();
}

PartialShape ShapeContext::with_rank(int i, int rank) const {
  PartialShape s = input(i);
  if (!s.has_rank()) return PartialShape::unknown_dims(rank);
  if (s.rank() != rank)
    invalid(cat("Shape must be rank ", rank, " but is rank ", s.rank()), {.got = cat("input ", i, " of shape ", bracketed(s))});
  return s;
}

PartialShape ShapeContext::with_rank_at_least(int i, int rank) const {
  PartialShape s = input(i);
  if (s.has_rank() && s.rank() < rank)
    invalid(cat("Shape must be at least rank ", rank, " but is rank ", s.rank()), {.got = cat("input ", i, " of shape ", bracketed(s))});
  return s;
}

namespace {
// Stands for a shape that only the data tells, or that a size of -1 left open: nothing can be allocated by it.
constexpr int64_t kOpen = std::numeric_limits<int64_t>::max();
}  // namespace

const Shape& OpContext::output_shape(int i) {
  if (!known_shapes_.empty()) return known_shapes_[size_t(i)];
  if (shapes_.empty()) {
    RUNNEL_ASSERT(op().def().shape);
    ShapeContext context(op(), inputs_, attrs(), types(), num_outputs());
    op().def().shape(context);
    shapes_.reserve(context.outputs().size());
    for (PartialShape& s : context.outputs()) shapes_.push_back(s.is_fully_known() ? s.known() : Shape({kOpen}));
  }
  return shapes_[size_t(i)];
}

Tensor& OpContext::output(int i) {
  if (outputs_[i]) return outputs_[i];
  const Shape& shape = output_shape(i);
  if (shape.rank() == 1 && shape[0] == kOpen) [[unlikely]] invalid("Dimension -1 must be >= 0", {.got = cat("no size for a dimension of output ", i)});
  if (in_place_)
    for (const Tensor& input : inputs_)  // small tensors are made faster than looked at
      if (input.buffer() && input.dtype() == output_dtype(i) && input.is_unique() && input.shape() == shape) return outputs_[i] = input;
  return outputs_[i] = Tensor(output_dtype(i), shape);
}

}  // namespace runnel::inline v0
