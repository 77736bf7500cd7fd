#include "runnel/ops/linalg/einsum_equation.h"

#include <algorithm>

#include "runnel/base/error.h"

namespace runnel::inline v0 {

namespace {

[[noreturn]] void invalid(const std::string& what, const std::string& equation) {
  fail<errors::InvalidArgumentError>("Einsum", what, {.got = cat("equation '", equation, "'")});
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// "...ij" as ".ij"
std::string subscript_of(std::string_view text, const std::string& equation) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ') continue;
    if (text.substr(i, 3) == "...") {
      if (out.find('.') != std::string::npos) invalid("Ellipsis may occur only once in a subscript", equation);
      out.push_back('.');
      i += 2;
    } else if (is_letter(text[i])) {
      out.push_back(text[i]);
    } else {
      invalid(cat("Invalid character '", text[i], "' in equation: subscripts are letters and '...'"), equation);
    }
  }
  return out;
}

std::string implicit_output(const std::vector<std::string>& inputs) {
  std::string all, out;
  for (const std::string& s : inputs) all += s;
  for (char c : all)
    if (c != '.' && std::count(all.begin(), all.end(), c) == 1) out.push_back(c);
  std::sort(out.begin(), out.end());
  return all.find('.') == std::string::npos ? out : "." + out;
}

void check_output(const EinsumEquation& e, const std::string& equation) {
  for (char c : e.output) {
    bool found = false;
    for (const std::string& s : e.inputs) found |= s.find(c) != std::string::npos;
    if (!found && c != '.')
      fail<ValueError>("einsum", cat("Output subscripts contain the label ", c, " not present in the input subscripts"), {.got = equation});
  }
}

}  // namespace

std::string EinsumEquation::text() const {
  std::string out;
  auto add = [&](const std::string& s) {
    for (char c : s) out += c == '.' ? std::string("...") : std::string(1, c);
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (i > 0) out += ',';
    add(inputs[i]);
  }
  out += "->";
  add(output);
  return out;
}

EinsumEquation parse_einsum(const std::string& equation) {
  size_t arrow = equation.find("->");
  if (arrow != std::string::npos && equation.find("->", arrow + 2) != std::string::npos) invalid("Expecting exactly one '->' in equation", equation);
  EinsumEquation e;
  std::string_view left = std::string_view(equation).substr(0, arrow);
  for (size_t begin = 0;;) {
    size_t comma = left.find(',', begin);
    e.inputs.push_back(subscript_of(left.substr(begin, comma == std::string_view::npos ? comma : comma - begin), equation));
    if (comma == std::string_view::npos) break;
    begin = comma + 1;
  }
  e.output = arrow == std::string::npos ? implicit_output(e.inputs) : subscript_of(std::string_view(equation).substr(arrow + 2), equation);
  check_output(e, equation);
  return e;
}

std::vector<int> einsum_labels(const std::string& subscript, int rank, const std::string& equation) {
  bool ellipsis = subscript.find('.') != std::string::npos;
  int named = int(subscript.size()) - (ellipsis ? 1 : 0), hidden = rank - named;
  if (hidden < 0 || (!ellipsis && hidden != 0))
    invalid(cat("Expected input to have rank ", ellipsis ? "at least " : "", named, " but got: ", rank), equation);
  std::vector<int> labels;
  for (char c : subscript) {
    if (c != '.') labels.push_back(c);
    else
      for (int i = hidden; i-- > 0;) labels.push_back(kEllipsis + i);
  }
  return labels;
}

}  // namespace runnel::inline v0
