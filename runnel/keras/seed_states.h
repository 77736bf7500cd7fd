// The states of a layer's seed generators: variables of the layer that are none of its weights.
#pragma once

#include "runnel/keras/layer.h"
#include "runnel/keras/random.h"

namespace runnel::inline v0::keras {

/// The state becomes one of the layer's variables.
void track_seeds(LayerBody& layer, const Variable& state);
/// A generator whose state is one of the layer's variables.
SeedGenerator tracked_seeds(LayerBody& layer, std::optional<int64_t> seed);

/// All that a call may read or change: the weights, and after each layer's own ones the states of its seeds.
std::vector<Variable> all_variables(const LayerBody& layer);
/// Those of them that are not trained; all of them where the layer is not.
std::vector<Variable> non_trainable_variables(const LayerBody& layer);

}  // namespace runnel::inline v0::keras
