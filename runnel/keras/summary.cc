// Model.summary(), printed as Keras 3 prints it.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "runnel/base/error.h"
#include "runnel/base/files.h"
#include "runnel/base/pattern.h"
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
  Table(std::vector<size_t> widths, bool last_centered) : widths_(std::move(widths)), last_centered_(last_centered) {}
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
    const size_t space = widths_[column] - width_of(text);
    const bool centered = last_centered_ && column + 1 == widths_.size();
    const size_t before = centered ? space / 2 : column == 2 ? space : 0;
    return spaces(before) + text + spaces(space - before);
  }
  std::vector<size_t> widths_;
  bool last_centered_;
};

std::string output_shape(LayerBody& layer) {
  if (!layer.nodes().empty()) return shapes_text(layer.nodes().back()->outputs());
  if (layer.build_shapes().empty()) return "?";
  std::vector<PartialShape> shapes;
  try {
    shapes = layer.compute_output_shapes(layer.build_shapes());
  } catch (const std::exception&) {
    return "?";  // one's own call() may want other dtypes, or values
  }
  std::vector<std::string> texts;
  for (const PartialShape& shape : shapes) texts.push_back(to_text(shape));
  return texts.size() == 1 ? texts[0] : cat("[", join(texts), "]");
}

// Keras writes a shape of one axis as "(None)".
std::string without_last_comma(std::string text) {
  for (size_t at; (at = text.find(",)")) != std::string::npos;) text.erase(at, 1);
  return text;
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

namespace {

// The terminal's width, as Python's shutil.get_terminal_size() tells it.
int64_t terminal_columns() {
  const std::string said = environment("COLUMNS");
  if (int64_t columns = std::atoll(said.c_str()); columns > 0) return columns;
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// What is too wide is taken from the columns evenly, and what is too narrow given to them by their widths, as the library `rich`
// does it, which prints Keras's tables.
void fit_widths(std::vector<size_t>& widths, int64_t line_length) {
  int64_t excess = 1 - line_length;
  size_t total = 0;
  for (size_t& width : widths) total += width += 2;  // a space on either side
  excess += int64_t(total + widths.size());          // and a bar
  for (size_t& width : widths) {
    if (excess >= 0) break;
    const int64_t share = std::min(-excess, int64_t(std::ceil(double(width) * double(-excess) / double(total))));
    total -= width;
    width += size_t(share);
    excess += share;
  }
  for (size_t c = 0; c < widths.size(); ++c) {
    int64_t share = excess <= 0 ? 0 : std::min(int64_t(widths[c]), int64_t(std::nearbyint(double(excess) / double(widths.size() - c))));
    widths[c] -= size_t(share);
    excess -= share;
  }
  for (size_t& width : widths) width -= 2;
}

std::vector<size_t> column_widths(std::vector<double> ends, int64_t usual_length, const SummaryOptions& options) {
  const std::vector<double>& given = options.positions;
  if (!given.empty() && given.size() < ends.size())
    fail<IndexError>("", "list index out of range", {.got = cat(given.size(), " positions"), .expected = cat("one for each of the ", ends.size(), " columns")});
  if (!given.empty()) ends.assign(given.begin(), given.begin() + int64_t(ends.size()));
  if (options.show_trainable) {
    for (double& end : ends) end *= 0.9;
    ends.push_back(1);
    usual_length += 12;
  }
  const int64_t length = options.line_length > 0 ? int64_t(options.line_length) : std::min(usual_length, terminal_columns() - 4);
  std::vector<size_t> widths;
  int64_t at = 0;
  for (double end : ends) {
    int64_t width = int64_t(end * double(length)) - at;
    if (width < 4) fail<ValueError>("", "Insufficient console width to print summary.");
    widths.push_back(size_t(width));
    at += width;
  }
  fit_widths(widths, length);
  return widths;
}

// From the first layer whose name begins with the first pattern to the last one that begins with the second.
std::pair<size_t, size_t> shown_range(const std::vector<Ref<LayerBody>>& layers, const std::vector<std::string>& range) {
  if (range.empty()) return {0, layers.size()};
  if (range.size() != 2) fail<ValueError>("", cat("layer_range must be a list or tuple of length 2. Received: layer_range = ", to_text(range)));
  std::vector<size_t> begins, ends;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (pattern_found("^" + range[0], layers[i]->name())) begins.push_back(i);
    if (pattern_found("^" + range[1], layers[i]->name())) ends.push_back(i);
  }
  if (begins.empty() || ends.empty())
    fail<ValueError>("", cat("Passed layer_names do not match the layer names in the model. Received: ", to_text(range)));
  if (begins.front() > ends.back()) return {ends.front(), begins.back() + 1};
  return {begins.front(), ends.back() + 1};
}

/// The rows of a model's layers.
class Rows {
 public:
  Rows(const SummaryOptions& options, const FunctionalBody* graph) : options_(options), graph_(graph) {}

  void add(LayerBody& layer, int depth) {
    std::string prefix = depth > 0 ? spaces(size_t(depth) * 3) + "└ " : "";
    Row row{cat(prefix, layer.name(), " (", layer.class_name(), ")"), without_last_comma(output_shape(layer)), layer.built() ? with_commas(layer.count_params()) : "0 (unbuilt)"};
    if (graph_) row.push_back(depth > 0 ? "-" : connections(layer));
    if (options_.show_trainable) row.push_back(layer.weights().empty() ? "-" : layer.trainable() ? "Y" : "N");
    rows.push_back(std::move(row));
    auto* model = dynamic_cast<ModelBody*>(&layer);
    if (!model || !options_.expand_nested) return;
    for (const auto& inner : model->layers()) add(*inner, depth + 1);
  }
  std::vector<Row> rows{};

 private:
  const SummaryOptions& options_;
  const FunctionalBody* graph_;
};

std::string table_text(const std::vector<Ref<LayerBody>>& layers, const FunctionalBody* graph, const SummaryOptions& options) {
  Row head{"Layer (type)", "Output Shape", "Param #"};
  if (graph) head.push_back("Connected to");
  if (options.show_trainable) head.push_back("Trainable");
  Table table(graph ? column_widths({0.3, 0.56, 0.74, 1.0}, 108, options) : column_widths({0.45, 0.80, 1.0}, 88, options), options.show_trainable);
  Rows rows(options, graph);
  auto [begin, end] = shown_range(layers, options.layer_range);
  for (size_t i = begin; i < end; ++i) rows.add(*layers[i], 0);
  std::string out = cat(table.rule("┏", "┳", "┓", "━"), table.row(head, "┃"), table.rule("┡", "╇", "┩", "━"));
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    if (i > 0) out += table.rule("├", "┼", "┤", "─");
    out += table.row(rows.rows[i], "│");
  }
  return out + table.rule("└", "┴", "┘", "─");
}

}  // namespace

std::string ModelBody::summary_text(const SummaryOptions& options) {
  std::vector<Ref<LayerBody>> all = layers();
  auto* functional = dynamic_cast<const FunctionalBody*>(this);
  std::string out = cat("Model: \"", name(), "\"\n", table_text(all, functional && !is_chain(all) ? functional : nullptr, options));
  std::vector<Variable> everything = weights(), of_optimizer;
  if (optimizer() && optimizer().body()->built()) of_optimizer = optimizer().body()->variables();
  everything.insert(everything.end(), of_optimizer.begin(), of_optimizer.end());
  out += cat(" Total params: ", counted(everything), "\n Trainable params: ", counted(trainable_weights()), "\n Non-trainable params: ",
             counted(non_trainable_weights()), "\n");
  return of_optimizer.empty() ? out : cat(out, " Optimizer params: ", counted(of_optimizer), "\n");
}

void ModelBody::summary(const SummaryOptions& options) { ProgressBar::write(summary_text(options)); }

}  // namespace runnel::inline v0::keras
