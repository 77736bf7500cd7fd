#include "runnel/keras/ops/random.h"

#include "runnel/keras/ops/axes.h"
#include "runnel/keras/ops/promotion.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"
#include "runnel/ops/random.h"

namespace tf = runnel;

namespace runnel::inline v0::keras::ops {

namespace {

DType or_floatx(DType dtype) { return dtype ? dtype : floatx(); }
// What the operators draw in.
DType drawn(DType dtype) { return dtype == bfloat16 ? DType(float32) : dtype; }

}  // namespace

// x / (x + y) of two gamma numbers; Keras draws the second with the seed moved on by 12.
Tensor random_beta(const Ints& shape, const Operand& alpha, const Operand& beta, const Tensor& seed, DType dtype) {
  DType wanted = or_floatx(dtype), compute = drawn(wanted);
  Tensor a = tf::broadcast_to(to_tensor(alpha, compute), shape), b = tf::broadcast_to(to_tensor(beta, compute), shape);
  Tensor x = tf::cast(tf::random::stateless_gamma(shape, seed, a, {}, compute), wanted);
  Tensor y = tf::cast(tf::random::stateless_gamma(shape, seed + 12, b, {}, compute), wanted);
  return x / (x + y);
}
Tensor random_binomial(const Ints& shape, const Operand& counts, const Operand& probabilities, const Tensor& seed, DType dtype) {
  DType wanted = or_floatx(dtype);
  return tf::cast(tf::random::stateless_binomial(shape, seed, counts, probabilities, drawn(wanted)), wanted);
}
Tensor random_categorical(const Operand& logits, int64_t num_samples, const Tensor& seed, DType dtype) {
  return tf::cast(tf::random::stateless_categorical(to_tensor(logits), num_samples, seed), dtype ? dtype : DType(int64));
}
Tensor random_dropout(const Operand& inputs, double rate, const PartialShape& noise_shape, const Tensor& seed) {
  Tensor x = to_tensor(inputs);
  if (rate == 1.0) return tf::zeros_like(x);
  return rate == 0.0 ? x : nn::stateless_dropout(x, rate, seed, "auto_select", noise_shape);
}
Tensor random_gamma(const Ints& shape, const Operand& alpha, const Tensor& seed, DType dtype) {
  DType wanted = or_floatx(dtype), compute = drawn(wanted);
  return tf::cast(tf::random::stateless_gamma(shape, seed, to_tensor(alpha, compute), {}, compute), wanted);
}
Tensor random_randint(const Ints& shape, const Operand& minval, const Operand& maxval, const Tensor& seed, DType dtype) {
  DType wanted = dtype ? dtype : DType(int32), compute = wanted == int32 ? wanted : DType(int64);
  return tf::cast(tf::random::stateless_uniform(shape, seed, to_tensor(minval, compute), to_tensor(maxval, compute), compute), wanted);
}
Tensor random_shuffle(const Operand& x, int64_t axis, const Tensor& seed) {
  Tensor t = to_tensor(x);
  int place = axis_of(axis, rank_of(t, "shuffle"));
  Tensor keys = tf::random::stateless_uniform(tf::reshape(size_along(t, place), {1}), seed);
  return tf::gather(t, tf::argsort(keys), int64_t(place));
}

}  // namespace runnel::inline v0::keras::ops
