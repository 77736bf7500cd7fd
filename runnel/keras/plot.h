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

std::string dot_text(ModelBody& model, const PlotOptions& options);
std::string svg_text(ModelBody& model, const PlotOptions& options);
void write_plot(ModelBody& model, const std::string& to_file, const PlotOptions& options);

/// The graph of a Model or Sequential in the language of Graphviz. ValueError where it has not been built.
template <class AnyModel>
std::string model_to_dot(const AnyModel& model, const PlotOptions& options = PlotOptions()) {
  return dot_text(*model.body(), options);
}
/// Writes "model.svg", drawn by Runnel, or "model.dot". ValueError for another ending.
template <class AnyModel>
void plot_model(const AnyModel& model, const std::string& to_file = "model.svg", const PlotOptions& options = PlotOptions()) {
  write_plot(*model.body(), to_file, options);
}

}  // namespace runnel::inline v0::keras::utils
