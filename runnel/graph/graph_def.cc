#include "runnel/graph/graph_def.h"

#include <algorithm>
#include <map>

#include "runnel/base/pointer_map.h"
#include "runnel/core/tensor_proto.h"

namespace runnel::inline v0 {

namespace {

constexpr int kProducer = 2474, kMinConsumer = 12;  // of graphs that TensorFlow 2.21 writes

// The functions that a graph calls, directly and by others.
using Library = std::map<std::string, const GraphFunction*>;

int64_t number(DType dtype) { return dtype.code(); }

ProtoWriter function_message(const FunctionAttr& f, Library& library) {
  ProtoWriter out;
  out.text(1, f.name);
  if (auto* function = dynamic_cast<GraphFunction*>(f.function.get())) library.emplace(f.name, function);
  return out;
}

// The fields of AttrValue.ListValue have the numbers of AttrValue's own.
class AttrMessage {
 public:
  AttrMessage(ProtoWriter& out, Library& library) : out_(out), library_(library) {}
  void operator()(std::monostate) {}
  void operator()(const std::string& v) { out_.present_text(2, v); }
  void operator()(int64_t v) { out_.present_integer(3, v); }
  void operator()(double v) { out_.present_float(4, float(v)); }
  void operator()(bool v) { out_.present_integer(5, v); }
  void operator()(DType v) { out_.present_integer(6, number(v)); }
  void operator()(const PartialShape& v) { out_.message(7, shape_proto(v)); }
  void operator()(const Tensor& v) { out_.message(8, tensor_proto(v)); }
  void operator()(const FunctionAttr& v) { out_.message(10, function_message(v, library_)); }
  template <class T>
  void operator()(const std::vector<T>& list) {
    ProtoWriter items;
    if constexpr (std::is_same_v<T, int64_t>) items.integers(3, list);
    else if constexpr (std::is_same_v<T, double>) items.floats(4, list);
    else if constexpr (std::is_same_v<T, bool>) items.integers(5, list);
    else if constexpr (std::is_same_v<T, FunctionAttr>)
      for (const FunctionAttr& f : list) items.message(9, function_message(f, library_));
    else if constexpr (std::is_same_v<T, DType>) {
      std::vector<int64_t> numbers;
      for (DType dtype : list) numbers.push_back(number(dtype));
      items.integers(6, numbers);
    } else {
      for (const T& item : list) AttrMessage(items, library_)(item);
    }
    out_.message(1, items);
  }

 private:
  ProtoWriter& out_;
  Library& library_;
};

void write_attrs(ProtoWriter& out, const Attrs& attrs, Library& library) {
  for (const NamedAttr& attr : attrs) {
    ProtoWriter entry, value;
    std::visit(AttrMessage(value, library), attr.value);
    entry.text(1, attr.name);
    entry.message(2, value);
    out.message(5, entry);
  }
}

// How a reference to an endpoint is written.
using NameOf = std::function<std::string(Endpoint)>;

ProtoWriter node_message(Graph& graph, const Node& node, const NameOf& name_of, Library& library) {
  ProtoWriter out;
  out.text(1, node.name);
  out.text(2, node.type());
  std::vector<Tensor> inputs;
  for (Endpoint in : node.inputs) {
    inputs.push_back(graph.tensor(in));
    out.text(3, name_of(in));
  }
  for (const Node* before : node.control_inputs) out.text(3, "^" + before->name);
  write_attrs(out, complete_attrs(*node.op, inputs, node.attrs), library);
  return out;
}

// "product:0": the output's place in the operator's signature.
std::string output_name(const Node& node, int output) {
  int left = output;
  for (const ArgSpec& arg : node.op->schema().outputs) {
    int count = arg.is_sequence() ? node.num_outputs() - int(node.op->schema().outputs.size()) + 1 : 1;
    if (left < count) return cat(arg.name, ":", left);
    left -= count;
  }
  return cat("output:", output);
}

// Names of a function's arguments and results: lower-case letters, digits and underscores, each once.
class ArgumentNames {
 public:
  std::string unique(const std::string& wanted) {
    std::string base;
    for (char c : wanted) base += std::isalnum(static_cast<unsigned char>(c)) ? char(std::tolower(static_cast<unsigned char>(c))) : '_';
    if (base.empty() || !std::isalpha(static_cast<unsigned char>(base[0]))) base = "arg_" + base;
    int& count = counts_[base];
    return count++ == 0 ? base : cat(base, "_", count - 1);
  }

 private:
  std::map<std::string, int> counts_;
};

ProtoWriter argument_message(const std::string& name, DType dtype) {
  ProtoWriter out;
  out.text(1, name);
  out.integer(3, number(dtype));
  return out;
}

ProtoWriter function_body(const GraphFunction& f, Library& library) {
  std::lock_guard lock(f.mutex());
  ProtoWriter out, signature;
  ArgumentNames names;
  PointerMap<std::string> arguments;
  signature.text(1, f.name());
  for (const Node* node : f.inputs()) {
    arguments[node] = names.unique(node->name);
    signature.message(2, argument_message(arguments[node], node->dtypes[0]));
  }
  NameOf name_of = [&](Endpoint e) {
    const std::string* argument = arguments.find(e.node);
    return argument ? *argument : cat(e.node->name, ":", output_name(*e.node, e.output));
  };
  std::vector<std::pair<std::string, std::string>> results;
  for (int i = 0; i < f.num_results(); ++i) {
    Endpoint e = f.outputs()[size_t(i)];
    results.emplace_back(names.unique(e.node->name), name_of(e));
    signature.message(3, argument_message(results.back().first, e.node->dtypes[size_t(e.output)]));
  }
  if (f.effect() != Effect::kNone) signature.integer(17, 1);
  out.message(1, signature);
  for (const auto& node : f.graph().nodes())
    if (!arguments.contains(node.get())) out.message(3, node_message(f.graph(), *node, name_of, library));
  for (const auto& [name, from] : results) {
    ProtoWriter entry;
    entry.text(1, name);
    entry.text(2, from);
    out.message(4, entry);
  }
  return out;
}

// Functions may call further ones: the library grows while it is written.
ProtoWriter library_message(Library& library) {
  ProtoWriter out;
  std::map<std::string, bool> written;
  for (size_t before = size_t(-1); before != library.size();) {
    before = library.size();
    Library known = library;
    for (const auto& [name, function] : known)
      if (!std::exchange(written[name], true)) out.message(1, function_body(*function, library));
  }
  return out;
}

}  // namespace

std::string graph_def(Graph& graph) {
  ProtoWriter out, versions;
  Library library;
  NameOf name_of = [](Endpoint e) { return e.output == 0 ? e.node->name : cat(e.node->name, ":", e.output); };
  for (const auto& node : graph.nodes()) out.message(1, node_message(graph, *node, name_of, library));
  out.message(2, library_message(library));
  versions.integer(1, kProducer);
  versions.integer(2, kMinConsumer);
  out.message(4, versions);
  return out.bytes();
}

std::string function_def(const GraphFunction& function) {
  Library library;
  return function_body(function, library).bytes();
}

}  // namespace runnel::inline v0
