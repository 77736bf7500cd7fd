// Rules that change rounding, for jit_compile=True. eps is the distance from 1 to the next number of the dtype.
//
//   x / c, c constant               ->  x * (1 / c)            within 1 eps of x / c, relative
//   x / y, y one number a row       ->  x * (1 / y)            within 1 eps
//   x / sqrt(v)                     ->  x * rsqrt(v)           within 2 eps
//   (x * c) * d, c and d numbers    ->  x * (c * d)            within 1 eps, where nothing overflows between
//   (x + b) + c, b and c rows       ->  x + (b + c)            within 1 eps of |b| + |c|
//   pow(x, 2), 3, 1/2, -1/2, -1     ->  products and roots     within 2 eps; pow(-inf, 1/2) is NaN then
//   x + zeros                       ->  x                      exact but for the sign of zero
//   (conv(x, w) [+ b]) * s          ->  conv(x, w * s) [+ b * s], s a number a channel: batch normalisation at inference;
//                                       within (terms of a sum) * eps of the sum of the terms' magnitudes
#include <algorithm>
#include <cmath>

#include "runnel/graph/passes/passes.h"
#include "runnel/ops/array.h"
#include "runnel/ops/math.h"

namespace runnel::inline v0 {

namespace {

PartialShape shape_of(Endpoint e) { return e.node->shapes[size_t(e.output)]; }
DType dtype_of_value(Endpoint e) { return e.node->dtypes[size_t(e.output)]; }

// The number that a constant is, where it is one.
bool constant_number(Endpoint e, double& value) {
  const Tensor* t = constant_value(e);
  if (!t || t->num_elements() != 1) return false;
  EagerScope eager;
  value = *cast(*t, float64).data<double>();
  return true;
}

class Relaxer {
 public:
  explicit Relaxer(FunctionBody& body) : body_(body) {
    for (const auto& node : body.graph->nodes()) {
      nodes_.push_back(node.get());
      for (Endpoint in : node->inputs) ++uses_[in.node];
    }
    for (Endpoint e : body.outputs) uses_[e.node] += 2;
  }

  int run() {
    int count = 0;
    for (Node* node : nodes_) {
      if (node->num_outputs() != 1 || (node->dtypes[0] != float32 && node->dtypes[0] != float64)) continue;
      size_t before = body_.graph->nodes().size();
      count += relax(*node);
      if (body_.graph->nodes().size() > before) body_.graph->move_before(*node, before);
    }
    return count + redirect(body_, [&](Node& node) { return without_zeros(node); });
  }

 private:
  bool relax(Node& node) {
    if (is_type(node, "RealDiv")) return divide_by_constant(node) || divide_by_root(node) || divide_rows(node);
    if (is_type(node, "Mul")) return join_factors(node) || scale_filter(node);
    if (is_type(node, "AddV2")) return join_biases(node);
    return is_type(node, "Pow") && power(node);
  }
  bool is_used_once(const Node& node) { return uses_[&node] == 1; }

  // --- new nodes: all take float inputs and give the dtype of their first ---

  Endpoint add(const char* type, std::vector<Endpoint> inputs, const PartialShape& shape) {
    DType dtype = dtype_of_value(inputs[0]);
    return {&body_.graph->add_node(get_op(type), body_.graph->unique_name(type), std::move(inputs), {{"T", dtype}}, std::span(&dtype, 1), {shape}), 0};
  }
  static void become(Node& node, const char* type, std::vector<Endpoint> inputs) {
    node.op = &get_op(type);
    node.inputs = std::move(inputs);
    node.attrs = Attrs{{"T", node.dtypes[0]}};
  }

  bool divide_by_constant(Node& node) {
    const Tensor* divisor = constant_value(node.inputs[1]);
    if (!divisor) return false;
    EagerScope eager;
    Tensor inverse = reciprocal(*divisor), wide = abs(cast(inverse, float64));
    double lowest = node.dtypes[0] == float32 ? 1.2e-38 : 2.3e-308, highest = node.dtypes[0] == float32 ? 3.4e38 : 1.7e308;
    bool normal = std::all_of(wide.data<double>(), wide.data<double>() + wide.num_elements(), [&](double x) { return x >= lowest && x <= highest; });
    if (!normal) return false;
    become(node, "Mul", {node.inputs[0], body_.graph->constant(inverse)});
    return true;
  }
  bool divide_by_root(Node& node) {
    const Node& root = *node.inputs[1].node;
    if (!is_type(root, "Sqrt") || !is_used_once(root)) return false;
    become(node, "Mul", {node.inputs[0], add("Rsqrt", root.inputs, root.shapes[0])});
    return true;
  }
  bool divide_rows(Node& node) {
    PartialShape out = node.shapes[0], divisor = shape_of(node.inputs[1]);
    bool rows = out.has_rank() && divisor.has_rank() && out.rank() > 0 && (divisor.rank() == 0 || divisor.dim(-1) == 1) && out.dim(-1) > 1;
    if (!rows) return false;
    become(node, "Mul", {node.inputs[0], add("Reciprocal", {node.inputs[1]}, divisor)});
    return true;
  }
  bool join_factors(Node& node) {
    for (size_t i : {0, 1}) {
      double outer, inner;
      const Node& product = *node.inputs[1 - i].node;
      if (!is_type(product, "Mul") || !constant_number(node.inputs[i], outer) || shape_of(node.inputs[i]).rank() != 0) continue;
      for (size_t k : {0, 1}) {
        if (!constant_number(product.inputs[k], inner) || shape_of(product.inputs[k]).rank() != 0) continue;
        double factor = std::abs(outer * inner);
        if (!(factor > 1e-30 && factor < 1e30)) return false;
        EagerScope eager;
        become(node, "Mul", {product.inputs[1 - k], body_.graph->constant(cast(Tensor::scalar(outer * inner), node.dtypes[0]))});
        return true;
      }
    }
    return false;
  }
  bool join_biases(Node& node) {
    Node& inner = *node.inputs[0].node;
    if ((!is_type(inner, "AddV2") && !is_type(inner, "BiasAdd")) || !is_used_once(inner)) return false;
    PartialShape first = shape_of(inner.inputs[1]), second = shape_of(node.inputs[1]), out = shape_of(inner.inputs[0]);
    if (!first.is_fully_known() || !(first == second) || !out.has_rank() || out.rank() <= first.rank() || !(out == node.shapes[0])) return false;
    const AttrValue* format = inner.attrs.find("data_format");
    if (format && std::get<std::string>(*format) != "NHWC") return false;
    become(node, "AddV2", {inner.inputs[0], add("AddV2", {inner.inputs[1], node.inputs[1]}, first)});
    return true;
  }
  bool power(Node& node) {
    double exponent;
    if (!constant_number(node.inputs[1], exponent) || shape_of(node.inputs[1]).rank() != 0) return false;
    Endpoint x = node.inputs[0];
    if (exponent == 2) become(node, "Square", {x});
    else if (exponent == 3) become(node, "Mul", {add("Square", {x}, shape_of(x)), x});
    else if (exponent == 0.5) become(node, "Sqrt", {x});
    else if (exponent == -0.5) become(node, "Rsqrt", {x});
    else if (exponent == -1) become(node, "Reciprocal", {x});
    else return false;
    return true;
  }

  std::optional<Endpoint> without_zeros(const Node& node) const {
    if (!is_type(node, "AddV2") && !is_type(node, "Add") && !(is_type(node, "AddN") && node.inputs.size() == 2)) return std::nullopt;
    for (size_t i : {0, 1}) {
      Endpoint kept = node.inputs[1 - i];
      double value;
      bool zeros = is_type(*node.inputs[i].node, "ZerosLike") || (constant_number(node.inputs[i], value) && value == 0);
      if (zeros && shape_of(kept).is_fully_known() && shape_of(kept) == node.shapes[0]) return kept;
    }
    return std::nullopt;
  }

  // The scale of batch normalisation goes into the filter of the convolution before it.
  bool scale_filter(Node& node) {
    for (size_t i : {0, 1}) {
      Node& scaled = *node.inputs[1 - i].node;
      Endpoint scale = node.inputs[i];
      bool has_bias = is_type(scaled, "BiasAdd");
      Node& conv = has_bias ? *scaled.inputs[0].node : scaled;
      if (!is_type(conv, "Conv2D") || !is_used_once(scaled) || !is_used_once(conv) || !is_one_a_channel(conv, scale)) continue;
      Endpoint filter = add("Mul", {conv.inputs[1], scale}, shape_of(conv.inputs[1]));
      Attrs attrs = conv.attrs;
      Endpoint product{&body_.graph->add_node(*conv.op, body_.graph->unique_name(conv.name), {conv.inputs[0], filter}, attrs, conv.dtypes, conv.shapes), 0};
      if (has_bias) become(node, "AddV2", {product, add("Mul", {scaled.inputs[1], scale}, shape_of(scale))});
      else become(node, "Identity", {product});
      return true;
    }
    return false;
  }
  // Whether there is one factor an output channel, and the filter is smaller than what the convolution gives.
  static bool is_one_a_channel(const Node& conv, Endpoint scale) {
    const AttrValue* format = conv.attrs.find("data_format");
    PartialShape out = conv.shapes[0], filter = shape_of(conv.inputs[1]), factors = shape_of(scale);
    if ((format && std::get<std::string>(*format) != "NHWC") || !out.has_rank() || !filter.is_fully_known() || !factors.is_fully_known()) return false;
    if (factors.rank() < 1 || factors.rank() > 4 || factors.num_elements() != filter[3] || factors.dim(-1) != filter[3]) return false;
    return out[1] > 0 && out[2] > 0 && out[1] * out[2] > filter[0] * filter[1] * filter[2];
  }

  FunctionBody& body_;
  std::vector<Node*> nodes_;
  PointerMap<int> uses_;
};

}  // namespace

int relax_arithmetic(FunctionBody& body) { return Relaxer(body).run(); }

}  // namespace runnel::inline v0
