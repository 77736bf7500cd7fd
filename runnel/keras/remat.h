// keras.RematScope: memory is saved by computing a layer's values once more for their gradient instead of keeping them.
#pragma once

#include "runnel/keras/layer.h"

namespace runnel::inline v0::keras {

struct RematOptions {
  /// "full": all layers; "activations": those with an activation; "larger_than": those with an output of more elements than the
  /// threshold; "list_of_layers": those with these names; "": none.
  std::string mode = "full";
  int64_t output_size_threshold = 1024;
  std::vector<std::string> layer_names{};
};

/// Holds for the layers that are made while it lives. Of nested ones the innermost counts.
class RematScope {
 public:
  explicit RematScope(const RematOptions& options);  ///< ValueError for another mode.
  ~RematScope();
  RematScope(const RematScope&) = delete;
  RematScope& operator=(const RematScope&) = delete;
};

/// For LayerBody: notes the scope that the layer is made in.
void note_remat_scope(LayerBody& layer);
/// layer.call(), by way of that scope. The second time Variables read, and random numbers are drawn, as in the first.
Nest call_in_remat_scope(LayerBody& layer, const Nest& inputs, const CallArgs& args);

}  // namespace runnel::inline v0::keras
