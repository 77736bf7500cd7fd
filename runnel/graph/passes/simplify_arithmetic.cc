#include <algorithm>

#include "runnel/core/named_size.h"
#include "runnel/graph/passes/passes.h"
#include "runnel/op/types.h"

namespace runnel::inline v0 {

namespace {

// True where every element of a constant is `value`.
bool all_are(const Tensor& t, double value) {
  bool same = t.dtype().is_plain() && !t.dtype().is_bool() && t.num_elements() > 0;
  if (!same) return false;
  dispatch<Numeric>(t.dtype(), "simplify", [&]<class T>() {
    same = std::all_of(t.data<T>(), t.data<T>() + t.num_elements(), [&](T x) { return x == T(value); });
    if (value == 0 && t.dtype().is_floating())  // x - (-0) is no identity where x is -0
      dispatch<Floating>(t.dtype(), "simplify", [&]<class F>() {
        same = same && std::all_of(t.data<F>(), t.data<F>() + t.num_elements(), [](F x) { return !std::signbit(double(x)); });
      });
  });
  return same;
}

PartialShape shape_of(Endpoint e) { return e.node->shapes[size_t(e.output)]; }

// The operand that a binary operator leaves as it is: the other one is neutral and does not broadcast it.
std::optional<Endpoint> neutral(const Node& node, int operand, double value) {
  Endpoint kept = node.inputs[size_t(1 - operand)];
  const Tensor* constant = constant_value(node.inputs[size_t(operand)]);
  if (!constant || !all_are(*constant, value)) return std::nullopt;
  if (!surely_equal(shape_of(kept), node.shapes[0])) return std::nullopt;
  return kept;
}

std::optional<Endpoint> simplified(const Node& node) {
  std::string_view type = node.type();
  auto is_input = [&](std::string_view wanted) { return !node.inputs.empty() && is_type(*node.inputs[0].node, wanted); };
  if (type == "Identity" || type == "StopGradient" || type == "PreventGradient" || type == "Snapshot") return node.inputs[0];
  if (type == "Mul") {
    if (auto kept = neutral(node, 1, 1)) return kept;
    return neutral(node, 0, 1);
  }
  if (type == "RealDiv" || type == "Div") return neutral(node, 1, 1);
  if (type == "Sub") return neutral(node, 1, 0);
  if ((type == "Neg" || type == "LogicalNot" || type == "Conj" || type == "Invert") && is_input(type)) return node.inputs[0].node->inputs[0];
  if (type == "Cast" && node.dtypes[0] == node.inputs[0].node->dtypes[size_t(node.inputs[0].output)]) return node.inputs[0];
  bool keeps_shape = type == "Reshape" || type == "BroadcastTo" || type == "EnsureShape";
  if (keeps_shape && surely_equal(shape_of(node.inputs[0]), node.shapes[0])) return node.inputs[0];
  if (type == "Sum" && constant_value(node.inputs[1]) && constant_value(node.inputs[1])->num_elements() == 0) return node.inputs[0];
  return std::nullopt;
}

// Of two reshapes in a row only the second counts.
bool shorten(Node& node) {
  if (!is_type(node, "Reshape") || !is_type(*node.inputs[0].node, "Reshape")) return false;
  node.inputs[0] = node.inputs[0].node->inputs[0];
  return true;
}

}  // namespace

int simplify_arithmetic(FunctionBody& body) {
  int shortened = 0;
  int gone = redirect(body, [&](Node& node) {
    shortened += shorten(node);
    return simplified(node);
  });
  return gone + shortened;
}

}  // namespace runnel::inline v0
