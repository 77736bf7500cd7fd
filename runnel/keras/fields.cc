#include "runnel/keras/fields.h"

#include <algorithm>
#include <limits>
#include <mutex>

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
const Policy& policy_of(const std::string& name) {
  for (const Policy& p : kPolicies)
    if (name == p.name) return p;
  fail<ValueError>("DTypePolicy", cat("Cannot convert '", name, "' to a dtype policy"),
                   {.expected = "a dtype's name, 'mixed_float16' or 'mixed_bfloat16'"});
}
std::mutex global_mutex;
std::string global_policy = "float32";
}  // namespace

DTypePolicy::DTypePolicy(const std::string& name) : name_(policy_of(name).name) {}
std::string DTypePolicy::name() const { return name_.empty() ? dtype_policy() : name_; }
DType DTypePolicy::variable_dtype() const { return policy_of(name()).variable; }
DType DTypePolicy::compute_dtype() const { return policy_of(name()).compute; }

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
Config to_config(const DTypePolicy& policy) {
  return Config::Dict{{"module", "keras"},
                      {"class_name", "DTypePolicy"},
                      {"config", Config::Dict{{"name", policy.name()}}},
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
  else out = DTypePolicy(c.at("config").at("name").as_string()).compute_dtype();
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
  else out = DTypePolicy(c.at("config").at("name").as_string());
}

}  // namespace runnel::inline v0::keras
