#include "runnel/keras/layers/core.h"

#include <algorithm>

#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/nn.h"

namespace runnel::inline v0::keras {

namespace {

// The shape of x with another last size, for reshape(); one size may be unknown, more are asked at run time.
Ints with_last(const Tensor& x, int64_t last) {
  PartialShape shape = x.partial_shape();
  shape.set_dim(-1, last);
  if (std::count(shape.begin(), shape.end(), PartialShape::kUnknown) <= 1) return Ints(shape.dims());
  Tensor leading = strided_slice(runnel::shape(x), {0}, {-1});
  return concat({leading, Tensor::from(std::vector<int32_t>{int32_t(last)})}, 0);
}

// Higher ranks go through one matrix product: faster than a batch of them, forwards and backwards.
Tensor times_kernel(const Tensor& x, const Tensor& kernel) {
  const int64_t units = kernel.partial_shape().dim(-1);
  PartialShape shape = x.partial_shape();
  if (!shape.has_rank() || shape.rank() <= 2) return matmul(x, kernel);
  Tensor rows = reshape(x, {-1, kernel.partial_shape().dim(0)});
  shape.set_dim(-1, units);
  return ensure_shape(reshape(matmul(rows, kernel), with_last(x, units)), shape);
}

}  // namespace

DenseBody::DenseBody(const DenseOptions& options) : AdaptableWith(options) {
  if (options.units <= 0)
    fail<ValueError>("", cat("Received an invalid value for `units`, expected a positive integer. Received: units=", int64_t(options.units)));
  settle(options.kernel_initializer);
  settle(options.bias_initializer);
}

void DenseBody::build(const PartialShape& input_shape) {
  check_min_rank(*this, input_shape, 2);
  inputs_ = input_shape.has_rank() ? input_shape.dim(-1) : PartialShape::kUnknown;
  if (inputs_ < 0)
    fail<ValueError>("", cat("The last dimension of the inputs to layer \"", name(), "\" should be defined. Found None. Full input shape received: ",
                             to_text(input_shape)));
  build_weight({.name = "kernel", .shape = {inputs_, options_.units}, .initializer = options_.kernel_initializer,
                .regularizer = options_.kernel_regularizer, .constraint = options_.kernel_constraint});
  if (options_.use_bias)
    bias_ = add_weight({.name = "bias", .shape = {options_.units}, .initializer = options_.bias_initializer,
                        .regularizer = options_.bias_regularizer, .constraint = options_.bias_constraint});
  build_lora(false);
}

MatrixForm DenseBody::form_in(const std::string&) const { return {.name = "kernel", .shape = {inputs_, options_.units}, .reduced = {0}}; }

namespace {
Tensor times_transposed(const Tensor& gradient, const Tensor& kernel) { return times_kernel(gradient, transpose(kernel)); }
}  // namespace

Tensor DenseBody::call(const Tensor& input, const CallArgs& args) {
  PartialShape shape = input.partial_shape();
  check_min_rank(*this, shape, 2);
  check_axis(*this, shape, -1, inputs_);
  Tensor x = input.dtype() == compute_dtype() ? input : cast(input, compute_dtype());  // whole numbers
  Tensor y = multiply_weight(x, {times_kernel, times_transposed}, args.training.value_or(false));
  if (bias_) y = nn::bias_add(y, bias_in_use(bias_));
  return options_.activation(y);
}

RUNNEL_KERAS_CLASS(layers, Dense, DenseBody)
RUNNEL_KERAS_CLASS(layers, Activation, ActivationBody)

}  // namespace runnel::inline v0::keras
