// Weights in several files: x.weights.json says which group ("/layers/dense/vars") lies in which of x_00000.weights.h5, ...
#pragma once

#include "runnel/interop/hdf5/hdf5.h"

namespace runnel::inline v0::keras {

/// Writes a tree of weights to files of at most `most_bytes` each. ValueError where one array alone is larger.
void write_shards(const hdf5::Group& root, const std::string& json_path, double most_bytes);
/// The tree of all files. ValueError and errors::DataLossError for a broken index or file.
Ref<hdf5::Group> read_shards(const std::string& json_path);

}  // namespace runnel::inline v0::keras
