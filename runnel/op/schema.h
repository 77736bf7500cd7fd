// The parsed form of an operator's signature and attributes.
//
//   signature  "x: T, axis: Tidx, values: N*T, args: list(Ts) -> y: T"       a type is an attribute's name or a dtype
//   attrs      "T: {float, double}; N: int >= 1; strides: list(int); pad: string = 'SAME'; dtype: type = float; Ts: list(type)"
//   type sets  numeric real floating float_complex integer signed index plain type
#pragma once

#include <string>
#include <vector>

#include "runnel/core/attr.h"

namespace runnel::inline v0 {

struct ArgSpec {
  std::string name;
  int type_attr = -1;    ///< Index into OpSchema::attrs of the type (or list(type)) attribute, or -1 with a fixed `type`.
  DType type;
  int number_attr = -1;  ///< "N*T": index of N.
  bool is_list = false;  ///< "list(Ts)".
  bool is_sequence() const { return number_attr >= 0 || is_list; }
};

struct AttrSpec {
  enum Kind { kType, kInt, kFloat, kBool, kString, kShape, kTensor, kFunc, kListFunc, kListType, kListInt, kListFloat, kListBool, kListString, kListShape };
  const char* name;  ///< Lives as long as the process.
  Kind kind = kType;
  uint32_t allowed = ~0u;  ///< Bit c set: DType with code c is allowed.
  std::vector<DType> allowed_types;  ///< The same in the order of the card; empty for any type.
  std::vector<std::string> allowed_strings;
  int64_t minimum = INT64_MIN;  ///< "int >= 1".
  AttrValue default_value;  ///< std::monostate where there is none.
  /// The dispatcher looks at the values of such attributes.
  bool is_checked() const { return kind == kType || !allowed_strings.empty() || minimum != INT64_MIN; }
};

struct OpSchema {
  std::vector<ArgSpec> inputs, outputs;
  std::vector<AttrSpec> attrs;
  bool has_sequences = false;
  int attr_index(std::string_view name) const;  ///< -1 where there is none.
};

/// Throws InternalError where the text does not follow the grammar.
OpSchema parse_schema(const char* name, const char* signature, const char* attrs);

/// The dtypes of a named set ("floating") or a list ("{float, double}"), in order; empty for another text.
std::vector<DType> parse_type_set(std::string_view text);

}  // namespace runnel::inline v0
