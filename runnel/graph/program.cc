#include "runnel/graph/program.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/base/pointer_map.h"
#include "runnel/graph/func_graph.h"
#include "runnel/op/gradient_context.h"

namespace runnel::inline v0 {

Tensor Program::take(const Operand& operand, std::vector<Tensor>& slots) const {
  if (operand.slot < 0) return constants_[size_t(~operand.slot)];
  Tensor& slot = slots[size_t(operand.slot)];
  return operand.last ? std::move(slot) : slot;
}

void Program::run_step(const Step& step, std::vector<Tensor>& slots, std::vector<Tensor>& arguments) const {
  size_t count = step.inputs.size();
  for (size_t i = 0; i < count; ++i) arguments[i] = take(step.inputs[i], slots);
  OpContext context(*step.op, std::span(arguments.data(), count), step.attrs, step.types, step.dtypes, slots.data() + step.first_output);
  run_kernel(*step.op, context);
  for (size_t i = 0; i < count; ++i) arguments[i] = Tensor();
  for (int slot : step.unused) slots[size_t(slot)] = Tensor();
}

std::vector<Tensor> Program::run(std::vector<Tensor> inputs) const {
  RUNNEL_ASSERT(inputs.size() == inputs_);
  EagerScope eager;
  std::vector<Tensor> slots = std::move(inputs), arguments(most_inputs_);
  slots.resize(slots_);
  for (int i : unused_inputs_) slots[size_t(i)] = Tensor();
  for (const Step& step : steps_) run_step(step, slots, arguments);
  std::vector<Tensor> outputs;
  outputs.reserve(outputs_.size());
  for (const Operand& output : outputs_) outputs.push_back(take(output, slots));
  return outputs;
}

/// Builds one Program.
class Compiler {
 public:
  Compiler(Graph& graph, std::span<const Node* const> inputs, std::span<const Endpoint> outputs)
      : graph_(graph), inputs_(inputs), outputs_(outputs) {}

  std::unique_ptr<Program> compile() {
    mark_needed();
    number_inputs();
    for (const auto& node : graph_.nodes())
      if (needed_.contains(node.get())) add(*node);
    for (Endpoint e : outputs_) program_->outputs_.push_back(operand(e));
    program_->slots_ = size_t(next_slot_);
    find_last_uses();
    return std::move(program_);
  }

 private:
  void need(const Node* node) {
    if (needed_.contains(node)) return;
    needed_[node] = true;
    waiting_.push_back(node);
  }
  void mark_needed() {
    for (Endpoint e : outputs_) need(e.node);
    bool is_function = dynamic_cast<FuncGraph*>(&graph_);  // in other graphs only what is fetched runs, and what it waits for
    for (const auto& node : graph_.nodes())
      if (is_function && effect_of(*node) == Effect::kWrites) need(node.get());
    while (!waiting_.empty()) {
      const Node* node = waiting_.back();
      waiting_.pop_back();
      for (Endpoint in : node->inputs) need(in.node);
      for (const Node* before : node->control_inputs)
        if (!is_function) need(before);
    }
  }
  void number_inputs() {
    for (const Node* node : inputs_) first_slot_[node] = next_slot_++;
    program_->inputs_ = inputs_.size();
  }
  void add(const Node& node) {
    if (first_slot_.contains(&node)) return;  // an argument
    if (std::string_view(node.type()) == "Const") {
      program_->constants_.push_back(std::get<Tensor>(*node.attrs.find("value")));
      first_slot_[&node] = ~int(program_->constants_.size() - 1);
      return;
    }
    std::vector<Tensor> inputs;
    Program::Step step{.op = node.op, .attrs = node.attrs, .dtypes = node.dtypes, .node = node.name.c_str()};
    for (Endpoint in : node.inputs) {
      inputs.push_back(graph_.tensor(in));
      step.inputs.push_back(operand(in));
    }
    step.types = resolve_types(*node.op, inputs, node.attrs);
    step.first_output = next_slot_;
    first_slot_[&node] = next_slot_;
    next_slot_ += node.num_outputs();
    program_->most_inputs_ = std::max(program_->most_inputs_, step.inputs.size());
    program_->steps_.push_back(std::move(step));
  }
  Program::Operand operand(Endpoint e) const {
    int first = *first_slot_.find(e.node);
    return {first < 0 ? first : first + e.output};
  }
  // From the end: the first use met is the last in time. A step that reads a slot twice gives it up at the later input.
  void find_last_uses() {
    std::vector<char> used(program_->slots_, 0);
    auto visit = [&](Program::Operand& o) {
      if (o.slot >= 0) o.last = !std::exchange(used[size_t(o.slot)], 1);
    };
    for (size_t i = program_->outputs_.size(); i-- > 0;) visit(program_->outputs_[i]);
    for (size_t s = program_->steps_.size(); s-- > 0;) {
      Program::Step& step = program_->steps_[s];
      for (int i = 0; i < int(step.dtypes.size()); ++i)
        if (!used[size_t(step.first_output + i)]) step.unused.push_back(step.first_output + i);
      for (size_t i = step.inputs.size(); i-- > 0;) visit(step.inputs[i]);
    }
    for (size_t i = 0; i < program_->inputs_; ++i) {
      program_->uses_input_.push_back(used[i]);
      if (!used[i]) program_->unused_inputs_.push_back(int(i));
    }
  }

  Graph& graph_;
  std::span<const Node* const> inputs_;
  std::span<const Endpoint> outputs_;
  std::unique_ptr<Program> program_ = std::make_unique<Program>();
  PointerMap<bool> needed_;
  std::vector<const Node*> waiting_;
  PointerMap<int> first_slot_;
  int next_slot_ = 0;
};

std::unique_ptr<Program> compile(Graph& graph, std::span<const Node* const> inputs, std::span<const Endpoint> outputs) {
  return Compiler(graph, inputs, outputs).compile();
}

}  // namespace runnel::inline v0
