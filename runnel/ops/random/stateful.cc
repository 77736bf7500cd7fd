// Random numbers that follow the global seed and the operator's: RandomUniform, RandomStandardNormal and their kin.
#include <algorithm>
#include <numeric>

#include "runnel/op/context.h"
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/math.h"
#include "runnel/ops/random.h"
#include "runnel/ops/random/categorical.h"
#include "runnel/ops/random/fill.h"
#include "runnel/ops/random/rejection.h"

namespace runnel::inline v0 {

namespace {

template <RandomKind kKind>
void fill_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_output(reserve(c, blocks_for_outputs(y.num_elements())), kKind, y, c.op().name());
}
void uniform_int_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_int_output(c, reserve(c, blocks_for_outputs(y.num_elements())), 1, y);
}

void same_shape(ShapeContext& c) { c.set_output(0, c.input(0)); }
void shuffle_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  int64_t n = x.rank() == 0 ? 1 : x.dim(0);
  if (x.num_elements() <= 1 || n <= 1) return c.set_output(0, x.alias());
  Philox generator = reserve(c, uint64_t(n - 1 + 3) / 4);
  c.set_output(0, shuffled(x, generator));
}

void multinomial_shape(ShapeContext& c) {
  PartialShape s = c.input(0);
  if (s.has_rank() && s.rank() != 2) c.invalid(cat("logits should be a matrix, got shape ", bracketed(s)));
  PartialShape logits = c.with_rank(0, 2);
  c.with_rank(1, 0);
  Dims n;
  bool known = c.constant_ints(1, n);
  if (known && n[0] < 0) c.invalid(cat("num_samples should be non-negative, got ", n[0]));
  c.set_output(0, PartialShape({logits[0], known ? n[0] : -1}));
}
void multinomial_kernel(OpContext& c) {
  Tensor& y = c.output();
  int64_t samples = (y.dim(1) + 3) / 4 * 4 * 2;
  sample_categories(reserve(c, blocks_for_outputs(y.dim(0) * samples)), c.input(0), y);
}

// Sizes of the samples (input 0), then those of the parameters (input 1).
void samples_shape(ShapeContext& c) {
  shape_from_input(c);
  c.set_output(0, c.constant_shape(0).concatenate(c.input(1)));
}
void check_parameters(const OpContext& c, const char* what) {
  if (c.input(1).num_elements() == 0) c.invalid(cat("Input ", what, " should have non-zero element count, got: 0"));
}
void gamma_kernel(OpContext& c) {
  Tensor& y = c.output();
  if (y.num_elements() == 0) return check_parameters(c, "alpha");
  fill_gamma(reserve(c, blocks_for_outputs(y.num_elements())), c.input(1), y);
}
void poisson_kernel(OpContext& c) {
  Tensor& y = c.output();
  if (y.num_elements() == 0) return check_parameters(c, "rate");
  fill_poisson(reserve(c, blocks_for_outputs(y.num_elements())), c.input(1), y);
}
std::vector<Tensor> gradient_by_alpha(const GradientContext& c) {
  return {Tensor(), c.needs(1) ? gamma_gradient(c.grad(), c.input(1), c.output()) : Tensor()};
}

constexpr const char* kRandom = "random numbers do not depend on the inputs' values";
constexpr const char* kAttrs = "seed: int = 0; seed2: int = 0; dtype: floating; T: index";

constexpr OpDef random_op(const char* name, KernelFn kernel) {
  return {.name = name, .signature = "shape: T -> output: dtype", .attrs = kAttrs, .shape = shape_from_input, .no_gradient = kRandom,
          .kernel = kernel, .traits = {.stateful = true, .reads_only = true}};
}

/// RandomUniform: Numbers from [0, 1).
/// RandomUniformInt: Integers from [minval, maxval).
/// RandomStandardNormal: Numbers of the standard normal distribution.
/// RandomGamma: Numbers of the gamma distribution of shape `alpha` and rate 1, `shape` for each alpha.
/// RandomPoissonV2: Numbers of the Poisson distribution, `shape` for each rate.
/// RandomShuffle: The rows in another order.
/// Multinomial: `num_samples` classes for each row of unnormalised log-probabilities.
constexpr OpDef kOps[] = {
    random_op("RandomUniform", fill_kernel<RandomKind::kUniform>),
    random_op("RandomStandardNormal", fill_kernel<RandomKind::kNormal>),
    random_op("TruncatedNormal", fill_kernel<RandomKind::kTruncatedNormal>),
    {.name = "RandomUniformInt", .signature = "shape: T, minval: Tout, maxval: Tout -> output: Tout", .attrs = "seed: int = 0; seed2: int = 0; Tout: index; T: index",
     .shape = shape_from_input, .no_gradient = kRandom, .kernel = uniform_int_kernel, .traits = {.stateful = true, .reads_only = true}},
    {.name = "RandomShuffle", .signature = "value: T -> output: T", .attrs = "seed: int = 0; seed2: int = 0; T: type", .shape = same_shape,
     .no_gradient = "TensorFlow gives none", .kernel = shuffle_kernel, .traits = {.stateful = true, .reads_only = true}},
    {.name = "Multinomial", .signature = "logits: T, num_samples: int32 -> output: output_dtype",
     .attrs = "seed: int = 0; seed2: int = 0; T: real; output_dtype: index = int64", .shape = multinomial_shape,
     .no_gradient = "its output is an integer", .kernel = multinomial_kernel, .traits = {.stateful = true, .reads_only = true}},
    {.name = "RandomGamma", .signature = "shape: S, alpha: T -> output: T", .attrs = "seed: int = 0; seed2: int = 0; S: index; T: floating", .shape = samples_shape,
     .gradient = gradient_by_alpha, .kernel = gamma_kernel, .traits = {.stateful = true, .reads_only = true}},
    {.name = "RandomPoissonV2", .signature = "shape: S, rate: R -> output: dtype",
     .attrs = "seed: int = 0; seed2: int = 0; S: index; R: {half, float, double, int32, int64} = double; dtype: {half, float, double, int32, int64} = int64",
     .shape = samples_shape, .no_gradient = "TensorFlow declares none: its output is a count", .kernel = poisson_kernel, .traits = {.stateful = true, .reads_only = true}},
};

Tensor draw(const Op& op, const Ints& shape, DType dtype, std::optional<int64_t> seed) {
  SeedPair s = seeds_for(seed);
  return run(op, {shape.tensor()}, {{"dtype", dtype}, {"seed", s.seed}, {"seed2", s.seed2}});
}

// Checks what TensorFlow's Python layer checks.
void check_uniform_dtype(DType dtype) {
  if (!dtype.is_floating() && dtype != int32 && dtype != int64)
    fail<ValueError>("random.uniform", cat("Argument `dtype` got invalid value <dtype: '", dtype, "'>. Accepted dtypes are (tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int32, tf.int64)."));
}

}  // namespace
RUNNEL_OPS(random_stateful, kOps)

namespace random {

namespace {
// Also while a graph is traced, where `t` is a number of the caller.
bool is_zero(const Tensor& t) {
  Scoped eager(thread_context().tracer, static_cast<Tracer*>(nullptr));
  return !t.is_symbolic() && t.num_elements() == 1 && cast(t, float64).item<double>() == 0;
}
}  // namespace

Tensor uniform(const Ints& shape, const Operand& minval, const std::optional<Operand>& maxval, DType dtype, std::optional<int64_t> seed) {
  static const Op &floats = get_op("RandomUniform"), &ints = get_op("RandomUniformInt");
  check_uniform_dtype(dtype);
  if (dtype.is_floating()) {
    Tensor unit = draw(floats, shape, dtype, seed), low = minval.tensor(dtype);
    if (!maxval && minval.is_weak() && is_zero(low)) return unit;
    Tensor high = maxval ? maxval->tensor(dtype) : ones({}, dtype);
    return add(multiply(unit, subtract(high, low)), low);
  }
  if (!maxval) fail<ValueError>("random.uniform", cat("Must specify maxval for integer dtype tf.", dtype));
  SeedPair s = seeds_for(seed);
  return run(ints, {shape.tensor(), minval.tensor(dtype), maxval->tensor(dtype)}, {{"seed", s.seed}, {"seed2", s.seed2}});
}

Tensor normal(const Ints& shape, const Operand& mean, const Operand& stddev, DType dtype, std::optional<int64_t> seed) {
  static const Op& op = get_op("RandomStandardNormal");
  Tensor center = mean.tensor(dtype), width = stddev.tensor(dtype);
  return add(multiply(draw(op, shape, dtype, seed), width), center);
}

Tensor truncated_normal(const Ints& shape, const Operand& mean, const Operand& stddev, DType dtype, std::optional<int64_t> seed) {
  static const Op& op = get_op("TruncatedNormal");
  Tensor center = mean.tensor(dtype), width = stddev.tensor(dtype);
  return add(multiply(draw(op, shape, dtype, seed), width), center);
}

Tensor shuffle(const Tensor& value, std::optional<int64_t> seed) {
  static const Op& op = get_op("RandomShuffle");
  SeedPair s = seeds_for(seed);
  return run(op, {value}, {{"seed", s.seed}, {"seed2", s.seed2}});
}

Tensor categorical(const Tensor& logits, const Operand& num_samples, DType dtype, std::optional<int64_t> seed) {
  static const Op& op = get_op("Multinomial");
  SeedPair s = seeds_for(seed);
  return run(op, {logits, num_samples.tensor(int32)}, {{"seed", s.seed}, {"seed2", s.seed2}, {"output_dtype", dtype ? dtype : int64}});
}

Tensor gamma(const Ints& shape, const Operand& alpha, const std::optional<Operand>& beta, DType dtype, std::optional<int64_t> seed) {
  static const Op& op = get_op("RandomGamma");
  Tensor rate = beta ? beta->tensor(dtype) : ones({}, dtype);
  SeedPair s = seeds_for(seed);
  return with_rate(run(op, {shape.tensor(), broadcast_with(alpha.tensor(dtype), rate)}, {{"seed", s.seed}, {"seed2", s.seed2}}), rate);
}

Tensor poisson(const Ints& shape, const Operand& lam, DType dtype, std::optional<int64_t> seed) {
  static const Op& op = get_op("RandomPoissonV2");
  SeedPair s = seeds_for(seed);
  return run(op, {shape.tensor(), lam.tensor()}, {{"dtype", dtype}, {"seed", s.seed}, {"seed2", s.seed2}});
}

}  // namespace random

}  // namespace runnel::inline v0
