// How this family's operators run for a whole batch: see op/batching.h.
#include <algorithm>

#include "runnel/ops/batching_rules.h"

namespace runnel::inline v0 {

namespace {

using Out = std::vector<Batched>;
using C = BatchingContext;

// The operator on all elements; its further inputs are shared.
Out first_stacked(const C& c, std::vector<Tensor> inputs) { return stacked(run_all(c.op(), inputs, c.attrs())); }
bool only_first(const C& c) { return !c.any_stacked(1, c.num_inputs()); }

// --- identities and shapes ---

Out each_alone(const C& c) {
  Out out;
  for (int i = 0; i < c.num_inputs(); ++i) out.push_back({identity(c.value(i)), c.stacked(i)});
  return out;
}
// What elements look like they share.
Out shapes(const C& c) {
  Out out;
  for (int i = 0; i < c.num_inputs(); ++i) {
    Tensor sizes = shape(c.value(i), c.type("out_type"));
    out.push_back({c.stacked(i) ? slice(sizes, {1}, {-1}) : sizes, false});
  }
  return out;
}
Out sizes(const C& c) { return {{cast(reduce_prod(slice(shape(c.value(0)), {1}, {-1})), c.type("out_type")), false}}; }
Out ranks(const C& c) { return {{subtract(rank(c.value(0)), 1), false}}; }

Out reshaped(const C& c) { return only_first(c) ? first_stacked(c, {c.value(0), with_count(c.count(), c.value(1))}) : Out(); }
Out squeezed(const C& c) {
  std::vector<int64_t> axes = c.ints_attr("squeeze_dims");
  PartialShape shape = c.shape(0);
  if (axes.empty() && !shape.is_fully_known()) return {};
  if (axes.empty())
    for (int i = 0; i < shape.rank(); ++i)
      if (shape[i] == 1) axes.push_back(i);
  if (axes.empty()) return {{identity(c.value(0)), true}};
  for (int64_t& axis : axes) axis = behind_batch(axis);
  return stacked(run_all(c.op(), {c.value(0)}, {{"squeeze_dims", axes}}));
}
Out ensured(const C& c) {
  Attrs attrs = c.attrs();
  attrs.set("shape", PartialShape({-1}).concatenate(c.attr<PartialShape>("shape")));
  return stacked(run_all(c.op(), {c.value(0)}, attrs));
}
Out broadcast(const C& c) {
  PartialShape wanted = c.shape(1);
  if (!only_first(c) || !wanted.has_rank() || wanted[0] < 0 || c.rank(0) < 0) return {};
  return first_stacked(c, {c.aligned(0, int(wanted[0])), with_count(c.count(), c.value(1))});
}
Out filled(const C& c) {
  PartialShape dims = c.shape(0);
  if (c.stacked(0) || !dims.has_rank() || dims[0] < 0) return {};
  return stacked({broadcast_to(c.aligned(1, int(dims[0])), with_count(c.count(), c.value(0)))});
}

// --- moving and joining ---

Out transposed(const C& c) { return only_first(c) ? first_stacked(c, {c.value(0), with_first(0, add(c.value(1), 1))}) : Out(); }
Out concatenated(const C& c) { return batch_along_axis(c, c.num_inputs() - 1); }
Out packed(const C& c) { return batch_along_attribute(c, "axis"); }
Out split_even(const C& c) { return c.stacked(0) ? Out() : batch_along_axis(c, 0); }
Out split_sized(const C& c) {
  return only_first(c) ? first_stacked(c, {c.value(0), c.value(1), behind_batch(c.value(2))}) : Out();
}
Out tiled(const C& c) { return only_first(c) ? first_stacked(c, {c.value(0), with_first(1, c.value(1))}) : Out(); }
Out padded(const C& c) {
  if (!only_first(c)) return {};
  std::vector<Tensor> inputs{c.value(0), pad(c.value(1), {{1, 0}, {0, 0}})};
  if (c.num_inputs() > 2) inputs.push_back(c.value(2));
  return first_stacked(c, inputs);
}
Out one_hot_rows(const C& c) {
  if (!only_first(c)) return {};
  Attrs attrs = c.attrs();
  attrs.set("axis", behind_batch(c.int_attr("axis")));
  return stacked(run_all(c.op(), {c.value(0), c.value(1), c.value(2), c.value(3)}, attrs));
}
Out shared_after_first(const C& c) { return only_first(c) ? first_stacked(c, [&] {
  std::vector<Tensor> inputs;
  for (int i = 0; i < c.num_inputs(); ++i) inputs.push_back(c.value(i));
  return inputs;
}()) : Out(); }

// --- slices ---

Out sliced(const C& c) {
  return only_first(c) ? first_stacked(c, {c.value(0), with_first(0, c.value(1)), with_first(-1, c.value(2))}) : Out();
}
// The masks' bits move up by one entry, whose own bits say "all of it".
Attrs strided_attrs(const C& c) {
  Attrs attrs = c.attrs();
  for (const char* name : {"begin_mask", "end_mask"}) attrs.set(name, c.int_attr(name) << 1 | 1);
  for (const char* name : {"ellipsis_mask", "new_axis_mask", "shrink_axis_mask"}) attrs.set(name, c.int_attr(name) << 1);
  return attrs;
}
Out strided(const C& c) {
  if (!only_first(c)) return {};
  std::vector<Tensor> inputs{c.value(0), with_first(0, c.value(1)), with_first(0, c.value(2)), with_first(1, c.value(3))};
  return stacked(run_all(c.op(), inputs, strided_attrs(c)));
}
Out strided_gradient(const C& c) {
  if (c.any_stacked(0, 4)) return {};
  std::vector<Tensor> inputs{with_count(c.count(), c.value(0)), with_first(0, c.value(1)), with_first(0, c.value(2)), with_first(1, c.value(3)),
                             c.value(4)};
  return stacked(run_all(c.op(), inputs, strided_attrs(c)));
}

// --- by index ---

Out gathered(const C& c) {
  std::optional<Dims> axis = c.ints(2);
  int64_t batch_dims = c.int_attr("batch_dims");
  if (!axis || c.rank(0) < 0 || c.rank(1) < 0) return {};
  int64_t at = (*axis)[0] < 0 ? (*axis)[0] + c.rank(0) : (*axis)[0];
  if (batch_dims < 0) batch_dims += c.rank(1);
  if (c.stacked(0) && !c.stacked(1) && batch_dims == 0) return stacked({gather(c.value(0), c.value(1), at + 1)});
  if (c.stacked(0) || batch_dims > 0) return stacked({gather(c.stack(0), c.stack(1), at + 1, batch_dims + 1)});
  Tensor out = gather(c.value(0), c.value(1), at);  // (params before the axis, n, ...)
  if (at == 0) return stacked({out});
  Dims order{at};
  for (int i = 0; i < c.rank(0) + c.rank(1); ++i)
    if (i != at) order.push_back(i);
  return stacked({transpose(out, order)});
}
// indices (n, ..., k) with the number of the element in front of each.
Tensor numbered(const C& c, const Tensor& indices) {
  Tensor sizes = shape(indices), one = slice(zeros_like(sizes), {0}, {1});
  Tensor column = reshape(cast(range(c.count()), indices.dtype()), concat({slice(sizes, {0}, {1}), add(slice(zeros_like(sizes), {1}, {-1}), 1)}, 0));
  Tensor last = subtract(size(sizes), 1);
  Tensor wide = broadcast_to(column, concat({slice(sizes, {0}, expand_dims(last, 0)), add(one, 1)}, 0));
  return concat({wide, indices}, -1);
}
Out gathered_nd(const C& c) {
  return stacked({c.stacked(0) ? gather_nd(c.value(0), numbered(c, c.stack(1))) : gather_nd(c.value(0), c.value(1))});
}
Out scattered(const C& c) {
  if (c.stacked(2)) return {};
  return stacked({scatter_nd(numbered(c, c.stack(0)), c.stack(1), with_count(c.count(), c.value(2)))});
}
Out scattered_into(const C& c) { return stacked(run_all(c.op(), {c.stack(0), numbered(c, c.stack(1)), c.stack(2)}, c.attrs())); }

Out rolled(const C& c) {
  return only_first(c) && c.rank(0) >= 0 ? first_stacked(c, {c.value(0), c.value(1), behind_batch(c.value(2))}) : Out();
}
// (sorted (b, m), values (b, k))
Out searched(const C& c) { return batch_merged(c); }
// The operator Gather: along the first axis.
Out gathered_first(const C& c) {
  if (c.stacked(0) && c.stacked(1)) return stacked({gather(c.value(0), c.value(1), 1, 1)});
  return stacked({gather(c.value(0), c.value(1), c.stacked(0) ? 1 : 0)});
}

Out selected(const C& c) {
  int rank = std::max({c.rank(0), c.rank(1), c.rank(2)});
  if (std::min({c.rank(0), c.rank(1), c.rank(2)}) < 0) return {};
  return stacked({where(c.aligned(0, rank), c.aligned(1, rank), c.aligned(2, rank))});
}
Out selected_alike(const C& c) { return c.rank(0) == c.rank(1) ? batch_as_rows(c) : Out(); }

// --- blocks of space in the batch axis: an element (b, space..., rest) has `blocks` pieces, the batch within each ---

// 0 where only a run tells.
int64_t num_blocks(const C& c) {
  if (!only_first(c) || c.rank(0) < 0) return 0;
  if (c.op().schema().attr_index("block_size") >= 0) return c.int_attr("block_size") * c.int_attr("block_size");
  std::optional<Dims> sizes = c.ints(1);
  int64_t n = sizes ? 1 : 0;
  for (int64_t size : sizes.value_or(Dims())) n *= size;
  return n;
}
// (p, q, b, ...) with p and q in the other order, reshaped before and after.
Tensor swapped_pieces(const C& c, const Tensor& t, const Tensor& before, const Tensor& after) {
  Dims order{1, 0};
  for (int i = 2; i < c.rank(0) + 2; ++i) order.push_back(i);
  return reshape(transpose(reshape(t, before), order), after);
}
Tensor run_on(const C& c, const Tensor& first) {
  std::vector<Tensor> inputs{first};
  for (int i = 1; i < c.num_inputs(); ++i) inputs.push_back(c.value(i));
  return run_all(c.op(), inputs, c.attrs())[0];
}

Out space_to_batch(const C& c) {
  int64_t pieces = num_blocks(c);
  if (pieces == 0) return {};
  Tensor n = expand_dims(c.count(), 0), p = Tensor::from(std::vector{int32_t(pieces)}), b = slice(shape(c.value(0)), {1}, {1});
  Tensor out = run_on(c, merged(c.value(0))), rest = slice(shape(out), {1}, {-1});
  return stacked({swapped_pieces(c, out, concat({p, n, b, rest}, 0), concat({n, multiply(p, b), rest}, 0))});
}
Out batch_to_space(const C& c) {
  int64_t pieces = num_blocks(c);
  if (pieces == 0) return {};
  Tensor n = expand_dims(c.count(), 0), p = Tensor::from(std::vector{int32_t(pieces)}), sizes = shape(c.value(0));
  Tensor b = floordiv(slice(sizes, {1}, {1}), p), rest = slice(sizes, {2}, {-1});
  Tensor all = swapped_pieces(c, c.value(0), concat({n, p, b, rest}, 0), concat({multiply(multiply(n, p), b), rest}, 0));
  return stacked({unmerged(run_on(c, all), c.count())});
}

constexpr BatchingDef kRules[] = {
    {"SpaceToBatchND", space_to_batch}, {"SpaceToBatch", space_to_batch}, {"BatchToSpaceND", batch_to_space}, {"BatchToSpace", batch_to_space},
    {"Identity", batch_as_rows},      {"StopGradient", batch_as_rows},  {"PreventGradient", batch_as_rows}, {"IdentityN", each_alone},
    {"Cast", batch_as_rows},          {"ZerosLike", batch_as_rows},     {"OnesLike", batch_as_rows},        {"Snapshot", batch_as_rows},
    {"CheckNumerics", batch_as_rows}, {"Shape", shapes},                {"ShapeN", shapes},                 {"Size", sizes},
    {"Rank", ranks},                  {"Reshape", reshaped},            {"ExpandDims", batch_axis_second},  {"Squeeze", squeezed},
    {"EnsureShape", ensured},         {"BroadcastTo", broadcast},       {"Fill", filled},                   {"Transpose", transposed},
    {"ConjugateTranspose", transposed}, {"ConcatV2", concatenated},     {"Pack", packed},                   {"Unpack", packed},
    {"Split", split_even},            {"SplitV", split_sized},          {"Tile", tiled},                    {"ReverseV2", batch_axis_second},
    {"Pad", padded},                  {"PadV2", padded},                {"MirrorPad", padded},              {"MirrorPadGrad", padded},
    {"OneHot", one_hot_rows},         {"TopKV2", shared_after_first},   {"Slice", sliced},                  {"StridedSlice", strided},
    {"StridedSliceGrad", strided_gradient}, {"GatherV2", gathered},     {"GatherNd", gathered_nd},          {"ScatterNd", scattered},
    {"TensorScatterUpdate", scattered_into}, {"TensorScatterAdd", scattered_into}, {"TensorScatterSub", scattered_into},
    {"TensorScatterMax", scattered_into},    {"TensorScatterMin", scattered_into}, {"SelectV2", selected}, {"Select", selected_alike},
    {"Roll", rolled},                 {"LowerBound", searched},         {"UpperBound", searched},           {"TopK", batch_as_rows},
    {"SpaceToDepth", batch_merged},   {"DepthToSpace", batch_merged},   {"Gather", gathered_first},
};

}  // namespace

RUNNEL_BATCHING(array_batching, kRules)

}  // namespace runnel::inline v0
