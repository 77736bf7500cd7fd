// Options structs list their fields once,
//   template <class S, class V> static void fields(S& s, V&& v) { v("units", s.units); v("activation", s.activation); ... }
// and from that list come get_config(), from_config(), equality and Python's keyword arguments.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runnel/base/error.h"
#include "runnel/core/dtype.h"
#include "runnel/core/shape.h"
#include "runnel/keras/config.h"

namespace runnel::inline v0::keras {

/// An integer option that takes any integer type and checks the range: `.units = names.size()`.
class Int {
 public:
  constexpr Int() = default;
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  constexpr Int(T value) : value_(int64_t(value)) {
    if (!std::in_range<int64_t>(value)) fail<ValueError>("Int", "the value does not fit into 64 bits");
  }
  constexpr operator int64_t() const { return value_; }

 private:
  int64_t value_ = 0;
};

/// One integer for all spatial axes, or one each: `.kernel_size = 3`, `.kernel_size = {3, 5}`.
class Tuple {
 public:
  Tuple() = default;
  template <std::integral T>
  Tuple(T value) : values_{int64_t(value)} {}
  Tuple(std::initializer_list<int64_t> values) : values_(values) {}
  Tuple(std::vector<int64_t> values) : values_(std::move(values)) {}
  bool is_set() const { return !values_.empty(); }
  /// Exactly n integers; ValueError naming `what` where there are others.
  std::vector<int64_t> expand(int n, const char* what) const;
  const std::vector<int64_t>& values() const { return values_; }

 private:
  std::vector<int64_t> values_;
};

/// A shape without its batch axis that may be unset; -1 is an unknown size: `.input_shape = {28, 28}`.
class ShapeOption {
 public:
  ShapeOption() = default;
  ShapeOption(std::initializer_list<int64_t> dims) : shape_(PartialShape(dims)) {}
  ShapeOption(const PartialShape& shape) : shape_(shape) {}
  ShapeOption(const Shape& shape) : shape_(shape) {}
  bool is_set() const { return shape_.has_rank(); }
  const PartialShape& shape() const { return shape_; }

 private:
  PartialShape shape_ = PartialShape::unknown_rank();
};

/// A dtype or a policy of dtypes ("float32", "mixed_bfloat16"): variables are kept in one, computed with in another. A policy of
/// quantized layers says in which bits the kernel is kept: "int8_from_float32", "int4/128_from_float32".
class DTypePolicy {
 public:
  DTypePolicy() = default;  ///< The global policy.
  DTypePolicy(DType dtype) : name_(dtype.name()) {}
  DTypePolicy(const char* name) : DTypePolicy(std::string(name)) {}
  DTypePolicy(const std::string& name);  ///< Throws ValueError for an unknown name.
  std::string name() const;
  DType variable_dtype() const;
  DType compute_dtype() const;
  /// "int8", "int4", "float8", "gptq", "awq"; "" where nothing is quantized.
  std::string quantization_mode() const;
  /// What stands before and after "_from_": {"int4/128", "float32"}; {"", "float32"} of a policy that quantizes nothing.
  std::pair<std::string, std::string> mode_and_source() const;

  /// The names of other policies, by the paths of layers inside of the layer that has this one.
  using ByPath = std::vector<std::pair<std::string, std::string>>;
  DTypePolicy with(ByPath others) const;
  const ByPath& by_path() const;
  /// That of the layer at the path; the same one, without others, where none is named.
  DTypePolicy at(std::string_view path) const;
  /// The same, whatever the global policy becomes.
  DTypePolicy pinned() const;

 private:
  std::string name_;                       // empty: the global policy
  std::shared_ptr<const ByPath> by_path_;
};
/// keras.config.set_dtype_policy, and the floating type of it.
void set_dtype_policy(const DTypePolicy& policy);
std::string dtype_policy();

// What a field's value looks like in a config. Handles (activations, initializers, ...) add overloads of their own.
inline Config to_config(bool b) { return b; }
inline Config to_config(const Int& n) { return int64_t(n); }
inline Config to_config(int64_t n) { return n; }
inline Config to_config(double x) { return x; }
inline Config to_config(const std::string& s) { return s; }
inline Config to_config(DType dtype) { return dtype ? Config(dtype.name()) : Config(); }
Config to_config(const Tuple& tuple);
Config to_config(const std::vector<double>& values);
Config to_config(const std::vector<std::string>& values);
Config to_config(const ShapeOption& shape);
Config to_config(const DTypePolicy& policy);
Config to_config(const std::vector<int64_t>& values);
inline void from_config(const Config& c, bool& out) { out = c.as_bool(); }
inline void from_config(const Config& c, Int& out) { out = c.as_int(); }
inline void from_config(const Config& c, int64_t& out) { out = c.as_int(); }
inline void from_config(const Config& c, double& out) { out = c.as_double(); }
inline void from_config(const Config& c, std::string& out) { out = c.is_null() ? "" : c.as_string(); }
void from_config(const Config& c, DType& out);
void from_config(const Config& c, Tuple& out);
void from_config(const Config& c, std::vector<double>& out);
void from_config(const Config& c, std::vector<std::string>& out);
void from_config(const Config& c, ShapeOption& out);
void from_config(const Config& c, DTypePolicy& out);
void from_config(const Config& c, std::vector<int64_t>& out);
template <class T>
Config to_config(const std::optional<T>& value) {
  return value ? to_config(*value) : Config();
}
template <class T>
void from_config(const Config& c, std::optional<T>& out) {
  if (c.is_null()) return out.reset();
  from_config(c, out.emplace());
}

/// All fields of an options struct as a dict.
template <class Options>
Config fields_to_config(const Options& options) {
  Config out = Config::dict();
  Options::fields(options, [&](const char* name, const auto& value) { out.set(name, to_config(value)); });
  return out;
}

/// The dict with those fields added that it lacks, except the one called `but`.
template <class Options>
Config with_fields(Config config, const Options& options, std::string_view but = "") {
  Options::fields(options, [&](const char* name, const auto& value) {
    if (!config.find(name) && name != but) config.set(name, to_config(value));
  });
  return config;
}

/// An options struct from a dict; entries that it lacks keep their defaults, unknown entries throw TypeError.
template <class Options>
Options fields_from_config(const Config& config, const char* where) {
  Options options;
  size_t used = 0;
  Options::fields(options, [&](const char* name, auto& value) {
    if (const Config* entry = config.find(name)) {
      from_config(*entry, value);
      ++used;
    }
  });
  if (used < config.as_dict().size())
    for (const auto& [key, value] : config.as_dict()) {
      bool known = false;
      Options::fields(options, [&](const char* name, auto&) { known |= key == name; });
      if (!known) fail<TypeError>(where, cat("Unrecognized keyword arguments passed to ", where, ": '", key, "'"));
    }
  return options;
}

}  // namespace runnel::inline v0::keras
