// keras.models.clone_model.
#pragma once

#include <functional>

#include "runnel/keras/model.h"

namespace runnel::inline v0::keras {

struct CloneOptions {
  std::function<Layer(const Layer& layer)> clone_function{};  ///< Gives the layer that stands in the clone; not asked for inputs.
  bool recursive = false;                                     ///< Also asks for the layers of models within.
  Nest input_tensors{};                                       ///< Keras tensors that the clone is built on, in the structure of the model's inputs.
};

/// A model of the same architecture with weights of its own, not compiled. ValueError for a clone_function or input_tensors where the model is
/// neither Sequential nor functional, and for tensors that do not fit its inputs.
Model clone_model(const Model& model, const CloneOptions& options = CloneOptions());

namespace models {
using keras::clone_model;
}  // namespace models

}  // namespace runnel::inline v0::keras
