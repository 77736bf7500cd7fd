// StringFormat and PrintV2: tensors as TensorFlow writes them ("[1 2 ... 9 10]").
#include "runnel/ops/printing.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "runnel/base/error.h"
#include "runnel/core/tensor_text.h"
#include "runnel/op/op_context.h"
#include "runnel/ops/variable.h"

namespace runnel::inline v0 {

namespace {

// The digits that every number of the type has, or as many as tell it from all others.
std::string number_text(double x, int digits, int all_digits, bool (*reads_back)(const char*, double)) {
  if (std::isnan(x)) return "nan";
  char text[40];
  std::snprintf(text, sizeof text, "%.*g", digits, x);
  if (!reads_back(text, x)) std::snprintf(text, sizeof text, "%.*g", all_digits, x);
  return text;
}
std::string single_text(float x) {
  return number_text(x, 6, 9, [](const char* text, double value) { return std::strtof(text, nullptr) == float(value); });
}
std::string double_text(double x) {
  return number_text(x, 15, 17, [](const char* text, double value) { return std::strtod(text, nullptr) == value; });
}

// As in C's source code, but for UTF-8, which stays.
std::string escaped(const std::string& text) {
  std::string out;
  for (unsigned char c : text) {
    if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (c == '"' || c == '\'' || c == '\\') out += {'\\', char(c)};
    else if (c >= 0x20 && c != 0x7f) out += char(c);
    else out += {'\\', char('0' + (c >> 6)), char('0' + (c >> 3 & 7)), char('0' + (c & 7))};
  }
  return out;
}

std::string shown(const Tensor& t, int64_t i) {
  switch (t.dtype().code()) {
    case DType::kBool: return t.data<bool>()[i] ? "1" : "0";
    case DType::kFloat32: return single_text(t.data<float>()[i]);
    case DType::kFloat64: return double_text(t.data<double>()[i]);
    case DType::kFloat16: return single_text(float(t.data<half_t>()[i]));
    case DType::kBfloat16: return single_text(float(t.data<bfloat16_t>()[i]));
    case DType::kString: return cat("\"", escaped(t.data<std::string>()[i]), "\"");
    default: return element_text(t, i);
  }
}

// The part of `t` that begins at `offset` and spans the axes from `axis` on; at most `most` items from either end of each.
std::string rows_text(const Tensor& t, int axis, int64_t offset, int64_t most) {
  if (axis == t.rank()) return shown(t, offset);
  int64_t n = t.dim(axis), step = 1;
  for (int i = axis + 1; i < t.rank(); ++i) step *= t.dim(i);
  int below = t.rank() - axis - 1;
  std::string separator = below == 0 ? " " : std::string(size_t(below), '\n') + std::string(size_t(axis) + 1, ' ');
  bool cut = most >= 0 && n > 2 * most;
  std::vector<std::string> items;
  for (int64_t i = 0; i < n; ++i) {
    if (cut && i == most) items.push_back("..."), i = n - most;
    if (i < n) items.push_back(rows_text(t, axis + 1, offset + i * step, most));
  }
  return cat("[", join(items, separator), "]");
}

std::string tensor_text(const Tensor& t, int64_t most) { return t.num_elements() == 0 ? "[]" : rows_text(t, 0, 0, most); }

int count_of(std::string_view text, std::string_view part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

void scalar_shape(ShapeContext& c) { c.set_output(0, Shape{}); }

void format_kernel(OpContext& c) {
  const std::string &text = c.string_attr("template"), &placeholder = c.string_attr("placeholder");
  if (placeholder.empty() || count_of(text, placeholder) != c.num_inputs())
    c.invalid(cat("num placeholders in template and num inputs must match: ", placeholder.empty() ? 0 : count_of(text, placeholder), " vs. ",
                  c.num_inputs()));
  std::string out;
  size_t from = 0;
  for (const Tensor& t : c.inputs()) {
    size_t at = text.find(placeholder, from);
    out += text.substr(from, at - from) + tensor_text(t, c.int_attr("summarize"));
    from = at + placeholder.size();
  }
  c.set_output(0, Tensor::scalar(out + text.substr(from)));
}

std::function<bool(const std::string&, const std::string&)>& listener() {
  static std::function<bool(const std::string&, const std::string&)> told;
  return told;
}

void append_to_file(OpContext& c, const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "a");
  if (!file) c.invalid("the file cannot be written", {.got = path});
  bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) != 0 || !written) c.invalid("the file cannot be written", {.got = path});
}

void print_shape(ShapeContext& c) { c.with_rank(0, 0); }

void print_kernel(OpContext& c) {
  const std::string& stream = c.string_attr("output_stream");
  std::string text = *c.input(0).data<std::string>() + c.string_attr("end");
  if (stream.starts_with("file://")) return append_to_file(c, stream.substr(7), text);
  if (stream != "stdout" && stream != "stderr" && !stream.starts_with("log("))
    c.invalid(cat("Unknown output stream: ", stream), {.expected = "stdout, stderr, log(info), log(warning), log(error) or file://<path>"});
  if (listener() && listener()(stream, text)) return;
  std::FILE* to = stream == "stdout" ? stdout : stderr;
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

/// StringFormat: The template with each placeholder replaced by the text of one input.
/// PrintV2: Writes a text and `end` to a stream.
constexpr OpDef kOps[] = {
    {.name = "StringFormat", .signature = "inputs: list(T) -> output: string",
     .attrs = "T: list(type); template: string = '%s'; placeholder: string = '%s'; summarize: int = 3", .shape = scalar_shape,
     .no_gradient = "its output is text", .kernel = format_kernel},
    {.name = "PrintV2", .signature = "input: string -> ", .attrs = "output_stream: string = 'stderr'; end: string = '\n'",
     .shape = print_shape, .no_gradient = "it has no output", .kernel = print_kernel, .traits = {.stateful = true}},
};

Tensor formatted(const std::string& text, const std::vector<Tensor>& inputs, const std::string& placeholder, int64_t summarize) {
  static const Op& op = get_op("StringFormat");
  return run(op, inputs, {{"template", text}, {"placeholder", placeholder}, {"summarize", summarize}});
}

// Collects the text around the tensors, in which each leaves a placeholder.
class Template {
 public:
  explicit Template(std::string mark) : placeholder(std::move(mark)) {}
  std::string placeholder, text;
  std::vector<Tensor> tensors;

  void add(const Nest& nest) {
    if (nest.is_tensor()) return add_tensor(nest.tensor());
    if (nest.is_list()) return add_items(nest.is_tuple() ? "(" : "[", nest.list(), nest.is_tuple() ? nest.list().size() == 1 ? ",)" : ")" : "]");
    if (!nest.is_dict()) return void(text += "None");
    Nest::Dict items = nest.dict();
    std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (size_t i = 0; i < items.size(); ++i) {
      text += cat(i ? ", '" : "{'", items[i].first, "': ");
      add(items[i].second);
    }
    text += items.empty() ? "{}" : "}";
  }

 private:
  void add_tensor(const Tensor& t) {
    text += placeholder;
    tensors.push_back(t);
  }
  void add_items(const char* open, const Nest::List& items, const char* close) {
    text += open;
    for (size_t i = 0; i < items.size(); ++i) {
      if (i) text += ", ";
      add(items[i]);
    }
    text += close;
  }
};

// What none of the texts holds.
std::string free_placeholder(const std::vector<Printable>& inputs) {
  auto holds = [](const Printable& input, const std::string& mark) {
    const auto* words = std::get_if<std::string>(&input);
    return words && words->find(mark) != std::string::npos;
  };
  for (int n = 0;; ++n) {
    std::string mark = cat("\x1a", n, "\x1b");
    if (std::none_of(inputs.begin(), inputs.end(), [&](const Printable& input) { return holds(input, mark); })) return mark;
  }
}

}  // namespace
RUNNEL_OPS(state_printing, kOps)

Printable::Printable(const Variable& variable) : variant(Nest(variable.value())) {}

void set_print_listener(std::function<bool(const std::string&, const std::string&)> told) { listener() = std::move(told); }

void print(const std::vector<Printable>& inputs, const PrintOptions& options) {
  static const Op& op = get_op("PrintV2");
  Template made(free_placeholder(inputs));
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (i) made.text += options.sep;
    if (const auto* words = std::get_if<std::string>(&inputs[i])) made.text += *words;
    else made.add(std::get<Nest>(inputs[i]));
  }
  bool one_text = made.text == made.placeholder && made.tensors[0].dtype() == string && made.tensors[0].partial_shape() == PartialShape{};
  Tensor line = one_text ? made.tensors[0] : formatted(made.text, made.tensors, made.placeholder, options.summarize);
  run_all(op, {line}, {{"output_stream", options.output_stream}, {"end", options.end}});
}

Tensor strings::format(const std::string& text, const std::vector<Tensor>& inputs, const std::string& placeholder, int64_t summarize) {
  if (placeholder.empty()) fail<ValueError>("", "the placeholder must not be empty");
  if (int count = count_of(text, placeholder); count != int(inputs.size()))
    fail<ValueError>("", cat("The template expects ", count, " tensors, but the inputs only has ", inputs.size(),
                             ". Please ensure the number of placeholders in template matches inputs length."));
  return formatted(text, inputs, placeholder, summarize);
}

}  // namespace runnel::inline v0
