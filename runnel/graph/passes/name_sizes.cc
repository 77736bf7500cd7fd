// The shape functions run once more, over shapes whose unknown sizes have names, and over what is known of tensors that hold
// sizes (op/partial_value.h): a vector made of "the batch, 28, 64" gives a reshaped tensor the batch's name.
#include "runnel/base/error.h"
#include "runnel/core/named_size.h"
#include "runnel/graph/passes/passes.h"
#include "runnel/op/shape_inference.h"

namespace runnel::inline v0 {

namespace {

class Namer {
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

 private:
  void visit(Node& node) {
    std::vector<Tensor> inputs;
    for (Endpoint in : node.inputs) inputs.push_back(body_.graph->tensor(in));
    if (!inputs.empty()) infer(node, inputs);
    for (PartialShape& shape : node.shapes)
      for (int i = 0; shape.has_rank() && i < shape.rank(); ++i)
        if (shape[i] == PartialShape::kUnknown) shape.set_dim(i, named_size(next_++));
    if (!node.constant(0)) node.partial_values = infer_values(*node.op, inputs, node.attrs, node.dtypes, node.shapes, true);
  }
  void infer(Node& node, const std::vector<Tensor>& inputs) const {
    try {
      std::vector<PartialShape> found = infer_shapes(*node.op, inputs, node.attrs, node.num_outputs());
      for (size_t i = 0; i < found.size(); ++i) node.shapes[i] = node.shapes[i].merge_with(found[i]);
    } catch (const Error&) {  // the run will report it
    }
  }

  FunctionBody& body_;
  int64_t next_ = 1;
};

}  // namespace

void name_sizes(FunctionBody& body) { Namer(body).run(); }

}  // namespace runnel::inline v0
