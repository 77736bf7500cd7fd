// Values against TensorFlow's, and every gradient against differences, first and second order.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "runnel/autodiff/gradient_tape.h"
#include "runnel/base/error.h"
#include "runnel/op/op.h"
#include "runnel/ops/array.h"
#include "runnel/ops/linalg.h"
#include "runnel/ops/math.h"
#include "runnel/ops/nn.h"

using namespace runnel;

namespace {

using Function = std::function<Tensor(const std::vector<Tensor>&)>;

// Numbers in (-1, 1) without ties and away from 0.
Tensor numbers(const Shape& shape, DType dtype = float64, uint64_t seed = 1) {
  Tensor t(float64, shape);
  uint64_t state = seed * 7919 + 17;
  for (int64_t i = 0; i < t.num_elements(); ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    double u = double(state >> 11) / double(uint64_t(1) << 53);
    t.mutable_data<double>()[i] = (u < 0.5 ? -1 : 1) * (0.05 + 0.9 * std::fabs(2 * u - 1));
  }
  return dtype == float64 ? t : cast(t, dtype);
}

double value(const Tensor& t) { return t.item<double>(); }

// The function's outputs weighted with fixed numbers: one number whose derivatives are checked.
Tensor weighted(const Function& f, const std::vector<Tensor>& x) {
  Tensor y = f(x);
  return reduce_sum(multiply(y, numbers(y.shape(), y.dtype(), 5)));
}

std::vector<Tensor> gradients(const Function& f, const std::vector<Tensor>& x) {
  GradientTape tape;
  for (const Tensor& t : x) tape.watch(t);
  Tensor y = weighted(f, x);
  return tape.gradient(y, std::vector<Source>(x.begin(), x.end()), {.unconnected_gradients = UnconnectedGradients::kZero});
}

void compare_with_differences(const Function& f, const std::vector<Tensor>& x, double tolerance) {
  std::vector<Tensor> grads = gradients(f, x);
  const double h = 1e-5;
  for (size_t k = 0; k < x.size(); ++k) {
    REQUIRE(grads[k].shape() == x[k].shape());
    for (int64_t i = 0; i < x[k].num_elements(); i += 1 + x[k].num_elements() / 7) {
      std::vector<Tensor> up = x, down = x;
      up[k] = x[k].clone();
      down[k] = x[k].clone();
      up[k].mutable_data<double>()[i] += h;
      down[k].mutable_data<double>()[i] -= h;
      double slope = (value(weighted(f, up)) - value(weighted(f, down))) / (2 * h);
      CHECK(grads[k].data<double>()[i] == doctest::Approx(slope).epsilon(tolerance).scale(1));
    }
  }
}

void check_gradients(const char* name, const Function& f, const std::vector<Tensor>& x, bool second = true) {
  INFO(name);
  compare_with_differences(f, x, 1e-6);
  if (!second) return;
  for (size_t k = 0; k < x.size(); ++k) {
    INFO("second order, input ", k);
    compare_with_differences([&](const std::vector<Tensor>& in) { return gradients(f, in)[k]; }, x, 1e-5);
  }
}

#define F(EXPRESSION) [](const std::vector<Tensor>& x) -> Tensor { return EXPRESSION; }

std::vector<float> floats(const Tensor& t) { return {t.values<float>().begin(), t.values<float>().end()}; }

}  // namespace

TEST_CASE("gradients of activations") {
  Tensor x = multiply(numbers({2, 5}), 3.0);
  check_gradients("relu", F(nn::relu(x[0])), {x});
  check_gradients("relu6", F(nn::relu6(multiply(x[0], 5.0))), {x});
  check_gradients("leaky_relu", F(nn::leaky_relu(x[0], 0.3)), {x});
  check_gradients("elu", F(nn::elu(x[0])), {x});
  check_gradients("selu", F(nn::selu(x[0])), {x});
  check_gradients("softplus", F(nn::softplus(x[0])), {x});
  check_gradients("softsign", F(nn::softsign(x[0])), {x});
  check_gradients("gelu", F(nn::gelu(x[0])), {x});
  check_gradients("gelu tanh", F(nn::gelu(x[0], true)), {x});
  check_gradients("silu", F(nn::silu(x[0], 1.5)), {x});
  check_gradients("crelu", F(nn::crelu(x[0])), {x});
  check_gradients("softmax", F(nn::softmax(x[0], 0)), {x});
  check_gradients("log_softmax", F(nn::log_softmax(x[0])), {x});
}

TEST_CASE("gradients of losses") {
  Tensor x = numbers({3, 4}), p = nn::softmax(numbers({3, 4}, float64, 2));
  check_gradients("softmax cross entropy", [&](const auto& in) { return nn::softmax_cross_entropy_with_logits(p, in[0]); }, {x});
  Tensor labels = Tensor::from(std::vector<int32_t>{0, 3, 1});
  check_gradients("sparse", [&](const auto& in) { return nn::sparse_softmax_cross_entropy_with_logits(labels, in[0]); }, {x});
  check_gradients("sigmoid", F(nn::sigmoid_cross_entropy_with_logits(x[0], x[1])), {p, x});
  check_gradients("weighted", F(nn::weighted_cross_entropy_with_logits(x[0], x[1], 1.7)), {p, x});
  check_gradients("poisson", F(nn::log_poisson_loss(x[0], x[1], true)), {add(p, 1.5), x});
  check_gradients("l2_loss", F(nn::l2_loss(x[0])), {x});
}

TEST_CASE("gradients of bias and convolutions") {
  check_gradients("bias_add", F(nn::bias_add(x[0], x[1])), {numbers({2, 3, 4}), numbers({4})});
  check_gradients("bias_add NCHW", F(nn::bias_add(x[0], x[1], "NCHW")), {numbers({2, 3, 4}), numbers({3})});
  Tensor image = numbers({2, 5, 6, 4}), filter = numbers({3, 2, 4, 6}, float64, 3), grouped = numbers({3, 2, 2, 6}, float64, 3);
  check_gradients("conv2d", F(nn::conv2d(x[0], x[1], {2, 1}, "SAME")), {image, filter});
  check_gradients("conv2d dilated", F(nn::conv2d(x[0], x[1], 1, "VALID", "NHWC", {2, 3})), {image, filter});
  check_gradients("conv2d groups NCHW", F(nn::conv2d(x[0], x[1], 2, "SAME", "NCHW")), {numbers({2, 4, 5, 6}), grouped});
  check_gradients("conv1d", F(nn::conv1d(x[0], x[1], 2, "SAME")), {numbers({2, 7, 3}), numbers({3, 3, 2})});
  check_gradients("conv3d", F(nn::conv3d(x[0], x[1], 1, "SAME")), {numbers({1, 3, 3, 4, 2}), numbers({2, 2, 2, 2, 3})});
  check_gradients("depthwise", F(nn::depthwise_conv2d(x[0], x[1], {1, 2, 2, 1}, "SAME")), {image, numbers({3, 3, 4, 2})});
  check_gradients("transposed", F(nn::conv2d_transpose(x[0], x[1], {2, 9, 9, 3}, 2, "VALID")), {numbers({2, 4, 4, 2}), numbers({3, 3, 3, 2})});
  check_gradients("transposed 1d", F(nn::conv1d_transpose(x[0], x[1], {2, 8, 3}, 2)), {numbers({2, 4, 2}), numbers({3, 3, 2})});
}

TEST_CASE("gradients of pooling") {
  Tensor image = numbers({2, 5, 6, 3});
  check_gradients("max_pool2d", F(nn::max_pool2d(x[0], 3, 2, "SAME")), {image});
  check_gradients("max_pool2d NCHW", F(nn::max_pool2d(x[0], 2, 1, "VALID", "NCHW")), {image});
  check_gradients("avg_pool2d", F(nn::avg_pool2d(x[0], {3, 2}, {2, 1}, "SAME")), {image});
  check_gradients("avg_pool1d", F(nn::avg_pool1d(x[0], 3, 2, "VALID")), {numbers({2, 7, 3})});
  check_gradients("max_pool3d", F(nn::max_pool3d(x[0], 2, 1, "SAME")), {numbers({1, 3, 3, 3, 2})});
  check_gradients("avg_pool3d", F(nn::avg_pool3d(x[0], 2, 2, "SAME")), {numbers({1, 3, 3, 3, 2})});
  check_gradients("argmax", F(nn::max_pool_with_argmax(x[0], 2, 2, "SAME").output), {image});
}

TEST_CASE("gradients of normalisation") {
  Tensor x = numbers({4, 3, 2});
  check_gradients("moments", F(nn::moments(x[0], Axes({0, 1})).variance), {x});
  check_gradients("weighted_moments", F(nn::weighted_moments(x[0], Axes({0, 1}), x[1]).variance), {x, add(numbers({4, 3, 2}, float64, 3), 2.0)});
  check_gradients("batch_normalization", F(nn::batch_normalization(x[0], x[1], square(x[2]), x[3], x[4], 0.01)),
                  {x, numbers({2}), numbers({2}, float64, 4), numbers({2}, float64, 6), numbers({2}, float64, 7)});
}

TEST_CASE("gradients of products") {
  Tensor a = numbers({2, 3}), b = numbers({3, 4}, float64, 2);
  check_gradients("matmul", F(matmul(x[0], x[1])), {a, b});
  check_gradients("matmul both transposed", F(matmul(x[0], x[1], true, true)), {numbers({3, 2}), numbers({4, 3})});
  check_gradients("matmul broadcast", F(matmul(x[0], x[1])), {numbers({2, 1, 2, 3}), numbers({5, 3, 2})});
  check_gradients("matmul adjoint", F(matmul(x[0], x[1], false, false, true, false)), {numbers({2, 3, 2}), numbers({3, 2})});
  check_gradients("matvec", F(linalg::matvec(x[0], x[1])), {a, numbers({3})});
  check_gradients("einsum", F(einsum("ij,jk->ki", {x[0], x[1]})), {a, b});
  check_gradients("einsum three", F(einsum("ij,jk,k->i", {x[0], x[1], x[2]})), {a, b, numbers({4})});
  check_gradients("einsum trace", F(einsum("ii->", {x[0]})), {numbers({3, 3})});
  check_gradients("einsum sum", F(einsum("ijk->j", {x[0]})), {numbers({2, 3, 2})});
  check_gradients("einsum ellipsis", F(einsum("...ij,...jk->...ik", {x[0], x[1]})), {numbers({2, 1, 2, 3}), numbers({3, 3, 2})});
  check_gradients("einsum unused", F(einsum("ab,cd->ac", {x[0], x[1]})), {a, b});
  check_gradients("tensordot", F(tensordot(x[0], x[1], 1)), {a, b});
  check_gradients("norm", F(norm(x[0], 3.0, 1)), {a});
  check_gradients("band_part", F(linalg::band_part(x[0], 0, 1)), {a});
  check_gradients("cross", F(linalg::cross(x[0], x[1])), {a, numbers({2, 3}, float64, 3)});
}

TEST_CASE("fused batch norm agrees with its formula") {
  Tensor x = numbers({2, 3, 2, 4}, float32), scale = numbers({4}, float32, 2), offset = numbers({4}, float32, 3);
  auto out = nn::fused_batch_norm(x, scale, offset, {}, {}, 0.01);
  auto m = nn::moments(x, Axes({0, 1, 2}));
  Tensor y = nn::batch_normalization(x, m.mean, m.variance, offset, scale, 0.01);
  for (size_t i = 0; i < 48; ++i) CHECK(floats(out.y)[i] == doctest::Approx(floats(y)[i]).epsilon(1e-5).scale(1));
  for (size_t i = 0; i < 4; ++i) CHECK(floats(out.running_var)[i] == doctest::Approx(floats(m.variance)[i] * 12 / 11).epsilon(1e-5));

  auto fused = [&](bool training, const Tensor& in, const Tensor& s, const Tensor& o) {
    return nn::fused_batch_norm(in, s, o, numbers({4}, float32, 8), square(numbers({4}, float32, 9)), 0.01, "NHWC", training).y;
  };
  auto plain = [&](bool training, const Tensor& in, const Tensor& s, const Tensor& o) {
    Tensor mean = numbers({4}, float32, 8), variance = square(numbers({4}, float32, 9));
    if (training) {
      mean = reduce_mean(in, Axes({0, 1, 2}), true);
      variance = reduce_mean(square(subtract(in, mean)), Axes({0, 1, 2}), true);
    }
    return nn::batch_normalization(in, mean, variance, o, s, 0.01);
  };
  // first and second derivatives of the fused operator and of the formula
  auto derivatives = [&](auto f, bool training) {
    std::vector<Source> sources{x, scale, offset};
    GradientTape outer({.persistent = true});
    for (const Source& s : sources) outer.watch(s);
    std::vector<Tensor> first;
    {
      GradientTape inner;
      for (const Source& s : sources) inner.watch(s);
      Tensor loss = reduce_sum(multiply(square(f(training, x, scale, offset)), numbers(x.shape(), float32, 11)));
      first = inner.gradient(loss, sources);
    }
    Tensor mixed = reduce_sum(multiply(first[0], numbers(x.shape(), float32, 12)));
    mixed = add(mixed, reduce_sum(multiply(first[1], numbers({4}, float32, 13))));
    mixed = add(mixed, reduce_sum(multiply(first[2], numbers({4}, float32, 14))));
    std::vector<Tensor> all = outer.gradient(mixed, sources, {.unconnected_gradients = UnconnectedGradients::kZero});
    all.insert(all.end(), first.begin(), first.end());
    return all;
  };
  for (bool training : {true, false}) {
    std::vector<Tensor> a = derivatives(fused, training), b = derivatives(plain, training);
    for (size_t k = 0; k < a.size(); ++k) {
      INFO("training ", training, " derivative ", k);
      for (size_t i = 0; i < floats(a[k]).size(); ++i) CHECK(floats(a[k])[i] == doctest::Approx(floats(b[k])[i]).epsilon(1e-3).scale(1));
    }
  }
}

TEST_CASE("wrong calls say what is wrong") {
  auto text = [](auto f) -> std::string {
    try {
      f();
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  Tensor a = ones({2, 3});
  CHECK(text([&] { matmul(a, a); }).find("Matrix size-incompatible: In[0]: [2,3], In[1]: [2,3]") != std::string::npos);
  CHECK(text([&] { matmul(ones({3}), ones({3, 2})); }).find("In[0] and In[1] has different ndims: [3] vs. [3,2]") != std::string::npos);
  CHECK(text([&] { nn::bias_add(a, ones({4})); }).find("[4] vs. [2,3]") != std::string::npos);
  Tensor labels = Tensor::from(std::vector<int32_t>{0, 3});
  CHECK(text([&] { nn::sparse_softmax_cross_entropy_with_logits(labels, a); }).find("Received a label value of 3 which is outside the valid range of [0, 3)") !=
        std::string::npos);
  CHECK(text([&] { nn::conv2d(ones({1, 5, 5, 3}), ones({3, 3, 2, 4}), 1, "SAME"); })
            .find("input depth must be evenly divisible by filter depth: 3 vs 2") != std::string::npos);
  CHECK(text([&] { nn::conv2d(ones({1, 5, 5, 4}), ones({3, 3, 4, 4}), {1, 2, 3}, "SAME"); })
            .find("strides should be of length 1, 2 or 4. Received: strides=[1, 2, 3] of length 3") != std::string::npos);
  CHECK(text([&] { nn::conv2d(ones({1, 5, 5, 3}), ones({3, 3, 3, 4}), 1, "FOO"); }).find("\"FOO\" is not in the list of allowed values") !=
        std::string::npos);
  CHECK_THROWS_AS(nn::max_pool2d(ones({1, 4, 4, 1}), 0, 1, "VALID"), errors::InvalidArgumentError);
  CHECK_THROWS_AS(einsum("ij,jk->ik", {a, a}), errors::InvalidArgumentError);
  CHECK_THROWS_AS(einsum("ij->ijz", {a}), ValueError);
}
