// The updates of optimizers: each reads and writes a Variable and its slots in one pass.
#include <cmath>

#include "runnel/op/op_context.h"
#include "runnel/op/types.h"
#include "runnel/ops/state/variable_state.h"
#include "runnel/runtime/thread_pool.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kGrain = 16384;

template <class T>
T scalar(const OpContext& c, int i) {
  return *c.input(i).data<T>();
}

void check_fits(const OpContext& c, int variable, const Tensor& grad) {
  const VariableState& state = variable_state(c.input(variable), c.op().name());
  if (state.dtype != grad.dtype() || !state.shape.is_compatible_with(grad.shape()))
    c.invalid("a Variable and its gradient differ", {.got = cat("gradient ", grad.dtype(), " ", to_text(grad.shape())),
                                                     .expected = cat(state.dtype, " ", to_text(state.shape))});
}

/// Calls update(i) for every element, in parallel.
template <class F>
void each(int64_t n, F update) {
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) update(i);
  });
}

template <class F>
void for_floating(const OpContext& c, const Tensor& grad, F f) {
  dispatch<TypeList<float, double>>(grad.dtype(), c.op().name(), f);
}

// var -= alpha * delta
void descent_kernel(OpContext& c) {
  const Tensor& grad = c.input(2);
  check_fits(c, 0, grad);
  for_floating(c, grad, [&]<class T>() {
    T alpha = scalar<T>(c, 1);
    const T* g = grad.data<T>();
    variable_state(c.input(0), c.op().name()).modify([&](const Tensor& var) {
      T* v = var.mutable_data<T>();
      each(grad.num_elements(), [=](int64_t i) { v[i] -= alpha * g[i]; });
    });
  });
}

// accum = momentum * accum - lr * grad;  var += accum  (Nesterov: momentum * accum - lr * grad)
void momentum_kernel(OpContext& c) {
  const Tensor& grad = c.input(3);
  check_fits(c, 0, grad);
  check_fits(c, 1, grad);
  bool nesterov = c.bool_attr("use_nesterov");
  for_floating(c, grad, [&]<class T>() {
    T rate = scalar<T>(c, 2), momentum = scalar<T>(c, 4);
    const T* g = grad.data<T>();
    variable_state(c.input(0), c.op().name()).modify([&](const Tensor& var) {
      variable_state(c.input(1), c.op().name()).modify([&](const Tensor& accum) {
        T *v = var.mutable_data<T>(), *m = accum.mutable_data<T>();
        each(grad.num_elements(), [=](int64_t i) {
          m[i] = m[i] * momentum - g[i] * rate;
          v[i] += nesterov ? m[i] * momentum - g[i] * rate : m[i];
        });
      });
    });
  });
}

// Kingma and Ba, "Adam", 2014, in the form with the bias correction inside the step size.
void adam_kernel(OpContext& c) {
  const Tensor& grad = c.input(9);
  for (int i = 0; i < 3; ++i) check_fits(c, i, grad);
  for_floating(c, grad, [&]<class T>() {
    T beta1_power = scalar<T>(c, 3), beta2_power = scalar<T>(c, 4), beta1 = scalar<T>(c, 6), beta2 = scalar<T>(c, 7), epsilon = scalar<T>(c, 8);
    T alpha = scalar<T>(c, 5) * std::sqrt(T(1) - beta2_power) / (T(1) - beta1_power);
    const T* g = grad.data<T>();
    variable_state(c.input(0), c.op().name()).modify([&](const Tensor& var) {
      variable_state(c.input(1), c.op().name()).modify([&](const Tensor& first) {
        variable_state(c.input(2), c.op().name()).modify([&](const Tensor& second) {
          T *w = var.mutable_data<T>(), *m = first.mutable_data<T>(), *v = second.mutable_data<T>();
          each(grad.num_elements(), [=](int64_t i) {
            m[i] += (g[i] - m[i]) * (T(1) - beta1);
            v[i] += (g[i] * g[i] - v[i]) * (T(1) - beta2);
            w[i] -= m[i] * alpha / (std::sqrt(v[i]) + epsilon);
          });
        });
      });
    });
  });
}

void no_outputs(ShapeContext&) {}
constexpr const char* kState = "it changes state and has no output";

constexpr OpDef kOps[] = {
    {.name = "ResourceApplyGradientDescent", .signature = "var: resource, alpha: T, delta: T -> ", .attrs = "T: floating; use_locking: bool = false",
     .shape = no_outputs, .no_gradient = kState, .kernel = descent_kernel, .traits = {.stateful = true}},
    {.name = "ResourceApplyKerasMomentum", .signature = "var: resource, accum: resource, lr: T, grad: T, momentum: T -> ",
     .attrs = "T: floating; use_locking: bool = false; use_nesterov: bool = false",
     .shape = no_outputs, .no_gradient = kState, .kernel = momentum_kernel, .traits = {.stateful = true}},
    {.name = "ResourceApplyAdam",
     .signature = "var: resource, m: resource, v: resource, beta1_power: T, beta2_power: T, lr: T, beta1: T, beta2: T, epsilon: T, grad: T -> ",
     .attrs = "T: floating; use_locking: bool = false; use_nesterov: bool = false",
     .shape = no_outputs, .no_gradient = kState, .kernel = adam_kernel, .traits = {.stateful = true}},
};

}  // namespace
RUNNEL_OPS(state_training, kOps)

}  // namespace runnel::inline v0
