#include "runnel/keras/layers/reshaping.h"

#include <algorithm>

#include "runnel/ops/array.h"

namespace runnel::inline v0::keras {

namespace {

// Reshapes all but the first axis; `sizes` may hold one -1.
Tensor reshape_examples(const Tensor& x, const std::vector<int64_t>& sizes) {
  PartialShape shape = x.partial_shape();
  bool known = shape.has_rank() && shape[0] >= 0;
  bool complete = std::find(sizes.begin(), sizes.end(), -1) == sizes.end();
  if (!known && !complete) {
    std::vector<int32_t> rest(sizes.begin(), sizes.end());
    Tensor y = reshape(x, concat({strided_slice(runnel::shape(x), {0}, {1}), Tensor::from(rest)}, 0));
    PartialShape wanted = PartialShape::unknown_dims(int(sizes.size()) + 1);
    for (size_t i = 0; i < sizes.size(); ++i) wanted.set_dim(int(i) + 1, sizes[i]);
    return ensure_shape(y, wanted);
  }
  std::vector<int64_t> all{known ? shape[0] : -1};
  all.insert(all.end(), sizes.begin(), sizes.end());
  return reshape(x, all);
}

// (batch, channels, ...) -> (batch, ..., channels)
Tensor channels_to_last(const Tensor& x, int rank) {
  std::vector<int64_t> order{0};
  for (int i = 2; i < rank; ++i) order.push_back(i);
  order.push_back(1);
  return transpose(x, order);
}

int64_t size_of_example(const PartialShape& shape) {
  return shape.has_rank() ? shape.slice(1, shape.rank()).num_elements() : PartialShape::kUnknown;
}

}  // namespace

FlattenBody::FlattenBody(const FlattenOptions& options) : LayerWith(options) {
  supports_masking_ = false;
  options_.data_format = checked_data_format(options.data_format);
}

Tensor FlattenBody::call(const Tensor& input, const CallArgs& args) {
  PartialShape shape = input.partial_shape();
  check_min_rank(*this, shape, 1);
  bool moves = channels_first(options_.data_format) && shape.has_rank() && shape.rank() > 2;
  return reshape_examples(moves ? channels_to_last(input, shape.rank()) : input, {size_of_example(shape)});
}

ReshapeBody::ReshapeBody(const ReshapeOptions& options) : LayerWith(options) {
  supports_masking_ = false;
  const auto& sizes = options.target_shape.values();
  if (std::count(sizes.begin(), sizes.end(), -1) > 1)
    fail<ValueError>("", cat("There must be at most one unknown dimension (-1) in target_shape. Received: target_shape=", to_text(sizes), "."));
}

Tensor ReshapeBody::call(const Tensor& input, const CallArgs& args) {
  std::vector<int64_t> sizes = options_.target_shape.values();
  int64_t elements = size_of_example(input.partial_shape());
  int64_t known = 1;
  for (int64_t size : sizes) known *= size == -1 ? 1 : size;
  auto unknown = std::find(sizes.begin(), sizes.end(), -1);
  bool fits = elements < 0 || (unknown == sizes.end() ? known == elements : known > 0 && elements % known == 0);
  if (!fits)
    fail<ValueError>("", cat("The total size of the tensor must be unchanged. Received: input_shape=",
                             to_text(input.partial_shape().slice(1, input.partial_shape().rank())), ", target_shape=(", join(sizes), sizes.size() == 1 ? ",)" : ")"),
                     {.expected = cat(elements, " numbers for each sample"), .hint = "-1 stands for the size that is left"});
  if (elements >= 0 && unknown != sizes.end()) *unknown = elements / known;
  return reshape_examples(input, sizes);
}

PermuteBody::PermuteBody(const PermuteOptions& options) : LayerWith(options) {
  supports_masking_ = false;
  std::vector<int64_t> sorted = options.dims.values();
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i] != int64_t(i) + 1)
      fail<ValueError>("", cat("Invalid permutation argument `dims` for Permute Layer. The set of indices in `dims` must be consecutive and start from 1. "
                               "Received dims=", to_text(options.dims.values())));
}

Tensor PermuteBody::call(const Tensor& input, const CallArgs& args) {
  check_rank(*this, input.partial_shape(), int(options_.dims.values().size()) + 1);
  std::vector<int64_t> order{0};
  for (int64_t axis : options_.dims.values()) order.push_back(axis);
  return transpose(input, order);
}

RepeatVectorBody::RepeatVectorBody(const RepeatVectorOptions& options) : LayerWith(options) {
  supports_masking_ = false;
  if (options.n <= 0) fail<ValueError>("", cat("Expected a positive integer value for `n`. Received: n=", int64_t(options.n)));
}

Tensor RepeatVectorBody::call(const Tensor& input, const CallArgs& args) {
  check_rank(*this, input.partial_shape(), 2);
  return tile(expand_dims(input, 1), {1, int64_t(options_.n), 1});
}

RUNNEL_KERAS_CLASS(layers, Permute, PermuteBody)
RUNNEL_KERAS_CLASS(layers, RepeatVector, RepeatVectorBody)
RUNNEL_KERAS_CLASS(layers, Flatten, FlattenBody)
RUNNEL_KERAS_CLASS(layers, Reshape, ReshapeBody)

}  // namespace runnel::inline v0::keras
