// tf.nn.dropout and its stateless form, composed of other operators.
#include <functional>

#include "runnel/base/error.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/random.h"

namespace runnel::inline v0::nn {

namespace {

// The rate where it is a number that is known now.
std::optional<double> known_rate(const Operand& rate) {
  Tensor t = rate.tensor(float64);
  if (t.is_symbolic() || t.num_elements() != 1) return std::nullopt;
  return cast(t, float64).item<double>();
}

void check(const Tensor& x, std::optional<double> rate) {
  if (!x.dtype().is_floating())
    fail<ValueError>("", cat("`x.dtype` must be a floating point tensor as `x` will be scaled. Received: x_dtype=<dtype: '", x.dtype(), "'>"));
  if (rate && !(*rate >= 0 && *rate < 1))
    fail<ValueError>("", cat("`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate=", *rate));
}

// The shape of the draws: noise_shape with x's sizes where it says None.
Ints drawn_shape(const Tensor& x, PartialShape noise_shape) {
  PartialShape known = x.partial_shape();
  if (!noise_shape.has_rank()) return known.is_fully_known() ? Ints(known.known()) : Ints(shape(x));
  for (int i = 0; i < noise_shape.rank(); ++i)
    if (noise_shape[i] < 0 && known.has_rank() && known.rank() == noise_shape.rank()) noise_shape.set_dim(i, known[i]);
  if (!noise_shape.is_fully_known())
    fail<ValueError>("nn.dropout", "noise_shape has unknown sizes", {.got = to_text(noise_shape), .expected = "x's rank"});
  return noise_shape.known();
}

using Draw = std::function<Tensor(const Ints& shape, DType dtype)>;

Tensor drop(const Tensor& x, const Operand& rate, const PartialShape& noise_shape, const Draw& uniform) {
  std::optional<double> number = known_rate(rate);
  check(x, number);
  Tensor draws = uniform(drawn_shape(x, noise_shape), x.dtype());
  if (number == 0.0) return x;  // the draws are made all the same: later ones do not depend on the rate
  Tensor p = rate.is_weak() ? rate.tensor(x.dtype()) : cast(rate.tensor(), x.dtype());
  Tensor scaled = number ? multiply(x, 1 / (1 - *number)) : divide(x, subtract(1, p));
  return where(greater_equal(draws, p), scaled, 0);
}

}  // namespace

Tensor dropout(const Tensor& x, const Operand& rate, const PartialShape& noise_shape, std::optional<int64_t> seed) {
  return drop(x, rate, noise_shape, [&](const Ints& shape, DType dtype) { return random::uniform(shape, 0, {}, dtype, seed); });
}

Tensor stateless_dropout(const Tensor& x, const Operand& rate, const Operand& seed, const std::string& rng_alg, const PartialShape& noise_shape) {
  return drop(x, rate, noise_shape,
              [&](const Ints& shape, DType dtype) { return random::stateless_uniform(shape, seed, 0, {}, dtype, rng_alg); });
}

}  // namespace runnel::inline v0::nn
