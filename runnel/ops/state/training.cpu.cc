// How the optimizers' updates run: a Variable and its slots are changed in place by the loops of runtime/cpu.
#include "runnel/ops/state/training.h"

#include <cmath>

#include "runnel/op/types.h"
#include "runnel/ops/state/variable_state.h"
#include "runnel/runtime/cpu/update.h"

namespace runnel::inline v0 {

namespace {

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

template <class F>
void for_floating(const OpContext& c, const Tensor& grad, F f) {
  dispatch<TypeList<float, double>>(grad.dtype(), c.op().name(), f);
}

/// Calls f(value) with what the Variable of input i holds, while it is locked.
template <class F>
void modify(const OpContext& c, int i, F f) {
  variable_state(c.input(i), c.op().name()).modify(f);
}

}  // namespace

void descent_kernel(OpContext& c) {
  const Tensor& grad = c.input(2);
  check_fits(c, 0, grad);
  for_floating(c, grad, [&]<class T>() {
    modify(c, 0, [&](const Tensor& var) {
      cpu::update(cpu::Descent<T>{var.mutable_data<T>(), grad.data<T>(), scalar<T>(c, 1)}, grad.num_elements());
    });
  });
}

void momentum_kernel(OpContext& c) {
  const Tensor& grad = c.input(3);
  check_fits(c, 0, grad);
  check_fits(c, 1, grad);
  bool nesterov = c.bool_attr("use_nesterov");
  for_floating(c, grad, [&]<class T>() {
    modify(c, 0, [&](const Tensor& var) {
      modify(c, 1, [&](const Tensor& accum) {
        cpu::update(cpu::Momentum<T>{var.mutable_data<T>(), accum.mutable_data<T>(), grad.data<T>(), scalar<T>(c, 2), scalar<T>(c, 4),
                                     nesterov},
                    grad.num_elements());
      });
    });
  });
}

namespace {

// Kingma and Ba, "Adam", 2014, in the form with the bias correction inside the step size. take: 1 - beta. `squares`: empty, or
// what stands for grad^2.
template <class T>
void adam(OpContext& c, const Tensor& grad, T take1, T take2, T epsilon, const Tensor& squares = Tensor()) {
  for (int i = 0; i < 3; ++i) check_fits(c, i, grad);
  T alpha = scalar<T>(c, 5) * std::sqrt(T(1) - scalar<T>(c, 4)) / (T(1) - scalar<T>(c, 3));
  modify(c, 0, [&](const Tensor& var) {
    modify(c, 1, [&](const Tensor& m) {
      modify(c, 2, [&](const Tensor& v) {
        cpu::update(cpu::Adam<T>{var.mutable_data<T>(), m.mutable_data<T>(), v.mutable_data<T>(), grad.data<T>(), alpha, take1, take2, epsilon,
                                 squares ? squares.data<T>() : nullptr},
                    grad.num_elements());
      });
    });
  });
}

}  // namespace

void adam_kernel(OpContext& c) {
  const Tensor& grad = c.input(9);
  for_floating(c, grad, [&]<class T>() { adam<T>(c, grad, T(1) - scalar<T>(c, 6), T(1) - scalar<T>(c, 7), scalar<T>(c, 8)); });
}

void keras_adam_kernel(OpContext& c) {
  const Tensor grad = c.input(6), squares = c.num_inputs() > 7 ? c.input(7) : Tensor();
  if (squares) check_fits(c, 0, squares);
  for_floating(c, grad, [&]<class T>() {
    adam<T>(c, grad, T(1 - c.attr<double>("beta1")), T(1 - c.attr<double>("beta2")), T(c.attr<double>("epsilon")), squares);
  });
}

}  // namespace runnel::inline v0
