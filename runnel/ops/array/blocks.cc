// Blocks of space moved into another axis: SpaceToDepth, SpaceToBatchND and their inverses.
#include <algorithm>

#include "runnel/core/named_size.h"
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/array/strided.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

// --- SpaceToDepth, DepthToSpace: (batch, h * b, w * b, c) and (batch, h, w, b * b * c) ---

// Where the axes stand.
struct Layout {
  int height, width, channel;
};
Layout layout_of(const AttrReader& c) {
  const std::string& format = c.string_attr("data_format");
  if (format == "NHWC") return {1, 2, 3};
  if (format == "NCHW") return {2, 3, 1};
  fail<errors::InvalidArgumentError>(c.op().name(), cat("Only NHWC and NCHW data_format supported on CPU. Got ", format));
}
int64_t block_size(const AttrReader& c) {
  int64_t b = c.int_attr("block_size");
  if (b < 2) fail<errors::InvalidArgumentError>(c.op().name(), cat("Value for attr 'block_size' of ", b, " must be at least minimum 2"));
  if (b > 46340) fail<errors::InvalidArgumentError>(c.op().name(), cat("block_size ", b, " is too large: a block must have less than 2^31 elements"));
  return b;
}

void space_to_depth_shape(ShapeContext& c) {
  Layout at = layout_of(c);
  int64_t b = block_size(c);
  PartialShape s = c.with_rank(0, 4);
  for (int axis : {at.height, at.width}) {
    if (s[axis] >= 0 && s[axis] % b != 0)
      c.invalid(cat("Image width ", s[at.width], " and height ", s[at.height], " should be divisible by block_size: ", b));
    s.set_dim(axis, quotient_of_sizes(s[axis], b));
  }
  s.set_dim(at.channel, product_of_sizes(s[at.channel], b * b));
  c.set_output(0, s);
}
void depth_to_space_shape(ShapeContext& c) {
  Layout at = layout_of(c);
  int64_t b = block_size(c);
  PartialShape s = c.with_rank(0, 4);
  if (s[at.channel] >= 0 && s[at.channel] % (b * b) != 0)
    c.invalid(cat("Input depth dimension ", s[at.channel], " should be divisible by: ", b * b));
  s.set_dim(at.channel, quotient_of_sizes(s[at.channel], b * b));
  for (int axis : {at.height, at.width}) s.set_dim(axis, product_of_sizes(s[axis], b));
  c.set_output(0, s);
}

// Both sides as one box: the deep tensor's axes with the channel seen as (row in block, column in block, channel).
struct DeepBox {
  Dims dims, wide, deep;  // sizes; strides in the wide and in the deep tensor
};
DeepBox deep_box(const Layout& at, const Shape& wide, const Shape& deep, int64_t b) {
  Dims w = dense_strides(wide), d = dense_strides(deep);
  DeepBox box;
  auto add = [&](int64_t size, int64_t in_wide, int64_t in_deep) {
    box.dims.push_back(size);
    box.wide.push_back(in_wide);
    box.deep.push_back(in_deep);
  };
  for (int axis = 0; axis < 4; ++axis) {
    if (axis != at.channel) {
      add(deep[axis], axis == 0 ? w[0] : w[axis] * b, d[axis]);
      continue;
    }
    int64_t channels = wide[axis];
    add(b, w[at.height], d[axis] * b * channels);
    add(b, w[at.width], d[axis] * channels);
    add(channels, w[axis], d[axis]);
  }
  return box;
}
void space_to_depth_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  DeepBox box = deep_box(layout_of(c), x.shape(), y.shape(), block_size(c));
  copy_box(x.dtype(), box.dims, x.raw(), box.wide, y.mutable_raw(), box.deep);
}
void depth_to_space_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  DeepBox box = deep_box(layout_of(c), y.shape(), x.shape(), block_size(c));
  copy_box(x.dtype(), box.dims, x.raw(), box.deep, y.mutable_raw(), box.wide);
}
std::vector<Tensor> space_to_depth_gradient(const GradientContext& c) {
  return {nn::depth_to_space(c.grad(), block_size(c), c.string_attr("data_format"))};
}
std::vector<Tensor> depth_to_space_gradient(const GradientContext& c) {
  return {nn::space_to_depth(c.grad(), block_size(c), c.string_attr("data_format"))};
}

// --- SpaceToBatchND, BatchToSpaceND, and the older pair with one block size for two axes ---

// The block sizes, and what is padded (or cropped) before and after each blocked axis; input 1 or 2 hold them.
struct Blocks {
  Dims size, before, after;
  bool known = false;
};
bool has_block_input(const AttrReader& c) { return c.op().schema().attr_index("block_size") < 0; }

int64_t blocked_axes(ShapeContext& c) {
  if (!has_block_input(c)) return 2;
  return c.with_rank(1, 1)[0];
}
void read_margins(const Tensor& t, Blocks& blocks) {
  Dims flat = read_ints(t);
  for (int i = 0; i + 1 < flat.size(); i += 2) {
    blocks.before.push_back(flat[i]);
    blocks.after.push_back(flat[i + 1]);
  }
}
Blocks blocks_of(const AttrReader& c, const Tensor* first, const Tensor* second) {
  Blocks blocks;
  const Tensor* margins = has_block_input(c) ? second : first;
  blocks.known = first && margins;
  if (!blocks.known) return blocks;
  read_margins(*margins, blocks);
  blocks.size = has_block_input(c) ? read_ints(*first) : Dims{block_size(c), block_size(c)};
  return blocks;
}
Blocks blocks_of(const OpContext& c) { return blocks_of(c, &c.input(1), has_block_input(c) ? &c.input(2) : nullptr); }

void check_blocks(ShapeContext& c, const Blocks& blocks, const char* margins) {
  for (int i = 0; i < blocks.size.size(); ++i) {
    if (blocks.size[i] < 1) c.invalid(cat("All values in block_shape must be positive, got value, ", blocks.size[i], " at index ", i, "."));
    if (blocks.before[i] < 0 || blocks.after[i] < 0) c.invalid(cat(margins, " must be non-negative"));
  }
}
// The input's rank and margins checked; false where too little is known to go on.
bool begin_shape(ShapeContext& c, PartialShape& in, Blocks& blocks, const char* margins) {
  int64_t count = blocked_axes(c);
  int at = has_block_input(c) ? 2 : 1;
  PartialShape pairs = c.with_rank(at, 2);
  in = has_block_input(c) ? c.input(0) : c.with_rank(0, 4);
  if (count >= 0 && in.has_rank() && in.rank() < count + 1)
    c.invalid(cat("input rank should be >= ", count + 1, " instead of ", in.rank()));
  if ((count >= 0 && pairs[0] >= 0 && pairs[0] != count) || (pairs[1] >= 0 && pairs[1] != 2))
    c.invalid(cat(margins, " should have shape [", count, ", 2] instead of ", bracketed(pairs)));
  if (!in.has_rank()) return false;
  blocks = blocks_of(c, c.constant(1), at == 2 ? c.constant(2) : nullptr);
  if (!blocks.known) c.set_output(0, PartialShape::unknown_dims(in.rank()));
  else check_blocks(c, blocks, margins);
  return blocks.known;
}

void space_to_batch_shape(ShapeContext& c) {
  PartialShape s;
  Blocks blocks;
  if (!begin_shape(c, s, blocks, "Paddings")) return;
  int64_t batch = s[0];
  for (int i = 0; i < blocks.size.size(); ++i) {
    batch = product_of_sizes(batch, blocks.size[i]);
    if (s[i + 1] < 0) {
      s.set_dim(i + 1, PartialShape::kUnknown);
      continue;
    }
    int64_t padded = s[i + 1] + blocks.before[i] + blocks.after[i];
    if (padded % blocks.size[i] != 0)
      c.invalid(cat("padded_shape[", i, "]=", padded, " is not divisible by block_shape[", i, "]=", blocks.size[i]));
    s.set_dim(i + 1, padded / blocks.size[i]);
  }
  s.set_dim(0, batch);
  c.set_output(0, s);
}
void batch_to_space_shape(ShapeContext& c) {
  PartialShape s;
  Blocks blocks;
  if (!begin_shape(c, s, blocks, "Crops")) return;
  int64_t product = 1;
  for (int i = 0; i < blocks.size.size(); ++i) {
    product *= blocks.size[i];
    if (s[i + 1] < 0) {
      s.set_dim(i + 1, PartialShape::kUnknown);
      continue;
    }
    int64_t size = s[i + 1] * blocks.size[i] - blocks.before[i] - blocks.after[i];
    if (size < 0) c.invalid(cat("cropped_shape[", i, "]=", size, " must be non-negative"));
    s.set_dim(i + 1, size);
  }
  if (s[0] >= 0 && s[0] % product != 0)
    c.invalid(cat("Input batch dimension (", s[0], ") is not divisible by product of block sizes (", product, ")"));
  s.set_dim(0, quotient_of_sizes(s[0], product));
  c.set_output(0, s);
}

// For each place in a block: the box of elements that have this place, in the wide tensor (batch, space...) and in the
// deep one (place, batch, cells...). Calls f(dims, wide start, wide strides, deep start, deep strides).
template <class F>
void for_places(const Blocks& blocks, const Shape& wide, const Shape& deep, F&& f) {
  Dims w = dense_strides(wide), d = dense_strides(deep), strides = w, place(blocks.size.size(), 0);
  for (int i = 0; i < place.size(); ++i) strides[i + 1] = w[i + 1] * blocks.size[i];
  int64_t places = 1;
  for (int64_t b : blocks.size) places *= b;
  for (int64_t k = 0; k < places; ++k) {
    Dims dims = wide.dims();
    int64_t rest = k, wide_start = 0, deep_start = k * wide[0] * d[0];
    for (int i = place.size() - 1; i >= 0; --i) {
      int64_t b = blocks.size[i], offset = rest % b - blocks.before[i];  // of cell 0 in the wide tensor
      rest /= b;
      int64_t first = offset < 0 ? (-offset + b - 1) / b : 0, from = offset + first * b;
      int64_t count = from >= wide[i + 1] ? 0 : (wide[i + 1] - from + b - 1) / b;
      dims[i + 1] = std::max<int64_t>(0, std::min(count, deep[i + 1] - first));
      wide_start += from * w[i + 1];
      deep_start += first * d[i + 1];
    }
    f(dims, wide_start, strides, deep_start, d);
  }
}

void space_to_batch_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  if (y.num_elements() == 0) return;
  Blocks blocks = blocks_of(c);
  if (y.num_elements() != x.num_elements()) fill_elements(y.dtype(), y.num_elements(), zeros(Shape(), y.dtype()).raw(), y.mutable_raw());
  for_places(blocks, x.shape(), y.shape(), [&](const Dims& dims, int64_t wide, const Dims& wide_walk, int64_t deep, const Dims& deep_walk) {
    copy_box(x.dtype(), dims, advance(x.dtype(), x.raw(), wide), wide_walk, advance(y.dtype(), y.mutable_raw(), deep), deep_walk);
  });
}
void batch_to_space_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output();
  if (y.num_elements() == 0) return;
  for_places(blocks_of(c), y.shape(), x.shape(), [&](const Dims& dims, int64_t wide, const Dims& wide_walk, int64_t deep, const Dims& deep_walk) {
    copy_box(x.dtype(), dims, advance(x.dtype(), x.raw(), deep), deep_walk, advance(y.dtype(), y.mutable_raw(), wide), wide_walk);
  });
}

std::vector<Tensor> space_to_batch_nd_gradient(const GradientContext& c) {
  return {run(get_op("BatchToSpaceND"), {c.grad(), c.input(1), c.input(2)}), Tensor(), Tensor()};
}
std::vector<Tensor> batch_to_space_nd_gradient(const GradientContext& c) {
  return {run(get_op("SpaceToBatchND"), {c.grad(), c.input(1), c.input(2)}), Tensor(), Tensor()};
}
std::vector<Tensor> space_to_batch_gradient(const GradientContext& c) {
  return {run(get_op("BatchToSpace"), {c.grad(), c.input(1)}, {{"block_size", block_size(c)}}), Tensor()};
}
std::vector<Tensor> batch_to_space_gradient(const GradientContext& c) {
  return {run(get_op("SpaceToBatch"), {c.grad(), c.input(1)}, {{"block_size", block_size(c)}}), Tensor()};
}

constexpr const char* kDepth = "T: type; block_size: int >= 2; data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'";
/// BatchToSpaceND: Moves blocks of the batch axis back into the spatial axes, and crops them: the inverse of SpaceToBatchND.
constexpr OpDef kOps[] = {
    {.name = "SpaceToDepth", .signature = "input: T -> output: T", .attrs = kDepth, .shape = space_to_depth_shape,
     .gradient = space_to_depth_gradient, .kernel = space_to_depth_kernel},
    {.name = "DepthToSpace", .signature = "input: T -> output: T", .attrs = kDepth, .shape = depth_to_space_shape,
     .gradient = depth_to_space_gradient, .kernel = depth_to_space_kernel},
    {.name = "SpaceToBatchND", .signature = "input: T, block_shape: Tblock_shape, paddings: Tpaddings -> output: T",
     .attrs = "T: type; Tblock_shape: index = int32; Tpaddings: index = int32", .shape = space_to_batch_shape,
     .gradient = space_to_batch_nd_gradient, .kernel = space_to_batch_kernel},
    {.name = "BatchToSpaceND", .signature = "input: T, block_shape: Tblock_shape, crops: Tcrops -> output: T",
     .attrs = "T: type; Tblock_shape: index = int32; Tcrops: index = int32", .shape = batch_to_space_shape,
     .gradient = batch_to_space_nd_gradient, .kernel = batch_to_space_kernel},
    {.name = "SpaceToBatch", .signature = "input: T, paddings: Tpaddings -> output: T",
     .attrs = "T: type; Tpaddings: index = int32; block_size: int >= 2", .shape = space_to_batch_shape,
     .gradient = space_to_batch_gradient, .kernel = space_to_batch_kernel},
    {.name = "BatchToSpace", .signature = "input: T, crops: Tidx -> output: T",
     .attrs = "T: type; block_size: int >= 2; Tidx: index = int32", .shape = batch_to_space_shape,
     .gradient = batch_to_space_gradient, .kernel = batch_to_space_kernel},
};

}  // namespace
RUNNEL_OPS(array_blocks, kOps)

Tensor nn::space_to_depth(const Tensor& input, int64_t block_size, const std::string& data_format) {
  static const Op& op = get_op("SpaceToDepth");
  return run(op, {input}, {{"block_size", block_size}, {"data_format", data_format}});
}
Tensor nn::depth_to_space(const Tensor& input, int64_t block_size, const std::string& data_format) {
  static const Op& op = get_op("DepthToSpace");
  return run(op, {input}, {{"block_size", block_size}, {"data_format", data_format}});
}
Tensor space_to_batch(const Tensor& input, const Ints& block_shape, const Operand& paddings) {
  static const Op& op = get_op("SpaceToBatchND");
  return run(op, {input, block_shape.tensor(), paddings.tensor()});
}
Tensor batch_to_space(const Tensor& input, const Ints& block_shape, const Operand& crops) {
  static const Op& op = get_op("BatchToSpaceND");
  return run(op, {input, block_shape.tensor(), crops.tensor()});
}

SpaceToBatchPaddings required_space_to_batch_paddings(const Ints& input_shape, const Ints& block_shape, const std::optional<Operand>& base_paddings) {
  Tensor sizes = input_shape.tensor(), block = block_shape.tensor();
  Tensor base = base_paddings ? base_paddings->tensor() : zeros(Ints{sizes.partial_shape()[0], 2}, sizes.dtype());
  Tensor before = gather(base, 0, 1), after = gather(base, 1, 1);
  Tensor full = add(add(sizes, before), after), extra = mod(subtract(block, mod(full, block)), block);
  return {stack({before, add(after, extra)}, 1), stack({zeros_like(extra), extra}, 1)};
}

}  // namespace runnel::inline v0
