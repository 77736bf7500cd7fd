#include "python/op_docs.h"

#include <algorithm>
#include <cstring>

#include "runnel/base/error.h"
#include "runnel/op/op.h"

namespace runnel::python {

namespace {

const char* sentence_of(const char* name) {
  std::span<const OpSentence> all = op_sentences();
  auto row = std::lower_bound(all.begin(), all.end(), name, [](const OpSentence& s, const char* wanted) { return std::strcmp(s.name, wanted) < 0; });
  return row != all.end() && !std::strcmp(row->name, name) ? row->text : nullptr;
}

std::string type_text(const OpSchema& schema, const ArgSpec& arg) {
  std::string type = arg.type_attr >= 0 ? schema.attrs[size_t(arg.type_attr)].name : to_text(arg.type);
  if (arg.number_attr >= 0) return cat("a list of ", schema.attrs[size_t(arg.number_attr)].name, " tensors of type ", type);
  return arg.is_list ? cat("a list of tensors of types ", type) : cat("a tensor of type ", type);
}

const char* kind_text(AttrSpec::Kind kind) {
  static constexpr const char* kTexts[] = {"a dtype", "an int", "a float", "a bool", "a text", "a shape", "a tensor", "a function",
                                           "a list of functions", "a list of dtypes", "a list of ints", "a list of floats",
                                           "a list of bools", "a list of texts", "a list of shapes"};
  return kTexts[kind];
}

std::string attr_line(const AttrSpec& attr) {
  std::string out = cat("  ", attr.name, ": ", kind_text(attr.kind));
  if (!attr.allowed_types.empty()) out += cat(", one of ", join(attr.allowed_types));
  if (!attr.allowed_strings.empty()) out += cat(", one of \"", join(attr.allowed_strings, "\", \""), "\"");
  if (attr.minimum != INT64_MIN) out += cat(", at least ", attr.minimum);
  if (!std::holds_alternative<std::monostate>(attr.default_value)) out += cat(". Default: ", attr_text(attr.default_value));
  return out + "\n";
}

std::string gradient_text(const OpDef& def) {
  if (def.gradient) return "";
  return cat("\nIt has no gradient", def.no_gradient ? cat(": ", def.no_gradient) : std::string(), ".\n");
}

}  // namespace

bool has_sentence(const Op& op) { return sentence_of(op.name()) != nullptr; }

std::string op_doc(const Op& op, const std::string& sentence) {
  const OpSchema& schema = op.schema();
  const char* own = sentence_of(op.name());
  std::string out = own ? own : sentence;
  out += out.empty() ? "" : "\n\n";
  out += schema.inputs.empty() ? "It takes no tensors.\n" : "Inputs:\n";
  for (const ArgSpec& arg : schema.inputs) out += cat("  ", python_name(op, arg.name), ": ", type_text(schema, arg), "\n");
  if (!schema.attrs.empty()) out += "\nAttributes:\n";
  for (const AttrSpec& attr : schema.attrs) out += attr_line(attr);
  out += schema.outputs.empty() ? "\nIt returns None.\n" : "\nReturns:\n";
  for (const ArgSpec& arg : schema.outputs) out += cat("  ", arg.name, ": ", type_text(schema, arg), "\n");
  return out + gradient_text(op.def());
}

}  // namespace runnel::python
