// Distributions that draw until a candidate is accepted: gamma, Poisson, binomial. Number i of the output depends on the
// generator and on i alone: kReservedPerOutput blocks are set aside for each.
#pragma once

#include "runnel/core/tensor.h"
#include "runnel/ops/random/philox.h"

namespace runnel::inline v0 {

// All compute in double, whatever the dtype. `out` has the shape (samples..., parameters...), and the numbers are drawn parameter by parameter.

/// Gamma(alpha, 1). Marsaglia and Tsang, "A simple method for generating gamma variables", 2000.
void fill_gamma(const Philox& generator, const Tensor& alpha, Tensor& out);
/// Knuth's products of uniform numbers below a rate of 10, Hörmann's transformed rejection (1993) from there.
void fill_poisson(const Philox& generator, const Tensor& rate, Tensor& out);
/// Sums of geometric numbers where fewer than 10 successes are expected, else Hörmann's "The generation of binomial random
/// variates" (1993). counts and probs broadcast to the last axes of `out`.
void fill_binomial(const Philox& generator, const Tensor& counts, const Tensor& probs, Tensor& out);

/// The gradient of gamma numbers by alpha, as if drawn by inversion. Figurnov et al., "Implicit reparameterization gradients", 2018.
Tensor gamma_gradient(const Tensor& gradient, const Tensor& alpha, const Tensor& sample);
/// For random::gamma: alpha broadcast to the shape that it has together with beta, and Gamma(alpha, 1) made Gamma(alpha, beta), never 0.
Tensor broadcast_with(const Tensor& alpha, const Tensor& beta);
Tensor with_rate(const Tensor& sample, const Tensor& beta);

}  // namespace runnel::inline v0
