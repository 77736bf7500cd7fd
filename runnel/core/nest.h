// Nest: a tensor, or a list, tuple or dict of nests: what functions, data sets and models take and return.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

class Nest {
 public:
  using List = std::vector<Nest>;
  using Dict = std::vector<std::pair<std::string, Nest>>;

  Nest() = default;  ///< Nothing (Python's None).
  Nest(const Tensor& tensor) {
    if (tensor) value_ = tensor;
  }
  Nest(List items) : value_(std::move(items)) {}
  Nest(std::initializer_list<Tensor> tensors) : value_(List(tensors.begin(), tensors.end())) {}
  Nest(const std::vector<Tensor>& tensors) : value_(List(tensors.begin(), tensors.end())) {}
  Nest(Dict items) : value_(std::move(items)) {}
  /// A list that Python sees as a tuple: (x, y).
  static Nest tuple(List items) {
    Nest out(std::move(items));
    out.is_tuple_ = true;
    return out;
  }

  explicit operator bool() const { return !std::holds_alternative<std::monostate>(value_); }
  bool is_tensor() const { return std::holds_alternative<Tensor>(value_); }
  bool is_list() const { return std::holds_alternative<List>(value_); }  ///< Also true for tuples.
  bool is_tuple() const { return is_tuple_; }
  bool is_dict() const { return std::holds_alternative<Dict>(value_); }
  /// The tensor. ValueError where this is a list or a dict.
  const Tensor& tensor() const;
  const List& list() const;
  const Dict& dict() const;
  const Nest& operator[](size_t i) const { return list()[i]; }
  const Nest& operator[](const std::string& key) const;  ///< KeyError where it is missing.

  /// All tensors, depth first, in order.
  std::vector<Tensor> flatten() const;
  /// The same structure with each tensor replaced by f(tensor).
  Nest map(const std::function<Tensor(const Tensor&)>& f) const;
  /// The same structure with the tensors taken from `flat`, in order.
  Nest pack(const std::vector<Tensor>& flat) const;

 private:
  std::variant<std::monostate, Tensor, List, Dict> value_;
  bool is_tuple_ = false;
};

/// "(2, 3)", "[(2, 3), (2, 4)]": the tensors' shapes in the structure.
std::string shapes_text(const Nest& nest);

}  // namespace runnel::inline v0
