#include "runnel/keras/fields.h"

#include <algorithm>
#include <limits>
#include <mutex>

#include "runnel/base/pattern.h"

namespace runnel::inline v0::keras {

std::vector<int64_t> Tuple::expand(int n, const char* what) const {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();  // so that products of two fit
  bool fit = std::all_of(values_.begin(), values_.end(), [](int64_t value) { return value >= -kMost && value <= kMost; });
  if (!fit || (values_.size() != 1 && values_.size() != size_t(n)))
    fail<ValueError>("", cat("The `", what, "` argument must be a tuple of ", n, " integers", fit ? "" : " that fit into int32"), {.got = to_text(values_)});
  if (values_.size() == 1) return std::vector<int64_t>(size_t(n), values_[0]);
  return values_;
}

namespace {
struct Policy {
  const char* name;
  DType variable, compute;
};
constexpr Policy kPolicies[] = {{"float32", float32, float32},   {"float64", float64, float64},    {"float16", float16, float16},
                                {"bfloat16", bfloat16, bfloat16}, {"mixed_float16", float32, float16}, {"mixed_bfloat16", float32, bfloat16},
                                {"int8", int8, int8},            {"uint8", uint8, uint8},          {"int16", int16, int16},
                                {"int32", int32, int32},         {"int64", int64, int64},          {"bool", bool_, bool_},
                                {"string", string, string},      {"complex64", complex64, complex64}};
constexpr std::string_view kFrom = "_from_";
constexpr const char* kModes[] = {"int8", "float8", "int4", "gptq", "awq"};

std::pair<std::string, std::string> split_name(const std::string& name) {
  size_t at = name.find(kFrom);
  if (at == std::string::npos) return {"", name};
  return {name.substr(0, at), name.substr(at + kFrom.size())};
}
std::string mode_without_sizes(const std::string& mode) { return mode.substr(0, mode.find('/')); }

const Policy& policy_of(const std::string& full) {
  const auto [mode, name] = split_name(full);
  if (!mode.empty() && std::find(std::begin(kModes), std::end(kModes), mode_without_sizes(mode)) == std::end(kModes))
    fail<ValueError>("", cat("Invalid quantization mode. Expected one of ('int8', 'float8', 'int4', 'gptq', 'awq'). Received: mode=", mode));
  if (mode == "int8" && (name == "float16" || name == "mixed_float16"))
    fail<ValueError>("", "Quantization mode='int8' doesn't work well with compute_dtype='float16'.");
  for (const Policy& p : kPolicies)
    if (name == p.name) return p;
  fail<ValueError>("DTypePolicy", cat("Cannot convert '", name, "' to a dtype policy"),
                   {.expected = "a dtype's name, 'mixed_float16' or 'mixed_bfloat16'"});
}
std::mutex global_mutex;
std::string global_policy = "float32";
}  // namespace

DTypePolicy::DTypePolicy(const std::string& name) : name_(name) { policy_of(name); }
std::string DTypePolicy::name() const { return name_.empty() ? dtype_policy() : name_; }
DType DTypePolicy::variable_dtype() const { return policy_of(name()).variable; }
DType DTypePolicy::compute_dtype() const { return policy_of(name()).compute; }
std::pair<std::string, std::string> DTypePolicy::mode_and_source() const { return split_name(name()); }
std::string DTypePolicy::quantization_mode() const { return mode_without_sizes(mode_and_source().first); }

DTypePolicy DTypePolicy::with(ByPath others) const {
  DTypePolicy out = *this;
  out.by_path_ = others.empty() ? nullptr : std::make_shared<const ByPath>(std::move(others));
  return out;
}
const DTypePolicy::ByPath& DTypePolicy::by_path() const {
  static const ByPath none;
  return by_path_ ? *by_path_ : none;
}
DTypePolicy DTypePolicy::at(std::string_view path) const {
  for (const auto& [named, policy] : by_path())
    if (named == path) return DTypePolicy(policy);
  for (const auto& [pattern, policy] : by_path())
    if (pattern_found(pattern, path)) return DTypePolicy(policy);
  return with({});
}
DTypePolicy DTypePolicy::pinned() const {
  DTypePolicy out = *this;
  out.name_ = name();
  return out;
}

void set_dtype_policy(const DTypePolicy& policy) {
  std::string name = policy.name();
  std::lock_guard lock(global_mutex);
  global_policy = name;
}
std::string dtype_policy() {
  std::lock_guard lock(global_mutex);
  return global_policy;
}

Config to_config(const std::vector<int64_t>& values) {
  Config out = Config::list();
  for (int64_t v : values) out.push_back(v);
  return out;
}
Config to_config(const std::vector<double>& values) { return Config::List(values.begin(), values.end()); }
Config to_config(const std::vector<std::string>& values) { return Config::List(values.begin(), values.end()); }
Config to_config(const Tuple& tuple) { return tuple.is_set() ? to_config(tuple.values()) : Config(); }
Config to_config(const ShapeOption& option) {
  if (!option.is_set()) return Config();
  Config out = Config::list();
  for (int64_t d : option.shape()) out.push_back(d < 0 ? Config() : Config(d));
  return out;
}
namespace {
const char* class_of(const std::string& mode) {
  if (mode.empty()) return "DTypePolicy";
  if (mode.starts_with("float8")) return "QuantizedFloat8DTypePolicy";
  if (mode.find('/') == std::string::npos) return "QuantizedDTypePolicy";
  return mode.starts_with("int4") ? "Int4DTypePolicy" : mode.starts_with("gptq") ? "GPTQDTypePolicy" : "AWQDTypePolicy";
}
DTypePolicy policy_from(const Config& config) {
  if (const Config* usual = config.find("default_policy")) {
    DTypePolicy::ByPath others;
    for (const auto& [path, policy] : config.at("policy_map").as_dict()) others.emplace_back(path, policy_from(policy.at("config")).name());
    return policy_from(usual->at("config")).with(std::move(others));
  }
  const Config* mode = config.find("mode");
  if (!mode) return DTypePolicy(config.at("name").as_string());
  const Config *source = config.find("source_name"), *history = config.find("amax_history_length");
  const std::string sized = history && *history != Config(1024) ? cat(mode->as_string(), "/", history->as_int()) : mode->as_string();
  return DTypePolicy(cat(sized, kFrom, source && source->is_string() ? source->as_string() : dtype_policy()));
}
}  // namespace

Config to_config(const DTypePolicy& policy) {
  if (!policy.by_path().empty()) {
    Config others = Config::dict();
    for (const auto& [path, name] : policy.by_path()) others.set(path, to_config(DTypePolicy(name)));
    return Config::Dict{{"module", "keras.dtype_policies"}, {"class_name", "DTypePolicyMap"},
                        {"config", Config::Dict{{"default_policy", to_config(policy.with({}))}, {"policy_map", others}}}, {"registered_name", Config()}};
  }
  const auto [mode, source] = policy.mode_and_source();
  Config config = mode.empty() ? Config::Dict{{"name", source}} : Config::Dict{{"mode", mode}, {"source_name", source}};
  if (mode.starts_with("float8")) {
    config.set("mode", "float8");
    config.set("amax_history_length", mode == "float8" ? int64_t(1024) : int64_t(std::stoll(mode.substr(mode.find('/') + 1))));
  }
  return Config::Dict{{"module", mode.empty() ? "keras" : "keras.dtype_policies"}, {"class_name", class_of(mode)}, {"config", config},
                      {"registered_name", Config()}};
}

void from_config(const Config& c, std::vector<int64_t>& out) {
  out.clear();
  for (const Config& item : c.as_list()) out.push_back(item.as_int());
}
void from_config(const Config& c, std::vector<double>& out) {
  out.clear();
  for (const Config& item : c.as_list()) out.push_back(item.as_double());
}
void from_config(const Config& c, std::vector<std::string>& out) {
  out.clear();
  for (const Config& item : c.as_list()) out.push_back(item.as_string());
}
void from_config(const Config& c, DType& out) {
  if (c.is_null()) out = DType();
  else if (c.is_string()) out = DTypePolicy(c.as_string()).compute_dtype();
  else out = policy_from(c.at("config")).compute_dtype();
}
void from_config(const Config& c, Tuple& out) {
  if (c.is_null()) out = Tuple();
  else if (c.is_int()) out = Tuple(c.as_int());
  else {
    std::vector<int64_t> values;
    from_config(c, values);
    out = Tuple(values);
  }
}
void from_config(const Config& c, ShapeOption& out) {
  if (c.is_null()) {
    out = ShapeOption();
    return;
  }
  Dims dims;
  for (const Config& item : c.is_int() ? Config::List{c} : c.as_list()) dims.push_back(item.is_null() ? -1 : item.as_int());
  out = ShapeOption(PartialShape(dims));
}
void from_config(const Config& c, DTypePolicy& out) {
  if (c.is_null()) out = DTypePolicy();
  else if (c.is_string()) out = DTypePolicy(c.as_string());
  else out = policy_from(c.at("config"));
}

}  // namespace runnel::inline v0::keras
