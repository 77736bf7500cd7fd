// Stateless random numbers: the same seed gives the same numbers, those of TensorFlow on the CPU.
#include "runnel/op/gradient_context.h"
#include "runnel/ops/array.h"
#include "runnel/ops/array/ints.h"
#include "runnel/ops/math.h"
#include "runnel/ops/random.h"
#include "runnel/ops/random/philox.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kGroup = 4;               // numbers per draw
constexpr int64_t kReservedPerNumber = 256;  // draws set aside for a number that may be rejected
constexpr int64_t kGrain = 4096;            // groups per task

// A key and a counter, mixed from the two integers of a seed.
void key_counter_kernel(OpContext& c) {
  Dims seed = read_ints(c.input(0));
  auto low = [](int64_t v) { return uint32_t(uint64_t(v)); };
  auto high = [](int64_t v) { return uint32_t(uint64_t(v) >> 32); };
  Philox::Counter mix = Philox({0, 0, low(seed[1]), high(seed[1])}, {low(seed[0]), high(seed[0])})();
  c.allocate(0, {1}).mutable_data<uint64_t>()[0] = mix[0] | uint64_t(mix[1]) << 32;
  uint64_t* counter = c.allocate(1, {2}).mutable_data<uint64_t>();
  counter[0] = 0;
  counter[1] = mix[2] | uint64_t(mix[3]) << 32;
}
void key_counter_shape(ShapeContext& c) {
  PartialShape seed = c.with_rank(0, 1);
  if (seed[0] >= 0 && seed[0] != 2) c.invalid(cat("seed must have shape [2], not ", bracketed(seed)));
  c.set_output(0, {1});
  c.set_output(1, {2});
}

Philox generator(const OpContext& c) {
  uint64_t key = c.input(1).data<uint64_t>()[0];
  const uint64_t* counter = c.input(2).data<uint64_t>();
  return Philox({uint32_t(counter[0]), uint32_t(counter[0] >> 32), uint32_t(counter[1]), uint32_t(counter[1] >> 32)},
                {uint32_t(key), uint32_t(key >> 32)});
}

/// Fills groups of four; group i starts `skip * i` blocks after the first.
template <class Draw>
void fill_groups(OpContext& c, int64_t skip, Draw draw) {
  Tensor& out = c.output();
  float* y = out.mutable_data<float>();
  int64_t n = out.num_elements(), groups = (n + kGroup - 1) / kGroup;
  Philox start = generator(c);
  parallel_for(groups, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t g = begin; g < end; ++g) {
      Philox philox = start;
      philox.skip(uint64_t(g * skip));
      std::array<float, kGroup> numbers = draw(philox);
      for (int64_t i = g * kGroup; i < std::min(n, (g + 1) * kGroup); ++i) y[i] = numbers[size_t(i % kGroup)];
    }
  });
}

void uniform_kernel(OpContext& c) {
  fill_groups(c, 1, [](Philox& philox) {
    Philox::Counter x = philox();
    return std::array{uniform_float(x[0]), uniform_float(x[1]), uniform_float(x[2]), uniform_float(x[3])};
  });
}
void normal_kernel(OpContext& c) {
  fill_groups(c, 1, [](Philox& philox) {
    Philox::Counter x = philox();
    auto a = box_muller(x[0], x[1]), b = box_muller(x[2], x[3]);
    return std::array{a[0], a[1], b[0], b[1]};
  });
}
// Normal numbers beyond two standard deviations are thrown away.
std::array<float, kGroup> truncated_draw(Philox& philox) {
  std::array<float, kGroup> kept{};
  for (size_t count = 0;;) {
    Philox::Counter x = philox();
    for (int half = 0; half < 2; ++half)
      for (float f : box_muller(x[size_t(2 * half)], x[size_t(2 * half + 1)])) {
        if (std::abs(f) >= 2.0f) continue;
        kept[count++] = f;
        if (count == kGroup) return kept;
      }
  }
}
void truncated_kernel(OpContext& c) { fill_groups(c, kReservedPerNumber, truncated_draw); }

void random_shape(ShapeContext& c) { c.set_output(0, c.constant_shape(0)); }

constexpr const char* kRandom = "random numbers do not depend on the inputs";
constexpr const char* kSignature = "shape: Tshape, key: uint64, counter: uint64, alg: int32 -> output: dtype";
constexpr const char* kAttrs = "dtype: {float} = float; Tshape: index = int32";

constexpr OpDef random_op(const char* name, KernelFn kernel) {
  return {.name = name, .signature = kSignature, .attrs = kAttrs, .shape = random_shape, .no_gradient = kRandom, .kernel = kernel};
}

constexpr OpDef kOps[] = {
    {.name = "StatelessRandomGetKeyCounter", .signature = "seed: Tseed -> key: uint64, counter: uint64", .attrs = "Tseed: index = int64",
     .shape = key_counter_shape, .no_gradient = kRandom, .kernel = key_counter_kernel},
    random_op("StatelessRandomUniformV2", uniform_kernel),
    random_op("StatelessRandomNormalV2", normal_kernel),
    random_op("StatelessTruncatedNormalV2", truncated_kernel),
};

Tensor draw(const Op& op, const Ints& shape, const Tensor& seed) {
  static const Op& key_counter = get_op("StatelessRandomGetKeyCounter");
  std::vector<Tensor> k = run_all(key_counter, {seed});
  return run(op, {shape.tensor(), k[0], k[1], Tensor::scalar(int32_t(1))}, {{"dtype", float32}});
}

// Other dtypes than float32 come with the rest of tf.random.
void check_dtype(DType dtype, const char* where) {
  if (dtype != float32) fail<errors::UnimplementedError>(where, cat("dtype ", dtype, " is not drawn yet"), {.expected = "float32"});
}

}  // namespace
RUNNEL_OPS(random_stateless, kOps)

namespace random {

Tensor stateless_uniform(const Ints& shape, const Tensor& seed, const Operand& minval, const Operand& maxval, DType dtype) {
  static const Op& op = get_op("StatelessRandomUniformV2");
  check_dtype(dtype, "stateless_random_uniform");
  Tensor low = minval.tensor(dtype), high = maxval.tensor(dtype);
  return add(multiply(draw(op, shape, seed), subtract(high, low)), low);
}
Tensor stateless_normal(const Ints& shape, const Tensor& seed, const Operand& mean, const Operand& stddev, DType dtype) {
  static const Op& op = get_op("StatelessRandomNormalV2");
  check_dtype(dtype, "stateless_random_normal");
  return add(multiply(draw(op, shape, seed), stddev.tensor(dtype)), mean.tensor(dtype));
}
Tensor stateless_truncated_normal(const Ints& shape, const Tensor& seed, const Operand& mean, const Operand& stddev, DType dtype) {
  static const Op& op = get_op("StatelessTruncatedNormalV2");
  check_dtype(dtype, "stateless_truncated_normal");
  return add(multiply(draw(op, shape, seed), stddev.tensor(dtype)), mean.tensor(dtype));
}

}  // namespace random

}  // namespace runnel::inline v0
