// While, StatelessWhile, and _WhileWithHistory: a loop that keeps what each iteration's gradient will need.
#include "runnel/autodiff/continued_sums.h"
#include "runnel/base/error.h"
#include "runnel/base/stop.h"
#include "runnel/graph/control/functional.h"
#include "runnel/graph/control/tensor_list.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/shapes.h"

namespace runnel::inline v0 {

namespace {

// Outputs of the loop: the variables; with a history also the number of iterations, and a list for each further output of
// the body.
int body_outputs(const GraphFunction& body, int count) { return count <= body.num_results() ? body.num_results() : count - 1; }

void while_shape(ShapeContext& c) {
  const GraphFunction& body = function_attr(c, "body");
  for (int i = 0; i < c.num_outputs(); ++i)
    c.set_output(i, i < body.num_results() ? body.inputs()[size_t(i)]->shapes[0] : PartialShape());
}

bool goes_on(const Program& condition, const std::vector<Tensor>& variables) {
  poll_stop();
  return is_true(condition.run(variables)[0]);
}

// A variable that the loop left as it was gets a handle of its own.
void give(OpContext& c, std::vector<Tensor>& variables) {
  for (size_t i = 0; i < variables.size(); ++i) {
    bool same = false;
    for (const Tensor& input : c.inputs()) same |= variables[i].is(input);
    c.set_output(int(i), same ? variables[i].alias() : std::move(variables[i]));
  }
}

void while_kernel(OpContext& c) {
  const GraphFunction& body = function_attr(c, "body");
  const Program &condition = function_attr(c, "cond").program(), &step = body.program();
  std::vector<Tensor> variables(c.inputs().begin(), c.inputs().end());
  while (goes_on(condition, variables)) variables = step.run(std::move(variables));
  give(c, variables);
}

void history_kernel(OpContext& c) {
  const GraphFunction& body = function_attr(c, "body");
  const Program &condition = function_attr(c, "cond").program(), &step = body.program(body_outputs(body, c.num_outputs()));
  size_t count = size_t(body.num_results());
  std::vector<Tensor> variables(c.inputs().begin(), c.inputs().end());
  std::vector<Ref<TensorList>> history(size_t(c.num_outputs()) - count - 1);
  for (Ref<TensorList>& list : history) list = make_ref<TensorList>();
  int32_t iterations = 0;
  for (; goes_on(condition, variables); ++iterations) {
    variables = step.run(std::move(variables));
    for (size_t i = 0; i < history.size(); ++i) history[i]->items.push_back(std::move(variables[count + i]));
    variables.resize(count);
  }
  give(c, variables);
  c.set_output(int(count), Tensor::scalar(iterations));
  for (size_t i = 0; i < history.size(); ++i) c.set_output(int(count + 1 + i), wrap_list(history[i]));
}

// What the gradient of one loop sees in each of its iterations.
class LoopGradient {
 public:
  explicit LoopGradient(const GradientContext& c) : c_(c), body_(function_attr(c, "body")) {
    int last = outputs_with_gradient(c);
    level_ = body_.level_of(body_outputs(body_, last));
    ensure_loop_level(body_, level_ + 1);
    outputs_ = extended_outputs(body_.end(level_ + 1));
    derivative_ = body_.derivative(level_);
    types_ = body_.output_types(derivative_.outputs);
    for (int i = 0; i < c.num_inputs(); ++i)
      if (c.input(i).dtype().is_differentiable()) places_.push_back(i);
  }

  std::vector<Tensor> compute() {
    static const Op& minus = get_op("Sub");
    Tensor one = Tensor::scalar(int32_t(1));
    std::vector<Tensor> variables{run(minus, {outputs_[size_t(body_.num_results())], one})};
    for (int i : places_) variables.push_back(last_gradient(i));
    WhileOptions options;
    options.shape_invariants.assign(variables.size(), PartialShape::unknown_rank());
    options.shape_invariants[0] = PartialShape();
    for (size_t k = 0; k < places_.size(); ++k) options.shape_invariants[k + 1] = shape_of(places_[k]);
    auto more = [](const std::vector<Tensor>& v) { return run(get_op("GreaterEqual"), {v[0], Tensor::scalar(int32_t(0))}); };
    std::vector<Tensor> result = while_loop(more, [&](const std::vector<Tensor>& v) { return step(v); }, variables, options);
    std::vector<Tensor> grads(size_t(c_.num_inputs()));
    for (size_t k = 0; k < places_.size(); ++k) grads[size_t(places_[k])] = result[k + 1];
    return grads;
  }

 private:
  std::vector<Tensor> extended_outputs(int count) {
    std::vector<DType> types = body_.output_types(body_.num_results());
    std::vector<PartialShape> shapes = output_shapes(body_, body_.num_results());
    types.push_back(int32);
    types.resize(size_t(count) + 1, variant);
    shapes.resize(types.size());
    return with_outputs(c_, get_op("_WhileWithHistory"), types, shapes);
  }
  // (i, gradients of the variables after iteration i) -> (i - 1, those before it)
  std::vector<Tensor> step(const std::vector<Tensor>& v) {
    std::vector<Tensor> arguments = gradients(v), results;
    for (const Saved& s : derivative_.saved) arguments.push_back(saved(s, v[0]));
    results = spread(derivative_, call_function(derivative_.backward, arguments), size_t(c_.num_inputs()));
    std::vector<Tensor> out{run(get_op("Sub"), {v[0], Tensor::scalar(int32_t(1))})};
    for (size_t k = 0; k < places_.size(); ++k) {
      out.push_back(before(places_[k], v[k + 1], results[size_t(places_[k])]));
      if (out.back().is_symbolic()) refine_shape(out.back(), shape_of(places_[k]));
    }
    return out;
  }
  // What arrives behind the last iteration. The gradients of what passes through unchanged go on summing up.
  Tensor last_gradient(int i) const {
    if (c_.has_grad(i)) return c_.grad(i);
    bool passes = body_.outputs()[size_t(i)] == Endpoint{body_.inputs()[size_t(i)], 0};
    if (Tensor sum = passes ? ContinuedSums::take(i) : Tensor()) return sum;
    return zeros_for(c_.input(i).dtype() == resource ? c_.input(i) : c_.output(i));
  }
  // A gradient has the shape of the variable, as far as that is known.
  PartialShape shape_of(int input) const {
    DType dtype = c_.input(input).dtype();
    return dtype == resource || dtype == variant ? PartialShape::unknown_rank() : body_.inputs()[size_t(input)]->shapes[0];
  }
  std::vector<Tensor> gradients(const std::vector<Tensor>& v) const {
    std::vector<Tensor> out;
    for (size_t k = 0; k < places_.size(); ++k)
      if (c_.input(places_[k]).dtype() != resource) out.push_back(v[k + 1]);
    for (size_t i = size_t(body_.num_results()); i < types_.size(); ++i)
      if (types_[i].is_differentiable()) out.push_back(history_gradient(int(i), v[0]));
    return out;
  }
  Tensor history_gradient(int i, const Tensor& iteration) const {
    Tensor value = item(i, iteration);
    if (!c_.has_grad(i + 1)) return zeros_for(value);
    return list_item_or_zeros(c_.grad(i + 1), iteration, value);
  }
  // A Variable passes through unchanged: the iterations' gradients add up.
  Tensor before(int input, const Tensor& after, const Tensor& result) const {
    if (c_.input(input).dtype() == resource) return result ? run(get_op("AddV2"), {after, result}) : after;
    return result ? result : zeros_for(after);
  }
  Tensor saved(const Saved& s, const Tensor& iteration) const {
    if (s.kind == Saved::kOutside) return s.outside;
    return s.kind == Saved::kInput ? c_.input(s.index) : item(s.index, iteration);
  }
  // What body output i was in an iteration.
  Tensor item(int i, const Tensor& iteration) const {
    static const Op& op = get_op("TensorListGetItem");
    return run(op, {outputs_[size_t(i) + 1], iteration, shape_tensor(body_.output_shape(i))},
               {{"element_dtype", body_.output_types(i + 1).back()}});
  }

  const GradientContext& c_;
  GraphFunction& body_;
  int level_;
  std::vector<Tensor> outputs_;
  Derivative derivative_;
  std::vector<DType> types_;
  std::vector<int> places_;  // inputs that take gradients
};

std::vector<Tensor> while_gradient(const GradientContext& c) { return LoopGradient(c).compute(); }

constexpr const char* kAttrs =
    "T: list(type); cond: func; body: func; output_shapes: list(shape) = []; parallel_iterations: int = 10";
constexpr const char* kHistoryAttrs =
    "T: list(type); Tout: list(type); cond: func; body: func; output_shapes: list(shape) = []; parallel_iterations: int = 10";

/// While: Calls `body` on its own results as long as `cond` of them holds; both may have effects.
/// StatelessWhile: Calls `body` on its own results as long as `cond` of them holds; neither has effects.
constexpr OpDef kOps[] = {
    {.name = "While", .signature = "input: list(T) -> output: list(T)", .attrs = kAttrs, .shape = while_shape, .gradient = while_gradient,
     .kernel = while_kernel, .traits = {.stateful = true, .reads_only = true}},
    {.name = "StatelessWhile", .signature = "input: list(T) -> output: list(T)", .attrs = kAttrs, .shape = while_shape,
     .gradient = while_gradient, .kernel = while_kernel},
    {.name = "_WhileWithHistory", .signature = "input: list(T) -> output: list(Tout)", .attrs = kHistoryAttrs, .shape = while_shape,
     .gradient = while_gradient, .kernel = history_kernel, .traits = {.stateful = true, .reads_only = true}},
};

}  // namespace
RUNNEL_OPS(control_while, kOps)

}  // namespace runnel::inline v0
