// What an error says of the layer in whose call it arose.
#pragma once

#include "runnel/keras/layer.h"

namespace runnel::inline v0::keras {

/// Throws the error that is being handled anew, of its own class, with Keras's sentence, the layer's path in the model, where it was
/// made, its inputs, and what it was built for. What a layer further in has explained goes on as it is.
[[noreturn]] void rethrow_from(const LayerBody& layer, const Nest& inputs, const CallArgs& args);

/// After a build() by hand that no class of the layer defines: Keras's warning where layers within are still without weights.
void warn_of_unbuilt_parts(const LayerBody& layer);
/// Where an input carries a mask: says that the layer, which does not support masking, drops it.
void warn_of_lost_mask(const LayerBody& layer, const Nest& inputs);

}  // namespace runnel::inline v0::keras
