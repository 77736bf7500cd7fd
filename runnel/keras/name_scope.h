// The part of a weight's path that a model gives while it builds its layers outside of its own call.
#pragma once

#include "runnel/keras/layer.h"

namespace runnel::inline v0::keras {

/// Weights that are made meanwhile get the layer's name before their own: "sequential/dense/kernel".
class NameScope {
 public:
  explicit NameScope(LayerBody* layer);
  ~NameScope();
  NameScope(const NameScope&) = delete;
  NameScope& operator=(const NameScope&) = delete;
};

}  // namespace runnel::inline v0::keras
