// Slice, StridedSlice, StridedSliceGrad, TensorStridedSliceUpdate, ResourceStridedSliceAssign.
#include <algorithm>

#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/slice_spec.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/math.h"
#include "runnel/ops/state/variable_state.h"

namespace runnel::inline v0 {

namespace {

// --- Slice ---

void slice_op_shape(ShapeContext& c) {
  PartialShape in = c.input(0), begin_shape = c.input(1), size_shape = c.input(2);
  bool vectors = (!begin_shape.has_rank() || begin_shape.rank() == 1) && (!size_shape.has_rank() || size_shape.rank() == 1);
  int64_t given = begin_shape.has_rank() && vectors ? begin_shape[0] : -1;
  if (in.has_rank() && (!vectors || (given >= 0 && given != in.rank()) || !begin_shape.is_compatible_with(size_shape)))
    c.invalid(cat("Expected begin and size arguments to be 1-D tensors of size ", in.rank(), ", but got shapes ", bracketed(begin_shape), " and ", bracketed(size_shape), " instead."));
  if (!in.has_rank() && given >= 0) in = PartialShape::unknown_dims(int(given));
  if (!in.has_rank()) return;
  Dims begin, size;
  bool known_begin = c.constant_ints(1, begin);
  if (!c.constant_ints(2, size)) return c.set_output(0, PartialShape::unknown_dims(in.rank()).merge_with(c.constant_shape(2)));
  for (int i = 0; i < in.rank(); ++i) {
    int64_t n = in[i];
    if (known_begin && (begin[i] < 0 || (n >= 0 && begin[i] > n))) c.invalid(cat("Expected begin[", i, "] in [0, ", n, "], but got ", begin[i]));
    if (size[i] < -1) c.invalid(cat("Expected size[", i, "] in [0, ", n, "], but got ", size[i]));
    if (known_begin && n >= 0 && size[i] > n - begin[i]) c.invalid(cat("Expected size[", i, "] in [0, ", n - begin[i], "], but got ", size[i]));
    in.set_dim(i, size[i] >= 0 ? size[i] : known_begin && n >= 0 ? n - begin[i] : -1);
  }
  c.set_output(0, in);
}

// Whole rows of the first axis share the input's memory.
bool rows_only(const Tensor& x, const Shape& out) {
  if (x.rank() == 0 || !x.buffer()) return false;
  for (int i = 1; i < x.rank(); ++i)
    if (out[i] != x.dim(i)) return false;
  return true;
}
void slice_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  const Shape& shape = c.output_shape();
  Dims begin = read_ints(c.input(1)), walk = dense_strides(x.shape());
  if (shape == x.shape()) return c.set_output(0, x.alias());
  if (rows_only(x, shape)) return c.set_output(0, x.rows(begin[0], begin[0] + shape[0]));
  int64_t start = 0;
  for (int i = 0; i < x.rank(); ++i) start += begin[i] * walk[i];
  Tensor& y = c.output();
  copy_box(x.dtype(), shape.dims(), advance(x.dtype(), x.raw(), start), walk, y.mutable_raw(), dense_strides(shape));
}
std::vector<Tensor> slice_gradient(const GradientContext& c) {
  const Tensor& begin = c.input(1);
  Tensor after = subtract(subtract(shape(c.input(0), begin.dtype()), begin), shape(c.output(), begin.dtype()));
  return {pad(c.grad(), stack({begin, after}, 1)), Tensor(), Tensor()};
}

// --- StridedSlice and its family ---

// Where the box begins and how it is walked, in elements of the sliced array.
struct Walk {
  int64_t start = 0;
  Dims strides;
};
Walk walk_of(const SliceSpec& spec, const Shape& shape) {
  Walk walk;
  Dims dense = dense_strides(shape);
  for (int i = 0; i < shape.rank(); ++i) {
    walk.start += spec.begin[i] * dense[i];
    walk.strides.push_back(spec.step[i] * dense[i]);
  }
  return walk;
}

int index_count(const ShapeContext& c, int first) {
  for (int i = first; i < first + 3; ++i) {
    PartialShape s = c.input(i);
    if (s.has_rank() && s.rank() != 1) c.invalid("Expected begin, end, and strides to be 1D equal size tensors", {.got = bracketed(s)});
    if (s.has_rank() && s[0] >= 0) return int(s[0]);
  }
  return -1;
}

void strided_slice_shape(ShapeContext& c) {
  c.set_output(0, slice_shape(c, c.input(0), c.constant(1), c.constant(2), c.constant(3), index_count(c, 1)));
}
void strided_slice_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  SliceSpec spec = slice_spec(c, x.shape(), c.input(1), c.input(2), c.input(3));
  Shape box(spec.dims), shape(spec.final_dims);
  const bool forward = std::all_of(spec.step.begin(), spec.step.end(), [](int64_t step) { return step == 1; });
  if (forward && rows_only(x, box)) return c.set_output(0, x.rows(spec.begin[0], spec.begin[0] + box[0]).reshaped(shape));
  Walk walk = walk_of(spec, x.shape());
  Tensor& y = c.allocate(0, shape);
  copy_box(x.dtype(), spec.dims, advance(x.dtype(), x.raw(), walk.start), walk.strides, y.mutable_raw(), dense_strides(spec.dims));
}

Attrs masks(const AttrReader& c) {
  Attrs out;
  for (const char* name : {"begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"}) out.set(name, c.int_attr(name));
  return out;
}
Tensor call(const char* op, std::initializer_list<Tensor> inputs, const AttrReader& c) { return run(get_op(op), inputs, masks(c)); }

std::vector<Tensor> strided_slice_gradient(const GradientContext& c) {
  DType index = c.input(1).dtype() == int64 ? int64 : int32;
  Tensor begin = cast(c.input(1), index), end = cast(c.input(2), index), strides = cast(c.input(3), index);
  return {call("StridedSliceGrad", {shape(c.input(0), index), begin, end, strides, c.grad()}, c), Tensor(), Tensor(), Tensor()};
}

void slice_grad_shape(ShapeContext& c) { c.set_output(0, c.constant_shape(0)); }
void slice_grad_kernel(OpContext& c) {
  const Tensor& dy = c.input(4);
  Tensor& dx = c.output();
  SliceSpec spec = slice_spec(c, dx.shape(), c.input(1), c.input(2), c.input(3));
  if (Shape(spec.final_dims) != dy.shape())
    c.invalid(cat("shape of dy was ", bracketed(dy.shape()), " instead of ", bracketed(Shape(spec.final_dims))));
  Tensor zero(dx.dtype(), {});
  if (dx.dtype().is_plain()) dispatch<Plain>(dx.dtype(), "StridedSliceGrad", [&]<class T>() { *zero.mutable_data<T>() = T(0); });
  fill_elements(dx.dtype(), dx.num_elements(), zero.raw(), dx.mutable_raw());
  Walk walk = walk_of(spec, dx.shape());
  copy_box(dx.dtype(), spec.dims, dy.raw(), dense_strides(spec.dims), advance(dx.dtype(), dx.mutable_raw(), walk.start), walk.strides);
}
std::vector<Tensor> slice_grad_gradient(const GradientContext& c) {
  Tensor d = call("StridedSlice", {c.grad(), c.input(1), c.input(2), c.input(3)}, c);
  return {Tensor(), Tensor(), Tensor(), Tensor(), d};
}

// Writes `value`, broadcast to the slice, into `data`.
void assign_slice(const AttrReader& c, Tensor& data, const Tensor& begin, const Tensor& end, const Tensor& strides, const Tensor& value) {
  SliceSpec spec = slice_spec(c, data.shape(), begin, end, strides);
  Dims from = dense_strides(value.shape()), final_walk(spec.final_dims.size(), 0);
  int shift = value.rank() - spec.final_dims.size();  // leading sizes of 1 may be more than the slice has
  bool fits = true;
  for (int i = 0; i < value.rank(); ++i) {
    if (value.dim(i) == 1) continue;
    fits &= i >= shift && value.dim(i) == spec.final_dims[i - shift];
    if (fits) final_walk[i - shift] = from[i];
  }
  if (!fits)
    fail<errors::InvalidArgumentError>(c.op().name(), cat("Cannot broadcast input shape ", bracketed(value.shape()), " into final shape ", bracketed(Shape(spec.final_dims))));
  Walk walk = walk_of(spec, data.shape());
  Dims dims = spec.final_dims, to(dims.size(), 0);
  for (int i = 0; i < dims.size(); ++i)
    if (spec.final_axes[i] >= 0) to[i] = walk.strides[int(spec.final_axes[i])];
  copy_box(data.dtype(), dims, value.raw(), final_walk, advance(data.dtype(), data.mutable_raw(), walk.start), to);
}

void slice_update_shape(ShapeContext& c) {
  slice_shape(c, c.input(0), c.constant(1), c.constant(2), c.constant(3), index_count(c, 1));
  c.set_output(0, c.input(0));
}
void slice_update_kernel(OpContext& c) {
  Tensor y = c.input(0).clone();
  assign_slice(c, y, c.input(1), c.input(2), c.input(3), c.input(4));
  c.set_output(0, y);
}
std::vector<Tensor> slice_update_gradient(const GradientContext& c) {
  const Tensor &begin = c.input(1), &end = c.input(2), &strides = c.input(3);
  Tensor dx, dv;
  if (c.needs(0)) dx = call("TensorStridedSliceUpdate", {c.grad(), begin, end, strides, zeros_like(c.input(4))}, c);
  if (c.needs(4)) {
    dv = call("StridedSlice", {c.grad(), begin, end, strides}, c);
    if (dv.partial_shape() != c.input(4).partial_shape() || !dv.partial_shape().is_fully_known()) {
      Tensor axes = run_all(get_op("BroadcastGradientArgs"), {shape(c.input(4)), shape(dv)})[0];
      dv = reshape(reduce_sum(dv, axes), shape(c.input(4)));
    }
  }
  return {dx, Tensor(), Tensor(), Tensor(), dv};
}

void nothing(ShapeContext&) {}
void resource_slice_assign_kernel(OpContext& c) {
  variable_state(c.input(0), c.op().name()).modify([&](Tensor& value) { assign_slice(c, value, c.input(1), c.input(2), c.input(3), c.input(4)); });
}

#define RUNNEL_MASKS "begin_mask: int = 0; end_mask: int = 0; ellipsis_mask: int = 0; new_axis_mask: int = 0; shrink_axis_mask: int = 0"
/// StridedSliceGrad: Zeros of the given shape with `dy` at the place of the slice: the gradient of StridedSlice.
/// TensorStridedSliceUpdate: A copy of the input in which a slice is replaced.
/// ResourceStridedSliceAssign: Replaces a slice of a Variable's value.
constexpr OpDef kOps[] = {
    {.name = "Slice", .signature = "input: T, begin: Index, size: Index -> output: T", .attrs = "T: type; Index: index",
     .shape = slice_op_shape, .gradient = slice_gradient, .kernel = slice_kernel},
    {.name = "StridedSlice", .signature = "input: T, begin: Index, end: Index, strides: Index -> output: T",
     .attrs = "T: type; Index: {int16, int32, int64}; " RUNNEL_MASKS, .shape = strided_slice_shape, .gradient = strided_slice_gradient, .kernel = strided_slice_kernel},
    {.name = "StridedSliceGrad", .signature = "shape: Index, begin: Index, end: Index, strides: Index, dy: T -> output: T",
     .attrs = "T: type; Index: index; " RUNNEL_MASKS, .shape = slice_grad_shape, .gradient = slice_grad_gradient, .kernel = slice_grad_kernel},
    {.name = "TensorStridedSliceUpdate", .signature = "input: T, begin: Index, end: Index, strides: Index, value: T -> output: T",
     .attrs = "T: type; Index: index; " RUNNEL_MASKS, .shape = slice_update_shape, .gradient = slice_update_gradient, .kernel = slice_update_kernel},
    {.name = "ResourceStridedSliceAssign", .signature = "ref: resource, begin: Index, end: Index, strides: Index, value: T -> ",
     .attrs = "T: type; Index: index; " RUNNEL_MASKS, .shape = nothing, .no_gradient = "it changes state and has no output",
     .kernel = resource_slice_assign_kernel, .traits = {.stateful = true}},
};
#undef RUNNEL_MASKS

}  // namespace
RUNNEL_OPS(array_slice, kOps)

Tensor slice(const Tensor& input_, const Ints& begin, const Ints& size) {
  static const Op& op = get_op("Slice");
  Tensor b = begin.tensor(), s = size.tensor();
  if (b.dtype() != s.dtype() && b.dtype().is_integer() && s.dtype().is_integer()) b = cast(b, int64), s = cast(s, int64);
  return run(op, {input_, b, s});
}

Tensor strided_slice(const Tensor& input_, const Ints& begin, const Ints& end, const Ints& strides, int64_t begin_mask, int64_t end_mask,
                     int64_t ellipsis_mask, int64_t new_axis_mask, int64_t shrink_axis_mask) {
  static const Op& op = get_op("StridedSlice");
  Tensor b = begin.tensor(), e = end.tensor(), s = strides.is_set() ? strides.tensor() : ones_like(b);
  if (b.dtype() != e.dtype() || e.dtype() != s.dtype()) b = cast(b, int64), e = cast(e, int64), s = cast(s, int64);
  return run(op, {input_, b, e, s}, {{"begin_mask", begin_mask}, {"end_mask", end_mask}, {"ellipsis_mask", ellipsis_mask},
                                     {"new_axis_mask", new_axis_mask}, {"shrink_axis_mask", shrink_axis_mask}});
}

Tensor tensor_strided_slice_update(const Tensor& input, const Ints& begin, const Ints& end, const Ints& strides, const Operand& value) {
  static const Op& op = get_op("TensorStridedSliceUpdate");
  return run(op, {input, begin.tensor(), end.tensor(), strides.tensor(), value.tensor(input.dtype())});
}

}  // namespace runnel::inline v0
