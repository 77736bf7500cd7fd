// A functional model's graph, read: all layers are made, then their calls, again and again in the listed order until all of
// them have found what they read (a shared layer may be called between calls of others: a(b(a(x)))).
#include <algorithm>
#include <map>

#include "runnel/base/error.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/metrics/reduction.h"
#include "runnel/keras/ops/operations.h"
#include "runnel/keras/saving/graph_config.h"
#include "runnel/keras/saving/operators.h"
#include "runnel/keras/saving/serialization.h"
#include "runnel/keras/saving/slices.h"

namespace runnel::inline v0::keras {

namespace {

bool is_functional(const Ref<LayerBody>& layer) { return dynamic_cast<const FunctionalBody*>(layer.get()) != nullptr; }

/// A tensor's place: [layer's name, node index, tensor index].
bool is_place(const Config& c) {
  if (!c.is_list() || c.as_list().size() < 3) return false;
  const Config::List& items = c.as_list();
  return items[0].is_string() && items[1].is_int() && items[2].is_int();
}

// Keras 2's model.add_loss() and add_metric() stand in the graph as layers that pass on what they are given.
bool is_watcher(const Config& entry) {
  const std::string& name = entry.at("class_name").as_string();
  const char* own = name == "AddLoss" ? "unconditional" : name == "AddMetric" ? "metric_name" : nullptr;  // what only Keras 2's configs have
  const Config& config = entry.at("config");
  return own && config.is_dict() && config.find(own);
}
void watch(FunctionalBody& model, const Config& entry, const Tensor& tensor) {
  if (entry.at("class_name").as_string() == "AddLoss") return model.add_loss(tensor);
  const Config* name = entry.at("config").find("metric_name");
  model.add_metric(tensor, metrics::Mean({.name = name && name->is_string() ? name->as_string() : ""}));
}

/// Thrown where a call reads a node that is not there yet.
struct NotYet {};

class GraphReader {
 public:
  explicit GraphReader(const Config& config) : config_(config) {}

  Ref<FunctionalBody> read() {
    for (const Config& entry : config_.at("layers").as_list()) add_layer(entry);
    make_calls();
    Nest inputs = ends(config_.at("input_layers")), outputs = ends(config_.at("output_layers"));
    if (outputs.is_list() && outputs.list().size() == 1) outputs = Nest(outputs.list()[0]);
    const Config* name = config_.find("name");
    auto model = make_ref<FunctionalBody>(inputs, outputs, name && name->is_string() ? name->as_string() : "");
    model->constructed();
    for (const auto& [config, tensor] : watched_) watch(*model, config, tensor);
    return model;
  }

 private:
  struct Entry {
    Config config;
    Ref<LayerBody> layer;             // none: an operator, which makes its layer when it is called
    std::vector<Nest> calls;          // their outputs, in order
    std::vector<Config> waiting;      // calls that are still to be made, in order
  };

  void add_layer(const Config& entry) {
    const std::string& name = entry.at("name").as_string();
    auto [place, added] = entries_.try_emplace(name);
    if (!added) fail<ValueError>("", cat("The name \"", name, "\" is used 2 times in the model. All layer names should be unique."));
    order_.push_back(name);
    Entry& e = place->second;
    e.config = entry;
    if (!is_operator(entry) && !is_watcher(entry)) e.layer = deserialize_layer(entry);
    e.waiting = entry.at("inbound_nodes").as_list();
    if (auto* input = dynamic_cast<InputLayerBody*>(e.layer.get())) e.calls.push_back(input->make_tensor());
  }

  void make_calls() {
    bool progress = true;
    size_t left = 1;
    while (left > 0) {
      if (!progress)
        fail<ValueError>("", cat("Invalid Functional model configuration. The graph of the Functional model either has loops or disconnected nodes. The "
                                 "calls of these layers failed to be resolved: ", to_text(unresolved())));
      progress = false;
      left = 0;
      for (const std::string& name : order_) {
        Entry& e = entries_.at(name);
        progress |= make_calls_of(e);
        left += e.waiting.size();
      }
    }
  }

  // True where at least one call could be made.
  bool make_calls_of(Entry& e) {
    size_t done = 0;
    try {
      for (; done < e.waiting.size(); ++done) make_call(e, e.waiting[done]);
    } catch (const NotYet&) {
    }
    e.waiting.erase(e.waiting.begin(), e.waiting.begin() + int64_t(done));
    return done > 0;
  }

  void make_call(Entry& e, const Config& call) {
    CallArgs args;
    Nest::List inputs;
    ops::FoundOperation operation;
    if (!e.layer && call.is_dict()) operation = ops::find_operation_class(e.config.at("class_name").as_string());
    if (operation) {
      e.calls.push_back(call_operation(operation, e.config, call));
      return;
    }
    if (!e.layer && call.is_dict() && e.config.at("class_name").as_string() == kGetItem) {
      e.calls.push_back(call_slice(e.config, call));
      return;
    }
    if (call.is_dict()) {
      for (const Config& arg : call.at("args").as_list()) inputs.push_back(argument(arg));
      if (e.layer) name_positionals(*e.layer, inputs, args);
      read_kwargs(call.at("kwargs"), args, /*old_form=*/false);
    } else {
      read_old_call(call, inputs, args);
    }
    if (is_watcher(e.config)) {
      if (inputs.size() != 1 || !inputs[0].is_tensor()) fail<ValueError>("", "Cannot deserialize the model (invalid config data?)", {.got = call.to_json()});
      watched_.emplace_back(e.config, inputs[0].tensor());
      e.calls.push_back(inputs[0]);
      return;
    }
    if (!e.layer) {
      e.calls.push_back(call_operator(e.config, inputs));
      return;
    }
    if (inputs.empty()) fail<ValueError>("", "Cannot deserialize the model (invalid config data?)", {.got = call.to_json()});
    e.calls.push_back((*e.layer)(inputs[0], args));
  }

  Tensor call_slice(const Config& entry, const Config& call) {
    const Config::List& args = call.at("args").as_list();
    const Tensor out = sliced(argument(args.at(0)).tensor(), args.size() > 1 ? args[1] : call.at("kwargs").at("key"));
    keras_node(out)->layer()->set_name(entry.at("name").as_string());
    return out;
  }

  // An operation of keras.ops: what it was called with, and the rest from its config.
  Nest call_operation(const ops::FoundOperation& found, const Config& entry, const Config& call) {
    std::vector<ops::CallArgument> arguments;
    const Config::List& args = call.at("args").as_list();
    size_t next = 0;
    for (const ops::OperationParameter& p : ops::parameters_of(*found.operation)) {
      const Config* value = entry.at("config").find(p.name);
      Config rest = Config::list();
      for (; p.is_variadic && next < args.size(); ++next) rest.push_back(args[next]);
      if (p.is_variadic) value = &rest;
      else if (p.is_call_argument) value = next < args.size() ? &args[next++] : call.at("kwargs").find(p.name);
      arguments.push_back(value ? operation_argument(*value) : ops::CallArgument{.is_default = true});
    }
    return ops::call_symbolic(found, arguments, entry.at("name").as_string());
  }

  ops::CallArgument operation_argument(const Config& value) {
    if (holds_tensors(value, /*old_form=*/false)) return {argument(value), {}};
    return {{}, value};
  }

  // Arguments after the first one: attention(query, value).
  void name_positionals(const LayerBody& layer, Nest::List& inputs, CallArgs& args) {
    std::vector<std::string> names = layer.call_arguments();
    for (size_t i = 1; i < inputs.size(); ++i) {
      if (i - 1 >= names.size()) fail<ValueError>("", cat("layer ", layer.name(), " takes fewer arguments than the file gives it"));
      if (inputs[i]) args.more.emplace_back(names[i - 1], inputs[i]);
    }
    inputs.resize(std::min<size_t>(inputs.size(), 1));
  }

  // Keras 2: a list of [layer, node, tensor, kwargs], the first argument.
  void read_old_call(const Config& call, Nest::List& inputs, CallArgs& args) {
    for (const Config& place : call.as_list()) {
      inputs.push_back(tensor_at(place, /*count_from_one=*/true));
      if (place.as_list().size() > 3) read_kwargs(place.as_list()[3], args, /*old_form=*/true);
    }
    if (inputs.size() > 1) inputs = {Nest(inputs)};
  }

  void read_kwargs(const Config& kwargs, CallArgs& args, bool old_form) {
    for (const auto& [key, value] : kwargs.as_dict()) {
      if (value.is_null()) continue;
      if (key == "training") args.training = value.as_bool();
      else if (key == "mask") args.mask = argument_of(value, old_form).tensor();
      else if (holds_tensors(value, old_form)) args.more.emplace_back(key, argument_of(value, old_form));
      else args.options.emplace_back(key, value);
    }
  }

  static bool holds_tensors(const Config& c, bool old_form) {
    if (c.is_list() && old_form && is_place(c)) return true;
    if (c.is_list()) return std::any_of(c.as_list().begin(), c.as_list().end(), [&](const Config& item) { return holds_tensors(item, old_form); });
    return c.is_dict() && c.find("class_name");
  }

  Nest argument_of(const Config& c, bool old_form) {
    if (!old_form || !c.is_list()) return argument(c);
    if (is_place(c)) return tensor_at(c, /*count_from_one=*/true);
    Nest::List out;
    for (const Config& item : c.as_list()) out.push_back(argument_of(item, old_form));
    return out;
  }

  Nest argument(const Config& c) {
    if (c.is_null()) return Nest();
    if (c.is_list()) {
      Nest::List out;
      for (const Config& item : c.as_list()) out.push_back(argument(item));
      return out;
    }
    if (!c.is_dict()) return constant_from_config(c);
    const Config* name = c.find("class_name");
    if (name && name->is_string() && name->as_string() == "__keras_tensor__") return tensor_at(c.at("config").at("keras_history"), false);
    if (name) return constant_from_config(c);
    Nest::Dict out;
    for (const auto& [key, value] : c.as_dict()) out.emplace_back(key, argument(value));
    return out;
  }

  // Keras 2 counted a nested functional model's own graph as its first call.
  Tensor tensor_at(const Config& place, bool count_from_one) {
    if (!is_place(place)) fail<ValueError>("", cat("Cannot deserialize the model (invalid config data?)"), {.got = place.to_json()});
    const Config::List& items = place.as_list();
    auto found = entries_.find(items[0].as_string());
    if (found == entries_.end()) fail<ValueError>("", cat("Invalid Functional model configuration. Missing node: ", items[0].as_string()));
    const Entry& e = found->second;
    int64_t node = items[1].as_int() - (count_from_one && is_functional(e.layer) ? 1 : 0), index = items[2].as_int();
    if (node < 0 || size_t(node) >= e.calls.size()) throw NotYet();
    std::vector<Tensor> outputs = e.calls[size_t(node)].flatten();
    if (index < 0 || size_t(index) >= outputs.size()) fail<ValueError>("", cat("layer ", found->first, " has no output ", index));
    return outputs[size_t(index)];
  }

  Nest ends(const Config& c) {
    if (is_place(c) && c.as_list().size() == 3) return end_at(c);
    if (c.is_dict()) {
      Nest::Dict out;
      for (const auto& [key, value] : c.as_dict()) out.emplace_back(key, ends(value));
      return out;
    }
    Nest::List out;
    for (const Config& item : c.as_list()) out.push_back(ends(item));
    return out;
  }

  Nest end_at(const Config& place) {
    try {
      return tensor_at(place, /*count_from_one=*/true);
    } catch (const NotYet&) {
      fail<ValueError>("", cat("Invalid Functional model configuration. Missing node: ", place.to_json()));
    }
  }

  std::vector<std::string> unresolved() const {
    std::vector<std::string> out;
    for (const std::string& name : order_)
      if (!entries_.at(name).waiting.empty()) out.push_back(name);
    return out;
  }

  const Config& config_;
  std::map<std::string, Entry> entries_;
  std::vector<std::string> order_;
  std::vector<std::pair<Config, Tensor>> watched_;
};

}  // namespace

Ref<FunctionalBody> graph_from_config(const Config& config) { return GraphReader(config).read(); }

}  // namespace runnel::inline v0::keras
