#include "runnel/keras/layers/float8_product.h"

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/keras/ops/quantizers.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/variable_notes.h"

namespace runnel::inline v0::keras {

namespace {

struct Float8 {
  const char* name;
  double largest;
};
constexpr Float8 kForward{"float8_e4m3fn", 448}, kBackward{"float8_e5m2", 57344};

// The next values of a scale and its history, after x.
std::vector<Tensor> next_of(const Tensor& x, const Tensor& scale, const Tensor& history, const Float8& dtype) {
  return {quantizers::compute_float8_scale(reduce_max(history, 0), scale, dtype.largest), quantizers::compute_float8_amax_history(x, history)};
}

// x in float8; its gradient passes as it is. While training, the Variables' gradients are what they become.
Tensor rounded(const Tensor& x, const Variable& scale, const Variable& history, bool training) {
  auto forward = [training](std::span<const Tensor> in) {
    std::vector<Tensor> next(2);
    if (training) next = next_of(in[0], in[1], in[2], kForward);
    auto backward = [next](std::span<const Tensor> grads) { return std::vector<Tensor>{grads[0], next[0], next[1]}; };
    return WithGradient{{quantizers::quantize_and_dequantize(in[0], in[1], kForward.name, in[0].dtype())}, backward};
  };
  return custom_gradient(forward, std::vector<Tensor>{x, scale.value(), history.value()})[0];
}

// x as it is; its gradient in float8.
Tensor with_rounded_gradient(const Tensor& x, const Variable& scale, const Variable& history) {
  auto forward = [](std::span<const Tensor> in) {
    auto backward = [scale = in[1], history = in[2]](std::span<const Tensor> grads) {
      std::vector<Tensor> next = next_of(grads[0], scale, history, kBackward);
      return std::vector<Tensor>{quantizers::quantize_and_dequantize(grads[0], scale, kBackward.name, grads[0].dtype()), next[0], next[1]};
    };
    return WithGradient{{identity(in[0])}, backward};
  };
  return custom_gradient(forward, std::vector<Tensor>{x, scale.value(), history.value()})[0];
}

}  // namespace

void Float8Product::build(LayerBody& layer, int64_t history_length) {
  auto add = [&](const std::string& name, const Shape& shape, const char* initializer) {
    Variable variable = layer.add_weight({.name = name, .shape = shape, .initializer = initializer, .dtype = float32});
    notes_of(variable).overwrite_with_gradient = true;
    return variable;
  };
  auto add_pair = [&](const std::string& name, Variable& scale, Variable& history) {
    scale = add(name + "_scale", {}, "ones");
    history = add(name + "_amax_history", {history_length}, "zeros");
  };
  add_pair("inputs", inputs_scale, inputs_amax_history);
  add_pair("kernel", kernel_scale, kernel_amax_history);
  add_pair("outputs_grad", outputs_grad_scale, outputs_grad_amax_history);
}

std::vector<Variable> Float8Product::variables() const {
  return {inputs_scale, inputs_amax_history, kernel_scale, kernel_amax_history, outputs_grad_scale, outputs_grad_amax_history};
}

Tensor Float8Product::operator()(const Tensor& x, const Tensor& weight, const std::function<Tensor(const Tensor&, const Tensor&)>& multiply, bool training) const {
  Tensor y = multiply(rounded(x, inputs_scale, inputs_amax_history, training), rounded(weight, kernel_scale, kernel_amax_history, training));
  return with_rounded_gradient(y, outputs_grad_scale, outputs_grad_amax_history);
}

}  // namespace runnel::inline v0::keras
