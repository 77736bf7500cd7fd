// Losses of a batch that is spread over replicas: there is one here.
#pragma once

#include <optional>

#include "runnel/op/operand.h"

namespace runnel::inline v0::nn {

/// sum(per_example_loss * sample_weight) / global_batch_size, a scalar; 0 where that size is 0. The losses have rank 1 or more, their
/// first size is the default of `global_batch_size`; the weights may lack or have a last axis of size 1. Integers become float64.
/// ValueError for a scalar loss or a size that is no scalar, TypeError for a size that is no integer, InvalidArgumentError for a negative one.
/// python: nn.compute_average_loss
Tensor compute_average_loss(const Tensor& per_example_loss, const std::optional<Tensor>& sample_weight = {},
                            const std::optional<Tensor>& global_batch_size = {});
/// The sum of the losses, a scalar. Integers become float64.
/// python: nn.scale_regularization_loss
Tensor scale_regularization_loss(const Tensor& regularization_loss);

}  // namespace runnel::inline v0::nn
