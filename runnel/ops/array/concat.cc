// Joining along an axis and cutting: Concat, ConcatV2, ConcatOffset, Split, SplitV.
#include "runnel/core/named_size.h"
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/strided.h"

namespace runnel::inline v0 {

namespace {

// Concat has its axis in front, ConcatV2 at the end.
bool axis_first(const Op& op) { return op.name() == std::string_view("Concat"); }

void concat_shape(ShapeContext& c) {
  int first = axis_first(c.op()), n = c.num_inputs() - 1, at = first ? 0 : n;
  PartialShape known_rank = PartialShape::unknown_rank();
  for (int i = 0; i < n; ++i) {
    PartialShape s = c.input(first + i);
    if (!s.has_rank()) continue;
    if (s.rank() == 0) c.invalid("ConcatOp : Can't concatenate scalars (use tf.stack instead)");
    if (known_rank.has_rank() && s.rank() != known_rank.rank())
      c.invalid(cat("ConcatOp : Ranks of all input tensors should match: shape[0] = ", bracketed(known_rank), " vs. shape[", i, "] = ", bracketed(s)));
    if (!known_rank.has_rank()) known_rank = s;
  }
  if (!known_rank.has_rank()) return;
  int rank = known_rank.rank();
  if (!c.constant(at)) return c.set_output(0, PartialShape::unknown_dims(rank));
  int64_t axis = read_int(*c.constant(at));
  if (axis < -rank || axis >= rank)
    c.invalid(cat("ConcatOp : Expected concatenating dimensions in the range [", -rank, ", ", rank, "), but got ", axis));
  if (axis < 0) axis += rank;
  Dims dims(rank, -1);
  int64_t total = 0;
  for (int i = 0; i < n; ++i) {
    PartialShape s = c.input(first + i);
    if (!s.has_rank()) {
      total = -1;
      continue;
    }
    for (int d = 0; d < rank; ++d) {
      if (d == axis || s[d] == PartialShape::kUnknown) continue;
      if (dims[d] >= 0 && s[d] >= 0 && dims[d] != s[d])
        c.invalid(cat("ConcatOp : Dimension ", d, " in both shapes must be equal: shape[0] = ", bracketed(c.input(first)), " vs. shape[", i, "] = ", bracketed(s)));
      if (dims[d] < 0) dims[d] = s[d];
    }
    total = total < 0 || s[int(axis)] < 0 ? -1 : total + s[int(axis)];
  }
  dims[int(axis)] = total;
  c.set_output(0, PartialShape(dims));
}

void concat_kernel(OpContext& c) {
  int first = axis_first(c.op()), n = c.num_inputs() - 1;
  Tensor& y = c.output();
  int64_t axis = read_int(c.input(first ? 0 : n)), begin = 0;
  if (axis < 0) axis += y.rank();
  Dims walk = dense_strides(y.shape());
  for (int i = 0; i < n; ++i) {
    const Tensor& x = c.input(first + i);
    copy_box(y.dtype(), x.shape().dims(), x.raw(), dense_strides(x.shape()), advance(y.dtype(), y.mutable_raw(), begin * walk[int(axis)]), walk);
    begin += x.dim(int(axis));
  }
}

std::vector<Tensor> run_concat_offset(const Tensor& axis, const std::vector<Tensor>& shapes) {
  static const Op& op = get_op("ConcatOffset");
  std::vector<Tensor> inputs{axis};
  inputs.insert(inputs.end(), shapes.begin(), shapes.end());
  return run_all(op, inputs);
}

// Sizes of the parts along the axis, where all are known.
bool known_sizes(std::span<const Tensor> parts, const Tensor& axis, int& at, std::vector<int64_t>& sizes) {
  if (axis.is_symbolic()) return false;
  for (const Tensor& part : parts) {
    PartialShape s = part.partial_shape();
    if (!s.has_rank()) return false;
    at = normalize_axis(read_int(axis), s.rank(), "ConcatV2");
    if (s[at] < 0) return false;
    sizes.push_back(s[at]);
  }
  return true;
}

std::vector<Tensor> cut(const Tensor& grad, std::span<const Tensor> parts, const Tensor& axis) {
  int at = 0;
  std::vector<int64_t> sizes;
  if (parts.size() == 1) return {grad};
  if (known_sizes(parts, axis, at, sizes)) return split(grad, Tensor::from(sizes), at);
  std::vector<Tensor> shapes = shape_n({parts.begin(), parts.end()}), out;
  std::vector<Tensor> offsets = run_concat_offset(cast(axis, int32), shapes);
  for (size_t i = 0; i < parts.size(); ++i) out.push_back(slice(grad, offsets[i], shapes[i]));
  return out;
}
std::vector<Tensor> concat_gradient(const GradientContext& c) {
  bool first = axis_first(c.op());
  size_t n = size_t(c.num_inputs()) - 1;
  std::vector<Tensor> out = cut(c.grad(), c.inputs().subspan(first, n), c.input(first ? 0 : int(n)));
  out.insert(first ? out.begin() : out.end(), Tensor());
  return out;
}

// --- ConcatOffset ---

void offset_shape(ShapeContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, c.with_rank(i + 1, 1));
}
void offset_kernel(OpContext& c) {
  Dims first = read_ints(c.input(1));
  int64_t axis = read_int(c.input(0)), begin = 0;
  if (axis < -first.size() || axis >= first.size())
    c.invalid(cat("Concat dim is out of range: ", axis, " vs. ", first.size()));
  if (axis < 0) axis += first.size();
  for (int i = 0; i < c.num_outputs(); ++i) {
    Dims shape = read_ints(c.input(i + 1)), offset(first.size(), 0);
    if (shape.size() != first.size()) c.invalid(cat("input ", i, " should contain ", first.size(), " elements, but got ", shape.size()));
    for (int d = 0; d < shape.size(); ++d)
      if (d != axis && shape[d] != first[d])
        c.invalid(cat("All dimensions except ", axis, " must match. Input ", i, " has shape ", bracketed(PartialShape(shape)), " and doesn't match input 0 with shape ", bracketed(PartialShape(first)), "."));
    offset[int(axis)] = begin;
    begin += shape[int(axis)];
    write_ints(c.output(i), offset);
  }
}

// --- Split, SplitV ---

int split_axis(ShapeContext& c, const Tensor& axis, int rank) {
  int64_t at = read_int(axis);
  if (at < -rank || at >= rank) c.invalid(cat("-input rank(-", rank, ") <= split_dim < input rank (", rank, "), but got ", at));
  return int(at < 0 ? at + rank : at);
}
void unknown_parts(ShapeContext& c, const PartialShape& in) {
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, in.has_rank() ? PartialShape::unknown_dims(in.rank()) : in);
}
void split_shape(ShapeContext& c) {
  PartialShape in = c.input(1);
  if (!in.has_rank() || !c.constant(0)) return unknown_parts(c, in);
  int at = split_axis(c, *c.constant(0), in.rank()), n = c.num_outputs();
  if (in[at] >= 0 && in[at] % n != 0)
    c.invalid(cat("Number of ways to split should evenly divide the split dimension, but got split_dim ", at, " (size = ", in[at], ") and num_split ", n));
  in.set_dim(at, quotient_of_sizes(in[at], n));
  for (int i = 0; i < n; ++i) c.set_output(i, in);
}

// The sizes with -1 replaced by what is left.
Dims split_sizes(ShapeContext& c, Dims sizes, int64_t total) {
  int rest = -1;
  int64_t sum = 0;
  for (int i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == -1 && rest >= 0) c.invalid("There can only be one -1 in the input.");
    if (sizes[i] == -1) rest = i;
    else if (sizes[i] < -1) c.invalid(cat("Split size at index ", i, " must be >= 0. Got: ", sizes[i]));
    else sum += sizes[i];
  }
  if (total < 0) return sizes;
  if (rest < 0 ? sum != total : sum > total)
    c.invalid(cat("Determined shape must either match input shape along split_dim exactly if fully specified, or be less than the size of the "
                  "input along split_dim if not fully specified.  Got: ", sum));
  if (rest >= 0) sizes[rest] = total - sum;
  return sizes;
}
void split_v_shape(ShapeContext& c) {
  PartialShape in = c.input(0);
  if (!in.has_rank() || !c.constant(2)) return unknown_parts(c, in);
  int at = split_axis(c, *c.constant(2), in.rank());
  Dims sizes(c.num_outputs(), -1);
  if (const Tensor* given = c.constant(1)) {
    sizes = read_ints(*given);
    if (sizes.size() != c.num_outputs()) c.invalid(cat("Expected size_splits to have ", c.num_outputs(), " elements"), {.got = to_text(sizes.size())});
    sizes = split_sizes(c, sizes, in[at]);
  }
  for (int i = 0; i < sizes.size(); ++i) {
    in.set_dim(at, sizes[i]);
    c.set_output(i, in);
  }
}

void split_parts(OpContext& c, const Tensor& x, int64_t axis) {
  if (axis < 0) axis += x.rank();
  Dims walk = dense_strides(x.shape());
  int64_t begin = 0;
  for (int i = 0; i < c.num_outputs(); ++i) {
    const Shape& shape = c.output_shape(i);
    int64_t end = begin + shape[int(axis)];
    if (axis == 0 && x.buffer()) {
      c.set_output(i, x.rows(begin, end));
    } else {
      Tensor& y = c.output(i);
      copy_box(x.dtype(), shape.dims(), advance(x.dtype(), x.raw(), begin * walk[int(axis)]), walk, y.mutable_raw(), dense_strides(shape));
    }
    begin = end;
  }
}
void split_kernel(OpContext& c) {
  c.output_shape();
  split_parts(c, c.input(1), read_int(c.input(0)));
}
void split_v_kernel(OpContext& c) {
  c.output_shape();
  split_parts(c, c.input(0), read_int(c.input(2)));
}

std::vector<Tensor> all_grads(const GradientContext& c) {
  std::vector<Tensor> out;
  for (int i = 0; i < c.num_outputs(); ++i) out.push_back(c.grad(i));
  return out;
}
std::vector<Tensor> split_gradient(const GradientContext& c) { return {Tensor(), concat(all_grads(c), c.input(0))}; }
std::vector<Tensor> split_v_gradient(const GradientContext& c) { return {concat(all_grads(c), c.input(2)), Tensor(), Tensor()}; }

/// ConcatOffset: Where each of the given shapes begins in their concatenation.
/// SplitV: Cuts a tensor along an axis into pieces of the given sizes, one of which may be -1.
constexpr OpDef kOps[] = {
    {.name = "Concat", .signature = "concat_dim: int32, values: N*T -> output: T", .attrs = "N: int >= 1; T: type",
     .shape = concat_shape, .gradient = concat_gradient, .kernel = concat_kernel},
    {.name = "ConcatV2", .signature = "values: N*T, axis: Tidx -> output: T", .attrs = "N: int >= 1; T: type; Tidx: index = int32",
     .shape = concat_shape, .gradient = concat_gradient, .kernel = concat_kernel},
    {.name = "ConcatOffset", .signature = "concat_dim: int32, shape: N*shape_type -> offset: N*shape_type", .attrs = "N: int >= 1; shape_type: index = int32",
     .shape = offset_shape, .no_gradient = "it works on shapes", .kernel = offset_kernel},
    {.name = "Split", .signature = "split_dim: int32, value: T -> output: num_split*T", .attrs = "num_split: int >= 1; T: type",
     .shape = split_shape, .gradient = split_gradient, .kernel = split_kernel},
    {.name = "SplitV", .signature = "value: T, size_splits: Tlen, split_dim: int32 -> output: num_split*T",
     .attrs = "num_split: int >= 1; T: type; Tlen: {int8, int32, int64} = int64", .shape = split_v_shape, .gradient = split_v_gradient, .kernel = split_v_kernel},
};

}  // namespace
RUNNEL_OPS(array_concat, kOps)

Tensor concat(const Operands& values, const Operand& axis) {
  static const Op& op = get_op("ConcatV2");
  std::vector<Tensor> inputs = match(values);
  if (inputs.empty()) fail<errors::InvalidArgumentError>("ConcatV2", "needs at least one tensor");
  if (inputs.size() == 1) return identity(inputs[0]);  // whatever the axis, as TensorFlow has it
  inputs.push_back(axis.tensor(int32));
  return run(op, inputs);
}

std::vector<Tensor> split(const Tensor& value, const Operand& num_or_size_splits, const Operand& axis, std::optional<int64_t> num) {
  static const Op &even = get_op("Split"), &sized = get_op("SplitV");
  Tensor sizes = num_or_size_splits.tensor();
  PartialShape s = sizes.partial_shape();
  if (s.has_rank() && s.rank() == 0) return run_all(even, {axis.tensor(int32), value}, {{"num_split", read_int(sizes)}});
  if (!num && s.has_rank() && s[0] >= 0) num = s[0];
  if (!num) fail<ValueError>("split", "Cannot infer argument `num` from shape <unknown>", {.hint = "give num=."});
  return run_all(sized, {value, sizes, axis.tensor(int32)}, {{"num_split", *num}});
}
std::vector<Tensor> split(const Tensor& value, std::initializer_list<int64_t> sizes, int64_t axis) {
  return split(value, Ints(sizes).tensor(), axis);
}

}  // namespace runnel::inline v0
