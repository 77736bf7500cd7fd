#include "runnel/keras/optimizers/muon.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "runnel/base/pattern.h"
#include "runnel/keras/optimizers/gradient_slices.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0::keras {

namespace optimizers {

bool MuonBody::uses_adam(const Variable& variable) const {
  if (variable.shape().rank() != 2) return true;
  std::string path = variable.name().substr(0, variable.name().find(':')), lower = path;
  for (char& c : lower) c = char(std::tolower(c));
  if (options_.exclude_embeddings && lower.find("embedding") != std::string::npos) return true;
  return std::any_of(options_.exclude_layers.begin(), options_.exclude_layers.end(), [&](const auto& pattern) { return pattern_found(pattern, path); });
}

void MuonBody::build(const std::vector<Variable>& variables) {
  if (built()) return;
  OptimizerBody::build(variables);
  for (const Variable& v : variables) {
    momentums_.push_back(add_variable_from_reference(v, "momentum"));
    velocities_.push_back(uses_adam(v) ? add_variable_from_reference(v, "velocity") : Variable());
  }
}

void MuonBody::apply_weight_decay(const std::vector<Variable>& variables) {
  for (const Variable& v : variables) {
    std::optional<double> decay = uses_adam(v) ? options_.adam_weight_decay : options_.weight_decay;
    if (decay && decays(v)) v.assign_sub(v.value() * *decay * cast(learning_rate(), v.dtype()));
  }
}

// Newton and Schulz's iteration of fifth order towards the nearest orthogonal matrix.
Tensor MuonBody::orthogonal(const Tensor& matrix) const {
  PartialShape s = matrix.partial_shape();
  bool tall = s.dim(-2) > s.dim(-1);
  Tensor x = tall ? transpose(matrix) : matrix;
  x = x / (sqrt(reduce_sum(square(x))) + 1e-7);
  for (int64_t i = 0; i < options_.ns_steps; ++i) {
    Tensor gram = matmul(x, x, false, true);
    Tensor factor = options_.muon_b * gram + matmul(options_.muon_c * gram, gram);
    x = options_.muon_a * x + matmul(factor, x);
  }
  return tall ? transpose(x) : x;
}

void MuonBody::update_step(const Tensor& gradient, const Variable& variable, const Tensor& learning_rate) {
  size_t i = index_of(variable);
  const Variable& m = momentums_[i];
  Tensor rate = cast(learning_rate, variable.dtype()), grad = cast(gradient, variable.dtype());
  if (velocities_[i]) return adam_step(gradient, variable, rate * options_.adam_lr_ratio, m, velocities_[i]);
  m.assign_add(grad + m.value() * (options_.momentum - 1));
  Tensor update = rate * orthogonal(options_.nesterov ? grad + options_.momentum * m.value() : m.value());
  // Updates get the size of Adam's, whatever the shape.
  PartialShape s = variable.shape();
  if (options_.rms_rate) update = update * std::sqrt(float(std::max(s.dim(0), s.dim(1)))) * *options_.rms_rate;
  variable.assign_sub(update);
}

void MuonBody::adam_step(const Tensor& gradient, const Variable& variable, const Tensor& rate, const Variable& m, const Variable& v) {
  Tensor step = next_step(variable.dtype()), grad = cast(gradient, variable.dtype());
  auto power = [&](double beta) { return pow(Operand(beta).tensor(step.dtype()), step); };
  Tensor alpha = rate * sqrt(1 - power(options_.adam_beta_2)) / (1 - power(options_.adam_beta_1));
  m.assign_add((grad - m.value()) * (1 - options_.adam_beta_1));
  v.assign_add((cast(squared(gradient), variable.dtype()) - v.value()) * (1 - options_.adam_beta_2));
  variable.assign_sub(m.value() * alpha / (sqrt(v.value()) + options_.epsilon));
}

}  // namespace optimizers

RUNNEL_KERAS_CLASS(optimizers, Muon, optimizers::MuonBody)

}  // namespace runnel::inline v0::keras
