// Keras: layers and models as handles. Classes and their arguments come from the C++ tables (runnel/keras/__init__.py).
#include "runnel/keras/keras.h"

#include "python/bind.h"
#include "python/call.h"
#include "python/casters.h"
#include "runnel/keras/progress_bar.h"

namespace nb = nanobind;

namespace runnel::keras {
extern const KerasClass* const kAllClasses[];
}

namespace runnel::python {

namespace {

using keras::Config;
using keras::Layer;
using keras::LayerBody;
using keras::ModelBody;
using keras::Nest;

Config parsed(const std::string& json) { return Config::from_json(json); }

template <class HandleT>
HandleT handle_of(const std::string& json) {
  HandleT out;
  from_config(parsed(json), out);
  return out;
}

Layer make_layer(const std::string& name, const std::string& json) {
  return Layer(Ref<LayerBody>(&dynamic_cast<LayerBody&>(*keras::make_by_name("layers", name, parsed(json)))));
}

nb::list classes(const std::string& kind) {
  nb::list out;
  for (auto c = keras::kAllClasses; *c; ++c)
    if (kind == (*c)->kind) out.append((*c)->name);
  return out;
}

std::string default_config(const std::string& kind, const std::string& name) {
  for (auto c = keras::kAllClasses; *c; ++c)
    if (kind == (*c)->kind && name == (*c)->name) return (*c)->defaults().to_json();
  fail<ValueError>(name, cat("no class of keras.", kind));
}

Nest to_nest(nb::handle object) {
  if (object.is_none()) return {};
  if (PyDict_Check(object.ptr())) {
    Nest::Dict items;
    for (auto [key, value] : nb::borrow<nb::dict>(object)) items.emplace_back(nb::cast<std::string>(key), to_nest(value));
    return items;
  }
  bool of_tensors = (PyList_Check(object.ptr()) || PyTuple_Check(object.ptr())) && nb::len(object) > 0 && is_tensor(nb::object(object[0]).ptr());
  if (!of_tensors) return to_tensor(object.ptr());
  Nest::List items;
  for (nb::handle item : object) items.push_back(to_nest(item));
  return items;
}

nb::object from_nest(const Nest& nest) {
  if (nest.is_tensor()) return nb::steal(wrap(nest.tensor()));
  if (nest.is_list()) {
    nb::list out;
    for (const Nest& item : nest.list()) out.append(from_nest(item));
    return out;
  }
  nb::dict out;
  if (nest.is_dict())
    for (const auto& [name, item] : nest.dict()) out[name.c_str()] = from_nest(item);
  return out;
}

nb::list variables(const std::vector<Variable>& items) {
  nb::list out;
  for (const Variable& v : items) out.append(nb::steal(wrap(v)));
  return out;
}

ModelBody& model_of(const Layer& layer) {
  auto* model = dynamic_cast<ModelBody*>(layer.body().get());
  if (!model) fail<TypeError>(layer.name(), "is a layer, not a model");
  return *model;
}

Layer sequential(const std::vector<Layer>& layers, const std::string& name) { return Layer(keras::Sequential(layers, name).body()); }
Layer functional(nb::handle inputs, nb::handle outputs, const std::string& name) {
  return Layer(keras::Model(to_nest(inputs), to_nest(outputs), name).body());
}

nb::object call_layer(const Layer& layer, nb::handle inputs, std::optional<bool> training) {
  return from_nest((*layer.body())(to_nest(inputs), {.training = training}));
}

void compile(const Layer& model, const std::string& optimizer, const std::string& loss, const std::vector<std::string>& metrics) {
  keras::CompileOptions options{.optimizer = handle_of<keras::Optimizer>(optimizer), .loss = handle_of<keras::Loss>(loss)};
  for (const std::string& m : metrics) {
    Config config = parsed(m);
    if (config.is_string()) options.metrics.push_back(config.as_string());
    else options.metrics.push_back(handle_of<keras::Metric>(m));
  }
  model_of(model).compile(options);
}

nb::dict fit(const Layer& model, nb::handle x, nb::handle y, nb::dict arguments) {
  keras::FitOptions options;
  auto take = [&](const char* name, auto& into) {
    if (arguments.contains(name)) into = nb::cast<std::remove_reference_t<decltype(into)>>(arguments[name]);
  };
  auto take_int = [&](const char* name, keras::Int& into) {
    if (arguments.contains(name)) into = keras::Int(nb::cast<int64_t>(arguments[name]));
  };
  take_int("batch_size", options.batch_size);
  take_int("epochs", options.epochs);
  take_int("initial_epoch", options.initial_epoch);
  take_int("validation_batch_size", options.validation_batch_size);
  take_int("validation_freq", options.validation_freq);
  take("verbose", options.verbose);
  take("validation_split", options.validation_split);
  take("shuffle", options.shuffle);
  if (arguments.contains("sample_weight")) options.sample_weight = to_tensor(nb::object(arguments["sample_weight"]).ptr());
  if (arguments.contains("class_weight"))
    for (auto [label, weight] : nb::cast<nb::dict>(arguments["class_weight"]))
      options.class_weight.emplace_back(nb::cast<int64_t>(label), nb::cast<double>(weight));
  if (arguments.contains("validation_data")) {
    nb::sequence held = nb::cast<nb::sequence>(arguments["validation_data"]);
    options.validation_data = {to_nest(nb::object(held[0])), to_nest(nb::object(held[1])), Tensor()};
  }
  Nest inputs = to_nest(x), targets = to_nest(y);
  keras::History history = without_gil(ReleaseGil::kWorthwhile + 1, [&] { return model_of(model).fit(inputs, targets, options); });
  nb::dict out;
  for (const auto& [name, values] : history.history) out[name.c_str()] = nb::cast(values);
  return out;
}

std::vector<double> evaluate(const Layer& model, nb::handle x, nb::handle y, int64_t batch_size, int verbose) {
  Nest inputs = to_nest(x), targets = to_nest(y);
  return without_gil(ReleaseGil::kWorthwhile + 1,
                     [&] { return model_of(model).evaluate(inputs, targets, {.batch_size = batch_size, .verbose = verbose}); });
}

nb::object predict(const Layer& model, nb::handle x, int64_t batch_size, int verbose) {
  Nest inputs = to_nest(x);
  return from_nest(without_gil(ReleaseGil::kWorthwhile + 1,
                               [&] { return model_of(model).predict(inputs, {.batch_size = batch_size, .verbose = verbose}); }));
}

// Bars go to Python's sys.stdout, so that notebooks and captures see them.
void write_to_python(const std::string& text) {
  HoldGil gil;
  PySys_FormatStdout("%s", text.c_str());
}

nb::tuple load_split(const keras::datasets::Dataset& data) {
  auto pair = [](const keras::datasets::Split& s) { return nb::make_tuple(nb::steal(wrap(s.x)), nb::steal(wrap(s.y))); };
  return nb::make_tuple(pair(data.train), pair(data.test));
}

}  // namespace

void bind_keras(nb::module_& m) {
  nb::class_<Layer>(m, "KerasLayer")
      .def_prop_ro("name", [](const Layer& l) { return l.name(); })
      .def_prop_rw("trainable", [](const Layer& l) { return l.trainable(); }, [](const Layer& l, bool on) { l.set_trainable(on); })
      .def_prop_ro("built", [](const Layer& l) { return l.body()->built(); })
      .def("weights", [](const Layer& l) { return variables(l.weights()); })
      .def("trainable_weights", [](const Layer& l) { return variables(l.trainable_weights()); })
      .def("non_trainable_weights", [](const Layer& l) { return variables(l.non_trainable_weights()); })
      .def("set_weights", [](const Layer& l, nb::list values) {
        std::vector<Tensor> tensors;
        for (nb::handle v : values) tensors.push_back(to_tensor(v.ptr()));
        l.set_weights(tensors);
      })
      .def("losses", [](const Layer& l) { return nb::steal(wrap(l.losses())); })
      .def("count_params", [](const Layer& l) { return l.count_params(); })
      .def("config", [](const Layer& l) { return l.get_config().to_json(); })
      .def("layers", [](const Layer& l) {
        std::vector<Layer> out;
        for (const auto& body : model_of(l).layers()) out.emplace_back(body);
        return out;
      })
      .def("add", [](const Layer& l, const Layer& added) { dynamic_cast<keras::SequentialBody&>(model_of(l)).add(added.body()); })
      .def("call", call_layer, nb::arg("inputs"), nb::arg("training").none())
      .def("compile", compile)
      .def("fit", fit)
      .def("evaluate", evaluate)
      .def("predict", predict)
      .def("summary", [](const Layer& l) { return model_of(l).summary_text(); })
      .def("save_weights", [](const Layer& l, const std::string& path) { model_of(l).save_weights(path); })
      .def("load_weights", [](const Layer& l, const std::string& path) { model_of(l).load_weights(path); });
  m.def("keras_layer", make_layer);
  m.def("keras_sequential", sequential);
  m.def("keras_functional", functional);
  m.def("keras_input", [](const PartialShape& shape, const DType& dtype, const std::string& name) { return keras::Input(shape, dtype, name); });
  m.def("keras_classes", classes);
  m.def("keras_default_config", default_config);
  m.def("keras_set_random_seed", [](int64_t seed) { keras::set_random_seed(seed); });
  m.def("keras_clear_session", [] { keras::clear_session(); });
  m.def("keras_fashion_mnist", [] { return load_split(keras::datasets::fashion_mnist::load_data()); });
  m.def("keras_california_housing", [](double test_split, int64_t seed) {
    return load_split(keras::datasets::california_housing::load_data({.test_split = test_split, .seed = uint32_t(seed)}));
  });
  keras::ProgressBar::set_writer(write_to_python);
}

}  // namespace runnel::python
