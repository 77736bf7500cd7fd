// What models save of themselves: their layers, and the arguments of compile().
#include "runnel/base/error.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/model.h"
#include "runnel/keras/saving/graph_config.h"
#include "runnel/keras/saving/saveable.h"
#include "runnel/keras/saving/serialization.h"

namespace runnel::inline v0::keras {

std::string ModelBody::to_json(int indent) const { return serialize_keras_object(*this).to_json(indent); }

std::vector<SavedMember> ModelBody::saved_members() const {
  std::vector<SavedMember> out = LayerBody::saved_members();
  if (compiled()) out.push_back({"optimizer", optimizer().body()});
  sort_members(out);
  return out;
}

// The list of layers comes before every attribute.
std::vector<SavedMember> FunctionalBody::saved_members() const {
  std::vector<SavedMember> out = ModelBody::saved_members();
  out.insert(out.begin(), {"layers", {}, list_of(layers_)});
  return out;
}
std::vector<SavedMember> SequentialBody::saved_members() const {
  std::vector<SavedMember> out = ModelBody::saved_members();
  out.insert(out.begin(), {"layers", {}, list_of(layers())});
  return out;
}

Config FunctionalBody::get_config() const { return graph_to_config(*this); }

Config SequentialBody::get_config() const {
  Config::List layers;
  auto* input = inputs_ ? dynamic_cast<InputLayerBody*>(keras_node(inputs_.tensor())->layer().get()) : nullptr;
  if (input) layers.push_back(serialize_keras_object(*input));
  for (const auto& layer : this->layers()) layers.push_back(serialize_keras_object(*layer));
  Config out = Config::Dict{{"name", name()}, {"trainable", trainable()}, {"dtype", to_config(dtype_policy())}, {"layers", layers}};
  if (input) out.set("build_input_shape", to_config(ShapeOption(input->batch_shape())));
  return out;
}

namespace {

Ref<SequentialBody> sequential_from_config(const Config& config) {
  const Config* name = config.find("name");
  auto model = make_ref<SequentialBody>(std::vector<Layer>(), name && name->is_string() ? name->as_string() : "");
  model->constructed();
  for (const Config& layer : config.at("layers").as_list()) model->add(deserialize_layer(layer));
  const Config* shape = config.find("build_input_shape");
  if (!model->built() && shape && shape->is_list()) {
    ShapeOption option;
    from_config(*shape, option);
    model->ensure_built({option.shape()});
  }
  return model;
}

void set_trainable_from(const Config& config, LayerBody& model) {
  const Config* trainable = config.find("trainable");
  if (trainable && trainable->is_bool() && !trainable->as_bool()) model.set_trainable(false);
}

Config metric_config(const MetricSpec& spec) { return spec.metric ? to_config(spec.metric) : Config(spec.name); }

Ref<KerasObject> make_sequential(const Config& config) {
  Ref<SequentialBody> model = sequential_from_config(config);
  set_trainable_from(config, *model);
  return model;
}
Ref<KerasObject> make_functional(const Config& config) {
  Ref<FunctionalBody> model = graph_from_config(config);
  set_trainable_from(config, *model);
  return model;
}
Config sequential_arguments() { return Config::Dict{{"layers", nullptr}, {"trainable", true}, {"name", nullptr}}; }
Config functional_arguments() { return Config::Dict{{"inputs", nullptr}, {"outputs", nullptr}, {"name", nullptr}}; }

}  // namespace

// Models have no options struct: they are made of layers.
template <>
constexpr KerasClass keras_class<SequentialBody>(const char* kind, const char* name) {
  return {kind, name, &make_sequential, &sequential_arguments};
}
template <>
constexpr KerasClass keras_class<FunctionalBody>(const char* kind, const char* name) {
  return {kind, name, &make_functional, &functional_arguments};
}

RUNNEL_KERAS_CLASS(models, Sequential, SequentialBody)
RUNNEL_KERAS_CLASS(models, Functional, FunctionalBody)

Config ModelBody::get_compile_config() const {
  if (!compiled()) return nullptr;
  Config::List metrics;
  for (const MetricSpec& spec : compile_options().metrics) metrics.push_back(metric_config(spec));
  return Config::Dict{{"optimizer", to_config(optimizer())},
                      {"loss", to_config(compile_options().loss)},
                      {"loss_weights", nullptr},
                      {"metrics", metrics.empty() ? Config() : Config(metrics)},
                      {"weighted_metrics", nullptr},
                      {"run_eagerly", false},
                      {"steps_per_execution", 1},
                      {"jit_compile", false}};
}

void ModelBody::compile_from_config(const Config& config) {
  CompileOptions options;
  from_config(config.at("optimizer"), options.optimizer);
  if (const Config* loss = config.find("loss")) from_config(*loss, options.loss);
  const Config* metrics = config.find("metrics");
  if (metrics && metrics->is_list())
    for (const Config& metric : metrics->as_list()) {
      if (metric.is_string()) {
        options.metrics.emplace_back(metric.as_string());
        continue;
      }
      Metric object;
      from_config(metric, object);
      options.metrics.emplace_back(object);
    }
  compile(options);
  if (built()) optimizer().body()->build(trainable_weights());
}

}  // namespace runnel::inline v0::keras
