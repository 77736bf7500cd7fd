// The HDF5 format of Keras 2, which Keras 3 still reads and writes: configs as JSON in attributes, weights by layer.
#pragma once

#include "runnel/interop/hdf5/hdf5.h"
#include "runnel/keras/model.h"
#include "runnel/keras/saving/state.h"

namespace runnel::inline v0::keras {

/// A whole model: "model_config", "training_config", "model_weights", "optimizer_weights".
void write_legacy_model(const ModelBody& model, hdf5::Group& root, bool include_optimizer);
Ref<ModelBody> read_legacy_model(const hdf5::Group& root, const std::string& path, bool compile);

/// The weights alone: a group for each layer, named after it.
void write_legacy_weights(const ModelBody& model, hdf5::Group& to);
/// By the order of the layers that have weights, or by their names. ValueError in Keras's words where they do not fit.
std::vector<Assignment> read_legacy_weights(const ModelBody& model, const hdf5::Group& root, const LoadWeightsOptions& options);

}  // namespace runnel::inline v0::keras
