// The `.keras` format of Keras 3: a ZIP archive of metadata.json, config.json and model.weights.h5.
#pragma once

#include "runnel/keras/model.h"

namespace runnel::inline v0::keras {

/// The version of Keras whose files these are.
inline constexpr const char* kKerasVersion = "3.15.1";

std::string keras_archive(const ModelBody& model, bool include_optimizer);
Ref<ModelBody> model_from_archive(std::string bytes, const std::string& path);
/// The archive's weights, as a file of their own.
std::string weights_of_archive(std::string bytes, const std::string& path);

/// The model that a config describes; ValueError where it is another object.
Ref<ModelBody> model_from_config(const Config& config);

}  // namespace runnel::inline v0::keras
