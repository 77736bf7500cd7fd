// GatherNd and ResourceGatherNd; ScatterNd and the TensorScatter operators.
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/scatter.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/math.h"
#include "runnel/ops/state/variable_state.h"

namespace runnel::inline v0 {

namespace {

// --- GatherNd ---

PartialShape gathered(ShapeContext& c, const PartialShape& params, const PartialShape& indices) {
  if (indices.has_rank() && indices.rank() < 1) c.invalid("indices must be at least a vector");
  if (!params.has_rank() || !indices.has_rank() || indices.dim(-1) < 0) return PartialShape::unknown_rank();
  if (indices.dim(-1) > params.rank())
    c.invalid(cat("index innermost dimension length must be <= params rank; saw: ", indices.dim(-1), " vs. ", params.rank()));
  return indices.slice(0, indices.rank() - 1).concatenate(params.slice(int(indices.dim(-1)), params.rank()));
}
void gather_nd_shape(ShapeContext& c) { c.set_output(0, gathered(c, c.input(0), c.input(1))); }

void gather_nd_into(OpContext& c, const Tensor& params, const Tensor& indices) {
  Tensor& y = c.output();
  if (y.num_elements() == 0) return;
  if (params.num_elements() == 0) c.invalid("Requested more than 0 entries, but params is empty.", {.got = cat("params of shape ", bracketed(params.shape()))});
  std::vector<int64_t> rows = nd_rows(c, indices, params.shape(), "param shape");
  int64_t width = nd_width(params.shape(), indices.dim(-1));
  dispatch_storage(params.dtype(), [&]<class T>() {
    const T* from = static_cast<const T*>(params.raw());
    T* to = static_cast<T*>(y.mutable_raw());
    for (size_t r = 0; r < rows.size(); ++r) {
      T* row = to + int64_t(r) * width;
      if (rows[r] < 0) std::fill_n(row, width, T());
      else std::copy_n(from + rows[r] * width, width, row);
    }
  });
}
void gather_nd_kernel(OpContext& c) { gather_nd_into(c, c.input(0), c.input(1)); }
const std::string& policy(const GradientContext& c) { return c.string_attr("bad_indices_policy"); }
std::vector<Tensor> gather_nd_gradient(const GradientContext& c) {
  return {scatter_nd(c.input(1), c.grad(), shape(c.input(0), c.input(1).dtype()), policy(c)), Tensor()};
}

void resource_gather_nd_shape(ShapeContext& c) {
  if (c.constant(0)) c.set_output(0, gathered(c, variable_state(*c.constant(0), "ResourceGatherNd").shape, c.input(1)));
}
void resource_gather_nd_kernel(OpContext& c) { gather_nd_into(c, variable_state(c.input(0), "ResourceGatherNd").snapshot(), c.input(1)); }
std::vector<Tensor> resource_gather_nd_gradient(const GradientContext& c) {
  static const Op& variable_shape = get_op("VariableShape");
  return {scatter_nd(c.input(1), c.grad(), run(variable_shape, {c.input(0)}, {{"out_type", c.input(1).dtype()}})), Tensor()};
}

// --- ScatterNd ---

void scatter_nd_shape(ShapeContext& c) {
  PartialShape shape = c.constant_shape(2);
  Dims sizes;
  if (c.constant_ints(2, sizes))
    for (int64_t d : sizes)
      if (d < 0) c.invalid(cat("Dimension ", d, " must be >= 0"));
  check_nd_update(c, c.input(0), c.input(1), shape);
  c.set_output(0, shape);
}
void scatter_nd_kernel(OpContext& c) {
  Tensor& y = c.output();
  const Tensor &indices = c.input(0), &updates = c.input(1);
  if (y.dtype().is_plain()) {
    static const uint64_t zeros[2] = {0, 0};
    fill_elements(y.dtype(), y.num_elements(), zeros, y.mutable_raw());
  }
  if (updates.num_elements() == 0) return;
  ScatterKind kind = y.dtype().is_plain() ? ScatterKind::kAdd : ScatterKind::kUpdate;
  scatter_rows(kind, y, nd_width(y.shape(), indices.dim(-1)), nd_rows(c, indices, y.shape()), updates, false);
}
std::vector<Tensor> scatter_nd_gradient(const GradientContext& c) { return {Tensor(), gather_nd(c.grad(), c.input(0), 0, policy(c)), Tensor()}; }

// --- TensorScatter* ---

void tensor_scatter_shape(ShapeContext& c) {
  check_nd_update(c, c.input(1), c.input(2), c.input(0));
  c.set_output(0, c.input(0));
}
template <ScatterKind kKind>
void tensor_scatter_kernel(OpContext& c) {
  c.output_shape();
  const Tensor &x = c.input(0), &indices = c.input(1), &updates = c.input(2);
  Tensor y = x.clone();
  if (updates.num_elements() > 0)
    scatter_rows(kKind, y, nd_width(x.shape(), indices.dim(-1)), nd_rows(c, indices, x.shape()), updates, false);
  c.set_output(0, y);
}
std::vector<Tensor> update_gradient(const GradientContext& c) {
  Tensor dx = c.needs(0) ? run(c.op(), {c.grad(), c.input(1), zeros_like(c.input(2))}, c.attrs()) : Tensor();
  return {dx, Tensor(), c.needs(2) ? gather_nd(c.grad(), c.input(1), 0, policy(c)) : Tensor()};
}
std::vector<Tensor> add_gradient(const GradientContext& c) { return {c.grad(), Tensor(), c.needs(2) ? gather_nd(c.grad(), c.input(1), 0, policy(c)) : Tensor()}; }
std::vector<Tensor> sub_gradient(const GradientContext& c) {
  return {c.grad(), Tensor(), c.needs(2) ? negative(gather_nd(c.grad(), c.input(1), 0, policy(c))) : Tensor()};
}
// Elements that share the extreme value share its gradient.
std::vector<Tensor> extreme_gradient(const GradientContext& c) {
  const Tensor &x = c.input(0), &indices = c.input(1), &updates = c.input(2);
  DType dtype = c.grad().dtype();
  Tensor from_x = cast(equal(x, c.output()), dtype), from_updates = cast(equal(updates, gather_nd(c.output(), indices, 0, policy(c))), dtype);
  Tensor sharers = add(from_x, scatter_nd(indices, from_updates, shape(x, indices.dtype()), policy(c)));
  Tensor share = divide(c.grad(), sharers);
  return {multiply(share, from_x), Tensor(), multiply(gather_nd(share, indices, 0, policy(c)), from_updates)};
}

constexpr const char* kAttrs = "T: numeric; Tindices: index; bad_indices_policy: string = ''";
constexpr const char* kRealAttrs = "T: real; Tindices: index; bad_indices_policy: string = ''";
constexpr const char* kTensorScatter = "tensor: T, indices: Tindices, updates: T -> output: T";

/// ResourceGatherNd: Slices of a Variable's value: value[indices[..., 0], indices[..., 1], ...].
/// TensorScatterUpdate: A copy of the tensor in which slices are replaced.
/// TensorScatterAdd: A copy of the tensor to which slices are added; equal indices add up.
/// TensorScatterSub: A copy of the tensor from which slices are subtracted; equal indices add up.
/// TensorScatterMax: A copy of the tensor in which slices are replaced where the updates are larger.
/// TensorScatterMin: A copy of the tensor in which slices are replaced where the updates are smaller.
/// ScatterNdNonAliasingAdd: A copy of the tensor to which slices are added; equal indices add up.
constexpr OpDef kOps[] = {
    {.name = "GatherNd", .signature = "params: Tparams, indices: Tindices -> output: Tparams", .attrs = "Tparams: type; Tindices: {int16, int32, int64}; bad_indices_policy: string = ''",
     .shape = gather_nd_shape, .gradient = gather_nd_gradient, .kernel = gather_nd_kernel},
    {.name = "ResourceGatherNd", .signature = "resource: resource, indices: Tindices -> output: dtype", .attrs = "dtype: type; Tindices: index",
     .shape = resource_gather_nd_shape, .gradient = resource_gather_nd_gradient, .kernel = resource_gather_nd_kernel, .traits = {.stateful = true, .reads_only = true}},
    {.name = "ScatterNd", .signature = "indices: Tindices, updates: T, shape: Tindices -> output: T", .attrs = "T: type; Tindices: {int16, int32, int64}; bad_indices_policy: string = ''",
     .shape = scatter_nd_shape, .gradient = scatter_nd_gradient, .kernel = scatter_nd_kernel},
    {.name = "TensorScatterUpdate", .signature = kTensorScatter, .attrs = "T: type; Tindices: {int16, int32, int64, uint16}; bad_indices_policy: string = ''",
     .shape = tensor_scatter_shape, .gradient = update_gradient, .kernel = tensor_scatter_kernel<ScatterKind::kUpdate>},
    {.name = "TensorScatterAdd", .signature = kTensorScatter, .attrs = kAttrs, .shape = tensor_scatter_shape, .gradient = add_gradient, .kernel = tensor_scatter_kernel<ScatterKind::kAdd>},
    {.name = "ScatterNdNonAliasingAdd", .signature = "input: T, indices: Tindices, updates: T -> output: T", .attrs = "T: plain; Tindices: index; bad_indices_policy: string = ''",
     .shape = tensor_scatter_shape, .gradient = add_gradient, .kernel = tensor_scatter_kernel<ScatterKind::kAdd>},
    {.name = "TensorScatterSub", .signature = kTensorScatter, .attrs = kAttrs, .shape = tensor_scatter_shape, .gradient = sub_gradient, .kernel = tensor_scatter_kernel<ScatterKind::kSub>},
    {.name = "TensorScatterMin", .signature = kTensorScatter, .attrs = kRealAttrs, .shape = tensor_scatter_shape, .gradient = extreme_gradient, .kernel = tensor_scatter_kernel<ScatterKind::kMin>},
    {.name = "TensorScatterMax", .signature = kTensorScatter, .attrs = kRealAttrs, .shape = tensor_scatter_shape, .gradient = extreme_gradient, .kernel = tensor_scatter_kernel<ScatterKind::kMax>},
};

}  // namespace
RUNNEL_OPS(array_gather_nd, kOps)

namespace {
// Indices of a list (weak) are int32; a batch of them gets its batch number in front of each.
Tensor with_batch(const Tensor& indices, int64_t batch_dims) {
  PartialShape s = indices.partial_shape();
  if (!s.is_fully_known()) fail<ValueError>("gather_nd", "batch_dims needs indices of known shape");
  if (batch_dims < 0 || batch_dims >= s.rank()) fail<ValueError>("gather_nd", cat("batch_dims = ", batch_dims, " must be less than rank(indices) = ", s.rank()));
  std::vector<Tensor> parts;
  for (int64_t d = 0; d < batch_dims; ++d) {
    Dims around(s.rank(), 1), full = s.dims();
    around[int(d)] = s[int(d)];
    full[s.rank() - 1] = 1;
    parts.push_back(broadcast_to(reshape(range(s[int(d)], {}, 1, indices.dtype()), around), full));
  }
  parts.push_back(indices);
  return concat(parts, -1);
}
Attrs policy_attr(const std::string& bad_indices_policy) {
  return bad_indices_policy.empty() ? Attrs() : Attrs{{"bad_indices_policy", bad_indices_policy}};
}
}  // namespace

Tensor gather_nd(const Tensor& params, const Operand& indices, int64_t batch_dims, const std::string& bad_indices_policy) {
  static const Op& op = get_op("GatherNd");
  Tensor at = indices.tensor();
  return run(op, {params, batch_dims == 0 ? at : with_batch(at, batch_dims)}, policy_attr(bad_indices_policy));
}

Tensor scatter_nd(const Operand& indices, const Operand& updates, const Ints& shape, const std::string& bad_indices_policy) {
  static const Op& op = get_op("ScatterNd");
  Tensor at = indices.tensor(), s = shape.tensor();
  if (s.dtype() != at.dtype()) s = cast(s, at.dtype());
  return run(op, {at, updates.tensor(), s}, policy_attr(bad_indices_policy));
}

Tensor tensor_scatter_nd_update(const Tensor& tensor, const Operand& indices, const Operand& updates) {
  static const Op& op = get_op("TensorScatterUpdate");
  return run(op, {tensor, indices.tensor(), updates.tensor(tensor.dtype())});
}

#define RUNNEL_TENSOR_SCATTER(FUNCTION, OP)                                                                                             \
  Tensor FUNCTION(const Tensor& tensor, const Operand& indices, const Operand& updates, const std::string& bad_indices_policy) {        \
    static const Op& op = get_op(OP);                                                                                                   \
    return run(op, {tensor, indices.tensor(), updates.tensor(tensor.dtype())}, policy_attr(bad_indices_policy));                        \
  }
RUNNEL_TENSOR_SCATTER(tensor_scatter_nd_add, "TensorScatterAdd")
RUNNEL_TENSOR_SCATTER(tensor_scatter_nd_sub, "TensorScatterSub")
RUNNEL_TENSOR_SCATTER(tensor_scatter_nd_min, "TensorScatterMin")
RUNNEL_TENSOR_SCATTER(tensor_scatter_nd_max, "TensorScatterMax")
#undef RUNNEL_TENSOR_SCATTER

}  // namespace runnel::inline v0
