// keras.saving: whole models in files.
#pragma once

#include "runnel/keras/model.h"

namespace runnel::inline v0::keras {

struct LoadModelOptions {
  std::vector<KerasClass> custom_objects{};  ///< Classes of one's own that the file names: own_class<ScaleBody>(), own_function<huber>("huber").
  bool compile = true;                       ///< Compile as the saved model was, and take over the optimizer's state.
  bool safe_mode = true;                     ///< Refuse files that hold Python's bytecode (lambdas).
};

/// Reads "x.keras" (Keras 3) or "x.h5" (Keras 2 and 3). ValueError for another ending, for unknown classes and for a
/// config that does not fit the weights; errors::DataLossError for a damaged file. Runs no code of the file.
Model load_model(const std::string& path, const LoadModelOptions& options = LoadModelOptions());
inline void save_model(const Model& model, const std::string& path, const SaveOptions& options = SaveOptions()) { model.save(path, options); }

/// The architecture alone, from to_json().
Model model_from_json(const std::string& json, const LoadModelOptions& options = LoadModelOptions());

namespace models {
using keras::load_model;
using keras::model_from_json;
using keras::save_model;
}  // namespace models
namespace saving {
using keras::load_model;
using keras::save_model;
}  // namespace saving

}  // namespace runnel::inline v0::keras
