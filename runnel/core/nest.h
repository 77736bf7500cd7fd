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

  Nest();  ///< Nothing (Python's None).
  Nest(const Nest&);  // all of these in nest.cc: a variant's cost every file that includes this much time to compile
  Nest(Nest&&) noexcept;
  Nest& operator=(const Nest&);
  Nest& operator=(Nest&&) noexcept;
  ~Nest();
  Nest(const Tensor& tensor);
  Nest(List items);
  Nest(std::initializer_list<Tensor> tensors);
  Nest(const std::vector<Tensor>& tensors);
  Nest(Dict items);
  /// A list that Python sees as a tuple: (x, y).
  static Nest tuple(List items);

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
