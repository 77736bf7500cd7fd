// tf.keras.layers.Layer.
#include <algorithm>

#include "python/keras/call_extras.h"
#include "python/keras/kinds.h"
#include "runnel/base/error.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/input_spec.h"
#include "runnel/keras/layer_errors.h"
#include "runnel/keras/model.h"
#include "runnel/keras/layers/rnn.h"
#include "runnel/keras/overrides.h"
#include "runnel/keras/quantizers.h"
#include "runnel/keras/seed_states.h"
#include "runnel/keras/tensor_notes.h"
#include "runnel/ops/variable_notes.h"

namespace runnel::python {

namespace {

using keras::CallArgs;
using keras::LayerBody;
using keras::SuperCall;
using Open = keras::OverridableLayer<keras::LayerBaseBody>;

nb::object first_input(nb::handle self, nb::args args, nb::kwargs& keywords) {
  if (args.size() > 0) return args[0];
  for (const char* name : {record_of(self.type()).first_parameter.c_str(), "inputs", "input", "x", "query", "sequences"})
    if (keywords.contains(name)) return keywords.attr("pop")(name);
  fail<TypeError>("", cat(Py_TYPE(self.ptr())->tp_name, ".call() missing 1 required positional argument: 'inputs'"));
}

nb::object call(nb::handle self, nb::args args, nb::kwargs keywords) {
  LayerBody& layer = body_as<LayerBody>(self);
  nb::object first = first_input(self, args, keywords);
  Nest inputs = to_nest(first);
  return from_nest(layer(inputs, make_call_args(self, args, keywords, args.size() > 0)));
}

// What super().call() means: the C++ class's.
nb::object call_here(nb::handle self, nb::args args, nb::kwargs keywords) {
  LayerBody& layer = body_as<LayerBody>(self);
  nb::object first = first_input(self, args, keywords);
  CallArgs call_args = make_call_args(self, args, keywords, args.size() > 0);
  SuperCall here(&layer, Open::kCall);
  return from_nest(layer.call(to_nest(first), call_args));
}

void build(LayerBody& layer, nb::object shapes) {
  if (shapes.is_none()) return;
  if (!overrides(layer, Open::kBuild)) {
    layer.ensure_built(to_shapes(shapes));
    return keras::warn_of_unbuilt_parts(layer);
  }
  SuperCall here(&layer, Open::kBuild);
  layer.build(to_shapes(shapes));
}

// The parameters of build(): of attention layers, of those with states, and of all others.
std::vector<std::string> build_parameters(const LayerBody& layer) {
  const std::vector<std::string> of_call = layer.call_arguments();
  const std::string second = of_call.empty() ? "" : of_call[0];
  if (second == "value") return {"query_shape", "value_shape", "key_shape"};
  if (second == "initial_state") return {"sequences_shape", "initial_state_shape"};
  return {"input_shape"};
}

// One shape for each parameter, None for those left out.
std::vector<nb::object> build_arguments(const LayerBody& layer, nb::args shapes, nb::kwargs named) {
  const std::vector<std::string> names = build_parameters(layer);
  if (shapes.size() > names.size())
    fail<TypeError>("", cat(layer.class_name(), ".build() takes ", names.size() + 1, " positional arguments but ", shapes.size() + 1, " were given"));
  std::vector<nb::object> out(names.size(), nb::none());
  for (size_t i = 0; i < shapes.size(); ++i) out[i] = shapes[i];
  for (auto [key, shape] : named) {
    const std::string name = nb::cast<std::string>(key);
    const size_t at = size_t(std::find(names.begin(), names.end(), name) - names.begin());
    if (at == names.size()) fail<TypeError>("", cat(layer.class_name(), ".build() got an unexpected keyword argument '", name, "'"));
    if (at < shapes.size()) fail<TypeError>("", cat(layer.class_name(), ".build() got multiple values for argument '", name, "'"));
    out[at] = nb::borrow(shape);
  }
  return out;
}

void build_of_any(LayerBody& layer, nb::args shapes, nb::kwargs named) {
  if (shapes.size() + named.size() == 0 && !dynamic_cast<keras::SequentialBody*>(&layer))
    fail<TypeError>("", cat(layer.class_name(), ".build() missing 1 required positional argument: '", build_parameters(layer)[0], "'"));
  std::vector<nb::object> given = build_arguments(layer, shapes, named);
  if (given.size() == 2) given.pop_back();  // the sizes of states follow from the layer
  while (given.size() > 1 && given.back().is_none()) given.pop_back();
  if (given.size() == 1) return build(layer, given[0]);
  nb::list all;
  for (const nb::object& shape : given) all.append(shape);
  build(layer, all);
}

// After a build() that Python code called or overrode.
void note_built(LayerBody& layer, nb::object shapes, nb::object arguments) {
  layer.set_built(true);
  layer.set_build_arguments(to_config(arguments));
  if (!shapes.is_none() && layer.build_shapes().empty()) layer.set_build_shapes(to_shapes(shapes));
}

nb::object compute_output_shape(LayerBody& layer, nb::object shapes) {
  SuperCall here(&layer, Open::kComputeOutputShape);
  return shapes_object(layer.compute_output_shapes(to_shapes(shapes)));
}

nb::object compute_mask(LayerBody& layer, nb::object inputs, nb::object mask) {
  SuperCall here(&layer, Open::kComputeMask);
  Tensor given = mask.is_none() ? Tensor() : to_tensor(mask.ptr());
  return nb::steal(wrap(layer.compute_mask(to_nest(inputs), given)));
}

// add_weight(shape, initializer, ...) of Keras 3, and add_weight(name, shape, dtype, ...) of Keras 2.
nb::object add_weight(LayerBody& layer, nb::args args, nb::kwargs keywords) {
  static const std::vector<const char*> older{"name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint"};
  static const std::vector<const char*> newer{"shape", "initializer", "dtype", "trainable", "autocast", "regularizer", "constraint", "aggregation", "overwrite_with_gradient", "name"};
  bool name_first = args.size() > 0 && (PyUnicode_Check(args[0].ptr()) || (args[0].is_none() && args.size() > 1));
  nb::dict given(keywords);
  for (size_t i = 0; i < args.size(); ++i) given[(name_first ? older : newer).at(i)] = args[i];
  auto get = [&](const char* name) -> nb::object { return given.contains(name) ? nb::object(given[name]) : nb::none(); };
  keras::WeightSpec spec;
  if (nb::object name = get("name"); !name.is_none()) spec.name = nb::cast<std::string>(name);
  else spec.name = keras::unique_name("variable");
  if (nb::object shape = get("shape"); !shape.is_none())
    spec.shape = PyLong_Check(shape.ptr()) ? Shape({to_int(shape.ptr())}) : to_partial_shape(shape.ptr()).known();
  if (nb::object dtype = get("dtype"); !dtype.is_none()) spec.dtype = to_dtype(dtype.ptr());
  spec.initializer = keras::Initializer();
  from_config(to_config(get("initializer")), spec.initializer);
  from_config(to_config(get("regularizer")), spec.regularizer);
  from_config(to_config(get("constraint")), spec.constraint);
  if (nb::object trainable = get("trainable"); !trainable.is_none()) spec.trainable = nb::cast<bool>(trainable);
  Variable made = layer.add_weight(spec);
  notes_of(made).overwrite_with_gradient = get("overwrite_with_gradient").equal(nb::bool_(true));
  return nb::steal(wrap(made));
}

void add_loss(LayerBody& layer, nb::object loss) {
  if (PyList_Check(loss.ptr()) || PyTuple_Check(loss.ptr())) {
    for (nb::handle item : loss) layer.add_loss(to_tensor(item.ptr()));
  } else {
    layer.add_loss(to_tensor(PyCallable_Check(loss.ptr()) && !is_tensor(loss.ptr()) ? loss().ptr() : loss.ptr()));
  }
}

const keras::KerasNode& last_node(const LayerBody& layer, const char* what) {
  if (layer.nodes().empty()) fail<AttributeError>("", cat("The layer ", layer.name(), " has never been called and thus has no defined ", what, "."));
  return *layer.nodes().back();
}

// As long as the layer's last outputs live, from them; then from what it was built for.
nb::object input_shape(LayerBody& layer) {
  if (!layer.nodes().empty() || layer.build_shapes().empty()) return shapes_of_nest(last_node(layer, "input shape").inputs());
  return shapes_object(layer.build_shapes());
}
nb::object output_shape(LayerBody& layer) {
  if (!layer.nodes().empty() || layer.build_shapes().empty()) return shapes_of_nest(last_node(layer, "output shape").outputs());
  return shapes_object(layer.compute_output_shapes(layer.build_shapes()));
}

// (inputs, outputs) of each call on Keras tensors.
nb::list node_tensors(LayerBody& layer) {
  nb::list out;
  for (const keras::KerasNode* node : layer.nodes()) out.append(nb::make_tuple(from_nest(node->inputs()), from_nest(node->outputs())));
  return out;
}

nb::list own_variables(LayerBody& layer, bool trainable) {
  return variable_list(trainable ? layer.trainable_weights() : layer.non_trainable_weights());
}

void set_weights(LayerBody& layer, nb::object values) { layer.set_weights(to_tensors(nb::list(values).ptr())); }

nb::list sublayers(LayerBody& layer) {
  nb::list out;
  for (const auto& below : layer.sublayers()) out.append(wrap_object(below));
  return out;
}

nb::list flat_layers(LayerBody& layer, bool include_self) {
  nb::list out;
  for (LayerBody* below : layer.all_layers())
    if (include_self || below != &layer) out.append(wrap_object(Ref<LayerBody>(below)));
  return out;
}

// A config of C++ has lists alone.
bool is_tuple_in_keras(std::string_view name) {
  for (const char* known : {"kernel_size", "strides", "dilation_rate", "pool_size", "padding", "cropping", "size", "output_padding", "target_shape", "dims", "batch_shape", "output_size", "input_shape", "build_input_shape", "shape"})
    if (name == known) return true;
  return false;
}
nb::object as_tuples(nb::handle value) {
  if (PyDict_Check(value.ptr())) {
    nb::dict out;
    for (auto [key, item] : nb::borrow<nb::dict>(value)) out[key] = as_tuples(item);
    return out;
  }
  if (!PyList_Check(value.ptr())) return nb::borrow(value);
  nb::list items;
  for (nb::handle item : value) items.append(as_tuples(item));
  return nb::tuple(items);
}

nb::object in_order_of_keras(nb::handle config);

nb::object value_in_order(std::string_view key, nb::handle value) {
  if (is_tuple_in_keras(key)) return as_tuples(value);
  if (!PyList_Check(value.ptr())) return in_order_of_keras(value);
  nb::list items;
  for (nb::handle item : value) items.append(in_order_of_keras(item));
  return key == "args" ? nb::object(nb::tuple(items)) : nb::object(items);
}

// A layer's config as Keras shows it, and those of the layers within.
nb::object in_order_of_keras(nb::handle config) {
  if (!PyDict_Check(config.ptr())) return nb::borrow(config);
  nb::dict given = nb::borrow<nb::dict>(config), out;
  if (given.contains("trainable"))
    for (const char* first : {"name", "trainable", "dtype"})
      if (given.contains(first)) out[first] = in_order_of_keras(nb::object(given[first]));
  for (auto [key, value] : given)
    if (!out.contains(key)) out[key] = value_in_order(nb::cast<std::string>(key), value);
  return out;
}

nb::object get_config(LayerBody& layer) {
  SuperCall here(&layer, Open::kGetConfig);
  return in_order_of_keras(from_config(layer.get_config()));
}

nb::object dtype_policy(LayerBody& layer) { return keras_helper("_dtype_policy", "get")(layer.dtype_policy().name()); }
// A quantized policy quantizes a layer that is built.
void set_dtype_policy(LayerBody& layer, nb::object policy) {
  keras::DTypePolicy value;
  from_config(to_config(policy), value);
  const std::string mode = value.quantization_mode();
  if (!mode.empty() && layer.built() && layer.dtype_policy().quantization_mode().empty()) return keras::quantize_layer(layer, {.mode = mode});
  layer.set_dtype_policy(value);
}
nb::object quantization_mode(LayerBody& layer) {
  const std::string mode = layer.dtype_policy().quantization_mode();
  return mode.empty() ? nb::none() : nb::object(nb::str(mode.c_str()));
}

void set_input_spec(LayerBody& layer, nb::object specs) {
  std::vector<keras::InputSpec> read;
  from_config(to_config(specs), read);
  keras::set_input_spec(layer, std::move(read));
}

void bind_state(ClassBuilder& c) {
  c.property("name", [](LayerBody& l) { return l.name(); }, [](LayerBody& l, const std::string& name) { l.set_name(name); })
      .alias("_name", "name")
      .property("trainable", [](LayerBody& l) { return l.trainable(); }, [](LayerBody& l, bool on) { l.set_trainable(on); })
      .property("built", [](LayerBody& l) { return l.built(); }, [](LayerBody& l, bool on) { l.set_built(on); })
      .property("dtype", [](LayerBody& l) { return l.variable_dtype().name(); })
      .property("variable_dtype", [](LayerBody& l) { return l.variable_dtype().name(); })
      .property("compute_dtype", [](LayerBody& l) { return l.compute_dtype().name(); })
      .property("dtype_policy", dtype_policy, set_dtype_policy)
      .property("quantization_mode", quantization_mode)
      .property("supports_masking", [](LayerBody& l) { return l.supports_masking(); }, [](LayerBody& l, bool on) { l.set_supports_masking(on); })
      .property("autocast", [](LayerBody& l) { return l.autocast(); })
      .property("weights", [](LayerBody& l) { return variable_list(l.weights()); })
      .property("trainable_weights", [](LayerBody& l) { return own_variables(l, true); })
      .property("non_trainable_weights", [](LayerBody& l) { return own_variables(l, false); })
      .property("losses", [](LayerBody& l) { return tensor_list(l.losses()); })
      .property("_input_spec", [](LayerBody& l) { return from_config(to_config(input_spec(l))); }, set_input_spec)
      .property("_layers", sublayers)
      .property("variables", [](LayerBody& l) { return variable_list(keras::all_variables(l)); })
      .property("non_trainable_variables", [](LayerBody& l) { return variable_list(keras::non_trainable_variables(l)); })
      .alias("trainable_variables", "trainable_weights");
}

void bind_graph(ClassBuilder& c) {
  c.property("input", [](LayerBody& l) { return from_nest(last_node(l, "input").inputs()); })
      .property("output", [](LayerBody& l) { return from_nest(last_node(l, "output").outputs()); })
      .property("input_shape", input_shape)
      .property("output_shape", output_shape)
      .property("_node_tensors", node_tensors);
}

}  // namespace

nb::object shapes_of_nest(const Nest& nest) {
  std::vector<Tensor> tensors = nest.flatten();
  if (tensors.size() == 1) return shape_tuple(tensors[0].partial_shape());
  nb::list out;
  for (const Tensor& t : tensors) out.append(shape_tuple(t.partial_shape()));
  return out;
}

static void bind_keras_tensors(nb::module_& m) {
  m.def("keras_mask_of", [](const Tensor& t) {
    Tensor mask = keras::is_keras_tensor(t) ? keras::symbolic_mask(t) : keras::mask_of(t);
    if (!mask) fail<AttributeError>("", "this tensor has no attribute '_keras_mask'");
    return mask;
  });
  m.def("keras_unique_name", &keras::unique_name);
  m.def("keras_tensor_name", [](const Tensor& t) { return keras::keras_node(t)->output_name(t.symbol().output); });
  // (layer, which of its calls, which output)
  m.def("keras_history_of", [](const Tensor& t) {
    keras::KerasNode* node = keras::keras_node(t);
    if (!node) fail<AttributeError>("", "this tensor has no attribute '_keras_history'");
    const auto& calls = node->layer()->nodes();
    return nb::make_tuple(wrap_object(node->layer()), std::find(calls.begin(), calls.end(), node) - calls.begin(), t.symbol().output);
  });
  m.def("keras_set_mask", [](const Tensor& t, const Tensor& mask) { keras::set_mask(t, mask); });
}

void bind_layers(nb::module_& m) {
  ClassBuilder c(nb::handle(reinterpret_cast<PyObject*>(instance_type)), "Layer", "runnel.keras.layers");
  bind_state(c);
  bind_graph(c);
  c.def("__call__", call)
      .def("call", call_here)
      .def("build", build_of_any)
      .def("_note_built", note_built, nb::arg("shapes").none() = nb::none(), nb::arg("arguments").none() = nb::none())
      .def("compute_output_shape", compute_output_shape, nb::arg("input_shape"))
      .def("compute_mask", compute_mask, nb::arg("inputs").none(), nb::arg("mask").none() = nb::none())
      .def("add_weight", add_weight)
      .def("add_loss", add_loss, nb::arg("loss"))
      .def("get_config", get_config)
      .def("get_weights", [](LayerBody& l) { return arrays(l.get_weights()); })
      .def("set_weights", set_weights, nb::arg("weights"))
      .def("reset_state", [](LayerBody& l) { reset_states(l); })
      .def("count_params", [](LayerBody& l) { return l.count_params(); })
      .def("_flatten_layers", flat_layers, nb::arg("include_self") = true)
      .def("_own_weights", [](LayerBody& l) { return variable_list(l.own_weights()); })
      .def("_is_functional", [](LayerBody& l) { return dynamic_cast<keras::FunctionalBody*>(&l) != nullptr; })
      .def("_build_arguments", [](LayerBody& l) { return as_tuples(from_config(l.build_arguments())); })
      .def("_build_shapes", [](LayerBody& l) { return l.build_shapes().empty() ? nb::none() : shapes_object(l.build_shapes()); })
      .def("_tracked_objects", [](LayerBody& l) {
        nb::list out;
        for (const auto& object : l.tracked_objects())
          if (object->module() != "keras") out.append(wrap(object));  // an input spec is no object of Python's
        return out;
      })
      .def("_serialized", [](LayerBody& l) { return from_config(l.serialized()); })
      .alias("reset_states", "reset_state")
      .alias("add_variable", "add_weight");
  register_base("layers", c.type());
  m.attr("Layer") = c.type();
  bind_keras_tensors(m);
}

}  // namespace runnel::python
