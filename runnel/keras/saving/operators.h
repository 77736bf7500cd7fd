// Operators in functional graphs (x + 1): Keras saves each as an object of a class of its own, called with all operands.
#pragma once

#include "runnel/core/nest.h"
#include "runnel/keras/functional_graph.h"

namespace runnel::inline v0::keras {

/// The class of Keras that stands for an operator.
struct KerasOperator {
  const char* op;      ///< "AddV2"
  const char* module;  ///< "keras.src.ops.numpy"
  const char* name;    ///< "Add"
};
/// nullptr where Keras has no class for it.
const KerasOperator* keras_operator(std::string_view op);

/// True for a config of such a class.
bool is_operator(const Config& config);
/// Calls the operator that the config names. NotImplementedError for one that is not known.
Tensor call_operator(const Config& config, const Nest::List& operands);
/// All operands of an operator's call in order, constants included; nothing where the layer is no operator.
Nest operands_of(const LayerBody& layer, const Nest& inputs);

/// A number where the tensor is a scalar, else {"class_name": "__numpy__", ...}; and back, with numbers as Python's.
Config constant_to_config(const Tensor& tensor);
Tensor constant_from_config(const Config& config);

}  // namespace runnel::inline v0::keras
