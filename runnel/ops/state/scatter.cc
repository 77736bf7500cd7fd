// ResourceScatter* and ResourceScatterNd*: a Variable's slices changed in place.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/scatter.h"
#include "runnel/ops/scatter.h"
#include "runnel/ops/state/variable_state.h"

namespace runnel::inline v0 {

namespace {

void nothing(ShapeContext&) {}

// value[indices[i], ...] op= updates[i, ...]; a scalar update goes everywhere.
template <ScatterKind kKind>
void scatter_kernel(OpContext& c) {
  const Tensor &indices = c.input(1), &updates = c.input(2);
  variable_state(c.input(0), c.op().name()).modify([&](Tensor& value) {
    if (value.rank() < 1) c.invalid("the variable must be at least a vector");
    PartialShape expected = PartialShape(indices.shape()).concatenate(PartialShape(value.shape()).slice(1, value.rank()));
    bool repeat = updates.rank() == 0;
    if (!repeat && !expected.is_compatible_with(updates.partial_shape()))
      c.invalid(cat("Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got updates.shape ", bracketed(updates.shape()),
                    ", indices.shape ", bracketed(indices.shape()), ", params.shape ", bracketed(value.shape())));
    std::vector<int64_t> rows;
    for (int64_t at : read_ints(indices)) {
      if (at < 0 || at >= value.dim(0)) c.invalid(cat("indices[", rows.size(), "] = ", at, " is not in [0, ", value.dim(0), ")"));
      rows.push_back(at);
    }
    scatter_rows(kKind, value, nd_width(value.shape(), 1), rows, updates, repeat);
  });
}

template <ScatterKind kKind>
void scatter_nd_kernel(OpContext& c) {
  const Tensor &indices = c.input(1), &updates = c.input(2);
  variable_state(c.input(0), c.op().name()).modify([&](Tensor& value) {
    check_nd_update(c, indices.partial_shape(), updates.partial_shape(), value.partial_shape());
    if (updates.num_elements() > 0)
      scatter_rows(kKind, value, nd_width(value.shape(), indices.dim(-1)), nd_rows(c, indices, value.shape()), updates, false);
  });
}

constexpr OpDef scatter_op(const char* name, KernelFn kernel, const char* attrs = "dtype: numeric; Tindices: index") {
  return {.name = name, .signature = "resource: resource, indices: Tindices, updates: dtype -> ", .attrs = attrs, .shape = nothing,
          .no_gradient = "it changes state and has no output", .kernel = kernel, .traits = {.stateful = true}};
}
constexpr OpDef scatter_nd_op(const char* name, KernelFn kernel, const char* attrs) {
  return {.name = name, .signature = "ref: resource, indices: Tindices, updates: T -> ", .attrs = attrs, .shape = nothing,
          .no_gradient = "it changes state and has no output", .kernel = kernel, .traits = {.stateful = true}};
}
#define RUNNEL_ND_ATTRS(TYPES) "T: " TYPES "; Tindices: index; use_locking: bool = true; bad_indices_policy: string = ''"

/// ResourceScatterUpdate: value[indices[...]] = updates, in a Variable.
/// ResourceScatterAdd: value[indices[...]] += updates, in a Variable; equal indices add up.
/// ResourceScatterSub: value[indices[...]] -= updates, in a Variable; equal indices add up.
/// ResourceScatterMul: value[indices[...]] *= updates, in a Variable.
/// ResourceScatterDiv: value[indices[...]] /= updates, in a Variable.
/// ResourceScatterMin: value[indices[...]] = min(value[indices[...]], updates), in a Variable.
/// ResourceScatterMax: value[indices[...]] = max(value[indices[...]], updates), in a Variable.
/// ResourceScatterNdUpdate: value[indices[..., 0], indices[..., 1], ...] = updates, in a Variable.
/// ResourceScatterNdAdd: value[indices[..., 0], indices[..., 1], ...] += updates, in a Variable.
/// ResourceScatterNdSub: value[indices[..., 0], indices[..., 1], ...] -= updates, in a Variable.
/// ResourceScatterNdMin: The smaller of value[indices[..., 0], indices[..., 1], ...] and updates, kept in a Variable.
/// ResourceScatterNdMax: The larger of value[indices[..., 0], indices[..., 1], ...] and updates, kept in a Variable.
constexpr OpDef kOps[] = {
    scatter_op("ResourceScatterUpdate", scatter_kernel<ScatterKind::kUpdate>, "dtype: type; Tindices: index"),
    scatter_op("ResourceScatterAdd", scatter_kernel<ScatterKind::kAdd>),
    scatter_op("ResourceScatterSub", scatter_kernel<ScatterKind::kSub>),
    scatter_op("ResourceScatterMul", scatter_kernel<ScatterKind::kMul>),
    scatter_op("ResourceScatterDiv", scatter_kernel<ScatterKind::kDiv>),
    scatter_op("ResourceScatterMin", scatter_kernel<ScatterKind::kMin>),
    scatter_op("ResourceScatterMax", scatter_kernel<ScatterKind::kMax>),
    scatter_nd_op("ResourceScatterNdUpdate", scatter_nd_kernel<ScatterKind::kUpdate>, RUNNEL_ND_ATTRS("type")),
    scatter_nd_op("ResourceScatterNdAdd", scatter_nd_kernel<ScatterKind::kAdd>, RUNNEL_ND_ATTRS("plain")),
    scatter_nd_op("ResourceScatterNdSub", scatter_nd_kernel<ScatterKind::kSub>, RUNNEL_ND_ATTRS("plain")),
    scatter_nd_op("ResourceScatterNdMin", scatter_nd_kernel<ScatterKind::kMin>, RUNNEL_ND_ATTRS("real")),
    scatter_nd_op("ResourceScatterNdMax", scatter_nd_kernel<ScatterKind::kMax>, RUNNEL_ND_ATTRS("real")),
};
#undef RUNNEL_ND_ATTRS

}  // namespace
RUNNEL_OPS(state_scatter, kOps)

namespace {
const Variable& change(const Variable& variable, const char* op, const Tensor& indices, const Operand& updates) {
  run(get_op(op), {variable.handle(), indices, updates.tensor(variable.dtype())});
  return variable;
}
}  // namespace

const Variable& scatter_nd_min(const Variable& variable, const Tensor& indices, const Operand& updates) {
  return change(variable, "ResourceScatterNdMin", indices, updates);
}
const Variable& scatter_nd_max(const Variable& variable, const Tensor& indices, const Operand& updates) {
  return change(variable, "ResourceScatterNdMax", indices, updates);
}

// Each index is preceded by its place in the batch.
const Variable& batch_scatter_update(const Variable& variable, const Tensor& indices, const Operand& updates) {
  const Shape& s = indices.shape();
  std::vector<Tensor> coordinates;
  for (int axis = 0; axis + 1 < s.rank(); ++axis) {
    Dims along(s.rank(), 1);
    along[axis] = s[axis];
    coordinates.push_back(broadcast_to(reshape(range(s[axis], {}, 1, indices.dtype()), along), s));
  }
  coordinates.push_back(indices);
  return variable.scatter_nd_update(stack(coordinates, -1), updates);
}

}  // namespace runnel::inline v0
