// If, StatelessIf, Case, StatelessCase: one of several functions, chosen while the graph runs.
#include <algorithm>

#include "runnel/autodiff/continued_sums.h"
#include "runnel/base/error.h"
#include "runnel/graph/control/functional.h"
#include "runnel/graph/control_flow.h"
#include "runnel/graph/shapes.h"

namespace runnel::inline v0 {

namespace {

bool is_if(const Op& op) { return op.schema().attr_index("then_branch") >= 0; }

std::vector<GraphFunction*> branches_of(const AttrReader& c) {
  if (is_if(c.op())) return {&function_attr(c, "then_branch"), &function_attr(c, "else_branch")};
  std::vector<GraphFunction*> out;
  for (const FunctionAttr& f : c.attr<std::vector<FunctionAttr>>("branches")) out.push_back(&function_of(f));
  return out;
}

// The shape that output i has, whichever branch is taken.
PartialShape joint_shape(std::span<GraphFunction* const> branches, int i) {
  PartialShape shape = branches[0]->output_shape(i);
  for (GraphFunction* f : branches) shape = common_shape(shape, f->output_shape(i));
  return shape;
}

void branch_shape(ShapeContext& c) {
  std::vector<GraphFunction*> branches = branches_of(c);
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, joint_shape(branches, i));
}

// An index outside of the range means the last branch, as in TensorFlow.
size_t chosen(const OpContext& c, size_t count) {
  if (is_if(c.op())) return is_true(c.input(0)) ? 0 : 1;
  int32_t index = c.input(0).item<int32_t>();
  return index < 0 || size_t(index) >= count ? count - 1 : size_t(index);
}

void branch_kernel(OpContext& c) {
  std::vector<GraphFunction*> branches = branches_of(c);
  const GraphFunction& f = *branches[chosen(c, branches.size())];
  std::vector<Tensor> out = f.program(c.num_outputs()).run_for_caller({c.inputs().begin() + 1, c.inputs().end()});
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, std::move(out[size_t(i)]));
}

// All that branch `b` gives back: gradients for those inputs that any branch has one for.
std::vector<Tensor> branch_backward(const GraphFunction& f, int level, std::span<const int> wanted, std::span<const Tensor> grads,
                                    std::span<const Tensor> inputs, std::span<const Tensor> outputs, std::span<const Tensor> sums) {
  const Derivative& d = f.derivative(level);
  std::vector<Tensor> results = call_function(d.backward, backward_arguments(f, d, grads, inputs, outputs, sums));
  std::vector<Tensor> all = spread(d, results, inputs.size()), out;
  for (int i : wanted) out.push_back(all[size_t(i)] ? all[size_t(i)] : zeros_for(inputs[size_t(i)]));
  return out;
}

std::vector<Tensor> branch_gradient(const GradientContext& c) {
  std::vector<GraphFunction*> branches = branches_of(c);
  int level = branches[0]->level_of(outputs_with_gradient(c));
  ensure_level(branches, level + 1);
  int count = branches[0]->end(level + 1);
  std::vector<PartialShape> shapes;
  for (int i = 0; i < count; ++i) shapes.push_back(joint_shape(branches, i));
  std::vector<Tensor> outputs = with_outputs(c, c.op(), branches[0]->output_types(count), shapes);
  std::span<const Tensor> inputs = c.inputs().subspan(1);
  std::vector<int> wanted;
  for (GraphFunction* f : branches)
    for (int i : f->derivative(level).grad_inputs)
      if (std::find(wanted.begin(), wanted.end(), i) == wanted.end()) wanted.push_back(i);
  std::vector<Tensor> grads = gradients_of(c), sums;
  for (int i = 0; i < int(inputs.size()); ++i)
    sums.push_back(continues_sum(inputs[size_t(i)].dtype()) ? ContinuedSums::take(i + 1) : Tensor());
  std::vector<BranchFunction> backward;
  for (GraphFunction* f : branches)
    backward.push_back([&, f] { return branch_backward(*f, level, wanted, grads, inputs, outputs, sums); });
  std::vector<Tensor> results = is_if(c.op()) ? cond(c.input(0), backward[0], backward[1]) : switch_case(c.input(0), backward);
  std::vector<Tensor> out(size_t(c.num_inputs()));
  for (size_t i = 0; i < wanted.size(); ++i) out[size_t(wanted[i]) + 1] = results[i];
  return out;
}

constexpr const char* kIf = "cond: Tcond, input: list(Tin) -> output: list(Tout)";
constexpr const char* kIfAttrs =
    "Tcond: type; Tin: list(type); Tout: list(type); then_branch: func; else_branch: func; output_shapes: list(shape) = []";
constexpr const char* kCase = "branch_index: int32, input: list(Tin) -> output: list(Tout)";
constexpr const char* kCaseAttrs = "Tin: list(type); Tout: list(type); branches: list(func); output_shapes: list(shape) = []";

constexpr OpDef row(const char* name, const char* signature, const char* attrs, bool stateful) {
  return {.name = name, .signature = signature, .attrs = attrs, .shape = branch_shape, .gradient = branch_gradient,
          .kernel = branch_kernel, .traits = {.stateful = stateful, .reads_only = stateful}};
}
/// If: Calls one of two functions by a condition; what they do may have effects.
/// StatelessIf: Calls one of two functions, which have no effects, by a condition.
/// Case: Calls one of several functions by its index, the last one for an index out of range; what they do may have effects.
/// StatelessCase: Calls one of several functions, which have no effects, by its index, the last one for an index out of range.
constexpr OpDef kOps[] = {
    row("If", kIf, kIfAttrs, true),
    row("StatelessIf", kIf, kIfAttrs, false),
    row("Case", kCase, kCaseAttrs, true),
    row("StatelessCase", kCase, kCaseAttrs, false),
};

}  // namespace
RUNNEL_OPS(control_branch, kOps)

}  // namespace runnel::inline v0
