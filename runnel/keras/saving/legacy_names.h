// Lists of names in attributes of Keras 2's format, and the names of weights.
#pragma once

#include "runnel/interop/hdf5/hdf5.h"
#include "runnel/keras/layer.h"

namespace runnel::inline v0::keras {

/// Long lists are split into `name`0, `name`1, ..., because an attribute holds 64 KB.
void write_names(hdf5::Attributes& to, const std::string& name, const std::vector<std::string>& names);
std::vector<std::string> read_names(const hdf5::Attributes& from, const std::string& name);

struct NamedVariable {
  std::string name;  ///< "sequential/dense/kernel"
  Variable variable;
};
/// A layer's weights in the order of Keras 2's files: all trainable ones, then the others.
std::vector<Variable> legacy_weights(const LayerBody& layer);
/// The same, each under a name of its own.
std::vector<NamedVariable> named_weights(const LayerBody& layer, const std::string& prefix);
/// Names without ":0", made different from each other.
std::vector<NamedVariable> named_variables(const std::vector<Variable>& variables);

}  // namespace runnel::inline v0::keras
