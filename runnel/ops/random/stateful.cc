// Random numbers seeded by (seed, seed2): each operator's generator goes on from call to call until set_seed.
#include <cstring>
#include <numeric>

#include "runnel/op/context.h"
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/random.h"
#include "runnel/ops/random/fill.h"
#include "runnel/ops/random/seed.h"

namespace runnel::inline v0 {

namespace {

SeedPair seeds_of(const OpContext& c) { return {c.int_attr("seed"), c.int_attr("seed2")}; }

// The generator of this operator with these seeds and dtype, as one cached kernel has in TensorFlow.
Philox reserve(const OpContext& c, DType dtype, uint64_t blocks) {
  return reserve_blocks(cat(c.op().name(), " ", dtype, " ", c.input(0).dtype()), seeds_of(c), blocks);
}
Philox reserve_for(const OpContext& c, const Tensor& out) {
  return reserve(c, out.dtype(), uint64_t(out.num_elements() * kReservedPerNumber));
}

void random_shape(ShapeContext& c) {
  for (int i = 1; i < c.num_inputs(); ++i) c.with_rank(i, 0);
  c.set_output(0, c.constant_shape(0));
}
template <Distribution kDistribution>
void random_kernel(OpContext& c) {
  Tensor& out = c.output();
  if (out.num_elements() > 0) fill_random(reserve_for(c, out), kDistribution, out);
}
void random_int_kernel(OpContext& c) {
  Tensor& out = c.output();
  if (out.num_elements() > 0) fill_random_int(reserve_for(c, out), c.op().name(), c.input(1), c.input(2), out);
}

// Fisher and Yates from the front: row i changes places with one of the rows i, i + 1, ...
std::vector<int64_t> permutation(Philox philox, int64_t size) {
  std::vector<int64_t> rows(static_cast<size_t>(size));
  std::iota(rows.begin(), rows.end(), 0);
  Philox::Counter block{};
  for (int64_t i = 0; i + 1 < size; ++i) {
    if (i % 4 == 0) block = philox();
    std::swap(rows[size_t(i)], rows[size_t(i + block[size_t(i % 4)] % uint32_t(size - i))]);
  }
  return rows;
}

void shuffle_shape(ShapeContext& c) { c.set_output(0, c.input(0)); }
void shuffle_kernel(OpContext& c) {
  const Tensor& x = c.input(0);
  if (x.num_elements() <= 1 || x.dim(0) <= 1) return c.set_output(0, x.alias());
  const int64_t size = x.dim(0);
  Scoped silent(thread_context().recorders, std::vector<Recorder*>{});
  const std::vector<int64_t> rows = permutation(reserve(c, x.dtype(), uint64_t(size - 1 + 3) / 4), size);
  c.set_output(0, gather(x, Tensor::from(rows), 0));
}

constexpr const char* kRandom = "random numbers do not depend on the inputs";
constexpr const char* kSignature = "shape: T -> output: dtype";
constexpr const char* kAttrs = "seed: int = 0; seed2: int = 0; dtype: {half, bfloat16, float, double}; T: index";

constexpr OpDef random_op(const char* name, KernelFn kernel, const char* signature = kSignature, const char* attrs = kAttrs) {
  return {.name = name, .signature = signature, .attrs = attrs, .shape = random_shape, .no_gradient = kRandom, .kernel = kernel,
          .traits = {.stateful = true}};
}

constexpr OpDef kOps[] = {
    random_op("RandomUniform", random_kernel<Distribution::kUniform>),
    random_op("RandomStandardNormal", random_kernel<Distribution::kNormal>),
    random_op("TruncatedNormal", random_kernel<Distribution::kTruncatedNormal>),
    random_op("RandomUniformInt", random_int_kernel, "shape: T, minval: Tout, maxval: Tout -> output: Tout",
              "seed: int = 0; seed2: int = 0; Tout: index; T: index"),
    {.name = "RandomShuffle", .signature = "value: T -> output: T", .attrs = "seed: int = 0; seed2: int = 0; T: type",
     .shape = shuffle_shape, .no_gradient = "TensorFlow defines none", .kernel = shuffle_kernel, .traits = {.stateful = true}},
};

}  // namespace
RUNNEL_OPS(random_stateful, kOps)

namespace random {

namespace {

Attrs seed_attrs(const std::optional<int64_t>& seed) {
  const SeedPair pair = get_seed(seed);
  return {{"seed", pair.seed}, {"seed2", pair.seed2}};
}
Tensor draw(const Op& op, const Ints& shape, DType dtype, const std::optional<int64_t>& seed) {
  const SeedPair pair = get_seed(seed);
  return run(op, {shape.tensor()}, {{"seed", pair.seed}, {"seed2", pair.seed2}, {"dtype", dtype}});
}

}  // namespace

Tensor uniform(const Ints& shape, const Operand& minval, const std::optional<Operand>& maxval, DType dtype,
               const std::optional<int64_t>& seed) {
  static const Op& floats = get_op("RandomUniform");
  static const Op& integers = get_op("RandomUniformInt");
  if (dtype.is_integer()) {
    if (!maxval) fail<ValueError>("random.uniform", cat("Must specify maxval for integer dtype ", dtype));
    return run(integers, {shape.tensor(), minval.tensor(dtype), maxval->tensor(dtype)}, seed_attrs(seed));
  }
  Tensor low = minval.tensor(dtype), high = maxval.value_or(1).tensor(dtype);
  return add(multiply(draw(floats, shape, dtype, seed), subtract(high, low)), low);
}
Tensor normal(const Ints& shape, const Operand& mean, const Operand& stddev, DType dtype, const std::optional<int64_t>& seed) {
  static const Op& op = get_op("RandomStandardNormal");
  return add(multiply(draw(op, shape, dtype, seed), stddev.tensor(dtype)), mean.tensor(dtype));
}
Tensor truncated_normal(const Ints& shape, const Operand& mean, const Operand& stddev, DType dtype, const std::optional<int64_t>& seed) {
  static const Op& op = get_op("TruncatedNormal");
  return add(multiply(draw(op, shape, dtype, seed), stddev.tensor(dtype)), mean.tensor(dtype));
}
Tensor shuffle(const Tensor& value, const std::optional<int64_t>& seed) {
  static const Op& op = get_op("RandomShuffle");
  return run(op, {value}, seed_attrs(seed));
}

}  // namespace random

}  // namespace runnel::inline v0
