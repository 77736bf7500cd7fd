#include "runnel/keras/saving/legacy_config.h"

#include <algorithm>
#include <string_view>

#include "runnel/keras/losses/loss.h"

namespace runnel::inline v0::keras {

namespace {

const Config* find(const Config& config, std::string_view key) { return config.is_dict() ? config.find(key) : nullptr; }

Config without(const Config& dict, std::initializer_list<std::string_view> keys) {
  Config::Dict out = dict.as_dict();
  std::erase_if(out, [&](const auto& item) { return std::find(keys.begin(), keys.end(), item.first) != keys.end(); });
  return out;
}

template <class F>
Config map_list(const Config& list, F&& f) {
  Config::List out;
  for (const Config& item : list.as_list()) out.push_back(f(item));
  return out;
}

// A class that was registered goes by "package>Name".
Config legacy_name(const Config& config) {
  const Config* registered = find(config, "registered_name");
  const bool is_own = registered && registered->is_string() && registered->as_string().find('>') != std::string::npos;
  return is_own ? *registered : config.at("class_name");
}

// Losses, metrics and optimizers: {"class_name", "config"}, in lists and dicts as they come.
Config stripped(const Config& config) {
  if (config.is_list()) return map_list(config, stripped);
  if (!config.is_dict()) return config;
  if (find(config, "class_name")) return Config::Dict{{"class_name", legacy_name(config)}, {"config", config.at("config")}};
  Config::Dict out;
  for (const auto& [key, value] : config.as_dict()) out.emplace_back(key, stripped(value));
  return out;
}

// Losses given by their names as objects: real Keras 3 does not find "mse" in such a file, its own ones included.
Config named_losses_as_objects(const Config& config) {
  if (config.is_list()) return map_list(config, named_losses_as_objects);
  if (config.is_string()) {
    Loss loss;
    from_config(config, loss);
    return to_config(loss);
  }
  if (!config.is_dict() || find(config, "class_name")) return config;
  Config::Dict out;
  for (const auto& [key, value] : config.as_dict()) out.emplace_back(key, named_losses_as_objects(value));
  return out;
}

// [null, 8] -> [8]
Config without_batch(const Config& shape) {
  if (!shape.is_list() || shape.as_list().empty()) return shape;
  return Config::List(shape.as_list().begin() + 1, shape.as_list().end());
}

bool is_single_integer(const Config& c) { return c.is_list() && c.as_list().size() == 1 && c.as_list()[0].is_int(); }

// Keras 2 wrapped functions into objects: {"class_name": "MeanMetricWrapper", "config": {"fn": "mean_absolute_error", "name": ...}}.
Config from_legacy_object(const Config& config) {
  if (config.is_list()) return map_list(config, from_legacy_object);
  if (!config.is_dict()) return config;
  const Config* name = find(config, "class_name");
  if (!name) {
    Config::Dict out;
    for (const auto& [key, value] : config.as_dict()) out.emplace_back(key, from_legacy_object(value));
    return out;
  }
  const Config* inner = find(config, "config");
  const Config* fn = inner ? find(*inner, "fn") : nullptr;
  if (fn && fn->is_string() && name->is_string() && name->as_string().ends_with("Wrapper")) return *fn;
  if (!inner || !inner->is_dict()) return config;
  Config arguments = without(*inner, {"fn"});
  if (const Config* reduction = find(arguments, "reduction"); reduction && reduction->is_string() && reduction->as_string() == "auto")
    arguments.set("reduction", "sum_over_batch_size");
  Config out = config;
  out.set("config", arguments);
  return out;
}

Config from_legacy_optimizer(const Config& config) {
  Config arguments = without(config.at("config"), {"decay", "jit_compile", "is_legacy_optimizer"});
  if (const Config* rate = find(arguments, "lr")) {
    arguments.set("learning_rate", *rate);
    arguments = without(arguments, {"lr"});
  }
  Config out = config;
  out.set("config", arguments);
  return out;
}

}  // namespace

Config to_legacy_layer(const Config& config) {
  Config out = without(config, {"module", "registered_name", "build_config", "compile_config"});
  out.set("class_name", legacy_name(config));
  if (out.at("class_name") == Config("GroupQueryAttention")) out.set("class_name", "GroupedQueryAttention");  // its class's own name
  const Config* layers = find(config.at("config"), "layers");
  if (!layers || !layers->is_list()) return out;
  Config inner = config.at("config");
  inner.set("layers", map_list(*layers, to_legacy_layer));
  out.set("config", inner);
  return out;
}

Config to_training_config(const Config& compile_config) {
  Config spelled = without(compile_config, {"optimizer"});
  spelled.set("loss", named_losses_as_objects(compile_config.at("loss")));
  Config out = stripped(spelled);
  out.set("optimizer_config", stripped(compile_config.at("optimizer")));
  return out;
}

Config from_legacy_layer(const Config& config) {
  if (find(config, "module") || !find(config, "config") || !config.at("config").is_dict()) return config;
  Config arguments = config.at("config");
  const bool is_input = config.at("class_name") == Config("InputLayer");
  if (const Config* shape = find(arguments, "batch_input_shape")) {
    Config batch_shape = *shape;
    arguments = without(arguments, {"batch_input_shape"});
    arguments.set(is_input ? "batch_shape" : "input_shape", is_input ? batch_shape : without_batch(batch_shape));
  }
  if (const Config* axis = find(arguments, "axis"); axis && is_single_integer(*axis)) arguments.set("axis", axis->as_list()[0]);
  Config out = config;
  out.set("config", arguments);
  return out;
}

Config from_training_config(const Config& config) {
  Config out = without(config, {"optimizer_config"});
  out.set("optimizer", from_legacy_optimizer(config.at("optimizer_config")));
  for (const char* key : {"loss", "metrics", "weighted_metrics"})
    if (const Config* value = find(config, key)) out.set(key, from_legacy_object(*value));
  return out;
}

}  // namespace runnel::inline v0::keras
