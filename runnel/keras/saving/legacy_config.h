// Configs between the form of Keras 3 and that of Keras 2: {"class_name", "config"}.
#pragma once

#include "runnel/keras/config.h"

namespace runnel::inline v0::keras {

/// A layer's or model's config without what Keras 2 did not know, those of the layers inside as well.
Config to_legacy_layer(const Config& config);
/// The arguments of compile() as "training_config" holds them.
Config to_training_config(const Config& compile_config);

/// A layer's entry as our classes take it: arguments renamed as Keras 3 calls them.
Config from_legacy_layer(const Config& config);
/// "training_config" as compile_from_config() takes it.
Config from_training_config(const Config& config);

}  // namespace runnel::inline v0::keras
