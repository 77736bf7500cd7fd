// keras.models.clone_model.
#pragma once

#include <functional>

#include "runnel/keras/model.h"

namespace runnel::inline v0::keras {

struct CloneOptions {
  std::function<Layer(const Layer& layer)> clone_function{};  ///< Gives the layer that stands in the clone; not asked for inputs.
  bool recursive = false;                                     ///< Also asks for the layers of models within.
};

/// A model of the same architecture with weights of its own, not compiled. ValueError for a clone_function where the model is neither
/// Sequential nor functional.
Model clone_model(const Model& model, const CloneOptions& options = CloneOptions());

namespace models {
using keras::clone_model;
}  // namespace models

}  // namespace runnel::inline v0::keras
