// Random numbers that are a function of their seed alone: the Stateless operators, old (seed) and new (key, counter, alg).
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

constexpr int32_t kPhiloxCode = 1, kAutoCode = 3;

// --- where the generator comes from ---

std::array<uint64_t, 2> two_seeds(const Tensor& seed) {
  std::array<uint64_t, 2> out{};
  dispatch<RandomInts>(seed.dtype(), "stateless seed", [&]<class T>() {
    for (size_t i = 0; i < 2; ++i) out[i] = uint64_t(int64_t(seed.data<T>()[i]));
  });
  return out;
}
Philox from_seed(const Tensor& seed) {
  auto [a, b] = two_seeds(seed);
  return scrambled(a, b);
}
Philox from_key(OpContext& c, int key, int counter, int alg) {
  int32_t code = c.input(alg).item<int32_t>();
  if (code != kPhiloxCode && code != kAutoCode) fail<errors::InvalidArgumentError>(c.op().name(), cat("Unsupported algorithm id: ", code), {.expected = "1 (Philox) or 3 (auto)"});
  uint64_t k = *c.input(key).data<uint64_t>();
  const uint64_t* n = c.input(counter).data<uint64_t>();
  return Philox({uint32_t(n[0]), uint32_t(n[0] >> 32), uint32_t(n[1]), uint32_t(n[1] >> 32)}, {uint32_t(k), uint32_t(k >> 32)});
}

void check_seed(ShapeContext& c, int i) {
  if (!c.input(i).is_compatible_with(PartialShape({2}))) c.invalid(cat("seed must have shape [2], not ", bracketed(c.input(i))));
}
void check_key(ShapeContext& c, int key) {
  if (!c.input(key).is_compatible_with(PartialShape({1})) && !c.input(key).is_compatible_with(PartialShape()))
    c.invalid("key must have shape [1]", {.got = bracketed(c.input(key))});
  PartialShape counter = c.with_rank(key + 1, 1);
  if (counter[0] >= 0 && counter[0] < 2) c.invalid(cat("counter must have at least 2 elements; got shape: ", bracketed(counter)));
}
void seed_shape(ShapeContext& c) {
  check_seed(c, 1);
  shape_from_input(c);
}
void key_shape(ShapeContext& c) {
  check_key(c, 1);
  shape_from_input(c);
}

// --- kernels ---

template <RandomKind kKind>
void seed_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_output(from_seed(c.input(1)), kKind, y, c.op().name());
}
template <RandomKind kKind>
void key_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_output(from_key(c, 1, 2, 3), kKind, y, c.op().name());
}
void seed_int_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_int_output(c, from_seed(c.input(1)), 2, y);
}
void key_int_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_int_output(c, from_key(c, 1, 2, 3), 4, y);
}

// --- samples for parameters: the shape, input 0, ends with the parameters' ---

void check_ends_with(ShapeContext& c, const PartialShape& parameters) {
  PartialShape all = c.constant_shape(0);
  if (!all.has_rank() || !parameters.has_rank()) return;
  const int samples = all.rank() - parameters.rank();
  bool fits = samples >= 0;
  for (int i = 0; fits && i < parameters.rank(); ++i) fits = all[samples + i] < 0 || parameters[i] < 0 || all[samples + i] == parameters[i];
  if (!fits) c.invalid("Shape passed in must end with broadcasted shape.", {.got = cat("shape ", bracketed(all), ", parameters ", bracketed(parameters))});
}
void gamma_shape(ShapeContext& c) {
  key_shape(c);
  check_ends_with(c, c.input(4));
}
void gamma_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_gamma(from_key(c, 1, 2, 3), c.input(4), y);
}
std::vector<Tensor> gradient_by_alpha(const GradientContext& c) {
  return {Tensor(), Tensor(), Tensor(), Tensor(), c.needs(4) ? gamma_gradient(c.grad(), c.input(4), c.output()) : Tensor()};
}
void poisson_shape(ShapeContext& c) {
  seed_shape(c);
  check_ends_with(c, c.input(2));
}
void poisson_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_poisson(from_seed(c.input(1)), c.input(2), y);
}
void binomial_shape(ShapeContext& c) {
  seed_shape(c);
  check_ends_with(c, broadcast_shapes(c.input(2), c.input(3), "StatelessRandomBinomial"));
}
void binomial_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_binomial(from_seed(c.input(1)), c.input(2), c.input(3), y);
}

void multinomial_shape(ShapeContext& c) {
  PartialShape logits = c.with_rank(0, 2);
  check_seed(c, 2);
  Dims n;
  bool known = c.constant_ints(1, n);
  c.set_output(0, PartialShape({logits[0], known ? n[0] : -1}));
}
void multinomial_kernel(OpContext& c) {
  Tensor& y = c.output();
  sample_categories(from_seed(c.input(2)), c.input(0), y);
}

void shuffle_shape(ShapeContext& c) {
  check_key(c, 1);
  c.set_output(0, c.input(0));
}
void shuffle_kernel(OpContext& c) {
  c.output_shape();
  c.set_output(0, shuffled(c.input(0), from_key(c, 1, 2, 3)));
}

void key_counter_shape(ShapeContext& c) {
  check_seed(c, 0);
  c.set_output(0, PartialShape({1}));
  c.set_output(1, PartialShape({2}));
  if (c.num_outputs() == 3) c.set_output(2, PartialShape());
}
void key_counter_kernel(OpContext& c) {
  c.output_shape();
  Philox p = from_seed(c.input(0));
  auto join = [](uint32_t low, uint32_t high) { return uint64_t(low) | uint64_t(high) << 32; };
  *c.output(0).mutable_data<uint64_t>() = join(p.key()[0], p.key()[1]);
  uint64_t* counter = c.output(1).mutable_data<uint64_t>();
  counter[0] = join(p.counter()[0], p.counter()[1]);
  counter[1] = join(p.counter()[2], p.counter()[3]);
  if (c.num_outputs() == 3) *c.output(2).mutable_data<int32_t>() = kPhiloxCode;
}
void alg_shape(ShapeContext& c) { c.set_output(0, PartialShape()); }
void alg_kernel(OpContext& c) { *c.output().mutable_data<int32_t>() = kPhiloxCode; }

constexpr const char* kRandom = "random numbers do not depend on the inputs' values";

constexpr OpDef seed_op(const char* name, KernelFn kernel) {
  return {.name = name, .signature = "shape: T, seed: Tseed -> output: dtype", .attrs = "dtype: floating = float; T: index = int32; Tseed: index = int64",
          .shape = seed_shape, .no_gradient = kRandom, .kernel = kernel};
}
constexpr OpDef key_op(const char* name, KernelFn kernel) {
  return {.name = name, .signature = "shape: Tshape, key: uint64, counter: uint64, alg: int32 -> output: dtype", .attrs = "dtype: floating = float; Tshape: index = int32",
          .shape = key_shape, .no_gradient = kRandom, .kernel = kernel};
}

/// StatelessRandomGetAlg: The number of the algorithm that generates: 1, Philox.
/// StatelessRandomGetKeyCounter: The key and the counter that a seed of two integers is scrambled to.
/// StatelessRandomGetKeyCounterAlg: The key and the counter that a seed is scrambled to, and the number of the algorithm.
/// StatelessMultinomial: `num_samples` classes for each row of unnormalised log-probabilities, the same for a seed.
/// StatelessRandomBinomial: Numbers of successes among `counts` trials of probability `probs`, the same for a seed.
/// StatelessRandomGammaV3: Numbers of the gamma distribution of shape `alpha` and rate 1, the same for a key and counter.
/// StatelessRandomPoisson: Numbers of the Poisson distribution of rate `lam`, the same for a seed.
/// StatelessRandomNormal: Numbers of the standard normal distribution, the same for a seed.
/// StatelessRandomNormalV2: Numbers of the standard normal distribution, the same for a key and counter.
/// StatelessRandomUniform: Numbers from [0, 1), the same for a seed.
/// StatelessRandomUniformV2: Numbers from [0, 1), the same for a key and counter.
/// StatelessRandomUniformInt: Integers from [minval, maxval), the same for a seed.
/// StatelessRandomUniformIntV2: Integers from [minval, maxval), the same for a key and counter.
/// StatelessRandomUniformFullInt: Any integers of the dtype, the same for a seed.
/// StatelessRandomUniformFullIntV2: Any integers of the dtype, the same for a key and counter.
constexpr OpDef kOps[] = {
    seed_op("StatelessRandomUniform", seed_kernel<RandomKind::kUniform>),
    seed_op("StatelessRandomNormal", seed_kernel<RandomKind::kNormal>),
    seed_op("StatelessTruncatedNormal", seed_kernel<RandomKind::kTruncatedNormal>),
    {.name = "StatelessRandomUniformInt", .signature = "shape: T, seed: Tseed, minval: dtype, maxval: dtype -> output: dtype",
     .attrs = "dtype: index; T: index; Tseed: index = int64", .shape = seed_shape, .no_gradient = kRandom, .kernel = seed_int_kernel},
    {.name = "StatelessRandomUniformFullInt", .signature = "shape: T, seed: Tseed -> output: dtype",
     .attrs = "dtype: {int32, int64, uint32, uint64} = uint64; T: index = int32; Tseed: {int32, int64, uint32, uint64} = int64",
     .shape = seed_shape, .no_gradient = kRandom, .kernel = seed_kernel<RandomKind::kFullInt>},
    key_op("StatelessRandomUniformV2", key_kernel<RandomKind::kUniform>),
    key_op("StatelessRandomNormalV2", key_kernel<RandomKind::kNormal>),
    key_op("StatelessTruncatedNormalV2", key_kernel<RandomKind::kTruncatedNormal>),
    {.name = "StatelessRandomUniformIntV2", .signature = "shape: Tshape, key: uint64, counter: uint64, alg: int32, minval: dtype, maxval: dtype -> output: dtype",
     .attrs = "dtype: {int32, int64, uint32, uint64}; Tshape: index = int32", .shape = key_shape, .no_gradient = kRandom, .kernel = key_int_kernel},
    {.name = "StatelessRandomUniformFullIntV2", .signature = "shape: Tshape, key: uint64, counter: uint64, alg: int32 -> output: dtype",
     .attrs = "dtype: {int32, int64, uint32, uint64} = uint64; Tshape: index = int32", .shape = key_shape, .no_gradient = kRandom, .kernel = key_kernel<RandomKind::kFullInt>},
    {.name = "StatelessRandomGammaV3", .signature = "shape: shape_dtype, key: uint64, counter: uint64, alg: int32, alpha: dtype -> output: dtype",
     .attrs = "dtype: floating; shape_dtype: index = int32", .shape = gamma_shape, .gradient = gradient_by_alpha, .kernel = gamma_kernel},
    {.name = "StatelessRandomPoisson", .signature = "shape: T, seed: Tseed, lam: Rtype -> output: dtype",
     .attrs = "Rtype: {half, float, double, int32, int64}; dtype: {half, float, double, int32, int64}; T: index; Tseed: index = int64",
     .shape = poisson_shape, .no_gradient = "its output is a count", .kernel = poisson_kernel},
    {.name = "StatelessRandomBinomial", .signature = "shape: S, seed: Tseed, counts: T, probs: T -> output: dtype",
     .attrs = "S: index; Tseed: index = int64; T: {half, float, double, int32, int64} = double; dtype: {half, float, double, int32, int64} = int64",
     .shape = binomial_shape, .no_gradient = "its output is a count", .kernel = binomial_kernel},
    {.name = "StatelessMultinomial", .signature = "logits: T, num_samples: int32, seed: Tseed -> output: output_dtype",
     .attrs = "T: real; Tseed: index = int64; output_dtype: index = int64", .shape = multinomial_shape, .no_gradient = "its output is an integer", .kernel = multinomial_kernel},
    {.name = "StatelessShuffle", .signature = "value: T, key: uint64, counter: uint64, alg: int32 -> output: T", .attrs = "T: type",
     .shape = shuffle_shape, .no_gradient = "TensorFlow declares none", .kernel = shuffle_kernel},
    {.name = "StatelessRandomGetKeyCounter", .signature = "seed: Tseed -> key: uint64, counter: uint64", .attrs = "Tseed: index = int64",
     .shape = key_counter_shape, .no_gradient = "it works on integers", .kernel = key_counter_kernel},
    {.name = "StatelessRandomGetKeyCounterAlg", .signature = "seed: Tseed -> key: uint64, counter: uint64, alg: int32", .attrs = "Tseed: index = int64",
     .shape = key_counter_shape, .no_gradient = "it works on integers", .kernel = key_counter_kernel},
    {.name = "StatelessRandomGetAlg", .signature = " -> alg: int32", .shape = alg_shape, .no_gradient = "it has no input", .kernel = alg_kernel,
     .traits = {.stateful = true}},
};

// Key, counter and algorithm for a seed of two integers.
std::array<Tensor, 3> key_of(const Operand& seed, const std::string& alg) {
  static const Op& op = get_op("StatelessRandomGetKeyCounter");
  if (alg != "auto_select" && alg != "philox")
    fail<ValueError>("random", cat("Argument `alg` got unsupported string value ", alg), {.expected = "'auto_select' or 'philox'"});
  std::vector<Tensor> key = run_all(op, {seed.tensor()});
  return {key[0], key[1], Tensor::scalar(kPhiloxCode)};
}
Tensor draw(const Op& op, const Ints& shape, const Operand& seed, DType dtype, const std::string& alg) {
  auto [key, counter, code] = key_of(seed, alg);
  return run(op, {shape.tensor(), key, counter, code}, {{"dtype", dtype}});
}

}  // namespace
RUNNEL_OPS(random_stateless, kOps)

namespace random {

Tensor stateless_uniform(const Ints& shape, const Operand& seed, const std::optional<Operand>& minval, const std::optional<Operand>& maxval, DType dtype, const std::string& alg) {
  static const Op &floats = get_op("StatelessRandomUniformV2"), &ints = get_op("StatelessRandomUniformIntV2"), &full = get_op("StatelessRandomUniformFullIntV2");
  if (dtype.is_floating()) {
    Tensor low = minval ? minval->tensor(dtype) : zeros({}, dtype), high = maxval ? maxval->tensor(dtype) : ones({}, dtype);
    return add(multiply(draw(floats, shape, seed, dtype, alg), subtract(high, low)), low);
  }
  if (!minval && !maxval) return draw(full, shape, seed, dtype, alg);
  if (!minval != !maxval)
    fail<ValueError>("stateless_uniform", cat("For integer dtype ", dtype, ", minval and maxval must be both `None` or both non-`None`"));
  auto [key, counter, code] = key_of(seed, alg);
  return run(ints, {shape.tensor(), key, counter, code, minval->tensor(dtype), maxval->tensor(dtype)});
}

Tensor stateless_normal(const Ints& shape, const Operand& seed, const Operand& mean, const Operand& stddev, DType dtype, const std::string& alg) {
  static const Op& op = get_op("StatelessRandomNormalV2");
  return add(multiply(draw(op, shape, seed, dtype, alg), stddev.tensor(dtype)), mean.tensor(dtype));
}

Tensor stateless_truncated_normal(const Ints& shape, const Operand& seed, const Operand& mean, const Operand& stddev, DType dtype, const std::string& alg) {
  static const Op& op = get_op("StatelessTruncatedNormalV2");
  return add(multiply(draw(op, shape, seed, dtype, alg), stddev.tensor(dtype)), mean.tensor(dtype));
}

Tensor stateless_gamma(const Ints& shape, const Operand& seed, const Operand& alpha, const std::optional<Operand>& beta, DType dtype) {
  static const Op& op = get_op("StatelessRandomGammaV3");
  Tensor rate = beta ? beta->tensor(dtype) : ones({}, dtype);
  auto [key, counter, code] = key_of(seed, "auto_select");
  return with_rate(run(op, {shape.tensor(), key, counter, code, broadcast_with(alpha.tensor(dtype), rate)}), rate);
}

Tensor stateless_poisson(const Ints& shape, const Operand& seed, const Operand& lam, DType dtype) {
  static const Op& op = get_op("StatelessRandomPoisson");
  return run(op, {shape.tensor(), seed.tensor(), lam.tensor()}, {{"dtype", dtype}});
}

Tensor stateless_binomial(const Ints& shape, const Operand& seed, const Operand& counts, const Operand& probs, DType output_dtype) {
  static const Op& op = get_op("StatelessRandomBinomial");
  Tensor p = probs.tensor();
  return run(op, {shape.tensor(), seed.tensor(), counts.tensor(p.dtype()), p}, {{"dtype", output_dtype}});
}

Tensor stateless_categorical(const Tensor& logits, const Operand& num_samples, const Operand& seed, DType dtype) {
  static const Op& op = get_op("StatelessMultinomial");
  return run(op, {logits, num_samples.tensor(int32), seed.tensor()}, {{"output_dtype", dtype}});
}

Tensor stateless_shuffle(const Tensor& value, const Operand& seed, const std::string& alg) {
  static const Op& op = get_op("StatelessShuffle");
  auto [key, counter, code] = key_of(seed, alg);
  return run(op, {value, key, counter, code});
}

Tensor split(const Operand& seed, int64_t num, const std::string& alg) {
  Tensor s = seed.tensor();
  return stateless_uniform({num, 2}, s, std::nullopt, std::nullopt, s.dtype(), alg);
}

Tensor fold_in(const Operand& seed, const Operand& data, const std::string& alg) {
  Tensor s = seed.tensor(), d = cast(data.tensor(s.dtype()), s.dtype());
  Tensor first = stateless_uniform({1}, s, std::nullopt, std::nullopt, s.dtype(), alg);
  return concat({first, reshape(d, {1})}, 0);
}

}  // namespace random

}  // namespace runnel::inline v0
