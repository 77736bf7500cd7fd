// What a class of another language does itself when it is saved and loaded: its save_own_variables(), save_assets(),
// get_build_config(), get_compile_config() and their counterparts. A C++ class overrides saved_variables().
// Also steps of a call that are methods in Keras and may be overridden: convolution_op(), _calculate_scores(), _apply_scores(),
// _compute_attention(), _moments().
#pragma once

#include "runnel/keras/function.h"
#include "runnel/keras/object.h"

namespace runnel::inline v0::keras::hooks {

/// The config that an overridden method gives; nothing where the class does not override it.
std::optional<Config> config_of(const KerasObject& object, const char* method);
/// Calls an overridden method with a config; false where the class does not override it.
bool take_config(const KerasObject& object, const char* method, const Config& config);

/// What an overridden method computes; nothing where the class does not override it.
std::optional<Nest> computed(const KerasObject& object, const char* method, std::initializer_list<Value> arguments);

/// Tensors by name: what save_own_variables() or save_assets() (file names and bytes) store.
std::optional<Nest> stored(const KerasObject& object, const char* method);
bool overrides(const KerasObject& object, const char* method);
/// load_own_variables() or load_assets().
void restore(const KerasObject& object, const char* method, const Nest& store);

}  // namespace runnel::inline v0::keras::hooks
