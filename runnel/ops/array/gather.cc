// Gather, GatherV2, ResourceGather: slices of an axis by index.
#include <cstring>

#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/scatter.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/indexed_slices.h"
#include "runnel/ops/math.h"
#include "runnel/ops/state/variable_state.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kGrain = 32768;

// params (batch, outer, size, inner) and indices (batch, count) give (batch, outer, count, inner).
struct GatherDims {
  int64_t batch = 1, outer = 1, size = 1, inner = 1, count = 1;
};

GatherDims gather_dims(const Shape& params, const Shape& indices, int axis, int batch_dims) {
  GatherDims d;
  for (int i = 0; i < batch_dims; ++i) d.batch *= params[i];
  for (int i = batch_dims; i < axis; ++i) d.outer *= params[i];
  d.size = params[axis];
  for (int i = axis + 1; i < params.rank(); ++i) d.inner *= params[i];
  for (int i = batch_dims; i < indices.rank(); ++i) d.count *= indices[i];
  return d;
}

template <class T>
void copy_slice(const T* from, T* to, int64_t n) {
  if constexpr (std::is_trivially_copyable_v<T>) std::memcpy(to, from, size_t(n) * sizeof(T));
  else std::copy_n(from, n, to);
}

template <class T, class Index>
void gather_slices(const T* params, const Index* indices, T* out, const GatherDims& d) {
  int64_t rows = d.batch * d.outer * d.count;
  parallel_for(rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, d.inner)), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      int64_t k = r % d.count, o = r / d.count, b = o / d.outer;
      copy_slice(params + (o * d.size + int64_t(indices[b * d.count + k])) * d.inner, out + r * d.inner, d.inner);
    }
  });
}

template <class Index>
void check_indices(const AttrReader& c, const Tensor& indices, int64_t size) {
  std::span<const Index> values = indices.values<Index>();
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= 0 && int64_t(values[i]) < size) continue;
    std::string place;
    Dims strides = dense_strides(indices.shape());
    for (int d = 0; d < indices.rank(); ++d) place += cat(d ? "," : "", int64_t(i) / strides[d] % indices.dim(d));
    fail<errors::InvalidArgumentError>(c.op().name(), cat("indices[", place, "] = ", int64_t(values[i]), " is not in [0, ", size, ")"));
  }
}

void gather_into(OpContext& c, const Tensor& params, const Tensor& indices, int axis, int batch_dims) {
  Tensor& y = c.output();
  GatherDims d = gather_dims(params.shape(), indices.shape(), axis, batch_dims);
  dispatch<TypeList<int32_t, int64_t, int16_t>>(indices.dtype(), c.op().name(), [&]<class Index>() {
    check_indices<Index>(c, indices, d.size);
    if (y.num_elements() == 0) return;
    dispatch_storage(params.dtype(), [&]<class T>() {
      gather_slices(static_cast<const T*>(params.raw()), indices.data<Index>(), static_cast<T*>(y.mutable_raw()), d);
    });
  });
}

// The result's shape: params[:axis] + indices[batch_dims:] + params[axis + 1:].
PartialShape gathered_shape(ShapeContext& c, const PartialShape& params, const PartialShape& indices, int64_t axis, int64_t batch_dims) {
  if (!params.has_rank() || !indices.has_rank()) return PartialShape::unknown_rank();
  if (params.rank() == 0) c.invalid("params must be at least 1 dimensional");
  if (axis < -params.rank() || axis >= params.rank())
    c.invalid(cat("Shape must be at least rank ", axis < 0 ? -axis : axis + 1, " but is rank ", params.rank()), {.got = cat("axis=", axis, ", params of shape ", bracketed(params))});
  if (batch_dims < -indices.rank() || batch_dims > indices.rank())
    c.invalid(cat("Expected batch_dims in the range [", -indices.rank(), ", ", indices.rank(), "], but got ", batch_dims));
  int at = int(axis < 0 ? axis + params.rank() : axis), batch = int(batch_dims < 0 ? batch_dims + indices.rank() : batch_dims);
  if (batch > at) c.invalid(cat("batch_dims (", batch, ") must be less than or equal to axis (", at, ")."));
  for (int i = 0; i < batch; ++i)
    if (params[i] >= 0 && indices[i] >= 0 && params[i] != indices[i])
      c.invalid(cat("params.shape[", i, "]: ", params[i], " should be equal to indices.shape[", i, "]: ", indices[i]));
  PartialShape out = params.slice(0, at).concatenate(indices.slice(batch, indices.rank()));
  return out.concatenate(params.slice(at + 1, params.rank()));
}

int64_t batch_dims_of(const AttrReader& c) { return c.op().schema().attr_index("batch_dims") >= 0 ? c.int_attr("batch_dims") : 0; }
int wrapped(int64_t at, int rank) { return int(at < 0 ? at + rank : at); }

void gather_v2_shape(ShapeContext& c) {
  PartialShape params = c.input(0), indices = c.input(1);
  const Tensor* axis = c.constant(2);
  if (!axis) {
    if (!params.has_rank() || !indices.has_rank()) return;
    return c.set_output(0, PartialShape::unknown_dims(params.rank() - 1 + indices.rank() - wrapped(batch_dims_of(c), indices.rank())));
  }
  if (axis->num_elements() != 1) c.invalid("axis must be scalar", {.got = cat("shape ", to_text(axis->shape()))});
  c.set_output(0, gathered_shape(c, params, indices, read_int(*axis), batch_dims_of(c)));
}
void gather_v2_kernel(OpContext& c) {
  c.output_shape();
  gather_into(c, c.input(0), c.input(1), wrapped(read_int(c.input(2)), c.input(0).rank()), wrapped(batch_dims_of(c), c.input(1).rank()));
}
void gather_shape(ShapeContext& c) { c.set_output(0, gathered_shape(c, c.input(0), c.input(1), 0, 0)); }
void gather_kernel(OpContext& c) { gather_into(c, c.input(0), c.input(1), 0, 0); }

void resource_gather_shape(ShapeContext& c) {
  int64_t batch = batch_dims_of(c);
  if (c.constant(0)) c.set_output(0, gathered_shape(c, variable_state(*c.constant(0), "ResourceGather").shape, c.input(1), batch, batch));
}
void resource_gather_kernel(OpContext& c) {
  Tensor params = variable_state(c.input(0), "ResourceGather").snapshot();
  int batch = int(batch_dims_of(c));
  gather_into(c, params, c.input(1), batch, batch);
}

// --- the gradient: the slices added up where they came from ---

// Rows: IndexedSlices say it without the zeros.
Tensor slices_back(const Tensor& grad, const Tensor& params, const Tensor& indices) {
  Tensor ids = reshape(indices.dtype() == int64 ? indices : cast(indices, int32), Ints{-1});
  Tensor rows = reshape(grad, concat({expand_dims(size(ids), 0), slice(params, {1}, {-1})}, 0));
  return IndexedSlices{rows, ids, params}.as_tensor();
}

Tensor product(const Tensor& shape, const Ints& begin, const Ints& size) { return reduce_prod(slice(shape, begin, size), {}, true); }

}  // namespace

// Scatters grad (batch, outer, count, inner) into zeros of the shape `params`.
Tensor scatter_back(const Tensor& grad, const Tensor& params, const Tensor& indices, int64_t axis, int64_t batch_dims) {
  DType index = indices.dtype() == int64 ? int64 : int32;
  Tensor ids = cast(indices, index), sizes = cast(params, index);
  Tensor batch = product(sizes, {0}, {batch_dims}), outer = product(sizes, {batch_dims}, {axis - batch_dims});
  Tensor n = slice(sizes, {axis}, {1}), inner = product(sizes, {axis + 1}, {-1});
  Tensor count = floordiv(size(ids, index), maximum(batch, 1));
  Tensor flat_ids = reshape(ids, concat({batch, count}, 0));
  Tensor starts = multiply(range(reshape(batch, Shape()), {}, 1, index), n);
  flat_ids = reshape(add(flat_ids, expand_dims(starts, 1)), Ints{-1, 1});
  Tensor g = transpose(reshape(grad, concat({batch, outer, count, inner}, 0)), {0, 2, 1, 3});
  Tensor scattered = scatter_nd(flat_ids, reshape(g, concat({multiply(batch, count), multiply(outer, inner)}, 0)), concat({multiply(batch, n), multiply(outer, inner)}, 0));
  return reshape(transpose(reshape(scattered, concat({batch, n, outer, inner}, 0)), {0, 2, 1, 3}), sizes);
}

namespace {

std::vector<Tensor> gather_v2_gradient(const GradientContext& c) {
  PartialShape params = c.input(0).partial_shape(), indices = c.input(1).partial_shape();
  std::optional<Dims> axis = known_ints(c.input(2));
  if (!axis || ((*axis)[0] < 0 && !params.has_rank()) || (batch_dims_of(c) < 0 && !indices.has_rank()))
    fail<errors::UnimplementedError>("GatherV2", "its gradient needs to know axis while tracing");
  int64_t batch = batch_dims_of(c) < 0 ? batch_dims_of(c) + indices.rank() : batch_dims_of(c);
  int64_t at = (*axis)[0] < 0 ? (*axis)[0] + params.rank() : (*axis)[0];
  if (at == 0 && batch == 0) return {slices_back(c.grad(), shape(c.input(0)), c.input(1)), Tensor(), Tensor()};
  return {scatter_back(c.grad(), shape(c.input(0)), c.input(1), at, batch), Tensor(), Tensor()};
}
std::vector<Tensor> gather_gradient(const GradientContext& c) { return {slices_back(c.grad(), shape(c.input(0)), c.input(1)), Tensor()}; }
std::vector<Tensor> resource_gather_gradient(const GradientContext& c) {
  static const Op& variable_shape = get_op("VariableShape");
  int64_t batch = batch_dims_of(c);
  if (batch == 0) return {slices_back(c.grad(), run(variable_shape, {c.input(0)}), c.input(1)), Tensor()};
  return {scatter_back(c.grad(), run(variable_shape, {c.input(0)}), c.input(1), batch, batch), Tensor()};
}

/// ResourceGather: Rows of a Variable's value: value[indices[...]].
constexpr OpDef kOps[] = {
    {.name = "Gather", .signature = "params: Tparams, indices: Tindices -> output: Tparams", .attrs = "validate_indices: bool = true; Tparams: type; Tindices: index",
     .shape = gather_shape, .gradient = gather_gradient, .kernel = gather_kernel},
    {.name = "GatherV2", .signature = "params: Tparams, indices: Tindices, axis: Taxis -> output: Tparams",
     .attrs = "batch_dims: int = 0; Tparams: type; Tindices: {int16, int32, int64}; Taxis: index",
     .shape = gather_v2_shape, .gradient = gather_v2_gradient, .kernel = gather_v2_kernel},
    {.name = "ResourceGather", .signature = "resource: resource, indices: Tindices -> output: dtype",
     .attrs = "batch_dims: int = 0; validate_indices: bool = true; dtype: type; Tindices: index", .shape = resource_gather_shape,
     .gradient = resource_gather_gradient, .kernel = resource_gather_kernel, .traits = {.stateful = true, .reads_only = true}},
};

}  // namespace
RUNNEL_OPS(array_gather, kOps)

Tensor gather(const Tensor& params, const Operand& indices, std::optional<bool> validate_indices, const std::optional<Operand>& axis, int64_t batch_dims) {
  static const Op& op = get_op("GatherV2");
  Tensor at = axis ? axis->tensor() : Tensor::scalar(int32_t(batch_dims));
  return run(op, {params, indices.tensor(), at}, {{"batch_dims", batch_dims}});
}
Tensor gather(const Tensor& params, const Operand& indices, int64_t axis, int64_t batch_dims) {
  return gather(params, indices, std::nullopt, Operand(axis), batch_dims);
}

}  // namespace runnel::inline v0
