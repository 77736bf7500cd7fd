// Stateless random numbers: the same seed gives the same numbers, those of TensorFlow on the CPU.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/random.h"
#include "runnel/ops/random/fill.h"

namespace runnel::inline v0 {

namespace {

constexpr int32_t kPhilox = 1, kAutoSelect = 3;

// --- operators that take a seed ---

void check_seed(ShapeContext& c, int i) {
  PartialShape seed = c.with_rank(i, 1);
  if (seed[0] >= 0 && seed[0] != 2) c.invalid(cat("seed must have shape [2], not ", bracketed(seed)));
}
void seeded_shape(ShapeContext& c) {
  check_seed(c, 1);
  for (int i = 2; i < c.num_inputs(); ++i) c.with_rank(i, 0);
  c.set_output(0, c.constant_shape(0));
}
template <Distribution kDistribution>
void seeded_kernel(OpContext& c) {
  Tensor& out = c.output();
  fill_random(philox_of_seed(c.input(1)), kDistribution, out);
}
void seeded_int_kernel(OpContext& c) {
  Tensor& out = c.output();
  fill_random_int(philox_of_seed(c.input(1)), c.op().name(), c.input(2), c.input(3), out);
}

// --- operators that take a key and a counter ---

void keyed_shape(ShapeContext& c) {
  if (PartialShape key = c.with_rank(1, 1); key[0] >= 0 && key[0] != 1) c.invalid(cat("key must have shape [1], not ", bracketed(key)));
  if (PartialShape counter = c.with_rank(2, 1); counter[0] >= 0 && counter[0] < 2)
    c.invalid(cat("counter must be a vector with length at least 2, not ", bracketed(counter)));
  for (int i = 3; i < c.num_inputs(); ++i) c.with_rank(i, 0);
  c.set_output(0, c.constant_shape(0));
}
Philox keyed_philox(const OpContext& c) {
  if (int32_t alg = c.input(3).item<int32_t>(); alg != kPhilox && alg != kAutoSelect)
    c.invalid(cat("Unsupported algorithm id: ", alg), {.expected = "1 (Philox) or 3 (auto_select)"});
  const uint64_t* counter = c.input(2).data<uint64_t>();
  return Philox(counter[0], counter[1], c.input(1).data<uint64_t>()[0]);
}
template <Distribution kDistribution>
void keyed_kernel(OpContext& c) {
  Tensor& out = c.output();
  fill_random(keyed_philox(c), kDistribution, out);
}
void keyed_int_kernel(OpContext& c) {
  Tensor& out = c.output();
  fill_random_int(keyed_philox(c), c.op().name(), c.input(4), c.input(5), out);
}

// --- from a seed to a key and a counter ---

void key_counter_shape(ShapeContext& c) {
  check_seed(c, 0);
  c.set_output(0, {1});
  c.set_output(1, {2});
  if (c.num_outputs() == 3) c.set_output(2, PartialShape(Shape({})));
}
void key_counter_kernel(OpContext& c) {
  Philox philox = philox_of_seed(c.input(0));
  c.output(0).mutable_data<uint64_t>()[0] = philox.key();
  uint64_t* counter = c.output(1).mutable_data<uint64_t>();
  counter[0] = philox.low();
  counter[1] = philox.high();
  if (c.num_outputs() == 3) *c.output(2).mutable_data<int32_t>() = kPhilox;
}
void alg_shape(ShapeContext& c) { c.set_output(0, PartialShape(Shape({}))); }
void alg_kernel(OpContext& c) { *c.output().mutable_data<int32_t>() = kPhilox; }

constexpr const char* kRandom = "random numbers do not depend on the inputs";
constexpr const char* kFloats = "dtype: {half, bfloat16, float, double} = float; T: index = int32; Tseed: index = int64";
constexpr const char* kFloatsV2 = "dtype: {half, bfloat16, float, double} = float; Tshape: index = int32";
constexpr const char* kSeeded = "shape: T, seed: Tseed -> output: dtype";
constexpr const char* kKeyed = "shape: Tshape, key: uint64, counter: uint64, alg: int32 -> output: dtype";

constexpr OpDef seeded(const char* name, KernelFn kernel, const char* attrs = kFloats, const char* signature = kSeeded) {
  return {.name = name, .signature = signature, .attrs = attrs, .shape = seeded_shape, .no_gradient = kRandom, .kernel = kernel};
}
constexpr OpDef keyed(const char* name, KernelFn kernel, const char* attrs = kFloatsV2, const char* signature = kKeyed) {
  return {.name = name, .signature = signature, .attrs = attrs, .shape = keyed_shape, .no_gradient = kRandom, .kernel = kernel};
}

constexpr OpDef kOps[] = {
    seeded("StatelessRandomUniform", seeded_kernel<Distribution::kUniform>),
    seeded("StatelessRandomNormal", seeded_kernel<Distribution::kNormal>),
    seeded("StatelessTruncatedNormal", seeded_kernel<Distribution::kTruncatedNormal>),
    seeded("StatelessRandomUniformFullInt", seeded_kernel<Distribution::kFullInt>,
           "dtype: {int32, int64, uint32, uint64} = uint64; T: index = int32; Tseed: {int32, int64, uint32, uint64} = int64"),
    seeded("StatelessRandomUniformInt", seeded_int_kernel, "dtype: index; T: index; Tseed: index = int64",
           "shape: T, seed: Tseed, minval: dtype, maxval: dtype -> output: dtype"),
    keyed("StatelessRandomUniformV2", keyed_kernel<Distribution::kUniform>),
    keyed("StatelessRandomNormalV2", keyed_kernel<Distribution::kNormal>),
    keyed("StatelessTruncatedNormalV2", keyed_kernel<Distribution::kTruncatedNormal>),
    keyed("StatelessRandomUniformFullIntV2", keyed_kernel<Distribution::kFullInt>,
          "dtype: {int32, int64, uint32, uint64} = uint64; Tshape: index = int32"),
    keyed("StatelessRandomUniformIntV2", keyed_int_kernel, "dtype: {int32, int64, uint32, uint64}; Tshape: index = int32",
          "shape: Tshape, key: uint64, counter: uint64, alg: int32, minval: dtype, maxval: dtype -> output: dtype"),
    {.name = "StatelessRandomGetKeyCounter", .signature = "seed: Tseed -> key: uint64, counter: uint64", .attrs = "Tseed: index = int64",
     .shape = key_counter_shape, .no_gradient = kRandom, .kernel = key_counter_kernel},
    {.name = "StatelessRandomGetKeyCounterAlg", .signature = "seed: Tseed -> key: uint64, counter: uint64, alg: int32",
     .attrs = "Tseed: index = int64", .shape = key_counter_shape, .no_gradient = kRandom, .kernel = key_counter_kernel},
    {.name = "StatelessRandomGetAlg", .signature = " -> alg: int32", .shape = alg_shape, .no_gradient = kRandom, .kernel = alg_kernel,
     .traits = {.stateful = true}},
};

}  // namespace
RUNNEL_OPS(random_stateless, kOps)

namespace random {

namespace {

Tensor draw(const Op& op, const Ints& shape, const Tensor& seed, DType dtype, const std::string& alg, std::vector<Tensor> limits = {}) {
  static const Op& key_counter = get_op("StatelessRandomGetKeyCounter");
  if (alg != "auto_select" && alg != "philox")
    fail<ValueError>(op.name(), cat("Unsupported algorithm '", alg, "'"), {.expected = "'auto_select' or 'philox'"});
  std::vector<Tensor> k = run_all(key_counter, {seed}), inputs = {shape.tensor(), k[0], k[1], Tensor::scalar(kPhilox)};
  inputs.insert(inputs.end(), limits.begin(), limits.end());
  return run(op, inputs, {{"dtype", dtype}});
}

Tensor integers(const Ints& shape, const Tensor& seed, const std::optional<Operand>& minval, const std::optional<Operand>& maxval,
                DType dtype, const std::string& alg) {
  static const Op& bounded = get_op("StatelessRandomUniformIntV2");
  static const Op& full = get_op("StatelessRandomUniformFullIntV2");
  if (minval.has_value() != maxval.has_value())
    fail<ValueError>("stateless_random_uniform", cat("For integer `dtype` argument ", dtype, ", argument `minval` and `maxval` must be "
                                                     "both None or not None."));
  if (!minval) return draw(full, shape, seed, dtype, alg);
  if (dtype == uint32 || dtype == uint64)
    fail<ValueError>("stateless_random_uniform", cat("Argument `dtype` got invalid value ", dtype, " when argument `minval` is not None. "
                                                     "Please don't use unsigned integers in this case."));
  return draw(bounded, shape, seed, dtype, alg, {minval->tensor(dtype), maxval->tensor(dtype)});
}

}  // namespace

Tensor stateless_uniform(const Ints& shape, const Tensor& seed, const std::optional<Operand>& minval, const std::optional<Operand>& maxval,
                         DType dtype, const std::string& alg) {
  static const Op& op = get_op("StatelessRandomUniformV2");
  if (dtype.is_integer()) return integers(shape, seed, minval, maxval, dtype, alg);
  Tensor low = minval.value_or(0).tensor(dtype), high = maxval.value_or(1).tensor(dtype);
  return add(multiply(draw(op, shape, seed, dtype, alg), subtract(high, low)), low);
}
Tensor stateless_normal(const Ints& shape, const Tensor& seed, const Operand& mean, const Operand& stddev, DType dtype,
                        const std::string& alg) {
  static const Op& op = get_op("StatelessRandomNormalV2");
  return add(multiply(draw(op, shape, seed, dtype, alg), stddev.tensor(dtype)), mean.tensor(dtype));
}
Tensor stateless_truncated_normal(const Ints& shape, const Tensor& seed, const Operand& mean, const Operand& stddev, DType dtype,
                                  const std::string& alg) {
  static const Op& op = get_op("StatelessTruncatedNormalV2");
  return add(multiply(draw(op, shape, seed, dtype, alg), stddev.tensor(dtype)), mean.tensor(dtype));
}

}  // namespace random

}  // namespace runnel::inline v0
