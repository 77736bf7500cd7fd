#include "runnel/graph/derivative.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "runnel/base/error.h"
#include "runnel/base/pointer_map.h"
#include "runnel/ops/indexed_slices.h"

namespace runnel::inline v0 {

bool continues_sum(DType dtype) { return dtype.is_differentiable() && dtype != resource && dtype != variant; }

namespace {

// Replays a graph onto a tape: each endpoint gets one handle, by which the tape knows it.
class Replay {
 public:
  explicit Replay(Graph& graph) : graph_(graph) {
    for (const auto& node : graph.nodes()) record(*node);
  }
  const Tensor& handle(const Tensor& t) { return handles(*t.symbol().node)[size_t(t.symbol().output)]; }
  Tape& tape() { return tape_; }

 private:
  std::vector<Tensor>& handles(Node& node) {
    std::vector<Tensor>& list = handles_[&node];
    while (int(list.size()) < node.num_outputs()) list.push_back(graph_.tensor({&node, int(list.size())}));
    return list;
  }
  void record(Node& node) {
    std::vector<Tensor> inputs;
    for (Endpoint in : node.inputs) inputs.push_back(handles(*in.node)[size_t(in.output)]);
    std::span<const Tensor> outputs = handles(node);
    if (!node.custom_gradient) return tape_.record(*node.op, inputs, node.attrs, outputs);
    size_t count = size_t(node.custom_outputs);
    tape_.record_custom(std::span(inputs).subspan(count), outputs.first(count), node.custom_gradient);
  }

  Graph& graph_;
  Tape tape_{false};
  PointerMap<std::vector<Tensor>> handles_;
};

bool takes_gradient(DType dtype) { return dtype.is_differentiable() && dtype != resource; }

Tensor stand_in(DType dtype) {
  Tensor out(dtype, Shape());
  if (dtype.is_plain()) std::memset(out.mutable_raw(), 0, size_t(out.nbytes()));
  return out;
}

// A derivative, and the values of the forward function that have to become outputs for it.
struct Part {
  Derivative derivative;
  std::vector<Endpoint> more;
};

class Differentiator {
 public:
  Differentiator(GraphFunction& f, Derivative::Kind kind)
      : f_(f), is_loop_(kind == Derivative::kLoop), is_branch_(kind == Derivative::kBranch), count_(f.end(f.levels())) {
    part_.derivative.kind = kind;
  }

  Part differentiate() {
    Traced traced = trace_backward();
    part_.derivative.outputs = count_;
    for (const Tensor& t : traced.captures) part_.derivative.saved.push_back(save(t));
    part_.derivative.backward = traced.function();
    return std::move(part_);
  }

 private:
  Traced trace_backward() {
    FuncGraph& forward = f_.graph();
    auto graph = make_ref<FuncGraph>(unique_function_name("__backward_" + f_.name()), Ref<Graph>(&forward));
    TraceScope scope(*graph);
    std::vector<Tensor> ys, xs, seeds;
    std::vector<int> places;
    for (int i = 0; i < count_; ++i) {
      Tensor y = forward.tensor(f_.outputs()[size_t(i)]);
      if (!takes_gradient(y.dtype())) continue;
      ys.push_back(y);
      seeds.push_back(graph->add_input(y.dtype(), y.partial_shape(), cat("gradients/grad_ys_", i)));
    }
    for (size_t i = 0; i < f_.inputs().size(); ++i) {
      if (!f_.inputs()[i]->dtypes[0].is_differentiable()) continue;
      if (is_branch_ && continues_sum(f_.inputs()[i]->dtypes[0])) {
        ys.push_back(forward.tensor({f_.inputs()[i], 0}));
        seeds.push_back(graph->add_input(ys.back().dtype(), ys.back().partial_shape(), cat("gradients/sums_", i)));
      }
      xs.push_back(forward.tensor({f_.inputs()[i], 0}));
      places.push_back(int(i));
    }
    std::vector<Tensor> grads = graph_gradients(forward, ys, xs, seeds), results;
    for (size_t i = 0; i < grads.size(); ++i) {
      if (!grads[i]) continue;
      results.push_back(dense(grads[i]));  // slices hold tensors of the graph: they cannot leave it
      part_.derivative.grad_inputs.push_back(places[i]);
    }
    return finish_trace(graph, results);
  }
  bool changes_in_loop(int input) const { return is_loop_ && f_.outputs()[size_t(input)] != Endpoint{f_.inputs()[size_t(input)], 0}; }

  Saved save(const Tensor& t) {
    if (!f_.graph().owns(t)) return {Saved::kOutside, 0, t};
    Endpoint e{t.symbol().node, t.symbol().output};
    for (size_t i = 0; i < f_.inputs().size(); ++i)
      if (e == Endpoint{f_.inputs()[i], 0} && !changes_in_loop(int(i))) return {Saved::kInput, int(i)};
    for (size_t i = is_loop_ ? size_t(f_.num_results()) : 0; i < size_t(count_); ++i)
      if (e == f_.outputs()[i]) return {Saved::kOutput, int(i)};
    part_.more.push_back(e);
    return {Saved::kOutput, count_ + int(part_.more.size()) - 1};
  }

  GraphFunction& f_;
  bool is_loop_, is_branch_;
  int count_;
  Part part_;
};

}  // namespace

std::vector<Tensor> graph_gradients(Graph& graph, std::span<const Tensor> ys, std::span<const Tensor> xs, std::span<const Tensor> seeds,
                                    UnconnectedGradients unconnected) {
  Replay replay(graph);
  std::vector<Tensor> targets, sources;
  for (const Tensor& y : ys) targets.push_back(replay.handle(y));
  for (const Tensor& x : xs) sources.push_back(replay.handle(x));
  return replay.tape().gradient(targets, sources, seeds, unconnected);
}

void ensure_level(GraphFunction& f, int level) {
  if (f.levels() >= level) return;
  std::lock_guard lock(f.mutex());
  while (f.levels() < level) {
    Part part = Differentiator(f, Derivative::kCall).differentiate();
    f.add_level(std::move(part.derivative), part.more);
  }
}

void ensure_loop_level(GraphFunction& body, int level) {
  if (body.levels() >= level) return;
  std::lock_guard lock(body.mutex());
  while (body.levels() < level) {
    Part part = Differentiator(body, Derivative::kLoop).differentiate();
    body.add_level(std::move(part.derivative), part.more);
  }
}

namespace {

// The outputs that branch `b` gains: its own, and stand-ins where the others have theirs.
std::vector<Endpoint> joint_outputs(const std::vector<Part>& parts, size_t b, Graph& graph) {
  std::vector<Endpoint> out;
  for (size_t other = 0; other < parts.size(); ++other)
    for (Endpoint e : parts[other].more)
      out.push_back(other == b ? e : graph.constant(stand_in(e.node->dtypes[size_t(e.output)]), "stand_in"));
  return out;
}

void raise_level(std::span<GraphFunction* const> branches) {
  std::vector<Part> parts;
  for (GraphFunction* f : branches) parts.push_back(Differentiator(*f, Derivative::kBranch).differentiate());
  int before = 0;  // how many outputs the branches to the left add
  for (size_t b = 0; b < parts.size(); ++b) {
    for (Saved& saved : parts[b].derivative.saved)
      if (saved.kind == Saved::kOutput && saved.index >= parts[b].derivative.outputs) saved.index += before;
    before += int(parts[b].more.size());
  }
  for (size_t b = 0; b < parts.size(); ++b) {
    std::vector<Endpoint> more = joint_outputs(parts, b, branches[b]->graph());
    branches[b]->add_level(parts[b].derivative, more);
  }
}

}  // namespace

namespace {

// Functions that were differentiated on their own have not the outputs that the others need.
void check_grown_together(std::span<GraphFunction* const> branches) {
  for (const GraphFunction* f : branches) {
    bool alike = f->levels() == branches[0]->levels();
    for (int k = 0; k < f->levels() && alike; ++k) alike = f->derivative(k).kind == Derivative::kBranch;
    if (!alike)
      fail<errors::UnimplementedError>("gradient", cat("a branch was differentiated as a function of its own before: ", f->name()),
                                       {.hint = "differentiate the branch first, or trace the function anew"});
  }
}

}  // namespace

void ensure_level(std::span<GraphFunction* const> branches, int level) {
  std::vector<GraphFunction*> in_order(branches.begin(), branches.end());  // of their addresses: two threads may not wait for each other
  std::sort(in_order.begin(), in_order.end(), std::less<>());
  std::vector<std::unique_lock<std::recursive_mutex>> locks;
  for (GraphFunction* f : in_order) locks.emplace_back(f->mutex());
  check_grown_together(branches);
  while (branches[0]->levels() < level) raise_level(branches);
}

Tensor zeros_for(const Tensor& t) {
  static const Op& op = get_op("ZerosLike");
  if (t.dtype() != resource) return run(op, {t});
  const Tensor* handle = t.is_symbolic() ? t.symbol().constant : &t;
  if (!handle) fail<errors::UnimplementedError>("gradient", "a Variable that is chosen while the graph runs has no zeros");
  return run(op, {Variable::from_handle(*handle).value()});
}

std::vector<Tensor> backward_arguments(const GraphFunction& f, const Derivative& d, std::span<const Tensor> grads,
                                       std::span<const Tensor> inputs, std::span<const Tensor> outputs, std::span<const Tensor> sums) {
  std::vector<Tensor> arguments;
  std::vector<DType> types = f.output_types(d.outputs);
  for (size_t i = 0; i < types.size(); ++i)
    if (takes_gradient(types[i])) arguments.push_back(i < grads.size() && grads[i] ? grads[i] : zeros_for(outputs[i]));
  for (size_t i = 0; i < inputs.size() && d.kind == Derivative::kBranch; ++i)
    if (continues_sum(inputs[i].dtype())) arguments.push_back(i < sums.size() && sums[i] ? sums[i] : zeros_for(inputs[i]));
  for (const Saved& saved : d.saved)
    arguments.push_back(saved.kind == Saved::kOutside ? saved.outside
                                                      : (saved.kind == Saved::kInput ? inputs : outputs)[size_t(saved.index)]);
  return arguments;
}

std::vector<Tensor> spread(const Derivative& d, const std::vector<Tensor>& results, size_t inputs) {
  std::vector<Tensor> out(inputs);
  for (size_t i = 0; i < d.grad_inputs.size(); ++i) out[size_t(d.grad_inputs[i])] = results[i];
  return out;
}

}  // namespace runnel::inline v0
