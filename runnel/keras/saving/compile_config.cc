// The arguments of compile() as configs.
#include <algorithm>

#include "runnel/base/error.h"
#include "runnel/keras/model.h"
#include "runnel/keras/saving/serialization.h"

namespace runnel::inline v0::keras {

namespace {

Config loss_to_config(const Loss& loss) { return loss && !loss.body()->given_as.empty() ? Config(loss.body()->given_as) : to_config(loss); }
Config spec_to_config(const MetricSpec& spec) { return spec.metric ? to_config(spec.metric) : Config(spec.name); }
Config specs_to_config(const std::vector<MetricSpec>& specs) {
  Config::List out;
  for (const MetricSpec& spec : specs) out.push_back(spec_to_config(spec));
  return out;
}

// A dict where the outputs were named, else a list.
template <class T, class F>
Config per_output(const PerOutput<T>& given, F&& convert) {
  Config::List list;
  Config::Dict dict;
  for (size_t i = 0; i < given.size(); ++i)
    if (given.names.empty()) list.push_back(convert(given[i]));
    else dict.emplace_back(given.names[i], convert(given[i]));
  return given.names.empty() ? Config(list) : Config(dict);
}

// Those of all outputs as one list, or a list for each output; null for none.
Config metrics_to_config(const std::vector<MetricSpec>& all, const PerOutput<std::vector<MetricSpec>>& each) {
  if (each.empty()) return all.empty() ? Config() : specs_to_config(all);
  return per_output(each, specs_to_config);
}

bool is_single(const Config& c) { return c.is_string() || (c.is_dict() && c.find("class_name")); }

template <class T, class F>
void read_per_output(const Config& c, PerOutput<T>& out, F&& convert) {
  if (c.is_list())
    for (const Config& item : c.as_list()) out.push_back(convert(item));
  else if (!c.is_dict()) out.push_back(convert(c));
  else
    for (const auto& [name, item] : c.as_dict()) out.add(name, convert(item));
}

// A loss may stand in a metric's place.
MetricSpec spec_from_config(const Config& c) {
  if (c.is_string()) return c.as_string();
  const Config* module = c.is_dict() ? c.find("module") : nullptr;
  const bool is_loss = (module && *module == Config("keras.losses")) || is_registered(LossBody::kKind, c);
  const char* kind = is_loss ? LossBody::kKind : MetricBody::kKind;
  Ref<RefCounted> found = c.is_object() ? c.as_object() : resolve(kind, c);
  if (auto* loss = dynamic_cast<LossBody*>(found.get())) return Loss(Ref<LossBody>(loss));
  return Metric(object_of_kind<MetricBody>(found));
}
std::vector<MetricSpec> specs_from_config(const Config& c) {
  std::vector<MetricSpec> out;
  if (c.is_null()) return out;
  if (is_single(c)) return {spec_from_config(c)};
  for (const Config& item : c.as_list()) out.push_back(spec_from_config(item));
  return out;
}

// A flat list belongs to all outputs, or to the outputs in turn where it has as many entries.
void read_metrics(const Config* c, std::vector<MetricSpec>& all, PerOutput<std::vector<MetricSpec>>& each) {
  if (!c || c->is_null()) return;
  bool flat = is_single(*c) || (c->is_list() && std::all_of(c->as_list().begin(), c->as_list().end(), is_single));
  if (flat) all = specs_from_config(*c);
  else read_per_output(*c, each, specs_from_config);
}

Loss loss_from_config(const Config& c) {
  Loss loss;
  from_config(c, loss);
  if (c.is_string()) loss.body()->given_as = c.as_string();
  return loss;
}
bool is_true(const Config* c) { return c && c->is_bool() && c->as_bool(); }
double weight_from_config(const Config& c) { return c.is_null() ? 1 : c.as_double(); }

}  // namespace

Config ModelBody::get_compile_config() const {
  if (!compiled()) return nullptr;
  const CompileOptions& options = compile_options();
  return Config::Dict{{"optimizer", to_config(options.optimizer)},
                      {"loss", options.losses.empty() ? loss_to_config(options.loss) : per_output(options.losses, loss_to_config)},
                      {"loss_weights", options.loss_weights.empty() ? Config() : per_output(options.loss_weights, [](double weight) { return Config(weight); })},
                      {"metrics", metrics_to_config(options.metrics, options.output_metrics)},
                      {"weighted_metrics", metrics_to_config(options.weighted_metrics, options.output_weighted_metrics)},
                      {"run_eagerly", options.run_eagerly},
                      {"steps_per_execution", int64_t(options.steps_per_execution)},
                      {"jit_compile", options.jit_compile.value_or(false)}};
}

void ModelBody::compile_from_config(const Config& config) {
  CompileOptions options;
  from_config(config.at("optimizer"), options.optimizer);
  const Config *loss = config.find("loss"), *weights = config.find("loss_weights");
  if (loss && is_single(*loss)) options.loss = loss_from_config(*loss);
  else if (loss && !loss->is_null()) read_per_output(*loss, options.losses, loss_from_config);
  if (weights && !weights->is_null()) read_per_output(*weights, options.loss_weights, weight_from_config);
  read_metrics(config.find("metrics"), options.metrics, options.output_metrics);
  read_metrics(config.find("weighted_metrics"), options.weighted_metrics, options.output_weighted_metrics);
  if (const Config* steps = config.find("steps_per_execution"); steps && steps->is_int()) options.steps_per_execution = steps->as_int();
  options.run_eagerly = is_true(config.find("run_eagerly"));
  options.jit_compile = is_true(config.find("jit_compile"));
  compile(options);
  if (built() && optimizer()) optimizer().body()->build(trainable_weights());
}

}  // namespace runnel::inline v0::keras
