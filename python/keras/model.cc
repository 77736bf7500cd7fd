// tf.keras.Model, Sequential and the functional models: how they are made and looked at.
#include "python/keras/construct.h"
#include "python/keras/kinds.h"
#include "python/keras/tracking.h"
#include "python/keras/value.h"
#include "runnel/base/error.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/model.h"
#include "runnel/keras/overrides.h"
#include "runnel/keras/saving/clone.h"
#include "runnel/keras/settings.h"
#include "runnel/keras/saving/graph_config.h"

namespace runnel::python {

namespace {

using keras::LayerBody;
using keras::ModelBody;

// Models that are made of tensors or layers, not of a config.
keras::KerasClass row(const char* name, std::span<const char* const> methods) { return {.kind = "models", .name = name, .methods = methods}; }
const keras::KerasClass kFunctional = row("Functional", keras::OverridableModel<keras::FunctionalBody>::kMethods);
const keras::KerasClass kSequential = row("Sequential", keras::OverridableModel<keras::SequentialBody>::kMethods);

template <class Body, class... Args>
void attach_model(nb::handle self, nb::object trainable, const Args&... args) {
  const ClassRecord& record = record_of(self.type());
  Ref<Body> body = record.foreign ? Ref<Body>(make_ref<keras::OverridableModel<Body>>(args...)) : make_ref<Body>(args...);
  body->set_foreign_class(record.foreign);
  body->constructed();
  if (!trainable.is_none()) body->set_trainable(nb::cast<bool>(trainable));
  attach(self, body);
  track_earlier_attributes(self);
}

bool is_functional(nb::args args, nb::kwargs keywords) {
  return args.size() >= 2 || (args.size() == 1 && keywords.contains("outputs")) || (keywords.contains("inputs") && keywords.contains("outputs"));
}

nb::object take(nb::args args, size_t at, nb::kwargs keywords, const char* name) {
  if (at < args.size()) return args[at];
  return keywords.contains(name) ? nb::object(keywords[name]) : nb::none();
}

std::string text_of(nb::handle object) { return object.is_none() ? "" : nb::cast<std::string>(object); }

// Model(inputs, outputs, name=None) is functional; anything else is a model with a call() of its own.
void init_model(nb::handle self, nb::args args, nb::kwargs keywords) {
  if (!is_functional(args, keywords)) return construct(self, args, keywords);
  Nest inputs = to_nest(take(args, 0, keywords, "inputs")), outputs = to_nest(take(args, 1, keywords, "outputs"));
  attach_model<keras::FunctionalBody>(self, take(args, 3, keywords, "trainable"), inputs, outputs, text_of(take(args, 2, keywords, "name")));
}

nb::object new_model(nb::handle type, nb::args args, nb::kwargs keywords) {
  nb::object made = nb::borrow(type);
  if (type.is(base_class("models")) && is_functional(args, keywords)) made = builtin_class("models", "Functional");
  auto* cls = reinterpret_cast<PyTypeObject*>(made.ptr());
  return nb::steal(checked(cls->tp_alloc(cls, 0)));
}

Ref<LayerBody> clone_model(ModelBody& model, nb::object clone_function, bool recursive, nb::object input_tensors) {
  keras::CloneOptions options{.recursive = recursive};
  if (!input_tensors.is_none()) options.input_tensors = to_nest(input_tensors);
  if (!clone_function.is_none())
    options.clone_function = [clone_function](const keras::Layer& layer) {
      return keras::Layer(Ref<LayerBody>(&body_as<LayerBody>(clone_function(wrap_object(layer.body())))));
    };
  return keras::clone_model(keras::Model(Ref<ModelBody>(&model)), options).body();
}

keras::Layer to_layer(nb::handle object) {
  if (is_tensor(object.ptr())) return keras::Layer(keras::layer_of(tensor_of(object.ptr())));  // Input(...) in a list of layers
  if (auto* layer = body_or_null<LayerBody>(object)) return keras::Layer(Ref<LayerBody>(layer));
  fail<ValueError>("", cat("Only instances of `keras.Layer` can be added to a Sequential model. Received: ", nb::cast<std::string>(nb::str(object)),
                           " (of type ", nb::cast<std::string>(nb::str(object.type())), ")"));
}

void init_sequential(nb::handle self, nb::object layers, nb::object trainable, nb::object name) {
  std::vector<keras::Layer> items;
  if (!layers.is_none())
    for (nb::handle item : nb::list(layers)) items.push_back(to_layer(item));
  attach_model<keras::SequentialBody>(self, trainable, items, text_of(name));
}

void add(keras::SequentialBody& model, nb::handle layer) { model.add(to_layer(layer).body()); }
void add_layers(keras::SequentialBody& model, nb::dict config) { keras::add_layers_from(to_config(config), model); }

nb::list as_list(const std::vector<Ref<LayerBody>>& layers) {
  nb::list out;
  for (const auto& layer : layers) out.append(wrap_object(layer));
  return out;
}

// Without the operations of its graph, which are no layers.
std::vector<Ref<LayerBody>> layers_of(const ModelBody& model) {
  std::vector<Ref<LayerBody>> out = model.layers();
  std::erase_if(out, [](const auto& layer) { return !layer->has_saved_state(); });
  return out;
}
nb::list layers(ModelBody& model) { return as_list(layers_of(model)); }

nb::object get_layer(ModelBody& model, nb::object name, nb::object index) {
  if (!index.is_none()) {
    auto all = layers_of(model);
    int64_t i = to_int(index.ptr());
    if (i >= int64_t(all.size()) || i < -int64_t(all.size()))
      fail<ValueError>("", cat("Was asked to retrieve layer at index ", i, " but model only has ", all.size(), " layers."));
    return wrap_object(all[size_t(i < 0 ? i + int64_t(all.size()) : i)]);
  }
  if (name.is_none()) fail<ValueError>("", "Provide either a layer name or layer index at `get_layer`.");
  return wrap_object(model.get_layer(nb::cast<std::string>(name)));
}

nb::object flat(const Nest& nest) {
  nb::list out;
  for (const Tensor& t : nest.flatten()) out.append(nb::steal(wrap(t)));
  return out;
}

nb::object checked_graph(ModelBody& model, const Nest& nest, const char* what) {
  if (!nest) fail<AttributeError>("", cat("The layer ", model.name(), " has never been called and thus has no defined ", what, "."));
  return from_nest(nest);
}

void summary(ModelBody& model, std::optional<int64_t> line_length, std::optional<std::vector<double>> positions, nb::object print_fn, bool expand_nested,
             bool show_trainable, std::optional<std::vector<std::string>> layer_range) {
  keras::SummaryOptions options{.line_length = line_length.value_or(0), .positions = positions.value_or(std::vector<double>()),
                                .expand_nested = expand_nested, .show_trainable = show_trainable,
                                .layer_range = layer_range.value_or(std::vector<std::string>())};
  if (print_fn.is_none()) model.summary(options);
  else print_fn(nb::str(model.summary_text(options).c_str()));
}

Tensor input(nb::object shape, nb::object batch_size, nb::object dtype, bool, nb::object batch_shape, nb::object name, nb::object tensor, nb::kwargs) {
  keras::InputOptions options;
  nb::object sizes = shape;
  if (!batch_shape.is_none()) {
    nb::object first = nb::object(batch_shape[0]);
    if (!first.is_none()) options.batch_size = to_int(first.ptr());
    sizes = without_first(batch_shape);
  }
  if (!batch_size.is_none()) options.batch_size = to_int(batch_size.ptr());
  if (sizes.is_none()) fail<ValueError>("", "You must pass a `shape` argument.");
  if (PyLong_Check(sizes.ptr())) sizes = nb::make_tuple(sizes);
  return keras::Input(to_partial_shape(sizes.ptr()), dtype.is_none() ? keras::DTypePolicy(keras::config::floatx()).variable_dtype() : to_dtype(dtype.ptr()), text_of(name), options);
}

// What compile() was told as `loss`, also where the model was loaded.
nb::object loss_objects(ModelBody& model) {
  if (!model.compiled()) return nb::none();
  const keras::CompileOptions& options = model.compile_options();
  if (options.losses.empty()) return from_config(live(options.loss));
  nb::list out;
  nb::dict by_name;
  for (size_t i = 0; i < options.losses.size(); ++i) {
    nb::object loss = from_config(live(options.losses[i]));
    if (options.losses.names.empty()) out.append(loss);
    else by_name[options.losses.names[i].c_str()] = loss;
  }
  return by_name.size() > 0 ? nb::object(by_name) : nb::object(out);
}

std::string path_of(nb::handle path) { return nb::cast<std::string>(nb::str(path)); }

void save(ModelBody& model, nb::object path, bool overwrite, bool include_optimizer) {
  model.save(path_of(path), {.overwrite = overwrite, .include_optimizer = include_optimizer});
}
void save_weights(ModelBody& model, nb::object path, bool overwrite, std::optional<double> max_shard_size) {
  model.save_weights(path_of(path), {.overwrite = overwrite, .max_shard_size = max_shard_size.value_or(0)});
}
void load_weights(ModelBody& model, nb::object path, bool skip_mismatch, bool by_name) {
  model.load_weights(path_of(path), {.skip_mismatch = skip_mismatch, .by_name = by_name});
}

void bind_views(ClassBuilder& c) {
  c.property("layers", layers)
      .property("operations", [](ModelBody& m) { return as_list(m.layers()); })
      .property("inputs", [](ModelBody& m) { return flat(m.inputs()); })
      .property("outputs", [](ModelBody& m) { return flat(m.outputs()); })
      .property("input", [](ModelBody& m) { return checked_graph(m, m.inputs(), "input"); })
      .property("output", [](ModelBody& m) { return checked_graph(m, m.outputs(), "output"); })
      .property("input_shape", [](ModelBody& m) { return checked_graph(m, m.inputs(), "input shape"), shapes_of_nest(m.inputs()); })
      .property("output_shape", [](ModelBody& m) { return checked_graph(m, m.outputs(), "output shape"), shapes_of_nest(m.outputs()); })
      .property("input_names", [](ModelBody& m) { return keras::names_of(m.inputs()); })
      .property("output_names", [](ModelBody& m) { return m.output_names(m.outputs().flatten().size()); })
      .def("get_layer", get_layer, nb::arg("name").none() = nb::none(), nb::arg("index").none() = nb::none())
      .def("summary", summary, nb::arg("line_length").none() = nb::none(), nb::arg("positions").none() = nb::none(), nb::arg("print_fn").none() = nb::none(),
           nb::arg("expand_nested") = false, nb::arg("show_trainable") = false, nb::arg("layer_range").none() = nb::none())
      .def("_save", save, nb::arg("filepath"), nb::arg("overwrite") = true, nb::arg("include_optimizer") = true)
      .def("save_weights", save_weights, nb::arg("filepath"), nb::arg("overwrite") = true, nb::arg("max_shard_size").none() = nb::none())
      .def("load_weights", load_weights, nb::arg("filepath"), nb::arg("skip_mismatch") = false, nb::arg("by_name") = false)
      .def("_structure", [](ModelBody& m, const std::string& what) { return from_nest(what == "inputs" ? m.inputs() : m.outputs()); }, nb::arg("what"))
      .def("_watch_metric", [](ModelBody& m, const Tensor& value, nb::object metric) {
        dynamic_cast<keras::FunctionalBody&>(m).add_metric(value, keras::Metric(Ref<keras::MetricBody>(&body_as<keras::MetricBody>(metric))));
      }, nb::arg("value"), nb::arg("metric"))
      .def("_loss_objects", loss_objects)
      .def("_to_json", [](ModelBody& m) { return m.to_json(); })
      .def("get_compile_config", [](ModelBody& m) { return from_config(m.get_compile_config()); })
      .def("compile_from_config", [](ModelBody& m, nb::object config) { m.compile_from_config(to_config(config)); }, nb::arg("config"));
}

}  // namespace

void bind_models(nb::module_& m) {
  ClassBuilder model(base_class("layers"), "Model", "runnel.keras.models");
  model.def("__init__", init_model);
  model.type().attr("__new__") = nb::borrow(reinterpret_cast<PyObject*>(&PyStaticMethod_Type))(nb::cpp_function(new_model));
  bind_views(model);
  bind_training(model);
  register_base("models", model.type());
  ClassBuilder functional(model.type(), "Functional", "runnel.keras.models"), sequential(model.type(), "Sequential", "runnel.keras.models");
  sequential.def("__init__", init_sequential, nb::arg("layers").none() = nb::none(), nb::arg("trainable").none() = nb::none(), nb::arg("name").none() = nb::none())
      .def("add", add, nb::arg("layer"))
      .def("pop", [](keras::SequentialBody& s) { s.pop(); });
  register_builtin(functional.type(), &kFunctional);
  m.def("keras_add_layers", add_layers);
  register_builtin(sequential.type(), &kSequential);
  m.def("keras_clone_model", clone_model, nb::arg("model"), nb::arg("clone_function").none(), nb::arg("recursive"), nb::arg("input_tensors").none());
  m.def("keras_input", input, nb::arg("shape").none() = nb::none(), nb::arg("batch_size").none() = nb::none(), nb::arg("dtype").none() = nb::none(),
        nb::arg("sparse") = false, nb::arg("batch_shape").none() = nb::none(), nb::arg("name").none() = nb::none(), nb::arg("tensor").none() = nb::none(), nb::arg("kwargs"));
}

}  // namespace runnel::python
