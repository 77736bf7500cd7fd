// The sizes of tensors as data: Shape, ShapeN, Size, Rank; and operators that change the shape alone.
#include "runnel/core/named_size.h"
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"

namespace runnel::inline v0 {

namespace {

constexpr const char* kInteger = "its output is an integer";

// --- Shape, ShapeN, Size, Rank ---

void shape_shape(ShapeContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) {
    PartialShape s = c.input(i);
    c.set_output(i, PartialShape({s.has_rank() ? s.rank() : -1}));
  }
}
void scalar_shape(ShapeContext& c) { c.set_output(0, PartialShape()); }

void put_shape(OpContext& c, int i) {
  const Shape& s = c.input(i).shape();
  for (int64_t d : s)
    if (c.output_dtype(i) == int32 && d != int32_t(d))
      c.invalid(cat("Shape output type is 32-bit but dim is ", d), {.hint = "ask for out_type=tf.int64."});
  write_ints(c.allocate(i, {s.rank()}), s.dims());
}
void shape_kernel(OpContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) put_shape(c, i);
}
void size_kernel(OpContext& c) {
  int64_t n = c.input(0).num_elements();
  if (c.output_dtype(0) == int32 && n != int32_t(n))
    c.invalid("Number of elements was larger than representable by 32-bit output type", {.hint = "ask for out_type=tf.int64."});
  write_ints(c.allocate(0, {}), Dims{n});
}
void rank_kernel(OpContext& c) { write_ints(c.allocate(0, {}), Dims{c.input(0).rank()}); }

// --- Reshape ---

// The only unknown size, where all others and the input's are known or named.
void find_named_size(const PartialShape& in, Dims& dims) {
  int unknown = -1;
  int64_t elements = 1, others = 1;
  for (int64_t d : in) elements = product_of_sizes(elements, d);
  for (int i = 0; i < dims.size(); ++i)
    if (dims[i] != PartialShape::kUnknown) others = product_of_sizes(others, dims[i]);
    else if (std::exchange(unknown, i) >= 0) return;
  if (unknown >= 0) dims[unknown] = quotient_of_sizes(elements, others);
}

// One size may be -1: it follows from the element count. Zeros among the sizes do not count for it where the input has
// zeros as well, as in TensorFlow: (0, 3) as (-1, 0) is (3, 0).
PartialShape with_inferred_size(ShapeContext& c, Dims dims) {
  int unknown = -1;
  int64_t known = 1;
  bool zero = false;
  for (int i = 0; i < dims.size(); ++i) {
    if (dims[i] < -1) c.invalid(cat("Size ", i, " must be non-negative, not ", dims[i]));
    if (dims[i] == -1 && unknown >= 0) c.invalid(cat("Only one input size may be -1, not both ", unknown, " and ", i));
    zero |= dims[i] == 0;
    if (dims[i] == -1) unknown = i;
    else if (dims[i] != 0 && __builtin_mul_overflow(known, dims[i], &known)) c.invalid("the requested shape has too many elements");
  }
  PartialShape in = c.input(0);
  if (!in.is_fully_known()) {
    if (in.has_rank()) find_named_size(in, dims);
    return PartialShape(dims);
  }
  int64_t elements = in.num_elements(), counted = 1;
  if (unknown < 0) {
    if ((zero ? 0 : known) != elements)
      c.invalid(cat("Input to reshape is a tensor with ", elements, " values, but the requested shape has ", zero ? 0 : known),
                {.got = cat("shapes ", to_text(in), " and ", to_text(PartialShape(dims)))});
    return PartialShape(dims);
  }
  for (int64_t d : in) counted *= d > 0 || !zero ? d : 1;
  if (counted % known != 0)
    c.invalid(cat("Input to reshape is a tensor with ", elements, " values, but the requested shape requires a multiple of ", known));
  dims[unknown] = counted / known;
  if (Shape(dims).num_elements() != elements)
    c.invalid(cat("Input to reshape is a tensor with ", elements, " values, but the requested shape requires a multiple of 0"));
  return PartialShape(dims);
}
void reshape_shape(ShapeContext& c) {
  PartialShape rank = c.input(1);
  if (rank.has_rank() && rank.rank() != 1) c.invalid(cat("sizes input must be 1-D, not ", bracketed(rank)));
  Dims dims;
  if (c.constant_ints(1, dims)) return c.set_output(0, with_inferred_size(c, dims));
  PartialShape in = c.input(0), out = c.constant_shape(1);
  if (!in.has_rank() || !out.has_rank()) return c.set_output(0, out);
  dims = out.dims();
  find_named_size(in, dims);
  c.set_output(0, PartialShape(dims));
}
void reshape_kernel(OpContext& c) { c.set_output(0, c.input(0).reshaped(c.output_shape())); }
std::vector<Tensor> reshape_gradient(const GradientContext& c) { return {reshape(c.grad(), shape(c.input(0))), Tensor()}; }
std::vector<Tensor> same_elements_gradient(const GradientContext& c) { return {reshape(c.grad(), shape(c.input(0)))}; }

// --- Squeeze, ExpandDims ---

void squeeze_shape(ShapeContext& c) {
  PartialShape in = c.input(0);
  if (!in.has_rank()) return;
  std::vector<bool> drop(size_t(in.rank()), false);
  for (int64_t axis : c.ints_attr("squeeze_dims")) {
    if (axis < -in.rank() || axis >= in.rank())
      c.invalid(cat("Tried to squeeze dim index ", axis, " for tensor with ", in.rank(), " dimensions"));
    int at = int(axis < 0 ? axis + in.rank() : axis);
    if (in[at] != 1 && in[at] >= 0) c.invalid(cat("Can not squeeze dim[", at, "], expected a dimension of 1, got ", in[at]));
    drop[size_t(at)] = true;
  }
  PartialShape out;
  Dims dims;
  for (int i = 0; i < in.rank(); ++i) {
    if (c.ints_attr("squeeze_dims").empty()) {
      if (in[i] < 0) return;  // might be 1
      drop[size_t(i)] = in[i] == 1;
    }
    if (!drop[size_t(i)]) dims.push_back(in[i]);
  }
  c.set_output(0, PartialShape(dims));
}

void expand_dims_shape(ShapeContext& c) {
  PartialShape in = c.input(0);
  if (!in.has_rank()) return;
  const Tensor* axis = c.constant(1);
  if (!axis) return c.set_output(0, PartialShape::unknown_dims(in.rank() + 1));
  if (axis->num_elements() != 1) c.invalid("'dim' must be a tensor with a single value", {.got = cat("shape ", to_text(axis->shape()))});
  int64_t at = read_int(*axis);
  if (at < -in.rank() - 1 || at > in.rank())
    c.invalid(cat("Tried to expand dim index ", at, " for tensor with ", in.rank(), " dimensions"),
              {.expected = cat("an axis in [", -in.rank() - 1, ", ", in.rank(), "]")});
  Dims dims = in.dims();
  dims.insert(int(at < 0 ? at + in.rank() + 1 : at), 1);
  c.set_output(0, PartialShape(dims));
}
std::vector<Tensor> expand_dims_gradient(const GradientContext& c) { return {reshape(c.grad(), shape(c.input(0))), Tensor()}; }

// --- EnsureShape ---

void ensure_shape_shape(ShapeContext& c) {
  const PartialShape& wanted = c.attr<PartialShape>("shape");
  if (!wanted.is_compatible_with(c.input(0)))
    c.invalid(cat("Shape of tensor input ", bracketed(c.input(0)), " is not compatible with expected shape ", bracketed(wanted)));
  c.set_output(0, c.input(0).merge_with(wanted));
}
void ensure_shape_kernel(OpContext& c) {
  c.output_shape();  // checks
  c.set_output(0, c.input(0).alias());
}
std::vector<Tensor> pass_gradient(const GradientContext& c) { return {c.grad()}; }

constexpr OpDef kOps[] = {
    {.name = "Shape", .signature = "input: T -> output: out_type", .attrs = "T: type; out_type: index = int32",
     .shape = shape_shape, .no_gradient = kInteger, .kernel = shape_kernel},
    {.name = "ShapeN", .signature = "input: N*T -> output: N*out_type", .attrs = "N: int >= 1; T: type; out_type: index = int32",
     .shape = shape_shape, .no_gradient = kInteger, .kernel = shape_kernel},
    {.name = "Size", .signature = "input: T -> output: out_type", .attrs = "T: type; out_type: index = int32",
     .shape = scalar_shape, .no_gradient = kInteger, .kernel = size_kernel},
    {.name = "Rank", .signature = "input: T -> output: int32", .attrs = "T: type",
     .shape = scalar_shape, .no_gradient = kInteger, .kernel = rank_kernel},
    {.name = "Reshape", .signature = "tensor: T, shape: Tshape -> output: T", .attrs = "T: type; Tshape: index = int32",
     .shape = reshape_shape, .gradient = reshape_gradient, .kernel = reshape_kernel},
    {.name = "Squeeze", .signature = "input: T -> output: T", .attrs = "T: type; squeeze_dims: list(int) = []",
     .shape = squeeze_shape, .gradient = same_elements_gradient, .kernel = reshape_kernel},
    {.name = "ExpandDims", .signature = "input: T, dim: Tdim -> output: T", .attrs = "T: type; Tdim: index = int32",
     .shape = expand_dims_shape, .gradient = expand_dims_gradient, .kernel = reshape_kernel},
    {.name = "EnsureShape", .signature = "input: T -> output: T", .attrs = "shape: shape; T: type",
     .shape = ensure_shape_shape, .gradient = pass_gradient, .kernel = ensure_shape_kernel},
};

}  // namespace
RUNNEL_OPS(array_shape, kOps)

Tensor reshape(const Tensor& tensor, const Ints& shape) {
  static const Op& op = get_op("Reshape");
  return run(op, {tensor, shape.tensor()});
}

// Known sizes are a constant, so that traced code folds what depends on them.
Tensor shape(const Tensor& input, DType out_type) {
  PartialShape known = input.partial_shape();
  if (input.is_symbolic() && known.is_fully_known()) return int_vector(out_type, known.dims());
  static const Op& op = get_op("Shape");
  return run(op, {input}, {{"out_type", out_type}});
}

std::vector<Tensor> shape_n(const std::vector<Tensor>& input, DType out_type) {
  static const Op& op = get_op("ShapeN");
  return run_all(op, input, {{"out_type", out_type}});
}

Tensor size(const Tensor& input, DType out_type) {
  static const Op& op = get_op("Size");
  int64_t known = input.is_symbolic() ? input.partial_shape().num_elements() : -1;
  return known >= 0 ? int_scalar(out_type, known) : run(op, {input}, {{"out_type", out_type}});
}

Tensor rank(const Tensor& input) {
  static const Op& op = get_op("Rank");
  PartialShape s = input.partial_shape();
  return s.has_rank() ? int_scalar(int32, s.rank()) : run(op, {input});
}

Tensor squeeze(const Tensor& input, const Axes& axis) {
  static const Op& op = get_op("Squeeze");
  if (axis.is_all()) return run(op, {input});
  std::optional<Dims> axes = axis.ints().values();
  if (!axes) fail<ValueError>("squeeze", "axis must be known while tracing");
  return run(op, {input}, {{"squeeze_dims", std::vector<int64_t>(axes->begin(), axes->end())}});
}

Tensor expand_dims(const Tensor& input, const Operand& axis) {
  static const Op& op = get_op("ExpandDims");
  return run(op, {input, axis.tensor()});
}

Tensor ensure_shape(const Tensor& x, const PartialShape& shape) {
  static const Op& op = get_op("EnsureShape");
  if (x.partial_shape() == shape) return x;
  return run(op, {x}, {{"shape", shape}});
}

}  // namespace runnel::inline v0
