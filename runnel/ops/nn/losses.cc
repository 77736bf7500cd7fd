// Losses composed of other operators: sigmoid and weighted cross entropy, Poisson.
#include <numbers>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/nn/by_name.h"

namespace runnel::inline v0::nn {

namespace {
void check_same_shape(const Tensor& logits, const Tensor& labels, const char* first, const char* second) {
  if (!logits.partial_shape().is_compatible_with(labels.partial_shape()))
    fail<ValueError>("", cat("`", first, "` and `", second, "` must have the same shape, received (", to_text(logits.partial_shape()), " vs ",
                             to_text(labels.partial_shape()), ")."));
}
}  // namespace

// max(x, 0) - x * z + log(1 + e^-|x|), which neither overflows nor cancels.
Tensor sigmoid_cross_entropy_with_logits(const Operand& labels, const Operand& logits) {
  auto [x, z] = match(logits, labels);
  check_same_shape(x, z, "logits", "labels");
  Tensor zeros = zeros_like(x), positive = greater_equal(x, zeros);
  Tensor larger = select(positive, x, zeros), minus_abs = select(positive, negative(x), x);
  return add(subtract(larger, multiply(x, z)), log1p(exp(minus_abs)));
}

Tensor weighted_cross_entropy_with_logits(const Operand& labels, const Operand& logits, const Operand& pos_weight) {
  auto [x, z, weight] = match(logits, labels, pos_weight);
  check_same_shape(x, z, "logits", "labels");
  Tensor log_weight = add(multiply(subtract(weight, 1.0), z), 1.0);
  Tensor soft = add(log1p(exp(negative(abs(x)))), relu(negative(x)));
  return add(multiply(subtract(1.0, z), x), multiply(log_weight, soft));
}

Tensor log_poisson_loss(const Operand& targets, const Operand& log_input, bool compute_full_loss) {
  auto [z, x] = match(targets, log_input);
  check_same_shape(x, z, "log_input", "targets");
  Tensor loss = subtract(exp(x), multiply(x, z));
  if (!compute_full_loss) return loss;
  // Stirling's approximation of log(z!), used above 1
  Tensor stirling = add(subtract(multiply(z, log(z)), z), multiply(log(multiply(z, 2 * std::numbers::pi)), 0.5));
  Tensor small = logical_and(greater_equal(z, 0.0), less_equal(z, 1.0));
  return add(loss, select(small, zeros_like(z), stirling));
}

}  // namespace runnel::inline v0::nn
