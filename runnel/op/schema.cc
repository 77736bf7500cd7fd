#include "runnel/op/schema.h"

#include <cstdlib>
#include <cstring>

#include "runnel/base/error.h"

namespace runnel::inline v0 {

namespace {

// In the order in which TensorFlow's errors list them.
struct TypeSet {
  const char* name;
  std::initializer_list<DType> types;
};
#define SIGNED int8, int16, int32, int64
#define UNSIGNED uint8, uint16, uint32, uint64
#define FLOATING half, bfloat16, float32, float64
#define REAL float32, float64, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64
#define NUMERIC float32, float64, int32, uint8, int16, int8, complex64, int64, bfloat16, uint16, complex128, half, uint32, uint64
const TypeSet kTypeSets[] = {
    {"plain", {NUMERIC, bool_}},   {"numeric", {NUMERIC}}, {"real", {REAL}},
    {"floating", {FLOATING}},      {"float_complex", {FLOATING, complex64, complex128}},
    {"integer", {SIGNED, UNSIGNED}}, {"signed", {SIGNED}}, {"index", {int32, int64}},
};
#undef SIGNED
#undef UNSIGNED
#undef FLOATING
#undef REAL
#undef NUMERIC

uint32_t bits(const std::vector<DType>& types) {
  uint32_t out = 0;
  for (DType t : types) out |= 1u << t.code();
  return out;
}

const char* keep(std::string_view text) { return strndup(text.data(), text.size()); }

// "a: b" -> {a, b}
std::pair<std::string_view, std::string_view> halves(std::string_view text, std::string_view separator, const char* op) {
  size_t at = text.find(separator);
  if (at == std::string_view::npos)
    fail<errors::InternalError>(op, cat("its card says '", text, "', where '", separator, "' is missing"));
  return {trim(text.substr(0, at)), trim(text.substr(at + separator.size()))};
}

AttrSpec::Kind kind_of(std::string_view word, const char* op) {
  static constexpr std::pair<const char*, AttrSpec::Kind> kKinds[] = {
      {"int", AttrSpec::kInt},           {"float", AttrSpec::kFloat},         {"bool", AttrSpec::kBool},
      {"string", AttrSpec::kString},     {"shape", AttrSpec::kShape},         {"tensor", AttrSpec::kTensor},
      {"func", AttrSpec::kFunc},         {"list(func)", AttrSpec::kListFunc},
      {"list(type)", AttrSpec::kListType}, {"list(int)", AttrSpec::kListInt},
      {"list(float)", AttrSpec::kListFloat}, {"list(bool)", AttrSpec::kListBool}, {"list(string)", AttrSpec::kListString},
      {"list(shape)", AttrSpec::kListShape}};
  for (auto [name, kind] : kKinds)
    if (word == name) return kind;
  fail<errors::InternalError>(op, cat("its card names an unknown attribute type '", word, "'"));
}

std::string unquote(std::string_view text) {
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') text = text.substr(1, text.size() - 2);
  return std::string(text);
}

AttrValue parse_default(AttrSpec::Kind kind, std::string_view text, const char* op) {
  std::string s(text);
  std::vector<std::string> items;
  if (!s.empty() && s.front() == '[') items = split(std::string_view(s).substr(1, s.size() - 2), ',');
  switch (kind) {
    case AttrSpec::kType: return s == "none" ? AttrValue(DType()) : AttrValue(DType::from_name(s));
    case AttrSpec::kInt: return int64_t(std::strtoll(s.c_str(), nullptr, 10));
    case AttrSpec::kFloat: return std::strtod(s.c_str(), nullptr);
    case AttrSpec::kBool: return s == "true";
    case AttrSpec::kString: return unquote(s);
    case AttrSpec::kShape: return s == "[]" ? PartialShape() : PartialShape::unknown_rank();
    case AttrSpec::kListInt: {
      std::vector<int64_t> out;
      for (const auto& item : items) out.push_back(std::strtoll(item.c_str(), nullptr, 10));
      return out;
    }
    case AttrSpec::kListFloat: {
      std::vector<double> out;
      for (const auto& item : items) out.push_back(std::strtod(item.c_str(), nullptr));
      return out;
    }
    case AttrSpec::kListString: {
      std::vector<std::string> out;
      for (const auto& item : items) out.push_back(unquote(item));
      return out;
    }
    case AttrSpec::kListType: return std::vector<DType>();
    case AttrSpec::kListShape: return std::vector<PartialShape>();
    default: fail<errors::InternalError>(op, cat("its card gives a default to an attribute that cannot have one: '", text, "'"));
  }
}

AttrSpec parse_attr(std::string_view text, const char* op) {
  auto [name, rest] = halves(text, ":", op);
  AttrSpec spec;
  spec.name = keep(name);
  std::string_view type = rest, fallback;
  if (size_t at = rest.find(" = "); at != std::string_view::npos) {
    type = trim(rest.substr(0, at));
    fallback = trim(rest.substr(at + 3));
  }
  if (size_t at = type.find(" >= "); at != std::string_view::npos) {
    spec.minimum = std::strtoll(std::string(type.substr(at + 4)).c_str(), nullptr, 10);
    type = trim(type.substr(0, at));
  }
  if (type.front() == '{' && type.find('\'') != std::string_view::npos) {
    spec.kind = AttrSpec::kString;
    for (const auto& item : split(type.substr(1, type.size() - 2), ',')) spec.allowed_strings.push_back(unquote(item));
  } else if (std::vector<DType> types = parse_type_set(type); !types.empty()) {
    spec.allowed = bits(types);
    spec.allowed_types = std::move(types);
  } else if (type == "type") {
    spec.kind = AttrSpec::kType;
  } else {
    spec.kind = kind_of(type, op);
  }
  if (!fallback.empty()) spec.default_value = parse_default(spec.kind, fallback, op);
  return spec;
}

ArgSpec parse_arg(std::string_view text, const OpSchema& schema, const char* op) {
  auto [name, type] = halves(text, ":", op);
  ArgSpec arg;
  arg.name = std::string(name);
  if (size_t star = type.find('*'); star != std::string_view::npos) {
    arg.number_attr = schema.attr_index(trim(type.substr(0, star)));
    type = trim(type.substr(star + 1));
    RUNNEL_ASSERT(arg.number_attr >= 0);
  } else if (type.starts_with("list(")) {
    arg.is_list = true;
    type = type.substr(5, type.size() - 6);
  }
  arg.type_attr = schema.attr_index(type);
  if (arg.type_attr < 0) arg.type = DType::from_name(type);
  return arg;
}

std::vector<ArgSpec> parse_args(std::string_view text, const OpSchema& schema, const char* op) {
  std::vector<ArgSpec> args;
  for (const auto& part : split(trim(text), ',')) args.push_back(parse_arg(part, schema, op));
  return args;
}

}  // namespace

std::vector<DType> parse_type_set(std::string_view text) {
  for (const TypeSet& set : kTypeSets)
    if (text == set.name) return set.types;
  if (text.size() < 2 || text.front() != '{') return {};
  std::vector<DType> out;
  for (const auto& item : split(text.substr(1, text.size() - 2), ',')) {
    std::vector<DType> nested = parse_type_set(item);
    if (nested.empty()) nested = {DType::from_name(item)};
    out.insert(out.end(), nested.begin(), nested.end());
  }
  return out;
}

int OpSchema::attr_index(std::string_view name) const {
  for (size_t i = 0; i < attrs.size(); ++i)
    if (name == attrs[i].name) return int(i);
  return -1;
}

OpSchema parse_schema(const char* name, const char* signature, const char* attrs) {
  OpSchema schema;
  for (const auto& part : split(attrs, ';')) schema.attrs.push_back(parse_attr(part, name));
  auto [in, out] = halves(signature, "->", name);
  schema.inputs = parse_args(in, schema, name);
  schema.outputs = parse_args(out, schema, name);
  for (const auto* args : {&schema.inputs, &schema.outputs})
    for (const ArgSpec& arg : *args) schema.has_sequences |= arg.is_sequence();
  return schema;
}

}  // namespace runnel::inline v0
