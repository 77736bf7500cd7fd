// The arguments of compile() as configs.
#include "runnel/base/error.h"
#include "runnel/keras/model.h"

namespace runnel::inline v0::keras {

namespace {

Config spec_to_config(const MetricSpec& spec) { return spec.metric ? to_config(spec.metric) : Config(spec.name); }
Config specs_to_config(const std::vector<MetricSpec>& specs) {
  Config::List out;
  for (const MetricSpec& spec : specs) out.push_back(spec_to_config(spec));
  return out;
}

// Those of all outputs as one list, or a list for each output; null for none.
Config metrics_to_config(const std::vector<MetricSpec>& all, const std::vector<std::vector<MetricSpec>>& by_output) {
  if (by_output.empty()) return all.empty() ? Config() : specs_to_config(all);
  Config::List out;
  for (const auto& specs : by_output) out.push_back(specs_to_config(specs));
  return out;
}

Config losses_to_config(const CompileOptions& options) {
  if (options.losses.empty()) return to_config(options.loss);
  Config::List out;
  for (const Loss& loss : options.losses) out.push_back(to_config(loss));
  return out;
}

bool is_single(const Config& c) { return c.is_string() || (c.is_dict() && c.find("class_name")); }

// A list with an entry for each output, from a list or from a dict by the outputs' names.
Config::List by_output(const Config& c, const std::vector<std::string>& names) {
  if (c.is_list()) return c.as_list();
  Config::List out;
  for (const std::string& name : names) {
    const Config* found = c.find(name);
    out.push_back(found ? *found : Config());
  }
  return out;
}

MetricSpec spec_from_config(const Config& c) {
  if (c.is_string()) return c.as_string();
  Metric metric;
  from_config(c, metric);
  return metric;
}
std::vector<MetricSpec> specs_from_config(const Config& c) {
  std::vector<MetricSpec> out;
  if (c.is_null()) return out;
  if (is_single(c)) return {spec_from_config(c)};
  for (const Config& item : c.as_list()) out.push_back(spec_from_config(item));
  return out;
}

// A flat list belongs to all outputs of a model with one, and to the outputs in turn where there are several.
void read_metrics(const Config* c, const std::vector<std::string>& names, std::vector<MetricSpec>& all, std::vector<std::vector<MetricSpec>>& each) {
  if (!c || c->is_null()) return;
  if (is_single(*c)) return void(all = {spec_from_config(*c)});
  Config::List items = by_output(*c, names);
  bool flat = true;
  for (const Config& item : items) flat &= is_single(item);
  if (flat && names.size() <= 1) return void(all = specs_from_config(items));
  for (const Config& item : items) each.push_back(specs_from_config(item));
  if (names.size() <= 1 && each.size() == 1) all = std::exchange(each, {})[0];
}

void read_losses(const Config* c, const std::vector<std::string>& names, CompileOptions& options) {
  if (!c || c->is_null()) return;
  if (is_single(*c)) return from_config(*c, options.loss);
  for (const Config& item : by_output(*c, names)) from_config(item, options.losses.emplace_back());
}

}  // namespace

Config ModelBody::get_compile_config() const {
  if (!compiled()) return nullptr;
  const CompileOptions& options = compile_options();
  return Config::Dict{{"optimizer", to_config(options.optimizer)},
                      {"loss", losses_to_config(options)},
                      {"loss_weights", options.loss_weights.empty() ? Config() : to_config(options.loss_weights)},
                      {"metrics", metrics_to_config(options.metrics, options.output_metrics)},
                      {"weighted_metrics", metrics_to_config(options.weighted_metrics, options.output_weighted_metrics)},
                      {"run_eagerly", false},
                      {"steps_per_execution", 1},
                      {"jit_compile", false}};
}

void ModelBody::compile_from_config(const Config& config) {
  CompileOptions options;
  const std::vector<std::string> names = output_names(outputs().flatten().size());
  from_config(config.at("optimizer"), options.optimizer);
  read_losses(config.find("loss"), names, options);
  const Config* weights = config.find("loss_weights");
  if (weights && !weights->is_null())
    for (const Config& weight : by_output(*weights, names)) options.loss_weights.push_back(weight.is_null() ? 1 : weight.as_double());
  read_metrics(config.find("metrics"), names, options.metrics, options.output_metrics);
  read_metrics(config.find("weighted_metrics"), names, options.weighted_metrics, options.output_weighted_metrics);
  compile(options);
  if (built() && optimizer()) optimizer().body()->build(trainable_weights());
}

}  // namespace runnel::inline v0::keras
