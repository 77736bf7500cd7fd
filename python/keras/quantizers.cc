// tf.keras.quantizers: Quantizer, QuantizationConfig, and what layers and models do with them.
#include "runnel/keras/quantizers.h"

#include <nanobind/stl/optional.h>

#include "python/convert.h"
#include "python/keras/kinds.h"
#include "python/keras/value.h"
#include "runnel/keras/layers/adaptable.h"
#include "runnel/keras/model.h"
#include "runnel/keras/saving/state.h"
#include "runnel/ops/array.h"

namespace runnel::python {

namespace {

using keras::AdaptableBody;
using keras::LayerBody;
using keras::QuantizationConfigBody;
using keras::QuantizerBody;
using keras::SuperCall;
using Open = keras::OverridableQuantizer<keras::QuantizerBaseBody>;

nb::object quantize(QuantizerBody& self, const Tensor& x, nb::object axis, bool) {
  SuperCall here(&self, Open::kCall);
  Results found = self.call(x, axis.is_none() ? Axes() : to_axes(axis.ptr()));
  return found.tensors.size() == 1 ? nb::steal(wrap(found[0])) : nb::object(nb::tuple(tensor_list(found.tensors)));
}

template <class Body>
nb::object get_config(Body& self) {
  SuperCall here(&self, Open::kGetConfig);
  return from_config(self.get_config());
}

keras::QuantizeOptions options_of(const std::string& mode, bool type_check, nb::object config) {
  keras::QuantizeOptions options{.mode = mode, .type_check = type_check};
  from_config(to_config(config), options.config);
  return options;
}

void quantize_layer(LayerBody& layer, const std::string& mode, bool type_check, nb::object config) {
  keras::quantize_layer(layer, options_of(mode, type_check, config));
}

void quantize_model(keras::ModelBody& model, const std::string& mode, bool type_check, nb::object config, nb::object wanted) {
  keras::QuantizeOptions options = options_of(mode, type_check, config);
  if (!wanted.is_none()) options.filter = [wanted](const keras::Layer& layer) { return nb::cast<bool>(nb::bool_(wanted(wrap_object(layer.body())))); };
  model.quantize(options);
}

void enable_lora(AdaptableBody& layer, int64_t rank, std::optional<int64_t> alpha, nb::object a, nb::object b) {
  keras::LoraOptions options{.rank = rank};
  if (alpha) options.lora_alpha = *alpha;
  from_config(to_config(a), options.a_initializer);
  from_config(to_config(b), options.b_initializer);
  layer.enable_lora(options);
}

// What save_own_variables() stores, by name.
nb::dict saved_values(LayerBody& layer) {
  nb::dict out;
  for (const auto& [name, variable, value] : layer.saved_variables())
    if (!name.empty()) out[name.c_str()] = nb::steal(wrap(value ? value : variable.value()));
  return out;
}

void load_values(LayerBody& layer, nb::dict store) {
  for (const auto& [name, variable, value] : layer.saved_variables()) {
    if (name.empty()) variable.assign(zeros_like(variable));
    else variable.assign(keras::checked_assignment(variable, to_tensor(nb::object(store[name.c_str()]).ptr())).value);
  }
}

}  // namespace

void bind_quantizers(nb::module_& m) {
  nb::handle root(reinterpret_cast<PyObject*>(instance_type));
  ClassBuilder quantizer(root, "Quantizer", "runnel.keras.quantizers"), config(root, "QuantizationConfig", "runnel.keras.quantizers");
  quantizer.def("__call__", quantize, nb::arg("x"), nb::arg("axis").none() = nb::none(), nb::arg("to_numpy") = false)
      .def("get_config", get_config<QuantizerBody>);
  config.def("get_config", get_config<QuantizationConfigBody>).property("mode", [](QuantizationConfigBody& c) { return c.mode(); });
  register_base("quantizers", quantizer.type());
  register_base("quantization configs", config.type());
  m.def("keras_quantize_layer", quantize_layer, nb::arg("layer"), nb::arg("mode"), nb::arg("type_check"), nb::arg("config").none());
  m.def("keras_quantize_model", quantize_model, nb::arg("model"), nb::arg("mode"), nb::arg("type_check"), nb::arg("config").none(), nb::arg("wanted").none());
  m.def("keras_enable_lora", enable_lora, nb::arg("layer"), nb::arg("rank"), nb::arg("lora_alpha").none(), nb::arg("a").none(), nb::arg("b").none());
  m.def("keras_lora_enabled", [](AdaptableBody& layer) { return layer.lora_enabled(); });
  m.def("keras_pack_int4", [](const Tensor& arr, int64_t axis, nb::object dtype) { return keras::quantizers::pack_int4(arr, axis, to_dtype(dtype.ptr())); });
  nb::handle layer = base_class("layers");
  layer.attr("_saved_values") = nb::cpp_function(saved_values, nb::is_method());
  layer.attr("_load_values") = nb::cpp_function(load_values, nb::is_method());
}

}  // namespace runnel::python
