// Functional models as configs: {"name", "trainable", "layers": [...], "input_layers", "output_layers"}.
#pragma once

#include "runnel/keras/model.h"

namespace runnel::inline v0::keras {

Config graph_to_config(const FunctionalBody& model);

/// Also reads what Keras 2 wrote. ValueError for a graph with loops, missing layers or missing nodes.
Ref<FunctionalBody> graph_from_config(const Config& config);

/// What a Sequential's config says goes into an empty one: its layers, the shape that it is built for, whether it is trainable.
void add_layers_from(const Config& config, SequentialBody& model);

}  // namespace runnel::inline v0::keras
