// Numbers of axes and of elements: DataFormatDimMap, DataFormatVecPermute, UnravelIndex.
#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"

namespace runnel::inline v0 {

namespace {

// --- layouts, written as "NHWC" ---

struct Formats {
  std::string from, to;
};
Formats formats_of(const AttrReader& c) {
  Formats f{c.string_attr("src_format"), c.string_attr("dst_format")};
  auto invalid = [&](const std::string& what) { fail<errors::InvalidArgumentError>(c.op().name(), what, {.got = cat(f.from, " and ", f.to)}); };
  if (f.from.size() != f.to.size()) invalid("Source and destination format must have the same length");
  for (char axis : f.from)
    if (f.to.find(axis) == std::string::npos) invalid(cat("Destination format has no axis '", axis, "'"));
  return f;
}

void dim_map_shape(ShapeContext& c) {
  formats_of(c);
  c.set_output(0, c.input(0));
}
void dim_map_kernel(OpContext& c) {
  c.output_shape();
  Formats f = formats_of(c);
  int64_t rank = int64_t(f.from.size());
  Dims axes = read_ints(c.input(0));
  for (int64_t& axis : axes) {
    if (axis < -rank || axis >= rank) c.invalid(cat("axis ", axis, " is not in [", -rank, ", ", rank, ")"));
    axis = int64_t(f.to.find(f.from[size_t(axis < 0 ? axis + rank : axis)]));
  }
  write_ints(c.output(), axes);
}

// A vector with an entry for each axis, or for each spatial axis; or such a column of pairs.
void vec_permute_shape(ShapeContext& c) {
  PartialShape s = c.input(0);
  int64_t rank = int64_t(formats_of(c).from.size());
  if (s.has_rank() && s.rank() != 1 && s.rank() != 2) c.invalid(cat("input must be a vector or 2-D tensor, but got shape ", bracketed(s)));
  if (s.has_rank() && s[0] >= 0 && s[0] != rank && s[0] != rank - 2)
    c.invalid(cat("1D input must be of size ", rank - 2, " or ", rank, ", but got shape ", bracketed(s)));
  if (s.has_rank() && s.rank() == 2 && s[1] >= 0 && s[1] != 2) c.invalid(cat("Second dimension of 2D input must be of size 2, but got shape ", bracketed(s)));
  c.set_output(0, s);
}
std::string spatial_axes(std::string format) {
  std::erase_if(format, [](char axis) { return axis == 'N' || axis == 'C'; });
  return format;
}
void vec_permute_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  Formats f = formats_of(c);
  if (x.dim(0) != int64_t(f.from.size())) f = {spatial_axes(f.from), spatial_axes(f.to)};
  Dims in = read_ints(x), out = in;
  int width = x.rank() == 2 ? 2 : 1;
  for (size_t i = 0; i < f.to.size(); ++i)
    for (int k = 0; k < width; ++k) out[int(i) * width + k] = in[int(f.from.find(f.to[i])) * width + k];
  write_ints(y, out);
}

// --- UnravelIndex: numbers of elements of an array `dims` as coordinates, one row for each axis ---

void unravel_shape(ShapeContext& c) {
  PartialShape indices = c.input(0), dims = c.with_rank(1, 1);
  if (!indices.has_rank()) return;
  if (indices.rank() > 1) c.invalid(cat("The indices can only be scalar or vector, got \"", bracketed(indices), "\""));
  c.set_output(0, dims.concatenate(indices));
}
void unravel_kernel(OpContext& c) {
  Tensor& y = c.output();
  Dims dims = read_ints(c.input(1)), indices = read_ints(c.input(0)), out(int(y.num_elements()));
  int64_t count = 1;
  for (int64_t d : dims) {
    if (d <= 0) c.invalid(cat("Input dims cannot contain a dim of zero or less"), {.got = bracketed(PartialShape(dims))});
    count *= d;
  }
  int n = indices.size();
  for (int i = 0; i < n; ++i) {
    int64_t rest = indices[i];
    if (rest < 0 || rest >= count) c.invalid(cat("index is out of bound as with dims"), {.got = to_text(rest), .expected = cat("less than ", count)});
    for (int axis = dims.size() - 1; axis >= 0; --axis) {
      out[axis * n + i] = rest % dims[axis];
      rest /= dims[axis];
    }
  }
  write_ints(y, out);
}

constexpr const char* kIntegers = "it works on integers";
constexpr const char* kFormats = "T: index = int32; src_format: string = 'NHWC'; dst_format: string = 'NCHW'";
/// DataFormatDimMap: The number that an axis of `src_format` has in `dst_format`.
/// DataFormatVecPermute: A vector with one entry, or one row of two, for each axis of `src_format`, in the order of `dst_format`.
constexpr OpDef kOps[] = {
    {.name = "DataFormatDimMap", .signature = "x: T -> y: T", .attrs = kFormats, .shape = dim_map_shape, .no_gradient = kIntegers, .kernel = dim_map_kernel},
    {.name = "DataFormatVecPermute", .signature = "x: T -> y: T", .attrs = kFormats, .shape = vec_permute_shape, .no_gradient = kIntegers,
     .kernel = vec_permute_kernel},
    {.name = "UnravelIndex", .signature = "indices: Tidx, dims: Tidx -> output: Tidx", .attrs = "Tidx: index = int32", .shape = unravel_shape,
     .no_gradient = kIntegers, .kernel = unravel_kernel},
};

}  // namespace
RUNNEL_OPS(array_numbering, kOps)

Tensor unravel_index(const Operand& indices, const Operand& dims) {
  static const Op& op = get_op("UnravelIndex");
  auto [at, sizes] = match(indices, dims);
  return run(op, {at, sizes});
}

}  // namespace runnel::inline v0
