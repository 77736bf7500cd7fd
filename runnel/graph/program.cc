#include "runnel/graph/program.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/core/named_size.h"
#include "runnel/op/gradient_context.h"

namespace runnel::inline v0 {

Tensor Program::take(const Operand& operand, std::vector<Tensor>& slots) const {
  if (operand.slot < 0) return constants_[size_t(~operand.slot)];
  Tensor& slot = slots[size_t(operand.slot)];
  return operand.last ? std::move(slot) : slot;
}

void Program::call_kernel(const Step& step, std::span<const Tensor> arguments, std::vector<Tensor>& slots) const {
  OpContext context(*step.op, arguments, step.attrs, step.types, step.dtypes, slots.data() + step.first_output);
  if (step.like >= 0) context.set_known_shapes({&arguments[size_t(step.like)].shape(), 1});
  else context.set_known_shapes(step.shapes);
  context.allow_in_place();
  context.set_kept(step.kept);
  run_kernel(*step.op, context);
  for (int slot : step.unused) slots[size_t(slot)] = Tensor();
}

void Program::run_in_order(Frame& frame) const {
  std::vector<Tensor>& arguments = frame.arguments;
  if (arguments.size() < most_inputs_) arguments.resize(most_inputs_);
  for (const Step& step : steps_) {
    size_t count = step.inputs.size();
    for (size_t i = 0; i < count; ++i) arguments[i] = take(step.inputs[i], frame.slots);
    call_kernel(step, std::span(arguments.data(), count), frame.slots);
    for (size_t i = 0; i < count; ++i) arguments[i] = Tensor();
  }
}

namespace {

// Frames that are not in use keep their memory for the next run on this thread.
struct FreeFrames {
  std::vector<std::unique_ptr<Program::Frame>> list;
};
thread_local FreeFrames free_frames;

class BorrowedFrame {
 public:
  BorrowedFrame() {
    std::vector<std::unique_ptr<Program::Frame>>& list = free_frames.list;
    if (list.empty()) {
      frame_ = std::make_unique<Program::Frame>();
      return;
    }
    frame_ = std::move(list.back());
    list.pop_back();
  }
  ~BorrowedFrame() {
    frame_->slots.clear();
    std::fill(frame_->arguments.begin(), frame_->arguments.end(), Tensor());  // of a step that failed
    free_frames.list.push_back(std::move(frame_));
  }
  Program::Frame& operator*() { return *frame_; }

 private:
  std::unique_ptr<Program::Frame> frame_;
};

}  // namespace

std::vector<Tensor> Program::run(std::vector<Tensor> inputs) const {
  RUNNEL_ASSERT(inputs.size() == inputs_);
  EagerScope eager;
  BorrowedFrame borrowed;
  Frame& frame = *borrowed;
  frame.slots.resize(slots_);
  for (size_t i = 0; i < inputs_; ++i)
    if (uses_input_[i]) frame.slots[i] = std::move(inputs[i]);
  inputs.clear();
  if (runs_in_parallel()) run_in_parallel(frame.slots);
  else run_in_order(frame);
  for (const Operand& output : outputs_) inputs.push_back(take(output, frame.slots));
  return inputs;
}

std::vector<Tensor> Program::run_for_caller(std::vector<Tensor> inputs) const {
  std::vector<Tensor> outputs = run(std::move(inputs));
  for (int i : shared_outputs_) outputs[size_t(i)] = outputs[size_t(i)].alias();
  return outputs;
}

/// Builds one Program.
class Compiler {
 public:
  explicit Compiler(FunctionBody body) : body_(std::move(body)) { optimise(body_); }

  std::unique_ptr<Program> compile() {
    for (const Node* node : body_.inputs) first_slot_[node] = next_slot_++;
    program_->inputs_ = body_.inputs.size();
    for (const auto& node : body_.graph->nodes()) add(*node);
    for (Endpoint e : body_.outputs) program_->outputs_.push_back(operand(e));
    program_->slots_ = size_t(next_slot_);
    find_last_uses();
    find_shared_outputs();
    count_uses();
    plan_memory();
    program_->schedule_ = make_schedule(steps_);
    return std::move(program_);
  }

 private:
  void add(const Node& node) {
    if (first_slot_.contains(&node)) return;  // an argument
    if (const Tensor* value = constant_value({const_cast<Node*>(&node), 0})) {
      program_->constants_.push_back(*value);
      first_slot_[&node] = ~int(program_->constants_.size() - 1);
      return;
    }
    std::vector<Tensor> inputs;
    Program::Step step{.op = node.op, .attrs = node.attrs, .dtypes = node.dtypes, .shapes = certain_shapes(node), .node = node.name};
    if (node.num_outputs() == 1) step.like = input_of_same_shape(node);
    for (Endpoint in : node.inputs) {
      inputs.push_back(body_.graph->tensor(in));
      step.inputs.push_back(operand(in));
    }
    step.types = resolve_types(*node.op, inputs, node.attrs);
    step.first_output = next_slot_;
    first_slot_[&node] = next_slot_;
    next_slot_ += node.num_outputs();
    program_->most_inputs_ = std::max(program_->most_inputs_, step.inputs.size());
    program_->steps_.push_back(std::move(step));
    steps_.push_back(&node);
  }
  // The shapes of an elementwise operator depend on nothing but its inputs' shapes: where those are known, so are they.
  static std::vector<Shape> certain_shapes(const Node& node) {
    if (!node.op->def().traits.elementwise || node.num_outputs() != 1 || !node.shapes[0].is_fully_known()) return {};
    for (Endpoint in : node.inputs)
      if (!in.node->shapes[size_t(in.output)].is_fully_known()) return {};
    return {node.shapes[0].known()};
  }
  // Whether each size is the output's, or 1, in every run: then the shape function would find no fault.
  static bool surely_broadcasts(const PartialShape& in, const PartialShape& out) {
    if (!in.has_rank() || in.rank() > out.rank()) return false;
    for (int i = 1; i <= in.rank(); ++i)
      if (in.dim(-i) != 1 && (in.dim(-i) != out.dim(-i) || in.dim(-i) == PartialShape::kUnknown)) return false;
    return true;
  }
  // An elementwise operator's input that has the output's shape, where names tell that shapes fit.
  static int input_of_same_shape(const Node& node) {
    const PartialShape& out = node.shapes[0];
    if (!node.op->def().traits.elementwise || !out.has_rank() || out.is_fully_known()) return -1;
    int like = -1;
    for (size_t i = node.inputs.size(); i-- > 0;) {
      const PartialShape& in = node.inputs[i].node->shapes[size_t(node.inputs[i].output)];
      if (!surely_broadcasts(in, out)) return -1;
      if (surely_equal(in, out)) like = int(i);
    }
    return like;
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
    for (size_t i = 0; i < program_->inputs_; ++i) program_->uses_input_.push_back(used[i]);
  }
  static int64_t bytes_of(Endpoint e) {
    const PartialShape& shape = e.node->shapes[size_t(e.output)];
    DType dtype = e.node->dtypes[size_t(e.output)];
    if (!shape.has_rank() || !dtype.is_plain()) return 0;
    int64_t bytes = dtype.size();
    for (int64_t size : shape) bytes *= is_named(size) ? name_of_size(size).factor * Program::kAssumedSize : size < 0 ? Program::kAssumedSize : size;
    return bytes;
  }
  static bool only_renames(const Node& node) {
    for (const char* type : {"Reshape", "ExpandDims", "Squeeze", "EnsureShape", "Identity"})
      if (is_type(node, type)) return true;
    return false;
  }
  // Follows the sizes through a run, as the executor makes and frees them. The inputs stay: the caller has them as well.
  void plan_memory() {
    int64_t live = 0;
    for (const Node* input : body_.inputs) live += bytes_of({const_cast<Node*>(input), 0});
    program_->peak_bytes_ = live;
    for (size_t s = 0; s < steps_.size(); ++s) {
      const Program::Step& step = program_->steps_[s];
      const Node& node = *steps_[s];
      int64_t made = 0, freed = 0;
      for (int i = 0; i < node.num_outputs(); ++i) made += bytes_of({const_cast<Node*>(&node), i});
      for (size_t i = 0; i < step.inputs.size(); ++i)
        if (step.inputs[i].last && step.inputs[i].slot >= int(program_->inputs_)) freed += bytes_of(node.inputs[i]);
      bool in_place = (node.op->def().traits.elementwise || only_renames(node)) && freed >= made;
      program_->peak_bytes_ = std::max(program_->peak_bytes_, live + (in_place ? 0 : made));
      live += made - freed;
      for (int slot : step.unused) live -= bytes_of({const_cast<Node*>(&node), slot - step.first_output});
    }
  }
  void count_uses() {
    program_->slot_uses_.resize(program_->slots_);
    auto count = [&](const Program::Operand& o) {
      if (o.slot >= 0) ++program_->slot_uses_[size_t(o.slot)];
    };
    for (const Program::Step& step : program_->steps_)
      for (const Program::Operand& o : step.inputs) count(o);
    for (const Program::Operand& o : program_->outputs_) count(o);
  }
  void find_shared_outputs() {
    const std::vector<Program::Operand>& outputs = program_->outputs_;
    for (size_t i = 0; i < outputs.size(); ++i) {
      bool shared = outputs[i].slot < int(program_->inputs_);
      for (size_t j = 0; j < i; ++j) shared |= outputs[j].slot == outputs[i].slot;
      if (shared) program_->shared_outputs_.push_back(int(i));
    }
  }

  FunctionBody body_;
  std::unique_ptr<Program> program_ = std::make_unique<Program>();
  std::vector<const Node*> steps_;
  PointerMap<int> first_slot_;
  int next_slot_ = 0;
};

std::unique_ptr<Program> compile(Graph& graph, std::span<const Node* const> inputs, std::span<const Endpoint> outputs) {
  return Compiler(copy_inlined(graph, inputs, outputs)).compile();
}

}  // namespace runnel::inline v0
