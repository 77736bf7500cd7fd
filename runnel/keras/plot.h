// keras.utils.plot_model: a picture of a model's layers.
#pragma once

#include "runnel/keras/model.h"

namespace runnel::inline v0::keras::utils {

struct PlotOptions {
  bool show_shapes = false;
  bool show_dtype = false;
  bool show_layer_names = true;
  bool expand_nested = false;  ///< Shows the layers of models inside of the model.
  bool show_layer_activations = false;
  bool show_trainable = false;
  std::string rankdir = "TB";  ///< "TB": from top to bottom, "LR": from left to right.
};

/// The graph in the language of Graphviz.
std::string model_to_dot(const Model& model, const PlotOptions& options = PlotOptions());
/// Writes "model.svg", drawn by Runnel, or "model.dot". ValueError for another ending and for a model that has not been built.
void plot_model(const Model& model, const std::string& to_file = "model.svg", const PlotOptions& options = PlotOptions());

std::string dot_text(ModelBody& model, const PlotOptions& options);
std::string svg_text(ModelBody& model, const PlotOptions& options);

}  // namespace runnel::inline v0::keras::utils
