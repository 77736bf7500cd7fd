// The shape functions run once more, over shapes whose unknown sizes have names, and over what is known of tensors that hold
// sizes: a vector made of "the batch, 28, 64" gives a reshaped tensor the batch's name.
#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/core/named_size.h"
#include "runnel/graph/passes/passes.h"
#include "runnel/op/shape_inference.h"
#include "runnel/ops/array/ints.h"

namespace runnel::inline v0 {

namespace {

constexpr int64_t kMostSizes = 64;  // of one tensor

class Namer : public KnownSizes {
 public:
  explicit Namer(FunctionBody& body) : body_(body) {}

  void run() {
    int64_t batch = named_size(next_++);
    for (size_t i = 0; i < body_.inputs.size(); ++i) {
      PartialShape& shape = body_.inputs[i]->shapes[0];
      bool is_batch = int(i) < body_.graph->batch_arguments && shape.has_rank() && shape.rank() > 0 && shape[0] < 0;
      if (is_batch) shape.set_dim(0, batch);
    }
    for (const auto& node : body_.graph->nodes()) visit(*node);
  }

  const Dims* find(const Tensor& t) const override { return t.is_symbolic() ? sizes_of({t.symbol().node, t.symbol().output}) : nullptr; }

 private:
  void visit(Node& node) {
    if (!node.inputs.empty()) infer(node);
    for (PartialShape& shape : node.shapes)
      for (int i = 0; shape.has_rank() && i < shape.rank(); ++i)
        if (shape[i] == PartialShape::kUnknown) shape.set_dim(i, named_size(next_++));
    if (node.num_outputs() == 1 && (node.dtypes[0] == int32 || node.dtypes[0] == int64)) follow(node);
  }

  void infer(Node& node) {
    std::vector<Tensor> inputs;
    for (Endpoint in : node.inputs) inputs.push_back(body_.graph->tensor(in));
    try {
      std::vector<PartialShape> found = infer_shapes(*node.op, inputs, node.attrs, node.num_outputs(), *this);
      for (size_t i = 0; i < found.size(); ++i) node.shapes[i] = node.shapes[i].merge_with(found[i]);
    } catch (const Error&) {  // the run will report it
    }
  }

  const Dims* sizes_of(Endpoint e) const { return e.output == 0 ? sizes_.find(e.node) : nullptr; }

  /// What is known of the sizes that the node gives.
  void follow(Node& node) {
    std::string_view type = node.type();
    if (type == "Shape" && shape_of(node.inputs[0]).has_rank()) sizes_[&node] = shape_of(node.inputs[0]).dims();
    else if (type == "Pack" || type == "ConcatV2") follow_moves(node, type == "Pack" ? node.inputs.size() : node.inputs.size() - 1);
    else if (is_move(type)) follow_moves(node, 1);
    else if (type == "Mul" || type == "AddV2") follow_arithmetic(node, type == "Mul");
  }
  static bool is_move(std::string_view type) {
    constexpr std::string_view kMoves[] = {"GatherV2", "StridedSlice", "Slice", "Identity", "ExpandDims", "Squeeze", "Reshape", "Cast"};
    return std::find(std::begin(kMoves), std::end(kMoves), type) != std::end(kMoves);
  }
  static PartialShape shape_of(Endpoint e) { return e.node->shapes[size_t(e.output)]; }

  static const Tensor* known_value(Endpoint e) {
    const Tensor* value = constant_value(e);
    return value ? value : e.node->constant(e.output);
  }

  /// The sizes of an endpoint as a tensor of its shape; none where nothing is known.
  Tensor as_tensor(Endpoint e) const {
    if (const Tensor* value = known_value(e)) return value->num_elements() <= kMostSizes ? int_values(*value) : Tensor();
    const Dims* sizes = sizes_of(e);
    if (!sizes || !shape_of(e).is_fully_known()) return {};
    return int_vector(int64, *sizes).reshaped(shape_of(e).known());
  }
  static Tensor int_values(const Tensor& t) {
    if (t.dtype() != int32 && t.dtype() != int64) return {};
    return int_vector(int64, read_ints(t)).reshaped(t.shape());
  }

  /// An operator that moves the elements of its first `count` inputs moves names as well.
  void follow_moves(Node& node, size_t count) {
    bool any = false;
    std::vector<Tensor> inputs;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      any |= sizes_of(node.inputs[i]) != nullptr;
      const Tensor* known = known_value(node.inputs[i]);
      inputs.push_back(i < count ? as_tensor(node.inputs[i]) : known ? *known : Tensor());
      if (!inputs.back()) return;
    }
    if (!any) return;
    if (is_type(node, "Cast")) return keep(node, inputs[0]);
    try {
      EagerScope eager;
      keep(node, runnel::run(*node.op, inputs, without_types(node.attrs)));
    } catch (const Error&) {
    }
  }
  static Attrs without_types(const Attrs& attrs) {
    Attrs out;
    for (const NamedAttr& attr : attrs)
      if (!std::holds_alternative<DType>(attr.value)) out.set(attr.name, attr.value);
    return out;
  }
  void keep(const Node& node, const Tensor& sizes) {
    Dims dims = read_ints(sizes);
    bool valid = std::all_of(dims.begin(), dims.end(), [](int64_t d) { return d >= -1 || is_named(d); });
    if (valid) sizes_[&node] = dims;
  }
  /// Products and sums, element by element; a sum has a name where one side is 0.
  void follow_arithmetic(const Node& node, bool is_product) {
    Tensor a = as_tensor(node.inputs[0]), b = as_tensor(node.inputs[1]);
    if (!a || !b || a.num_elements() != b.num_elements()) return;
    Dims x = read_ints(a), y = read_ints(b);
    for (int i = 0; i < x.size(); ++i) x[i] = is_product ? product_of_sizes(x[i], y[i]) : sum_of_sizes(x[i], y[i]);
    sizes_[&node] = x;
  }
  static int64_t sum_of_sizes(int64_t a, int64_t b) {
    if (a == 0 || b == 0) return a + b;
    return a > 0 && b > 0 ? a + b : PartialShape::kUnknown;
  }

  FunctionBody& body_;
  PointerMap<Dims> sizes_;
  int64_t next_ = 1;
};

}  // namespace

void name_sizes(FunctionBody& body) { Namer(body).run(); }

}  // namespace runnel::inline v0
