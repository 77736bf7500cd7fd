// Graph: operator calls that were traced instead of run, as nodes in the order of their creation.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "runnel/graph/graph_errors.h"
#include "runnel/op/context.h"
#include "runnel/op/op.h"
#include "runnel/op/partial_value.h"

namespace runnel::inline v0 {

class Graph;

/// Output `output` of a node.
struct Endpoint {
  Node* node = nullptr;
  int output = 0;
  bool operator==(const Endpoint&) const = default;
};

/// What running a node does to the world: nothing, it looks at state, or it changes state.
enum class Effect { kNone, kReads, kWrites };

struct Node {
  const Op* op = nullptr;
  std::string name;
  std::vector<Endpoint> inputs;
  std::vector<Node*> control_inputs;  ///< Run before this node.
  Attrs attrs;
  std::vector<DType> dtypes;          ///< Of the outputs, as are the next two.
  std::vector<PartialShape> shapes;
  std::vector<Tensor> constants;      ///< Values that are known while tracing; empty Tensors (or no list) where not.
  std::vector<Tensor> partial_values; ///< What else is known: see op/partial_value.h. No list where nothing is.
  Backward custom_gradient;           ///< Of an IdentityN(outputs..., inputs...) that stands for a custom_gradient.
  int custom_outputs = 0;

  const char* type() const { return op->name(); }
  int num_outputs() const { return int(dtypes.size()); }
  const Tensor* constant(int output) const { return value_in(constants, output); }
  const Tensor* partial_value(int output) const { return value_in(partial_values, output); }

 private:
  static const Tensor* value_in(const std::vector<Tensor>& list, int output) {
    return size_t(output) < list.size() && list[size_t(output)] ? &list[size_t(output)] : nullptr;
  }
};

Effect effect_of(const Node& node);

class Graph : public RefCounted, public Tracer, public KeepsPartialValues {
 public:
  explicit Graph(std::string name = "graph") : name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }
  /// nullptr where there is none of that name.
  Node* find(std::string_view name) const;
  /// The symbolic tensor that stands for an endpoint of this graph.
  Tensor tensor(Endpoint endpoint);
  bool owns(const Tensor& tensor) const { return tensor.is_symbolic() && tensor.symbol().graph.get() == this; }

  /// A node without inputs whose value a run gets from outside.
  Tensor placeholder(DType dtype, const PartialShape& shape, const std::string& name = "Placeholder");
  Endpoint constant(const Tensor& value, const std::string& name = "Const");
  Node& add_node(const Op& op, const std::string& name, std::vector<Endpoint> inputs, Attrs attrs, std::span<const DType> dtypes,
                 std::vector<PartialShape> shapes);
  /// Gives a node more outputs (the values that its gradient needs).
  void add_outputs(Node& node, std::span<const DType> dtypes, std::span<const PartialShape> shapes);
  /// Removes all other nodes. Nothing may refer to them.
  void keep_only(const std::function<bool(const Node&)>& keep);
  /// The nodes from position `first` on take their place in front of `node`.
  void move_before(const Node& node, size_t first);
  /// Puts all nodes into this order.
  void set_order(std::span<Node* const> order);
  /// `tensor` as an endpoint of this graph: its own, a constant, or captured from outside.
  virtual Endpoint resolve(const Tensor& tensor, const std::string& name = "Const");
  /// name, name_1, name_2, ...: the first that is free, inside the thread's name scope.
  std::string unique_name(const std::string& base);

  void trace(const Op& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<const DType> dtypes,
             std::span<Tensor> outputs) override;
  std::vector<Tensor> trace_custom(std::span<const Tensor> inputs, std::span<const Tensor> outputs, Backward backward) override;
  const Tensor* known_part(const detail::Symbol& symbol) const override { return symbol.node->partial_value(symbol.output); }

  /// Nodes that every node traced from now on waits for (tf.control_dependencies).
  std::vector<Node*>& control_scope() { return control_scope_; }
  /// Called when this trace has ended, for what must hold tensors of the graph no longer.
  void at_end(std::function<void()> f) { at_end_.push_back(std::move(f)); }
  void trace_has_ended();
  /// A finished graph takes no more nodes.
  bool is_finished() const { return finished_; }
  [[noreturn]] void fail_out_of_scope(const Tensor& tensor) const;

 protected:
  bool finished_ = false;

 private:
  void order_effects(Node& node);
  std::string next_name(const Op& op);

  std::string name_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::unordered_map<std::string, Node*> by_name_;
  std::unordered_map<std::string, int> name_counts_;
  std::vector<Node*> control_scope_;
  std::vector<std::function<void()>> at_end_;
  Node* last_effect_ = nullptr;                                // of those that touch no resource of their own
  std::vector<std::pair<Endpoint, Node*>> last_on_resource_;   // of each resource
};

/// Makes the static shape of a symbolic tensor (and of its node) more specific. ValueError where the two contradict.
void refine_shape(const Tensor& symbolic, const PartialShape& shape);

/// A constant of the graph that this thread traces; the tensor itself where none is traced.
Tensor in_graph(const Tensor& value);

/// The graph that this thread traces, or nullptr.
Graph* current_graph();

/// "Tensor("pow:0", shape=(), dtype=float32)" needs the name: "pow:0".
std::string name_of(const Tensor& symbolic);

/// Runs without tracing and recording: for code in the middle of a trace that computes now (tf.init_scope).
class EagerScope {
 public:
  EagerScope();

 private:
  Scoped<Tracer*> tracer_;
  Scoped<std::vector<Recorder*>> recorders_;
};

}  // namespace runnel::inline v0
