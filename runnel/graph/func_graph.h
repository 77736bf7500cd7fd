// FuncGraph: the graph of a function while it is traced: its arguments are placeholders, and what it uses from outside is
// captured as further arguments.
#pragma once

#include <functional>

#include "runnel/graph/graph.h"

namespace runnel::inline v0 {

class FuncGraph : public Graph {
 public:
  /// `outer`: the graph whose tensors may be captured though it is finished (a gradient's forward graph).
  explicit FuncGraph(const std::string& name, Ref<Graph> outer = {});

  /// The one that this thread traces.
  static FuncGraph& current();
  /// The arguments' values in the call that it is traced for: what Variables created in it may start with.
  void set_first_values(std::vector<Tensor> values) { first_values_ = std::move(values); }
  /// An argument.
  Tensor add_input(DType dtype, const PartialShape& shape, const std::string& name);
  /// The argument that stands for `outside`, a tensor of another graph or an eager one; made where there is none yet.
  Tensor capture(const Tensor& outside, const std::string& name = "");
  /// Arguments, then captures.
  const std::vector<Node*>& inputs() const { return inputs_; }
  const std::vector<Tensor>& captures() const { return captures_; }
  /// Arguments in another order, or more of them (functions that take each other's place take the same arguments).
  void set_inputs(std::vector<Node*> inputs) { inputs_ = std::move(inputs); }
  /// No more nodes; what holds other graphs alive is let go. Returns the captures.
  std::vector<Tensor> finish();

  Endpoint resolve(const Tensor& tensor, const std::string& name) override;
  Tensor initial_value(const Tensor& symbolic) override;
  /// What input i (an argument or a capture) is in the call that it is traced for. Throws ValueError where that is not known.
  Tensor first_value(size_t i) const;
  void variable_created() override;
  void variable_read(const Tensor& handle) override;

  int batch_arguments = 0;      ///< So many first arguments have the same first size (scalars apart): the samples of a batch.
  bool relaxed = false;         ///< Passes may change rounding (jit_compile); a part is as what it is a part of.
  bool allow_variables = true;  ///< False: creating a Variable is an error.
  bool created_variables() const { return created_variables_; }

 private:
  struct CaptureKey {
    const void* object;
    int output;
    bool operator==(const CaptureKey&) const = default;
  };
  static CaptureKey key_of(const Tensor& outside);
  bool may_capture_from(const Graph* graph) const;
  bool is_watched(const Tensor& tensor) const;

  Ref<Graph> outer_;
  FuncGraph* parent_;  // the trace that this one is a part of; looked at while tracing only
  std::vector<Recorder*> recorders_;  // of the code around; looked at while tracing only
  std::vector<Node*> inputs_;
  std::vector<Tensor> captures_;
  std::vector<Tensor> first_values_;  // while tracing only
  std::vector<std::pair<CaptureKey, Node*>> captured_;
  bool created_variables_ = false;
};

/// Traces on this thread until it goes; no tape from outside sees what is traced.
class TraceScope {
 public:
  explicit TraceScope(Graph& graph);
  ~TraceScope() { graph_->trace_has_ended(); }

 private:
  Ref<Graph> graph_;
  Scoped<Tracer*> tracer_;
  Scoped<std::vector<Recorder*>> recorders_;
  Scoped<std::string> name_scope_;
  Scoped<std::string> op_name_;
};

}  // namespace runnel::inline v0
