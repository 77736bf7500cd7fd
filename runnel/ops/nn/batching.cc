// How this family's operators run for a whole batch: see op/batching.h.
#include "runnel/ops/batching_rules.h"

namespace runnel::inline v0 {

namespace {

using Out = std::vector<Batched>;
using C = BatchingContext;

bool channels_last(const C& c) { return c.string_attr("data_format").back() == 'C'; }

Out first_merged(const C& c) { return batch_merged_first(c, 1); }
Out first_two_merged(const C& c) { return batch_merged_first(c, 2); }

Out biased(const C& c) {
  if (!c.stacked(1)) return first_merged(c);
  if (!channels_last(c) || c.rank(0) < 0) return {};
  return stacked({add(c.value(0), c.aligned(1, c.rank(0)))});
}
// The sum over all axes but the channels'.
Out bias_gradient(const C& c) {
  if (c.rank(0) < 0) return {};
  Dims axes;
  int channels = channels_last(c) ? c.rank(0) : 2;
  for (int i = 1; i <= c.rank(0); ++i)
    if (i != channels) axes.push_back(i);
  return stacked({reduce_sum(c.value(0), axes)});
}

// sizes (b, ...) with n times as many rows.
Tensor more_rows(const C& c, const Tensor& sizes) {
  Tensor rows = multiply(slice(sizes, {0}, {1}), cast(c.count(), sizes.dtype()));
  return concat({rows, slice(sizes, {1}, {-1})}, 0);
}
// (input_sizes, filter, out_backprop)
Out convolution_input_gradient(const C& c) {
  if (c.any_stacked(0, 2)) return {};
  std::vector<Tensor> out = run_all(c.op(), {more_rows(c, c.value(0)), c.value(1), merged(c.value(2))}, c.attrs());
  return stacked({unmerged(out[0], c.count())});
}
// (input, filter_sizes, out_backprop): where the elements share the input, each brings output channels of its own.
Out convolution_filter_gradient(const C& c) {
  PartialShape out_shape = c.shape(2);
  if (c.any_stacked(0, 2) || !channels_last(c) || !out_shape.has_rank()) return {};
  int rank = out_shape.rank();
  Dims to_last, to_first{rank - 1};
  for (int i = 1; i < rank; ++i) to_last.push_back(i);
  to_last.push_back(0);
  to_last.push_back(rank);
  for (int i = 0; i < rank - 1; ++i) to_first.push_back(i);
  to_first.push_back(rank);
  Tensor dy = transpose(c.value(2), to_last), dy_shape = shape(dy), filter = c.value(1);  // (b, space..., n, channels)
  Tensor wide = reshape(dy, concat({slice(dy_shape, {0}, {rank - 1}), Tensor::from(std::vector<int32_t>{-1})}, 0));
  Tensor channels = slice(filter, {rank - 1}, {1}), before = slice(filter, {0}, {rank - 1});
  Tensor count = cast(c.count(), filter.dtype());
  Tensor out = run_all(c.op(), {c.value(0), concat({before, multiply(channels, count)}, 0), wide}, c.attrs())[0];
  Tensor apart = reshape(out, concat({before, expand_dims(count, 0), channels}, 0));  // (space..., in, n, out)
  return stacked({transpose(apart, to_first)});
}
// (sizes, grad)
Out average_gradient(const C& c) {
  if (c.stacked(0)) return {};
  return stacked({unmerged(run_all(c.op(), {more_rows(c, c.value(0)), merged(c.value(1))}, c.attrs())[0], c.count())});
}

Out squares(const C& c) {
  if (c.rank(0) < 0) return {};
  Dims axes;
  for (int i = 1; i <= c.rank(0); ++i) axes.push_back(i);
  return stacked({multiply(reduce_sum(square(c.value(0)), axes), 0.5)});
}

// --- batch normalisation: the elements' channels stand side by side, (b, space..., n * channels) ---

class SideBySide {
 public:
  explicit SideBySide(const C& c, int image) : c_(c), rank_(c.rank(image)), channel_(channels_last(c) ? rank_ - 1 : 1) {}

  Tensor image(int i) const {
    Dims order;
    for (int k = 0; k < rank_; ++k) {
      if (k == channel_) order.push_back(0);
      order.push_back(k + 1);
    }
    Tensor t = transpose(c_.stack(i), order), sizes = shape(t);
    Tensor both = multiply(slice(sizes, {channel_}, {1}), slice(sizes, {channel_ + 1}, {1}));
    return reshape(t, concat({slice(sizes, {0}, {channel_}), both, slice(sizes, {channel_ + 2}, {-1})}, 0));
  }
  Tensor vector(int i) const { return reshape(c_.stack(i), Ints{-1}); }
  Tensor image_of_each(const Tensor& t) const {
    Tensor sizes = shape(t), n = expand_dims(c_.count(), 0), channels = floordiv(slice(sizes, {channel_}, {1}), n);
    Dims order{channel_};
    for (int k = 0; k <= rank_; ++k)
      if (k != channel_) order.push_back(k);
    return transpose(reshape(t, concat({slice(sizes, {0}, {channel_}), n, channels, slice(sizes, {channel_ + 1}, {-1})}, 0)), order);
  }
  Tensor vector_of_each(const Tensor& t) const {
    Tensor n = expand_dims(c_.count(), 0);
    return reshape(t, concat({n, floordiv(shape(t), n)}, 0));
  }

 private:
  const C& c_;
  int rank_;
  int64_t channel_;
};

// (x, scale, offset, mean, variance) -> (y, four vectors, nothing)
Out batch_norm(const C& c) {
  if (c.rank(0) < 0) return {};
  if (!c.bool_attr("is_training") && !c.any_stacked(1, 5)) {
    std::vector<Tensor> out = run_all(c.op(), {merged(c.value(0)), c.value(1), c.value(2), c.value(3), c.value(4)}, c.attrs());
    Out results{{unmerged(out[0], c.count()), true}};
    for (size_t i = 1; i < out.size(); ++i) results.push_back({out[i], false});
    return results;
  }
  SideBySide all(c, 0);
  std::vector<Tensor> out = run_all(c.op(), {all.image(0), all.vector(1), all.vector(2), all.vector(3), all.vector(4)}, c.attrs());
  Out results{{all.image_of_each(out[0]), true}};
  for (size_t i = 1; i < out.size(); ++i) results.push_back(i < 5 ? Batched{all.vector_of_each(out[i]), true} : Batched{out[i], false});
  return results;
}
// (dy, x, scale, mean, variance, perhaps nothing) -> (dx, two vectors, nothing, nothing)
Out batch_norm_gradient(const C& c) {
  if (c.rank(1) < 0) return {};
  SideBySide all(c, 1);
  std::vector<Tensor> inputs{all.image(0), all.image(1)};
  for (int i = 2; i < c.num_inputs(); ++i) inputs.push_back(all.vector(i));
  std::vector<Tensor> out = run_all(c.op(), inputs, c.attrs());
  return {{all.image_of_each(out[0]), true}, {all.vector_of_each(out[1]), true}, {all.vector_of_each(out[2]), true}, {out[3], false}, {out[4], false}};
}

constexpr BatchingDef kRules[] = {
    {"FusedBatchNorm", batch_norm},   {"FusedBatchNormV2", batch_norm},  {"FusedBatchNormV3", batch_norm},
    {"FusedBatchNormGrad", batch_norm_gradient}, {"FusedBatchNormGradV2", batch_norm_gradient}, {"FusedBatchNormGradV3", batch_norm_gradient},
    {"BiasAdd", biased},              {"BiasAddGrad", bias_gradient},    {"Softmax", batch_as_rows},       {"LogSoftmax", batch_as_rows},
    {"L2Loss", squares},              {"Conv2D", first_merged},          {"Conv3D", first_merged},         {"DepthwiseConv2dNative", first_merged},
    {"Conv2DBackpropInput", convolution_input_gradient},                 {"Conv3DBackpropInputV2", convolution_input_gradient},
    {"DepthwiseConv2dNativeBackpropInput", convolution_input_gradient},  {"Conv2DBackpropFilter", convolution_filter_gradient},
    {"Conv3DBackpropFilterV2", convolution_filter_gradient},             {"MaxPool", batch_merged},        {"MaxPool3D", batch_merged},
    {"AvgPool", batch_merged},        {"AvgPool3D", batch_merged},       {"MaxPoolGrad", batch_merged},    {"MaxPool3DGrad", batch_merged},
    {"MaxPoolGradGrad", batch_merged}, {"AvgPoolGrad", average_gradient}, {"AvgPool3DGrad", average_gradient}, {"LRN", batch_merged},
    {"SoftmaxCrossEntropyWithLogits", first_two_merged},                 {"SparseSoftmaxCrossEntropyWithLogits", first_two_merged},
    {"ReluGrad", batch_as_rows},      {"Relu6Grad", batch_as_rows},      {"EluGrad", batch_as_rows},       {"SeluGrad", batch_as_rows},
    {"LeakyReluGrad", batch_as_rows}, {"SoftplusGrad", batch_as_rows},   {"SoftsignGrad", batch_as_rows},
};

}  // namespace

RUNNEL_BATCHING(nn_batching, kRules)

}  // namespace runnel::inline v0
