// random::Generator, and RngReadAndSkip and RngSkip, which move its state on.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/math.h"
#include "runnel/ops/random.h"
#include "runnel/ops/random/distributions.h"
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

constexpr OpDef kOps[] = {
    {.name = "RngReadAndSkip", .signature = "resource: resource, alg: int32, delta: uint64 -> value: int64", .shape = read_and_skip_shape,
     .no_gradient = "it works on integers", .kernel = read_and_skip_kernel, .traits = {.stateful = true}},
    {.name = "RngSkip", .signature = "resource: resource, algorithm: int64, delta: int64 -> ", .shape = nothing,
     .no_gradient = "it changes state and has no output", .kernel = skip_kernel, .traits = {.stateful = true}},
};

Tensor key_part(const Tensor& state, int64_t begin, int64_t size) { return bitcast(slice(state, {begin}, {size}), uint64); }

}  // namespace
RUNNEL_OPS(random_generator, kOps)

namespace random {

Tensor create_rng_state(int64_t seed, const std::string& alg) {
  if (alg != "philox" && alg != "auto_select") fail<ValueError>("create_rng_state", cat("Unsupported algorithm ", alg));
  int64_t fill = seed < 0 ? -1 : 0;
  return Tensor::from(std::vector<int64_t>{seed, fill, fill});
}

Generator Generator::from_seed(int64_t seed) { return Generator(create_rng_state(seed, "philox")); }
Generator Generator::from_state(const Tensor& state) { return Generator(state); }
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
  if (!maxval) fail<ValueError>("Generator.uniform", cat("Must specify maxval for integer dtype ", dtype));
  Tensor sizes = shape.tensor(), state = skip(reduce_prod(cast(sizes, int64)));
  return run(get_op("StatelessRandomUniformIntV2"), {sizes, key_part(state, 2, 1), key_part(state, 0, 2), Tensor::scalar(int32_t(1)), minval.tensor(dtype), maxval->tensor(dtype)});
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

void Generator::reset_from_seed(int64_t seed) const { state_.assign(create_rng_state(seed, "philox")); }

}  // namespace random

}  // namespace runnel::inline v0
