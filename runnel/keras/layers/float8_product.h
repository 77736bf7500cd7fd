// Products in float8: inputs and weight are rounded to float8_e4m3fn, gradients to float8_e5m2, by scales that follow the largest magnitudes
// of the last steps. Micikevicius et al., "FP8 formats for deep learning", 2022.
#pragma once

#include <functional>

#include "runnel/keras/layer.h"

namespace runnel::inline v0::keras {

/// The scales and histories are trained Variables whose "gradients" are their next values: optimizers assign them.
struct Float8Product {
  Variable inputs_scale{}, inputs_amax_history{}, kernel_scale{}, kernel_amax_history{}, outputs_grad_scale{}, outputs_grad_amax_history{};

  void build(LayerBody& layer, int64_t history_length);
  explicit operator bool() const { return bool(inputs_scale); }
  std::vector<Variable> variables() const;
  Tensor operator()(const Tensor& x, const Tensor& weight, const std::function<Tensor(const Tensor&, const Tensor&)>& multiply, bool training) const;
};

}  // namespace runnel::inline v0::keras
