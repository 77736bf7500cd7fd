// Gradients of decompositions, written with public operators (arXiv:1602.07527; Giles, NA-08-01).
#pragma once

#include "runnel/op/gradient_context.h"

namespace runnel::inline v0::linalg_internal {

std::vector<Tensor> cholesky_gradient(const GradientContext& c);
std::vector<Tensor> inverse_gradient(const GradientContext& c);
std::vector<Tensor> determinant_gradient(const GradientContext& c);
std::vector<Tensor> log_determinant_gradient(const GradientContext& c);
std::vector<Tensor> solve_gradient(const GradientContext& c);
std::vector<Tensor> triangular_gradient(const GradientContext& c);
std::vector<Tensor> eigh_gradient(const GradientContext& c);
std::vector<Tensor> eig_gradient(const GradientContext& c);
std::vector<Tensor> qr_gradient(const GradientContext& c);
std::vector<Tensor> svd_gradient(const GradientContext& c);

}  // namespace runnel::inline v0::linalg_internal
