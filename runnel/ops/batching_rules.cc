#include "runnel/ops/batching_rules.h"

namespace runnel::inline v0 {

Tensor behind_batch(const Tensor& axes) {
  return add(axes, cast(greater_equal(axes, 0), axes.dtype()));
}
Tensor with_count(const Tensor& count, const Tensor& sizes) { return concat({expand_dims(cast(count, sizes.dtype()), 0), sizes}, 0); }
Tensor with_first(int64_t first, const Tensor& vector) { return concat({cast(Tensor::from(std::vector<int64_t>{first}), vector.dtype()), vector}, 0); }

std::vector<Batched> batch_along_axis(const BatchingContext& c, int axis_input) {
  if (c.stacked(axis_input)) return {};
  std::vector<Tensor> inputs;
  for (int i = 0; i < c.num_inputs(); ++i) inputs.push_back(i == axis_input ? behind_batch(c.value(i)) : c.stack(i));
  return stacked(run_all(c.op(), inputs, c.attrs()));
}

std::vector<Batched> batch_along_attribute(const BatchingContext& c, const char* axis) {
  Attrs attrs = c.attrs();
  attrs.set(axis, behind_batch(c.int_attr(axis)));
  std::vector<Tensor> inputs;
  for (int i = 0; i < c.num_inputs(); ++i) inputs.push_back(c.stack(i));
  return stacked(run_all(c.op(), inputs, attrs));
}

Tensor merged(const Tensor& t) {
  Tensor sizes = shape(t);
  return reshape(t, concat({reduce_prod(slice(sizes, {0}, {2}), 0, true), slice(sizes, {2}, {-1})}, 0));
}
Tensor unmerged(const Tensor& t, const Tensor& count) {
  Tensor sizes = shape(t);
  Tensor rows = floordiv(slice(sizes, {0}, {1}), maximum(count, 1));
  return reshape(t, with_count(count, concat({rows, slice(sizes, {1}, {-1})}, 0)));
}

std::vector<Batched> batch_merged_first(const BatchingContext& c, int first) {
  if (c.any_stacked(first, c.num_inputs())) return {};
  std::vector<Tensor> inputs, out;
  for (int i = 0; i < c.num_inputs(); ++i) inputs.push_back(i < first ? merged(c.stack(i)) : c.value(i));
  for (const Tensor& t : run_all(c.op(), inputs, c.attrs())) out.push_back(unmerged(t, c.count()));
  return stacked(out);
}
std::vector<Batched> batch_merged(const BatchingContext& c) { return batch_merged_first(c, c.num_inputs()); }

}  // namespace runnel::inline v0
