// What the tags of summaries begin with.
#pragma once

#include <string>

namespace runnel::inline v0::summary {

/// path() gives what encloses the code besides name scopes (for Keras, the layers that are being called): "net/dense", or "". True.
bool set_enclosing(std::string (*path)());
/// The name behind what encloses it and the name scopes (with "/" at their end) around.
std::string tag_of(const std::string& scopes, const std::string& name);

}  // namespace runnel::inline v0::summary
