// The classes of one kind each: what they offer in Python.
#pragma once

#include "python/keras/instance.h"

namespace runnel::python {

void bind_layers(nb::module_& m);         // Layer
void bind_models(nb::module_& m);         // Model, Sequential, Functional; Input
void bind_training(ClassBuilder& model);  // fit, evaluate, predict, ...
void bind_objects(nb::module_& m);        // initializers, regularizers, constraints, losses, schedules
void bind_quantizers(nb::module_& m);      // Quantizer, QuantizationConfig; quantize() and enable_lora()
void bind_metrics(nb::module_& m);
void bind_optimizers(nb::module_& m);
void bind_callbacks(nb::module_& m);
void bind_preprocessing(nb::module_& m);    // Tokenizer, skipgrams, Progbar
void bind_settings(nb::module_& m);         // keras.config
void bind_ops_functions(nb::module_& m);  // keras.ops.scan and its like

/// get_config() of any kind, from the C++ class.
template <class Body>
nb::object super_config(Body& self, int method);

}  // namespace runnel::python
