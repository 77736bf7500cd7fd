// LRN: local response normalisation over channels, and its gradient operator.
#include <algorithm>
#include <cmath>

#include "runnel/op/gradient_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/nn.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

using Types = TypeList<float, half_t, bfloat16_t>;

struct LrnAttrs {
  int64_t radius;
  float bias, alpha, beta;
};
LrnAttrs lrn_attrs(const AttrReader& c) {
  return {c.int_attr("depth_radius"), float(c.attr<double>("bias")), float(c.attr<double>("alpha")), float(c.attr<double>("beta"))};
}

// bias + alpha * (the sum of squares around channel i), for the n channels of one pixel.
template <class T>
void norms(const LrnAttrs& a, const T* x, int64_t n, float* out) {
  for (int64_t i = 0; i < n; ++i) {
    float sum = 0;
    for (int64_t j = std::max<int64_t>(0, i - a.radius); j <= std::min(n - 1, i + a.radius); ++j) sum += float(x[j]) * float(x[j]);
    out[i] = a.bias + a.alpha * sum;
  }
}

// f(x of a pixel, its first element's place, its norms) for every pixel.
template <class T, class F>
void each_pixel(const LrnAttrs& a, const Tensor& x, F&& f) {
  int64_t channels = x.dim(-1), pixels = channels == 0 ? 0 : x.num_elements() / channels;
  parallel_for(pixels, std::max<int64_t>(1, 4096 / std::max<int64_t>(1, channels)), [&](int64_t begin, int64_t end) {
    std::vector<float> norm(size_t(channels), 0.f);
    for (int64_t p = begin; p < end; ++p) {
      norms(a, x.data<T>() + p * channels, channels, norm.data());
      f(p * channels, norm.data());
    }
  });
}

void lrn_shape(ShapeContext& c) { c.set_output(0, c.with_rank(0, 4)); }
void lrn_kernel(OpContext& c) {
  Tensor& y = c.output();
  LrnAttrs a = lrn_attrs(c);
  dispatch<Types>(y.dtype(), "LRN", [&]<class T>() {
    const T* x = c.input(0).data<T>();
    T* out = y.mutable_data<T>();
    each_pixel<T>(a, c.input(0), [&](int64_t at, const float* norm) {
      for (int64_t i = 0; i < y.dim(-1); ++i) out[at + i] = T(float(x[at + i]) * std::pow(norm[i], -a.beta));
    });
  });
}

void lrn_grad_shape(ShapeContext& c) {
  c.with_rank(0, 4);
  c.with_rank(2, 4);
  c.set_output(0, c.with_rank(1, 4));
}
// dx_i = dy_i n_i^-beta - 2 alpha beta x_i sum_j dy_j y_j / n_j over the channels j whose window holds i.
void lrn_grad_kernel(OpContext& c) {
  Tensor& dx = c.output();
  LrnAttrs a = lrn_attrs(c);
  dispatch<Types>(dx.dtype(), "LRNGrad", [&]<class T>() {
    const T *dy = c.input(0).data<T>(), *x = c.input(1).data<T>(), *y = c.input(2).data<T>();
    T* out = dx.mutable_data<T>();
    int64_t n = dx.dim(-1);
    each_pixel<T>(a, c.input(1), [&](int64_t at, const float* norm) {
      for (int64_t i = 0; i < n; ++i) {
        float sum = 0;
        for (int64_t j = std::max<int64_t>(0, i - a.radius); j <= std::min(n - 1, i + a.radius); ++j)
          sum += float(dy[at + j]) * float(y[at + j]) / norm[j];
        out[at + i] = T(float(dy[at + i]) * std::pow(norm[i], -a.beta) - 2 * a.alpha * a.beta * float(x[at + i]) * sum);
      }
    });
  });
}

std::vector<Tensor> lrn_gradient(const GradientContext& c) {
  static const Op& op = get_op("LRNGrad");
  return {run(op, {c.grad(), c.input(0), c.output()},
              {{"depth_radius", c.int_attr("depth_radius")},
               {"bias", c.attr<double>("bias")},
               {"alpha", c.attr<double>("alpha")},
               {"beta", c.attr<double>("beta")}})};
}

constexpr const char* kAttrs = "depth_radius: int = 5; bias: float = 1; alpha: float = 1; beta: float = 0.5; T: {half, bfloat16, float} = float";

/// LRNGrad: The gradient of LRN with respect to its input.
constexpr OpDef kOps[] = {
    {.name = "LRN", .signature = "input: T -> output: T", .attrs = kAttrs, .shape = lrn_shape, .gradient = lrn_gradient, .kernel = lrn_kernel},
    {.name = "LRNGrad", .signature = "input_grads: T, input_image: T, output_image: T -> output: T", .attrs = kAttrs, .shape = lrn_grad_shape,
     .no_gradient = "TensorFlow declares none", .kernel = lrn_grad_kernel},
};

}  // namespace
RUNNEL_OPS(nn_lrn, kOps)

Tensor nn::local_response_normalization(const Tensor& input, int64_t depth_radius, double bias, double alpha, double beta) {
  static const Op& op = get_op("LRN");
  return run(op, {input}, {{"depth_radius", depth_radius}, {"bias", bias}, {"alpha", alpha}, {"beta", beta}});
}

}  // namespace runnel::inline v0
