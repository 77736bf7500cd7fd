// Model.summary(), printed as Keras 3 prints it.
#include <algorithm>
#include <cstdio>

#include "runnel/base/pointer_map.h"
#include "runnel/keras/functional_graph.h"
#include "runnel/keras/model.h"
#include "runnel/keras/progress_bar.h"

namespace runnel::inline v0::keras {

namespace {

using Row = std::vector<std::string>;
using Lines = std::vector<std::string>;

std::string with_commas(int64_t n) {
  std::string digits = std::to_string(n), out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string memory_text(int64_t bytes) {
  const char* unit = "B";
  double size = double(bytes);
  for (const char* next : {"KB", "MB", "GB", "TB"}) {
    if (size < 1024) break;
    size /= 1024;
    unit = next;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %s", size, unit);
  return text;
}

/// How many numbers, and their bytes.
std::string counted(const std::vector<Variable>& variables) {
  int64_t count = 0, bytes = 0;
  for (const Variable& v : variables) {
    count += v.shape().num_elements();
    bytes += v.shape().num_elements() * int64_t(v.dtype().size());
  }
  return cat(with_commas(count), " (", memory_text(bytes), ")");
}

size_t width_of(const std::string& text) {
  return size_t(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}
std::string spaces(size_t n) { return std::string(n, ' '); }

// Words fill lines of `width`; a longer word is cut.
Lines wrapped(const std::string& text, size_t width) {
  Lines lines;
  for (std::string word : split(text, ' ')) {
    if (word.size() > width) word = word.substr(0, width - 1) + "…";
    if (!lines.empty() && width_of(lines.back()) + 1 + width_of(word) <= width) lines.back() += " " + word;
    else lines.push_back(word);
  }
  return lines;
}

class Table {
 public:
  explicit Table(std::vector<size_t> widths) : widths_(std::move(widths)) {}
  std::string rule(const char* left, const char* middle, const char* right, const char* line) const {
    std::string out = left;
    for (size_t c = 0; c < widths_.size(); ++c) {
      for (size_t i = 0; i < widths_[c] + 2; ++i) out += line;
      out += c + 1 < widths_.size() ? middle : right;
    }
    return out + "\n";
  }
  std::string row(const Row& cells, const char* bar) const {
    std::vector<Lines> columns;
    size_t height = 1;
    for (size_t c = 0; c < cells.size(); ++c) {
      columns.push_back(wrapped(cells[c], widths_[c]));
      height = std::max(height, columns[c].size());
    }
    std::string out;
    for (size_t i = 0; i < height; ++i) {
      out += bar;
      for (size_t c = 0; c < cells.size(); ++c) out += " " + aligned(i < columns[c].size() ? columns[c][i] : "", c) + " " + bar;
      out += "\n";
    }
    return out;
  }

 private:
  // The third column holds numbers.
  std::string aligned(const std::string& text, size_t column) const {
    std::string space = spaces(widths_[column] - width_of(text));
    return column == 2 ? space + text : text + space;
  }
  std::vector<size_t> widths_;
};

std::string output_shape(LayerBody& layer) {
  if (!layer.nodes().empty()) return shapes_text(layer.nodes().back()->outputs());
  if (layer.build_shapes().empty()) return "?";
  std::vector<PartialShape> shapes = layer.compute_output_shapes(layer.build_shapes());
  std::vector<std::string> texts;
  for (const PartialShape& shape : shapes) texts.push_back(to_text(shape));
  return texts.size() == 1 ? texts[0] : cat("[", join(texts), "]");
}

// "dense[0][0]": which output of which call of which layer.
std::string source_text(const Tensor& tensor) {
  KerasNode* node = keras_node(tensor);
  const auto& calls = node->layer()->nodes();
  return cat(node->layer()->name(), "[", std::find(calls.begin(), calls.end(), node) - calls.begin(), "][", tensor.symbol().output, "]");
}

std::string connections(const LayerBody& layer) {
  std::vector<std::string> sources;
  for (const KerasNode* node : layer.nodes())
    for (const Tensor& t : node->reads())
      if (is_keras_tensor(t)) sources.push_back(source_text(t));
  return sources.empty() ? "-" : join(sources);
}

// Each layer reads one tensor, and each tensor is read once.
bool is_chain(const std::vector<Ref<LayerBody>>& layers) {
  PointerMap<int> readers;
  for (const auto& layer : layers) {
    size_t reads = 0;
    for (const KerasNode* node : layer->nodes())
      for (const Tensor& t : node->reads()) {
        ++reads;
        if (KerasNode* from = keras_node(t); from && ++readers[from] > 1) return false;
      }
    if (reads > 1) return false;
  }
  return true;
}

}  // namespace

std::string ModelBody::summary_text() {
  std::vector<Ref<LayerBody>> all = layers();
  bool graph = dynamic_cast<FunctionalBody*>(this) && !is_chain(all);
  Table table(graph ? std::vector<size_t>{19, 17, 10, 17} : std::vector<size_t>{31, 22, 13});
  Row head{"Layer (type)", "Output Shape", "Param #"};
  if (graph) head.push_back("Connected to");
  std::string out = cat("Model: \"", name(), "\"\n", table.rule("┏", "┳", "┓", "━"), table.row(head, "┃"), table.rule("┡", "╇", "┩", "━"));
  for (size_t i = 0; i < all.size(); ++i) {
    LayerBody& layer = *all[i];
    Row row{cat(layer.name(), " (", layer.class_name(), ")"), output_shape(layer), layer.built() ? with_commas(layer.count_params()) : "0 (unbuilt)"};
    if (graph) row.push_back(connections(layer));
    out += table.row(row, "│");
    if (i + 1 < all.size()) out += table.rule("├", "┼", "┤", "─");
  }
  out += table.rule("└", "┴", "┘", "─");
  std::vector<Variable> everything = weights(), of_optimizer;
  if (optimizer() && optimizer().body()->built()) of_optimizer = optimizer().body()->variables();
  everything.insert(everything.end(), of_optimizer.begin(), of_optimizer.end());
  out += cat(" Total params: ", counted(everything), "\n Trainable params: ", counted(trainable_weights()), "\n Non-trainable params: ",
             counted(non_trainable_weights()), "\n");
  return of_optimizer.empty() ? out : cat(out, " Optimizer params: ", counted(of_optimizer), "\n");
}

void ModelBody::summary() { ProgressBar::write(summary_text()); }

}  // namespace runnel::inline v0::keras
