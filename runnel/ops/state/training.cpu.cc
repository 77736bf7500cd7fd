// How the optimizers' updates run: Variables and their slots are changed in place by the loops of runtime/cpu.
#include "runnel/ops/state/training.h"

#include <algorithm>
#include <cmath>

#include "runnel/op/types.h"
#include "runnel/ops/optimizer_updates.h"
#include "runnel/ops/state/variable_state.h"
#include "runnel/runtime/cpu/update.h"

namespace runnel::inline v0 {

namespace {

/// One update's part of a call.
struct UpdateCall {
  const OpContext& c;
  const OptimizerUpdate& kind;
  int first;  // of its inputs among the call's

  const Tensor& input(int i) const { return c.input(first + i); }
  const Tensor& gradient() const { return input(kind.gradient); }
  VariableState& variable(int i) const { return variable_state(input(i), kind.op); }
  template <class T>
  T* data(int i) const { return variable(i).value.mutable_data<T>(); }
  template <class T>
  T scalar(int i) const { return *input(i).data<T>(); }
};

// --- what each update computes; the Variables are locked ---

template <class T>
cpu::Descent<T> descent(const UpdateCall& o) { return {o.data<T>(0), o.gradient().data<T>(), o.scalar<T>(1)}; }

template <class T>
cpu::Momentum<T> momentum(const UpdateCall& o) {
  return {o.data<T>(0), o.data<T>(1), o.gradient().data<T>(), o.scalar<T>(2), o.scalar<T>(4), o.c.bool_attr("use_nesterov")};
}

// Kingma and Ba, "Adam", 2014, in the form with the bias correction inside the step size. take: 1 - beta.
template <class T>
cpu::Adam<T> adam_with(const UpdateCall& o, T take1, T take2, T epsilon) {
  T alpha = o.scalar<T>(5) * std::sqrt(T(1) - o.scalar<T>(4)) / (T(1) - o.scalar<T>(3));
  const T* squares = o.kind.squares < 0 ? nullptr : o.input(o.kind.squares).data<T>();
  return {o.data<T>(0), o.data<T>(1), o.data<T>(2), o.gradient().data<T>(), alpha, take1, take2, epsilon, squares};
}
template <class T>
cpu::Adam<T> adam(const UpdateCall& o) { return adam_with<T>(o, T(1) - o.scalar<T>(6), T(1) - o.scalar<T>(7), o.scalar<T>(8)); }
template <class T>
cpu::Adam<T> keras_adam(const UpdateCall& o) {
  return adam_with<T>(o, T(1 - o.c.attr<double>("beta1")), T(1 - o.c.attr<double>("beta2")), T(o.c.attr<double>("epsilon")));
}

template <class T>
cpu::Decay<T> decay(const UpdateCall& o) { return {o.data<T>(0), T(o.c.attr<double>("decay")), o.scalar<T>(1)}; }

void check_sizes(const UpdateCall& o, int64_t size) {
  for (int i = 0; i < o.kind.variables; ++i)
    if (o.variable(i).value.num_elements() != size) o.c.invalid("a Variable and its slots differ in size");
  for (int i : {o.kind.gradient, o.kind.squares})
    if (i >= 0 && o.input(i).num_elements() != size) o.c.invalid("a Variable and its gradient differ in size");
}

template <auto step32, auto step64>
cpu::Update step(const UpdateCall& o) {
  VariableState& variable = o.variable(0);
  int64_t size = variable.value.num_elements();
  check_sizes(o, size);  // of a Variable of partial shape and its slots only the values tell
  if (variable.dtype == float32) return {step32(o), size};
  if (variable.dtype == float64) return {step64(o), size};
  o.c.invalid("updates are for float32 and float64", {.got = cat(variable.dtype)});
}

struct Kind : OptimizerUpdate {
  cpu::Update (*step)(const UpdateCall& o);
};
constexpr Kind kKinds[] = {
    {{"ResourceApplyGradientDescent", 3, 1, 2}, step<descent<float>, descent<double>>},
    {{"ResourceApplyKerasMomentum", 5, 2, 3}, step<momentum<float>, momentum<double>>},
    {{"ResourceApplyAdam", 10, 3, 9}, step<adam<float>, adam<double>>},
    {{"KerasApplyAdam", 7, 3, 6}, step<keras_adam<float>, keras_adam<double>>},
    {{"KerasApplyAdamOfSlices", 8, 3, 6, 7}, step<keras_adam<float>, keras_adam<double>>},
    {{"KerasApplyWeightDecay", 2, 1, -1}, step<decay<float>, decay<double>>},
};
const Kind* find_kind(std::string_view op) {
  auto* found = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& kind) { return kind.op == op; });
  return found == std::end(kKinds) ? nullptr : found;
}
const Kind& kind_of(std::string_view op) { return *find_kind(op); }

// --- running them ---

void check_fits(const UpdateCall& o, const VariableState& state, int i) {
  if (i < 0) return;
  const Tensor& grad = o.input(i);
  if (state.dtype != grad.dtype() || !state.shape.is_compatible_with(grad.shape()))
    o.c.invalid("a Variable and its gradient differ", {.got = cat("gradient ", grad.dtype(), " ", to_text(grad.shape())),
                                                       .expected = cat(state.dtype, " ", to_text(state.shape))});
}

/// The Variables of some updates, each once. Whoever locks several does so in the order of their addresses, so that none waits for another.
std::vector<VariableState*> variables_of(std::span<const UpdateCall> updates) {
  std::vector<VariableState*> out;
  for (const UpdateCall& o : updates)
    for (int i = 0; i < o.kind.variables; ++i) {
      out.push_back(&o.variable(i));
      check_fits(o, *out.back(), o.kind.gradient);
      check_fits(o, *out.back(), o.kind.squares);
    }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void run_locked(std::span<const UpdateCall> updates, std::span<VariableState* const> variables) {
  std::vector<std::unique_lock<std::mutex>> locks;
  for (VariableState* state : variables) {
    locks.emplace_back(state->mutex);
    state->make_own();
  }
  std::vector<cpu::Update> steps;
  for (const UpdateCall& o : updates) steps.push_back(kind_of(o.kind.op).step(o));
  cpu::update_all(steps);
}

// A Variable that is met twice is updated twice, in turn.
void run_updates(std::span<const UpdateCall> updates) {
  std::vector<VariableState*> variables = variables_of(updates);
  size_t wanted = 0;
  for (const UpdateCall& o : updates) wanted += size_t(o.kind.variables);
  if (variables.size() == wanted || updates.size() == 1) return run_locked(updates, variables);
  for (const UpdateCall& o : updates) run_updates({&o, 1});
}

}  // namespace

const OptimizerUpdate* optimizer_update(std::string_view op) {
  for (const Kind& kind : kKinds)
    if (kind.op == op) return &kind;
  return nullptr;
}

void update_kernel(OpContext& c) {
  UpdateCall update{c, kind_of(c.op().name()), 0};
  run_updates({&update, 1});
}

void updates_kernel(OpContext& c) {
  const Kind* found = find_kind(c.string_attr("update"));
  if (!found || c.num_inputs() % found->inputs != 0) c.invalid("the inputs are not those of updates", {.got = c.string_attr("update")});
  const Kind& kind = *found;
  std::vector<UpdateCall> updates;
  for (int first = 0; first < c.num_inputs(); first += kind.inputs) updates.push_back({c, kind, first});
  run_updates(updates);
}

}  // namespace runnel::inline v0
