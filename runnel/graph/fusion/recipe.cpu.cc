#include "runnel/graph/fusion/recipe.cpu.h"

#include <algorithm>

#include "runnel/graph/fusion/fusion.h"
#include "runnel/ops/math/reduce_shape.h"
#include "runnel/runtime/cpu/row_loop.h"

namespace runnel::inline v0 {

namespace {

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

}  // namespace

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

bool Fusion::takes(const Node& node) { return node.num_outputs() == 1 && node.shapes[0].has_rank() && recipe_of(node).operands > 0; }

namespace {

bool is_reduction(std::string_view type) { return is_any(type, {"Sum", "Mean", "Prod", "Max", "Min", "EuclideanNorm"}); }
bool has_constant_axes(const Node& node) { return std::string_view(node.inputs[1].node->type()) == "Const"; }

const char* why_not_reduced(const Node& node) {
  if (!cpu::reduction(node.type(), node.dtypes[0])) return "no block kernel for its dtype";
  if (!input_shape(node, 0).has_rank()) return "its rank is known at run time only";
  return has_constant_axes(node) ? "it keeps the last axis, or reduces nothing" : "its axes are known at run time only";
}

}  // namespace

const char* Fusion::refuses(const Node& node) {
  if (takes(node) || reduces(node)) return nullptr;
  std::string_view type = node.type();
  if (is_reduction(type)) return why_not_reduced(node);
  bool elementwise = node.op->def().traits.elementwise || is_any(type, {"Cast", "BiasAdd", "AddN", "SelectV2"});
  if (!elementwise || node.num_outputs() != 1 || node.inputs.empty()) return "not elementwise";
  if (!node.shapes[0].has_rank()) return "its rank is known at run time only";
  if (may_fail(type, input_type(node, 0))) return "it may refuse its numbers";
  if (type == "Cast") return "no block kernel for this cast";
  return type == "BiasAdd" ? "not along the last axis, or the size is unknown" : "no block kernel for its dtypes";
}

bool Fusion::reduces(const Node& node) {
  if (!is_reduction(node.type()) || !cpu::reduction(node.type(), node.dtypes[0])) return false;
  PartialShape in = input_shape(node, 0);
  const Node& axes = *node.inputs[1].node;
  if (!in.has_rank() || in.rank() == 0 || in.dim(-1) == 1 || !has_constant_axes(node)) return false;
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

}  // namespace runnel::inline v0
