// Config: the JSON-like value that get_config() returns and from_config() takes. It can also hold a live object, where an
// argument is one (an initializer, a function of another language).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "runnel/base/ref.h"

namespace runnel::inline v0::keras {

class Config {
 public:
  using List = std::vector<Config>;
  using Dict = std::vector<std::pair<std::string, Config>>;  // in the order of insertion, as Python's

  Config();  ///< null
  Config(std::nullptr_t);
  Config(bool b);
  Config(int n);
  Config(int64_t n);
  Config(double x);
  Config(const char* text);
  Config(std::string text);
  Config(List items);
  Config(Dict items);
  Config(Ref<RefCounted> object);
  Config(const Config&);  // all of these in config.cc: a variant's cost every file that includes this much time to compile
  Config(Config&&) noexcept;
  Config& operator=(const Config&);
  Config& operator=(Config&&) noexcept;
  ~Config();
  static Config list();
  static Config dict();

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<int64_t>(value_); }
  bool is_number() const { return is_int() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_list() const { return std::holds_alternative<List>(value_); }
  bool is_object() const { return std::holds_alternative<Ref<RefCounted>>(value_); }
  bool is_dict() const { return std::holds_alternative<Dict>(value_); }

  // Each throws ValueError where the value is of another kind.
  bool as_bool() const;
  int64_t as_int() const;
  double as_double() const;
  const std::string& as_string() const;
  const List& as_list() const;
  const Dict& as_dict() const&;
  Dict as_dict() &&;  ///< So that a loop over the entries of a temporary keeps them.
  const Ref<RefCounted>& as_object() const;

  /// Of a dict: the entry, or nullptr.
  const Config* find(std::string_view key) const;
  /// Of a dict: the entry; ValueError where it is missing.
  const Config& at(std::string_view key) const;
  void set(const std::string& key, Config value);  ///< A null becomes a dict.
  void push_back(Config item);                     ///< A null becomes a list.

  std::string to_json(int indent = -1) const;  ///< TypeError where it holds a live object.
  static Config from_json(const std::string& text);  ///< Throws ValueError where the text is not JSON.
  friend bool operator==(const Config&, const Config&);

 private:
  [[noreturn]] void wrong_kind(const char* expected) const;
  std::variant<std::monostate, bool, int64_t, double, std::string, List, Dict, Ref<RefCounted>> value_;
};

}  // namespace runnel::inline v0::keras
