// The attributes of an operator call: a short list of named, typed values.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runnel/base/ref.h"
#include "runnel/core/tensor.h"

namespace runnel::inline v0 {

/// A function as an attribute (the branches of If, the body of While). What it is, the graph room knows.
struct FunctionAttr {
  std::string name;
  Ref<RefCounted> function;
  bool operator==(const FunctionAttr&) const = default;
};

using AttrValue = std::variant<std::monostate, bool, int64_t, double, std::string, DType, PartialShape, Tensor, std::vector<int64_t>,
                               std::vector<double>, std::vector<bool>, std::vector<std::string>, std::vector<DType>,
                               std::vector<PartialShape>, FunctionAttr, std::vector<FunctionAttr>>;

std::string attr_text(const AttrValue& value);
bool same_attr(const AttrValue& a, const AttrValue& b);  ///< Tensors compare by dtype, shape and bytes.

struct NamedAttr {
  const char* name;  // static storage: a literal, or a name of the operator's definition
  AttrValue value;
};

class Attrs {
 public:
  Attrs() = default;
  Attrs(std::initializer_list<NamedAttr> items) : items_(items) {}

  bool empty() const { return items_.empty(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  void set(const char* name, AttrValue value);
  /// nullptr where absent.
  const AttrValue* find(std::string_view name) const;

 private:
  std::vector<NamedAttr> items_;
};

}  // namespace runnel::inline v0
