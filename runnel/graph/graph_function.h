// GraphFunction: a traced graph with arguments and results, which runs as a compiled Program and can be differentiated.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "runnel/graph/func_graph.h"
#include "runnel/graph/program.h"

namespace runnel::inline v0 {

class GraphFunction;

/// A value that a backward function takes besides the gradients of the results.
struct Saved {
  enum Kind { kInput, kOutput, kOutside };
  Kind kind;
  int index = 0;   ///< Of the forward function's input or output.
  Tensor outside;  ///< A tensor of neither function.
};

/// How the first `outputs` results of a function are differentiated.
struct Derivative {
  enum Kind { kCall, kBranch, kLoop };
  Kind kind = kCall;             ///< What it was made for; that of a branch also takes the inputs' sums so far.
  int outputs = 0;
  Ref<GraphFunction> backward;   ///< (gradients of the differentiable outputs..., saved...) -> gradients of some inputs.
  std::vector<Saved> saved;
  std::vector<int> grad_inputs;  ///< Which input each result of `backward` belongs to.
};

/// What k derivatives of a function need: its outputs at level k. Nothing of it changes once other threads can see it.
struct FunctionLevel {
  explicit FunctionLevel(std::vector<Endpoint> endpoints);
  ~FunctionLevel();
  int end() const { return int(outputs.size()); }

  const std::vector<Endpoint> outputs;
  std::vector<DType> types;
  std::vector<PartialShape> shapes;
  Derivative derivative;  ///< How the outputs are differentiated: there once `above` is.
  std::atomic<FunctionLevel*> above{nullptr};
  mutable std::atomic<const Program*> program{nullptr};  ///< Computes all outputs: there once somebody has run it.
};

/// Threads may call, differentiate and compile one function at the same time: what grows does so under the mutex, and is read without.
class GraphFunction : public RefCounted {
 public:
  GraphFunction(const std::string& name, Ref<FuncGraph> graph, std::vector<Endpoint> outputs);

  const std::string& name() const { return name_; }
  FuncGraph& graph() const { return *graph_; }
  const std::vector<Node*>& inputs() const { return graph_->inputs(); }
  /// What the traced code returned, then values that gradients need, as they became known.
  const std::vector<Endpoint>& outputs() const { return level(levels()).outputs; }
  int num_results() const { return first_.end(); }
  Effect effect() const { return effect_; }
  /// Whether a loop is in it, or in a function that it calls: nobody knows how long a call takes.
  bool has_loop() const { return has_loop_; }
  /// Whether it runs code of the host program (tf.py_function).
  bool calls_host() const { return calls_host_; }
  /// Whether a second run could give something else, or change something: it assigns or draws random numbers.
  bool runs_once() const { return runs_once_; }

  /// The program that computes the first `count` outputs; compiled at its first use.
  const Program& program(int count) const;
  const Program& program() const { return program(num_results()); }

  FunctionAttr attr() { return {name_, Ref<RefCounted>(this)}; }
  std::vector<DType> input_types() const;
  std::vector<DType> output_types(int count) const;
  const PartialShape& output_shape(int i) const { return level(level_of(i + 1)).shapes[size_t(i)]; }

  /// Level k: the results can be differentiated k times. Its outputs are the first end(k).
  int levels() const;
  int end(int k) const { return level(k).end(); }
  /// The lowest level with at least `count` outputs.
  int level_of(int count) const;
  /// How the outputs of a level are differentiated. The level above exists.
  const Derivative& derivative(int k) const { return level(k).derivative; }
  void add_level(Derivative derivative, std::span<const Endpoint> more_outputs);
  std::recursive_mutex& mutex() const { return mutex_; }

 private:
  const FunctionLevel& level(int k) const;

  std::string name_;
  Ref<FuncGraph> graph_;
  FunctionLevel first_;
  Effect effect_ = Effect::kNone;
  bool has_loop_ = false;
  bool calls_host_ = false;
  bool runs_once_ = false;
  mutable std::recursive_mutex mutex_;
  mutable std::map<int, std::unique_ptr<Program>> programs_;  // guarded by the mutex
};

GraphFunction& function_of(const FunctionAttr& attr);
/// Whether the node, or a function that it calls, runs code of the host program.
bool calls_host(const Node& node);
/// Whether the node, or a function that it calls, assigns or draws random numbers. What reads a Variable does not.
bool runs_once(const Node& node);

struct Argument {
  DType dtype;
  PartialShape shape;
  std::string name;
};
/// A trace that has ended. `captures` are further arguments: what the code used from outside.
struct Traced {
  Ref<FuncGraph> graph;
  std::vector<Endpoint> outputs;
  std::vector<Tensor> captures;
  Ref<GraphFunction> function() const { return make_ref<GraphFunction>(graph->name(), graph, outputs); }
};
using TracedBody = std::function<std::vector<Tensor>(const std::vector<Tensor>& arguments)>;
/// Traces `body`, which gets the symbolic arguments.
Traced trace_function(const std::string& name, std::span<const Argument> arguments, const TracedBody& body);
/// Ends a trace with Identity nodes for the results, named as TensorFlow's.
Traced finish_trace(Ref<FuncGraph> graph, std::span<const Tensor> results);
/// "name_7": a name that no other function of the process has.
std::string unique_function_name(const std::string& base);

/// How many derivatives the tapes of this thread may ask for of what takes these inputs.
int wanted_order(std::span<const Tensor> inputs);

/// Calls a function: runs its program, or adds a PartitionedCall to the graph that is being traced. Tapes see one call.
std::vector<Tensor> call_function(const Ref<GraphFunction>& function, std::vector<Tensor> inputs);

/// The value of an endpoint in the call that the graph is traced for, computed now.
Tensor evaluate_now(FuncGraph& graph, Endpoint endpoint);

}  // namespace runnel::inline v0
