#include "runnel/ops/training_losses.h"

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/debugging.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::nn {

namespace {

Tensor as_floating(const Tensor& x) { return x.dtype().is_floating() ? x : cast(x, float64); }

// A weight for each element of the losses' leading axes.
Tensor fit_weight(Tensor weight, const PartialShape& losses) {
  PartialShape shape = weight.partial_shape();
  if (!shape.has_rank() || !losses.has_rank() || shape.rank() == 0) return weight;
  if (shape.rank() == losses.rank() + 1 && shape.dim(-1) == 1) return squeeze(weight, {-1});
  return shape.rank() + 1 == losses.rank() ? expand_dims(weight, -1) : weight;
}

void check_batch_size(const Tensor& size) {
  debugging::assert_scalar(size, "global_batch_size must be scalar.");
  debugging::assert_integer(size, "global_batch_size must be an integer.");
  debugging::assert_non_negative(size, "global_batch_size must be non-negative.");
}

}  // namespace

Tensor compute_average_loss(const Tensor& per_example_loss, const std::optional<Tensor>& sample_weight,
                            const std::optional<Tensor>& global_batch_size) {
  PartialShape shape = per_example_loss.partial_shape();
  if (shape.has_rank() && shape.rank() == 0)
    fail<ValueError>("", "Invalid value passed for `per_example_loss`. Expected a tensor with at least rank 1.", {.got = "rank 0"});
  if (global_batch_size) check_batch_size(*global_batch_size);
  Tensor losses = as_floating(per_example_loss);
  if (sample_weight) losses = multiply(losses, cast(fit_weight(*sample_weight, shape), losses.dtype()));
  Tensor size = global_batch_size ? *global_batch_size : gather(runnel::shape(losses), 0);
  return divide_no_nan(reduce_sum(losses), cast(size, losses.dtype()));
}

Tensor scale_regularization_loss(const Tensor& regularization_loss) { return reduce_sum(as_floating(regularization_loss)); }

}  // namespace runnel::inline v0::nn
