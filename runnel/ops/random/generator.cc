// random::Generator, and the operators on its state: RngReadAndSkip, RngSkip, StatefulUniform and its kin.
#include <mutex>
#include <random>

#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/math.h"
#include "runnel/ops/random.h"
#include "runnel/ops/random/fill.h"
#include "runnel/ops/random/rejection.h"
#include "runnel/ops/state/variable_state.h"

namespace runnel::inline v0 {

namespace {

// A state is (counter low, counter high, key); a number drawn takes kReservedPerOutput steps of the counter.
Tensor advance_state(OpContext& c, uint64_t delta) {
  Tensor old;
  variable_state(c.input(0), c.op().name()).modify([&](Tensor& state) {
    if (state.dtype() != int64 || state.num_elements() < 3)
      c.invalid("the generator's state must be int64 of shape [3]", {.got = cat(state.dtype(), " of shape ", bracketed(state.shape()))});
    old = state.clone();
    int64_t* s = state.mutable_data<int64_t>();
    unsigned __int128 counter = (unsigned __int128)(uint64_t(s[1])) << 64 | uint64_t(s[0]);
    counter += (unsigned __int128)(delta) * kReservedPerOutput;
    s[0] = int64_t(uint64_t(counter));
    s[1] = int64_t(uint64_t(counter >> 64));
  });
  return old;
}
void read_and_skip_kernel(OpContext& c) { c.set_output(0, advance_state(c, c.input(2).item<uint64_t>())); }
void skip_kernel(OpContext& c) { advance_state(c, uint64_t(c.input(2).item<int64_t>())); }
void read_and_skip_shape(ShapeContext& c) { c.set_output(0, PartialShape({-1})); }
void nothing(ShapeContext&) {}

// --- StatefulUniform and its kin draw from the state, and move it on ---

Philox drawn_from(OpContext& c, int64_t outputs) {
  if (int64_t alg = c.input(1).item<int64_t>(); alg != 1) fail<errors::InvalidArgumentError>(c.op().name(), cat("Unsupported algorithm id: ", alg), {.expected = "1 (Philox)"});
  Tensor old = advance_state(c, uint64_t(outputs));
  const int64_t* s = old.data<int64_t>();
  auto half = [&](int i, int shift) { return uint32_t(uint64_t(s[i]) >> shift); };
  return Philox({half(0, 0), half(0, 32), half(1, 0), half(1, 32)}, {half(2, 0), half(2, 32)});
}
void stateful_shape(ShapeContext& c) { c.set_output(0, c.constant_shape(2)); }
template <RandomKind kKind>
void stateful_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_output(drawn_from(c, y.num_elements()), kKind, y, c.op().name());
}
void stateful_int_kernel(OpContext& c) {
  Tensor& y = c.output();
  fill_int_output(c, drawn_from(c, y.num_elements()), 3, y);
}
void binomial_kernel(OpContext& c) {
  Tensor& y = c.output();
  const int64_t parameters = broadcast_shapes(c.input(3).shape(), c.input(4).shape(), "StatefulRandomBinomial").num_elements();
  const int64_t samples = parameters == 0 ? 0 : y.num_elements() / parameters;
  fill_binomial(drawn_from(c, parameters * 200 * (samples + 3) / 4), c.input(3), c.input(4), y);
}
constexpr OpDef stateful(const char* name, const char* attrs, KernelFn kernel) {
  return {.name = name, .signature = "resource: resource, algorithm: int64, shape: shape_dtype -> output: dtype", .attrs = attrs, .shape = stateful_shape,
          .no_gradient = "random numbers do not depend on the inputs' values", .kernel = kernel, .traits = {.stateful = true}};
}
constexpr const char* kFloats = "dtype: floating = float; shape_dtype: index = int64";

/// RngSkip: Moves the state of a generator on by `delta` numbers.
/// RngReadAndSkip: The state of a generator, which it moves on by `delta` numbers.
/// StatefulUniform: Numbers from [0, 1), from the generator whose state a Variable holds.
/// StatefulUniformInt: Integers from [minval, maxval), from the generator whose state a Variable holds.
/// StatefulUniformFullInt: Any integers of the dtype, from the generator whose state a Variable holds.
/// StatefulStandardNormalV2: Numbers of the standard normal distribution, from the generator whose state a Variable holds.
/// StatefulTruncatedNormal: Numbers of the standard normal distribution within two deviations, from the generator whose state a Variable holds.
/// StatefulRandomBinomial: Numbers of successes among `counts` trials of probability `probs`, from the generator whose state a Variable holds.
constexpr OpDef kOps[] = {
    stateful("StatefulUniform", kFloats, stateful_kernel<RandomKind::kUniform>),
    stateful("StatefulStandardNormalV2", kFloats, stateful_kernel<RandomKind::kNormal>),
    stateful("StatefulTruncatedNormal", kFloats, stateful_kernel<RandomKind::kTruncatedNormal>),
    stateful("StatefulUniformFullInt", "dtype: {int32, int64, uint32, uint64} = uint64; shape_dtype: index = int64", stateful_kernel<RandomKind::kFullInt>),
    {.name = "StatefulUniformInt", .signature = "resource: resource, algorithm: int64, shape: shape_dtype, minval: dtype, maxval: dtype -> output: dtype",
     .attrs = "dtype: {int32, int64, uint32, uint64} = int64; shape_dtype: index = int64", .shape = stateful_shape,
     .no_gradient = "random numbers do not depend on the inputs' values", .kernel = stateful_int_kernel, .traits = {.stateful = true}},
    {.name = "StatefulRandomBinomial", .signature = "resource: resource, algorithm: int64, shape: S, counts: T, probs: T -> output: dtype",
     .attrs = "S: index; T: {half, float, double, int32, int64} = double; dtype: {half, float, double, int32, int64} = int64", .shape = stateful_shape,
     .no_gradient = "its output is a count", .kernel = binomial_kernel, .traits = {.stateful = true}},
    {.name = "RngReadAndSkip", .signature = "resource: resource, alg: int32, delta: uint64 -> value: int64", .shape = read_and_skip_shape,
     .no_gradient = "it works on integers", .kernel = read_and_skip_kernel, .traits = {.stateful = true}},
    {.name = "RngSkip", .signature = "resource: resource, algorithm: int64, delta: int64 -> ", .shape = nothing,
     .no_gradient = "it changes state and has no output", .kernel = skip_kernel, .traits = {.stateful = true}},
};

Tensor key_part(const Tensor& state, int64_t begin, int64_t size) { return bitcast(slice(state, {begin}, {size}), uint64); }

}  // namespace
RUNNEL_OPS(random_generator, kOps)

namespace random {

namespace {

void check_algorithm(const std::string& alg) {
  if (alg == "threefry") fail<errors::UnimplementedError>("random", "Non-XLA devices don't support the ThreeFry algorithm.");
  if (alg != "philox" && alg != "auto_select")
    fail<ValueError>("", cat("Argument `alg` got unsupported value ", alg, ". Supported values are philox for the Philox algorithm, threefry for the "
                             "ThreeFry algorithm, and auto_select for auto-selection."));
}
Tensor checked_state(const Tensor& state) {
  if (!state.partial_shape().is_compatible_with(PartialShape({3})))
    fail<ValueError>("", cat("Shapes ", to_text(state.partial_shape()), " and [3] are incompatible"), {.expected = "a state of counter (2) and key (1)"});
  return cast(state, int64);
}
Tensor state_of(const Operand& key, const Operand& counter) {
  auto bits = [](const Operand& x, int64_t n) { return reshape(bitcast(cast(x.tensor(), uint64), int64), Ints{n}); };
  return concat({bits(counter, 2), bits(key, 1)}, 0);
}

}  // namespace

Tensor create_rng_state(int64_t seed, const std::string& alg) {
  check_algorithm(alg);
  int64_t fill = seed < 0 ? -1 : 0;
  return Tensor::from(std::vector<int64_t>{seed, fill, fill});
}

Generator Generator::from_seed(int64_t seed, const std::string& alg) { return Generator(create_rng_state(seed, alg)); }
Generator Generator::from_state(const Tensor& state, const std::string& alg) {
  check_algorithm(alg);
  return Generator(checked_state(state));
}
Generator Generator::from_key_counter(const Operand& key, const Operand& counter, const std::string& alg) { return from_state(state_of(key, counter), alg); }
Generator Generator::from_non_deterministic_state(const std::string& alg) {
  check_algorithm(alg);
  std::random_device source;
  auto word = [&] { return int64_t(uint64_t(source()) << 32 | source()); };
  return Generator(Tensor::from(std::vector<int64_t>{word(), word(), word()}));
}
Generator::Generator(const Tensor& state) : state_(cast(state, int64), {.trainable = false, .name = "StateVar"}) {}

Tensor Generator::skip(const Operand& delta) const {
  static const Op& op = get_op("RngReadAndSkip");
  return run(op, {state_.handle(), Tensor::scalar(int32_t(1)), cast(delta.tensor(), uint64)});
}

Tensor Generator::draw(const char* op, const Ints& shape, DType dtype) const {
  Tensor sizes = shape.tensor(), state = skip(reduce_prod(cast(sizes, int64)));
  return run(get_op(op), {sizes, key_part(state, 2, 1), key_part(state, 0, 2), Tensor::scalar(int32_t(1))}, {{"dtype", dtype}});
}

Tensor Generator::normal(const Ints& shape, const Operand& mean, const Operand& stddev, DType dtype) const {
  return add(multiply(draw("StatelessRandomNormalV2", shape, dtype), stddev.tensor(dtype)), mean.tensor(dtype));
}
Tensor Generator::truncated_normal(const Ints& shape, const Operand& mean, const Operand& stddev, DType dtype) const {
  return add(multiply(draw("StatelessTruncatedNormalV2", shape, dtype), stddev.tensor(dtype)), mean.tensor(dtype));
}
Tensor Generator::uniform_full_int(const Ints& shape, DType dtype) const { return draw("StatelessRandomUniformFullIntV2", shape, dtype); }

Tensor Generator::uniform(const Ints& shape, const Operand& minval, const std::optional<Operand>& maxval, DType dtype) const {
  if (dtype.is_floating()) {
    Tensor low = minval.tensor(dtype), high = maxval ? maxval->tensor(dtype) : ones({}, dtype);
    return add(multiply(draw("StatelessRandomUniformV2", shape, dtype), subtract(high, low)), low);
  }
  if (!maxval)
    fail<ValueError>("Generator.uniform", cat("For integer dtype ", dtype, ", minval and maxval must be both `None` or both non-`None`"));
  Tensor sizes = shape.tensor(), state = skip(reduce_prod(cast(sizes, int64)));
  return run(get_op("StatelessRandomUniformIntV2"), {sizes, key_part(state, 2, 1), key_part(state, 0, 2), Tensor::scalar(int32_t(1)), minval.tensor(dtype), maxval->tensor(dtype)});
}

Tensor Generator::binomial(const Ints& shape, const Operand& counts, const Operand& probs, DType dtype) const {
  static const Op& op = get_op("StatefulRandomBinomial");
  Tensor p = probs.tensor();
  return run(op, {state_.handle(), Tensor::scalar(algorithm()), shape.tensor(), counts.tensor(p.dtype()), p}, {{"dtype", dtype}});
}

Tensor Generator::make_seeds(int64_t count) const {
  Tensor keys = uniform_full_int({count}, int64);
  return stack({keys, zeros_like(keys)});
}

std::vector<Generator> Generator::split(int64_t count) const {
  Tensor keys = uniform_full_int({count}, int64);
  std::vector<Generator> out;
  for (int64_t key : keys.values<int64_t>()) out.push_back(Generator(Tensor::from(std::vector<int64_t>{0, 0, key})));
  return out;
}

void Generator::reset(const Tensor& state) const { state_.assign(checked_state(state)); }
void Generator::reset_from_seed(int64_t seed) const { reset(create_rng_state(seed, "philox")); }
void Generator::reset_from_key_counter(const Operand& key, const Operand& counter) const { reset(state_of(key, counter)); }
Tensor Generator::key() const { return reshape(slice(state_.value(), {2}, {1}), Shape()); }

namespace {
std::mutex global_mutex;
std::optional<Generator> global;
}  // namespace

Generator get_global_generator() {
  std::lock_guard lock(global_mutex);
  if (!global) global = Generator::from_non_deterministic_state();
  return *global;
}
void set_global_generator(const Generator& generator) {
  std::lock_guard lock(global_mutex);
  global = generator;
}

}  // namespace random

}  // namespace runnel::inline v0
