// Graphs for Python: tf.Graph's low level, operations, the attributes of symbolic tensors. runnel/_graph.py puts names on it.
#include "runnel/graph/graph.h"

#include "python/bind.h"
#include "python/casters.h"
#include "runnel/base/error.h"
#include "runnel/graph/concrete_function.h"
#include "runnel/graph/derivative.h"
#include "runnel/graph/graph_def.h"
#include "runnel/graph/text.h"

namespace nb = nanobind;

namespace runnel::python {

namespace {

// Handles by value: the Python objects around them compare by identity of what they refer to.
struct GraphHandle {
  Ref<Graph> graph;
};
struct NodeHandle {
  Ref<Graph> graph;
  Node* node;
};

Graph& graph_of(const Tensor& t) {
  if (!t.is_symbolic()) fail<AttributeError>("", "Tensor.graph is undefined when eager execution is enabled.");
  auto* graph = dynamic_cast<Graph*>(t.symbol().graph.get());
  if (!graph || !t.symbol().node) fail<AttributeError>("", "a Keras tensor belongs to no graph");
  return *graph;
}

nb::object tensor_of_endpoint(const NodeHandle& handle, Endpoint e) { return nb::steal(wrap(handle.graph->tensor(e))); }

nb::list inputs(const NodeHandle& h) {
  nb::list out;
  for (Endpoint e : h.node->inputs) out.append(tensor_of_endpoint(h, e));
  return out;
}
nb::list outputs(const NodeHandle& h) {
  nb::list out;
  for (int i = 0; i < h.node->num_outputs(); ++i) out.append(tensor_of_endpoint(h, {h.node, i}));
  return out;
}

nb::object attr_object(const AttrValue& value);

template <class T>
nb::object list_object(const std::vector<T>& items) {
  nb::list out;
  for (const auto& item : items) out.append(attr_object(AttrValue(T(item))));
  return out;
}

nb::object attr_object(const AttrValue& value) {
  return std::visit(
      []<class T>(const T& v) -> nb::object {
        if constexpr (std::is_same_v<T, std::monostate>) return nb::none();
        else if constexpr (std::is_same_v<T, std::string>) return nb::bytes(v.data(), v.size());
        else if constexpr (std::is_same_v<T, DType>) return nb::steal(wrap(v));
        else if constexpr (std::is_same_v<T, PartialShape>) return nb::steal(wrap(v));
        else if constexpr (std::is_same_v<T, Tensor>) return nb::steal(wrap(v));
        else if constexpr (std::is_same_v<T, FunctionAttr>) return nb::cast(v.name);
        else if constexpr (requires { v.begin(); }) return list_object(v);
        else return nb::cast(v);
      },
      value);
}

// The value of an attribute, also of those that follow from the inputs or have defaults.
nb::object get_attr(const NodeHandle& h, const std::string& name) {
  std::vector<Tensor> in;
  for (Endpoint e : h.node->inputs) in.push_back(h.graph->tensor(e));
  Attrs all = complete_attrs(*h.node->op, in, h.node->attrs);
  const AttrValue* value = all.find(name);
  if (!value) fail<ValueError>("", cat("Operation '", h.node->name, "' has no attr named '", name, "'."));
  return attr_object(*value);
}

nb::list nodes(const GraphHandle& h) {
  nb::list out;
  for (const auto& node : h.graph->nodes()) out.append(NodeHandle{h.graph, node.get()});
  return out;
}

Ref<Graph> current() { return Ref<Graph>(current_graph()); }

class Entered {  // a graph that this thread traces into
 public:
  explicit Entered(const GraphHandle& h) : graph_(h.graph) {}
  void enter() { scope_ = std::make_unique<TraceScope>(*graph_); }
  void leave() { scope_.reset(); }

 private:
  Ref<Graph> graph_;
  std::unique_ptr<TraceScope> scope_;
};

class Lifted {  // code that computes now, in the middle of a trace
 public:
  void enter() { scope_ = std::make_unique<EagerScope>(); }
  void leave() { scope_.reset(); }

 private:
  std::unique_ptr<EagerScope> scope_;
};

std::vector<Tensor> list_of(nb::list items) {
  std::vector<Tensor> out;
  for (nb::handle item : items) out.push_back(item.is_none() ? Tensor() : is_variable(item.ptr()) ? variable_of(item.ptr()).handle() : to_tensor(item.ptr()));
  return out;
}

nb::object gradients(nb::list ys, nb::list xs, nb::list seeds, bool zero) {
  Graph* graph = current_graph();
  if (!graph) fail<RuntimeError>("", "tf.gradients is not supported when eager execution is enabled. Use tf.GradientTape instead.");
  std::vector<Tensor> sources = list_of(xs);
  for (Tensor& x : sources)
    if (!graph->owns(x)) x = graph->tensor(graph->resolve(x));
  std::vector<Tensor> out = graph_gradients(*graph, list_of(ys), sources, list_of(seeds),
                                            zero ? UnconnectedGradients::kZero : UnconnectedGradients::kNone);
  return nb::steal(wrap(out));
}

// Runs a graph for values of some of its nodes: what a session does.
std::vector<Tensor> run_graph(const GraphHandle& h, nb::list fetches, nb::list keys, nb::list values) {
  std::vector<Endpoint> wanted;
  for (const Tensor& t : list_of(fetches)) wanted.push_back({t.symbol().node, t.symbol().output});
  std::vector<const Node*> fed;
  for (const Tensor& t : list_of(keys)) fed.push_back(t.symbol().node);
  return compile(*h.graph, fed, wanted)->run(list_of(values));
}

void bind_nodes(nb::module_& m) {
  nb::class_<NodeHandle>(m, "GraphNode")
      .def_prop_ro("name", [](const NodeHandle& h) { return h.node->name; })
      .def_prop_ro("type", [](const NodeHandle& h) { return h.node->type(); })
      .def_prop_ro("inputs", inputs)
      .def_prop_ro("outputs", outputs)
      .def_prop_ro("control_inputs", [](const NodeHandle& h) {
        nb::list out;
        for (Node* node : h.node->control_inputs) out.append(NodeHandle{h.graph, node});
        return out;
      })
      .def_prop_ro("graph", [](const NodeHandle& h) { return GraphHandle{h.graph}; })
      .def_prop_ro("text", [](const NodeHandle& h) { return node_text(*h.node); })
      .def_prop_ro("id", [](const NodeHandle& h) { return reinterpret_cast<uintptr_t>(h.node); })
      .def("get_attr", get_attr);
}

}  // namespace

void bind_graph(nb::module_& m) {
  nb::class_<GraphHandle>(m, "GraphHandle")
      .def("__init__", [](GraphHandle* self, const std::string& name) { new (self) GraphHandle{make_ref<Graph>(name)}; })
      .def_prop_ro("id", [](const GraphHandle& h) { return reinterpret_cast<uintptr_t>(h.graph.get()); })
      .def_prop_ro("name", [](const GraphHandle& h) { return h.graph->name(); })
      .def_prop_ro("nodes", nodes)
      .def("graph_def",
           [](const GraphHandle& h) {
             std::string bytes = graph_def(*h.graph);
             return nb::bytes(bytes.data(), bytes.size());
           })
      .def_prop_ro("text", [](const GraphHandle& h) { return graph_text(*h.graph); })
      .def_prop_ro("is_function", [](const GraphHandle& h) { return dynamic_cast<FuncGraph*>(h.graph.get()) != nullptr; })
      .def("unique_name", [](const GraphHandle& h, const std::string& base) { return h.graph->unique_name(base); })
      .def("find", [](const GraphHandle& h, const std::string& name) -> nb::object {
        Node* node = h.graph->find(name);
        return node ? nb::cast(NodeHandle{h.graph, node}) : nb::none();
      })
      .def("push_control", [](const GraphHandle& h, nb::list nodes) {
        for (nb::handle node : nodes) h.graph->control_scope().push_back(nb::cast<NodeHandle&>(node).node);
      })
      .def("pop_control", [](const GraphHandle& h, size_t count) { h.graph->control_scope().resize(h.graph->control_scope().size() - count); })
      .def("control_depth", [](const GraphHandle& h) { return h.graph->control_scope().size(); })
      .def("run", run_graph);
  bind_nodes(m);
  nb::class_<Entered>(m, "EnteredGraph").def(nb::init<const GraphHandle&>()).def("enter", &Entered::enter).def("leave", &Entered::leave);
  nb::class_<Lifted>(m, "InitScope").def(nb::init<>()).def("enter", &Lifted::enter).def("leave", &Lifted::leave);
  m.def("parse_graph", [](const std::string& text) { return GraphHandle{parse_graph(text)}; });
  m.def("function_graph", [](const std::string& name) { return GraphHandle{make_ref<FuncGraph>(name)}; });
  m.def("is_stand_in", [](const Tensor& t) { return t.is_symbolic() && !t.symbol().node; });  // for a shape: no graph holds it
  m.def("is_tracing", [] { return thread_context().tracer != nullptr; });
  m.def("current_graph", []() -> nb::object {
    Ref<Graph> graph = current();
    return graph ? nb::cast(GraphHandle{graph}) : nb::none();
  });
  m.def("graph_of", [](const Tensor& t) { return GraphHandle{Ref<Graph>(&graph_of(t))}; });
  m.def("node_of", [](const Tensor& t) { return NodeHandle{Ref<Graph>(&graph_of(t)), t.symbol().node}; });
  m.def("has_node", [](const Tensor& t) { return t.is_symbolic() && t.symbol().node && dynamic_cast<Graph*>(t.symbol().graph.get()); });
  m.def("output_index", [](const Tensor& t) { return t.symbol().output; });
  m.def("symbolic_name", [](const Tensor& t) { return name_of(t); });
  m.def("same_symbol", [](const Tensor& a, const Tensor& b) {
    return a.is(b) || (a.is_symbolic() && b.is_symbolic() && a.symbol().node == b.symbol().node && a.symbol().output == b.symbol().output);
  });
  m.def("known_value", [](const Tensor& t) -> nb::object {
    const Tensor* value = t.is_symbolic() ? t.symbol().constant : &t;
    return value ? nb::steal(wrap(*value)) : nb::none();
  });
  m.def("placeholder", [](const DType& dtype, const PartialShape& shape, const std::string& name) {
    Graph* graph = current_graph();
    if (!graph) fail<RuntimeError>("", "tf.placeholder() is not compatible with eager execution.");
    return graph->placeholder(dtype, shape, name);
  });
  m.def("set_static_shape", [](const Tensor& t, const PartialShape& shape) { refine_shape(t, shape); });
  m.def("gradients", gradients);
  m.def("set_name_scope", [](const std::string& scope) { return std::exchange(thread_context().name_scope, scope); });
  m.def("set_op_name", [](const std::string& name) { thread_context().op_name = name; });
}

}  // namespace runnel::python
