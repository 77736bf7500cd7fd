#include "runnel/graph/control/functional.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/op/types.h"

namespace runnel::inline v0 {

int outputs_with_gradient(const GradientContext& c) {
  int count = 0;
  for (int i = 0; i < c.num_outputs(); ++i)
    if (c.has_grad(i)) count = i + 1;
  return count;
}

std::vector<Tensor> gradients_of(const GradientContext& c) {
  std::vector<Tensor> out;
  for (int i = 0; i < c.num_outputs(); ++i) out.push_back(c.has_grad(i) ? c.grad(i) : Tensor());
  return out;
}

Node* node_of(const GradientContext& c) { return c.output(0).is_symbolic() ? c.output(0).symbol().node : nullptr; }

namespace {

// A call that saved too little (more derivatives are taken than its tapes announced) is run again, which must change nothing.
void check_repeatable(const Op& op, const Attrs& attrs) {
  Node node;
  node.op = &op;
  node.attrs = attrs;
  if (runs_once(node))
    fail<errors::UnimplementedError>("gradient", cat(op.name(), " would have to run again for its gradient, with its assignments and random numbers"),
                                     {.hint = "call it inside of as many GradientTapes as derivatives are taken, or take the derivatives in a tf.function"});
}

}  // namespace

std::vector<Tensor> with_outputs(const GradientContext& c, const Op& op, const std::vector<DType>& dtypes,
                                 std::span<const PartialShape> shapes) {
  std::vector<Tensor> out;
  for (int i = 0; i < c.num_outputs(); ++i) out.push_back(c.output(i));
  if (out.size() >= dtypes.size()) return out;
  Node* node = node_of(c);
  if (!node) {
    check_repeatable(c.op(), c.attrs());
    Attrs attrs = c.attrs();
    attrs.set("Tout", dtypes);
    return run_all(op, c.inputs(), attrs);
  }
  auto& graph = static_cast<Graph&>(*c.output(0).symbol().graph);
  size_t have = size_t(node->num_outputs());
  if (have < dtypes.size()) {
    graph.add_outputs(*node, std::span(dtypes).subspan(have), shapes.subspan(have));
    node->attrs.set("Tout", dtypes);
    node->op = &op;
  }
  while (out.size() < dtypes.size()) out.push_back(graph.tensor({node, int(out.size())}));
  return out;
}

std::vector<PartialShape> output_shapes(const GraphFunction& f, int count) {
  std::vector<PartialShape> out;
  for (int i = 0; i < count; ++i) out.push_back(f.output_shape(i));
  return out;
}

namespace {

bool same_source(const Tensor& a, const Tensor& b) {
  if (a.is(b)) return true;
  if (a.is_symbolic() != b.is_symbolic()) return false;
  if (a.is_symbolic()) return a.symbol().node == b.symbol().node && a.symbol().output == b.symbol().output;
  return a.dtype() == resource && b.dtype() == resource && *a.data<ResourceRef>() == *b.data<ResourceRef>();
}

Node* find_capture(const Traced& f, size_t arguments, const Tensor& wanted) {
  for (size_t i = 0; i < f.captures.size(); ++i)
    if (same_source(f.captures[i], wanted)) return f.graph->inputs()[arguments + i];
  return nullptr;
}

}  // namespace

std::vector<Tensor> unify_captures(std::span<Traced> functions, size_t arguments) {
  std::vector<Tensor> all;
  for (const Traced& f : functions)
    for (const Tensor& t : f.captures)
      if (std::none_of(all.begin(), all.end(), [&](const Tensor& u) { return same_source(t, u); })) all.push_back(t);
  for (Traced& f : functions) {
    std::vector<Node*> inputs(f.graph->inputs().begin(), f.graph->inputs().begin() + std::ptrdiff_t(arguments));
    for (const Tensor& t : all) {
      Node* node = find_capture(f, arguments, t);
      inputs.push_back(node ? node : f.graph->placeholder(t.dtype(), t.partial_shape()).symbol().node);
      const Tensor* value = t.is_symbolic() ? t.symbol().constant : &t;
      if (value) inputs.back()->constants = {*value};
    }
    f.graph->set_inputs(std::move(inputs));
  }
  return all;
}

bool is_true(const Tensor& value) {
  if (value.num_elements() != 1 || value.rank() != 0) return value.num_elements() > 0;  // as TensorFlow: not empty
  if (value.dtype() == string) return !value.data<std::string>()->empty();
  bool truth = false;
  dispatch<Plain>(value.dtype(), "If", [&]<class T>() { truth = *value.data<T>() != T(0); });
  return truth;
}

}  // namespace runnel::inline v0
