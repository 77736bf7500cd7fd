// Tile, ReverseV2, Reverse, ReverseSequence, Roll; repeat().
#include "runnel/core/named_size.h"
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

// --- Tile ---

void tile_shape(ShapeContext& c) {
  PartialShape in = c.input(0), length = c.with_rank(1, 1);
  if (in.has_rank() && length[0] >= 0 && length[0] != in.rank())
    c.invalid(cat("Expected multiples argument to be a vector of length ", in.rank(), " but got length ", length[0]));
  if (!in.has_rank() && length[0] >= 0) in = PartialShape::unknown_dims(int(length[0]));
  if (!in.has_rank()) return;
  Dims times;
  if (!c.constant_ints(1, times)) return c.set_output(0, PartialShape::unknown_dims(in.rank()));
  for (int i = 0; i < in.rank(); ++i) {
    if (times[i] < 0) c.invalid(cat("Expected multiples[", i, "] >= 0, but got ", times[i]));
    int64_t size = in[i] < 0 ? product_of_sizes(in[i], times[i]) : in[i];
    if (in[i] >= 0 && __builtin_mul_overflow(size, times[i], &size))
      c.invalid(cat("Dimension ", i, " would have more than 2**63 - 1 elements"), {.got = cat(in[i], " times ", times[i])});
    in.set_dim(i, size);
  }
  c.set_output(0, in);
}
// Seen as (times0, dim0, times1, dim1, ...), the output repeats the input along the even axes.
void tile_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Dims times = read_ints(c.input(1)), strides = dense_strides(x.shape()), dims, walk;
  Tensor& y = c.output();
  for (int i = 0; i < x.rank(); ++i) {
    dims.push_back(times[i]);
    dims.push_back(x.dim(i));
    walk.push_back(0);
    walk.push_back(strides[i]);
  }
  copy_box(x.dtype(), dims, x.raw(), walk, y.mutable_raw(), dense_strides(dims));
}
std::vector<Tensor> tile_gradient(const GradientContext& c) {
  const Tensor& times = c.input(1);
  Tensor sizes = shape(c.input(0), times.dtype());
  Tensor split_shape = reshape(stack({times, sizes}, 1), {-1});
  PartialShape length = times.partial_shape(), in = c.input(0).partial_shape();
  int64_t rank = in.has_rank() ? in.rank() : length.has_rank() ? length[0] : -1;
  if (rank == 0) return {reshape(c.grad(), sizes), Tensor()};
  Tensor axes = rank >= 0 ? range(0, 2 * rank, 2) : range(0, size(split_shape), 2);
  return {reduce_sum(reshape(c.grad(), split_shape), axes), Tensor()};
}

// --- ReverseV2, Reverse ---

// A copy in which the marked axes run backwards.
void copy_reversed(OpContext& c, const std::vector<bool>& backwards) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  Dims walk = dense_strides(x.shape()), from = walk;
  int64_t start = 0;
  for (int i = 0; i < x.rank(); ++i) {
    if (!backwards[size_t(i)]) continue;
    start += (x.dim(i) - 1) * walk[i];
    from[i] = -walk[i];
  }
  copy_box(x.dtype(), x.shape().dims(), advance(x.dtype(), x.raw(), start), from, y.mutable_raw(), walk);
}
void reverse_v2_shape(ShapeContext& c) {
  PartialShape in = c.input(0);
  c.with_rank(1, 1);
  Dims axes;
  if (in.has_rank() && c.constant_ints(1, axes)) {
    std::vector<bool> seen(size_t(in.rank()), false);
    for (int i = 0; i < axes.size(); ++i) {
      int64_t axis = axes[i] < 0 ? axes[i] + in.rank() : axes[i];
      if (axis < 0 || axis >= in.rank()) c.invalid(cat("'axis'[", i, "] = ", axes[i], " is out of valid range [0, ", in.rank() - 1, "]"));
      if (seen[size_t(axis)]) c.invalid(cat("axis ", axis, " specified more than once."));
      seen[size_t(axis)] = true;
    }
  }
  c.set_output(0, in);
}
void reverse_v2_kernel(OpContext& c) {
  int rank = c.input(0).rank();
  std::vector<bool> backwards(size_t(rank), false);
  c.output_shape();
  for (int64_t axis : read_ints(c.input(1))) backwards[size_t(axis < 0 ? axis + rank : axis)] = true;
  copy_reversed(c, backwards);
}
std::vector<Tensor> reverse_v2_gradient(const GradientContext& c) { return {reverse(c.grad(), c.input(1)), Tensor()}; }

void reverse_shape(ShapeContext& c) {
  PartialShape in = c.input(0), length = c.with_rank(1, 1);
  if (in.has_rank() && length[0] >= 0 && length[0] != in.rank())
    c.invalid(cat("'dims' must have the same number of values as 'input' has dimensions. 'input' has ", in.rank(), "'dims' has ", length[0], " values"));
  c.set_output(0, in);
}
void reverse_kernel(OpContext& c) {
  c.output_shape();
  std::span<const bool> dims = c.input(1).values<bool>();
  copy_reversed(c, {dims.begin(), dims.end()});
}
std::vector<Tensor> reverse_gradient(const GradientContext& c) {
  static const Op& op = get_op("Reverse");
  return {run(op, {c.grad(), c.input(1)}), Tensor()};
}

// --- ReverseSequence ---

void reverse_sequence_shape(ShapeContext& c) {
  PartialShape in = c.input(0);
  c.with_rank(1, 1);
  if (in.has_rank()) {
    int seq = normalize_axis(c.int_attr("seq_dim"), in.rank(), c.op().name()), batch = normalize_axis(c.int_attr("batch_dim"), in.rank(), c.op().name());
    if (seq == batch) c.invalid(cat("batch_dim == seq_dim == ", seq));
    if (const Tensor* t = c.constant(1)) {
      Dims lengths = read_ints(*t);
      if (in[batch] >= 0 && lengths.size() != in[batch])
        c.invalid(cat("Length of seq_lengths != input.dims(", batch, "), (", lengths.size(), " vs. ", in[batch], ")"));
      for (int i = 0; i < lengths.size(); ++i) {
        if (lengths[i] < 0) c.invalid(cat("seq_lengths(", i, ") < 0"));
        if (in[seq] >= 0 && lengths[i] > in[seq]) c.invalid(cat("seq_lens(", i, ") > input.dims(", seq, ")"));
      }
    }
  }
  c.set_output(0, in);
}
void reverse_sequence_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  int seq = normalize_axis(c.int_attr("seq_dim"), x.rank(), "ReverseSequence"), batch = normalize_axis(c.int_attr("batch_dim"), x.rank(), "ReverseSequence");
  Dims lengths = read_ints(c.input(1)), walk = dense_strides(x.shape());
  for (int b = 0; b < lengths.size(); ++b) {
    Dims dims = x.shape().dims(), back = walk;
    dims[batch] = 1;
    back[seq] = -walk[seq];
    auto part = [&](int64_t from, int64_t to, int64_t count, const Dims& strides) {
      dims[seq] = count;
      copy_box(x.dtype(), dims, advance(x.dtype(), x.raw(), b * walk[batch] + from * walk[seq]), strides,
               advance(y.dtype(), y.mutable_raw(), b * walk[batch] + to * walk[seq]), walk);
    };
    part(lengths[b] - 1, 0, lengths[b], back);
    part(lengths[b], lengths[b], x.dim(seq) - lengths[b], walk);
  }
}
std::vector<Tensor> reverse_sequence_gradient(const GradientContext& c) {
  return {reverse_sequence(c.grad(), c.input(1), c.int_attr("seq_dim"), c.int_attr("batch_dim")), Tensor()};
}

// --- Roll ---

void roll_shape(ShapeContext& c) {
  PartialShape in = c.with_rank_at_least(0, 1);
  Dims axes;
  if (in.has_rank() && c.constant_ints(2, axes))
    for (int64_t axis : axes)
      if (axis < -in.rank() || axis >= in.rank()) c.invalid(cat("axis ", axis, " is out of range"), {.got = cat("rank ", in.rank())});
  PartialShape a = c.input(1), b = c.input(2);
  if (!a.is_compatible_with(b)) c.invalid("shift and axis must have the same size", {.got = cat(bracketed(a), " and ", bracketed(b))});
  c.set_output(0, in);
}
// Copies the 2^k boxes that the shifted axes cut the array into.
void roll_boxes(const Tensor& x, Tensor& y, const Dims& shifts, int axis, Dims dims, int64_t from, int64_t to) {
  Dims walk = dense_strides(x.shape());
  while (axis < x.rank() && shifts[axis] == 0) ++axis;
  if (axis == x.rank())
    return copy_box(x.dtype(), dims, advance(x.dtype(), x.raw(), from), walk, advance(y.dtype(), y.mutable_raw(), to), walk);
  int64_t n = x.dim(axis), shift = shifts[axis];
  dims[axis] = n - shift;
  roll_boxes(x, y, shifts, axis + 1, dims, from, to + shift * walk[axis]);
  dims[axis] = shift;
  roll_boxes(x, y, shifts, axis + 1, dims, from + (n - shift) * walk[axis], to);
}
void roll_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  Dims by = read_ints(c.input(1)), axes = read_ints(c.input(2)), shifts(x.rank(), 0);
  if (x.num_elements() == 0) return;
  for (int i = 0; i < axes.size(); ++i) {
    int axis = normalize_axis(axes[i], x.rank(), "Roll");
    int64_t n = x.dim(axis);
    shifts[axis] = ((shifts[axis] + by[i] % n) % n + n) % n;
  }
  roll_boxes(x, y, shifts, 0, x.shape().dims(), 0, 0);
}
std::vector<Tensor> roll_gradient(const GradientContext& c) { return {roll(c.grad(), negative(c.input(1)), c.input(2)), Tensor(), Tensor()}; }

constexpr OpDef kOps[] = {
    {.name = "Tile", .signature = "input: T, multiples: Tmultiples -> output: T", .attrs = "T: type; Tmultiples: index = int32",
     .shape = tile_shape, .gradient = tile_gradient, .kernel = tile_kernel},
    {.name = "ReverseV2", .signature = "tensor: T, axis: Tidx -> output: T", .attrs = "Tidx: index = int32; T: {plain, string}",
     .shape = reverse_v2_shape, .gradient = reverse_v2_gradient, .kernel = reverse_v2_kernel},
    {.name = "Reverse", .signature = "tensor: T, dims: bool -> output: T", .attrs = "T: {plain, string}",
     .shape = reverse_shape, .gradient = reverse_gradient, .kernel = reverse_kernel},
    {.name = "ReverseSequence", .signature = "input: T, seq_lengths: Tlen -> output: T", .attrs = "seq_dim: int; batch_dim: int = 0; T: type; Tlen: index = int64",
     .shape = reverse_sequence_shape, .gradient = reverse_sequence_gradient, .kernel = reverse_sequence_kernel},
    {.name = "Roll", .signature = "input: T, shift: Tshift, axis: Taxis -> output: T", .attrs = "T: type; Tshift: index; Taxis: index",
     .shape = roll_shape, .gradient = roll_gradient, .kernel = roll_kernel},
};

}  // namespace
RUNNEL_OPS(array_repeat, kOps)

Tensor tile(const Tensor& input, const Ints& multiples) {
  static const Op& op = get_op("Tile");
  return run(op, {input, multiples.tensor()});
}

Tensor reverse(const Tensor& tensor, const Ints& axis) {
  static const Op& op = get_op("ReverseV2");
  return run(op, {tensor, axis.tensor()});
}

Tensor reverse_sequence(const Tensor& input, const Operand& seq_lengths, std::optional<int64_t> seq_axis, std::optional<int64_t> batch_axis) {
  static const Op& op = get_op("ReverseSequence");
  if (!seq_axis) fail<ValueError>("reverse_sequence", "seq_axis must be given");
  return run(op, {input, seq_lengths.tensor()}, {{"seq_dim", *seq_axis}, {"batch_dim", batch_axis.value_or(0)}});
}

Tensor roll(const Tensor& input, const Operand& shift, const Operand& axis) {
  static const Op& op = get_op("Roll");
  return run(op, {input, shift.tensor(), axis.tensor()});
}

// Element i of the axis comes repeats[i] times: gather of the indices 0, 0, 1, 2, 2, ...
Tensor repeat(const Tensor& input, const Operand& repeats, std::optional<int64_t> axis) {
  Tensor data = axis ? input : reshape(input, {-1});
  PartialShape s = data.partial_shape();
  if (!s.has_rank()) fail<ValueError>("repeat", "needs an input of known rank");
  if (int64_t rank = s.rank(); axis && (*axis < -rank || *axis >= rank))
    fail<ValueError>("repeat", cat("axis=", *axis, " out of bounds: expected ", -rank, "<=axis<", rank));
  int at = normalize_axis(axis.value_or(0), s.rank(), "repeat");
  Tensor times = repeats.tensor();
  if (times.dtype() != int32 && times.dtype() != int64) times = cast(times, int32);
  PartialShape t = times.partial_shape();
  if (t.has_rank() && t.rank() == 0 && !times.is_symbolic() && read_int(times) < 0)
    fail<errors::InvalidArgumentError>("repeat", cat("Expected multiples[1] >= 0, but got ", read_int(times)), {.got = cat("repeats=", read_int(times))});
  Tensor n = s[at] >= 0 ? Tensor::scalar(int32_t(s[at])) : gather(shape(data), at);
  if (t.has_rank() && t.rank() == 1 && t[0] >= 0 && s[at] >= 0 && t[0] != 1 && t[0] != s[at])
    fail<ValueError>("repeat", cat("Dimensions ", s[at], " and ", t[0], " are not compatible"));
  times = broadcast_to(reshape(times, {-1}), expand_dims(n, 0));
  // A mask of (n, most) with the first repeats[i] columns of row i set; its row numbers are the indices.
  Tensor index = gather(where(sequence_mask(times)), 0, 1);
  return gather(data, index, at);
}

}  // namespace runnel::inline v0
