// How a fusion runs: the shapes are looked at when it is called, then the blocks of runtime/cpu do the work.
#include "runnel/graph/fusion/fusion.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/graph/fusion/recipe.cpu.h"
#include "runnel/op/op_context.h"
#include "runnel/ops/math/reduce_shape.h"
#include "runnel/runtime/cpu/fused_loop.h"
#include "runnel/runtime/cpu/row_loop.h"

namespace runnel::inline v0 {

static_assert(Fusion::kMaxInputs == cpu::FusedLoop::kMaxInputs);

struct Fusion::Loop : cpu::FusedLoop {};
struct Fusion::Rows : cpu::RowLoop {};

Fusion::Fusion(std::span<const DType> inputs, int inner)
    : types_(inputs.begin(), inputs.end()), inner_(inner), loop_(std::make_unique<Loop>()), rows_(inner > 0 ? std::make_unique<Rows>() : nullptr) {
  for (DType type : types_) {
    loop_values_.push_back(loop_->input(type));
    if (rows_) row_values_.push_back(rows_->input(type));
  }
}
Fusion::~Fusion() = default;

int Fusion::num_steps() const { return int(steps_.size()); }

int Fusion::add(const Node& node, const std::vector<int>& operands) {
  text_ += cat(text_.empty() ? "" : "+", node.type());
  if (reduces(node)) return add_row_reduction(node, operands[0]);
  if (loop_) loop_values_.push_back(add_step(*loop_, loop_values_, node, operands));
  if (rows_) row_values_.push_back(add_step(*rows_, row_values_, node, operands));
  steps_.push_back({node.op, node.attrs, operands, int(node.inputs.size()), operands.size() > 1 && !broadcasts(*node.op)});
  return int(types_.size() + steps_.size()) - 1;
}

int Fusion::add_step(cpu::FusedSteps& steps, const std::vector<int>& values, const Node& node, const std::vector<int>& operands) {
  Recipe recipe = recipe_of(node);
  RUNNEL_ASSERT(recipe.operands == int(operands.size()));
  auto value = [&](size_t i) { return values[size_t(operands[i])]; };
  if (recipe.is_sum) {
    int sum = value(0);
    for (size_t i = 1; i < operands.size(); ++i) sum = steps.binary(recipe.binary, sum, value(i));
    return sum;
  }
  if (recipe.operands == 1) return steps.unary(recipe.unary, value(0));
  if (recipe.operands == 2) return steps.binary(recipe.binary, value(0), value(1));
  return steps.ternary(recipe.ternary, value(0), value(1), value(2));
}

int Fusion::add_row_reduction(const Node& node, int value) {
  loop_.reset();
  row_values_.push_back(rows_->reduce(cpu::reduction(node.type(), node.dtypes[0]), row_values_[size_t(value)]));
  steps_.push_back({node.op, node.attrs, {value}, 1, false, std::get<Tensor>(*node.inputs[1].node->attrs.find("value"))});
  return int(types_.size() + steps_.size()) - 1;
}

void Fusion::add_reduction(const Node& node, int value) {
  const Tensor& axes = std::get<Tensor>(*node.inputs[1].node->attrs.find("value"));
  int rank = node.inputs[0].node->shapes[size_t(node.inputs[0].output)].rank();
  reduction_ = {node.op, node.attrs, axes, reduction_axes(axes, rank), keeps_dims(node), value};
  loop_->reduce(loop_values_[size_t(value)]);
  if (rows_) reduced_rows_ = rows_->reduce(cpu::reduction(node.type(), node.dtypes[0]), row_values_[size_t(value)]);
  text_ += cat("+", node.type());
}

void Fusion::finish(const std::vector<int>& outputs) {
  outputs_ = outputs;
  for (int output : outputs) {
    if (loop_) loop_->output(loop_values_[size_t(output)]);
    if (rows_) rows_->output(row_values_[size_t(output)]);
  }
  if (reduced_rows_ >= 0) rows_->output(reduced_rows_);
  if (loop_) loop_->finish();
  if (rows_) rows_->finish();
}

bool Fusion::plan(OpContext& c, Shape& dims) const {
  const Shape* lead = &c.input(0).shape();
  for (const Tensor& t : c.inputs())
    if (t.rank() > lead->rank()) lead = &t.shape();
  for (const Tensor& t : c.inputs())
    if (t.rank() > 0 && !(t.shape() == *lead)) return fits(c.inputs(), dims);
  dims = *lead;
  return true;
}

void Fusion::run_apart(OpContext& c) const {
  std::vector<Tensor> values(c.inputs().begin(), c.inputs().end());
  for (const Step& step : steps_) {
    std::vector<Tensor> inputs;
    for (int i = 0; i < step.op_inputs; ++i) inputs.push_back(values[size_t(step.operands[size_t(i)])]);
    if (step.axes) inputs.push_back(step.axes);
    values.push_back(runnel::run(*step.op, inputs, step.attrs));
  }
  for (size_t i = 0; i < outputs_.size(); ++i) c.set_output(int(i), values[size_t(outputs_[i])]);
  if (reduction_.op) c.set_output(int(outputs_.size()), runnel::run(*reduction_.op, {values[size_t(reduction_.value)], reduction_.axes}, reduction_.attrs));
}

namespace {
// Only programs run fusions, and they leave a kernel the last handle of what nobody reads afterwards. Small tensors are made
// faster than looked at.
bool is_given_up(const Tensor& t, DType dtype, const Shape& shape) { return t.buffer() && t.dtype() == dtype && t.is_unique() && t.shape() == shape; }
}  // namespace

// An output of the shape `dims`, in the place of an input that nobody else needs, where there is one.
Tensor Fusion::place(OpContext& c, int output, const Shape& dims, const cpu::FusedSteps& steps) const {
  for (int i = 0; i < c.num_inputs(); ++i)
    if (is_given_up(c.input(i), c.output_dtype(output), dims) && steps.may_overwrite(output, i)) return c.input(i);
  return Tensor(c.output_dtype(output), dims);
}

// Rows are shared out to threads as a whole; the other loop cuts long ones.
bool Fusion::has_enough_rows(const Shape& dims) const {
  constexpr int64_t kFew = 16, kSmall = 65536;
  int64_t cols = 1;
  for (int i = 1; i <= inner_; ++i) cols *= dims.dim(-i);
  return !loop_ || dims.num_elements() <= kSmall || dims.num_elements() >= kFew * cols;
}

bool Fusion::run_rows(OpContext& c) const {
  Shape dims;
  bool whole[kMaxSteps];
  if (!fits_rows(c.inputs(), dims, whole) || !has_enough_rows(dims)) return false;
  cpu::RowLoop::Input inputs[kMaxInputs];
  for (int i = 0; i < c.num_inputs(); ++i) inputs[i] = {c.input(i).raw(), c.input(i).shape().dims()};
  std::vector<Tensor> made;
  void* outputs[kMaxSteps + 1];
  for (int o = 0; o < int(outputs_.size()); ++o) {
    made.push_back(whole[o] ? place(c, o, dims, *rows_) : Tensor(c.output_dtype(o), narrow_shape(dims, inner_).known()));
    outputs[o] = made.back().mutable_raw();
  }
  if (reduction_.op) {
    made.push_back(Tensor(c.output_dtype(int(made.size())), reduced_shape(dims).known()));
    outputs[made.size() - 1] = made.back().mutable_raw();
  }
  if (!rows_->run(std::span(inputs, size_t(c.num_inputs())), dims.dims(), inner_, std::span(outputs, made.size()))) return false;
  for (size_t o = 0; o < made.size(); ++o) c.set_output(int(o), std::move(made[o]));
  return true;
}

void Fusion::run(OpContext& c) const {
  if (rows_ && run_rows(c)) return;
  if (!loop_) return run_apart(c);
  Shape dims;
  if (!plan(c, dims)) return run_apart(c);
  cpu::FusedLoop::Input inputs[kMaxInputs];
  for (int i = 0; i < c.num_inputs(); ++i) inputs[i] = {c.input(i).raw(), c.input(i).shape().dims()};
  void* outputs[kMaxSteps];
  int stored = int(outputs_.size());
  for (int o = 0; o < stored; ++o) {
    Tensor out = place(c, o, dims, *loop_);
    outputs[o] = out.mutable_raw();
    c.set_output(o, std::move(out));
  }
  std::span in(inputs, size_t(c.num_inputs()));
  std::span<void* const> out(outputs, size_t(stored));
  if (!reduction_.op) return void(loop_->run(in, dims.dims(), out));
  Tensor& y = c.allocate(stored, reduced_shape(dims).known());
  cpu::ReduceKernel kernel = cpu::reduction(reduction_.op->name(), y.dtype());
  std::span axes(reduction_.axis_list.data(), size_t(reduction_.axis_list.size()));
  if (!loop_->run_and_reduce(in, dims.dims(), out, kernel, axes, y.mutable_raw())) run_apart(c);
}

namespace {

const Fusion& fusion_of(const AttrReader& c) { return static_cast<const Fusion&>(*c.attr<FunctionAttr>("fusion").function); }

void fused_shape(ShapeContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, fusion_of(c).output_shape(c, i));
}
void fused_kernel(OpContext& c) { fusion_of(c).run(c); }

constexpr OpDef kOps[] = {
    {.name = "_Fused", .signature = "args: list(Tin) -> output: list(Tout)", .attrs = "fusion: func; Tin: list(type); Tout: list(type)",
     .shape = fused_shape, .no_gradient = "the compiler makes it after gradients have been made", .kernel = fused_kernel,
     .traits = {.elementwise = true}},
};

}  // namespace
RUNNEL_OPS(graph_fused, kOps)

}  // namespace runnel::inline v0
