#include "runnel/keras/config.h"

#include <nlohmann/json.hpp>

#include "runnel/base/error.h"

namespace runnel::inline v0::keras {

Config::Config() = default;
Config::Config(std::nullptr_t) {}
Config::Config(bool b) : value_(b) {}
Config::Config(int n) : value_(int64_t(n)) {}
Config::Config(int64_t n) : value_(n) {}
Config::Config(double x) : value_(x) {}
Config::Config(const char* text) : value_(std::string(text)) {}
Config::Config(std::string text) : value_(std::move(text)) {}
Config::Config(List items) : value_(std::move(items)) {}
Config::Config(Dict items) : value_(std::move(items)) {}
Config::Config(Ref<RefCounted> object) {
  if (object) value_ = std::move(object);
}
Config::Config(const Config&) = default;
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(const Config&) = default;
Config& Config::operator=(Config&&) noexcept = default;
Config::~Config() = default;
Config Config::list() { return List(); }
Config Config::dict() { return Dict(); }
bool operator==(const Config& a, const Config& b) { return a.value_ == b.value_; }

using Json = nlohmann::ordered_json;

void Config::wrong_kind(const char* expected) const {
  fail<ValueError>("config", "a value has another kind", {.got = is_object() ? "an object" : to_json(), .expected = expected});
}

bool Config::as_bool() const {
  if (is_bool()) return std::get<bool>(value_);
  wrong_kind("true or false");
}
int64_t Config::as_int() const {
  if (is_int()) return std::get<int64_t>(value_);
  if (is_number() && double(int64_t(std::get<double>(value_))) == std::get<double>(value_)) return int64_t(std::get<double>(value_));
  wrong_kind("an integer");
}
double Config::as_double() const {
  if (is_int()) return double(std::get<int64_t>(value_));
  if (is_number()) return std::get<double>(value_);
  wrong_kind("a number");
}
const std::string& Config::as_string() const {
  if (is_string()) return std::get<std::string>(value_);
  wrong_kind("a string");
}
const Config::List& Config::as_list() const {
  if (is_list()) return std::get<List>(value_);
  wrong_kind("a list");
}
const Config::Dict& Config::as_dict() const& {
  if (is_dict()) return std::get<Dict>(value_);
  wrong_kind("a dict");
}
Config::Dict Config::as_dict() && { return static_cast<const Config&>(*this).as_dict(); }

const Ref<RefCounted>& Config::as_object() const {
  if (is_object()) return std::get<Ref<RefCounted>>(value_);
  wrong_kind("an object");
}

const Config* Config::find(std::string_view key) const {
  for (const auto& [name, value] : as_dict())
    if (name == key) return &value;
  return nullptr;
}
const Config& Config::at(std::string_view key) const {
  if (const Config* value = find(key)) return *value;
  fail<ValueError>("config", cat("the entry '", key, "' is missing"), {.got = to_json()});
}
void Config::set(const std::string& key, Config value) {
  if (is_null()) value_ = Dict();
  for (auto& [name, old] : std::get<Dict>(value_))
    if (name == key) {
      old = std::move(value);
      return;
    }
  std::get<Dict>(value_).emplace_back(key, std::move(value));
}
void Config::push_back(Config item) {
  if (is_null()) value_ = List();
  std::get<List>(value_).push_back(std::move(item));
}

namespace {

Json json_of(const Config& c) {
  if (c.is_bool()) return c.as_bool();
  if (c.is_int()) return c.as_int();
  if (c.is_number()) return c.as_double();
  if (c.is_string()) return c.as_string();
  if (c.is_list()) {
    Json out = Json::array();
    for (const Config& item : c.as_list()) out.push_back(json_of(item));
    return out;
  }
  if (c.is_dict()) {
    Json out = Json::object();
    for (const auto& [key, value] : c.as_dict()) out[key] = json_of(value);
    return out;
  }
  if (c.is_object()) fail<TypeError>("config", "a live object cannot be written as JSON", {.hint = "give it a get_config() method."});
  return nullptr;
}

constexpr int kMaxDepth = 500;

Config config_of(const Json& j, int depth = 0) {
  if (depth > kMaxDepth) fail<ValueError>("config", "the JSON text nests too deeply");
  if (j.is_boolean()) return j.get<bool>();
  if (j.is_number_integer()) return j.get<int64_t>();
  if (j.is_number()) return j.get<double>();
  if (j.is_string()) return j.get<std::string>();
  if (j.is_array()) {
    Config out = Config::list();
    for (const Json& item : j) out.push_back(config_of(item, depth + 1));
    return out;
  }
  if (j.is_object()) {
    Config::Dict out;
    for (const auto& [key, value] : j.items()) out.emplace_back(key, config_of(value, depth + 1));
    return out;
  }
  return nullptr;
}

}  // namespace

std::string Config::to_json(int indent) const { return json_of(*this).dump(indent, ' ', false, Json::error_handler_t::replace); }

Config Config::from_json(const std::string& text) {
  Json parsed = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) fail<ValueError>("config", "the text is not valid JSON", {.got = text.substr(0, 80)});
  return config_of(parsed);
}

}  // namespace runnel::inline v0::keras
