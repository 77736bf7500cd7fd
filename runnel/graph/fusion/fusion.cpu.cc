// How a fusion runs: the shapes are looked at when it is called, then the blocks of runtime/cpu do the work.
#include "runnel/graph/fusion/fusion.h"

#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/op/op_context.h"
#include "runnel/ops/math/reduce_shape.h"
#include "runnel/runtime/cpu/fused_loop.h"
#include "runnel/runtime/cpu/row_loop.h"

namespace runnel::inline v0 {

static_assert(Fusion::kMaxInputs == cpu::FusedLoop::kMaxInputs);

namespace {

/// The block kernel that computes a node; `operands` 0 where there is none.
struct Recipe {
  int operands = 0;
  bool is_sum = false;  // of all operands, one after the other
  cpu::UnaryKernel unary{};
  cpu::BinaryKernel binary{};
  cpu::TernaryKernel ternary{};
};

DType input_type(const Node& node, size_t i) { return node.inputs[i].node->dtypes[size_t(node.inputs[i].output)]; }
PartialShape input_shape(const Node& node, size_t i) { return node.inputs[i].node->shapes[size_t(node.inputs[i].output)]; }

bool is_any(std::string_view type, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), type) != names.end();
}

// Integer operators that may find something to refuse in their data.
bool may_fail(std::string_view type, DType dtype) {
  return dtype.is_integer() && is_any(type, {"Div", "FloorDiv", "FloorMod", "Mod", "TruncateDiv", "TruncateMod", "Pow"});
}

Recipe as_unary(const cpu::UnaryKernel& kernel) { return {.operands = kernel ? 1 : 0, .unary = kernel}; }
Recipe as_binary(const cpu::BinaryKernel& kernel) { return {.operands = kernel ? 2 : 0, .binary = kernel}; }

Recipe by_name(const Node& node) {
  std::string_view type = node.type();
  DType in = input_type(node, 0);
  if (!node.op->def().traits.elementwise || may_fail(type, in)) return {};
  Recipe found = node.inputs.size() == 1 ? as_unary(cpu::unary(type, in)) : node.inputs.size() == 2 ? as_binary(cpu::binary(type, in)) : Recipe{};
  DType out = found.operands == 1 ? found.unary.out : found.binary.out;
  return found.operands > 0 && out == node.dtypes[0] ? found : Recipe{};
}

// BiasAdd along the last axis, where the sizes are known to agree.
Recipe bias_add(const Node& node) {
  PartialShape value = input_shape(node, 0), bias = input_shape(node, 1);
  const AttrValue* format = node.attrs.find("data_format");
  bool last_axis = !format || std::get<std::string>(*format) == "NHWC";
  bool fits = value.has_rank() && bias.has_rank() && value.rank() >= 2 && bias.rank() == 1 && bias[0] >= 0 && value.dim(-1) == bias[0];
  return last_axis && fits ? as_binary(cpu::binary("AddV2", node.dtypes[0])) : Recipe{};
}

// Halves are added up in float, which single additions do not.
Recipe sum(const Node& node) {
  bool exact = node.dtypes[0] == float32 || node.dtypes[0] == float64 || node.dtypes[0].is_integer();
  if (!exact || node.inputs.size() < 2) return {};
  return {.operands = int(node.inputs.size()), .is_sum = true, .binary = cpu::binary("AddV2", node.dtypes[0])};
}

// The attribute alpha is a number of 32 bits, which no half holds.
Recipe leaky_relu(const Node& node) {
  if (node.dtypes[0] != float32 && node.dtypes[0] != float64) return {};
  if (node.inputs.size() == 1) return as_binary(cpu::binary("LeakyRelu", node.dtypes[0]));
  cpu::TernaryKernel kernel = cpu::ternary("LeakyReluGrad", node.dtypes[0]);
  return {.operands = kernel ? 3 : 0, .ternary = kernel};
}

Recipe select(const Node& node) {
  cpu::TernaryKernel kernel = cpu::ternary("SelectV2", node.dtypes[0]);
  return {.operands = kernel ? 3 : 0, .ternary = kernel};
}

// Floats that no integer holds become what the operator's own kernel makes of them.
Recipe cast(const Node& node) {
  DType from = input_type(node, 0), to = node.dtypes[0];
  return from == to || (from.is_floating() && to.is_integer()) ? Recipe{} : as_unary(cpu::cast(from, to));
}

bool is_computable(DType dtype) { return dtype.is_plain() && !dtype.is_complex(); }

Recipe recipe_of(const Node& node) {
  if (node.inputs.empty() || node.num_outputs() != 1 || !is_computable(node.dtypes[0])) return {};
  for (size_t i = 0; i < node.inputs.size(); ++i)
    if (!is_computable(input_type(node, i))) return {};
  std::string_view type = node.type();
  if (type == "Cast") return cast(node);
  if (type == "BiasAdd") return bias_add(node);
  if (type == "AddN") return sum(node);
  if (type == "SelectV2") return select(node);
  if (is_any(type, {"LeakyRelu", "LeakyReluGrad"})) return leaky_relu(node);
  return by_name(node);
}

bool broadcasts(const Op& op) {
  static const ShapeFn broadcasting = get_op("AddV2").def().shape;
  return op.def().shape == broadcasting || is_any(op.name(), {"SelectV2", "BiasAdd"});
}

}  // namespace

struct Fusion::Loop : cpu::FusedLoop {};
struct Fusion::Rows : cpu::RowLoop {};

bool Fusion::takes(const Node& node) { return node.num_outputs() == 1 && node.shapes[0].has_rank() && recipe_of(node).operands > 0; }

bool Fusion::reduces(const Node& node) {
  if (!is_any(node.type(), {"Sum", "Mean", "Prod", "Max", "Min", "EuclideanNorm"}) || !cpu::reduction(node.type(), node.dtypes[0])) return false;
  PartialShape in = input_shape(node, 0);
  const Node& axes = *node.inputs[1].node;
  if (!in.has_rank() || in.rank() == 0 || in.dim(-1) == 1 || std::string_view(axes.type()) != "Const") return false;
  SmallVector<int, 8> list = reduction_axes(std::get<Tensor>(*axes.attrs.find("value")), in.rank());
  return std::find(list.begin(), list.end(), in.rank() - 1) != list.end();
}

bool Fusion::keeps_dims(const Node& reduction) {
  const AttrValue* keep = reduction.attrs.find("keep_dims");
  return keep && std::get<bool>(*keep);
}

int Fusion::reduced_rows(const Node& node) {
  if (!reduces(node)) return 0;
  int rank = input_shape(node, 0).rank();
  SmallVector<int, 8> axes = reduction_axes(std::get<Tensor>(*node.inputs[1].node->attrs.find("value")), rank);
  int lowest = *std::min_element(axes.begin(), axes.end()), count = int(axes.size());
  return lowest == rank - count && count < rank ? count : 0;
}

Tensor Fusion::extra_operand(const Node& node) {
  if (!is_any(node.type(), {"LeakyRelu", "LeakyReluGrad"})) return Tensor();
  const AttrValue* given = node.attrs.find("alpha");
  float alpha = given ? float(std::get<double>(*given)) : 0.2f;
  return node.dtypes[0] == float64 ? Tensor::scalar(double(alpha)) : Tensor::scalar(alpha);
}

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
  reduction_ = {node.op, node.attrs, axes, reduction_axes(axes, input_shape(node, 0).rank()), keeps_dims(node), value};
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

namespace {

/// The shapes of a fusion's values; those that are equal share their sizes.
class ShapeList {
 public:
  void add(cpu::Extents dims) { shapes_[count_++] = dims; }
  cpu::Extents operator[](int i) const { return shapes_[size_t(i)]; }
  /// Adds the shape to which some of them broadcast; false where they do not.
  bool add_broadcast(std::span<const int> operands, bool equal) {
    cpu::Extents out = shapes_[size_t(operands[0])];
    for (int operand : operands.subspan(1)) {
      cpu::Extents other = shapes_[size_t(operand)];
      if (std::ranges::equal(out, other)) continue;
      if (equal || !broadcast(out, other)) return false;
    }
    add(out);
    return true;
  }

 private:
  // Makes `out` the common shape.
  bool broadcast(cpu::Extents& out, cpu::Extents other) {
    if (other.empty()) return true;
    if (out.empty()) return out = other, true;
    size_t rank = std::max(out.size(), other.size());
    if (used_ + rank > std::size(room_)) return false;
    int64_t* made = room_ + used_;
    for (size_t i = 1; i <= rank; ++i) {
      int64_t a = i <= out.size() ? out[out.size() - i] : 1, b = i <= other.size() ? other[other.size() - i] : 1;
      if (a != b && a != 1 && b != 1) return false;
      made[rank - i] = a == 1 ? b : a;
    }
    cpu::Extents common(made, rank);
    if (std::ranges::equal(common, out)) return true;
    if (std::ranges::equal(common, other)) return out = other, true;
    used_ += rank;
    out = common;
    return true;
  }

  cpu::Extents shapes_[Fusion::kMaxInputs + Fusion::kMaxSteps];
  int64_t room_[512];  // the sizes of shapes that are no operand's
  size_t count_ = 0, used_ = 0;
};

}  // namespace

PartialShape Fusion::narrow_shape(PartialShape dims, int inner) {
  for (int i = 1; i <= inner; ++i) dims.set_dim(-i, 1);
  return dims;
}

// What is reduced has the shape of all rows; every step has that shape, or one number a row, or one at all.
bool Fusion::fits_rows(std::span<const Tensor> inputs, Shape& dims, bool* whole) const {
  ShapeList shapes;
  Shape narrow;
  for (const Tensor& t : inputs) shapes.add(t.shape().dims());
  for (const Step& step : steps_) {
    std::span operands(step.operands.data(), size_t(step.op_inputs));
    if (!step.axes) {
      if (!shapes.add_broadcast(operands, step.equal_shapes)) return false;
      continue;
    }
    cpu::Extents reduced = shapes[operands[0]];
    if (int(reduced.size()) <= inner_ || (dims.rank() > 0 && !std::ranges::equal(dims.dims(), reduced))) return false;
    if (dims.rank() == 0) dims = Shape(Dims(reduced)), narrow = narrow_shape(dims, inner_).known();
    shapes.add(narrow.dims());
  }
  if (reduction_.op && dims.rank() == 0) dims = Shape(Dims(shapes[reduction_.value])), narrow = narrow_shape(dims, inner_).known();
  if (dims.rank() <= inner_ || (reduction_.op && !std::ranges::equal(shapes[reduction_.value], dims.dims()))) return false;
  auto fits = [&](int value) { return std::ranges::equal(shapes[value], dims.dims()) || std::ranges::equal(shapes[value], narrow.dims()); };
  for (const Tensor& t : inputs)
    if (t.rank() > dims.rank()) return false;
  for (size_t s = 0; s < steps_.size(); ++s)
    if (int value = int(types_.size() + s); !fits(value) && !std::ranges::all_of(shapes[value], [](int64_t d) { return d == 1; })) return false;
  for (size_t o = 0; o < outputs_.size(); ++o) whole[o] = std::ranges::equal(shapes[outputs_[o]], dims.dims());
  return std::all_of(outputs_.begin(), outputs_.end(), fits);
}

// The shapes of all steps; every output must have the shape of the whole loop.
bool Fusion::fits(std::span<const Tensor> inputs, Shape& dims) const {
  ShapeList shapes;
  for (const Tensor& t : inputs) shapes.add(t.shape().dims());
  for (const Step& step : steps_)
    if (!shapes.add_broadcast(std::span(step.operands.data(), size_t(step.op_inputs)), step.equal_shapes)) return false;
  cpu::Extents all = shapes[reduction_.op ? reduction_.value : outputs_[0]];
  for (int output : outputs_)
    if (!std::ranges::equal(shapes[output], all)) return false;
  for (const Tensor& t : inputs)
    if (t.rank() > int(all.size())) return false;
  dims = Shape(Dims(all));
  return true;
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

PartialShape Fusion::reduced_shape(const PartialShape& dims) const {
  Dims out;
  for (int i = 0; i < dims.rank(); ++i) {
    bool reduced = std::find(reduction_.axis_list.begin(), reduction_.axis_list.end(), i) != reduction_.axis_list.end();
    if (!reduced || reduction_.keep_dims) out.push_back(reduced ? 1 : dims[i]);
  }
  return PartialShape(out);
}

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

PartialShape Fusion::output_shape(ShapeContext& c, int output) const {
  std::vector<PartialShape> shapes;
  for (int i = 0; i < c.num_inputs(); ++i) shapes.push_back(c.input(i));
  for (const Step& step : steps_) {
    PartialShape out = shapes[size_t(step.operands[0])];
    if (step.axes && out.has_rank()) out = narrow_shape(out, inner_);
    for (int i = 1; i < step.op_inputs; ++i) out = broadcast_shapes(out, shapes[size_t(step.operands[size_t(i)])], step.op->name());
    shapes.push_back(out);
  }
  if (output < int(outputs_.size())) return shapes[size_t(outputs_[size_t(output)])];
  PartialShape in = shapes[size_t(reduction_.value)];
  return in.has_rank() ? reduced_shape(in) : in;
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
