#include "runnel/keras/plot.h"

#include <algorithm>
#include <map>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/keras/functional_graph.h"

namespace runnel::inline v0::keras::utils {

namespace {

using Lines = std::vector<std::string>;

struct Box {
  Lines lines;
  int rank = 0;  ///< Steps from the inputs.
};
struct Edge {
  size_t from, to;
};

std::string shapes_of(LayerBody& layer) {
  if (!layer.nodes().empty()) return shapes_text(layer.nodes().back()->outputs());
  if (layer.build_shapes().empty()) return "?";
  Lines texts;
  for (const PartialShape& shape : layer.compute_output_shapes(layer.build_shapes())) texts.push_back(to_text(shape));
  return join(texts);
}

Lines lines_of(LayerBody& layer, const PlotOptions& options) {
  Lines out{options.show_layer_names ? cat(layer.name(), " (", layer.class_name(), ")") : layer.class_name()};
  if (options.show_layer_activations)
    if (auto activation = layer.argument("activation"); activation && activation->is_string()) out.push_back("Activation: " + activation->as_string());
  if (options.show_shapes) out.push_back("Output shape: " + shapes_of(layer));
  if (options.show_dtype) out.push_back(cat("Output dtype: ", layer.compute_dtype().name()));
  if (options.show_trainable) out.push_back(layer.trainable() ? "Trainable" : "Non-trainable");
  return out;
}

/// The boxes and edges of a model; those of nested models in place of them, where asked for.
class Picture {
 public:
  Picture(ModelBody& model, const PlotOptions& options) : options_(options) {
    add(model);
    for (size_t round = 0; round < boxes.size(); ++round)  // longest ways
      for (const Edge& e : edges) boxes[e.to].rank = std::max(boxes[e.to].rank, boxes[e.from].rank + 1);
  }
  std::vector<Box> boxes{};
  std::vector<Edge> edges{};

 private:
  /// Where edges into a layer lead, and where they come from.
  struct Ends {
    size_t first, last;
  };

  Ends add(ModelBody& model) {
    std::vector<Ref<LayerBody>> layers = model.layers();
    Nest inputs = model.inputs();
    const bool chain = !dynamic_cast<FunctionalBody*>(&model);
    if (chain && inputs) layers.insert(layers.begin(), layer_of(inputs.tensor()));
    if (layers.empty()) fail<ValueError>("", cat("The model ", model.name(), " has no layers to plot."));
    std::map<const LayerBody*, Ends> ends;
    for (const auto& layer : layers) ends[layer.get()] = add_layer(*layer);
    if (chain) connect_chain(layers, ends);
    else connect_graph(dynamic_cast<FunctionalBody&>(model), ends);
    return {ends[layers.front().get()].first, ends[layers.back().get()].last};
  }
  Ends add_layer(LayerBody& layer) {
    if (auto* inner = dynamic_cast<ModelBody*>(&layer); inner && options_.expand_nested && !inner->layers().empty()) return add(*inner);
    boxes.push_back({lines_of(layer, options_)});
    return {boxes.size() - 1, boxes.size() - 1};
  }
  void connect_chain(const std::vector<Ref<LayerBody>>& layers, std::map<const LayerBody*, Ends>& ends) {
    for (size_t i = 1; i < layers.size(); ++i) edges.push_back({ends[layers[i - 1].get()].last, ends[layers[i].get()].first});
  }
  void connect_graph(const FunctionalBody& model, std::map<const LayerBody*, Ends>& ends) {
    for (const auto& node : model.graph_nodes())
      for (const Tensor& read : node->reads())
        if (is_keras_tensor(read)) edges.push_back({ends[layer_of(read).get()].last, ends[node->layer().get()].first});
  }
  const PlotOptions& options_;
};

std::string escaped(const std::string& text, const std::map<char, std::string>& replaced) {
  std::string out;
  for (char c : text)
    if (auto found = replaced.find(c); found != replaced.end()) out += found->second;
    else out += c;
  return out;
}

// --- SVG: rows of boxes by rank, lines between them

struct Place {
  double x, y, width, height;
};

class Drawing {
 public:
  Drawing(const Picture& picture, bool sideways) : picture_(picture), sideways_(sideways) {
    std::map<int, std::vector<size_t>> rows;
    for (size_t i = 0; i < picture.boxes.size(); ++i) rows[picture.boxes[i].rank].push_back(i);
    places_.resize(picture.boxes.size());
    double along = kGap;
    for (const auto& [rank, row] : rows) along += place_row(row, along) + kGap;
    along_ = along;
    for (const auto& [rank, row] : rows) center_row(row);
  }
  std::string text() const {
    std::string out = cat("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", sideways_ ? along_ : across_, "\" height=\"", sideways_ ? across_ : along_,
                          "\" font-family=\"sans-serif\" font-size=\"13\" text-anchor=\"middle\">\n");
    for (const Edge& e : picture_.edges) out += line(places_[e.from], places_[e.to]);
    for (size_t i = 0; i < places_.size(); ++i) out += box(places_[i], picture_.boxes[i].lines);
    return out + "</svg>\n";
  }

 private:
  static constexpr double kGap = 30, kLine = 18, kLetter = 7.5;

  double& across(Place& p) const { return sideways_ ? p.y : p.x; }
  double size_across(const Place& p) const { return sideways_ ? p.height : p.width; }

  double place_row(const std::vector<size_t>& row, double along) {
    double at = kGap, thickest = 0;
    for (size_t i : row) {
      size_t longest = 0;
      for (const std::string& line : picture_.boxes[i].lines) longest = std::max(longest, line.size());
      Place& p = places_[i] = {along, along, double(longest) * kLetter + 20, double(picture_.boxes[i].lines.size()) * kLine + 12};
      across(p) = at;
      at += size_across(p) + kGap;
      thickest = std::max(thickest, sideways_ ? p.width : p.height);
    }
    across_ = std::max(across_, at);
    return thickest;
  }
  void center_row(const std::vector<size_t>& row) {
    Place& last = places_[row.back()];
    const double shift = (across_ - (across(last) + size_across(last) + kGap)) / 2;
    for (size_t i : row) across(places_[i]) += shift;
  }
  std::string line(const Place& a, const Place& b) const {
    const double x1 = sideways_ ? a.x + a.width : a.x + a.width / 2, y1 = sideways_ ? a.y + a.height / 2 : a.y + a.height;
    const double x2 = sideways_ ? b.x : b.x + b.width / 2, y2 = sideways_ ? b.y + b.height / 2 : b.y;
    return cat("<line x1=\"", x1, "\" y1=\"", y1, "\" x2=\"", x2, "\" y2=\"", y2, "\" stroke=\"#555\"/>\n");
  }
  std::string box(const Place& p, const Lines& lines) const {
    std::string out = cat("<rect x=\"", p.x, "\" y=\"", p.y, "\" width=\"", p.width, "\" height=\"", p.height, "\" rx=\"4\" fill=\"#eef3fa\" stroke=\"#333\"/>\n");
    for (size_t i = 0; i < lines.size(); ++i)
      out += cat("<text x=\"", p.x + p.width / 2, "\" y=\"", p.y + kLine * double(i + 1), "\">", escaped(lines[i], {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}}), "</text>\n");
    return out;
  }

  const Picture& picture_;
  bool sideways_;
  std::vector<Place> places_{};
  double across_ = 0, along_ = 0;
};

void check_built(const ModelBody& model) {
  if (!model.built())
    fail<ValueError>("", "This model has not yet been built. Build the model first by calling `build()` or by calling the model on a batch of data.");
}

}  // namespace

std::string dot_text(ModelBody& model, const PlotOptions& options) {
  check_built(model);
  Picture picture(model, options);
  std::string out = cat("digraph \"", model.name(), "\" {\n  rankdir=", options.rankdir, ";\n  node [shape=box];\n");
  for (size_t i = 0; i < picture.boxes.size(); ++i)
    out += cat("  n", i, " [label=\"", escaped(join(picture.boxes[i].lines, "\n"), {{'"', "\\\""}, {'\n', "\\n"}}), "\"];\n");
  for (const Edge& e : picture.edges) out += cat("  n", e.from, " -> n", e.to, ";\n");
  return out + "}\n";
}

std::string svg_text(ModelBody& model, const PlotOptions& options) {
  check_built(model);
  Picture picture(model, options);
  return Drawing(picture, options.rankdir == "LR").text();
}

void write_plot(ModelBody& model, const std::string& to_file, const PlotOptions& options) {
  if (to_file.ends_with(".svg")) return write_file(to_file, svg_text(model, options));
  if (to_file.ends_with(".dot")) return write_file(to_file, dot_text(model, options));
  fail<ValueError>("", cat("plot_model() writes .svg and .dot files. Received: to_file=", to_file));
}

}  // namespace runnel::inline v0::keras::utils
